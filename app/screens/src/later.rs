//! What comes later than the page around it, and what is read anew while it stands.

use std::pin::Pin;

use leptos::{prelude::*, tachys::reactive_graph::OwnedView, task::spawn_local};

type Making = Pin<Box<dyn Future<Output = AnyView> + Send>>;

/// What `make` makes of what it reads, made anew whenever that changes; `waiting` stands there until the first is
/// ready. What is shown stays in use until the next takes its place.
///
/// Each has an owner of its own for that. A function that is run anew has lost what its former run made before the new
/// view is there; whoever pressed a button of the old one then, or had the shell change something it shows, would
/// reach for values that are gone.
pub fn arriving<F>(waiting: fn() -> AnyView, make: impl Fn() -> F + Send + 'static) -> AnyView
where
    F: Future<Output = AnyView> + Send + 'static,
{
    place(waiting, Box::new(move || Box::pin(make())))
}

fn place(waiting: fn() -> AnyView, make: Box<dyn Fn() -> Making + Send>) -> AnyView {
    view! {
        <Transition fallback=waiting>
            {
                let around = Owner::current().unwrap_or_default();
                move || around.child().with(|| Suspend::new(owned(make())))
            }
        </Transition>
    }
    .into_any()
}

async fn owned(making: Making) -> OwnedView<AnyView> {
    OwnedView::new(making.await)
}

/// What `fetch` answers about `source`, once it has: asked by the browser alone, again whenever the source changes.
///
/// A local resource would not do: one that is read while the server paints keeps it from painting all around it.
pub fn later<S, T, F>(source: impl Fn() -> S + 'static, fetch: impl Fn(S) -> F + 'static) -> RwSignal<Option<T>>
where
    S: PartialEq + 'static,
    T: Send + Sync + 'static,
    F: Future<Output = T> + 'static,
{
    let answer = RwSignal::new(None);
    let latest = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let asked = fetch(source());
        let number = latest.get_value().wrapping_add(1);
        latest.set_value(number);
        spawn_local(async move {
            let found = asked.await;
            if latest.try_get_value() == Some(number) {
                answer.try_set(Some(found));
            }
        });
    });
    answer
}
