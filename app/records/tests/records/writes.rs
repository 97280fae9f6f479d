use kernel::{AppError, EmailAddress, Id, PhoneNumber, server::Source};
use records::{
    Address, Flags, LongText, Percent, Record, RecordType, Tags, Url, Value, Year,
    server::{self, Action, Edit, PlanCx, Refusal, plan},
};
use uuid::Uuid;

use crate::fixture::*;

fn full(owner: Uuid, parent: Uuid) -> Specimen {
    Specimen {
        code: Some("Ä-1".into()),
        notes: Some(LongText("line one\nline two <script>alert(1)</script>".into())),
        mail: EmailAddress::parse("ana@example.com"),
        phone: PhoneNumber::parse("+442079460958"),
        site: Some(Url("https://example.com".into())),
        count: Some(-3),
        year: Some(Year(1888)),
        share: Some(Percent(1250)),
        price: Some(money(105_400, "EUR")),
        good: Some(false),
        day: Some(day("2024-02-29")),
        at: kernel::Timestamp::parse("2026-01-02T03:04:05.678901Z"),
        sort: Some(Sort::Rare),
        sorts: vec![Sort::Plain, Sort::Rare],
        parent: Some(Id::new(parent)),
        owner: Some(Id::new(owner)),
        mails: vec![EmailAddress::parse("a@example.com").unwrap(), EmailAddress::parse("b@example.com").unwrap()],
        phones: vec![PhoneNumber::parse("+4912345678").unwrap()],
        tags: Tags(vec!["vip".into(), "O'Neil; drop table specimens".into()]),
        place: Some(Address { city: "Zürich".into(), ..Address::default() }),
        origin: Some("import".into()),
        ..specimen("Everything")
    }
}

#[tokio::test]
async fn every_kind_of_value_reads_back_as_it_was_written() {
    let world = World::new().await;
    let (ctx, owner) = (world.ctx(), world.user("Ana", None).await);
    let parent = create(&ctx, &specimen("Parent")).await;
    let all = full(owner, parent);
    let id = create(&ctx, &all).await;
    assert_eq!(get(&ctx, id).await.unwrap(), all);

    // The same values again change nothing: no version, no change-set.
    let again = write(&ctx, vec![Edit::Set { id, version: Some(1), set: cells(&all) }]).await;
    assert_eq!((again.change_set, again.changed()), (None, 0));
}

#[tokio::test]
async fn an_edit_leaves_a_change_a_change_set_and_an_event() {
    let world = World::new().await;
    let ctx = world.ctx();
    let id = create(&ctx, &specimen("Acme")).await;
    let written = write(&ctx, vec![set(id, "count", Value::Int(7))]).await;
    let permit = ctx.permit::<Specimen>(Action::View).unwrap();
    let (changes, _) = server::history(&ctx, &permit, id, 10).await.unwrap();
    assert_eq!(changes.iter().map(|c| c.action.as_str()).collect::<Vec<_>>(), ["edit", "create"]);
    assert_eq!(changes[0].fields, [("count".to_owned(), Value::Null, Value::Int(7))]);
    assert_eq!((changes[0].actor, changes[0].change_set), (Some(world.me), written.change_set.unwrap()));
    assert!(changes[1].fields.is_empty(), "the row itself tells what it was created with");
    let events = ctx.db().fetch_all("select created, edited from events order by id", vec![]).await.unwrap();
    let events: Vec<(i64, i64)> = events.iter().map(|e| (e.get(0).unwrap(), e.get(1).unwrap())).collect();
    assert_eq!(events, [(1, 0), (0, 1)]);
}

#[tokio::test]
async fn a_stale_edit_is_refused_with_what_is_there_now() {
    let world = World::new().await;
    let ctx = world.ctx();
    let id = create(&ctx, &specimen("Acme")).await;
    write(&ctx, vec![set(id, "count", Value::Int(1))]).await;
    let late = write(&ctx, vec![Edit::Set { id, version: Some(1), set: vec![(at("count"), Value::Int(2))] }]).await;
    assert_eq!(late.change_set, None);
    let Some(Refusal::Stale(now)) = &late.steps[0].refusal else { panic!("not refused") };
    assert_eq!((now.meta.version, now.cells.at(at("count"))), (2, &Value::Int(1)));
}

