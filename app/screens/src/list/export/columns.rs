//! Which columns of the list go into the file.

use leptos::prelude::*;
use ui::{Checkbox, RadioGroup};

use super::super::List;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Extent {
    #[default]
    Shown,
    All,
    Chosen,
}

impl Extent {
    const ALL: [Self; 3] = [Self::Shown, Self::All, Self::Chosen];

    const fn name(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::All => "all",
            Self::Chosen => "chosen",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Shown => "Those the list shows",
            Self::All => "All there are",
            Self::Chosen => "Some of them",
        }
    }
}

/// What is being decided.
#[derive(Clone, Copy)]
pub struct Columns {
    list: List,
    extent: RwSignal<Extent>,
    /// By name; those the list shows until one is added or left out.
    chosen: RwSignal<Option<Vec<String>>>,
}

impl Columns {
    pub fn new(list: List) -> Self {
        Self { list, extent: RwSignal::default(), chosen: RwSignal::default() }
    }

    /// From the beginning, for another export.
    pub fn forget(self) {
        self.extent.set(Extent::default());
        self.chosen.set(None);
    }

    /// As an export asks for them, where none means all: nothing where none is chosen.
    pub fn wanted(self) -> Option<Vec<String>> {
        match self.extent.get_untracked() {
            Extent::Shown => Some(untrack(|| self.shown())),
            Extent::All => Some(vec![]),
            Extent::Chosen => {
                let chosen = untrack(|| self.chosen());
                let all = self.all().into_iter().map(|(name, _)| name).filter(|name| chosen.contains(name));
                Some(all.collect::<Vec<_>>()).filter(|names| !names.is_empty())
            }
        }
    }

    fn shown(self) -> Vec<String> {
        self.list.info.with_value(|info| {
            self.list.columns.with(|columns| columns.iter().map(|c| info.fields[c.field].name().to_owned()).collect())
        })
    }

    fn chosen(self) -> Vec<String> {
        self.chosen.get().unwrap_or_else(|| self.shown())
    }

    /// Names and labels: what the list shows in its order, then the others in that of the type.
    fn all(self) -> Vec<(String, String)> {
        let shown = untrack(|| self.shown());
        let mut all = self.list.info.with_value(|info| {
            let own = info.fields.iter().map(|field| (field.name().to_owned(), field.label().to_owned()));
            own.chain([("id".to_owned(), "ID".to_owned())]).collect::<Vec<_>>()
        });
        all.sort_by_key(|(name, _)| shown.iter().position(|other| other == name).unwrap_or(usize::MAX));
        all
    }

    fn choose(self, name: &str, is_wanted: bool) {
        let mut chosen = untrack(|| self.chosen());
        chosen.retain(|other| other != name);
        if is_wanted {
            chosen.push(name.to_owned());
        }
        self.chosen.set(Some(chosen));
    }
}

pub fn choice(columns: Columns) -> AnyView {
    let options = Extent::ALL.map(|extent| (extent.name().to_owned(), extent.label().to_owned())).to_vec();
    let choose = move |name: String| {
        columns.extent.set(Extent::ALL.into_iter().find(|extent| extent.name() == name).unwrap_or_default());
    };
    let is_choosing = Memo::new(move |_| columns.extent.get() == Extent::Chosen);
    view! {
        <div class="stack">
            <RadioGroup
                label="Columns"
                name="export-columns"
                options=options
                value=Signal::derive(move || columns.extent.get().name().to_owned())
                on_change=choose
            />
            {move || is_choosing.get().then(|| boxes(columns))}
        </div>
    }
    .into_any()
}

fn boxes(columns: Columns) -> AnyView {
    let one = |(name, label): (String, String)| {
        let own = name.clone();
        let checked = Signal::derive(move || columns.chosen().contains(&own));
        view! { <Checkbox label=label checked=checked on_change=move |is_on: bool| columns.choose(&name, is_on) /> }
    };
    view! {
        <fieldset class="choice-group export-columns">
            <legend class="visually-hidden">"Columns of the file"</legend>
            {columns.all().into_iter().map(one).collect_view()}
        </fieldset>
    }
    .into_any()
}
