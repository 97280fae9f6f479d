//! Making a condition, and changing one.

use std::collections::BTreeMap;

use kernel::fold;
use leptos::prelude::*;
use records::{Filter, Kind, TypeInfo};
use serde_json::json;
use ui::{Button, ButtonKind, Input, Select};
use uuid::Uuid;

use super::{
    Conditions,
    value::{edit, store},
    words::{PHRASES, operators, phrase},
};
use crate::{list::List, reference::ReferenceInput, session::Session};

/// A condition in the making.
#[derive(Clone, Copy)]
struct Builder {
    /// The place of the condition that is being changed; none for a new one.
    place: RwSignal<Option<usize>>,
    field: RwSignal<String>,
    op: RwSignal<String>,
    value: RwSignal<String>,
    reference: RwSignal<Option<(Uuid, String)>>,
}

impl Builder {
    fn new() -> Self {
        Self {
            place: RwSignal::new(None),
            field: RwSignal::new(String::new()),
            op: RwSignal::new(String::new()),
            value: RwSignal::new(String::new()),
            reference: RwSignal::new(None),
        }
    }

    fn choose(self, list: List, name: String) {
        let first = list.info.with_value(|i| i.field(&name).map(|(_, f)| operators(f.kind())[0].0)).unwrap_or_default();
        self.field.set(name);
        self.op.set(first.to_owned());
        self.value.set(String::new());
        self.reference.set(None);
    }

    /// Takes up a condition to change it. One that cannot be built here is replaced by what is built.
    fn take_up(
        self,
        session: Session,
        list: List,
        place: usize,
        condition: &Filter,
        labels: &BTreeMap<String, String>,
    ) {
        self.place.set(Some(place));
        let Filter::Leaf(leaf) = condition else { return self.choose(list, String::new()) };
        self.choose(list, leaf.field.clone());
        let kind = list.info.with_value(|i| i.field(&leaf.field).map(|(_, f)| f.kind().clone()));
        let Some(kind) = kind else { return self.choose(list, String::new()) };
        let all = operators(&kind);
        let key = all
            .iter()
            .find(|(_, _, op, fixed)| *op == leaf.op && fixed.as_ref().is_none_or(|fixed| *fixed == leaf.value));
        let Some((key, ..)) = key else { return };
        self.op.set((*key).to_owned());
        let text = edit(&kind, &leaf.value, session.reading());
        match (&kind, text.parse::<Uuid>()) {
            (Kind::Ref(_), Ok(id)) => {
                let label = labels.get(&text).cloned().unwrap_or_else(|| "…".to_owned());
                self.reference.set(Some((id, label)));
            }
            _ => self.value.set(text),
        }
    }

    /// Begins a new condition.
    fn clear(self, list: List) {
        self.place.set(None);
        self.choose(list, String::new());
    }
}

