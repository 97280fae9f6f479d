//! The logo: a file dropped or chosen, shown at once, kept as the `data:` address that holds it.

use leptos::prelude::*;
use ui::{Button, ButtonKind, Field, FileDrop};
use wasm_bindgen::{JsCast, closure::Closure};

/// The largest file, in bytes.
const LARGEST: f64 = 64.0 * 1024.0;
const KINDS: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];

pub fn field(
    id: String,
    label: String,
    help: String,
    logo: Signal<String>,
    set: Callback<String>,
    error: Signal<Option<String>>,
) -> AnyView {
    let refused = RwSignal::new(None::<&'static str>);
    let error = Signal::derive(move || refused.get().map(str::to_owned).or_else(|| error.get()));
    let take = Callback::new(move |files: web_sys::FileList| {
        let Some(file) = files.get(0) else { return };
        if !KINDS.contains(&file.type_().as_str()) {
            return refused.set(Some("This must be a PNG, JPEG or WebP image."));
        }
        if file.size() > LARGEST {
            return refused.set(Some("This image is larger than 64 KB."));
        }
        refused.set(None);
        read(&file, set);
    });
    let remove = move |_| {
        refused.set(None);
        set.run(String::new());
    };
    let preview = move || {
        let source = logo.get();
        (!source.is_empty()).then(|| {
            view! {
                <div class="logo-preview">
                    <img src=source alt="The logo" />
                    <Button kind=ButtonKind::Ghost icon="trash" on_click=remove>
                        "Remove"
                    </Button>
                </div>
            }
        })
    };
    let accept = KINDS.join(",");
    view! {
        <Field id=id label=label error=error class="wide">
            {preview}
            <FileDrop label="Drop an image here, or choose one" help=help accept=accept on_files=take />
        </Field>
    }
    .into_any()
}

/// Reads a file as a `data:` address.
fn read(file: &web_sys::File, set: Callback<String>) {
    let Ok(reader) = web_sys::FileReader::new() else { return };
    let result = reader.clone();
    let done = Closure::once_into_js(move || {
        if let Some(address) = result.result().ok().and_then(|r| r.as_string()) {
            set.run(address);
        }
    });
    reader.set_onload(Some(done.unchecked_ref()));
    // A file that cannot be read leaves the logo as it was.
    reader.read_as_data_url(file).ok();
}
