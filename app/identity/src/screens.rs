//! The pages for who has not signed in. They work without script: each is one form that posts to a server function.

mod first_run;
mod sign_in;

pub use first_run::FirstRun;
use kernel::AppError;
use leptos::prelude::*;
pub use sign_in::SignIn;
use ui::{Banner, Tone};

/// The frame of such a page: a card in the middle.
#[component]
fn AuthFrame(
    /// What the page is for.
    #[prop(into)]
    title: String,
    children: Children,
) -> impl IntoView {
    view! {
        <leptos_meta::Title text=title.clone() />
        <main class="auth">
            <div class="auth-card">
                <div class="auth-brand">"Mainstay"</div>
                <h1>{title}</h1>
                {children()}
            </div>
        </main>
    }
}

type Answer = Option<Result<String, AppError>>;

/// What the answer says about a field.
fn field_error(answer: Signal<Answer>, field: &'static str) -> Signal<Option<String>> {
    Signal::derive(move || {
        answer.with(|answer| match answer {
            Some(Err(AppError::Invalid(errors))) => errors.first(field).map(str::to_owned),
            _ => None,
        })
    })
}

/// What the answer says about none of the fields.
#[component]
fn Refusal(answer: Signal<Answer>) -> impl IntoView {
    let sentence = move || {
        answer.with(|answer| match answer {
            None | Some(Ok(_) | Err(AppError::Invalid(_))) => None,
            Some(Err(error)) => Some(error.sentence()),
        })
    };
    move || sentence().map(|sentence| view! { <Banner tone=Tone::Bad>{sentence}</Banner> })
}

/// Once the answer is good, loads the page to go on to as a whole: everything there knows then who signed in.
fn go_on(answer: Signal<Answer>) {
    Effect::new(move || {
        if let Some(Ok(next)) = answer.get() {
            let _ = window().location().set_href(&next);
        }
    });
}
