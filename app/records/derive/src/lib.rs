//! `#[derive(Record)]` and `#[derive(Choice)]`: they emit data and conversions, and know no SQL, serde or screen.

use std::{fmt::Display, str::FromStr};

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, LitInt, LitStr, parse_macro_input, spanned::Spanned};

/// Describes a struct as a record type.
///
/// `#[record(table = "…", title = "…")]` are needed; `singular`, `plural`, `icon` and `sort` have sensible defaults,
/// `pairs` names fields that one index holds together (`"sector annual_revenue"`), `was` what the table was called
/// before, `revision` is raised when the rules of its computed fields change, `shared` makes every record everybody's.
/// `#[field(…)]` takes `label`, `help`, `default`, `also` (other names of its column in files) and `was` (names it had
/// before, the latest first), the last two separated by commas, and the words `required`, `unique`, `list`, `search`,
/// `board`, `guarded`, `computed`, `sensitive`, `fixed`, `index`, `sum`, `average`, `subtitle`. A field whose Rust type
/// is never missing is required.
#[proc_macro_derive(Record, attributes(record, field))]
pub fn record(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand_record(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Describes an enum of unit variants as a choice; each variant may say `#[choice(label = "…", colour = 3)]`.
/// The stored value is the variant's name in `snake_case`.
#[proc_macro_derive(Choice, attributes(choice))]
pub fn choice(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand_choice(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Words and `key = "text"` pairs of one kind of attribute.
#[derive(Default)]
struct Attributes {
    words: Vec<Ident>,
    texts: Vec<(String, LitStr)>,
    numbers: Vec<(String, LitInt)>,
}

impl Attributes {
    fn read(
        attributes: &[Attribute],
        name: &str,
        words: &[&str],
        texts: &[&str],
        numbers: &[&str],
    ) -> syn::Result<Self> {
        let mut read = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident(name)) {
            attribute.parse_nested_meta(|meta| {
                let word = meta.path.get_ident().cloned().ok_or_else(|| meta.error("expected a word"))?;
                let text = word.to_string();
                if words.contains(&text.as_str()) {
                    read.words.push(word);
                } else if texts.contains(&text.as_str()) {
                    read.texts.push((text, meta.value()?.parse()?));
                } else if numbers.contains(&text.as_str()) {
                    read.numbers.push((text, meta.value()?.parse()?));
                } else {
                    return Err(meta.error(format!("unknown {name} attribute")));
                }
                Ok(())
            })?;
        }
        Ok(read)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.texts.iter().find(|(n, _)| n == name).map(|(_, t)| t.value())
    }

    /// The one number there may be.
    fn number<N: FromStr<Err: Display>>(&self) -> syn::Result<Option<N>> {
        self.numbers.first().map(|(_, number)| number.base10_parse()).transpose()
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|w| w == word)
    }
}

const FLAGS: [&str; 13] = [
    "required",
    "unique",
    "list",
    "search",
    "board",
    "guarded",
    "computed",
    "sensitive",
    "fixed",
    "index",
    "sum",
    "average",
    "subtitle",
];

fn expand_record(input: &DeriveInput) -> syn::Result<Tokens> {
    let name = &input.ident;
    let texts = ["table", "title", "icon", "singular", "plural", "sort", "pairs", "was"];
    let record = Attributes::read(&input.attrs, "record", &["shared"], &texts, &["revision"])?;
    let needed = |key: &str| {
        record.text(key).ok_or_else(|| syn::Error::new(name.span(), format!("#[record({key} = \"…\")] is missing")))
    };
    let (table, title) = (needed("table")?, needed("title")?);
    let singular = record.text("singular").unwrap_or_else(|| sentence(&snake(&name.to_string())));
    let plural = record.text("plural").unwrap_or_else(|| sentence(&table));
    let icon = record.text("icon").unwrap_or_else(|| "list".to_owned());
    let sort = record.text("sort").unwrap_or_else(|| title.clone());
    let was = record.text("was").unwrap_or_default();
    let revision = record.number::<i64>()?.unwrap_or(1);
    let pairs = record.text("pairs").unwrap_or_default();
    let pairs: Vec<_> = pairs.split(',').filter_map(|pair| pair.trim().split_once(' ')).collect();
    let pairs = pairs.iter().map(|(of, by)| quote!((#of, #by)));
    let scoping = if record.has("shared") { quote!(Shared) } else { quote!(Owner) };

    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(input.span(), "a record is a struct"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(syn::Error::new(data.fields.span(), "a record has named fields"));
    };
    let (mut descriptions, mut from, mut to) = (vec![], vec![], vec![]);
    for (i, field) in fields.named.iter().enumerate() {
        let (Some(id), ty) = (&field.ident, &field.ty) else { continue };
        let text = id.to_string();
        let texts = ["label", "help", "default", "also", "was"];
        let attributes = Attributes::read(&field.attrs, "field", &FLAGS, &texts, &[])?;
        let flags = attributes.words.iter().map(|w| Ident::new(&w.to_string().to_uppercase(), w.span()));
        let label = attributes.text("label").unwrap_or_else(|| sentence(&text));
        let help = attributes.text("help").unwrap_or_default();
        let default = attributes.text("default").unwrap_or_default();
        let also = attributes.text("also").unwrap_or_default();
        let was = attributes.text("was").unwrap_or_default();
        descriptions.push(quote! {
            ::records::Field {
                name: ::std::borrow::Cow::Borrowed(#text),
                label: ::std::borrow::Cow::Borrowed(#label),
                help: ::std::borrow::Cow::Borrowed(#help),
                kind: <#ty as ::records::FieldValue>::KIND,
                flags: ::records::Flags(
                    if <#ty as ::records::FieldValue>::OPTIONAL { 0 } else { ::records::Flags::REQUIRED.0 }
                    #(| ::records::Flags::#flags.0)*
                ),
                default: ::std::borrow::Cow::Borrowed(#default),
                also: ::std::borrow::Cow::Borrowed(#also),
                was: ::std::borrow::Cow::Borrowed(#was),
            }
        });
        from.push(quote! { #id: ::records::FieldValue::from_value(cells.at(#i)).map_err(|e| e.at(#text))? });
        to.push(quote! { ::records::FieldValue::to_value(&self.#id) });
    }
    if !fields.named.iter().any(|f| f.ident.as_ref().is_some_and(|i| i == &title)) {
        return Err(syn::Error::new(name.span(), format!("the title `{title}` is none of the fields")));
    }
    let count = to.len();
    Ok(quote! {
        impl ::kernel::Named for #name {
            const NAME: &'static str = #table;
        }
        impl ::records::Record for #name {
            const TYPE: &'static ::records::RecordType = &::records::RecordType {
                name: #table,
                was: #was,
                revision: #revision,
                singular: #singular,
                plural: #plural,
                icon: #icon,
                title: #title,
                sort: #sort,
                scoping: ::records::Scoping::#scoping,
                fields: {
                    const FIELDS: [::records::Field; #count] = [#(#descriptions),*];
                    &FIELDS
                },
                pairs: &[#(#pairs),*],
            };
            fn from_cells(cells: &::records::Cells) -> ::core::result::Result<Self, ::records::CellError> {
                Ok(Self { #(#from),* })
            }
            fn to_cells(&self) -> ::records::Cells {
                ::records::Cells(vec![#(#to),*])
            }
        }
    })
}

fn expand_choice(input: &DeriveInput) -> syn::Result<Tokens> {
    let name = &input.ident;
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new(input.span(), "a choice is an enum"));
    };
    let (mut options, mut variants, mut values) = (vec![], vec![], vec![]);
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(syn::Error::new(variant.span(), "an option of a choice carries nothing"));
        }
        let attributes = Attributes::read(&variant.attrs, "choice", &[], &["label"], &["colour"])?;
        let value = snake(&variant.ident.to_string());
        let label = attributes.text("label").unwrap_or_else(|| sentence(&value));
        let colour = attributes.number::<u8>()?.unwrap_or(0);
        options.push(quote! {
            ::records::ChoiceOption {
                value: ::std::borrow::Cow::Borrowed(#value),
                label: ::std::borrow::Cow::Borrowed(#label),
                colour: #colour,
            }
        });
        variants.push(variant.ident.clone());
        values.push(value);
    }
    let count = options.len();
    Ok(quote! {
        impl ::records::ChoiceValue for #name {
            const OPTIONS: &'static [::records::ChoiceOption] = {
                const OPTIONS: [::records::ChoiceOption; #count] = [#(#options),*];
                &OPTIONS
            };
            fn value(self) -> &'static str {
                match self { #(Self::#variants => #values),* }
            }
            fn parse(value: &str) -> ::core::option::Option<Self> {
                match value { #(#values => Some(Self::#variants),)* _ => None }
            }
        }
        impl ::records::FieldValue for #name {
            const KIND: ::records::Kind =
                ::records::Kind::Choice(::std::borrow::Cow::Borrowed(<Self as ::records::ChoiceValue>::OPTIONS));
            fn from_value(value: &::records::Value) -> ::core::result::Result<Self, ::records::CellError> {
                value
                    .as_text()
                    .and_then(<Self as ::records::ChoiceValue>::parse)
                    .ok_or(::records::CellError::expected("one of the options"))
            }
            fn to_value(&self) -> ::records::Value {
                ::records::Value::Text(::records::ChoiceValue::value(*self).to_owned())
            }
        }
    })
}

/// `SalesRep` to `sales_rep`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (i, c) in name.char_indices() {
        if c.is_uppercase() && i > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// `sub_industry` to `Sub industry`.
fn sentence(name: &str) -> String {
    let mut chars = name.chars().map(|c| if c == '_' { ' ' } else { c });
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}
