//! A list of records: what the address asks for, as a table, with everything that is done to many rows.

mod bulk;
mod chooser;
mod columns;
mod filters;
mod foot;
mod keys;
mod table;

use kernel::AppError;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use records::{ListQuery, Page, TypeInfo};
use ui::{Button, ButtonKind, EmptyState, Menu, MenuItem, SkeletonRows};
use uuid::Uuid;

use crate::{
    address, api,
    frame::{Frame, ScreenHead},
    missing, peek,
    session::Session,
};

/// What the parts of a list share.
#[derive(Clone, Copy)]
pub(crate) struct List {
    pub info: StoredValue<TypeInfo>,
    pub query: Memo<ListQuery>,
    /// The record open beside the list.
    pub peek: Memo<Option<Uuid>>,
    /// The rows on show, in order.
    pub shown: RwSignal<Vec<Uuid>>,
    pub selected: RwSignal<Vec<Uuid>>,
    /// The row the keys act on, by its place.
    pub active: RwSignal<Option<usize>>,
    pub columns: RwSignal<Vec<columns::Column>>,
}

impl List {
    /// The address of this list with another query; the open record stays.
    pub fn address(self, query: &ListQuery) -> String {
        let open = self.peek.get_untracked();
        self.whole_address(query, open)
    }

    /// The address of this list with a record open beside it, or none.
    pub fn peek_address(self, id: Option<Uuid>) -> String {
        self.whole_address(&self.query.get_untracked(), id)
    }

    fn whole_address(self, query: &ListQuery, peek: Option<Uuid>) -> String {
        let columns = self.info.with_value(|info| columns::param(info, &self.columns.get_untracked()));
        let columns = columns.map(|columns| ("columns", columns));
        let peek = peek.map(|id| ("peek", id.to_string()));
        let base = self.info.with_value(|info| address::address(&info.name, query));
        columns.into_iter().chain(peek).fold(base, |address, (name, value)| {
            let mark = if address.contains('?') { '&' } else { '?' };
            format!("{address}{mark}{name}={value}")
        })
    }

    pub fn record_address(self, id: Uuid) -> String {
        self.info.with_value(|info| format!("/{}/{id}", info.name))
    }
}

/// The list that the address names.
pub fn list() -> AnyView {
    let params = use_params_map();
    let collection = Memo::new(move |_| params.read().get("collection").unwrap_or_default());
    let session = Session::get();
    // Another collection is another list: nothing of the former stays.
    view! {
        {move || match session.type_info(&collection.get()) {
            Some(info) => of_type(session, info),
            None => missing::missing(),
        }}
    }
    .into_any()
}

fn of_type(session: Session, info: TypeInfo) -> AnyView {
    let frame = Frame::get();
    let map = use_query_map();
    let query = Memo::new(move |_| map.with(|map| ListQuery::from_params(|name| map.get(name))));
    let peek = Memo::new(move |_| map.with(|map| map.get("peek").and_then(|id| id.parse::<Uuid>().ok())));
    let asked = Memo::new(move |_| map.with(|map| map.get("columns")));
    let columns = RwSignal::new(columns::chosen(&info, asked.get_untracked().as_deref()));
    let list = List {
        info: StoredValue::new(info.clone()),
        query,
        peek,
        shown: RwSignal::new(vec![]),
        selected: RwSignal::new(vec![]),
        active: RwSignal::new(None),
        columns,
    };
    provide_context(list);
    keys::listen(list, frame);
    columns::follow(list, asked);
    let name = StoredValue::new(info.name.clone());
    let page = Resource::new(
        move || (query.get(), frame.changes.get(), frame.retries.get()),
        move |(query, ..)| api::list_records(name.get_value(), query),
    );
    // Selection belongs to what is on show.
    Effect::new(move |before: Option<ListQuery>| {
        let now = query.get();
        if before.is_some_and(|b| b != now) {
            list.selected.set(vec![]);
            list.active.set(None);
        }
        now
    });
    // Read at once rather than awaited: rows that are on show must not outlive what they react to.
    let body = move || {
        page.get().map(|page| match page {
            Ok(page) => rows(session, list, page),
            Err(error @ AppError::BadRequest(_)) => {
                let all = list.address(&ListQuery::default());
                let text = error.sentence();
                view! { <EmptyState icon="error" text=text action="Show the whole list" href=all /> }.into_any()
            }
            Err(error) => missing::trouble(&error),
        })
    };
    view! {
        <Title text=info.plural.clone() />
        <div class="screen">
            {head(list, &info)} {filters::bar(session, list)}
            <Transition fallback=|| view! { <SkeletonRows rows=12 /> }>{body}</Transition>
            {bulk::bar(list, frame)}
            {move || peek.get().map(|id| peek::peek(list, id))}
        </div>
    }
    .into_any()
}

