//! Rows and the records they are about.

use crm::{Company, Contact};
use records::Address;
use transfer::{
    import::{Mapping, Mode, OnError, ProblemKind, Status},
    server::import::{self, Aim},
};

use super::world::{World, settings};

const BEFORE: &str = "name,ticker,sector\nAcme,ACM,Tools\nBolt,BLT,Tools\n";
const AFTER: &str = "name,ticker,sector\nAcme Corp,acm,Tools\nBolt,BLT,\nCog,COG,Gears\n";

#[tokio::test]
async fn rows_update_what_they_match_and_create_the_rest() {
    let world = World::new().await;
    world.import("companies", BEFORE, None).await;
    let (done, problems) =
        world.check_and_run("companies", AFTER, import::settings(Mapping::new(), Some("ticker".into()), None)).await;
    assert_eq!(problems, []);
    let counts = done.counts;
    // An empty cell leaves what is there, so that Bolt stays as it is.
    assert_eq!((counts.created, counts.updated, counts.unchanged), (1, 1, 1));
    let first = &done.differences[0];
    let ticker = ("Ticker".to_owned(), "ACM".to_owned(), "acm".to_owned());
    let name = ("Name".to_owned(), "Acme".to_owned(), "Acme Corp".to_owned());
    assert_eq!((first.row, first.is_new, first.fields.clone()), (2, false, vec![name, ticker]));
    let undone = world.undo(done.id).await.unwrap();
    assert_eq!(undone.status, Status::Undone);
    let all = world.all::<Company>().await;
    assert_eq!(all.keys().collect::<Vec<_>>(), ["Acme", "Bolt"]);
}

#[tokio::test]
async fn the_mode_decides_what_happens_to_the_others_and_says_so() {
    for (mode, created, updated, skipped) in [(Mode::Create, 1, 0, 2), (Mode::Update, 0, 1, 1)] {
        let world = World::new().await;
        world.import("companies", BEFORE, None).await;
        let wanted = settings("{}", Some("ticker"), mode, OnError::SkipRow);
        let (done, problems) = world.check_and_run("companies", AFTER, wanted).await;
        assert_eq!((done.counts.created, done.counts.updated, done.counts.skipped), (created, updated, skipped));
        let listed = problems.iter().filter(|p| p.kind == ProblemKind::Skipped).count();
        assert_eq!(i64::try_from(listed).unwrap(), skipped);
    }
}

#[tokio::test]
async fn rows_about_the_same_record_and_records_alike_are_reported() {
    let world = World::new().await;
    world.import("companies", "name,ticker\nTwin,T1\nTwin,T2\nOne,T3\n", None).await;
    let csv = "name,sector\ntwin,a\nOne,b\nÓNE,c\n,d\n";
    let wanted = settings("{}", Some("name"), Mode::Both, OnError::SkipRow);
    let id = world.bring("companies", "a.csv", csv.as_bytes()).await.unwrap().id;
    let done = world.work(id, wanted, Aim::Run).await.unwrap();
    assert_eq!((done.counts.updated, done.counts.failed), (1, 3));
    let told: Vec<_> = world.problems(id).await.into_iter().map(|p| (p.row, p.message)).collect();
    assert_eq!(told[0], (2, "2 companies have this Name.".to_owned()));
    assert_eq!(told[1], (4, "Row 3 has the same Name: it would be about the same record.".to_owned()));
    assert_eq!(told[2], (5, "Rows are matched on Name, and this cell is empty.".to_owned()));
}

