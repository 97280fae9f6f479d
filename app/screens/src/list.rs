//! A list of records: what the address asks for, as a table, with everything that is done to many rows.

mod bulk;
mod chooser;
mod columns;
mod export;
mod filters;
mod foot;
mod keys;
mod table;

use std::collections::BTreeMap;

pub(crate) use bulk::bar as bulk;
pub(crate) use chooser::chooser;
pub(crate) use export::dialog as export;
pub use export::formats;
pub(crate) use filters::{Conditions, builder};
use kernel::AppError;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map, use_query_map},
};
use records::{Kind, ListQuery, Page, Total, TypeInfo};
use ui::{Button, ButtonKind, EmptyState, Menu, MenuItem, SkeletonRecord, SkeletonRows};
use uuid::Uuid;

use crate::{
    api,
    frame::{Frame, Furniture, ScreenHead},
    missing,
    part::opened,
    session::Session,
};

/// What the parts of a list share.
#[derive(Clone, Copy)]
pub(crate) struct List {
    pub info: StoredValue<TypeInfo>,
    pub query: Memo<ListQuery>,
    /// The record open beside the list.
    pub peek: Memo<Option<Uuid>>,
    /// What is on show.
    pub page: RwSignal<Page>,
    /// Its totals, where they came with it.
    pub totals: RwSignal<Option<Vec<Total>>>,
    /// The rows on show, in order.
    pub shown: Memo<Vec<Uuid>>,
    pub selected: RwSignal<Vec<Uuid>>,
    /// The row the keys act on, by its place.
    pub active: RwSignal<Option<usize>>,
    pub columns: RwSignal<Vec<columns::Column>>,
    /// The rows about to be exported.
    pub exporting: RwSignal<Option<export::Rows>>,
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
        let base = self.info.with_value(|info| records::address(&info.name, query));
        columns.into_iter().chain(peek).fold(base, |address, (name, value)| {
            let mark = if address.contains('?') { '&' } else { '?' };
            format!("{address}{mark}{name}={value}")
        })
    }

    /// Shows a page. The keys go on from the row they were at, wherever it stands now; what has left the page is not
    /// selected any more.
    fn show(self, page: Page, totals: Option<Vec<Total>>) {
        let at = self.active.get_untracked().and_then(|at| self.shown.with_untracked(|rows| rows.get(at).copied()));
        self.totals.set(totals);
        self.page.set(page);
        let is_shown = |id: &Uuid| self.shown.with_untracked(|rows| rows.contains(id));
        if !self.selected.with_untracked(|selected| selected.iter().all(is_shown)) {
            self.selected.update(|selected| selected.retain(is_shown));
        }
        if let Some(id) = at {
            self.active.set(self.shown.with_untracked(|rows| rows.iter().position(|row| *row == id)));
        }
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
    let on_show = RwSignal::new(Page { rows: vec![], labels: BTreeMap::new(), count: None, next: None });
    let columns = RwSignal::new(columns::chosen(&info, asked.get_untracked().as_deref()));
    let list = List {
        info: StoredValue::new(info.clone()),
        query,
        peek,
        page: on_show,
        totals: RwSignal::new(None),
        shown: Memo::new(move |_| on_show.with(|page| page.rows.iter().map(|r| r.id).collect())),
        selected: RwSignal::new(vec![]),
        active: RwSignal::new(None),
        columns,
        exporting: RwSignal::new(None),
    };
    provide_context(list);
    keys::listen(list, frame);
    columns::follow(list, asked);
    step_back(list);
    let name = StoredValue::new(info.name.clone());
    let changes = frame.watch(whose_rows_show(&info), None);
    let page = Resource::new(
        move || (query.get(), changes.get(), frame.retries.get()),
        move |(query, ..)| api::open_list(name.get_value(), query),
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
    let is_selecting = Signal::derive(move || list.selected.with(|selected| !selected.is_empty()));
    let is_exporting = Signal::derive(move || list.exporting.with(Option::is_some));
    view! {
        <Title text=info.plural.clone() />
        <div class="screen">
            {head(list, &info)} {filters::bar(session, list)}
            <Transition fallback=|| view! { <SkeletonRows rows=12 /> }>{body(session, list, page)}</Transition>
            {opened(is_selecting, move |tools| (tools.bulk)(list, frame))}
            {info.may("export").then(|| opened(is_exporting, move |tools| (tools.export)(list, frame)))}
            {move || peek.get().map(|id| beside(list, id))}
        </div>
    }
    .into_any()
}

/// The record beside the list, or its outline until the part that shows it is there.
fn beside(list: List, id: Uuid) -> AnyView {
    match Furniture::get().tools.get() {
        Some(tools) => (tools.peek)(list, id),
        None => view! {
            <aside class="peek" aria-busy="true" aria-label=list.info.with_value(|info| info.singular.clone())>
                <div class="peek-body">
                    <SkeletonRecord fields=8 />
                </div>
            </aside>
        }
        .into_any(),
    }
}

fn head(list: List, info: &TypeInfo) -> AnyView {
    let is_bin = move || list.query.with(|q| q.deleted);
    let name = info.name.clone();
    let title = {
        let plural = info.plural.clone();
        Signal::derive(move || if is_bin() { format!("{plural}: recycle bin") } else { plural.clone() })
    };
    let bin_address = records::address(&name, &ListQuery { deleted: true, ..ListQuery::default() });
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
        info.may("import").then(|| view! { <Button icon="upload" href=import_address.clone()><span class="top-bar-words">"Import"</span></Button> });
    let may_export = info.may("export");
    let export = Callback::new(move |()| list.exporting.set(Some(export::Rows::All)));
    let all_address = format!("/{name}");
    view! {
        <ScreenHead title=title>
            {import} {create}
            <Menu id="list-menu" label="More" icon="more" icon_only=true kind=ButtonKind::Ghost align_end=true>
                // Of the recycle bin nothing is taken away.
                {move || {
                    (may_export && !is_bin())
                        .then(|| view! { <MenuItem label="Export these" icon="download" on_select=export /> })
                }}
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

/// Whose records a list shows: its own, and those that its rows name.
fn whose_rows_show(info: &TypeInfo) -> Vec<String> {
    let named = info.fields.iter().filter_map(|f| match f.kind() {
        Kind::Ref(target) => Some(target.to_string()),
        _ => None,
    });
    std::iter::once(info.name.clone()).chain(named).collect()
}

/// What stands in the place of the rows. It is painted anew only when it becomes something else: rows that others
/// change, bring or take away change in their place.
#[derive(Clone, PartialEq)]
enum Shape {
    Rows,
    Nothing(ListQuery),
    /// The list ends before the page that is asked for.
    Beyond(ListQuery),
    /// After so many retries: the same trouble again is painted anew, to be asked about anew.
    Trouble(AppError, u32),
}

/// A page that was asked for, with its totals where they came with it.
type Opened = Result<(Page, Option<Vec<Total>>), AppError>;

fn body(session: Session, list: List, page: Resource<Opened>) -> impl Fn() -> Option<AnyView> + Send {
    let retries = Frame::get().retries;
    let shape = Memo::new(move |_| {
        page.get().map(|page| match page {
            Ok((page, totals)) => {
                let query = list.query.get_untracked();
                let is_empty = page.rows.is_empty();
                list.show(page, totals);
                match (is_empty, query.page) {
                    (false, _) => Shape::Rows,
                    (true, 1) => Shape::Nothing(query),
                    (true, _) => Shape::Beyond(query),
                }
            }
            Err(error) => Shape::Trouble(error, retries.get_untracked()),
        })
    });
    move || {
        shape.get().map(|shape| match shape {
            Shape::Rows => view! { {table::table(session, list)} {foot::foot(list)} }.into_any(),
            Shape::Nothing(query) => nothing(list, &query),
            Shape::Beyond(query) => {
                let text = format!("There is no page {}.", query.page);
                let first = list.address(&ListQuery { page: 1, ..query });
                view! { <EmptyState icon="list" text=text action="First page" href=first /> }.into_any()
            }
            Shape::Trouble(error @ AppError::BadRequest(_), _) => {
                let all = list.address(&ListQuery::default());
                let text = error.sentence();
                view! { <EmptyState icon="error" text=text action="Show the whole list" href=all /> }.into_any()
            }
            Shape::Trouble(error, _) => missing::trouble(&error),
        })
    }
}

/// Leads who took the last rows of the last page away to the page before it.
fn step_back(list: List) {
    let navigate = use_navigate();
    Effect::new(move |before: Option<Option<ListQuery>>| {
        let has_rows = list.page.with(|page| !page.rows.is_empty());
        let query = list.query.get_untracked();
        if has_rows {
            return Some(query);
        }
        if query.page > 1 && before.flatten().as_ref() == Some(&query) {
            let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&list.address(&ListQuery { page: query.page - 1, ..query }), options);
        }
        None
    });
}

/// Why there is no row, and what to do about it.
fn nothing(list: List, query: &ListQuery) -> AnyView {
    let info = list.info.get_value();
    let plural = info.plural.to_lowercase();
    let is_narrowed = query.filter.is_some() || !query.search.is_empty();
    if query.deleted && is_narrowed {
        let text = format!("No {plural} in the recycle bin match.");
        let all = list.address(&ListQuery { deleted: true, ..ListQuery::default() });
        return view! { <EmptyState icon="search" text=text action="Clear search and filter" href=all /> }.into_any();
    }
    if query.deleted {
        let text = format!("The recycle bin holds no {plural}.");
        return view! { <EmptyState icon="trash" text=text action=format!("All {plural}") href=format!("/{}", info.name) /> }.into_any();
    }
    if is_narrowed {
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
    move |to| navigate(to, NavigateOptions { scroll: false, ..NavigateOptions::default() })
}
