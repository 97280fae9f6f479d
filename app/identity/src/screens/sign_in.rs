//! Signing in.

use leptos::{form::ActionForm, prelude::*};
use leptos_router::{components::Redirect, hooks::use_query_map};
use ui::{Button, ButtonKind, Field, Input, Size};

use super::{AuthFrame, Refusal, field_error, go_on};
use crate::api::{self, first_run_open};

/// Asks for e-mail and password; sends the very first visitor to set Mainstay up instead.
#[component]
pub fn SignIn() -> impl IntoView {
    let is_first_run = Resource::new_blocking(|| (), |()| first_run_open());
    let next = use_query_map().with_untracked(|query| query.get("next").unwrap_or_default());
    let next = crate::local_path(&next).to_owned();
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                matches!(is_first_run.await, Ok(true)).then(|| view! { <Redirect path="/first-run" /> })
            })}
        </Suspense>
        <AuthFrame title="Sign in">
            <SignInForm next />
        </AuthFrame>
    }
    .into_any()
}

#[component]
fn SignInForm(next: String) -> impl IntoView {
    let action = ServerAction::<api::SignIn>::new();
    let answer = action.value().into();
    let pending = action.pending();
    go_on(answer);
    view! {
        <Refusal answer />
        <ActionForm action>
            <div class="auth-form">
                <input type="hidden" name="next" value=next />
                <Field id="email" label="E-mail" error=field_error(answer, "email")>
                    <Input
                        kind="email"
                        name="email"
                        autocomplete="username"
                        inputmode="email"
                        size=Size::Touch
                        required=true
                        autofocus=true
                    />
                </Field>
                <Field id="password" label="Password" error=field_error(answer, "password")>
                    <Input kind="password" name="password" autocomplete="current-password" size=Size::Touch required=true />
                </Field>
                <Button kind=ButtonKind::Primary size=Size::Touch submit=true disabled=pending>
                    "Sign in"
                </Button>
            </div>
        </ActionForm>
    }
}
