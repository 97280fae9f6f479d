//! What people send besides clean UTF-8 with commas.

use crm::Company;
use kernel::AppError;
use records::server::{Action, Grants, Reach};
use transfer::{
    import::{Mapping, Mode, OnError, ProblemKind, Settings},
    server::import::{self, Aim},
};

use super::world::{World, settings};

const NAMES: &str = "name,headquarters\nZoë & Söhne,Zürich\n";

async fn imported(bytes: &[u8]) -> (String, String, Option<String>) {
    let world = World::new().await;
    let info = world.bring("companies", "file.csv", bytes).await.unwrap();
    let found = (info.encoding.clone(), info.delimiter.clone());
    let settings = Settings { match_on: None, mode: Mode::Create, ..info.settings };
    let done = world.work(info.id, settings, Aim::Run).await.unwrap();
    assert_eq!((done.counts.created, done.counts.failed), (1, 0), "{:?}", world.problems(info.id).await);
    let all = world.all::<Company>().await;
    let (_, company) = &all["Zoë & Söhne"];
    (found.0, found.1, company.headquarters.clone())
}

#[tokio::test]
async fn encodings_are_found_out() {
    let utf16 = |little: bool, mark: bool| {
        let mark = if mark { "\u{feff}" } else { "" };
        let units = format!("{mark}{NAMES}").encode_utf16().collect::<Vec<_>>();
        units.into_iter().flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect::<Vec<u8>>()
    };
    let latin: Vec<u8> = NAMES.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for (bytes, encoding) in [
        (NAMES.as_bytes().to_vec(), "UTF-8"),
        (format!("\u{feff}{NAMES}").into_bytes(), "UTF-8"),
        (utf16(true, true), "UTF-16LE"),
        (utf16(false, true), "UTF-16BE"),
        (utf16(true, false), "UTF-16LE"),
        (latin, "windows-1252"),
    ] {
        let (found, _, place) = imported(&bytes).await;
        assert_eq!((found.as_str(), place.as_deref()), (encoding, Some("Zürich")));
    }
}

#[tokio::test]
async fn delimiters_are_found_out() {
    for delimiter in [",", ";", "\t", "|"] {
        let (_, found, place) = imported(NAMES.replace(',', delimiter).as_bytes()).await;
        assert_eq!((found.as_str(), place.as_deref()), (delimiter, Some("Zürich")));
    }
}

#[tokio::test]
async fn what_is_no_csv_is_refused_before_anything_is_kept() {
    let world = World::new().await;
    let mut binary = vec![0_u8; 500];
    binary.extend((0..=255).cycle().take(5_000));
    let mut broken = vec![0xff, 0xfe];
    broken.extend("name\n".encode_utf16().flat_map(u16::to_le_bytes));
    broken.extend([0x00, 0xd8, 0x0a, 0x00]);
    let endless = format!("name\n\"{}", "x\n".repeat(20)) + &"y".repeat(900_000);
    let cases: Vec<(Vec<u8>, u16, &str)> = vec![
        (b"\x89PNG\r\n\x1a\n0000".to_vec(), 415, "PNG"),
        (b"PK\x03\x04zzzz".to_vec(), 415, "Excel"),
        (b"\xd0\xcf\x11\xe0zzzz".to_vec(), 415, "Excel"),
        (binary, 415, "not a text file"),
        (vec![], 422, "empty"),
        (b"\xef\xbb\xbf".to_vec(), 422, "empty"),
        (b"\n\n\n".to_vec(), 422, "empty"),
        (b"name,sector\n".to_vec(), 422, "no rows"),
        (b"na\0me\nx\n".to_vec(), 422, "NUL"),
        (broken, 422, "UTF-16LE"),
        (vec![b'x'; 2 << 20], 413, "1 MB"),
    ];
    for (bytes, status, words) in cases {
        let error = world.bring("companies", "companies.csv", &bytes).await.unwrap_err();
        assert_eq!(error.status(), status, "{error:?}");
        let text = format!("{error:?}");
        assert!(text.contains(words), "{text}");
        assert_eq!(std::fs::read_dir(world.folder.join("spool")).unwrap().count(), 0, "{text}");
        assert_eq!(world.files().await, 0, "{text}");
    }
    // A quotation mark that is never closed makes one huge cell, which is told as such.
    let info = world.bring("companies", "a.csv", endless.as_bytes()).await.unwrap();
    let done = world.work(info.id, info.settings, Aim::Run).await.unwrap();
    assert_eq!((done.counts.created, done.counts.failed), (0, 1));
    assert!(world.problems(info.id).await[0].value.chars().count() <= 201);
    assert_eq!(world.all::<Company>().await.len(), 0);
}

