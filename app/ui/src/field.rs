//! The frame around a form control: label, help and error, tied to the control inside.

use leptos::{context::Provider, prelude::*};

use crate::icon::icon;

/// What a [`Field`] tells the control inside it.
#[derive(Clone)]
pub struct FieldContext {
    /// The id the label points at.
    pub id: String,
    /// What is wrong with the value, if anything.
    pub error: Signal<Option<String>>,
    /// Whether a value must be given.
    pub required: bool,
    has_help: bool,
}

impl FieldContext {
    /// The ids of help and error, for `aria-describedby`.
    fn described_by(&self) -> Option<String> {
        let help = self.has_help.then(|| [&self.id, "-help"].concat());
        let error = self.error.with(Option::is_some).then(|| [&self.id, "-error"].concat());
        match (help, error) {
            (Some(help), Some(error)) => Some([&error, " ", &help].concat()),
            (help, error) => error.or(help),
        }
    }
}

/// The attributes a control takes over from the field around it.
#[derive(Clone)]
pub(crate) struct Ties {
    field: Option<FieldContext>,
    own_id: Option<String>,
    own_required: bool,
}

/// Ties a control to the field around it; its own id and duty, where given, come first.
pub(crate) fn ties(own_id: Option<String>, own_required: bool) -> Ties {
    Ties { field: use_context::<FieldContext>(), own_id, own_required }
}

impl Ties {
    /// For a control that stands beside the field's own and answers to its own label.
    pub(crate) const fn alone() -> Self {
        Self { field: None, own_id: None, own_required: false }
    }

    pub(crate) fn id(&self) -> Option<String> {
        self.own_id.clone().or_else(|| self.field.as_ref().map(|field| field.id.clone()))
    }

    pub(crate) fn required(&self) -> bool {
        self.own_required || self.field.as_ref().is_some_and(|field| field.required)
    }

    pub(crate) fn invalid(&self) -> Option<&'static str> {
        self.field.as_ref().filter(|field| field.error.with(Option::is_some)).map(|_| "true")
    }

    pub(crate) fn described_by(&self) -> Option<String> {
        self.field.as_ref().and_then(FieldContext::described_by)
    }
}

/// A labelled place for one control.
#[component]
pub fn Field(
    /// The id of the control inside; the control takes it from here.
    #[prop(into)]
    id: String,
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// A sentence that helps to answer.
    #[prop(optional, into)]
    help: Option<String>,
    /// What is wrong with the value.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// A value must be given.
    #[prop(optional)]
    required: bool,
    /// A further class, such as `wide` in a `form-grid`.
    #[prop(optional)]
    class: &'static str,
    /// The control.
    children: Children,
) -> impl IntoView {
    let context = FieldContext { id: id.clone(), error, required, has_help: help.is_some() };
    let error_id = [&id, "-error"].concat();
    let help_id = [&id, "-help"].concat();
    let class = if class.is_empty() { "field".to_owned() } else { ["field ", class].concat() };
    view! {
        <div class=class>
            <label class="field-label" for=id>
                {label}
                {required.then(|| view! { <span class="field-required" aria-hidden="true">"*"</span> })}
            </label>
            <Provider value=context>{children()}</Provider>
            {move || {
                error
                    .get()
                    .map(|text| {
                        view! {
                            <p class="field-error" id=error_id.clone()>
                                {icon("error", "", "")}
                                <span>{text}</span>
                            </p>
                        }
                    })
            }}
            {help.map(|text| view! { <p class="field-help" id=help_id>{text}</p> })}
        </div>
    }
}
