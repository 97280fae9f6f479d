//! Bringing the file. Without script it is a plain form; with script the file goes as soon as it is there.

use std::cell::RefCell;

use leptos::prelude::*;
use records::TypeInfo;
use transfer::import::{DELIMITERS, ENCODINGS};
use ui::{Banner, Button, ButtonKind, Field, FileDrop, Progress, Select, Tone};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{FileList, FormData, ProgressEvent, XmlHttpRequest};

use crate::list::goer;

/// What the server answers to a file.
#[derive(serde::Deserialize)]
struct Answer {
    id: Option<uuid::Uuid>,
    detail: Option<String>,
    #[serde(default)]
    errors: std::collections::BTreeMap<String, Vec<String>>,
}

impl Answer {
    fn refusal(self) -> String {
        let errors: Vec<String> = self.errors.into_values().flatten().collect();
        if errors.is_empty() { self.detail.unwrap_or_else(lost) } else { errors.join(" ") }
    }
}

thread_local! {
    /// What sends the file, given up by who leaves. It may not go from thread to thread, as what paints a page may.
    static UNDER_WAY: RefCell<Option<XmlHttpRequest>> = const { RefCell::new(None) };
}

fn lost() -> String {
    "The file did not reach the server. Try again.".to_owned()
}

/// How the sending goes.
#[derive(Clone, Copy)]
struct Sending {
    /// Per cent, while it goes.
    percent: RwSignal<Option<u8>>,
    is_busy: RwSignal<bool>,
    refused: RwSignal<Option<String>>,
}

pub fn upload(info: &TypeInfo) -> AnyView {
    let sending = Sending { percent: RwSignal::new(None), is_busy: RwSignal::new(false), refused: RwSignal::new(None) };
    let go = goer();
    let arrived = Callback::new(move |id: uuid::Uuid| go(&format!("/imports/{id}")));
    let (encoding, delimiter) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let record_type = info.name.clone();
    let name = info.name.clone();
    let on_files = Callback::new(move |files: FileList| {
        if let Some(file) = files.get(0) {
            let said = [
                ("record_type", name.clone()),
                ("encoding", encoding.get_untracked()),
                ("delimiter", delimiter.get_untracked()),
            ];
            send(sending, &said, &file, arrived);
        }
    });
    on_cleanup(|| {
        if let Some(request) = UNDER_WAY.take() {
            // It may have come to its end already.
            let _ = request.abort();
        }
    });
    let is_there = RwSignal::new(false);
    Effect::new(move |_| is_there.set(true));
    view! {
        <form
            class="stack"
            data-gap="large"
            method="post"
            action="/imports/upload"
            enctype="multipart/form-data"
        >
            {move || {
                sending.refused.get().map(|why| view! { <Banner tone=Tone::Bad title="Not imported.">" " {why}</Banner> })
            }}
            <input type="hidden" name="record_type" value=record_type />
            <FileDrop
                label="Drop a CSV file here, or choose one"
                help="With a heading in its first row. Encoding and delimiter are found out. At most 100 MB."
                name="file"
                accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
                disabled=sending.is_busy
                on_files=on_files
            />
            {move || {
                sending
                    .is_busy
                    .get()
                    .then(|| view! { <Progress label="Sending the file" percent=sending.percent /> })
            }}
            {spelling(encoding, delimiter)}
            {move || {
                (!is_there.get())
                    .then(|| {
                        view! {
                            <noscript>
                                <Button kind=ButtonKind::Primary submit=true>
                                    "Send"
                                </Button>
                            </noscript>
                        }
                    })
            }}
        </form>
    }
    .into_any()
}

/// How the file is written, for who knows better than can be found out.
fn spelling(encoding: RwSignal<String>, delimiter: RwSignal<String>) -> AnyView {
    let options =
        |all: &[(&str, &str)]| all.iter().map(|(own, words)| ((*own).to_owned(), (*words).to_owned())).collect();
    let (encodings, delimiters): (Vec<_>, Vec<_>) = (options(&ENCODINGS), options(&DELIMITERS));
    view! {
        <details class="disclosure">
            <summary>"Say how the file is written"</summary>
            <div class="form-grid">
                <Field id="encoding" label="Encoding" help="Where letters come out wrong.">
                    <Select
                        name="encoding"
                        options=Signal::stored(encodings)
                        value=encoding
                        on_change=Callback::new(move |chosen| encoding.set(chosen))
                        empty="Found out"
                    />
                </Field>
                <Field id="delimiter" label="Cells are separated by" help="Where columns come out wrong.">
                    <Select
                        name="delimiter"
                        options=Signal::stored(delimiters)
                        value=delimiter
                        on_change=Callback::new(move |chosen| delimiter.set(chosen))
                        empty="Found out"
                    />
                </Field>
            </div>
        </details>
    }
    .into_any()
}

fn send(sending: Sending, said: &[(&str, String)], file: &web_sys::File, arrived: Callback<uuid::Uuid>) {
    sending.refused.set(None);
    sending.percent.set(Some(0));
    sending.is_busy.set(true);
    if start(sending, said, file, arrived).is_err() {
        sending.is_busy.set(false);
        sending.refused.set(Some(lost()));
    }
}

/// By `XMLHttpRequest`, because `fetch` cannot tell how much of the file has gone.
fn start(
    sending: Sending,
    said: &[(&str, String)],
    file: &web_sys::File,
    arrived: Callback<uuid::Uuid>,
) -> Result<(), wasm_bindgen::JsValue> {
    let form = FormData::new()?;
    for (name, text) in said {
        form.append_with_str(name, text)?;
    }
    form.append_with_blob_and_filename("file", file, &file.name())?;
    let request = XmlHttpRequest::new()?;
    request.open("POST", "/imports/upload")?;
    request.set_request_header("Accept", "application/json")?;
    let gone = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
        if event.length_computable() && event.total() > 0.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of 100")]
            sending.percent.set(Some((event.loaded() / event.total() * 100.0) as u8));
        }
    });
    request.upload()?.set_onprogress(Some(gone.into_js_value().unchecked_ref()));
    let answered = request.clone();
    let ended = Closure::once_into_js(move || {
        UNDER_WAY.set(None);
        sending.is_busy.set(false);
        let text = answered.response_text().ok().flatten().unwrap_or_default();
        match serde_json::from_str::<Answer>(&text) {
            Ok(Answer { id: Some(id), .. }) => drop(arrived.try_run(id)),
            Ok(answer) => sending.refused.set(Some(answer.refusal())),
            Err(_) => sending.refused.set(Some(lost())),
        }
    });
    request.set_onloadend(Some(ended.unchecked_ref()));
    UNDER_WAY.set(Some(request.clone()));
    request.send_with_opt_form_data(Some(&form))
}
