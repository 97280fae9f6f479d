//! The document around the app, painted by the server.

use leptos::prelude::*;
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
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