#[tokio::test]
async fn of_many_edits_all_are_written_or_none() {
    let world = World::new().await;
    let ctx = world.ctx();
    let good = Edit::Create { id: None, set: cells(&specimen("Good")) };
    let bad = Edit::Create { id: None, set: vec![(at("count"), Value::Int(1))] };
    let written = write(&ctx, vec![good, bad]).await;
    assert_eq!(written.change_set, None);
    assert_eq!(written.steps[1].errors.first("name"), Some("This is needed."));
    assert!(names(&ctx, &by("name")).await.is_empty());
    let left = ctx.db().fetch_all("select id from change_sets", vec![]).await.unwrap();
    assert!(left.is_empty(), "not even an empty change-set stays");
}

#[tokio::test]
async fn values_are_checked_whatever_the_browser_did() {
    let world = World::new().await;
    let ctx = world.ctx();
    for (field, value, message) in [
        ("name", text("a\0b"), "This contains a NUL character."),
        ("name", text(&"x".repeat(501)), "This is longer than 500 characters."),
        ("notes", text(&"x".repeat(100_001)), "This is longer than 100000 bytes, some forty pages."),
        ("notes", text(&"\u{1f600}".repeat(25_001)), "This is longer than 100000 bytes, some forty pages."),
        ("name", Value::Int(1), "This must be text."),
        ("mail", text("nobody"), "This must be an e-mail address like name@example.com."),
        ("sort", text("unknown"), "This must be one of: Plain, Very rare."),
        ("site", text("javascript:alert(1)"), "This must be a web address like https://example.com."),
        ("parent", Value::Id(Uuid::from_u128(7)), "This leads to no record you can see."),
        ("state", text("done"), "This cannot be changed here."),
    ] {
        let mut values = cells(&specimen("Fine"));
        values.push((at(field), value));
        let written = write(&ctx, vec![Edit::Create { id: None, set: values }]).await;
        assert_eq!(written.steps[0].errors.first(field), Some(message), "{field}");
    }
}

#[tokio::test]
async fn fixed_fields_are_set_once_and_guarded_ones_by_use_cases() {
    let world = World::new().await;
    let ctx = world.ctx();
    let id = create(&ctx, &Specimen { origin: Some("web".into()), ..specimen("Acme") }).await;
    let written = write(&ctx, vec![set(id, "origin", text("mail"))]).await;
    assert!(written.steps[0].errors.first("origin").is_some());
    let permit = ctx.permit::<Specimen>(Action::Edit).unwrap().guarded();
    server::write(&ctx, &permit, vec![set(id, "state", text("won"))], "edit", "won").await.unwrap().one().unwrap();
    assert_eq!(get(&ctx, id).await.unwrap().state.as_deref(), Some("won"));
}

#[tokio::test]
async fn unique_values_are_compared_without_case_and_accents() {
    let world = World::new().await;
    let ctx = world.ctx();
    let coded = |name: &str, code: &str| Specimen { code: Some(code.into()), ..specimen(name) };
    let first = create(&ctx, &coded("A", "Zürich")).await;
    let twice = write(&ctx, vec![Edit::Create { id: None, set: cells(&coded("B", "ZURICH")) }]).await;
    assert_eq!(twice.steps[0].errors.first("code"), Some("Another specimen already has this."));
    // Within one write too.
    let pair = ["x", "X"].map(|code| Edit::Create { id: None, set: cells(&coded("C", code)) });
    let pair = write(&ctx, pair.to_vec()).await;
    assert_eq!(pair.steps[1].errors.first("code"), Some("Another specimen here has the same."));
    // A deleted record gives its value up, and cannot come back once it is taken.
    write(&ctx, vec![Edit::Delete { id: first, version: None }]).await.one().unwrap();
    create(&ctx, &coded("D", "zurich")).await;
    let back = write(&ctx, vec![Edit::Restore { id: first }]).await;
    assert!(back.steps[0].errors.first("code").is_some());
}

#[tokio::test]
async fn records_can_exchange_unique_values() {
    let world = World::new().await;
    let ctx = world.ctx();
    let coded = |name: &str, code: &str| Specimen { code: Some(code.into()), ..specimen(name) };
    let (a, b) = (create(&ctx, &coded("A", "one")).await, create(&ctx, &coded("B", "two")).await);
    let written = write(&ctx, vec![set(a, "code", text("two")), set(b, "code", text("one"))]).await;
    assert_eq!(written.changed(), 2);
    assert_eq!(get(&ctx, a).await.unwrap().code.as_deref(), Some("two"));
    assert_eq!(get(&ctx, b).await.unwrap().code.as_deref(), Some("one"));
}

