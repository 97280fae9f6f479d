//! How one wants to be told: each kind on each channel, and the hours in which nothing rings.

use leptos::{prelude::*, task::spawn_local};
use notifications::{Channel, Choice, Choices, Mode, api::choose_channel};
use preferences::{Quiet, write_minutes};
use serde_json::{Value as Json, json};
use ui::{Card, Field, Input, Select, Size, Switch, TableScroll, Toast};

use super::Chosen;

/// The kinds of notifications by channel.
pub(super) fn kinds(chosen: Chosen, choices: Choices) -> AnyView {
    let Choices { kinds, can_text } = choices;
    let heads = Channel::ALL.iter().map(|channel| view! { <th scope="col">{channel.label()}</th> }).collect_view();
    let rows = kinds.into_iter().map(|choice| row(chosen, choice)).collect_view();
    view! {
        <section id="notifications">
            <Card title="Notifications" class="flush">
                <TableScroll label="How you are told">
                    <table class="data-table telling tall" data-phone="cards">
                        <thead>
                            <tr>
                                <th scope="col">"What"</th>
                                {heads}
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </TableScroll>
                {move || why_no_texts(chosen, can_text).map(|why| view! { <p class="telling-note">{why}</p> })}
            </Card>
        </section>
    }
    .into_any()
}

/// Why one gets no text messages, whatever one chooses.
fn why_no_texts(chosen: Chosen, can_text: bool) -> Option<&'static str> {
    if !can_text {
        return Some(
            "Text messages cannot be sent here yet: an administrator has to enter an account at Amazon first.",
        );
    }
    let has_phone = chosen.now.with(|p| p.phone.is_some());
    (!has_phone).then_some("Text messages need your telephone number, which is entered under When and where.")
}

fn row(chosen: Chosen, choice: Choice) -> AnyView {
    let Choice { kind, title, reason, modes } = choice;
    let cells = Channel::ALL.iter().map(|channel| {
        let mode = modes.get(channel).copied().unwrap_or(Mode::Off);
        let label = format!("{title}: {}", channel.label());
        view! { <td data-label=channel.label()>{cell(chosen, kind.clone(), *channel, mode, label)}</td> }
    });
    let cells = cells.collect_view();
    view! {
        <tr id=kind.clone()>
            <th scope="row" data-label="What">
                {title.clone()}
                <span class="telling-why">{reason}</span>
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

/// The control of one kind on one channel. What could not be saved goes back.
fn cell(chosen: Chosen, kind: String, channel: Channel, mode: Mode, label: String) -> AnyView {
    let now = RwSignal::new(mode);
    let set = Callback::new(move |wanted: Mode| {
        let (before, kind) = (now.get_untracked(), kind.clone());
        now.set(wanted);
        spawn_local(async move {
            match choose_channel(kind, channel, wanted).await {
                Ok(()) => chosen.frame().say(Toast::ok("Saved.")),
                Err(error) => {
                    now.try_set(before);
                    chosen.frame().failed(&error);
                }
            }
        });
    });
    if channel.modes().len() == 2 {
        let change = move |is_on: bool| set.run(if is_on { Mode::AtOnce } else { Mode::Off });
        let checked = Signal::derive(move || now.get() != Mode::Off);
        return view! { <Switch label=label bare=true checked=checked on_change=change /> }.into_any();
    }
    let options: Vec<_> =
        channel.modes().iter().map(|mode| (mode.name().to_owned(), mode.label().to_owned())).collect();
    let value = Signal::derive(move || now.get().name().to_owned());
    let change = move |name: String| set.run(Mode::parse(&name).unwrap_or(Mode::Off));
    view! { <Select label=label size=Size::Compact options=options value=value on_change=change /> }.into_any()
}

/// Hours in which nothing rings, and where text messages go.
pub(super) fn hours(chosen: Chosen) -> AnyView {
    const USUAL: Quiet = Quiet { from: 22 * 60, until: 7 * 60 };
    let is_quiet = Signal::derive(move || chosen.now.with(|p| p.quiet.is_some()));
    let as_json = |quiet: Quiet| json!({ "from": write_minutes(quiet.from), "until": write_minutes(quiet.until) });
    let toggle = move |is_on: bool| chosen.set("quiet_hours", if is_on { as_json(USUAL) } else { Json::Null });
    let time = move |is_start: bool| {
        chosen.text(move |p| {
            p.quiet.map(|quiet| write_minutes(if is_start { quiet.from } else { quiet.until })).unwrap_or_default()
        })
    };
    let (from, until) = (time(true), time(false));
    let set = move |name: &'static str| {
        Callback::new(move |text: String| {
            let mut hours = json!({ "from": from.get_untracked(), "until": until.get_untracked() });
            hours[name] = json!(text);
            chosen.set("quiet_hours", hours);
        })
    };
    let set_phone = Callback::new(move |text: String| chosen.set("sms_phone", json!(text)));
    let hours = move || {
        is_quiet.get().then(|| {
            view! {
                <div class="form-grid">
                    <Field id="quiet-from" label="From" error=chosen.error("quiet_hours")>
                        <Input kind="time" value=from on_change=set("from") />
                    </Field>
                    <Field id="quiet-until" label="Until">
                        <Input kind="time" value=until on_change=set("until") />
                    </Field>
                </div>
                <Switch
                    label="Let important ones through"
                    help="A sign-in from a new device, for example."
                    checked=Signal::derive(move || chosen.now.with(|p| p.high_through_quiet))
                    on_change=move |is: bool| chosen.set("high_through_quiet_hours", json!(is))
                />
            }
        })
    };
    view! {
        <Card title="When and where">
            <div class="stack">
                <Switch
                    label="Quiet hours"
                    help="E-mail, push and text messages wait until they are over."
                    checked=is_quiet
                    on_change=toggle
                />
                {hours}
                <Field
                    id="sms-phone"
                    label="Telephone for text messages"
                    help="With its country code, like +44 20 7946 0958."
                    error=chosen.error("sms_phone")
                >
                    <Input kind="tel" value=chosen.text(|p| p.phone.clone().unwrap_or_default()) on_change=set_phone />
                </Field>
            </div>
        </Card>
    }
    .into_any()
}
