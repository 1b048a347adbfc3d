#pragma once

/// What every page has in its head. For the units of this room.
namespace snitt::report {

/// Style sheet of pages and plots.
extern const char* const page_style;
/// Sorts tables by a click on a column's name, and opens folded tables for printing. Free of < and &, so that
/// the page stays XML.
extern const char* const sorting_script;

}  // namespace snitt::report
