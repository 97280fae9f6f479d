//! How changes are told.

use jobs::server::Actors;
use kernel::AppError;
use records::{Filter, ListQuery, Op, address, server::Ctx};
use uuid::Uuid;

use super::{
    super::{Notice, store::Set, told},
    people::{Concerned, Records},
};

/// What is told of a change-set to each person it concerns.
pub async fn notices(ctx: &Ctx, actors: &Actors, set: &Set, concerned: Concerned) -> Result<Vec<Notice>, AppError> {
    if concerned.assigned.is_empty() && concerned.changed.is_empty() {
        return Ok(vec![]);
    }
    let who = match set.actor {
        Some(user) => actors(user).await?.map(|actor| actor.name.clone()),
        None => None,
    };
    let who = who.unwrap_or_else(|| ctx.organisation().name.clone());
    let ty = concerned.entry.ty;
    let (singular, plural) = (ty.singular.to_lowercase(), ty.plural.to_lowercase());
    let assigned = concerned.assigned.into_iter().map(|(user, records)| {
        let (title, message) = match &records.first {
            Some((_, name, _)) if records.count == 1 => {
                (format!("{who} made {name} yours"), format!("The {singular} {name} is yours now."))
            }
            _ => (
                format!("{who} made {} {plural} yours", records.count),
                format!("{} {plural} are yours now.", records.count),
            ),
        };
        let link = link(ty.name, set.id, &records, true);
        notice(&told::ASSIGNED, user, (title, message), link, (ty.name, &records))
    });
    let assigned: Vec<Notice> = assigned.collect();
    let changed = concerned.changed.into_iter().map(|(user, records)| {
        let (title, message) = match &records.first {
            Some((_, name, action)) if records.count == 1 => {
                let message = match (action.as_str(), records.fields.as_slice()) {
                    ("edit", []) => format!("The {singular} was changed."),
                    ("edit", fields) => format!("Changed: {}.", fields.join(", ")),
                    ("delete", _) => format!("The {singular} lies in the recycle bin."),
                    _ => format!("The {singular} is back from the recycle bin."),
                };
                (format!("{who} {} {name}", verb(action)), message)
            }
            first => {
                let verb = verb(first.as_ref().map_or("edit", |(_, _, action)| action));
                (
                    format!("{who} {verb} {} {plural} of yours", records.count),
                    format!("They are {plural} that you own or follow."),
                )
            }
        };
        let link = link(ty.name, set.id, &records, false);
        notice(&told::FOLLOWED, user, (title, message), link, (ty.name, &records))
    });
    Ok(assigned.into_iter().chain(changed).collect())
}

fn verb(action: &str) -> &'static str {
    match action {
        "delete" => "deleted",
        "restore" => "restored",
        _ => "changed",
    }
}

fn notice(
    kind: &'static super::super::Kind,
    to: Uuid,
    (title, message): (String, String),
    link: String,
    (record_type, records): (&str, &Records),
) -> Notice {
    let only = records.first.as_ref().filter(|_| records.count == 1);
    Notice {
        kind,
        to: vec![to],
        title,
        message,
        link: Some(link),
        priority: None,
        about: only.map(|(id, ..)| (record_type.to_owned(), *id)),
    }
}

/// To the record; of several, to the list of those that were changed together.
fn link(record_type: &str, change_set: Uuid, records: &Records, is_mine: bool) -> String {
    if let Some((id, ..)) = records.first.as_ref().filter(|_| records.count == 1) {
        return format!("/{record_type}/{id}");
    }
    let set = Filter::leaf("change_set", Op::Eq, change_set.to_string());
    let filter = if is_mine { Filter::And(vec![set, Filter::leaf("owner", Op::Eq, "@me")]) } else { set };
    address(record_type, &ListQuery { filter: Some(filter), ..ListQuery::default() })
}
