//! The screens, in modules that the browser loads when they are needed.
//!
//! Each route type below is one such module. More would not help: what two of them share becomes a module of its own.
//! Development builds are one file, which is quicker to make and needs no option of the build.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use screens::{frame::Frame, session::Session};

use crate::{home, keys, missing, palette};

/// The screen inside the shell that the address names, with what lies over every screen: loaded with the first of them,
/// so that the shell itself is there sooner.
fn screen_inside() -> AnyView {
    keys::listen(Frame::get(), Session::get());
    view! {
        {screen()}
        <palette::Palette />
        <keys::Help />
    }
    .into_any()
}

fn screen() -> AnyView {
    let path = use_location().pathname.get_untracked();
    let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    match segments.as_slice() {
        [] => home::home(),
        ["admin", "jobs"] => screens::jobs(),
        ["settings", "organisation"] => screens::organisation(),
        ["imports", _] => screens::import_progress(),
        [_, "import"] => screens::import(),
        [_, "new"] => screens::create(),
        [_] => screens::list(),
        [_, _] => screens::record(),
        [_, _, "edit"] => screens::edit(),
        _ => screens::missing(),
    }
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
pub use lazy::{inside, outside};

/// Everything inside the shell.
#[cfg(debug_assertions)]
pub fn inside() -> fn() -> AnyView {
    screen_inside
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

    pub struct Inside;
    pub struct Outside;

    /// Everything inside the shell.
    pub fn inside() -> Lazy<Inside> {
        Lazy::new()
    }

    /// The ways in.
    pub fn outside() -> Lazy<Outside> {
        Lazy::new()
    }

    #[lazy_route]
    impl LazyRoute for Inside {
        fn data() -> Self {
            Self
        }

        fn view(_this: Self) -> AnyView {
            super::screen_inside()
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
