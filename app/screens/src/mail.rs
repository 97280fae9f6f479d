//! The settings for outgoing mail, and a message to try them with.

mod trial;

use kernel::AppError;
use leptos::prelude::*;
use leptos_meta::Title;
use outbox::settings::SECTION;
use settings::api::show_settings;
use ui::{Card, SkeletonRecord};

use crate::{
    frame::{Frame, ScreenHead},
    later::arriving,
    missing,
    session::Session,
    settings::section,
};

/// The settings for outgoing mail.
pub fn mail() -> AnyView {
    let (frame, session) = (Frame::get(), Session::get());
    let Some(viewer) = session.user().filter(|user| user.may_administer) else {
        return missing::failed(&AppError::Forbidden);
    };
    let version = RwSignal::new(0_u32);
    let opened = Resource::new_blocking(
        move || (frame.retries.get(), version.get()),
        |_| show_settings(SECTION.name.to_owned()),
    );
    let saved = Callback::new(move |()| version.update(|n| *n = n.wrapping_add(1)));
    let settings = arriving(
        || view! { <SkeletonRecord fields=6 /> }.into_any(),
        move || async move {
            match opened.await {
                Ok(shown) => {
                    view! { <Card title="How mail is sent">{section(frame, &SECTION, shown, saved)}</Card> }.into_any()
                }
                Err(error) => missing::trouble(&error),
            }
        },
    );
    view! {
        <Title text="Mail" />
        <div class="screen">
            <ScreenHead title="Mail" within=("Outbox".to_owned(), "/admin/mail-outbox".to_owned()) />
            <div class="screen-body">
                <div class="screen-narrow stack" data-gap="large">
                    {settings}
                    <Card title="Try it">{trial::trial(frame, viewer.email)}</Card>
                </div>
            </div>
        </div>
    }
    .into_any()
}
