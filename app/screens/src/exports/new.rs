//! Putting an export of several kinds of records together.

use kernel::{AppError, Date, FieldErrors};
use leptos::{prelude::*, task::spawn_local};
use transfer::export::{DateRange, Format, Wanted, api::start_export, refusal};
use ui::{Banner, Button, ButtonKind, Checkbox, DateInput, Dialog, Field, RadioGroup, Select, Size, Tone};

use super::Exports;
use crate::list::formats;

/// What is being decided.
#[derive(Clone, Copy)]
struct Draft {
    format: RwSignal<Format>,
    entities: RwSignal<Vec<String>>,
    range: RwSignal<String>,
    from: RwSignal<String>,
    to: RwSignal<String>,
    errors: RwSignal<FieldErrors>,
}

impl Draft {
    fn new() -> Self {
        Self {
            format: RwSignal::new(Format::Xlsx),
            entities: RwSignal::new(vec![]),
            range: RwSignal::new(DateRange::All.name().to_owned()),
            from: RwSignal::new(String::new()),
            to: RwSignal::new(String::new()),
            errors: RwSignal::new(FieldErrors::default()),
        }
    }

    fn wanted(self) -> Wanted {
        let day = |text: RwSignal<String>| Date::parse(&text.get_untracked());
        let range = self.range.get_untracked();
        Wanted {
            format: self.format.get_untracked(),
            entities: self.entities.get_untracked(),
            date_range: DateRange::parse(&range)
                .unwrap_or_else(|| DateRange::Between { from: day(self.from), to: day(self.to) }),
            ..Wanted::default()
        }
    }

    fn error(self, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || self.errors.with(|errors| errors.0.get(field).map(|all| all.join(" "))))
    }
}

fn ranges() -> Vec<(String, String)> {
    let words = |range: DateRange| match range {
        DateRange::All => "Whenever they were created",
        DateRange::Today => "Created today",
        DateRange::Week => "Created this week",
        DateRange::Month => "Created this month",
        DateRange::Quarter => "Created this quarter",
        DateRange::Year => "Created this year",
        DateRange::Between { .. } => "Created from one day to another",
    };
    let between = DateRange::Between { from: None, to: None };
    let all = DateRange::NAMED.into_iter().chain([between]);
    all.map(|range| (range.name().to_owned(), words(range).to_owned())).collect()
}

pub(super) fn dialog(exports: Exports, is_asking: RwSignal<bool>) -> AnyView {
    let draft = Draft::new();
    let is_busy = RwSignal::new(false);
    let refused = RwSignal::new(None::<String>);
    let close = Callback::new(move |()| {
        is_asking.set(false);
        refused.set(None);
        draft.errors.set(FieldErrors::default());
    });
    let start = Callback::new(move |()| {
        is_busy.set(true);
        let wanted = draft.wanted();
        spawn_local(async move {
            let started = start_export(wanted).await;
            is_busy.set(false);
            match started {
                Ok(Ok(_)) => {
                    close.try_run(());
                    exports.refresh();
                }
                Ok(Err(errors)) => draft.errors.set(errors),
                Err(error @ AppError::Unauthenticated) => exports.frame().failed(&error),
                Err(error) => refused.set(Some(refusal(&error))),
            }
        });
    });
    let footer = ViewFn::from(move || {
        view! {
            <Button size=Size::Regular on_click=move |_| close.run(())>
                "Cancel"
            </Button>
            <Button kind=ButtonKind::Primary size=Size::Regular loading=is_busy on_click=move |_| start.run(())>
                "Export"
            </Button>
        }
    });
    view! {
        <Dialog id="new-export" title=Signal::stored("New export".to_owned()) open=is_asking on_close=close footer=footer>
            <div class="stack" data-gap="large">
                {move || refused.get().map(|why| view! { <Banner tone=Tone::Bad>{why}</Banner> })}
                {kinds(exports, draft)}
                {days(draft)}
                <RadioGroup
                    label="Format"
                    name="new-export-format"
                    options=formats()
                    value=Signal::derive(move || draft.format.get().name().to_owned())
                    on_change=move |name: String| draft.format.set(Format::parse(&name).unwrap_or_default())
                />
            </div>
        </Dialog>
    }
    .into_any()
}

fn kinds(exports: Exports, draft: Draft) -> AnyView {
    let types = exports.session().types().into_iter().filter(|info| info.may("export"));
    let boxes = types.map(|info| {
        let (name, own) = (info.name.clone(), info.name);
        let checked = Signal::derive(move || draft.entities.with(|all| all.contains(&own)));
        let change = move |is_on: bool| {
            draft.entities.update(|all| {
                all.retain(|other| *other != name);
                if is_on {
                    all.push(name.clone());
                }
            });
        };
        view! { <Checkbox label=info.plural checked=checked on_change=change /> }
    });
    let boxes = boxes.collect_view();
    let error = draft.error("entities");
    view! {
        <fieldset class="choice-group">
            <legend>"Records"</legend>
            {boxes}
            {move || error.get().map(|why| view! { <p class="field-error" role="alert">{why}</p> })}
        </fieldset>
    }
    .into_any()
}

fn days(draft: Draft) -> AnyView {
    let is_between = move || DateRange::parse(&draft.range.get()).is_none();
    view! {
        <Field id="export-range" label="When" error=draft.error("date_range")>
            <Select
                options=Signal::stored(ranges())
                value=draft.range
                on_change=move |range: String| draft.range.set(range)
            />
        </Field>
        {move || {
            is_between()
                .then(|| {
                    view! {
                        <div class="form-grid">
                            <Field id="export-from" label="First day">
                                <DateInput value=draft.from on_change=move |day: String| draft.from.set(day) />
                            </Field>
                            <Field id="export-to" label="Last day">
                                <DateInput value=draft.to on_change=move |day: String| draft.to.set(day) />
                            </Field>
                        </div>
                    }
                })
        }}
    }
    .into_any()
}
