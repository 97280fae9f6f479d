//! The parts of a data table. The author writes `<table class="data-table">`, `<thead>`, `<tbody>`; these fill it.

use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    prelude::*,
};
use wasm_bindgen::JsCast;

use crate::{avatar::record_mark, choice::Checkbox, dom, icon::icon};

/// The direction a column is sorted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortOrder {
    Ascending,
    Descending,
}

/// The scrolling frame of a table; marks itself when scrolled sideways, so the first column gets its edge.
#[component]
pub fn TableScroll(
    /// What the table lists.
    #[prop(into)]
    label: String,
    /// The table.
    children: Children,
) -> impl IntoView {
    let scrolled = RwSignal::new(false);
    view! {
        <div
            class="table-scroll"
            role="region"
            aria-label=label
            tabindex="0"
            data-scrolled=move || scrolled.get().then_some("")
            on:scroll=move |event| {
                if let Some(frame) = dom::current(&event) {
                    let now = frame.scroll_left() > 0;
                    if now != scrolled.get_untracked() {
                        scrolled.set(now);
                    }
                }
            }
        >
            {children()}
        </div>
    }
}

/// The head of a column: its name, a button that sorts, and a handle that resizes by drag or arrow keys.
#[component]
pub fn ColumnHead(
    /// The column's name.
    #[prop(into)]
    label: String,
    /// How the list is sorted by this column now.
    #[prop(optional, into)]
    sort: Signal<Option<SortOrder>>,
    /// Called when the person asks to sort by it; the caller decides the order.
    #[prop(optional, into)]
    on_sort: Option<Callback<()>>,
    /// Figures stand at the end of the cell.
    #[prop(optional)]
    numeric: bool,
    /// It is the column that names the row and stays in sight.
    #[prop(optional)]
    title: bool,
    /// Its width in pixels, if it was set.
    #[prop(optional, into)]
    width: Signal<Option<u32>>,
    /// Called with the new width while it is being changed.
    #[prop(optional, into)]
    on_resize: Option<Callback<u32>>,
) -> impl IntoView {
    let aria_sort = move || match sort.get() {
        Some(SortOrder::Ascending) => Some("ascending"),
        Some(SortOrder::Descending) => Some("descending"),
        None => on_sort.map(|_| "none"),
    };
    let arrow = move || icon(if sort.get() == Some(SortOrder::Descending) { "arrow-down" } else { "arrow-up" }, "", "");
    let style = move || {
        let pixels = width.get()?.to_string();
        Some(["width:", &pixels, "px;min-width:", &pixels, "px;max-width:", &pixels, "px"].concat())
    };
    let name = label.clone();
    let words = match on_sort {
        Some(on_sort) => view! {
            <button class="sort-button" type="button" on:click=move |_| on_sort.run(())>
                <span class="truncate">{label}</span>
                {arrow}
            </button>
        }
        .into_any(),
        None => label.into_any(),
    };
    let class = match (numeric, title) {
        (true, _) => Some("num"),
        (false, true) => Some("cell-title"),
        (false, false) => None,
    };
    view! {
        <th scope="col" class=class style=style aria-sort=aria_sort>
            {words}
            {on_resize.map(|on_resize| resize_handle(&name, width, on_resize))}
        </th>
    }
}

const STEP: i32 = 16;
const NARROWEST: i32 = 64;
const WIDEST: i32 = 800;
/// Told of columns whose width was never set.
const USUAL: u32 = 160;