fn head(list: List, info: &TypeInfo) -> AnyView {
    let is_bin = move || list.query.with(|q| q.deleted);
    let name = info.name.clone();
    let title = {
        let plural = info.plural.clone();
        Signal::derive(move || if is_bin() { format!("{plural}: recycle bin") } else { plural.clone() })
    };
    let bin_address = address::address(&name, &ListQuery { deleted: true, ..ListQuery::default() });
    let new_address = format!("/{name}/new");
    let import_address = format!("/{name}/import");
    let create = info.may("create").then(|| {
        view! {
            <Button kind=ButtonKind::Primary icon="plus" href=new_address>
                "Create"
            </Button>
        }
    });
    let import =
        info.may("import").then(|| view! { <Button icon="upload" href=import_address.clone()>"Import"</Button> });
    let all_address = format!("/{name}");
    view! {
        <ScreenHead title=title>
            {import} {create}
            <Menu id="list-menu" label="More" icon="more" icon_only=true kind=ButtonKind::Ghost align_end=true>
                {move || {
                    if is_bin() {
                        view! { <MenuItem label="Leave the recycle bin" icon="list" href=all_address.clone() /> }.into_any()
                    } else {
                        view! { <MenuItem label="Recycle bin" icon="trash" href=bin_address.clone() /> }.into_any()
                    }
                }}
            </Menu>
        </ScreenHead>
    }
    .into_any()
}

fn rows(session: Session, list: List, page: Page) -> AnyView {
    list.shown.set(page.rows.iter().map(|r| r.id).collect());
    let known = page.count;
    let (count, next) = (page.rows.len(), page.next.clone());
    if page.rows.is_empty() && list.query.with_untracked(|q| q.page == 1) {
        return nothing(list);
    }
    view! { {table::table(session, list, page)} {foot::foot(list, known, count, next.is_some())} }.into_any()
}

/// Why there is no row, and what to do about it.
fn nothing(list: List) -> AnyView {
    let query = list.query.get_untracked();
    let info = list.info.get_value();
    let plural = info.plural.to_lowercase();
    if query.deleted {
        let text = format!("The recycle bin holds no {plural}.");
        return view! { <EmptyState icon="trash" text=text action=format!("All {plural}") href=format!("/{}", info.name) /> }.into_any();
    }
    if query.filter.is_some() || !query.search.is_empty() {
        let text = format!("No {plural} match.");
        return view! { <EmptyState icon="search" text=text action="Clear search and filter" href=format!("/{}", info.name) /> }.into_any();
    }
    let text = format!("There are no {plural} yet.");
    if info.may("import") {
        view! { <EmptyState icon=info.icon text=text action="Import from a file" href=format!("/{}/import", info.name) /> }.into_any()
    } else if info.may("create") {
        view! { <EmptyState icon=info.icon text=text action="Create the first" href=format!("/{}/new", info.name) /> }
            .into_any()
    } else {
        view! { <EmptyState icon=info.icon text=text /> }.into_any()
    }
}

/// Goes to an address without a new page.
pub(crate) fn goer() -> impl Fn(&str) + Clone + 'static {
    let navigate = use_navigate();
    move |to| navigate(to, leptos_router::NavigateOptions { scroll: false, ..Default::default() })
}
