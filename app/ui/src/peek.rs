//! The panel at the side that shows one thing while the list stays in sight.

use leptos::{ev::KeyboardEvent, prelude::*};

use crate::{button::IconButton, dom};

/// A panel at the end of the screen, with its own address. It is not modal: the list behind goes on working. Its id is
/// `peek`; it can be given the focus.
#[component]
pub fn SidePeek(
    /// What it shows, such as `Company`.
    #[prop(into)]
    label: Signal<String>,
    /// What stands before the label, such as a record mark.
    #[prop(optional, into)]
    mark: Option<ViewFn>,
    /// The full page of the same thing.
    #[prop(optional, into)]
    expand_href: Option<Signal<String>>,
    /// Buttons before expand and close.
    #[prop(optional, into)]
    actions: Option<ViewFn>,
    /// What stands at the foot, such as a comment box.
    #[prop(optional, into)]
    footer: Option<ViewFn>,
    /// Called by the close button and Esc.
    #[prop(into)]
    on_close: Callback<()>,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    view! {
        <aside
            class="peek"
            id="peek"
            tabindex="-1"
            aria-label=move || label.get()
            on:keydown=move |event: KeyboardEvent| {
                if event.key() == "Escape" && !event.default_prevented() && !dom::is_layer_open() {
                    event.stop_propagation();
                    on_close.run(());
                }
            }
        >
            <header class="peek-head">
                {mark.map(|mark| mark.run())} <span class="truncate">{move || label.get()}</span>
                <div class="peek-actions">
                    {actions.map(|actions| actions.run())}
                    {expand_href
                        .map(|href| {
                            move || view! { <IconButton label="Open page" icon="external" tip="end" href=href.get() /> }
                        })}
                    <IconButton label="Close" icon="close" tip="end" on_click=move |_| on_close.run(()) />
                </div>
            </header>
            <div class="peek-body">{children()}</div>
            {footer.map(|footer| view! { <footer class="peek-foot">{footer.run()}</footer> })}
        </aside>
    }
}
