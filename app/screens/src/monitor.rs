//! What the lists of things under way share: jobs, mail, deliveries, exports.
//!
//! The question stands in the address. Its answer is painted with the page, and asked for again every other second, or
//! as the viewer prefers. A screen says what a line holds; the table around it is built once for all of them.

mod table;

use std::{cell::Cell, pin::Pin, time::Duration};

use kernel::{AppError, Timestamp};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use records::encode;
use serde::{Serialize, de::DeserializeOwned};
pub use table::{Head, Line, Table, newest, said, state_tabs, table};
use ui::{SkeletonLines, Toast};
use uuid::Uuid;

use crate::{
    frame::{Around, Frame, ScreenHead},
    later::arriving,
    missing,
    session::Session,
};

/// Where nothing moves something may have begun elsewhere, and what is told of time grows old.
const SELDOM: Duration = Duration::from_mins(1);

/// What a list is narrowed down by.
pub trait Question: Clone + Default + PartialEq + Send + Sync + 'static {
    /// Where the list stands.
    const PATH: &'static str;

    fn read(map: &ParamsMap) -> Self;

    /// The same as the address has it, by name.
    fn write(&self) -> Vec<(&'static str, Option<String>)>;
}

/// For a list that is never narrowed down.
impl Question for () {
    const PATH: &'static str = "";

    fn read(_: &ParamsMap) -> Self {}

    fn write(&self) -> Vec<(&'static str, Option<String>)> {
        vec![]
    }
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked<Q> {
    pub filter: Q,
    /// From which line on, in a list that starts with the newest.
    pub before: Option<Uuid>,
}

impl<Q: Question> Asked<Q> {
    pub fn read(map: &ParamsMap) -> Self {
        Self { filter: Q::read(map), before: map.get("before").and_then(|id| id.parse().ok()) }
    }

    fn address(&self) -> String {
        address(Q::PATH, self.filter.write(), self.before)
    }

    /// Where the newest lines stand that another filter finds.
    pub fn with(&self, change: impl FnOnce(&mut Q)) -> String {
        let mut asked = Self { before: None, ..self.clone() };
        change(&mut asked.filter);
        asked.address()
    }

    /// Where the same filter goes on.
    pub fn from(&self, before: Option<Uuid>) -> String {
        Self { before, ..self.clone() }.address()
    }

    pub fn is_narrowed(&self) -> bool {
        self.filter != Q::default()
    }
}

fn address(path: &str, parts: Vec<(&'static str, Option<String>)>, before: Option<Uuid>) -> String {
    let before = ("before", before.map(|id| id.to_string()));
    let parts = parts.into_iter().chain([before]).filter_map(|(name, value)| Some((name, value?)));
    let parts: Vec<String> = parts.map(|(name, value)| format!("{name}={}", encode(&value))).collect();
    if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
}

/// What an answer is, to be painted on the server and taken up in the browser.
pub trait Told: Clone + Send + Sync + Serialize + DeserializeOwned + 'static {}

impl<A: Clone + Send + Sync + Serialize + DeserializeOwned + 'static> Told for A {}

/// An answer on its way.
pub type Answer<A> = Pin<Box<dyn Future<Output = Result<A, AppError>> + Send>>;

/// A screen of its own.
pub struct Screen<Q: Question, A: 'static> {
    pub title: &'static str,
    /// Beside the title.
    pub actions: Option<AnyView>,
    pub ask: fn(Asked<Q>) -> Answer<A>,
    /// How often it is asked again as long as something moves; seldom, it is in any case.
    pub every: Duration,
    pub is_moving: fn(&A) -> bool,
    pub body: Callback<Monitor<Q, A>, AnyView>,
}

/// What the parts of a screen share.
pub struct Monitor<Q: Question, A: 'static> {
    around: Around,
    ask: fn(Asked<Q>) -> Answer<A>,
    pub asked: Memo<Asked<Q>>,
    pub answer: RwSignal<A>,
    /// What it answers.
    answered: StoredValue<Asked<Q>>,
    /// Why what is asked for now has no answer yet.
    trouble: RwSignal<Option<AppError>>,
    /// What is shown in full.
    pub open: RwSignal<Option<Uuid>>,
    pub selected: RwSignal<Vec<Uuid>>,
}

impl<Q: Question, A> Clone for Monitor<Q, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q: Question, A> Copy for Monitor<Q, A> {}

