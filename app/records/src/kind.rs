//! What kinds of field there are, and how a type describes itself.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::Value;

type Text = Cow<'static, str>;

/// The kind of a field: decides how it is stored, compared, entered and shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// One line.
    Text,
    /// Several lines; neither sorted nor kept unique.
    LongText,
    Email,
    /// One telephone number in E.164.
    Phone,
    Url,
    Int,
    /// A whole number that names rather than counts, such as a year: shown without separators.
    Year,
    /// A decimal with so many digits after the point, held in its smallest unit.
    Decimal(u8),
    /// A percentage with two decimals: 12.5 % is held as 1250.
    Percent,
    Money,
    Bool,
    Date,
    DateTime,
    Choice(Cow<'static, [ChoiceOption]>),
    /// Several of the options.
    Choices(Cow<'static, [ChoiceOption]>),
    /// A record of the named type.
    Ref(Text),
    Emails,
    Phones,
    /// Free words.
    Tags,
    Address,
}

impl Kind {
    /// Whether `value` is of this kind. Null is of every kind.
    pub fn holds(&self, value: &Value) -> bool {
        matches!(
            (self, value),
            (_, Value::Null)
                | (
                    Self::Text | Self::LongText | Self::Email | Self::Phone | Self::Url | Self::Choice(_),
                    Value::Text(_)
                )
                | (Self::Int | Self::Year | Self::Decimal(_) | Self::Percent, Value::Int(_))
                | (Self::Money, Value::Money(_))
                | (Self::Bool, Value::Bool(_))
                | (Self::Date, Value::Date(_))
                | (Self::DateTime, Value::At(_))
                | (Self::Ref(_), Value::Id(_))
                | (Self::Choices(_) | Self::Emails | Self::Phones | Self::Tags, Value::List(_))
                | (Self::Address, Value::Address(_))
        )
    }

    /// Several values in one field.
    pub const fn is_many(&self) -> bool {
        matches!(self, Self::Choices(_) | Self::Emails | Self::Phones | Self::Tags)
    }

    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Year | Self::Decimal(_) | Self::Percent | Self::Money)
    }

    pub const fn is_sortable(&self) -> bool {
        !self.is_many() && !matches!(self, Self::LongText)
    }

    pub fn options(&self) -> &[ChoiceOption] {
        match self {
            Self::Choice(options) | Self::Choices(options) => options,
            _ => &[],
        }
    }

    pub fn option(&self, value: &str) -> Option<&ChoiceOption> {
        self.options().iter().find(|o| o.value == value)
    }

    pub fn target(&self) -> Option<&str> {
        if let Self::Ref(target) = self { Some(target) } else { None }
    }

    /// The icon that stands for the kind.
    pub const fn icon(&self) -> &'static str {
        match self {
            Self::Text | Self::LongText => "text",
            Self::Email | Self::Emails => "mail",
            Self::Phone | Self::Phones => "phone",
            Self::Url => "link",
            Self::Int | Self::Year | Self::Decimal(_) => "hash",
            Self::Percent => "percent",
            Self::Money => "money",
            Self::Bool => "toggle",
            Self::Date | Self::DateTime => "calendar",
            Self::Choice(_) | Self::Choices(_) | Self::Tags => "tag",
            Self::Ref(_) => "external",
            Self::Address => "home",
        }
    }
}

/// One option of a choice. The colour is an index into the palette of the design system; 0 is neutral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    pub value: Text,
    pub label: Text,
    pub colour: u8,
}

/// What is declared of a field besides its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags(pub u32);

impl Flags {
    /// A record cannot be without it.
    pub const REQUIRED: Self = Self(1);
    /// No two live records share it, compared without case and accents.
    pub const UNIQUE: Self = Self(1 << 1);
    /// A column of the list unless the viewer chose others.
    pub const LIST: Self = Self(1 << 2);
    /// Searched by the search field of the list and the palette.
    pub const SEARCH: Self = Self(1 << 3);
    /// May group a board.
    pub const BOARD: Self = Self(1 << 4);
    /// Written by the use cases of its domain alone.
    pub const GUARDED: Self = Self(1 << 5);
    /// Worked out by the rules of its type and stored.
    pub const COMPUTED: Self = Self(1 << 6);
    /// Kept out of search.
    pub const SENSITIVE: Self = Self(1 << 7);
    /// Set when the record is made and never after.
    pub const FIXED: Self = Self(1 << 8);
    /// Has an index to sort by.
    pub const INDEX: Self = Self(1 << 9);
    /// Summed at the foot of a list.
    pub const SUM: Self = Self(1 << 10);
    /// Averaged at the foot of a list.
    pub const AVERAGE: Self = Self(1 << 11);
    /// Shown beneath the title of a record.
    pub const SUBTITLE: Self = Self(1 << 12);

    pub const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }
}

/// A declared field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub name: Text,
    pub label: Text,
    pub help: Text,
    pub kind: Kind,
    pub flags: Flags,
    /// As text, as a person would enter it; empty for none.
    pub default: Text,
    /// Other names a column of a file may have for it, separated by commas. The browser has no need of them.
    #[serde(skip)]
    pub also: Text,
    /// Names it had before, by which history still knows it, separated by commas, the latest first.
    #[serde(skip)]
    pub was: Text,
}

impl Field {
    pub const fn is(&self, flag: Flags) -> bool {
        self.flags.has(flag)
    }

    /// The names it had before, the latest first.
    pub fn former_names(&self) -> impl Iterator<Item = &str> {
        self.was.split(',').map(str::trim).filter(|name| !name.is_empty())
    }
}

/// Whose a record is, which decides who sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scoping {
    /// Its owner's, and the owner's team's.
    Owner,
    /// Everybody's who may see the type at all.
    Shared,
}

/// The description of a declared type: plain data, made by the derive.
#[derive(Debug)]
pub struct RecordType {
    /// The name of its table and of its collection: `companies`.
    pub name: &'static str,
    /// What its table was called before; empty where it was never called otherwise.
    pub was: &'static str,
    /// Of the rules of its computed fields: where it was raised, they are worked out again.
    pub revision: i64,
    pub singular: &'static str,
    pub plural: &'static str,
    pub icon: &'static str,
    /// The field whose value names a record.
    pub title: &'static str,
    /// The sort of a list nobody sorted otherwise, as a query writes it: `name` or `-created_at`.
    pub sort: &'static str,
    pub scoping: Scoping,
    pub fields: &'static [Field],
    /// Fields that one index holds together: rows with a value of the first come from it in the order of the second.
    pub pairs: &'static [(&'static str, &'static str)],
}

impl RecordType {
    pub fn field(&self, name: &str) -> Option<(usize, &'static Field)> {
        self.fields.iter().enumerate().find(|(_, f)| f.name == name)
    }

    /// The field that has a name, or had it when something was written down about it.
    pub fn field_ever(&self, name: &str) -> Option<(usize, &'static Field)> {
        let former = || self.fields.iter().enumerate().find(|(_, f)| f.former_names().any(|former| former == name));
        self.field(name).or_else(former)
    }

    pub fn title_field(&self) -> usize {
        self.field(self.title).map_or(0, |(i, _)| i)
    }
}
