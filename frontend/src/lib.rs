//! Wakes the page the server painted. Nothing else belongs here.

#![cfg(feature = "hydrate")]

use std::panic;

use leptos::{mount::hydrate_from_async, prelude::document, tachys::dom::body, task::tick};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlTemplateElement;

/// Called by the script in the page once this module has loaded.
#[wasm_bindgen]
pub fn hydrate() {
    panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        // Telling the person is all that is left to do; if even that fails, the console has the panic.
        let _ = offer_reload();
    }));
    spawn_local(async {
        // With the part that the page is made of.
        hydrate_from_async(body(), app::App).await.forget();
        // Effects run for the first time. Whoever drives a browser waits for the mark after them.
        tick().await;
        document().document_element().map(|root| root.set_attribute("data-hydrated", ""));
        fetch_ahead();
    });
}

/// Puts to use what the page says of the parts to fetch ahead.
fn fetch_ahead() {
    let document = document();
    let ahead = document.get_element_by_id("ahead").and_then(|ahead| ahead.dyn_into::<HtmlTemplateElement>().ok());
    if let (Some(ahead), Some(head)) = (ahead, document.head()) {
        // Without them each part is fetched when it is needed.
        let _ = head.append_child(&ahead.content());
    }
}

/// Says that the page has stopped working, beside a link that loads it afresh.
///
/// After a panic no code of this module can be relied on, so it is a link and not a button with a listener. A part of
/// the app that could not be fetched ends here too: after a new release, or without a network.
fn offer_reload() -> Result<(), JsValue> {
    let Some((window, document)) = web_sys::window().and_then(|w| w.document().map(|d| (w, d))) else { return Ok(()) };
    if document.query_selector(".reload-banner")?.is_some() {
        return Ok(());
    }
    let location = window.location();
    let address = location.pathname()? + &location.search()?;
    // A dialog lies over all that is not in it, and lets nobody click there.
    let places = document.query_selector_all("body, dialog[open]")?;
    for n in 0..places.length() {
        let Some(place) = places.item(n) else { continue };
        let banner = document.create_element("div")?;
        banner.set_class_name("reload-banner");
        if n + 1 == places.length() {
            banner.set_attribute("role", "alert")?;
        }
        banner.set_text_content(Some("This page has stopped working. "));
        let link = document.create_element("a")?;
        link.set_attribute("href", &address)?;
        // The router leaves such links to the browser.
        link.set_attribute("rel", "external")?;
        link.set_text_content(Some("Reload"));
        banner.append_child(&link)?;
        place.append_child(&banner)?;
    }
    Ok(())
}
