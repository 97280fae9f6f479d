//! Push messages in this browser: whether it shows them, and subscribing.
//!
//! A browser remembers whose notifications it shows. Its person, signing in anew, goes on being shown them; for
//! anybody else the subscription is given up, as what it brings is not for them.

use std::cell::Cell;

use js_sys::Reflect;
use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use notifications::{
    api::subscribe_push,
    push::{Keys, Subscription},
};
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Notification, NotificationPermission, PushManager, PushSubscription, PushSubscriptionOptionsInit,
    ServiceWorkerContainer, ServiceWorkerRegistration, Storage,
};

use crate::session::Session;

/// What shows the messages; `public/sw.js`.
const WORKER: &str = "/sw.js";
/// Where a browser remembers whose notifications it shows.
const WHOSE: &str = "push";

/// How this browser stands to push messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ability {
    /// Without TLS browsers show none.
    Insecure,
    Missing,
    /// Its person, or who looks after it, wants no notifications from here.
    Denied,
    Able,
}

impl Ability {
    /// Asks the browser. On the server there is none.
    pub fn find() -> Self {
        let window = window();
        let has = |of: &JsValue, name: &str| Reflect::has(of, &name.into()).unwrap_or(false);
        if !window.is_secure_context() {
            Self::Insecure
        } else if !(has(&window.navigator(), "serviceWorker")
            && has(&window, "PushManager")
            && has(&window, "Notification"))
        {
            Self::Missing
        } else if Notification::permission() == NotificationPermission::Denied {
            Self::Denied
        } else {
            Self::Able
        }
    }

    /// Why there are none, and what can be done about it.
    pub const fn hindrance(self) -> Option<&'static str> {
        match self {
            Self::Able => None,
            Self::Insecure => {
                Some("Browsers show push messages only of sites with https://. Ask who runs Mainstay for that address.")
            }
            Self::Missing => Some(
                "This browser shows no push messages. On an iPhone or iPad, add Mainstay to the home screen first and \
                 open it from there.",
            ),
            Self::Denied => Some(
                "This browser refuses notifications from here. Allow them in its settings for this site, then try again.",
            ),
        }
    }
}

fn workers() -> ServiceWorkerContainer {
    window().navigator().service_worker()
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Whose notifications this browser shows.
fn whose() -> Option<String> {
    storage()?.get_item(WHOSE).ok().flatten()
}

/// Remembers whose notifications this browser shows. One that keeps nothing has to be told again after signing in.
pub(crate) fn remember(user: Uuid) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(WHOSE, &user.to_string());
    }
}

/// Forgets whose notifications this browser shows: signing in does not bring them back.
pub fn forget() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(WHOSE);
    }
}

/// Asks the browser for a subscription that takes messages by this key, or says why there is none.
pub(crate) async fn subscribe(key: &str) -> Result<Subscription, &'static str> {
    const UNREACHABLE: &str =
        "This browser's push service cannot be reached, or is switched off in its settings. Try again later.";
    if let Ok(asked) = Notification::request_permission() {
        // The answer is read below.
        let _ = asked.await;
    }
    match Notification::permission() {
        NotificationPermission::Granted => subscribe_by(key).await.ok().flatten().ok_or(UNREACHABLE),
        NotificationPermission::Denied => Err(Ability::Denied.hindrance().unwrap_or_default()),
        _ => Err("Without your leave the browser shows nothing. Try again, and allow notifications."),
    }
}

async fn subscribe_by(key: &str) -> Result<Option<Subscription>, JsValue> {
    workers().register(WORKER).await?;
    let registration: ServiceWorkerRegistration = workers().ready()?.await?.unchecked_into();
    let manager = registration.push_manager()?;
    let options = PushSubscriptionOptionsInit::new();
    options.set_user_visible_only(true);
    options.set_application_server_key_opt_str(Some(key));
    let subscription = match manager.subscribe_with_options(&options)?.await {
        Ok(subscription) => subscription,
        Err(error) => {
            // One that was made for another key is in the way.
            let Some(former) = present(&manager).await? else { return Err(error) };
            former.unsubscribe()?.await?;
            manager.subscribe_with_options(&options)?.await?
        }
    };
    Ok(read(&subscription.unchecked_into()))
}

/// Gives this browser's subscription up.
pub(crate) async fn unsubscribe() {
    forget();
    if let Ok(Some(found)) = found().await
        && let Ok(given_up) = found.unsubscribe()
    {
        // Should it fail, its push service still takes messages that the server no longer sends.
        let _ = given_up.await;
    }
}

async fn present(manager: &PushManager) -> Result<Option<PushSubscription>, JsValue> {
    let found = manager.get_subscription()?.await?;
    Ok((!found.is_null() && !found.is_undefined()).then(|| found.unchecked_into()))
}

/// The subscription this browser has, without asking for one.
async fn found() -> Result<Option<PushSubscription>, JsValue> {
    let registration = workers().get_registration().await?;
    if registration.is_undefined() {
        return Ok(None);
    }
    let registration: ServiceWorkerRegistration = registration.unchecked_into();
    present(&registration.push_manager()?).await
}

fn read(subscription: &PushSubscription) -> Option<Subscription> {
    let written = subscription.to_json().ok()?;
    let keys = written.get_keys()?;
    let keys = Keys { p256dh: keys.get_p256dh()?, auth: keys.get_auth()? };
    Some(Subscription { endpoint: written.get_endpoint()?, keys })
}

thread_local! {
    /// Whether the server was told of this browser's subscription since the page was loaded.
    static TOLD: ArcRwSignal<bool> = ArcRwSignal::new(false);
}

/// Whether the server knows of this browser by now what it may not have known when the page was painted.
pub(crate) fn was_told() -> bool {
    TOLD.with(Get::get)
}

/// Tells the server of this browser's subscription, which it may know by another session. Gives it up where it shows
/// the notifications of somebody else. Says whether the server was told.
async fn renew(me: Uuid) -> Result<bool, AppError> {
    let Some(whose) = whose() else { return Ok(false) };
    if Ability::find() != Ability::Able {
        return Ok(false);
    }
    if whose != me.to_string() {
        unsubscribe().await;
        return Ok(false);
    }
    // A browser that does not say is asked again on the next page.
    let Ok(found) = found().await else { return Ok(false) };
    let Some(subscription) = found.as_ref().and_then(read) else {
        forget();
        return Ok(false);
    };
    Ok(subscribe_push(subscription).await?.is_ok())
}

/// The same, once for each page that is loaded.
pub fn keep(session: Session) {
    thread_local! {
        static IS_DONE: Cell<bool> = const { Cell::new(false) };
    }
    Effect::new(move |_| {
        if let Some(me) = session.user()
            && !IS_DONE.replace(true)
        {
            spawn_local(async move {
                match renew(me.id).await {
                    Ok(was_told) => TOLD.with(|told| told.set(was_told)),
                    // The next page that is loaded tries again.
                    Err(error) => leptos::logging::warn!("Push messages: {}", error.sentence()),
                }
            });
        }
    });
}
