//! One's own preferences: each is saved when it is changed, and holds at once.

mod browsers;
mod formats;
mod telling;

use kernel::FieldErrors;
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use notifications::{
    Choices,
    api::{list_choices, open_push},
    push::Browsers,
};
use preferences::{
    Density, Preferences, Theme,
    api::{change_preferences, open_preferences},
};
use serde_json::{Map, Value as Json, json};
use ui::{Card, Field, RadioGroup, Select, SkeletonLines, Switch, Toast};

use crate::{
    api,
    frame::{Around, Frame, ScreenHead},
    later::arriving,
    look::{self, Look},
    missing,
    session::Session,
};

/// What the cards of the screen share.
#[derive(Clone, Copy)]
struct Chosen {
    around: Around,
    now: RwSignal<Preferences>,
    errors: RwSignal<FieldErrors>,
}

impl Chosen {
    fn frame(self) -> Frame {
        self.around.frame()
    }

    fn session(self) -> Session {
        self.around.session()
    }

    /// Saves one preference. What was wrong with it stands beside it.
    fn set(self, name: &'static str, value: Json) {
        spawn_local(async move {
            match change_preferences(Map::from_iter([(name.to_owned(), value)])).await {
                Ok(Ok(preferences)) => self.saved(preferences).await,
                Ok(Err(errors)) => self.errors.set(errors),
                Err(error) => {
                    // What was chosen goes back to what holds; what was typed stays, to be sent again.
                    if name != "sms_phone" {
                        self.now.update(|_| ());
                    }
                    self.frame().failed(&error);
                }
            }
        });
    }

    async fn saved(self, preferences: Preferences) {
        self.errors.set(FieldErrors::default());
        look::saved(&preferences);
        self.now.set(preferences);
        // Screens opened from here on read as the person now does.
        if let Ok(start) = api::start().await {
            self.session().renew(start);
        }
        self.frame().say(Toast::ok("Saved."));
    }

    fn error(self, name: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.errors.with(|errors| errors.first(name).map(str::to_owned)))
    }

    /// One of the preferences, as text.
    fn text(self, read: impl Fn(&Preferences) -> String + Send + Sync + 'static) -> Signal<String> {
        Signal::derive(move || self.now.with(&read))
    }
}