#[tokio::test]
async fn who_counts_on_a_value_that_is_not_given_up_is_refused_too() {
    let world = World::new().await;
    let ctx = world.ctx();
    let coded = |name: &str, code: &str| Specimen { code: Some(code.into()), ..specimen(name) };
    let (a, b) = (create(&ctx, &coded("A", "one")).await, create(&ctx, &coded("B", "two")).await);
    create(&ctx, &coded("C", "three")).await;
    let mut work = ctx.begin().await.unwrap();
    let one = server::open(&ctx, &mut work, "import", "chain", None).await.unwrap();
    let permit = ctx.permit_any("specimens", Action::Edit).unwrap();
    // B cannot have what C holds, and so keeps what A would take.
    let edits = vec![set(a, "code", text("two")), set(b, "code", text("three"))];
    let written = server::write_in(&ctx, &mut work, one, &permit, edits).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(written.steps.iter().filter(|s| s.is_sound()).count(), 0);
    let third = write(&ctx, vec![Edit::Create { id: None, set: cells(&coded("D", "two")) }]).await;
    assert!(third.steps[0].errors.first("code").is_some(), "B is still found by its code");

    // Of two that claim what a third gives up, one is refused, and the others go on.
    let d = create(&ctx, &coded("D", "four")).await;
    let mut work = ctx.begin().await.unwrap();
    let edits = vec![set(a, "code", text("two")), set(d, "code", text("two")), set(b, "code", text("five"))];
    let written = server::write_in(&ctx, &mut work, one, &permit, edits).await.unwrap();
    work.commit().await.unwrap();
    assert_eq!(written.steps.iter().map(records::server::Step::is_sound).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(get(&ctx, a).await.unwrap().code.as_deref(), Some("two"));
}

#[tokio::test]
async fn two_at_once_never_share_a_unique_value() {
    let world = World::new().await;
    let ctx = world.ctx();
    let tries = (0..8).map(|n| {
        let ctx = ctx.clone();
        tokio::spawn(async move {
            let set = cells(&Specimen { code: Some("same".into()), ..specimen(&format!("S{n}")) });
            let permit = ctx.permit::<Specimen>(Action::Create).unwrap();
            let written = server::write(&ctx, &permit, vec![Edit::Create { id: None, set }], "edit", "t").await;
            matches!(written, Ok(w) if w.change_set.is_some())
        })
    });
    let mut won = 0;
    for one in tries.collect::<Vec<_>>() {
        won += usize::from(one.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn two_editors_of_one_version_cannot_both_win() {
    let world = World::new().await;
    let ctx = world.ctx();
    let id = create(&ctx, &specimen("Acme")).await;
    let tries = (0..8).map(|n| {
        let ctx = ctx.clone();
        tokio::spawn(async move {
            let edit = Edit::Set { id, version: Some(1), set: vec![(at("count"), Value::Int(n))] };
            let permit = ctx.permit::<Specimen>(Action::Edit).unwrap();
            server::write(&ctx, &permit, vec![edit], "edit", "t").await.unwrap().change_set.is_some()
        })
    });
    let mut won = 0;
    for one in tries.collect::<Vec<_>>() {
        won += usize::from(one.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn a_dry_run_says_what_a_write_does_and_writes_nothing() {
    let world = World::new().await;
    let ctx = world.ctx();
    let permit = ctx.permit::<Specimen>(Action::Create).unwrap();
    let edits = vec![Edit::Create { id: None, set: cells(&specimen("Acme")) }];
    let mut cx = PlanCx { ctx: &ctx, permit: &permit, source: Source::Db(ctx.db()) };
    let planned = plan(&mut cx, edits).await.unwrap();
    assert!(planned.steps[0].is_change());
    assert!(names(&ctx, &by("name")).await.is_empty());
}

#[tokio::test]
async fn what_one_may_not_do_is_refused_before_anything_is_read() {
    let world = World::new().await;
    let ctx = world.app.ctx(nobody());
    for action in Action::ALL {
        assert_eq!(ctx.permit::<Specimen>(action).err(), Some(AppError::Forbidden));
    }
}

#[test]
fn what_rust_cannot_be_without_is_required() {
    let is_required = |ty: &RecordType, field: &str| ty.field(field).unwrap().1.is(Flags::REQUIRED);
    assert!(is_required(Team::TYPE, "name"));
    assert!(!is_required(User::TYPE, "full_name") && !is_required(Specimen::TYPE, "tags"));
}
