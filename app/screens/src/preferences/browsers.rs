//! Browsers that show one's notifications while no page is open.

use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use notifications::{
    api::{open_push, remove_push, subscribe_push, try_push},
    push::{Browser, Browsers},
};
use ui::{Banner, Button, ButtonKind, Card, Switch, Tag, Toast, Tone};
use uuid::Uuid;

use super::Chosen;
use crate::push::{self, Ability};

/// What the card works on.
#[derive(Clone, Copy)]
struct Known {
    chosen: Chosen,
    now: RwSignal<Browsers>,
    /// Known once the browser was asked.
    ability: RwSignal<Option<Ability>>,
    trouble: RwSignal<Option<String>>,
    /// What the switch is being turned to.
    wanted: RwSignal<Option<bool>>,
}

impl Known {
    fn is_on(self) -> bool {
        self.now.with(|now| this(now).is_some())
    }

    async fn look_again(self) {
        match open_push().await {
            Ok(now) => drop(self.now.try_set(now)),
            Err(error) => self.chosen.frame().failed(&error),
        }
    }

    /// Asks the browser, and the server again where this browser has told it something new.
    fn ask(self) {
        self.ability.set(Some(Ability::find()));
        if push::was_told() {
            spawn_local(self.look_again());
        }
    }

    fn turn(self, is_on: bool) {
        self.wanted.set(Some(is_on));
        self.trouble.set(None);
        spawn_local(async move {
            let done = if is_on { self.turn_on().await } else { self.turn_off().await };
            match done {
                Ok(Ok(text)) => self.chosen.frame().say(Toast::ok(text)),
                Ok(Err(why)) => drop(self.trouble.try_set(Some(why))),
                Err(error) => self.chosen.frame().failed(&error),
            }
            self.look_again().await;
            self.ability.try_set(Some(Ability::find()));
            self.wanted.try_set(None);
        });
    }

    async fn turn_on(self) -> Result<Result<&'static str, String>, AppError> {
        let Some(key) = self.now.with_untracked(|now| now.key.clone()) else {
            return Ok(Err("Push messages cannot be sent at the moment. Tell who runs Mainstay.".to_owned()));
        };
        let subscription = match push::subscribe(&key).await {
            Ok(subscription) => subscription,
            Err(why) => return Ok(Err(why.to_owned())),
        };
        match subscribe_push(subscription).await {
            Ok(Ok(_)) => {
                if let Some(me) = self.chosen.session().user() {
                    push::remember(me.id);
                }
                Ok(Ok("This browser shows your notifications."))
            }
            refused => {
                push::unsubscribe().await;
                let why = |errors: kernel::FieldErrors| errors.0.into_values().flatten().collect::<Vec<_>>().join(" ");
                refused.map(|errors| Err(errors.err().map(why).unwrap_or_default()))
            }
        }
    }

    async fn turn_off(self) -> Result<Result<&'static str, String>, AppError> {
        // The screen may be gone by the time the browser has answered.
        let own = self.now.with_untracked(this);
        push::unsubscribe().await;
        if let Some(id) = own {
            remove_push(id).await?;
        }
        Ok(Ok("This browser shows your notifications no longer."))
    }

    fn remove(self, browser: &Browser) {
        if browser.is_this {
            return self.turn(false);
        }
        let id = browser.id;
        spawn_local(async move {
            match remove_push(id).await {
                Ok(()) | Err(AppError::NotFound) => self.chosen.frame().say(Toast::ok("Removed.")),
                Err(error) => self.chosen.frame().failed(&error),
            }
            self.look_again().await;
        });
    }

    fn try_out(self, id: Uuid) {
        spawn_local(async move {
            match try_push(id).await {
                Ok(Ok(told)) => self.chosen.frame().say(Toast::ok(told)),
                Ok(Err(why)) => self.chosen.frame().say(Toast::bad(why)),
                Err(error) => self.chosen.frame().failed(&error),
            }
            self.look_again().await;
        });
    }
}

/// The browser that asks.
fn this(now: &Browsers) -> Option<Uuid> {
    now.browsers.iter().find(|browser| browser.is_this).map(|browser| browser.id)
}

/// The switch of this browser, and all browsers that show one's notifications.
pub(super) fn browsers(chosen: Chosen, now: Browsers) -> AnyView {
    let known = Known {
        chosen,
        now: RwSignal::new(now),
        ability: RwSignal::new(None),
        trouble: RwSignal::new(None),
        wanted: RwSignal::new(None),
    };
    Effect::new(move |_| known.ask());
    let is_able = move || known.ability.get() == Some(Ability::Able);
    let trouble = move || {
        let hindrance = known.ability.get().and_then(Ability::hindrance).map(str::to_owned);
        let trouble = hindrance.or_else(|| known.trouble.get());
        trouble.map(|text| view! { <Banner tone=Tone::Warn>{text}</Banner> })
    };
    let rows = move || {
        let browsers = known.now.with(|now| now.browsers.clone());
        let rows = browsers.into_iter().map(|browser| row(known, browser)).collect_view();
        view! { <ul class="browsers">{rows}</ul> }
    };
    view! {
        <section id="push">
            <Card title="Push messages">
                <div class="stack">
                    <Switch
                        label="Show notifications in this browser"
                        help="Also while no page of Mainstay is open, until you sign out."
                        checked=Signal::derive(move || known.wanted.get().unwrap_or_else(|| known.is_on()))
                        disabled=Signal::derive(move || known.wanted.get().is_some() || !(is_able() || known.is_on()))
                        on_change=move |is_on: bool| known.turn(is_on)
                    />
                    {trouble}
                    {rows}
                </div>
            </Card>
        </section>
    }
    .into_any()
}

fn row(known: Known, browser: Browser) -> AnyView {
    let session = known.chosen.session();
    let used = browser.used_at.map_or("No message yet".to_owned(), |at| format!("Last message {}", session.when(at)));
    let when = format!("Since {}. {used}.", session.when(browser.created_at));
    let (id, name) = (browser.id, browser.name.clone());
    let own = browser.is_this.then(|| view! { <Tag label="This browser" /> });
    let of = |words: String| view! { <span class="visually-hidden">{words}</span> };
    let (to_try, to_remove) = (of(format!(" to {name}")), of(format!(" {name}")));
    view! {
        <li>
            <span class="browser-name">{name} {own}</span>
            <span class="browser-when">{when}</span>
            <Button kind=ButtonKind::Ghost on_click=move |_| known.try_out(id)>
                "Send a test"
                {to_try}
            </Button>
            <Button kind=ButtonKind::Ghost on_click=move |_| known.remove(&browser)>
                "Remove"
                {to_remove}
            </Button>
        </li>
    }
    .into_any()
}
