//! Who else has the record open.

use leptos::prelude::*;
use realtime::Person;
use ui::Avatar;

use crate::{live::Live, session::Session};

/// So many are shown; the rest is a number.
const SHOWN: usize = 4;

/// The others who look at the record, as they come and go.
pub fn others() -> AnyView {
    let me = Session::get().user().map(|me| me.id);
    let others = Live::get().others;
    let others = Memo::new(move |_| {
        others.with(|all| all.iter().filter(|p| Some(p.id) != me).cloned().collect::<Vec<Person>>())
    });
    let sentence = move || {
        others.with(|others| match others.as_slice() {
            [] => String::new(),
            [one] => format!("{} is looking at this too", one.name),
            [first, rest @ ..] => {
                let names: Vec<&str> = rest.iter().map(|p| p.name.as_str()).collect();
                format!("{} and {} are looking at this too", first.name, names.join(", "))
            }
        })
    };
    let marks = move || {
        let others = others.get();
        let more = others.len().saturating_sub(SHOWN);
        let shown = others.into_iter().take(SHOWN).map(|p| view! { <Avatar name=p.name /> });
        let more = (more > 0).then(|| view! { <span class="presence-more">{format!("+{more}")}</span> });
        view! { {shown.collect_view()} {more} }
    };
    // The name comes with the mark for who points at it, and is said once to who listens.
    view! {
        <span class="presence" title=sentence>
            {marks}
            <span class="visually-hidden" role="status">
                {sentence}
            </span>
        </span>
    }
    .into_any()
}
