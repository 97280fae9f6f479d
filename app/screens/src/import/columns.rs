//! Matching columns with fields, with a look at their values.

use kernel::AppError;
use leptos::{prelude::*, task::spawn_local};
use records::{Address, FieldInfo, Kind};
use transfer::import::{Column, DELIMITERS, ImportInfo, Mode, OnError, Settings, check_import};
use ui::{Banner, Button, ButtonKind, Card, Checkbox, Field, Icon, Select, Size, Tone};

use super::{Wizard, read_as::read_as};
use crate::form::{keep_entered, put, take};

/// What a person is deciding.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub settings: RwSignal<Settings>,
    pub fields: StoredValue<Vec<FieldInfo>>,
}

/// Where columns can go, with their words: fields, and the parts of addresses after the whole.
fn goals(fields: &[FieldInfo]) -> Vec<(String, String)> {
    let each = fields.iter().flat_map(|field| {
        let parts = if *field.kind() == Kind::Address { &Address::PARTS[..] } else { &[] };
        let part = |(name, label): &(&str, &str)| {
            (format!("{}.{name}", field.name()), format!("{}: {}", field.label(), label.to_lowercase()))
        };
        std::iter::once((field.name().to_owned(), field.label().to_owned())).chain(parts.iter().map(part))
    });
    each.collect()
}

impl Draft {
    /// The kind of the field a column goes into.
    pub fn kind(self, column: &str) -> Option<Kind> {
        self.kind_of(&self.field(column)?)
    }

    /// A part of an address is text.
    fn kind_of(self, goal: &str) -> Option<Kind> {
        let (name, part) = goal.split_once('.').map_or((goal, None), |(name, part)| (name, Some(part)));
        let kind = self.fields.with_value(|f| f.iter().find(|f| f.name() == name).map(|f| f.kind().clone()));
        if part.is_some() { kind.map(|_| Kind::Text) } else { kind }
    }

    fn field(self, column: &str) -> Option<String> {
        self.settings.with(|s| s.mapping.get(column)?.as_ref().map(|m| m.field.clone()))
    }

    fn choose(self, column: &Column, field: &str) {
        let kind = self.kind_of(field);
        self.settings.update(|s| {
            s.mapping.insert(column.name.clone(), kind.map(|kind| column.suggest(field, &kind)));
            let is_mapped = |key: &String| s.mapping.values().flatten().any(|m| m.field == *key);
            if s.match_on.as_ref().is_some_and(|key| !is_mapped(key)) {
                s.match_on = None;
                s.mode = Mode::Create;
            }
        });
    }

    /// The fields that columns go into and that tell records apart.
    fn keys(self) -> Vec<(String, String)> {
        let is_key = |kind: &Kind| {
            matches!(kind, Kind::Text | Kind::Email | Kind::Url | Kind::Phone | Kind::Emails | Kind::Phones)
        };
        let mapped: Vec<String> =
            self.settings.with(|s| s.mapping.values().flatten().map(|m| m.field.clone()).collect());
        self.fields.with_value(|fields| {
            let keys = fields.iter().filter(|f| is_key(f.kind()) && mapped.iter().any(|m| m == f.name()));
            keys.map(|f| (f.name().to_owned(), f.label().to_owned())).collect()
        })
    }
}

pub fn columns(wizard: Wizard, import: ImportInfo) -> AnyView {
    let fields = wizard.info.with_value(|i| i.fields.iter().filter(|f| f.is_writable()).cloned().collect());
    let (frame, shelf) = (wizard.around.frame(), format!("import/{}", wizard.id));
    let settings = take(frame, &shelf).unwrap_or_else(|| import.settings.clone());
    let draft = Draft { settings: RwSignal::new(settings), fields: StoredValue::new(fields) };
    let (objections, is_busy) = (RwSignal::new(Vec::<String>::new()), RwSignal::new(false));
    // What the server knows, or is being told.
    let known = StoredValue::new(import.settings);
    let entered = move || {
        let now = draft.settings.try_get_untracked()?;
        (known.try_with_value(|known| *known != now) == Some(true)).then_some(now)
    };
    keep_entered(frame, shelf.clone(), entered);
    let check = move |_| {
        let (settings, before, shelf) = (draft.settings.get_untracked(), known.get_value(), shelf.clone());
        is_busy.set(true);
        known.set_value(settings.clone());
        spawn_local(async move {
            let started = check_import(wizard.id, settings.clone()).await;
            if started.is_err() {
                known.set_value(before);
            }
            if is_busy.try_set(false).is_some() && started.is_err() {
                put(frame, shelf, &settings);
            }
            match started {
                Err(AppError::Invalid(errors)) => objections.set(errors.0.into_values().flatten().collect()),
                other => wizard.then(other),
            }
        });
    };
    let rows = wizard.around.session().count(import.counts.total);
    let delimiter = DELIMITERS.iter().find(|(own, _)| *own == import.delimiter).map_or("", |(_, words)| *words);
    let again = format!("/{}/import", import.record_type);
    let word = if import.counts.total == 1 { "row" } else { "rows" };
    let found = format!("{rows} {word} · {} · separated by {delimiter}", import.encoding);
    let warnings = import.warnings.into_iter().map(|w| view! { <Banner tone=Tone::Warn>{w}</Banner> }).collect_view();
    let lines = import.columns.into_iter().enumerate().map(|(i, column)| line(draft, i, column)).collect_view();
    view! {
        <p class="quiet">
            {found} " · " <a href=again>"Read it otherwise"</a>
        </p>
        {warnings}
        {move || {
            let said = objections.get();
            (!said.is_empty())
                .then(|| {
                    view! { <Banner tone=Tone::Bad title="Not checked yet.">" " {said.join(" ")}</Banner> }
                })
        }}
        <Card class="flush">
            <table class="mapping">
                <thead>
                    <tr>
                        <th scope="col">"Column"</th>
                        <th scope="col" class="sample">"Values"</th>
                        <th aria-hidden="true"></th>
                        <th scope="col">"Field"</th>
                        <th scope="col">"Read as"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </Card>
        {matching(wizard, draft)}
        <div class="form-actions">
            <Button href=wizard.info.with_value(|i| format!("/{}/import", i.name))>"Another file"</Button>
            <Button kind=ButtonKind::Primary loading=is_busy on_click=check>
                "Check"
            </Button>
        </div>
    }
    .into_any()
}

