//! The frame around every screen of a person who signed in.

use kernel::AppError;
use leptos::prelude::*;
use leptos_router::{
    components::Outlet,
    hooks::{use_location, use_navigate},
};
use screens::{
    api::{self, Bootstrap},
    frame::Frame,
    live::Live,
    look,
    session::Session,
};
use ui::{Banner, EmptyState, ToastHost, Tone};

use crate::{navigation, routes};

/// The shell by what the page starts from; who is not signed in is shown the way in. A page that goes on from one without
/// a shell, as after signing in, loads it first.
#[component]
pub fn Shell() -> impl IntoView {
    if let Some(start) = api::painted() {
        return begin(start);
    }
    let start = Resource::new(|| (), |()| api::start());
    view! { <Suspense fallback=|| ()>{move || Suspend::new(async move { begin(start.await) })}</Suspense> }.into_any()
}

fn begin(start: Result<Bootstrap, AppError>) -> AnyView {
    match start {
        Ok(bootstrap) if bootstrap.user.is_some() => inside(bootstrap),
        Ok(bootstrap) => outside(bootstrap.is_first_run),
        Err(error) => unreachable(error.sentence()),
    }
}

fn inside(bootstrap: Bootstrap) -> AnyView {
    let session = Session::provide(bootstrap);
    let frame = Frame::provide(session, routes::tools);
    Live::provide(frame, session.with(|b| b.since.clone()));
    Effect::new(move |_| {
        session.with(|b| look::follow(&b.preferences));
        frame.look.set(look::chosen());
    });
    frame.unread.set(session.with(|b| b.unread));
    // The router would take the link for one of its own and move no focus.
    let skip = |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        ui::dom::focus("main");
    };
    view! {
        <div class="shell">
            <a class="skip-link" href="#main" on:click=skip>
                "Skip to content"
            </a>
            {navigation::sidebar(frame, session)}
            <main class="panel" id="main" tabindex="-1">
                {move || frame.signed_out.get().then(signed_out)}
                <Outlet />
            </main>
            <ToastHost />
        </div>
    }
    .into_any()
}

/// What was typed stays on the page: signing in happens in another tab.
fn signed_out() -> AnyView {
    let frame = Frame::get();
    let way = way_in();
    view! {
        <Banner tone=Tone::Warn title="You were signed out">
            "Nothing you typed is lost. Sign in again in another tab, come back and go on. "
            <a class="link" href=way target="_blank" on:click=move |_| frame.signed_out.set(false)>
                "Sign in again"
            </a>
        </Banner>
    }
    .into_any()
}

/// The server leads browsers to the way in by itself; this is for who was signed out while the page was open.
fn outside(is_first_run: bool) -> AnyView {
    let way = if is_first_run { "/first-run".to_owned() } else { way_in() };
    screens::lead_to(&way);
    let navigate = use_navigate();
    let to = way.clone();
    Effect::new(move |_| navigate(&to, leptos_router::NavigateOptions::default()));
    view! {
        <main class="auth">
            <EmptyState icon="user" text="Sign in to go on." action="Sign in" href=way />
        </main>
    }
    .into_any()
}

/// Signing in, and then back to where one is.
fn way_in() -> String {
    let here = use_location();
    let search = here.search.get_untracked();
    let mark = if search.is_empty() { "" } else { "?" };
    format!("/sign-in?next={}", screens::encode(&[&here.pathname.get_untracked(), mark, &search].concat()))
}

fn unreachable(why: String) -> AnyView {
    view! {
        <main class="auth">
            <EmptyState icon="error" text=why action="Try again" href="/" />
        </main>
    }
    .into_any()
}
