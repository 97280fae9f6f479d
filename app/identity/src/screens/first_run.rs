//! Setting Mainstay up.

use leptos::{form::ActionForm, prelude::*};
use leptos_router::{components::Redirect, hooks::use_query_map};
use ui::{Button, ButtonKind, Field, Input, Size};

use super::{AuthFrame, Refusal, field_error, go_on};
use crate::api::{SetUp, first_run_open};

/// Asks for the company's name and the first administrator; once there is a user, leads to signing in.
#[component]
pub fn FirstRun() -> impl IntoView {
    let is_first_run = Resource::new_blocking(|| (), |()| first_run_open());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                matches!(is_first_run.await, Ok(false)).then(|| view! { <Redirect path="/sign-in" /> })
            })}
        </Suspense>
        <AuthFrame title="Set up Mainstay">
            <p class="quiet">
                "There is nobody here yet. The account you make now is the administrator's; it can add everybody else."
            </p>
            <SetUpForm />
        </AuthFrame>
    }
    .into_any()
}

#[component]
fn SetUpForm() -> impl IntoView {
    let action = ServerAction::<SetUp>::new();
    let answer = action.value().into();
    let pending = action.pending();
    go_on(answer);
    let error = move |field| field_error(answer, field);
    // The link in the program's log brings the token along.
    let token = use_query_map().with_untracked(|query| query.get("token").unwrap_or_default());
    view! {
        <Refusal answer />
        <ActionForm action>
            <div class="auth-form">
                <Field
                    id="token"
                    label="Token"
                    help="The program's log shows it, to prove that Mainstay is yours."
                    error=error("token")
                >
                    <Input name="token" value=Signal::stored(token) autocomplete="off" size=Size::Touch required=true />
                </Field>
                <Field id="organisation" label="Company" error=error("organisation")>
                    <Input name="organisation" autocomplete="organization" size=Size::Touch required=true />
                </Field>
                <Field id="first-name" label="First name" error=error("first_name")>
                    <Input name="first_name" autocomplete="given-name" size=Size::Touch />
                </Field>
                <Field id="last-name" label="Last name" error=error("last_name")>
                    <Input name="last_name" autocomplete="family-name" size=Size::Touch />
                </Field>
                <Field id="email" label="E-mail" error=error("email")>
                    <Input
                        kind="email"
                        name="email"
                        autocomplete="username"
                        inputmode="email"
                        size=Size::Touch
                        required=true
                    />
                </Field>
                <Field
                    id="password"
                    label="Password"
                    help="At least 8 characters; 15 are better."
                    error=error("password")
                >
                    <Input kind="password" name="password" autocomplete="new-password" size=Size::Touch required=true />
                </Field>
                <Button kind=ButtonKind::Primary size=Size::Touch submit=true disabled=pending>
                    "Set up"
                </Button>
            </div>
        </ActionForm>
    }
}
