//! Whether one follows a record, or wants to hear nothing of it.

use leptos::{prelude::*, task::spawn_local};
use notifications::{
    Standing,
    api::{open_standing, take_standing},
};
use records::TypeInfo;
use ui::{ButtonKind, Menu, MenuItem, Toast};
use uuid::Uuid;

use crate::{frame::Frame, later::later};

/// The menu of a record.
pub fn stand(info: StoredValue<TypeInfo>, id: Uuid) -> AnyView {
    let frame = Frame::get();
    let name = info.with_value(|i| i.name.clone());
    let chosen = RwSignal::new(Standing::None);
    let asked = name.clone();
    let known = later(move || (), move |()| open_standing(asked.clone(), id));
    Effect::new(move |_| {
        if let Some(Ok(standing)) = known.get() {
            chosen.set(standing);
        }
    });
    let name = StoredValue::new(name);
    let choice = move |label: &'static str, icon: &'static str, standing: Standing, done: &'static str| {
        let select = Callback::new(move |()| {
            spawn_local(async move {
                match take_standing(name.get_value(), id, standing).await {
                    Ok(()) => {
                        chosen.try_set(standing);
                        frame.say(Toast::ok(done));
                    }
                    Err(error) => frame.failed(&error),
                }
            });
        });
        let checked = Signal::derive(move || chosen.get() == standing);
        view! { <MenuItem label=label icon=icon checked=checked on_select=select /> }
    };
    view! {
        <Menu id="standing" label="Follow or mute" icon="eye" icon_only=true kind=ButtonKind::Ghost align_end=true>
            {choice("Follow", "eye", Standing::Following, "You follow this record.")}
            {choice("Only what is mine", "user", Standing::None, "You hear of this record while it is yours.")}
            {choice("Mute", "close", Standing::Muted, "You will hear nothing of this record.")}
        </Menu>
    }
    .into_any()
}
