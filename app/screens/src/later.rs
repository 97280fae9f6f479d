//! What may come after the page is painted.

use leptos::{prelude::*, task::spawn_local};

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
