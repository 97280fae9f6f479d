//! Contacts.

use kernel::{EmailAddress, Id, PhoneNumber, marks::User};
use records::{Address, Choice, LongText, Record};

use crate::Company;

/// A person we do business with.
#[derive(Clone, Debug, Record)]
#[record(table = "contacts", singular = "Contact", icon = "user", title = "full_name")]
pub struct Contact {
    #[field(computed, list, search, index, label = "Name")]
    pub full_name: Option<String>,
    #[field(also = "Given name, Forename")]
    pub first_name: Option<String>,
    #[field(required, also = "Surname, Family name")]
    pub last_name: String,
    #[field(list, board, index, default = "active")]
    pub status: ContactStatus,
    #[field(list, subtitle, label = "Title", also = "Position, Role")]
    pub job_title: Option<String>,
    #[field(list, subtitle, index, also = "Account, Company name, Organisation, Organization")]
    pub company: Option<Id<Company>>,
    #[field(list, search, label = "E-mails", also = "E-mail, E-mail address, E-mail addresses")]
    pub emails: Vec<EmailAddress>,
    #[field(list, search, also = "Phone, Telephone, Phone number, Mobile")]
    pub phones: Vec<PhoneNumber>,
    #[field(list, index)]
    pub owner: Option<Id<User>>,
    pub address: Option<Address>,
    pub notes: Option<LongText>,
}

/// Whether a contact is worth a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Choice)]
pub enum ContactStatus {
    #[choice(colour = 2)]
    Active,
    #[choice(colour = 1)]
    New,
    #[choice(colour = 3)]
    OnLeave,
    Left,
}