impl<Q: Question, A: Send + Sync + 'static> Monitor<Q, A> {
    /// Asks anew. What does not answer now may answer next time.
    pub fn refresh(self) {
        let Some(asked) = self.asked.try_get_untracked() else { return };
        spawn_local(async move {
            match (self.ask)(asked.clone()).await {
                Ok(answer) => {
                    // The screen may be gone by the time the answer is there, or ask for something else.
                    if self.asked.try_get_untracked().is_some_and(|now| now == asked) {
                        self.answered.try_set_value(asked);
                        self.answer.try_set(answer);
                        // Set only where there was some: what is on show would be painted anew.
                        if self.trouble.try_with_untracked(Option::is_some) == Some(true) {
                            self.trouble.try_set(None);
                        }
                    }
                }
                Err(error) => {
                    if error == AppError::Unauthenticated {
                        self.frame().signed_out.set(true);
                    }
                    // The lines of another question are no answer to this one.
                    let is_old = self.answered.try_with_value(|answered| *answered != asked) == Some(true);
                    if is_old && self.asked.try_get_untracked().is_some_and(|now| now == asked) {
                        self.trouble.try_set(Some(error));
                    }
                }
            }
        });
    }

    /// Does something, says what came of it and looks anew.
    pub fn act(self, work: impl Future<Output = Result<String, AppError>> + 'static) {
        act(self.frame(), Box::pin(work), Box::new(move || self.refresh()));
    }

    pub fn frame(self) -> Frame {
        self.around.frame()
    }

    pub fn session(self) -> Session {
        self.around.session()
    }

    pub fn when(self, at: Timestamp) -> String {
        self.session().when(at)
    }
}

fn act(frame: Frame, work: Pin<Box<dyn Future<Output = Result<String, AppError>>>>, after: Box<dyn FnOnce()>) {
    spawn_local(async move {
        match work.await {
            Ok(done) => frame.say(Toast::ok(done)),
            Err(error) => frame.failed(&error),
        }
        after();
    });
}

/// A screen for administrators.
pub fn for_administrators<Q: Question, A: Told>(screen: Screen<Q, A>) -> AnyView {
    if Session::get().user().is_some_and(|user| user.may_administer) {
        show(screen)
    } else {
        missing::failed(&AppError::Forbidden)
    }
}

/// The screen, once its first answer is there.
pub fn show<Q: Question, A: Told>(screen: Screen<Q, A>) -> AnyView {
    let Screen { title, actions, ask, every, is_moving, body } = screen;
    let (frame, around) = (Frame::get(), Around::get());
    let map = use_query_map();
    let asked = Memo::new(move |_| map.with(Asked::<Q>::read));
    let first = Resource::new_blocking(move || frame.retries.get(), move |_| ask(asked.get_untracked()));
    let content = arriving(
        || view! { <SkeletonLines lines=10 /> }.into_any(),
        move || async move {
            match first.await {
                Ok(answer) => {
                    let monitor = Monitor {
                        around,
                        ask,
                        asked,
                        answer: RwSignal::new(answer),
                        answered: StoredValue::new(asked.get_untracked()),
                        trouble: RwSignal::new(None),
                        open: RwSignal::new(None),
                        selected: RwSignal::new(vec![]),
                    };
                    follow(monitor, every, is_moving);
                    let shown = move || match monitor.trouble.get() {
                        Some(error) => missing::trouble(&error),
                        None => body.run(monitor),
                    };
                    view! { {shown} }.into_any()
                }
                Err(error) => missing::trouble(&error),
            }
        },
    );
    view! {
        <Title text=title />
        <div class="screen">
            <ScreenHead title=title>{actions}</ScreenHead>
            <div class="screen-body">
                {content}
            </div>
        </div>
    }
    .into_any()
}

/// Asks anew when the address asks for something else, and now and then.
fn follow<Q: Question, A: Send + Sync + 'static>(monitor: Monitor<Q, A>, every: Duration, is_moving: fn(&A) -> bool) {
    Effect::new(move |before: Option<Asked<Q>>| {
        let asked = monitor.asked.get();
        if before.is_some_and(|before| before != asked) {
            monitor.selected.set(vec![]);
            monitor.refresh();
        }
        asked
    });
    Effect::new(move |_| {
        let Some(pause) = monitor.session().refresh(every) else { return };
        let waited = Cell::new(Duration::ZERO);
        let look = move || {
            waited.set(waited.get() + pause);
            if waited.get() >= SELDOM || monitor.answer.try_with_untracked(is_moving) == Some(true) {
                waited.set(Duration::ZERO);
                monitor.refresh();
            }
        };
        if let Ok(handle) = set_interval_with_handle(look, pause) {
            on_cleanup(move || handle.clear());
        }
    });
}
