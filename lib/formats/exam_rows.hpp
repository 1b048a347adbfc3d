#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "formats/text_source.hpp"

/// Examinations that are pieced together from messages, resources or images: each source tells a part.
namespace snitt::formats {

/// In the order of the columns; named as in data/activity_columns.hpp (and birth_date, read for ages alone).
enum class ExamField : std::size_t {
  exam,
  accession,
  study,
  patient,
  birth_date,
  sex,
  municipality,
  referrer,
  provider,
  site,
  device,
  care_level,
  priority,
  codes,
  source_modality,
  description,
  laterality,
  status,
  requested,
  scheduled,
  arrived,
  examined,
  exam_end,
  preliminary,
  reported,
  end
};
constexpr std::size_t exam_fields = static_cast<std::size_t>(ExamField::end);
const char* name_of(ExamField field);

struct ExamRow {
  std::array<std::string, exam_fields> texts;
  std::string& operator[](ExamField f) { return texts[static_cast<std::size_t>(f)]; }
  const std::string& operator[](ExamField f) const { return texts[static_cast<std::size_t>(f)]; }
  /// Sets what is still empty.
  void fill(ExamField f, const std::string& text) {
    if ((*this)[f].empty()) (*this)[f] = text;
  }
  /// Overwrites with what is not empty.
  void update(ExamField f, const std::string& text) {
    if (!text.empty()) (*this)[f] = text;
  }
  /// Keeps the earlier (later) of two ISO times; texts of one form sort as times do.
  void keep_earlier(ExamField f, const std::string& time);
  void keep_later(ExamField f, const std::string& time);
};

/// Rows by key, in the order in which they came.
class ExamRows {
 public:
  ExamRow& of(const std::string& key);
  /// The row if there is one.
  ExamRow* find(const std::string& key);
  std::size_t size() const { return rows_.size(); }
  std::vector<ExamRow>& rows() { return rows_; }

 private:
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<ExamRow> rows_;
};

/// The rows as delimited text with a first line of names, so that they go the way of every export. `digest`
/// is that of the bytes they came from. Columns that no row fills are left out.
std::unique_ptr<TextSource> text_of(std::vector<ExamRow> rows, const std::string& digest);

}  // namespace snitt::formats
