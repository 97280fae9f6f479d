//! The document around the app, painted by the server.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
    sync::OnceLock,
};

use leptos::{WasmSplitManifest, nonce::use_nonce, prelude::*};
use leptos_meta::{HashedStylesheet, MetaTags};

use screens::look;

use crate::App;

/// The whole document. Theme and density stand in it from the first byte, so nothing flashes.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let chosen = look::chosen();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=chosen.theme.mark() data-density=chosen.density.mark()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/icons/favicon.c0aa639e5baddecd20b0ee.svg" type="image/svg+xml" />
                // Phones show push messages of what stands on their home screen.
                <link rel="manifest" href="/manifest.webmanifest" />
                <link rel="apple-touch-icon" href="/icons/icon-192.b3e08ee611ac7aa663dfa0.png" />
                <HashedStylesheet options=options.clone() />
                <AutoReload options=options.clone() />
                {program(options)}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The program that wakes the page. Leptos has the browser fetch all of it beside the page, half a megabyte beside the
/// styles and fonts that the first paint waits for; here that comes right after the paint.
fn program(options: LeptosOptions) -> AnyView {
    // Leptos names the parts of a screen in the page as well, where it finds their list. Here it does not.
    let owner = Owner::new();
    let (page, ahead) = owner.with(|| (view! { <HydrationScripts options /> }.to_html(), ahead()));
    let Some((files, script)) = files_and_script(&page) else { return ().into_any() };
    view! {
        <template id="soon" inner_html=files.to_owned()></template>
        <script type="module" nonce=use_nonce() inner_html=after_paint(script)></script>
        {ahead}
    }
    .into_any()
}

/// Wakes the page once it is painted; where nobody sees it, or where the browser does not tell, at once.
fn after_paint(script: &str) -> String {
    format!(
        "let awake = false;
const wake = () => {{
  if (awake) return;
  awake = true;
  document.head.append(document.getElementById('soon').content);
  {script}
}};
if (document.hidden || !PerformanceObserver.supportedEntryTypes?.includes('paint')) wake();
else {{
  new PerformanceObserver(wake).observe({{ type: 'paint', buffered: true }});
  setTimeout(wake, 2000);
}}"
    )
}

/// The links to the program's files and the code that starts it, as Leptos writes them.
fn files_and_script(page: &str) -> Option<(&str, &str)> {
    let (files, script) = page.split_once("<script")?;
    Some((files, script.split_once('>')?.1.split_once("</script>")?.0))
}

/// What most people go on to, by the beginnings of its functions' names.
const AHEAD: [&str; 3] = ["__home_", "__list_", "daily_part_"];

/// Asks the browser to fetch those parts once the page is awake and it has nothing better to do: then they come at once,
/// even where the server cannot be reached any more. Inert until the program puts it to use. A development build has no
/// parts.
fn ahead() -> Option<AnyView> {
    // One build has one manifest.
    static LINKS: OnceLock<String> = OnceLock::new();
    let manifest = use_context::<WasmSplitManifest>()?;
    let links = LINKS.get_or_init(|| manifest.0.with_value(|(folder, parts, _)| links(folder, parts)));
    Some(view! { <template id="ahead" inner_html=links.as_str()></template> }.into_any())
}

fn links(folder: &str, parts: &HashMap<String, Vec<String>>) -> String {
    let chosen = parts.iter().filter(|(part, _)| AHEAD.iter().any(|start| part.starts_with(start)));
    let files: BTreeSet<&String> = chosen.flat_map(|(_, files)| files).collect();
    files.into_iter().fold(String::new(), |mut links, file| {
        // Writing to a string does not fail.
        let _ = write!(links, r#"<link rel="prefetch" as="fetch" crossorigin href="{folder}/{file}.wasm">"#);
        links
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_code_are_told_apart() {
        let page = "<link rel=\"preload\" href=\"/a.wasm\"><script type=\"module\" nonce=\"n\">wake(\"a\")</script><!>";
        let links = "<link rel=\"preload\" href=\"/a.wasm\">";
        assert_eq!(files_and_script(page), Some((links, "wake(\"a\")")));
        assert_eq!(files_and_script(links), None);
    }

    #[test]
    fn each_file_of_what_comes_next_is_fetched_ahead_once() {
        let parts =
            [("__list_view_1", vec!["a", "b"]), ("daily_part_2", vec!["b", "c"]), ("__admin_view_3", vec!["d"])];
        let parts = parts.map(|(part, files)| (part.to_owned(), files.into_iter().map(str::to_owned).collect()));
        let links = links("/pkg", &parts.into_iter().collect());
        let files: Vec<_> = links.split("href=\"/pkg/").skip(1).filter_map(|link| link.split('.').next()).collect();
        assert_eq!(files, ["a", "b", "c"]);
    }
}
