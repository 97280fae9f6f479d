//! The screens, in modules that the browser loads when they are needed.
//!
//! Each route type below is one such module. What two of them share becomes a module of its own, one for each
//! combination, so each has to be worth it: what opens beside a list or over it comes with the pages of records.
//! Development builds are one file, which is quicker to make and needs no option of the build.

use leptos::prelude::*;
use leptos_router::{Lazy, LazyRoute, hooks::use_location};

use screens::{
    frame::{Frame, Furniture},
    live::Live,
    notifications,
    part::{self, Coming, Tools},
    push,
    session::Session,
};

use crate::{home, keys, missing, navigation, palette};

/// A screen inside the shell with what lies over every screen: loaded with the first of them, so that the shell itself
/// is there sooner.
fn inside_shell(screen: fn(&[&str]) -> AnyView) -> AnyView {
    let (frame, session) = (Frame::get(), Session::get());
    Furniture::get().arrive(notifications::bell, move || {
        Live::get().begin(frame);
        notifications::follow(frame, session);
        navigation::keep_looks(frame, Furniture::get());
    });
    let help = keys::listen(frame, session);
    push::keep(session);
    let path = use_location().pathname.get_untracked();
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    view! {
        {screen(&segments)}
        {part::overlays(frame.palette.into(), help.into())}
    }
    .into_any()
}

/// What there is, at a glance.
fn screen_home() -> AnyView {
    inside_shell(|_| home::home())
}

fn screen_list() -> AnyView {
    inside_shell(|_| screens::list())
}

/// One record: its page and its form.
fn screen_record() -> AnyView {
    inside_shell(|segments| match segments {
        [_, "new"] => screens::create(),
        [_, _] => screens::record(),
        [_, _, "edit"] => screens::edit(),
        _ => screens::missing(),
    })
}

/// What is needed now and then: bringing files and fetching them, setting things up.
fn screen_office() -> AnyView {
    inside_shell(|segments| match segments {
        ["notifications"] => screens::notifications::page(),
        ["settings", "preferences"] => screens::preferences(),
        ["exports"] => screens::exports(),
        ["settings", "organisation"] => screens::organisation(),
        ["imports", _] => screens::import_progress(),
        [_, "import"] => screens::import(),
        _ => screens::missing(),
    })
}

/// Looking after the program.
fn screen_admin() -> AnyView {
    inside_shell(|segments| match segments {
        ["admin", "backups"] => screens::backups(),
        ["admin", "deliveries"] => screens::deliveries(),
        ["admin", "jobs"] => screens::jobs(),
        ["admin", "mail"] => screens::mail(),
        ["admin", "mail-outbox"] => screens::outbox(),
        _ => screens::missing(),
    })
}

/// The sign-in, first-run or gallery screen, by URL.
fn screen_outside() -> AnyView {
    match use_location().pathname.get_untracked().as_str() {
        "/sign-in" => identity::screens::SignIn().into_any(),
        "/first-run" => identity::screens::FirstRun().into_any(),
        _ => missing::gallery(),
    }
}

/// What everybody works with all day, but no list needs before it can be used.
struct Daily {
    tools: Tools,
    record: fn() -> AnyView,
}

static DAILY: Daily =
    Daily { tools: Tools::with(palette::palette, keys::shortcuts, navigation::keep_look), record: screen_record };

#[cfg_attr(not(debug_assertions), lazy)]
#[expect(clippy::unused_async, reason = "a shipped build waits for the part")]
async fn daily_part() -> &'static Daily {
    &DAILY
}

/// Loads what opens beside a screen or over it.
pub fn tools() -> Coming<&'static Tools> {
    Box::pin(async { &daily_part().await.tools })
}

/// One record: its page and its form.
pub struct Record;

impl LazyRoute for Record {
    fn data() -> Self {
        Self
    }

    async fn view(_this: Self) -> AnyView {
        (daily_part().await.record)()
    }

    async fn preload() {
        daily_part().await;
    }
}

pub fn record() -> Lazy<Record> {
    Lazy::new()
}

#[cfg(not(debug_assertions))]
pub use lazy::{admin, home, list, office, outside};

/// What there is, at a glance.
#[cfg(debug_assertions)]
pub fn home() -> fn() -> AnyView {
    screen_home
}

/// A list of records.
#[cfg(debug_assertions)]
pub fn list() -> fn() -> AnyView {
    screen_list
}

/// What is needed now and then.
#[cfg(debug_assertions)]
pub fn office() -> fn() -> AnyView {
    screen_office
}

/// Looking after the program.
#[cfg(debug_assertions)]
pub fn admin() -> fn() -> AnyView {
    screen_admin
}

/// The ways in.
#[cfg(debug_assertions)]
pub fn outside() -> fn() -> AnyView {
    screen_outside
}

#[cfg(not(debug_assertions))]
mod lazy {
    use leptos::prelude::*;
    use leptos_router::{Lazy, LazyRoute, lazy_route};

    pub struct Home;
    pub struct List;
    pub struct Office;
    pub struct Admin;
    pub struct Outside;

    /// What there is, at a glance.
    pub fn home() -> Lazy<Home> {
        Lazy::new()
    }

    /// A list of records.
    pub fn list() -> Lazy<List> {
        Lazy::new()
    }

    /// What is needed now and then.
    pub fn office() -> Lazy<Office> {
        Lazy::new()
    }

    /// Looking after the program.
    pub fn admin() -> Lazy<Admin> {
        Lazy::new()
    }

    /// The ways in.
    pub fn outside() -> Lazy<Outside> {
        Lazy::new()
    }

    #[lazy_route]
    impl LazyRoute for Home {
        fn data() -> Self {
            Self
        }

        fn view(_this: Self) -> AnyView {
            super::screen_home()
        }
    }

    #[lazy_route]
    impl LazyRoute for List {
        fn data() -> Self {
            Self
        }

        fn view(_this: Self) -> AnyView {
            super::screen_list()
        }
    }

    #[lazy_route]
    impl LazyRoute for Office {
        fn data() -> Self {
            Self
        }

        fn view(_this: Self) -> AnyView {
            super::screen_office()
        }
    }

    #[lazy_route]
    impl LazyRoute for Admin {
        fn data() -> Self {
            Self
        }

        fn view(_this: Self) -> AnyView {
            super::screen_admin()
        }
    }

    #[lazy_route]
    impl LazyRoute for Outside {
        fn data() -> Self {
            Self
        }

        fn view(_this: Self) -> AnyView {
            super::screen_outside()
        }
    }
}