#[tokio::test]
async fn unique_values_twice_in_a_file_are_found_by_the_check_too() {
    let world = World::new().await;
    let csv = "name,domain\nA,a.example\nB,www.a.example\n";
    let wanted = settings("{}", None, Mode::Create, OnError::SkipCell);
    let id = world.bring("companies", "a.csv", csv.as_bytes()).await.unwrap().id;
    let checked = world.work(id, wanted.clone(), Aim::Check).await.unwrap();
    assert_eq!((checked.counts.created, checked.counts.errors), (2, 1));
    let done = world.work(id, wanted, Aim::Run).await.unwrap();
    assert_eq!((done.counts.created, done.counts.errors), (2, 1));
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_with_what_is_wrong() {
    let world = World::new().await;
    let csv = "name,listed,revenue\nA,01/02/2020,1\n";
    for (mapping, match_on, field, words) in [
        (r#"{"nme": "name"}"#, None, "mapping", "no column nme"),
        (r#"{"name": "nome"}"#, None, "mapping", "no field `nome`"),
        (r#"{"name": "founded_year"}"#, None, "mapping", "cannot be imported"),
        (r#"{"listed": "name"}"#, None, "mapping", "both go into Name"),
        (r#"{"listed": "listed_since"}"#, None, "mapping", "month first or the day first"),
        (r#"{"listed": {"field": "sector", "multiply": 1000}}"#, None, "mapping", "only numbers"),
        (r#"{"revenue": {"field": "annual_revenue", "currency": "dollars"}}"#, None, "mapping", "three letters"),
        ("{}", Some("ticker"), "match_on", "No column goes into `ticker`"),
        ("{}", Some("annual_revenue"), "match_on", "cannot be told apart"),
    ] {
        let id = world.bring("companies", "a.csv", csv.as_bytes()).await.unwrap().id;
        let mode = if match_on.is_some() { Mode::Both } else { Mode::Create };
        let mut wanted = settings(mapping, match_on, mode, OnError::SkipRow);
        if mapping.contains("\"listed\": \"name\"") {
            wanted.mapping.insert("name".into(), Some(transfer::import::Match::to("name")));
        }
        let Err(kernel::AppError::Invalid(errors)) = world.work(id, wanted, Aim::Run).await else {
            panic!("{mapping} was taken")
        };
        assert!(errors.0[field].iter().any(|m| m.contains(words)), "{errors:?}");
    }
}

#[tokio::test]
async fn contacts_are_found_by_any_of_their_addresses_and_name_their_company() {
    let world = World::new().await;
    world.import("companies", "name\nAcme Corporation\n", None).await;
    let csv = "First name,Last name,E-mail,Company,Phone\n\
               Ana,Lima,ana@acme.example; lima@acme.example,ACME corporation,+44 20 7946 0958\n\
               Bo,Ek,bo@acme.example,Nowhere Ltd,\n";
    let wanted = settings("{}", Some("emails"), Mode::Both, OnError::SkipRow);
    let (done, problems) = world.check_and_run("contacts", csv, wanted.clone()).await;
    assert_eq!((done.counts.created, done.counts.failed), (1, 1));
    assert_eq!(problems[0].message, "There is no company called Nowhere Ltd.");
    let all = world.all::<Contact>().await;
    let acme = world.all::<Company>().await["Acme Corporation"].0.id;
    assert_eq!(all["Ana Lima"].1.company.map(kernel::Id::uuid), Some(acme));
    // By her second address, in other letters.
    let again = "First name,Last name,E-mail\nAnna,Lima,LIMA@acme.example\n";
    let (again, _) = world.check_and_run("contacts", again, wanted).await;
    assert_eq!((again.counts.created, again.counts.updated), (0, 1));
}

#[tokio::test]
async fn a_file_that_knows_a_part_of_an_address_leaves_the_others() {
    let world = World::new().await;
    let wanted = settings("{}", Some("emails"), Mode::Both, OnError::SkipRow);
    let csv = "Last name,E-mail,Address street,Address city,Address region\n\
               Lima,ana@acme.example,1 Main Street,Springfield,Ohio\n\
               Ek,bo@acme.example,,,\n";
    world.check_and_run("contacts", csv, wanted.clone()).await;
    let csv = "E-mail,Address city,Address region,Address country\n\
               ana@acme.example,Shelbyville,,US\n\
               bo@acme.example,Oslo,,NO\n";
    let (done, problems) = world.check_and_run("contacts", csv, wanted.clone()).await;
    assert_eq!((done.counts.updated, problems.len()), (2, 0), "{problems:?}");
    let all = world.all::<Contact>().await;
    let address = |name: &str| {
        let address = all[name].1.address.clone().unwrap();
        Address::PARTS.map(|(part, _)| address.part(part).to_owned())
    };
    assert_eq!(address("Lima"), ["1 Main Street", "Shelbyville", "", "", "US"]);
    assert_eq!(address("Ek"), ["", "Oslo", "", "", "NO"]);
    // The same again changes nothing.
    let (again, _) = world.check_and_run("contacts", csv, wanted).await;
    assert_eq!((again.counts.updated, again.counts.unchanged), (0, 2));
}
