//! The organisation's settings: the form of its one record, with controls of its own for what people rather choose
//! than type.

mod logo;
pub(crate) mod zone;

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use ui::{Field, Select, SkeletonRecord};
use uuid::Uuid;

use crate::{
    api,
    draft::{CURRENCIES, Draft},
    form::{Entry, Form, fields, keep, restored_note},
    frame::{Frame, ScreenHead},
    later::arriving,
    missing,
    session::Session,
};

/// The screen of the organisation's settings.
pub fn organisation() -> AnyView {
    let (session, frame) = (Session::get(), Frame::get());
    let opened = Resource::new_blocking(move || frame.retries.get(), |_| api::open_organisation());
    let done = Callback::new(move |(_, change_set): (Uuid, Option<Uuid>)| {
        spawn_local(async move {
            // What was saved shows around the screen at once.
            if let Ok(start) = api::start().await {
                session.renew(start);
            }
            frame.changed("Settings saved.", change_set);
        });
    });
    arriving(
        || view! { <SkeletonRecord fields=6 /> }.into_any(),
        move || async move {
            match (opened.await, session.type_info("organisations")) {
                (Ok(opened), Some(info)) => {
                    let form = Form::new(session, &info, Some(&opened));
                    let (restored, discard) = keep(frame, form);
                    let note = move || restored.get().then(|| restored_note(discard));
                    let form = fields(session, frame, form, done, None, own);
                    screen(view! { {note} {form} }.into_any())
                }
                (Err(error), _) => missing::failed(&error),
                (_, None) => missing::missing(),
            }
        },
    )
}

fn screen(form: AnyView) -> AnyView {
    view! {
        <Title text="Organisation" />
        <div class="screen">
            <ScreenHead title="Organisation" />
            <div class="screen-body">
                <div class="screen-narrow stack">{form}</div>
            </div>
        </div>
    }
    .into_any()
}

/// The controls that are not those of any field of the kind.
fn own(id: String, entry: &Entry, error: Signal<Option<String>>) -> Option<AnyView> {
    let draft = entry.draft;
    let text = Signal::derive(move || if let Draft::Text(text) = draft.get() { text } else { String::new() });
    let set = Callback::new(move |text: String| draft.set(Draft::Text(text)));
    let (label, help) = (entry.info.label().to_owned(), entry.info.field.help.to_string());
    match entry.info.name() {
        "logo" => Some(logo::field(id, label, help, text, set, error)),
        "time_zone" => {
            let own = id.clone();
            let field = view! {
                <Field id=id label=label help=help error=error required=true>
                    {zone::input(own, text, set, None)}
                </Field>
            };
            Some(field.into_any())
        }
        "currency" => {
            let options = Signal::derive(move || {
                let own = text.get();
                let own = (!CURRENCIES.contains(&own.as_str()) && !own.is_empty()).then_some(own);
                own.into_iter().chain(CURRENCIES.map(str::to_owned)).map(|code| (code.clone(), code)).collect()
            });
            let field = view! {
                <Field id=id label=label help="Totals of amounts are told in it." error=error required=true>
                    <Select options=options value=text on_change=set />
                </Field>
            };
            Some(field.into_any())
        }
        _ => None,
    }
}