#[tokio::test]
async fn rows_that_do_not_fit_the_heading_are_reported_one_by_one() {
    let world = World::new().await;
    let csv = "name,sector\nA,x\nB\n\nC,x,y\n\"D\nd\",x\n,\n\"E\",\"a \"\"quoted\"\" sector\"\n";
    let (done, problems) = world.check_and_run("companies", csv, import::settings(Mapping::new(), None, None)).await;
    let counts = done.counts;
    assert_eq!((counts.total, counts.created, counts.failed, counts.skipped), (6, 3, 2, 1));
    let told: Vec<_> = problems.iter().map(|p| (p.kind, p.row, p.column.as_str(), p.message.as_str())).collect();
    let expected = [
        // The empty line counts, as a spreadsheet counts it.
        (ProblemKind::Error, 5, "", "This row has 3 cells, the heading has 2."),
        (ProblemKind::Error, 6, "name", "This has line breaks or tabs, and the field is of one line."),
        (ProblemKind::Skipped, 7, "", "This row is empty."),
    ];
    assert_eq!(told, expected);
    assert_eq!(world.all::<Company>().await["E"].1.sector.as_deref(), Some("a \"quoted\" sector"));
    // What the second row leaves out at its end is empty.
    assert_eq!(world.all::<Company>().await["B"].1.sector, None);
    let warned = [
        "1 row has more cells than the heading. They will be reported, not imported.",
        "1 row has fewer cells than the heading. Those missing are taken as empty.",
    ];
    assert_eq!(done.warnings, warned);
}

#[tokio::test]
async fn headings_that_repeat_are_told_and_kept_apart() {
    let world = World::new().await;
    let csv = "name,Sector,,sector\nA,x,y,z\n";
    let info = world.bring("companies", "a.csv", "name,name,\nA,B,C\n".as_bytes()).await.unwrap();
    let names: Vec<_> = info.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["name", "name (2)", "Column 3"]);
    assert!(info.warnings[0].contains("name"));
    assert!(matches!(import::complete(&world.ctx, info.id, Mapping::new()).await, Err(AppError::Invalid(_))));
    // Two columns that fit one field: the first has it, and nobody decides for the second.
    let info = world.bring("companies", "a.csv", csv.as_bytes()).await.unwrap();
    assert_eq!(info.settings.mapping["sector"], None);
}

#[tokio::test]
async fn cells_that_look_like_code_are_text_and_guarded_formulas_come_back() {
    let world = World::new().await;
    let csv =
        "name,sector,notes\n=1+1,<b>bold</b>,\"two\nlines\"\n'=1+2,'; drop table companies; --,'+49\n'quoted',-5,@x\n";
    let done = world.import("companies", csv, None).await;
    assert_eq!((done.counts.created, done.counts.failed), (3, 0));
    let all = world.all::<Company>().await;
    assert_eq!(all["=1+1"].1.sector.as_deref(), Some("<b>bold</b>"));
    assert_eq!(all["=1+1"].1.notes.as_ref().map(|n| n.0.as_str()), Some("two\nlines"));
    assert_eq!(all["=1+2"].1.sector.as_deref(), Some("'; drop table companies; --"));
    assert_eq!(all["=1+2"].1.notes.as_ref().map(|n| n.0.as_str()), Some("+49"));
    assert!(all.contains_key("'quoted'"));
}

#[tokio::test]
async fn cells_that_do_not_fit_are_listed_and_nothing_is_made_to_fit() {
    let csv = "name,annual revenue,employees,Date added,domain,status,owner\n\
               A,12 dollars,1.5,2020-02-30,not a domain,wizard,nobody@example.com\n\
               B,\"1,234.50\",7,2020-02-29,www.b.example,At risk,ANA@example.com\n\
               A\0C,,,,,,\n";
    let world = World::new().await;
    let (done, problems) = world.check_and_run("companies", csv, import::settings(Mapping::new(), None, None)).await;
    assert_eq!((done.counts.created, done.counts.failed), (1, 2));
    let of = |row: i64| problems.iter().filter(|p| p.row == row).map(|p| p.column.as_str()).collect::<Vec<_>>();
    // What the rules of a type object to is only asked where everything else fits.
    assert_eq!(of(2), ["annual revenue", "employees", "Date added", "status", "owner"]);
    assert_eq!(of(4), ["name"]);
    let all = world.all::<Company>().await;
    let (row, b) = &all["B"];
    assert_eq!(b.annual_revenue.unwrap().minor, 123_450);
    assert_eq!((b.domain.as_deref(), b.status), (Some("b.example"), crm::CompanyStatus::AtRisk));
    assert_eq!(row.meta.owner, world.ctx.actor.user);
    drop(all);

    let world = World::new().await;
    let without = settings("{}", None, Mode::Create, OnError::SkipCell);
    let (done, problems) = world.check_and_run("companies", csv, without).await;
    assert_eq!((done.counts.created, done.counts.failed), (2, 1));
    let of = |row: i64| problems.iter().filter(|p| p.row == row).map(|p| p.column.as_str()).collect::<Vec<_>>();
    assert_eq!(of(2), ["annual revenue", "employees", "Date added", "status", "owner", "domain"]);
    let all = world.all::<Company>().await;
    let a = &all["A"].1;
    assert_eq!((a.annual_revenue, a.employees, a.listed_since, a.domain.clone()), (None, None, None, None));
}

