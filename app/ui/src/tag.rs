//! Tags, states and keys: small words with a ground.

use leptos::prelude::*;

use crate::icon::icon as draw_icon;

/// How many colours a tag can have: 0 grey, 1 blue, 2 green, 3 amber, 4 red, 5 violet, 6 teal, 7 pink, 8 lime.
pub const TAG_COLORS: u8 = 9;

/// A word on a coloured ground. Colour never speaks alone: the word always stands there.
#[component]
pub fn Tag(
    /// The word.
    #[prop(into)]
    label: String,
    /// 0 to 8, see [`TAG_COLORS`].
    #[prop(optional)]
    color: u8,
    /// An icon before the word.
    #[prop(optional, into)]
    icon: Option<String>,
) -> impl IntoView {
    tag(label, color, icon.map(|name| draw_icon(&name, "", "")))
}

/// A state: a dot or icon and a word on a coloured ground.
#[component]
pub fn Status(
    /// The word.
    #[prop(into)]
    label: String,
    /// 0 to 8, see [`TAG_COLORS`].
    #[prop(optional)]
    color: u8,
    /// An icon instead of the dot.
    #[prop(optional, into)]
    icon: Option<String>,
) -> impl IntoView {
    status(label, color, icon.as_deref())
}

/// [`Status`] as a plain function, for long lists.
pub fn status(label: String, color: u8, icon: Option<&str>) -> AnyView {
    let mark = icon.map_or_else(
        || view! { <span class="dot" aria-hidden="true"></span> }.into_any(),
        |name| draw_icon(name, "", ""),
    );
    tag(label, color, Some(mark))
}

fn tag(label: String, color: u8, mark: Option<AnyView>) -> AnyView {
    view! {
        <span class="tag" data-color=color_name(color)>
            {mark}
            <span class="truncate">{label}</span>
        </span>
    }
    .into_any()
}

pub(crate) const fn color_name(color: u8) -> &'static str {
    match color % TAG_COLORS {
        1 => "1",
        2 => "2",
        3 => "3",
        4 => "4",
        5 => "5",
        6 => "6",
        7 => "7",
        8 => "8",
        _ => "0",
    }
}

/// One key.
#[component]
pub fn Kbd(
    /// What stands on it.
    #[prop(into)]
    key: String,
) -> impl IntoView {
    view! { <kbd>{key}</kbd> }
}

/// A combination such as `Ctrl+K`, or a sequence such as `G then L`.
#[component]
pub fn Keys(
    /// The keys, joined by `+` or parted by spaces.
    #[prop(into)]
    keys: String,
) -> impl IntoView {
    let parts =
        keys.split([' ', '+'])
            .filter(|key| !key.is_empty())
            .map(|key| {
                if key == "then" {
                    view! { "then" }.into_any()
                } else {
                    view! { <kbd>{key.to_owned()}</kbd> }.into_any()
                }
            })
            .collect_view();
    view! { <span class="keys">{parts}</span> }
}
