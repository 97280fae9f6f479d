//! Where one can go.

use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;
use preferences::{Density, Theme, api::change_preferences};
use screens::{
    frame::{Frame, Furniture},
    live::Live,
    look::{self, Look},
    push,
    session::Session,
};
use ui::{Avatar, ButtonKind, Menu, MenuItem, MenuLine, MenuTitle, NavGroup, NavItem, Sidebar};

use crate::keys;

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
    let (mut company, mut system) = (vec![], vec![]);
    if session.types().iter().any(|info| info.may("export")) {
        company.push(place("Exports", "/exports", "download", 'x'));
    }
    if session.user().is_some_and(|u| u.may_administer) {
        company.extend(of("identity"));
        company.push(place("Settings", "/settings/organisation", "settings", 's'));
        system = vec![
            place("Jobs", "/admin/jobs", "clock", 'j'),
            place("Outbox", "/admin/mail-outbox", "mail", 'm'),
            place("Deliveries", "/admin/deliveries", "bell", 'd'),
            place("Backups", "/admin/backups", "shield", 'b'),
        ];
    }
    let home = vec![place("Home", "/", "home", 'h')];
    vec![(None, home), (Some("CRM"), of("crm")), (Some("Company"), company), (Some("System"), system)]
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
    let (frame, furniture) = (Frame::get(), Furniture::get());
    let choose = move |look: Look| {
        frame.show(look);
        furniture.look.set(Some(look));
    };
    let live = Live::get();
    let leave = move |_| {
        push::forget();
        live.end();
    };
    let theme = move |label: &'static str, icon: &'static str, theme: Theme| {
        let select = Callback::new(move |()| choose(Look { theme, ..look::chosen() }));
        let checked = Signal::derive(move || frame.look.get().theme == theme);
        view! { <MenuItem label=label icon=icon checked=checked on_select=select /> }
    };
    let density = move |label: &'static str, density: Density| {
        let select = Callback::new(move |()| choose(Look { density, ..look::chosen() }));
        let checked = Signal::derive(move || frame.look.get().density == density);
        view! { <MenuItem label=label checked=checked on_select=select /> }
    };
    view! {
        <form class="account" method="post" action="/sign-out" on:submit=leave>
            <Avatar name=me.name.clone() />
            <span class="truncate">{me.name.clone()}</span>
            <span class="spacer"></span>
            <Menu id="account-menu" label="Account and appearance" icon="more" icon_only=true kind=ButtonKind::Ghost>
                <MenuTitle text=me.email />
                <MenuLine />
                <MenuTitle text="Theme" />
                {theme("Light", "sun", Theme::Light)}
                {theme("Dark", "moon", Theme::Dark)}
                {theme("As the system", "monitor", Theme::System)}
                <MenuLine />
                <MenuTitle text="Rows" />
                {density("Compact", Density::Compact)}
                {density("Default", Density::Default)}
                {density("Comfortable", Density::Comfortable)}
                <MenuLine />
                <MenuItem label="Preferences" icon="settings" href="/settings/preferences" />
                <MenuItem label="Keyboard shortcuts" icon="keyboard" keys="?" on_select=Callback::new(|()| keys::help()) />
                <MenuItem label="Sign out" icon="logout" submit=true />
            </Menu>
        </form>
    }
    .into_any()
}

/// Lets each look that is chosen follow the person to other browsers.
pub fn keep_looks(frame: Frame, furniture: Furniture) {
    Effect::new(move |_| {
        if let Some(look) = furniture.look.get()
            && let Some(tools) = furniture.tools.get()
        {
            (tools.keep_look)(frame, look);
        }
    });
}

/// Keeps a choice of theme and density as the viewer's preference.
pub fn keep_look(frame: Frame, look: Look) {
    let changes = [("theme", look.theme.name()), ("density", look.density.name())];
    let changes = changes.map(|(name, value)| (name.to_owned(), value.into()));
    spawn_local(async move {
        match change_preferences(changes.into_iter().collect()).await {
            Ok(Ok(preferences)) => look::saved(&preferences),
            // The page going away takes the answer with it, not the choice.
            Ok(Err(_)) | Err(AppError::Offline) => {}
            Err(error) => frame.failed(&error),
        }
    });
}
