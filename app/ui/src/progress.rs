//! Work under way: progress bars and skeletons.

use leptos::prelude::*;

use crate::toast::Tone;

/// How far a piece of work is; without a figure, that it is under way.
#[component]
pub fn Progress(
    /// What is being done.
    #[prop(into)]
    label: Signal<String>,
    /// Percent done, 0 to 100; nothing when it cannot be known.
    #[prop(into)]
    percent: Signal<Option<u8>>,
    /// Words at the end, such as `1,200 of 5,000`.
    #[prop(optional, into)]
    detail: Signal<String>,
    /// `Ok` when done, `Bad` when it failed.
    #[prop(optional, into)]
    tone: Signal<Tone>,
) -> impl IntoView {
    let percent = move || percent.get().map(|percent| percent.min(100).to_string());
    let width = move || percent().map(|percent| ["width:", &percent, "%"].concat());
    view! {
        <div class="progress" data-kind=move || tone.get().name()>
            <div class="progress-text">
                <span class="truncate">{move || label.get()}</span>
                <span>{move || detail.get()}</span>
            </div>
            <div
                class="progress-track"
                role="progressbar"
                aria-label=move || label.get()
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=percent
                data-indeterminate=move || percent().is_none().then_some("")
            >
                <div class="progress-bar" style=width></div>
            </div>
        </div>
    }
}

/// Something that will open over the page and is on its way. Seen only if that takes a moment.
#[component]
pub fn Coming() -> impl IntoView {
    view! {
        <div class="coming" role="status" aria-label="Loading">
            <span class="spinner" aria-hidden="true"></span>
        </div>
    }
}

/// Lines of text that are on their way.
#[component]
pub fn SkeletonLines(
    /// How many.
    #[prop(default = 3)]
    lines: u8,
) -> impl IntoView {
    let bars = (0..lines).map(|at| bar(WIDTHS[usize::from(at) % WIDTHS.len()])).collect_view();
    view! {
        <div class="skeleton-lines" role="status" aria-label="Loading">
            {bars}
        </div>
    }
}

/// Table rows that are on their way, in the height of the real ones.
#[component]
pub fn SkeletonRows(
    /// How many.
    #[prop(default = 12)]
    rows: u8,
) -> impl IntoView {
    let rows = (0..rows)
        .map(|_| {
            view! {
                <div class="skeleton-row">
                    <span class="skeleton skeleton-box"></span>
                    <span class="skeleton"></span>
                    <span class="skeleton"></span>
                    <span class="skeleton not-on-phone"></span>
                    <span class="skeleton not-on-phone"></span>
                </div>
            }
        })
        .collect_view();
    view! {
        <div role="status" aria-label="Loading">
            {rows}
        </div>
    }
}

/// The fields of a record that are on their way.
#[component]
pub fn SkeletonRecord(
    /// How many.
    #[prop(default = 8)]
    fields: u8,
) -> impl IntoView {
    let pairs = (0..fields)
        .map(|at| {
            let at = usize::from(at);
            view! {
                {bar("width:72px")}
                {bar(WIDTHS[(at * 3 + 1) % WIDTHS.len()])}
            }
        })
        .collect_view();
    view! {
        <div class="skeleton-record" role="status" aria-label="Loading">
            {pairs}
        </div>
    }
}

const WIDTHS: [&str; 5] = ["width:92%", "width:64%", "width:78%", "width:48%", "width:84%"];

fn bar(width: &'static str) -> AnyView {
    view! { <span class="skeleton" style=width></span> }.into_any()
}
