#include "report/page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"
#include "report/page_style.hpp"
#include "report/text.hpp"

namespace snitt::report {
namespace {

/// SHA-256 as a policy names it: base64 of its bytes.
std::string policy_digest(const std::string& text) {
  const std::string digits = sha256(text);
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return "sha256-" + base64(bytes);
}

/// A number keeps its percent sign.
std::string tied(std::string text) {
  for (std::size_t at = 0; (at = text.find(" %", at)) != std::string::npos;) text.replace(at, 1, "\u00a0");
  return escaped(text);
}

}  // namespace

Page::Page(const std::string& title, const Wording& wording) : title_(title), wording_(wording) {}

void Page::contents() { contents_at_ = content_.size(); }

void Page::add_heading(int level, const std::string& text, std::string id) {
  if (id.empty()) id = fmt::format("s{}", entries_.size() + 1);
  content_ += fmt::format("<h{0} id=\"{1}\">{2}</h{0}>\n", level, id, escaped(text));
  entries_.push_back({level, std::move(id), text});
}

void Page::heading(const std::string& text, const std::string& id) { add_heading(2, text, id); }

void Page::subheading(const std::string& text) { add_heading(3, text, ""); }

void Page::paragraph(const std::string& text) { content_ += fmt::format("<p>{}</p>\n", tied(text)); }

void Page::note(const std::string& text) {
  content_ += fmt::format("<p class=\"note\">{}</p>\n", tied(text));
}

void Page::list(const std::vector<std::string>& texts) {
  content_ += "<ul>\n";
  for (const std::string& text : texts) content_ += fmt::format("<li>{}</li>\n", escaped(text));
  content_ += "</ul>\n";
}

void Page::link(const std::string& text, const std::string& id) {
  content_ += fmt::format("<p class=\"note\"><a href=\"#{}\">{}</a></p>\n", id, tied(text));
}

void Page::remarks(const std::vector<Remark>& remarks) {
  content_ += fmt::format("<div class=\"attention{}\">\n", remarks.empty() ? " calm" : "");
  if (remarks.empty())
    content_ += fmt::format("<p>{}</p>\n", escaped(wording_("Nothing: every verdict is good.")));
  for (const Remark& remark : remarks) {
    content_ +=
        fmt::format("<p><a href=\"#{}\">{}</a></p>\n<ul lang=\"en\">\n", remark.link, escaped(remark.about));
    for (const std::string& text : remark.texts) content_ += fmt::format("<li>{}</li>\n", escaped(text));
    content_ += "</ul>\n";
  }
  content_ += "</div>\n";
}

void Page::figure(const std::string& svg, const std::string& caption) {
  content_ += fmt::format(
      "<figure>\n<div class=\"scroll\" tabindex=\"0\">{}</div><figcaption>{}</figcaption>\n</figure>\n", svg,
      tied(caption));
}

void Page::picture(std::span<const std::byte> png, const std::string& description) {
  content_ += fmt::format(
      "<figure>\n<img src=\"data:image/png;base64,{0}\" "
      "alt=\"{1}\"/><figcaption>{1}</figcaption>\n</figure>\n",
      base64(png), escaped(description));
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

void Page::fold(const std::string& summary) {
  content_ += fmt::format("<details class=\"print\">\n<summary>{}</summary>\n", escaped(summary));
}

void Page::end_fold() { content_ += "</details>\n"; }

void Page::verdict(const std::string& word, const std::string& more) {
  content_ += fmt::format("<p class=\"verdict\"><span class=\"{}\">{}</span>{}</p>\n",
                          word == "good" ? "good" : "doubtful", escaped(wording_(word)), escaped(more));
}

void Page::code(const std::vector<std::string>& lines) {
  content_ += "<pre>";
  for (const std::string& line : lines) content_ += escaped(line) + "\n";
  content_ += "</pre>\n";
}

void Page::footer(const std::string& text) {
  content_ += fmt::format("<footer>{}</footer>\n", escaped(text));
}

std::string Page::finish() const {
  std::string navigation;
  if (contents_at_ != std::string::npos && entries_.size() > 1) {
    int level = 1;
    for (const Entry& entry : entries_) {
      for (; level < entry.level; ++level) navigation += level == 1 ? "<ul>" : "\n<ul>";
      for (; level > entry.level; --level) navigation += "</li></ul>";
      if (!navigation.ends_with("<ul>")) navigation += "</li>\n";
      navigation += fmt::format("<li><a href=\"#{}\">{}</a>", entry.id, escaped(entry.text));
    }
    for (; level > 1; --level) navigation += "</li></ul>";
    navigation = fmt::format("<nav aria-label=\"{}\">{}</nav>\n", escaped(wording_("Contents")), navigation);
  }
  const std::string script = sortable_ ? sorting_script : "";
  const std::string allowed = sortable_ ? fmt::format(" script-src '{}';", policy_digest(script)) : "";
  const std::size_t at = std::min(contents_at_, content_.size());
  return fmt::format(
      "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"{}\">\n<head>\n"
      "<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; img-src data:;{}\"/>\n<meta name=\"viewport\" "
      "content=\"width=device-width, "
      "initial-scale=1\"/>\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<h1>{}</h1>\n{}{}{}{}</"
      "body>\n</html>\n",
      wording_.code(), allowed, escaped(title_), page_style, escaped(title_), content_.substr(0, at),
      navigation, content_.substr(at), sortable_ ? fmt::format("<script>{}</script>\n", script) : "");
}

}  // namespace snitt::report
