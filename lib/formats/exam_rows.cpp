#include "formats/exam_rows.hpp"

#include <algorithm>
#include <cstring>

namespace snitt::formats {
namespace {

constexpr std::array<const char*, exam_fields> names{
    "exam",        "accession",    "study",    "patient",     "birth_date",
    "sex",         "municipality", "referrer", "provider",    "site",
    "device",      "care_level",   "priority", "codes",       "source_modality",
    "description", "laterality",   "status",   "requested",   "scheduled",
    "arrived",     "examined",     "exam_end", "preliminary", "reported"};

void append_cell(std::string& line, const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) line.append(c == '"' ? 2 : 1, c);
  line += '"';
}

class RowsText : public TextSource {
 public:
  RowsText(std::vector<ExamRow> rows, std::string digest)
      : rows_(std::move(rows)), digest_(std::move(digest)) {
    for (std::size_t f = 0; f < exam_fields; ++f)
      if (std::any_of(rows_.begin(), rows_.end(), [&](const ExamRow& r) { return !r.texts[f].empty(); }))
        used_.push_back(f);
    for (const std::size_t f : used_) {
      if (!pending_.empty()) pending_ += ',';
      pending_ += names[f];
    }
    pending_ += '\n';
  }

  std::size_t read(char* out, std::size_t most) override {
    while (pending_.size() - given_ < most && next_ < rows_.size()) {
      if (given_ > (std::size_t{1} << 20)) {
        pending_.erase(0, given_);
        given_ = 0;
      }
      for (std::size_t i = 0; i < used_.size(); ++i) {
        if (i) pending_ += ',';
        append_cell(pending_, rows_[next_].texts[used_[i]]);
      }
      pending_ += '\n';
      ++next_;
    }
    const std::size_t size = std::min(most, pending_.size() - given_);
    std::memcpy(out, pending_.data() + given_, size);
    given_ += size;
    return size;
  }
  std::string sha256() override { return digest_; }

 private:
  std::vector<ExamRow> rows_;
  std::string digest_;
  std::vector<std::size_t> used_;
  std::string pending_;
  std::size_t given_ = 0;
  std::size_t next_ = 0;
};

}  // namespace

const char* name_of(ExamField field) { return names[static_cast<std::size_t>(field)]; }

void ExamRow::keep_earlier(ExamField f, const std::string& time) {
  if (!time.empty() && ((*this)[f].empty() || time < (*this)[f])) (*this)[f] = time;
}

void ExamRow::keep_later(ExamField f, const std::string& time) {
  if (!time.empty() && time > (*this)[f]) (*this)[f] = time;
}

ExamRow& ExamRows::of(const std::string& key) {
  const auto [place, is_new] = index_.emplace(key, rows_.size());
  if (is_new) rows_.emplace_back();
  return rows_[place->second];
}

ExamRow* ExamRows::find(const std::string& key) {
  const auto place = index_.find(key);
  return place == index_.end() ? nullptr : &rows_[place->second];
}

std::unique_ptr<TextSource> text_of(std::vector<ExamRow> rows, const std::string& digest) {
  return std::make_unique<RowsText>(std::move(rows), digest);
}

}  // namespace snitt::formats
