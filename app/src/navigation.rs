//! Where one can go.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use screens::{frame::Frame, session::Session};
use ui::{Avatar, ButtonKind, Menu, MenuItem, MenuLine, MenuTitle, NavGroup, NavItem, Sidebar};

use crate::{keys, preferences};

/// A place, and the letter that goes there after `g`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub label: String,
    pub href: String,
    pub icon: String,
    pub key: char,
}

/// The groups of the navigation with their places, for this viewer.
pub fn places(session: Session) -> Vec<(Option<&'static str>, Vec<Place>)> {
    let place = |label: &str, href: &str, icon: &str, key| Place {
        label: label.to_owned(),
        href: href.to_owned(),
        icon: icon.to_owned(),
        key,
    };
    let of = |module: &str| {
        let types = session.types().into_iter().filter(|t| t.module == module);
        types.map(|t| place(&t.plural, &format!("/{}", t.name), &t.icon, letter(&t.name))).collect::<Vec<_>>()
    };
    let mut company = vec![];
    if session.user().is_some_and(|u| u.may_administer) {
        company.extend(of("identity"));
        company.push(place("Jobs", "/admin/jobs", "clock", 'j'));
        company.push(place("Settings", "/settings/organisation", "settings", 's'));
    }
    vec![(None, vec![place("Home", "/", "home", 'h')]), (Some("CRM"), of("crm")), (Some("Company"), company)]
}

/// The letter of a type: the first of its name that no place before it has.
fn letter(name: &str) -> char {
    match name {
        "contacts" => 'p',
        name => name.chars().next().unwrap_or('?'),
    }
}

/// The sidebar.
pub fn sidebar(frame: Frame, session: Session) -> AnyView {
    let path = use_location().pathname;
    let groups = places(session).into_iter().filter(|(_, places)| !places.is_empty());
    let groups = groups.map(|(title, places)| {
        let items = places.into_iter().map(|place| {
            let href = place.href.clone();
            let current = Signal::derive(move || is_within(&path.get(), &href));
            view! { <NavItem label=place.label href=place.href icon=place.icon current=current /> }
        });
        let items = items.collect_view();
        match title {
            Some(title) => view! { <NavGroup title=title>{items}</NavGroup> }.into_any(),
            None => view! { <NavGroup>{items}</NavGroup> }.into_any(),
        }
    });
    let groups = groups.collect_view();
    let organisation = Signal::derive(move || session.brand.with(|(name, _)| name.clone()));
    let logo = Signal::derive(move || session.brand.with(|(_, logo)| logo.clone()));
    view! {
        <Sidebar
            open=frame.menu
            on_close=move |()| frame.menu.set(false)
            organisation=organisation
            logo=logo
            on_search=Callback::new(move |()| frame.palette.set(true))
            footer=move || account(session)
        >
            {groups}
        </Sidebar>
    }
    .into_any()
}

fn is_within(path: &str, href: &str) -> bool {
    path == href || href != "/" && path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'))
}

/// Who one is, how one wants to see things, and the way out.
fn account(session: Session) -> AnyView {
    let Some(me) = session.user() else { return ().into_any() };
    let chosen = RwSignal::new(preferences::Preferences::default());
    Effect::new(move |_| chosen.set(preferences::chosen()));
    let theme = move |label: &'static str, icon: &'static str, value: Option<&'static str>| {
        let select = Callback::new(move |()| {
            preferences::choose("theme", value);
            chosen.update(|c| c.theme = value);
        });
        let checked = Signal::derive(move || chosen.get().theme == value);
        view! { <MenuItem label=label icon=icon checked=checked on_select=select /> }
    };
    let density = move |label: &'static str, value: Option<&'static str>| {
        let select = Callback::new(move |()| {
            preferences::choose("density", value);
            chosen.update(|c| c.density = value);
        });
        let checked = Signal::derive(move || chosen.get().density == value);
        view! { <MenuItem label=label checked=checked on_select=select /> }
    };
    view! {
        <form class="account" method="post" action="/sign-out">
            <Avatar name=me.name.clone() />
            <span class="truncate">{me.name.clone()}</span>
            <span class="spacer"></span>
            <Menu id="account-menu" label="Account and appearance" icon="more" icon_only=true kind=ButtonKind::Ghost>
                <MenuTitle text=me.email />
                <MenuLine />
                <MenuTitle text="Theme" />
                {theme("Light", "sun", Some("light"))}
                {theme("Dark", "moon", Some("dark"))}
                {theme("As the system", "monitor", None)}
                <MenuLine />
                <MenuTitle text="Rows" />
                {density("Compact", Some("compact"))}
                {density("Default", None)}
                {density("Comfortable", Some("comfortable"))}
                <MenuLine />
                <MenuItem label="Keyboard shortcuts" icon="keyboard" keys="?" on_select=Callback::new(|()| keys::help()) />
                <MenuItem label="Sign out" icon="logout" submit=true />
            </Menu>
        </form>
    }
    .into_any()
}
