//! The list with its bars, and navigation.

use leptos::prelude::*;

use super::section;
use crate::{
    Breadcrumb, BulkBar, Button, ButtonKind, ColumnHead, Field, FilterChip, IconButton, Input, NavGroup, NavItem,
    Pagination, Popover, SelectAllHead, SelectCell, SortOrder, Tab, TabLinks, TableFoot, TableScroll, Tabs, TitleCell,
    TopBar, Total, Who, status,
};

const ROWS: [(&str, &str, u8, &str, &str); 9] = [
    ("Air Products", "Customer", 2, "Materials", "$12,100.00"),
    ("Ameriprise Financial", "Prospect", 1, "Financials", "$15,535.00"),
    ("Analog Devices", "Customer", 2, "Information Technology", "$9,427.00"),
    ("Arthur J. Gallagher & Co.", "Customer", 2, "Financials", "$184,200.00"),
    ("AutoZone", "At risk", 3, "Consumer Discretionary", "$18,490.00"),
    ("BXP, Inc.", "Prospect", 1, "Real Estate", "$3,407.00"),
    ("Comfort Systems USA", "Former", 0, "Industrials", "$7,027.00"),
    ("A company whose name goes on for longer than the column that has to hold it", "Lost", 4, "Health Care", "$0.00"),
    ("Expedia Group", "Customer", 2, "Consumer Discretionary", "$13,691.00"),
];

pub(super) fn list() -> AnyView {
    let selected = RwSignal::new(vec![3_usize, 4]);
    let sort = RwSignal::new(Some(SortOrder::Ascending));
    let width = RwSignal::new(None::<u32>);
    let turn = move || {
        sort.update(|sort| {
            *sort = match sort {
                Some(SortOrder::Ascending) => Some(SortOrder::Descending),
                _ => Some(SortOrder::Ascending),
            };
        });
    };
    let rows = ROWS
        .iter()
        .enumerate()
        .map(|(at, (name, state, color, sector, revenue))| {
            let is_selected = Signal::derive(move || selected.with(|all| all.contains(&at)));
            let select = move |on: bool| {
                selected.update(|all| {
                    all.retain(|other| *other != at);
                    if on {
                        all.push(at);
                    }
                });
            };
            view! {
                <tr aria-selected=move || if is_selected.get() { "true" } else { "false" } data-active=(at == 1).then_some("true")>
                    <SelectCell label=*name checked=is_selected on_change=select />
                    <TitleCell label=*name href="/_gallery" />
                    <td>{status((*state).to_owned(), *color, None)}</td>
                    <td class="quiet">{*sector}</td>
                    <td class="num">{*revenue}</td>
                    <td>
                        <Who name="Ana Sousa" />
                    </td>
                </tr>
            }
        })
        .collect_view();
    let all = Signal::derive(move || selected.with(Vec::len) == ROWS.len());
    let some = Signal::derive(move || selected.with(|all| !all.is_empty() && all.len() < ROWS.len()));
    let views = vec![
        Tab::link("all", "All companies", "/_gallery").icon("table"),
        Tab::link("status", "By status", "/_gallery").icon("board"),
        Tab::link("sector", "Revenue by sector", "/_gallery").icon("chart"),
        Tab::link("renewals", "Renewals", "/_gallery").icon("calendar").count("12"),
    ];
    let inner = view! {
        <div class="stage">
            <TopBar title="Companies" note="New business">
                <Button icon="upload">"Import"</Button>
                <Button kind=ButtonKind::Primary icon="plus">
                    "New company"
                </Button>
            </TopBar>
            <div class="view-bar">
                <TabLinks label="Views" tabs=views current="all" />
                <IconButton label="New view" icon="plus" tip="end" />
            </div>
            <div class="filter-bar">
                <FilterChip field="Sector" value="any of 4" on_remove=|| () />
                <FilterChip field="Owner" operator="is" value="my team" />
                <Popover id="g-filter" label="Filter" icon="filter" kind=ButtonKind::Ghost>
                    <Field id="g-filter-field" label="Field">
                        <Input />
                    </Field>
                </Popover>
            </div>
            <TableScroll label="Companies">
                <table class="data-table">
                    <thead>
                        <tr>
                            <SelectAllHead
                                all=all
                                some=some
                                on_change=move |on| selected.set(if on { (0..ROWS.len()).collect() } else { vec![] })
                            />
                            <ColumnHead
                                label="Name"
                                title=true
                                sort=sort
                                on_sort=turn
                                width=width
                                on_resize=move |to| width.set(Some(to))
                            />
                            <ColumnHead label="Status" />
                            <ColumnHead label="Sector" on_sort=|| () on_resize=|_| () />
                            <ColumnHead label="Revenue" numeric=true on_sort=|| () />
                            <ColumnHead label="Owner" />
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </TableScroll>
            <BulkBar
                text=Signal::derive(move || [&selected.with(Vec::len).to_string(), " selected"].concat())
                on_clear=move || selected.set(vec![])
            >
                <Button kind=ButtonKind::Ghost icon="edit">
                    "Edit"
                </Button>
                <Button kind=ButtonKind::Ghost icon="trash">
                    "Delete"
                </Button>
            </BulkBar>
            <TableFoot>
                <Total value="503" label="companies" count=true />
                <Total label="Sum of revenue" value="$23,418.6 M" />
                <Pagination text="1–50 of 503" previous=None next=Some("/_gallery".to_owned()) />
            </TableFoot>
        </div>
    };
    section("List", inner.into_any())
}

pub(super) fn navigation() -> AnyView {
    let tab = RwSignal::new("fields".to_owned());
    let places =
        vec![("Companies".to_owned(), "/_gallery".to_owned()), ("Arthur J. Gallagher & Co.".to_owned(), String::new())];
    let tabs = vec![
        Tab::panel("fields", "Fields"),
        Tab::panel("history", "History").count("14"),
        Tab::panel("files", "Files"),
    ];
    let inner = view! {
        <div class="stack">
            <Breadcrumb places=places />
            <Tabs label="Record" tabs=tabs current=tab on_select=move |id| tab.set(id) />
            <div
                class="tab-panel quiet"
                role="tabpanel"
                tabindex="0"
                id=move || [&tab.get(), "-panel"].concat()
                aria-labelledby=move || [&tab.get(), "-tab"].concat()
            >
                {move || tab.get()}
            </div>
            <div class="row">
                <div style="width: 232px">
                    <NavGroup title="CRM">
                        <NavItem label="Leads" href="/_gallery" icon="funnel" count=12_u32 />
                        <NavItem label="Companies" href="/_gallery" icon="building" current=true />
                        <NavItem label="Contacts" href="/_gallery" icon="user" />
                        <NavItem label="Deals" href="/_gallery" icon="tag" />
                    </NavGroup>
                </div>
            </div>
        </div>
    };
    section("Navigation", inner.into_any())
}
