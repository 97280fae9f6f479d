//! The design system: components that know no record and no domain.
//!
//! Every component is re-exported here. Looks live in `style/`, one file per component; a component only sets classes, `aria-*` and
//! `data-*`. Ids are given by the caller, so server and browser agree on them. Nothing here reads a clock, a locale or chance.
//! `Gallery` shows everything.
//!
//! # On `<html>`
//!
//! `data-theme` is `light`, `dark` or absent (the system's), `data-density` is `compact`, `comfortable` or absent.
//!
//! # Layout classes
//!
//! | place | classes |
//! | --- | --- |
//! | shell | `.shell` holds `Sidebar`, then `main.panel#main`; `.skip-link` before it |
//! | any screen | `.screen` holds `TopBar`, bars and `.screen-body` (`.flush` without padding); `.screen-narrow` for 720 px |
//! | list | `.screen`: `TopBar`, `.view-bar`, `.filter-bar`, `TableScroll` with `table.data-table`, `TableFoot`; `BulkBar` and `SidePeek` inside `.screen` |
//! | table rows | `tr[aria-selected][data-active=true]`, `td.num`, `td[data-edit]`; `table[data-phone=cards]` with `td[data-label]` |
//! | board | `.board` › `.board-column[data-state=over]` › `.board-head` (`.count`, `.board-sum`), `.board-cards` › `.board-card[data-kind=warn]` › `.board-card-foot` (`.amount`) |
//! | record | `.record` › `.record-head`, `.record-columns` › `.record-main`, `.record-side`; `.record-section` with a heading |
//! | form | `form.form` › `.form-grid` (`.wide` spans it), `.form-actions` |
//! | home | `.home.grid-12` with `Card` and `KeyFigure` of class `span-3` to `span-12` |
//! | import | `table.mapping` (`.sample`, `tr[data-state=ignored]`), `.import-totals` |
//! | signing in | `.auth` › `.auth-card` › `.auth-brand`, `h1`, `.auth-form` |
//! | errors | `.error-page` › `h1`, `p`, a button |
//! | pieces | `.stack` and `.row` (`data-gap=small`, `large`; `data-align=end`, `between`), `.spacer`, `.grow`, `.plain-list`, `.title` |
//! | words | `.link`, `.num`, `.quiet`, `.muted`, `.meta`, `.strong`, `.mono`, `.truncate`, `.warn-text`, `.visually-hidden`, `.not-on-phone` |

mod avatar;
mod banner;
mod button;
mod card;
mod chart;
mod choice;
mod combobox;
mod dialog;
pub mod dom;
mod field;
mod flow;
mod gallery;
mod icon;
mod input;
mod list_bars;
mod menu;
mod multi_input;
mod nav;
mod palette;
mod peek;
mod progress;
mod table;
mod tabs;
mod tag;
mod toast;
mod value_input;

pub use avatar::*;
pub use banner::*;
pub use button::*;
pub use card::*;
pub use chart::*;
pub use choice::*;
pub use combobox::*;
pub use dialog::*;
pub use field::*;
pub use flow::*;
pub use gallery::Gallery;
pub use icon::*;
pub use input::*;
pub use list_bars::*;
pub use menu::*;
pub use multi_input::*;
pub use nav::*;
pub use palette::*;
pub use peek::*;
pub use progress::*;
pub use table::*;
pub use tabs::*;
pub use tag::*;
pub use toast::*;
pub use value_input::*;