fn line(draft: Draft, place: usize, column: Column) -> AnyView {
    let fields = draft.fields.with_value(|fields| goals(fields));
    let name = column.name.clone();
    let samples = column.samples.join(", ");
    let state = name.clone();
    let state = move || draft.field(&state).is_none().then_some("ignored");
    let chosen = name.clone();
    let chosen = Signal::derive(move || draft.field(&chosen).unwrap_or_default());
    let label = format!("Field for {name}");
    let reading = read_as(draft, place, &column);
    let note = column.is_repeated.then(|| view! { <span class="meta">" repeated heading"</span> });
    let choose = Callback::new(move |field: String| draft.choose(&column, &field));
    view! {
        <tr data-state=state>
            <th scope="row">{name} {note}</th>
            <td class="sample" title=samples.clone()>
                {samples.clone()}
            </td>
            <td class="arrow">
                <Icon name="arrow-right" />
            </td>
            <td>
                <Select
                    id=format!("column-{place}")
                    label=label
                    size=Size::Compact
                    options=Signal::stored(fields)
                    empty="Leave out"
                    value=chosen
                    on_change=choose
                />
            </td>
            <td class="read-as">{reading}</td>
        </tr>
    }
    .into_any()
}

/// Which record a row is about, and what becomes of rows that find one, or none, or do not fit.
fn matching(wizard: Wizard, draft: Draft) -> AnyView {
    let settings = draft.settings;
    let plural = wizard.plural();
    let match_on = Signal::derive(move || settings.with(|s| s.match_on.clone().unwrap_or_default()));
    let choose_key = Callback::new(move |key: String| {
        settings.update(|s| {
            let had = s.match_on.is_some();
            s.match_on = (!key.is_empty()).then_some(key);
            s.mode = match (had, s.match_on.is_some()) {
                (_, false) => Mode::Create,
                (false, true) => Mode::Both,
                (true, true) => s.mode,
            };
        });
    });
    let modes = [
        (Mode::Both, format!("Create new {plural} and update existing ones")),
        (Mode::Create, format!("Create new {plural} only, skip existing ones")),
        (Mode::Update, format!("Update existing {plural} only, skip new ones")),
    ];
    let modes: Vec<(String, String)> = modes.into_iter().map(|(mode, words)| (mode.name().to_owned(), words)).collect();
    let mode = Signal::derive(move || settings.with(|s| s.mode.name().to_owned()));
    let choose_mode = Callback::new(move |mode: String| {
        settings.update(|s| s.mode = Mode::parse(&mode).unwrap_or_default());
    });
    let without = Signal::derive(move || settings.with(|s| s.on_error == OnError::SkipCell));
    let choose_without = Callback::new(move |is_on: bool| {
        settings.update(|s| s.on_error = if is_on { OnError::SkipCell } else { OnError::SkipRow });
    });
    view! {
        <Card title="Existing records">
            <div class="form-grid">
                <Field
                    id="match-on"
                    label="Find them by"
                    help="Rows with the same value are about the same record, whatever its case or accents."
                >
                    <Select
                        options=Signal::derive(move || draft.keys())
                        empty="Nothing, every row is new"
                        value=match_on
                        on_change=choose_key
                    />
                </Field>
                <Field id="mode" label="Then" help="Empty cells leave what a record holds.">
                    <Select
                        options=Signal::stored(modes)
                        value=mode
                        disabled=Signal::derive(move || match_on.with(String::is_empty))
                        on_change=choose_mode
                    />
                </Field>
            </div>
            <Checkbox
                label="Import rows without the cells that do not fit"
                help="Otherwise a row with such a cell is left out as a whole. Either way each cell is listed."
                checked=without
                on_change=choose_without
            />
        </Card>
    }
    .into_any()
}
