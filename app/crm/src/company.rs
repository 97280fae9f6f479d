//! Companies.

use kernel::{Date, Id, Money, marks::User};
use records::{Choice, LongText, Record, Tags, Year};

/// A business we deal with, or would like to.
#[derive(Clone, Debug, Record)]
#[record(table = "companies", singular = "Company", icon = "building", title = "name", pairs = "sector annual_revenue")]
pub struct Company {
    #[field(
        required,
        list,
        search,
        index,
        also = "Security, Account, Account name, Company, Company name, Organisation, Organization"
    )]
    pub name: String,
    #[field(list, board, index, default = "prospect")]
    pub status: CompanyStatus,
    #[field(list, index, subtitle, also = "GICS sector, Industry")]
    pub sector: Option<String>,
    #[field(label = "Sub-industry", index, also = "GICS sub-industry")]
    pub sub_industry: Option<String>,
    #[field(list, subtitle, index, also = "Headquarters location, Office location, Location")]
    pub headquarters: Option<String>,
    #[field(list, index, sum, also = "Revenue")]
    pub annual_revenue: Option<Money>,
    #[field(list, index, average, also = "Number of employees, Headcount")]
    pub employees: Option<i64>,
    #[field(list, index, also = "Sales agent, Account owner")]
    pub owner: Option<Id<User>>,
    #[field(search, index, also = "Symbol, Ticker symbol")]
    pub ticker: Option<String>,
    #[field(
        label = "CIK",
        help = "Its number at the U.S. Securities and Exchange Commission",
        index,
        also = "CIK number"
    )]
    pub cik: Option<String>,
    #[field(unique, search, help = "Its domain on the web, such as example.com", also = "Website, Web site, URL")]
    pub domain: Option<String>,
    #[field(help = "As the source says it, such as 2013 (1888)", also = "Year established, Established")]
    pub founded: Option<String>,
    #[field(computed, index, label = "Year founded")]
    pub founded_year: Option<Year>,
    #[field(index, also = "Date added, Date first added")]
    pub listed_since: Option<Date>,
    #[field(index, label = "Parent company", also = "Subsidiary of")]
    pub parent: Option<Id<Company>>,
    pub tags: Tags,
    pub notes: Option<LongText>,
}

/// Where we stand with a company.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum CompanyStatus {
    #[choice(colour = 1)]
    Prospect,
    #[choice(colour = 2)]
    Customer,
    #[choice(colour = 3)]
    AtRisk,
    #[choice(colour = 5)]
    Partner,
    Former,
}

/// The year a company was founded: the first four digits in a row in what its source says, when they are a year.
pub fn founded_year(founded: &str) -> Option<i64> {
    let runs = founded.split(|c: char| !c.is_ascii_digit());
    let year = runs.into_iter().find(|run| run.len() == 4)?;
    year.parse().ok().filter(|y| (1000..=2999).contains(y))
}

/// A domain without scheme, `www.`, path and capitals. `None` where no domain is left.
pub fn normal_domain(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let host = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next()?;
    let host = host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.');
    let is_label = |l: &str| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-');
    (host.contains('.') && host.split('.').all(is_label)).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_the_first_one_named() {
        for (founded, year) in [
            ("1902", Some(1902)),
            ("2013 (1888)", Some(2013)),
            ("1881/1894 (1980)", Some(1881)),
            ("2019 (L3 1997, Harris 1895)", Some(2019)),
            ("unknown", None),
            ("19020", None),
        ] {
            assert_eq!(founded_year(founded), year, "{founded}");
        }
    }

    #[test]
    fn a_domain_is_kept_in_one_form() {
        assert_eq!(normal_domain(" https://www.Example.com/about?x=1 ").as_deref(), Some("example.com"));
        assert_eq!(normal_domain("shop.example.co.uk").as_deref(), Some("shop.example.co.uk"));
        assert_eq!(normal_domain("not a domain"), None);
        assert_eq!(normal_domain("localhost"), None);
    }
}
