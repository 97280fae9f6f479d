//! What stands where there is nothing to show.

use kernel::AppError;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use records::encode;
use ui::EmptyState;

use crate::frame::{Frame, ScreenHead};

/// Nothing is here, or nothing that the viewer may see.
pub fn missing() -> AnyView {
    failed(&AppError::NotFound)
}

/// The page for an address that leads nowhere, whoever asks: there is no shell around it.
pub fn nowhere() -> AnyView {
    let error = AppError::NotFound;
    let title = title(&error);
    view! {
        <Title text=title />
        <main class="error-page">
            <h1>{title}</h1>
            {trouble(&error)}
        </main>
    }
    .into_any()
}

/// A whole screen that cannot be shown.
pub fn failed(error: &AppError) -> AnyView {
    let title = title(error);
    view! {
        <Title text=title />
        <div class="screen">
            <ScreenHead title=title />
            {trouble(error)}
        </div>
    }
    .into_any()
}

/// What such a page is called. It is answered with the status that says the same.
fn title(error: &AppError) -> &'static str {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>()
        && let Ok(status) = axum::http::StatusCode::from_u16(error.status())
    {
        response.set_status(status);
    }
    match error {
        AppError::NotFound => "Not found",
        AppError::Forbidden => "Not allowed",
        AppError::Unauthenticated => "Signed out",
        _ => "Something went wrong",
    }
}

/// Why there is nothing to show, and what to do about it.
pub fn trouble(error: &AppError) -> AnyView {
    match error {
        AppError::NotFound => {
            let text = "There is nothing here, or it is not yours to see.";
            view! { <EmptyState icon="search" text=text action="Go home" href="/" /> }.into_any()
        }
        AppError::Forbidden => {
            let text = "Your role does not allow this. Ask an administrator.";
            view! { <EmptyState icon="warning" text=text action="Go home" href="/" /> }.into_any()
        }
        AppError::Unauthenticated => {
            let here = use_location();
            let search = here.search.get_untracked();
            let mark = if search.is_empty() { "" } else { "?" };
            let here = [here.pathname.get_untracked().as_str(), mark, &search].concat();
            let way = format!("/sign-in?next={}", encode(&here));
            view! { <EmptyState icon="user" text="Sign in to go on." action="Sign in" href=way /> }.into_any()
        }
        other => {
            let frame = use_context::<Frame>();
            // Until what comes of it is painted in this place, be it the same again.
            let asked = RwSignal::new(false);
            let again = Callback::new(move |()| {
                if let Some(frame) = frame {
                    asked.set(true);
                    frame.retry();
                }
            });
            view! { <EmptyState icon="error" text=other.sentence() action="Try again" on_action=again loading=asked /> }
                .into_any()
        }
    }
}

/// Leads the request on to another address, whatever it accepts: nothing stands here for it.
#[cfg_attr(not(feature = "ssr"), expect(unused_variables, reason = "only the server answers requests"))]
pub fn lead_to(address: &str) {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>()
        && let Ok(address) = axum::http::HeaderValue::from_str(address)
    {
        response.set_status(axum::http::StatusCode::FOUND);
        response.insert_header(axum::http::header::LOCATION, address);
    }
}
