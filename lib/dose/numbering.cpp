#include "dose/numbering.hpp"

#include <fmt/format.h>

namespace snitt::dose {
namespace {

class Numbers {
 public:
  explicit Numbers(const char* kind) : kind_(kind) {}
  void replace(std::string& pseudonym) {
    if (pseudonym.empty()) return;
    pseudonym = fmt::format("{}-{}", kind_, known_.try_emplace(pseudonym, known_.size() + 1).first->second);
  }

 private:
  const char* kind_;
  std::unordered_map<std::string, std::size_t> known_;
};

}  // namespace

void number_pseudonyms(DoseCollection& collection, bool files_too, bool institutions_too) {
  Numbers patients("patient"), studies("study"), events("event"), scanners("scanner"),
      institutions("institution");
  for (CollectedStudy& study : collection.studies) {
    patients.replace(study.header.identity.patient_id);
    studies.replace(study.header.study_uid);
    scanners.replace(study.header.device);
    if (institutions_too) institutions.replace(study.header.institution);
    for (CollectedEvent& event : study.events) events.replace(event.event.uid);
  }
  std::size_t number = 0;
  for (FileFate& file : collection.files) {
    ++number;
    studies.replace(file.study);
    if (files_too) file.name = fmt::format("file-{}", number);
  }
}

}  // namespace snitt::dose
