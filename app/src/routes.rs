//! The screens, in modules that the browser loads when they are needed.
//!
//! Each route type below is one such module. More would not help: what two of them share becomes a module of its own.
//! Development builds are one file, which is quicker to make and needs no option of the build.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use screens::{
    frame::{Frame, Furniture},
    live::Live,
    notifications, push,
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
    keys::listen(frame, session);
    push::keep(session);
    let path = use_location().pathname.get_untracked();
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    view! {
        {screen(&segments)}
        <palette::Palette />
        <keys::Help />
    }
    .into_any()
}

/// What everybody works with all day.
fn screen_daily() -> AnyView {
    inside_shell(|segments| match segments {
        [] => home::home(),
        [_, "new"] => screens::create(),
        [_] => screens::list(),
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

/// The way in that the address names.
fn screen_outside() -> AnyView {
    match use_location().pathname.get_untracked().as_str() {
        "/sign-in" => identity::screens::SignIn().into_any(),
        "/first-run" => identity::screens::FirstRun().into_any(),
        _ => missing::gallery(),
    }
}

#[cfg(not(debug_assertions))]
pub use lazy::{admin, daily, office, outside};

/// What everybody works with all day.
#[cfg(debug_assertions)]
pub fn daily() -> fn() -> AnyView {
    screen_daily
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

    pub struct Daily;
    pub struct Office;
    pub struct Admin;
    pub struct Outside;

    /// What everybody works with all day.
    pub fn daily() -> Lazy<Daily> {
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
    impl LazyRoute for Daily {
        fn data() -> Self {
            Self
        }

        fn view(_this: Self) -> AnyView {
            super::screen_daily()
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
