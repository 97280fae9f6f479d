//! The modal dialog: the browser's `<dialog>`, which keeps the focus inside, gives it back and closes on Esc.

use leptos::{ev::MouseEvent, html, prelude::*};

use crate::{
    button::{Button, ButtonKind, IconButton, Size},
    dom,
};

/// A modal dialog. Its content exists only while it is open.
#[component]
pub fn Dialog(
    /// Its id; must be unique on the page.
    #[prop(into)]
    id: String,
    /// What it is about.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Called when the person closes it; set `open` to false there.
    #[prop(into)]
    on_close: Callback<()>,
    /// `small` (400), `large` (720) or nothing (480).
    #[prop(optional)]
    size: &'static str,
    /// Closes at a click beside it. Leave out where something typed would be lost.
    #[prop(optional)]
    light: bool,
    /// Hides the head; then `title` is only its name.
    #[prop(optional)]
    bare: bool,
    /// A further class.
    #[prop(optional)]
    class: &'static str,
    /// Buttons at the foot.
    #[prop(optional, into)]
    footer: Option<ViewFn>,
    /// What it holds.
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let wanted = open.get();
        if let Some(dialog) = node.get()
            && dialog.open() != wanted
        {
            if wanted {
                // It fails when the dialog left the page meanwhile; then there is nothing to show.
                dialog.show_modal().ok();
            } else {
                dialog.close();
            }
        }
    });
    let title_id = [&id, "-title"].concat();
    let heading = title_id.clone();
    let class = if class.is_empty() { "dialog".to_owned() } else { ["dialog ", class].concat() };
    let content = move || {
        open.get().then(|| {
            let head = (!bare).then(|| {
                view! {
                    <header class="dialog-head">
                        <h2 id=heading.clone()>{move || title.get()}</h2>
                        <IconButton label="Close" icon="close" tip="end" on_click=move |_| on_close.run(()) />
                    </header>
                }
            });
            let body = if bare {
                children().into_any()
            } else {
                view! { <div class="dialog-body">{children()}</div> }.into_any()
            };
            let foot = footer.as_ref().map(|footer| view! { <footer class="dialog-foot">{footer.run()}</footer> });
            view! {
                {head}
                {body}
                {foot}
            }
        })
    };
    view! {
        <dialog
            class=class
            id=id
            node_ref=node
            data-size=(!size.is_empty()).then_some(size)
            aria-labelledby=(!bare).then_some(title_id)
            aria-label=move || bare.then(|| title.get())
            on:close=move |_| {
                if open.get_untracked() {
                    on_close.run(());
                }
            }
            on:click=move |event: MouseEvent| {
                if light && event.target() == event.current_target() {
                    on_close.run(());
                }
            }
        >
            {content}
        </dialog>
    }
}

/// The question before something that cannot be undone: the person types a word to go on.
#[component]
pub fn ConfirmDialog(
    /// Its id; must be unique on the page.
    #[prop(into)]
    id: String,
    /// What will happen, as a title.
    #[prop(into)]
    title: Signal<String>,
    /// What it means, in a sentence or two.
    #[prop(into)]
    text: Signal<String>,
    /// What has to be typed, such as the name of the thing.
    #[prop(into)]
    word: Signal<String>,
    /// The words on the button.
    #[prop(into)]
    action: String,
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Is at work.
    #[prop(optional, into)]
    loading: Signal<bool>,
    /// Called when the person closes it.
    #[prop(into)]
    on_close: Callback<()>,
    /// Called when the word was typed and the button pressed.
    #[prop(into)]
    on_confirm: Callback<()>,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let input_id = [&id, "-word"].concat();
    let differs = Signal::derive(move || word.with(|word| typed.with(|typed| typed.trim() != word.trim())));
    Effect::new(move |_| {
        if !open.get() {
            typed.set(String::new());
        }
    });
    let footer = ViewFn::from(move || {
        let action = action.clone();
        view! {
            <Button size=Size::Regular on_click=move |_| on_close.run(())>
                "Cancel"
            </Button>
            <Button
                kind=ButtonKind::Danger
                size=Size::Regular
                disabled=differs
                loading=loading
                on_click=move |_| on_confirm.run(())
            >
                {action}
            </Button>
        }
    });
    let field_id = input_id.clone();
    view! {
        <Dialog id=id title=title open=open on_close=on_close footer=footer>
            <div class="stack">
                <p class="quiet">{move || text.get()}</p>
                <label class="field" for=field_id.clone()>
                    <span class="field-label">"Type “" {move || word.get()} "” to go on"</span>
                    <input
                        class="input"
                        id=field_id.clone()
                        autocomplete="off"
                        prop:value=typed
                        on:input=move |event| typed.set(event_target_value(&event))
                    />
                </label>
            </div>
        </Dialog>
    }
}

/// Moves the focus into the dialog of that id, to its first control.
pub fn focus_dialog(id: &str) {
    if let Some(dialog) = dom::element(id) {
        dom::focus_first(&dialog, "input, select, textarea, .button");
    }
}
