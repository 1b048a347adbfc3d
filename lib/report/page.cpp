#include "report/page.hpp"

#include <fmt/format.h>

#include "report/text.hpp"

namespace snitt::report {
namespace {

// Series colours: Okabe and Ito (2008), told apart by colour-blind readers; darker ones on white.
constexpr const char* style = R"(
:root { --ink: #1c2330; --soft: #5b6472; --paper: #ffffff; --panel: #f5f6f8; --rule: #d9dde3;
  --c0: #0063a6; --c1: #c04a00; --c2: #00795a; --c3: #a33f83; --c4: #8a6d00; --c5: #3f8fc4;
  --good: #00795a; --doubtful: #a35200; color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
:root { --ink: #e4e8ee; --soft: #9aa4b2; --paper: #14181f; --panel: #1c222b; --rule: #353d49;
  --c0: #56b4e9; --c1: #f08a4b; --c2: #2fc296; --c3: #de8fc4; --c4: #e6c229; --c5: #9ad1f5;
  --good: #2fc296; --doubtful: #f0a04b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 50rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; }
p { margin: 0.4rem 0; } ul { margin: 0.4rem 0; padding-left: 1.3rem; }
.verdict { font-weight: 600; font-size: 1.1rem; }
.verdict .good { color: var(--good); } .verdict .doubtful { color: var(--doubtful); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.3rem 0.7rem 0.3rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; } th { color: var(--soft); font-weight: 600; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td small { display: block; color: var(--soft); }
figure { margin: 0.8rem 0; } figcaption { color: var(--soft); font-size: 0.85rem; }
footer { margin-top: 2.5rem; padding-top: 0.6rem; border-top: 1px solid var(--rule); color: var(--soft);
  font-size: 0.85rem; overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; display: block; font-size: 12px; }
svg text { fill: var(--ink); } svg .tick { fill: var(--soft); } svg .strong { fill: var(--paper); }
svg .axis { stroke: var(--soft); } svg .grid { stroke: var(--rule); stroke-width: 0.75; }
svg .s0 { --c: var(--c0); } svg .s1 { --c: var(--c1); } svg .s2 { --c: var(--c2); }
svg .s3 { --c: var(--c3); } svg .s4 { --c: var(--c4); } svg .s5 { --c: var(--c5); }
svg .dots { stroke: var(--c); fill: none; stroke-width: 4; stroke-linecap: round; stroke-opacity: 0.55; }
svg .curve { stroke: var(--c); fill: none; stroke-width: 1.5; stroke-linejoin: round; }
svg .bar { fill: var(--c); fill-opacity: 0.6; }
svg .key { stroke: var(--c); stroke-width: 4; stroke-linecap: round; }
svg .left-out { stroke-dasharray: 3 3; opacity: 0.55; }
svg .arrow { stroke: var(--c, var(--ink)); fill: none; stroke-width: 1.4; stroke-linecap: round; }
svg .over .s0 { --c: #56b4e9; } svg .over .s1 { --c: #f5a36c; }
svg .image { fill: var(--panel); stroke: var(--rule); }
svg .band { fill: var(--c1); fill-opacity: 0.22; } svg .result { stroke: var(--c1); stroke-width: 1.5; }
svg .plus { fill: var(--c0); } svg .minus { fill: var(--c1); }
@media (max-width: 36rem) { td.number, th.number { white-space: normal; } }
@media print { body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2 { break-after: avoid; } figure, tr { break-inside: avoid; } .scroll { overflow: visible; } }
)";

}  // namespace

Page::Page(const std::string& title)
    : content_(
          fmt::format("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
                      "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, "
                      "initial-scale=1\"/>\n"
                      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
                      escaped(title), style)) {}

void Page::heading(const std::string& text) { content_ += fmt::format("<h2>{}</h2>\n", escaped(text)); }

void Page::paragraph(const std::string& text) { content_ += fmt::format("<p>{}</p>\n", escaped(text)); }

void Page::list(const std::vector<std::string>& texts) {
  content_ += "<ul>\n";
  for (const std::string& text : texts) content_ += fmt::format("<li>{}</li>\n", escaped(text));
  content_ += "</ul>\n";
}

void Page::figure(const std::string& svg, const std::string& caption) {
  content_ += fmt::format("<figure>\n{}<figcaption>{}</figcaption>\n</figure>\n", svg, escaped(caption));
}

void Page::table(const std::vector<std::string>& names, const std::vector<std::vector<std::string>>& rows,
                 const std::vector<bool>& numbers) {
  const auto cell = [&](const char* tag, std::size_t column, const std::string& text) {
    const std::size_t end = text.find('\n');
    const std::string below =
        end == std::string::npos ? "" : fmt::format("<small>{}</small>", escaped(text.substr(end + 1)));
    return fmt::format("<{0}{1}>{2}{3}</{0}>", tag, numbers[column] ? " class=\"number\"" : "",
                       escaped(text.substr(0, end)), below);
  };
  content_ += "<div class=\"scroll\"><table>\n<thead><tr>";
  for (std::size_t i = 0; i < names.size(); ++i) content_ += cell("th", i, names[i]);
  content_ += "</tr></thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : rows) {
    content_ += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) content_ += cell("td", i, row[i]);
    content_ += "</tr>\n";
  }
  content_ += "</tbody></table></div>\n";
}

void Page::verdict(const std::string& word, const std::string& more) {
  content_ += fmt::format("<p class=\"verdict\"><span class=\"{}\">{}</span>{}</p>\n",
                          word == "good" ? "good" : "doubtful", escaped(word), escaped(more));
}

void Page::footer(const std::string& text) {
  content_ += fmt::format("<footer>{}</footer>\n", escaped(text));
}

std::string Page::finish() const { return content_ + "</body>\n</html>\n"; }

}  // namespace snitt::report
