//! A company to look at before one's own data is there. Every name in it is made up.

use kernel::{AppError, Currency, Date, EmailAddress, Id, Money, PhoneNumber, marks::User};
use records::{
    LongText, Record, Tags,
    server::{self, Action, Ctx, Edit},
};
use uuid::Uuid;

use crate::{Company, CompanyStatus, Contact, ContactStatus};

const FIRST: [&str; 16] = [
    "Alder",
    "Birch",
    "Cobalt",
    "Delta",
    "Ember",
    "Fjord",
    "Granite",
    "Harbour",
    "Indigo",
    "Juniper",
    "Kestrel",
    "Lumen",
    "Meridian",
    "Northwind",
    "Orchard",
    "Pioneer",
];
/// The second word of a name, with the sector and the sub-industry it stands for.
const SECOND: [(&str, &str, &str); 6] = [
    ("Logistics", "Industrials", "Air Freight & Logistics"),
    ("Foods", "Consumer Staples", "Packaged Foods"),
    ("Health", "Health Care", "Health Care Services"),
    ("Software", "Information Technology", "Application Software"),
    ("Energy", "Utilities", "Renewable Electricity"),
    ("Credit Union", "Financials", "Regional Banks"),
];
const PLACES: [&str; 8] = [
    "Rotterdam, Netherlands",
    "Austin, Texas",
    "Zürich, Switzerland",
    "Leeds, United Kingdom",
    "Columbus, Ohio",
    "Porto, Portugal",
    "Toronto, Ontario",
    "Aarhus, Denmark",
];
const GIVEN: [&str; 14] = [
    "Ana", "Tomás", "Priya", "Lena", "Marcus", "Yuki", "Amara", "Jonas", "Sofia", "Daniel", "Mei", "Oskar", "Fatima",
    "Ruth",
];
const FAMILY: [&str; 13] = [
    "Sousa",
    "Lindqvist",
    "Raman",
    "Okafor",
    "Bauer",
    "Tanaka",
    "Diallo",
    "Novák",
    "Rossi",
    "Hughes",
    "Zhang",
    "Berg",
    "Haddad",
];
const TITLES: [&str; 7] = [
    "Head of procurement",
    "Finance director",
    "Operations manager",
    "Chief executive",
    "IT lead",
    "Buyer",
    "Office manager",
];

/// How many companies and contacts were made.
pub async fn load(ctx: &Ctx) -> Result<(usize, usize), AppError> {
    let owners = owners(ctx).await?;
    let companies: Vec<(Uuid, Company)> =
        (0..FIRST.len() * SECOND.len()).step_by(2).map(|n| (ctx.new_id(), company(n, &owners))).collect();
    let contacts = (0..companies.len() * 2).map(|n| (ctx.new_id(), contact(n, &companies, &owners))).collect();
    let made = (companies.len(), companies.len() * 2);
    create(ctx, companies, "Loaded the sample companies").await?;
    create(ctx, contacts, "Loaded the sample contacts").await?;
    Ok(made)
}

async fn create<R: Record>(ctx: &Ctx, records: Vec<(Uuid, R)>, title: &str) -> Result<(), AppError> {
    let permit = ctx.permit::<R>(Action::Create)?;
    let writable = |i: &usize| !R::TYPE.fields[*i].is(records::Flags::COMPUTED);
    let edits = records.into_iter().map(|(id, record)| {
        let set = record.to_cells().0.into_iter().enumerate().filter(|(i, _)| writable(i)).collect();
        Edit::Create { id: Some(id), set }
    });
    let written = server::write(ctx, &permit, edits.collect(), "sample", title).await?;
    match written.steps.iter().find_map(server::Step::error) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// The users there are, to share the records among.
async fn owners(ctx: &Ctx) -> Result<Vec<Uuid>, AppError> {
    let permit = ctx.permit_any("users", Action::View)?;
    let found = server::lookup(ctx, &permit, "", 5).await?;
    Ok(found.into_iter().map(|user| user.id).collect())
}

fn owner(n: usize, owners: &[Uuid]) -> Option<Id<User>> {
    owners.get(n % owners.len().max(1)).copied().map(Id::new)
}

fn company(n: usize, owners: &[Uuid]) -> Company {
    let first = FIRST[n % FIRST.len()];
    let (second, sector, sub_industry) = SECOND[(n / FIRST.len() + n) % SECOND.len()];
    let name = format!("{first} {second}");
    let year = 1884 + i64::try_from(n * 37 % 136).unwrap_or(0);
    let size = i64::try_from(n * n % 97 + 3).unwrap_or(3);
    Company {
        domain: Some(format!("{}.example", name.to_lowercase().replace(' ', "-"))),
        status: match n % 7 {
            0 | 1 => CompanyStatus::Prospect,
            2..=4 => CompanyStatus::Customer,
            5 => CompanyStatus::AtRisk,
            _ => CompanyStatus::Partner,
        },
        sector: Some(sector.to_owned()),
        sub_industry: Some(sub_industry.to_owned()),
        headquarters: Some(PLACES[n % PLACES.len()].to_owned()),
        annual_revenue: Some(Money { minor: size * 125_000_000 + 73_000_000, currency: Currency::USD }),
        employees: Some(size * 14 + 6),
        owner: owner(n, owners),
        // With a digit no exchange gives, so that an imported company never meets a made-up one.
        ticker: n.is_multiple_of(3).then(|| format!("{}0", first.to_uppercase())),
        cik: None,
        founded: Some(year.to_string()),
        founded_year: None,
        listed_since: n
            .is_multiple_of(3)
            .then(|| Date::new(1990 + i32::try_from(n % 34).unwrap_or(0), 3, 14))
            .flatten(),
        parent: None,
        tags: Tags(if n.is_multiple_of(5) { vec!["key account".to_owned()] } else { vec![] }),
        notes: n
            .is_multiple_of(6)
            .then(|| LongText("Prefers a call before noon. Renews in the first quarter.".to_owned())),
        name,
    }
}

fn contact(n: usize, companies: &[(Uuid, Company)], owners: &[Uuid]) -> Contact {
    let (company_id, company) = &companies[n / 2 % companies.len()];
    let (given, family) = (GIVEN[n % GIVEN.len()], FAMILY[(n + n / 13) % FAMILY.len()]);
    let mailbox: String = kernel::fold::key(&format!("{given}.{family}"));
    let domain = company.domain.clone().unwrap_or_default();
    Contact {
        full_name: None,
        first_name: Some(given.to_owned()),
        last_name: family.to_owned(),
        status: if n % 9 == 4 { ContactStatus::New } else { ContactStatus::Active },
        job_title: Some(TITLES[n % TITLES.len()].to_owned()),
        company: Some(Id::new(*company_id)),
        emails: EmailAddress::parse(&format!("{mailbox}@{domain}")).into_iter().collect(),
        phones: PhoneNumber::parse(&format!("+44 20 7946 0{:03}", n % 1000)).into_iter().collect(),
        owner: owner(n, owners),
        address: None,
        notes: None,
    }
}
