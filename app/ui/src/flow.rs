//! Steps of a wizard and the place to drop files.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, FileList, HtmlInputElement};

use crate::{field::ties, icon::icon};

/// The steps of a wizard: those done, the one at hand, those to come.
#[component]
pub fn Steps(
    /// The names of the steps.
    steps: Vec<String>,
    /// Which one is at hand, from 0.
    #[prop(into)]
    current: Signal<usize>,
) -> impl IntoView {
    let items = steps
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            view! {
                <li
                    class="step"
                    data-state=move || (at < current.get()).then_some("done")
                    aria-current=move || (at == current.get()).then_some("step")
                >
                    <span class="step-mark" aria-hidden="true">
                        {move || (at < current.get()).then(|| icon("check", "", ""))}
                    </span>
                    <span class="step-name">{name}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="steps" aria-label="Steps">
            <ol>{items}</ol>
        </nav>
    }
}

/// A place to drop files on, which is a real file input under the paint.
#[component]
pub fn FileDrop(
    /// The id of the input; inside a `Field` the field's.
    #[prop(optional, into)]
    id: Option<String>,
    /// What to drop, such as `Drop a file here, or choose one`.
    #[prop(into)]
    label: String,
    /// What is accepted, in words.
    #[prop(optional, into)]
    help: Option<String>,
    /// The name a form sends it under.
    #[prop(optional, into)]
    name: Option<String>,
    /// What the chooser accepts, such as `.csv,.xlsx`.
    #[prop(optional, into)]
    accept: Option<String>,
    /// More than one file.
    #[prop(optional)]
    multiple: bool,
    /// Cannot be used.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Called with the files, which are to be taken from the list at once: it is emptied afterwards.
    #[prop(optional, into)]
    on_files: Option<Callback<FileList>>,
) -> impl IntoView {
    let ties = ties(id, false);
    let (invalid, described) = (ties.clone(), ties.clone());
    let over = RwSignal::new(false);
    let report = move |files: Option<FileList>| {
        if let (Some(files), Some(on_files)) = (files, on_files)
            && files.length() > 0
        {
            on_files.run(files);
        }
    };
    view! {
        <label
            class="file-drop"
            data-state=move || over.get().then_some("over")
            on:dragenter=move |_| over.set(true)
            on:dragover=move |event: DragEvent| event.prevent_default()
            on:dragleave=move |_| over.set(false)
            on:drop=move |event: DragEvent| {
                event.prevent_default();
                over.set(false);
                if !disabled.get_untracked() {
                    report(event.data_transfer().and_then(|carried| carried.files()));
                }
            }
        >
            {icon("upload", "large", "")} <strong>{label}</strong>
            {help.map(|help| view! { <span class="meta">{help}</span> })}
            <input
                type="file"
                id=ties.id()
                name=name
                aria-invalid=move || invalid.invalid()
                aria-describedby=move || described.described_by()
                accept=accept
                multiple=multiple
                disabled=move || disabled.get()
                on:change=move |event| {
                    let Some(input) = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok()) else {
                        return;
                    };
                    report(input.files());
                    // The browser tells of a change only: the same file can be chosen again.
                    input.set_value("");
                }
            />
        </label>
    }
}
