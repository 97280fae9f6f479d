//! Text that people typed stays text.
#![cfg(feature = "ssr")]

use leptos::prelude::*;

fn textarea(text: &'static str) -> String {
    let owner = Owner::new();
    owner.with(|| view! { <ui::Textarea label="Note" value=text /> }.to_html())
}

#[test]
fn words_cannot_leave_their_textarea() {
    let page = textarea("</textarea><script>alert(1)</script> & more");
    assert!(page.contains(">&lt;/textarea>&lt;script>alert(1)&lt;/script> &amp; more</textarea>"), "{page}");
}

#[test]
fn a_first_empty_line_is_kept() {
    assert!(textarea("\nsecond").contains(">\n\nsecond</textarea>"));
}

#[test]
fn attributes_are_escaped() {
    let owner = Owner::new();
    let page = owner.with(|| view! { <ui::Input label="Name" value="\"><script>" /> }.to_html());
    assert!(!page.contains("\"><script>"), "{page}");
}