#[tokio::test]
async fn who_may_not_import_learns_nothing_and_leaves_nothing() {
    let only_views = Grants::default().allow("companies", Action::View, Reach::All);
    let world = World::with(only_views.clone()).await;
    let refusal = |error: AppError| error.status();
    assert_eq!(world.bring("companies", "a.csv", NAMES.as_bytes()).await.map_err(refusal).unwrap_err(), 403);
    assert_eq!(world.bring("contacts", "a.csv", NAMES.as_bytes()).await.map_err(refusal).unwrap_err(), 404);
    assert_eq!(world.bring("nothing", "a.csv", NAMES.as_bytes()).await.map_err(refusal).unwrap_err(), 404);

    let creates =
        only_views.allow("companies", Action::Import, Reach::All).allow("companies", Action::Create, Reach::Own);
    let world = World::with(creates).await;
    let id = world.bring("companies", "a.csv", NAMES.as_bytes()).await.unwrap().id;
    let both = settings("{}", Some("name"), Mode::Both, OnError::SkipRow);
    assert_eq!(world.work(id, both, Aim::Run).await.map_err(refusal).unwrap_err(), 403);
    let stranger = world.app.ctx(records::server::testing::actor(
        uuid::Uuid::from_u128(8),
        None,
        Grants::default().allow("companies", Action::Import, Reach::All),
    ));
    assert_eq!(import::open(&stranger, id).await.map_err(refusal).unwrap_err(), 404);
    assert_eq!(import::undo(&stranger, id).await.map_err(refusal).unwrap_err(), 404);
}

#[tokio::test]
async fn what_spreadsheets_add_is_understood() {
    let world = World::new().await;
    // Excel names the delimiter before the heading; an empty column at the end has no heading.
    let csv = "sep=;\nname;employees;listed_since\nA;2,000;2017-03-01 00:00:00;\nB;1'000;01.02.2017 0:00;;\nC;1;2;3\n";
    let info = world.bring("companies", "file.csv", csv.as_bytes()).await.unwrap();
    assert_eq!((info.delimiter.as_str(), info.columns[0].name.as_str()), (";", "name"));
    assert!(info.warnings[0].starts_with("1 row has more cells"), "{:?}", info.warnings);
    let json = r#"{"name": "name", "employees": {"field": "employees", "decimal_comma": false},
        "listed_since": {"field": "listed_since", "date": "iso"}}"#;
    let done = world.work(info.id, settings(json, None, Mode::Create, OnError::SkipCell), Aim::Run).await.unwrap();
    assert_eq!((done.counts.created, done.counts.failed), (2, 1));
    let problems = world.problems(info.id).await;
    // Rows are counted as the spreadsheet counts them, the first line with them.
    assert_eq!(problems.iter().map(|p| p.row).collect::<Vec<_>>(), [4, 5]);
    assert_eq!(problems[1].message, "This row has 4 cells, the heading has 3.");
    let all = world.all::<Company>().await;
    assert_eq!((all["A"].1.employees, all["B"].1.employees), (Some(2_000), Some(1_000)));
    assert_eq!(all["A"].1.listed_since, kernel::Date::new(2017, 3, 1));
}

#[tokio::test]
async fn numbers_that_could_be_two_are_reported_until_somebody_says_which() {
    let world = World::new().await;
    let csv = "name,employees\nA,2.000\nB,15.000\nC,7\n";
    let (done, problems) = world.check_and_run("companies", csv, import::settings(Mapping::new(), None, None)).await;
    assert_eq!((done.counts.created, done.counts.failed), (1, 2));
    assert_eq!(problems[0].message, "This could be 2 or 2000: say how the column writes decimals.");
    let said = r#"{"name": "name", "employees": {"field": "employees", "decimal_comma": true}}"#;
    let settings = settings(said, None, Mode::Create, OnError::SkipRow);
    let (done, _) = world.check_and_run("companies", &csv.replace("C,7", "D,8"), settings).await;
    assert_eq!((done.counts.created, world.all::<Company>().await["B"].1.employees), (3, Some(15_000)));
}

#[tokio::test]
async fn a_heading_that_begins_like_a_repeated_one_is_its_own() {
    let world = World::new().await;
    let info = world.bring("companies", "a.csv", b"Sector,Sector,Sector name\nA,B,C\n").await.unwrap();
    assert_eq!(info.columns.iter().map(|c| c.is_repeated).collect::<Vec<_>>(), [false, true, false]);
}

#[tokio::test]
async fn a_row_of_nothing_but_delimiters_is_refused_before_it_fills_the_memory() {
    let world = World::new().await;
    for (csv, words) in [
        (",".repeat(900_000), "at most 500"),
        (format!("name\n{}\n", ",".repeat(900_000)), "Row 2 has 900001 cells"),
        (format!("name\n{}\n", ",".repeat(1_100_000)), "more than a million cells"),
    ] {
        let error = world.bring("companies", "a.csv", csv.as_bytes()).await.unwrap_err();
        assert!(error.status() == 413 || format!("{error:?}").contains(words), "{error:?}");
    }
}