/// The form that builds a condition.
pub(crate) fn builder(conditions: Conditions) -> AnyView {
    let Conditions { list, all: parts, changing, labels, narrow } = conditions;
    let (session, draft) = (Session::get(), Builder::new());
    let fields = list.info.with_value(|info| {
        let mut fields: Vec<_> = info.fields.iter().map(|f| (f.name().to_owned(), f.label().to_owned())).collect();
        fields.sort_by_key(|(_, label)| fold::key(label));
        fields
    });
    let error = RwSignal::new(None::<&'static str>);
    let add = move || {
        let leaf = list.info.with_value(|info| leaf(session, info, draft));
        match leaf {
            Ok(leaf) => {
                let mut all = parts.get_untracked();
                match draft.place.get_untracked().filter(|place| *place < all.len()) {
                    Some(place) => all[place] = leaf,
                    None => all.push(leaf),
                }
                ui::dom::close_popover("filter");
                narrow.run(all);
            }
            Err(why) => error.set(Some(why)),
        }
    };
    let rest = move || {
        let kind = list.info.with_value(|i| i.field(&draft.field.get()).map(|(_, f)| f.kind().clone()))?;
        let ops: Vec<_> =
            operators(&kind).into_iter().map(|(key, words, ..)| (key.to_owned(), words.to_owned())).collect();
        Some(view! {
            <Select
                id="filter-op"
                label="Condition"
                options=ops
                value=draft.op
                on_change=Callback::new(move |op| draft.op.set(op))
            />
            {value(draft, kind)}
        })
    };
    Effect::new(move |_| {
        let at = changing.get();
        let condition = at.and_then(|at| Some((at, parts.with_untracked(|parts| parts.get(at).cloned())?)));
        error.set(None);
        match condition {
            Some((at, condition)) => {
                let labels = labels.get_untracked().unwrap_or_default();
                draft.take_up(session, list, at, &condition, &labels);
            }
            None => draft.clear(list),
        }
    });
    view! {
        <form
            class="filter-form"
            on:submit=move |event| {
                event.prevent_default();
                add();
            }
        >
            <Select
                id="filter-field"
                label="Field"
                empty="Choose a field"
                options=fields
                value=draft.field
                on_change=Callback::new(move |name| draft.choose(list, name))
            />
            {rest}
            {move || error.get().map(|why| view! { <p class="field-error" role="alert">{why}</p> })}
            <Button kind=ButtonKind::Primary submit=true disabled=Signal::derive(move || draft.field.with(String::is_empty))>
                {move || if draft.place.get().is_some() { "Change filter" } else { "Add filter" }}
            </Button>
        </form>
    }
    .into_any()
}

/// The control for the value, where the operator takes one.
fn value(draft: Builder, kind: Kind) -> AnyView {
    let set = Callback::new(move |value: String| draft.value.set(value));
    let field = move || {
        let op = draft.op.get();
        let (_, _, _, fixed) = operators(&kind).into_iter().find(|(key, ..)| *key == op)?;
        if fixed.is_some() {
            return None;
        }
        let select = |options: Vec<(String, String)>| {
            view! { <Select id="filter-value" label="Value" empty="Choose" options=options value=draft.value on_change=set /> }
                .into_any()
        };
        Some(match (&kind, op.as_str()) {
            (Kind::Choice(options) | Kind::Choices(options), _) => {
                select(options.iter().map(|o| (o.value.to_string(), o.label.to_string())).collect())
            }
            (_, "within") => select(PHRASES.map(|p| (p.to_owned(), phrase(p))).to_vec()),
            (Kind::Date | Kind::DateTime, _) => {
                view! { <Input id="filter-value" label="Value" kind="date" value=draft.value on_input=set /> }
                    .into_any()
            }
            (Kind::Ref(target), _) => {
                let mine = (target == "users").then(|| {
                    let me = move |_| {
                        draft.reference.set(None);
                        draft.value.set("@me".to_owned());
                    };
                    view! { <Button kind=ButtonKind::Ghost on_click=me>"Me"</Button> }
                });
                let chosen = Signal::derive(move || {
                    if draft.value.with(|v| v == "@me") {
                        Some((Uuid::nil(), "Me".to_owned()))
                    } else {
                        draft.reference.get()
                    }
                });
                let choose = Callback::new(move |choice| {
                    draft.value.set(String::new());
                    draft.reference.set(choice);
                });
                view! {
                    <ReferenceInput id="filter-value" label="Value" record_type=target.to_string() selected=chosen on_select=choose />
                    {mine}
                }
                .into_any()
            }
            _ => view! { <Input id="filter-value" label="Value" value=draft.value on_input=set /> }.into_any(),
        })
    };
    field.into_any()
}

fn leaf(session: Session, info: &TypeInfo, draft: Builder) -> Result<Filter, &'static str> {
    let name = draft.field.get_untracked();
    let (_, field) = info.field(&name).ok_or("Choose a field.")?;
    let key = draft.op.get_untracked();
    let (_, _, op, fixed) =
        operators(field.kind()).into_iter().find(|(k, ..)| *k == key).ok_or("Choose a condition.")?;
    let typed = draft.value.get_untracked().trim().to_owned();
    let value = match (fixed, draft.reference.get_untracked()) {
        (Some(fixed), _) => fixed,
        (None, Some((id, _))) => json!(id),
        (None, None) if typed.is_empty() => return Err("Give a value."),
        (None, None) => store(field.kind(), &typed, session.reading())?,
    };
    Ok(Filter::leaf(name, op, value))
}
