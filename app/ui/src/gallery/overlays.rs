//! What opens over the page: menus, dialogs, the peek, the palette.

use leptos::prelude::*;

use super::{pairs, section};
use crate::{
    Button, ButtonKind, Command, CommandGroup, CommandPalette, ConfirmDialog, DescriptionList, Detail, Dialog, Field,
    IconButton, Input, Menu, MenuItem, MenuLine, MenuTitle, RecordMark, ShortcutHelp, SidePeek, Size, Status, Textarea,
    Toast, ToastHost, Who, provide_toasts,
};

pub(super) fn overlays() -> AnyView {
    let dialog = RwSignal::new(false);
    let confirm = RwSignal::new(false);
    let palette = RwSignal::new(false);
    let help = RwSignal::new(false);
    let query = RwSignal::new(String::new());
    let toasts = provide_toasts();
    let undo = Callback::new(|()| ());
    let inner = view! {
        <div class="demo">
            <Menu id="g-menu" label="Actions" icon="chevron-down">
                <MenuTitle text="Company" />
                <MenuItem label="Edit" icon="edit" keys="E" />
                <MenuItem label="Copy link" icon="link" />
                <MenuItem label="Cannot be done now" icon="merge" disabled=true />
                <MenuLine />
                <MenuItem label="Delete" icon="trash" danger=true />
            </Menu>
            <Menu id="g-more" label="More" icon="more" icon_only=true>
                <MenuItem label="Light" icon="sun" checked=true />
                <MenuItem label="Dark" icon="moon" checked=false />
            </Menu>
            <Button on_click=move |_| dialog.set(true)>"Dialog"</Button>
            <Button on_click=move |_| confirm.set(true)>"Cannot be undone"</Button>
            <Button on_click=move |_| palette.set(true)>"Palette"</Button>
            <Button on_click=move |_| help.set(true)>"Shortcuts"</Button>
            <Button on_click=move |_| toasts.show(Toast::ok("Company deleted").action("Undo", undo))>"Toast"</Button>
        </div>
        <div class="stage">
            <div class="screen-body quiet">"The list goes on working behind."</div>
            {peek()}
        </div>
        <Dialog
            id="g-dialog"
            title="New company"
            open=dialog
            on_close=move || dialog.set(false)
            footer=move || {
                view! {
                    <Button size=Size::Regular on_click=move |_| dialog.set(false)>
                        "Cancel"
                    </Button>
                    <Button size=Size::Regular kind=ButtonKind::Primary on_click=move |_| dialog.set(false)>
                        "Create"
                    </Button>
                }
            }
        >
            <div class="stack">
                <Field id="g-dialog-name" label="Name" required=true>
                    <Input autofocus=true />
                </Field>
                <Button on_click=|_| panic!("somebody stopped the page")>"Stop this page"</Button>
            </div>
        </Dialog>
        <ConfirmDialog
            id="g-confirm"
            title="Delete the workspace"
            text="Every record, file and message goes with it. This cannot be undone."
            word="Meridian"
            action="Delete for good"
            open=confirm
            on_close=move || confirm.set(false)
            on_confirm=move || confirm.set(false)
        />
        <CommandPalette
            id="g-palette"
            open=palette
            query=query
            groups=commands()
            on_query=move |text| query.set(text)
            on_pick=move |_| palette.set(false)
            on_close=move || palette.set(false)
        />
        <Dialog id="g-help" title="Keyboard shortcuts" size="large" open=help on_close=move || help.set(false)>
            <ShortcutHelp groups=vec![
                ("Anywhere".to_owned(), pairs(&[("Search or jump to", "Ctrl+K"), ("Undo", "Ctrl+Z")])),
                ("Lists".to_owned(), pairs(&[("Next row", "J"), ("Select", "X"), ("Open", "Enter")])),
            ] />
        </Dialog>
        <ToastHost />
    };
    section("Over the page", inner.into_any())
}

fn peek() -> AnyView {
    view! {
        <SidePeek
            label="Company"
            mark=|| view! { <RecordMark title="Arthur J. Gallagher & Co." /> }
            expand_href="/_gallery"
            actions=|| view! { <IconButton label="More" icon="more" /> }
            footer=|| view! { <Textarea label="Comment" rows=1 placeholder="Comment, or @ to mention" /> }
            on_close=|| ()
        >
            <div>
                <h2 class="title">"Arthur J. Gallagher & Co."</h2>
                <p class="quiet">"Insurance Brokers · Rolling Meadows, Illinois"</p>
            </div>
            <DescriptionList>
                <Detail label="Status">
                    <Status label="Customer" color=2 />
                </Detail>
                <Detail label="Owner">
                    <Who name="Ana Sousa" />
                </Detail>
                <Detail label="Open deals">"3 · $184,200.00"</Detail>
            </DescriptionList>
        </SidePeek>
    }
    .into_any()
}

fn commands() -> Vec<CommandGroup> {
    let command = |id: &str, label: &str, icon: &str, keys: &str| Command {
        id: id.to_owned(),
        label: label.to_owned(),
        icon: icon.to_owned(),
        keys: keys.to_owned(),
        ..Command::default()
    };
    vec![
        CommandGroup {
            title: "Go to".to_owned(),
            commands: vec![
                command("companies", "Companies", "building", "G then C"),
                command("deals", "Deals", "tag", "G then D"),
            ],
        },
        CommandGroup {
            title: "Do".to_owned(),
            commands: vec![
                command("new", "New company", "plus", "C"),
                command("theme", "Use the dark theme", "moon", ""),
            ],
        },
    ]
}