fn resize_handle(label: &str, width: Signal<Option<u32>>, on_resize: Callback<u32>) -> AnyView {
    // Where the drag began: the pointer's place and the column's width then.
    let start = RwSignal::new(None::<(i32, i32)>);
    let report = move |width: i32| on_resize.run(width.clamp(NARROWEST, WIDEST).unsigned_abs());
    let key = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowLeft" => -STEP,
            "ArrowRight" => STEP,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        if let Some(width) = column_width(&event) {
            report(width + step);
        }
    };
    let down = move |event: PointerEvent| {
        event.prevent_default();
        if let (Some(handle), Some(width)) = (dom::current(&event), column_width(&event)) {
            // Without the capture the drag still works while the pointer stays on the handle.
            handle.set_pointer_capture(event.pointer_id()).ok();
            start.set(Some((event.client_x(), width)));
        }
    };
    let drag = move |event: PointerEvent| {
        if let Some((from, width)) = start.get_untracked() {
            report(width + event.client_x() - from);
        }
    };
    view! {
        <span
            class="resize-handle"
            role="separator"
            aria-orientation="vertical"
            aria-label=["Width of ", label].concat()
            aria-valuemin=NARROWEST.to_string()
            aria-valuemax=WIDEST.to_string()
            aria-valuenow=move || width.get().unwrap_or(USUAL).to_string()
            tabindex="0"
            data-state=move || start.get().is_some().then_some("active")
            on:keydown=key
            on:pointerdown=down
            on:pointermove=drag
            on:pointerup=move |_| start.set(None)
            on:pointercancel=move |_| start.set(None)
        ></span>
    }
    .into_any()
}

fn column_width(event: &web_sys::Event) -> Option<i32> {
    Some(dom::current(event)?.parent_element()?.dyn_into::<web_sys::HtmlElement>().ok()?.offset_width())
}

/// The head of the selection column: all, none or some of the rows in sight.
#[component]
pub fn SelectAllHead(
    /// Every row is selected.
    #[prop(into)]
    all: Signal<bool>,
    /// Some rows are, others are not.
    #[prop(into)]
    some: Signal<bool>,
    /// Called with whether to select all or none.
    #[prop(into)]
    on_change: Callback<bool>,
) -> impl IntoView {
    view! {
        <th scope="col" class="cell-select">
            <Checkbox label="Select all rows" bare=true checked=all indeterminate=some on_change=on_change />
        </th>
    }
}

/// The selection cell of a row.
#[component]
pub fn SelectCell(
    /// The row's title.
    #[prop(into)]
    label: String,
    /// Whether the row is selected.
    #[prop(into)]
    checked: Signal<bool>,
    /// Called with the new state.
    #[prop(into)]
    on_change: Callback<bool>,
) -> impl IntoView {
    view! {
        <td class="cell-select">
            <Checkbox label=["Select ", &label].concat() bare=true checked=checked on_change=on_change />
        </td>
    }
}

/// The cell that names a row and leads to it.
#[component]
pub fn TitleCell(
    /// The row's title.
    #[prop(into)]
    label: String,
    /// Where the row leads.
    #[prop(optional, into)]
    href: Option<String>,
    /// Shows the record's mark before the title.
    #[prop(default = true)]
    mark: bool,
    /// Its `--width`, where the column can be resized.
    #[prop(optional, into)]
    style: Option<String>,
) -> impl IntoView {
    let inner = view! {
        {mark.then(|| record_mark(&label, ""))}
        <span class="truncate">{label.clone()}</span>
    };
    let inner = match href {
        Some(href) => view! { <a href=href>{inner}</a> }.into_any(),
        None => view! { <span class="row">{inner}</span> }.into_any(),
    };
    view! {
        <th scope="row" class="cell-title" style=style>
            {inner}
        </th>
    }
}

/// The line under a table: totals at the start, pages at the end.
#[component]
pub fn TableFoot(
    /// `Total`, `Pagination`.
    children: Children,
) -> impl IntoView {
    view! { <footer class="table-foot">{children()}</footer> }
}

/// One total: words and a figure.
#[component]
pub fn Total(
    /// The figure, formatted.
    #[prop(into)]
    value: Signal<String>,
    /// What it counts or sums, such as `Sum of revenue`.
    #[prop(into)]
    label: String,
    /// The figure stands first, as in `503 companies`.
    #[prop(optional)]
    count: bool,
) -> impl IntoView {
    let figure = view! { <b>{move || value.get()}</b> };
    if count {
        view! { <span>{figure} " " {label}</span> }.into_any()
    } else {
        view! { <span>{label} " " {figure}</span> }.into_any()
    }
}
