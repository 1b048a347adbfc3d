#include "report/report_page.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "report/data_table.hpp"
#include "report/findings.hpp"
#include "report/page.hpp"
#include "report/transform_text.hpp"
#include "store/history.hpp"

namespace snitt::report {
namespace {

constexpr const char* attention = "attention";  // name of the heading that remarks stand under

/// "snitt-benchmark 0.1.0" and the time of its run, from a story.
std::pair<std::string, std::string> origin_of(const std::string& provenance) {
  const nlohmann::json story = nlohmann::json::parse(provenance, nullptr, false);
  if (!story.is_object()) return {};
  const auto text = [&](const char* key) {
    return story.contains(key) && story[key].is_string() ? story[key].get<std::string>() : "";
  };
  return {text("tool") + " " + text("version"), text("created")};
}

void add_summary(const CalibrationRecord& record, Page& page) {
  const Wording& w = page.wording();
  std::vector<std::vector<std::string>> rows;
  for (const Quantity& q : record.summary) {
    const std::string unit = unit_text(q.units);
    rows.push_back({w.column_in(q.name, q.units) + (q.description.empty() ? "" : "\n" + q.description),
                    w.interval(q.value, q.low, q.high) + (unit.empty() ? "" : " " + unit)});
  }
  if (rows.empty()) return;
  constexpr std::size_t many = 24;
  if (rows.size() > many) page.fold(w.say("What was found: {} quantities", rows.size()));
  page.table({w("quantity"), w("value (95 % confidence interval)")}, rows, {false, true});
  if (rows.size() > many) page.end_fold();
}

void add_figures(const Figures& figures, Page& page) {
  std::string heading;
  for (const Figure& figure : figures) {
    if (figure.heading != heading && !figure.heading.empty()) page.subheading(figure.heading);
    heading = figure.heading;
    page.figure(figure.svg, figure.caption);
  }
}

void add_tables(const ReportInput& input, std::size_t most_rows, Page& page) {
  const Wording& w = page.wording();
  const auto tables = tables_of(input, w);
  if (tables.size() > 1) page.subheading(w("Tables"));
  const bool findings = input.record && is_check_of_records(*input.record);
  const bool times = input.record && input.record->method == "turnaround";
  const std::string own_name = input.name.substr(0, input.name.rfind('.'));
  std::string empty;
  for (const auto& [name, table] : tables) {
    if (name == "summary" && input.record) continue;  // stands above
    if (table.rows() == 0) {
      empty += (empty.empty() ? "" : ", ") + name;
      continue;
    }
    DataTable view;
    view.name = name;
    view.most_rows = most_rows;
    constexpr std::size_t readable = 60;
    if (times && name == own_name) view.fold_from = readable;  // the result itself
    if (findings && name == own_name) view.fold_from = 1;      // told above
    add_table(table, view, page);
  }
  if (!empty.empty()) page.note(w.say("Tables without rows: {}.", empty));
}

void add_input(const ReportInput& input, std::size_t most_rows, Page& page) {
  const Wording& w = page.wording();
  if (!input.refused.empty()) return page.paragraph(input.refused);
  if (input.record) {
    page.verdict(input.record->verdict, w.say(", found by {}", w(input.record->method)));
    if (input.record->verdict != "good")
      page.link(w("Why: see what needs your attention"), attention);
    else if (!input.record->reasons.empty())
      page.list(input.record->reasons);
    if (input.table && is_check_of_records(*input.record)) add_findings(*input.table, most_rows, page);
    add_summary(*input.record, page);
  }
  if (input.transform) add_transform(*input.transform, page);
  if (!input.png.empty()) page.picture(input.png, input.name);
  add_figures(figures_of(input, w), page);
  add_tables(input, most_rows, page);
}

/// The commands that make a file again; nothing for a foreign file.
void add_history(const ReportInput& input, Page& page) {
  const Wording& w = page.wording();
  if (input.provenance.empty()) return;
  store::History history;
  try {
    history = store::history_from(input.provenance);
  } catch (const Error& e) {
    return page.note(w.say("{}: its history cannot be read: {}", input.name, e.what()));
  }
  std::vector<std::string> lines;
  for (const store::HistoryInput& one : history.inputs)
    lines.push_back("# " + one.placeholder + " has SHA-256 " + one.sha256);
  lines.insert(lines.end(), history.commands.begin(), history.commands.end());
  page.fold(w.say("Commands that make {} again", input.name));
  page.code(lines);
  page.end_fold();
}

void add_provenance(const ReportContent& content, Page& page) {
  const Wording& w = page.wording();
  page.heading(w("Where everything came from"));
  std::vector<std::vector<std::string>> rows;
  for (const ReportInput& input : content.inputs) {
    const auto [tool, created] = origin_of(input.provenance);
    rows.push_back({input.name + (input.sha256.empty() ? "" : "\nSHA-256 " + input.sha256),
                    tool.empty() ? "\u2013" : tool, created});
  }
  page.table({w("file"), w("made by"), w("at")}, rows, {false, false, false});
  for (const ReportInput& input : content.inputs) add_history(input, page);
}

}  // namespace

std::string report_page(const ReportContent& content, const Wording& w) {
  Page page(content.title, w);
  const auto inputs = static_cast<double>(content.inputs.size());
  page.note(w.say(content.inputs.size() == 1 ? "{}, {}, one file" : "{}, {}, {} files",
                  w.date(content.created), content.made_by, w.number(inputs)));
  const auto heading = [&](const ReportInput& input) {
    return fmt::format("{} ({})", title_of(input, w), input.name);
  };
  const auto id = [](std::size_t i) { return fmt::format("input-{}", i + 1); };
  std::vector<Page::Remark> remarks;
  for (std::size_t i = 0; i < content.inputs.size(); ++i)
    if (std::vector<std::string> texts = remarks_of(content.inputs[i], w); !texts.empty())
      remarks.push_back({heading(content.inputs[i]), id(i), std::move(texts)});
  page.heading(w("What needs your attention"), attention);
  page.remarks(remarks);
  page.contents();
  for (std::size_t i = 0; i < content.inputs.size(); ++i) {
    page.heading(heading(content.inputs[i]), id(i));
    add_input(content.inputs[i], content.most_rows, page);
  }
  add_provenance(content, page);
  page.footer(w.say("Made by {}. This page needs no network; the files it shows hold all numbers in full.",
                    content.made_by));
  return page.finish();
}

}  // namespace snitt::report