/// The screen of one's own preferences.
pub fn preferences() -> AnyView {
    let (frame, around) = (Frame::get(), Around::get());
    let opened = Resource::new_blocking(move || frame.retries.get(), |_| open_preferences());
    let choices = Resource::new_blocking(move || frame.retries.get(), |_| list_choices());
    let browsers = Resource::new_blocking(move || frame.retries.get(), |_| open_push());
    let content = arriving(
        || view! { <SkeletonLines lines=10 /> }.into_any(),
        move || async move {
            match (opened.await, choices.await, browsers.await) {
                (Ok(now), Ok(choices), Ok(browsers)) => {
                    let chosen =
                        Chosen { around, now: RwSignal::new(now), errors: RwSignal::new(FieldErrors::default()) };
                    screen(chosen, choices, browsers)
                }
                (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => missing::trouble(&error),
            }
        },
    );
    view! {
        <Title text="Preferences" />
        <div class="screen">
            <ScreenHead title="Preferences" />
            <div class="screen-body">
                {content}
            </div>
        </div>
    }
    .into_any()
}

fn screen(chosen: Chosen, choices: Choices, browsers: Browsers) -> AnyView {
    view! { <div class="screen-narrow stack" data-gap="large">{appearance(chosen)} {formats::formats(chosen)} {work(chosen)} {telling::kinds(chosen, choices)} {browsers::browsers(chosen, browsers)} {telling::hours(chosen)}</div> }
        .into_any()
}

/// Theme and density, which the page takes on before the server has heard of them.
fn appearance(chosen: Chosen) -> AnyView {
    let options = |names: &[(&str, &str)]| {
        names.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect::<Vec<_>>()
    };
    let themes = options(&[("system", "As the system"), ("light", "Light"), ("dark", "Dark")]);
    let densities = options(&[("compact", "Compact"), ("default", "Default"), ("comfortable", "Comfortable")]);
    // The account's menu changes them too.
    let shown =
        move |name: fn(Look) -> &'static str| Signal::derive(move || name(chosen.frame().look.get()).to_owned());
    let set_theme = Callback::new(move |name: String| {
        let theme = Theme::parse(&name).unwrap_or_default();
        chosen.frame().show(Look { theme, ..look::chosen() });
        chosen.set("theme", json!(name));
    });
    let set_density = Callback::new(move |name: String| {
        let density = Density::parse(&name).unwrap_or_default();
        chosen.frame().show(Look { density, ..look::chosen() });
        chosen.set("density", json!(name));
    });
    view! {
        <Card title="Appearance">
            <div class="stack">
                <RadioGroup
                    label="Theme"
                    name="theme"
                    inline=true
                    options=themes
                    value=shown(|look| look.theme.name())
                    on_change=set_theme
                />
                <RadioGroup
                    label="Rows"
                    name="density"
                    inline=true
                    options=densities
                    value=shown(|look| look.density.name())
                    on_change=set_density
                />
            </div>
        </Card>
    }
    .into_any()
}

/// Where one starts, how often screens look again, and what keys do.
fn work(chosen: Chosen) -> AnyView {
    let places = {
        let types = chosen.session().types().into_iter().map(|t| (format!("/{}", t.name), t.plural));
        let fixed = [("/".to_owned(), "Home".to_owned()), ("/notifications".to_owned(), "Notifications".to_owned())];
        let mut places: Vec<(String, String)> = fixed.into_iter().chain(types).collect();
        // A page set by a script is an option too.
        let own = chosen.now.with_untracked(|p| p.start_page.clone());
        if !places.iter().any(|(page, _)| *page == own) {
            places.push((own.clone(), own));
        }
        places
    };
    let refreshes = [("", "As suits each screen"), ("5", "Every 5 seconds"), ("15", "Every 15 seconds")]
        .into_iter()
        .chain([("60", "Every minute"), ("300", "Every 5 minutes"), ("0", "Never by themselves")])
        .map(|(value, words)| (value.to_owned(), words.to_owned()));
    let mut refreshes: Vec<(String, String)> = refreshes.collect();
    let own = chosen.now.with_untracked(|p| p.refresh).map(|seconds| seconds.to_string()).unwrap_or_default();
    if !refreshes.iter().any(|(value, _)| *value == own) {
        refreshes.push((own.clone(), format!("Every {own} seconds")));
    }
    let set_refresh = Callback::new(move |text: String| {
        chosen.set("auto_refresh_interval", text.parse::<u32>().map_or(Json::Null, |seconds| json!(seconds)));
    });
    let set_page = Callback::new(move |page: String| chosen.set("start_page", json!(page)));
    view! {
        <Card title="Work">
            <div class="form-grid">
                <Field id="start-page" label="Start page" help="Where you are after signing in." error=chosen.error("start_page")>
                    <Select options=places value=chosen.text(|p| p.start_page.clone()) on_change=set_page />
                </Field>
                <Field
                    id="refresh"
                    label="Screens look for news"
                    help="Home, notifications and the monitor of jobs."
                    error=chosen.error("auto_refresh_interval")
                >
                    <Select
                        options=refreshes
                        value=chosen.text(|p| p.refresh.map(|seconds| seconds.to_string()).unwrap_or_default())
                        on_change=set_refresh
                    />
                </Field>
            </div>
            <Switch
                label="Single-key shortcuts"
                help="Keys such as c, j and ? act while nothing is being typed. Ctrl+K always does."
                checked=Signal::derive(move || chosen.now.with(|p| p.single_keys))
                on_change=move |is: bool| chosen.set("single_key_shortcuts", json!(is))
            />
        </Card>
    }
    .into_any()
}
