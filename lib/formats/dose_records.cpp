#include "formats/dose_records.hpp"

#include "data/table_columns.hpp"

namespace snitt::formats {

std::vector<ExamRow> exams_of_dose_table(const Table& events, const std::string& where) {
  using Field = ExamField;
  const auto texts = [&](const char* name) { return texts_of(column_of(events, name, where)); };
  const std::vector<std::string> study = texts("study");
  const std::vector<std::string> patient = texts("patient");
  const std::vector<std::string> role = texts("role");
  const std::vector<std::string> institution = texts("institution");
  const std::vector<std::string> scanner = texts("scanner");
  const std::vector<std::string> started = texts("started");
  const std::vector<std::string> description = texts("study_description");
  const std::vector<std::string> procedure = texts("procedure");
  ExamRows rows;
  for (std::size_t i = 0; i < study.size(); ++i) {
    ExamRow& row = rows.of(study[i]);
    row[Field::exam] = row[Field::study] = study[i];
    row.fill(Field::patient, patient[i]);
    // The report's own modality is SR; its events tell tomography from projections.
    row.fill(Field::source_modality, role[i] == "projection" ? "RG" : "CT");
    row.fill(Field::provider, institution[i]);
    row.fill(Field::device, scanner[i]);
    row.fill(Field::description, description[i].empty() ? procedure[i] : description[i]);
    row[Field::status] = "completed";
    row.keep_earlier(Field::examined, started[i]);
    constexpr std::size_t day = 10;  // a date without an hour is no end
    if (started[i].size() > day) row.keep_later(Field::exam_end, started[i]);
  }
  return std::move(rows.rows());
}

}  // namespace snitt::formats
