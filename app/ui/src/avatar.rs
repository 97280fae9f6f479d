//! People and records as small coloured letters.

use leptos::prelude::*;

/// A person: a picture, or initials on a colour that stays the same for the same name.
#[component]
pub fn Avatar(
    /// The person's name.
    #[prop(into)]
    name: String,
    /// The address of a picture.
    #[prop(optional, into)]
    picture: Option<String>,
    /// `small` (16), `large` (32) or nothing (20).
    #[prop(optional)]
    size: &'static str,
    /// Read the name aloud; leave out where it stands beside the avatar.
    #[prop(optional)]
    alone: bool,
) -> impl IntoView {
    let inner = match picture {
        Some(source) => view! { <img src=source alt="" loading="lazy" /> }.into_any(),
        None => initials(&name).into_any(),
    };
    letters("avatar", &name, size, alone, inner)
}

/// A person's avatar with the name beside it.
#[component]
pub fn Who(
    /// The person's name.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    view! {
        <span class="who">
            <Avatar name=name.clone() />
            <span class="truncate">{name}</span>
        </span>
    }
}

/// A record: the first letter of its title on a square of a steady colour.
#[component]
pub fn RecordMark(
    /// The record's title.
    #[prop(into)]
    title: String,
    /// `small` (16), `large` (32) or nothing (20).
    #[prop(optional)]
    size: &'static str,
) -> impl IntoView {
    record_mark(&title, size)
}

/// [`RecordMark`] as a plain function, for long lists.
pub fn record_mark(title: &str, size: &'static str) -> AnyView {
    let letter = first_letter(title).map(String::from).unwrap_or_default();
    letters("record-mark", title, size, false, letter.into_any())
}

fn letters(class: &'static str, name: &str, size: &'static str, alone: bool, inner: AnyView) -> AnyView {
    view! {
        <span
            class=class
            data-mark=mark_color(name)
            data-size=(!size.is_empty()).then_some(size)
            role=alone.then_some("img")
            aria-label=alone.then(|| name.to_owned())
            aria-hidden=(!alone).then_some("true")
        >
            {inner}
        </span>
    }
    .into_any()
}

/// The first letters of the first and the last word.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(first_letter);
    words.next().into_iter().chain(words.next_back()).collect()
}

fn first_letter(word: &str) -> Option<char> {
    let letter = word.chars().find(|c| c.is_alphanumeric())?;
    // A letter such as ß has two capitals; the first of them is enough.
    letter.to_uppercase().next()
}

/// One of eight colours, always the same for the same text (FNV-1a).
pub(crate) fn mark_color(text: &str) -> &'static str {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // The low bits of the sum differ least between names that begin alike; multiplying once more spreads them.
    ["0", "1", "2", "3", "4", "5", "6", "7"][(hash.wrapping_mul(0x9e37_79b1) >> 29) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_come_from_the_first_and_the_last_word() {
        assert_eq!(initials("Ana Sousa"), "AS");
        assert_eq!(initials("josé maria de la cruz"), "JC");
        assert_eq!(initials("Prince"), "P");
        assert_eq!(initials("(none)"), "N");
        assert_eq!(initials(""), "");
    }
}
