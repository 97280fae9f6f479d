//! What the gallery promises about every component.
#![cfg(feature = "ssr")]

use std::collections::HashSet;

use leptos::prelude::*;

fn page() -> String {
    let owner = Owner::new();
    owner.with(|| ui::Gallery().to_html())
}

/// The values of an attribute, in the order of the page.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn every_id_is_there_once() {
    let page = page();
    let mut seen = HashSet::new();
    let twice: Vec<_> = values(&page, "id").into_iter().filter(|id| !seen.insert(*id)).collect();
    assert_eq!(twice, Vec::<&str>::new());
}

#[test]
fn every_label_points_at_something() {
    let page = page();
    let ids: HashSet<_> = values(&page, "id").into_iter().collect();
    for attribute in ["for", "popovertarget", "aria-describedby"] {
        for target in values(&page, attribute).into_iter().flat_map(str::split_whitespace) {
            assert!(ids.contains(target), "{attribute}=\"{target}\" leads nowhere");
        }
    }
}

#[test]
fn two_renderings_are_the_same() {
    assert_eq!(page(), page());
}

#[test]
fn every_icon_button_has_a_name() {
    let page = page();
    let tags = page.split('<').filter_map(|rest| rest.split('>').next());
    for tag in tags.filter(|tag| tag.contains("icon-button")) {
        assert!(tag.contains(" aria-label=\""), "no name: <{tag}>");
    }
}
