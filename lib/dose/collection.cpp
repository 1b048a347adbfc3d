#include "dose/collection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dose/totals.hpp"

namespace snitt::dose {
namespace {

/// Where a study already has this event; events without a UID are known by what they say.
std::string event_key(const DoseDocument& document, const DoseEvent& event) {
  const std::string key = document.study_uid + "|";
  if (!event.uid.empty()) return key + event.uid;
  return key + fmt::format("{}|{}|{}|{}|{}|{}|{}", name_of(document.source), event.label, event.protocol,
                           name_of(event.acquisition), event.ctdivol_mgy, event.dlp_mgy_cm,
                           document.source == DoseSource::table ? event.started : event.place);
}

/// Slices of one acquisition: by its event, else by series and acquisition number.
std::string image_key(const DoseDocument& document) {
  if (!document.event_uid.empty()) return document.study_uid + "|images|" + document.event_uid;
  return fmt::format("{}|images|{}|{}", document.study_uid, document.series_uid, document.acquisition_number);
}

/// The first quantity in which two accounts of one event differ, or nullptr.
const DoseQuantity* difference(const DoseEvent& a, const DoseEvent& b) {
  for (const DoseQuantity& quantity : dose_quantities()) {
    const double x = a.*quantity.value;
    const double y = b.*quantity.value;
    if (!std::isnan(x) && !std::isnan(y) && x != y) return &quantity;
  }
  return nullptr;
}

/// Fills what the kept account leaves open from another account of the same event.
void complete(DoseEvent& kept, const DoseEvent& other) {
  for (const DoseQuantity& quantity : dose_quantities())
    if (std::isnan(kept.*quantity.value)) kept.*quantity.value = other.*quantity.value;
  if (kept.phantom == DosePhantom::unknown) kept.phantom = other.phantom;
  if (kept.acquisition == CtAcquisition::unknown) kept.acquisition = other.acquisition;
  if (kept.protocol.empty()) kept.protocol = other.protocol;
  if (kept.region.empty()) kept.region = other.region;
}

}  // namespace

void Collector::note(std::size_t file, std::string place, std::string value, std::string expected) {
  all_.anomalies.push_back({file, {std::move(place), std::move(value), std::move(expected)}});
}

void Collector::add_refused(const std::string& name, const std::string& kind, const std::string& reason) {
  all_.files.push_back({name, false, kind, reason, "", 0, 0});
}

CollectedStudy& Collector::study_of(const DoseDocument& document) {
  const auto [at, is_new] = studies_.try_emplace(document.study_uid, all_.studies.size());
  if (is_new) all_.studies.emplace_back();
  CollectedStudy& study = all_.studies[at->second];
  // What a report says about patient and device is more complete than what a slice says.
  if (is_new || document.source < study.header.source) {
    study.header = document;
    study.header.events.clear();
    study.header.slices.clear();
    study.header.anomalies.clear();
  }
  return study;
}

void Collector::add(const std::string& name, DoseDocument&& document) {
  const std::size_t file = all_.files.size();
  FileFate fate{name, true, name_of(document.source), "", document.study_uid, 0, 0};
  const auto known =
      document.instance_uid.empty() ? instances_.end() : instances_.find(document.instance_uid);
  const bool is_copy = known != instances_.end();
  if (!document.instance_uid.empty() && !is_copy) instances_.emplace(document.instance_uid, file);
  if (is_copy && document.source == DoseSource::ct_image) {
    all_.files.push_back({name, false, "copy",
                          fmt::format("is a copy of file {} (same SOP Instance UID)", known->second + 1),
                          document.study_uid, 0, 0});
    return;
  }
  if (document.source == DoseSource::ct_image)
    add_image(std::move(document), fate);
  else
    add_report(std::move(document), fate);
  if (fate.events == 0 && fate.known_events > 0) {
    fate.used = false;
    fate.kind = is_copy ? "copy" : "nothing new";
    fate.reason = is_copy ? fmt::format("is a copy of file {} (same SOP Instance UID)", known->second + 1)
                          : fmt::format("all of its {} events are in earlier files", fate.known_events);
  } else if (fate.events == 0 && fate.reason.empty() && fate.kind != name_of(DoseSource::ct_image)) {
    fate.used = false;
    fate.reason = "has no irradiation event";
  }
  all_.files.push_back(std::move(fate));
}

void Collector::add_table(const std::string& name, std::vector<DoseDocument>&& studies) {
  FileFate fate{name, true, name_of(DoseSource::table), "", "", 0, 0};
  for (DoseDocument& study : studies) add_report(std::move(study), fate);
  if (fate.events == 0) {
    fate.used = false;
    fate.kind = fate.known_events > 0 ? "nothing new" : "empty";
    fate.reason = fate.known_events > 0
                      ? fmt::format("all of its {} events are in earlier files", fate.known_events)
                      : "has no row with a study";
  }
  all_.files.push_back(std::move(fate));
}

std::size_t Collector::merge_event(std::size_t study_index, const DoseDocument& document, DoseEvent&& event,
                                   FileFate& fate) {
  CollectedStudy& study = all_.studies[study_index];
  const auto [at, is_new] = events_.try_emplace(event_key(document, event), study.events.size());
  if (is_new) {
    ++fate.events;
    CollectedEvent collected;
    collected.file = all_.files.size();
    collected.source = document.source;
    collected.modality = document.modality;
    collected.series_description = document.series_description;
    collected.event = std::move(event);
    study.events.push_back(std::move(collected));
    return study.events.size() - 1;
  }
  ++fate.known_events;
  CollectedEvent& kept = study.events[at->second];
  if (const DoseQuantity* differs = difference(kept.event, event))
    note(all_.files.size(), event.place, fmt::format("{} = {:g}", differs->name, event.*(differs->value)),
         fmt::format("{:g} as in file {}, which was kept", kept.event.*(differs->value), kept.file + 1));
  complete(kept.event, event);
  return at->second;
}

void Collector::add_report(DoseDocument&& document, FileFate& fate) {
  const std::size_t file = all_.files.size();
  for (DoseAnomaly& anomaly : document.anomalies) all_.anomalies.push_back({file, std::move(anomaly)});
  study_of(document);
  const std::size_t study = studies_.at(document.study_uid);
  for (const DoseAnomaly& anomaly : disagreements_with_total(document))
    all_.anomalies.push_back({file, anomaly});
  StatedTotal total;
  total.file = file;
  total.source = document.source;
  total.stated = document.stated;
  for (DoseEvent& event : document.events)
    total.events.push_back(merge_event(study, document, std::move(event), fate));
  all_.studies[study].totals.push_back(std::move(total));
  ++all_.studies[study].files;
}

void Collector::add_image(DoseDocument&& document, FileFate& fate) {
  std::vector<CtSliceDose> slices = document.slices.empty() ? std::vector{document.slice} : document.slices;
  ++study_of(document).files;
  const std::size_t index = studies_.at(document.study_uid);
  CollectedStudy& study = all_.studies[index];
  const std::string key = image_key(document);
  const auto [at, is_new] = events_.try_emplace(key, study.events.size());
  if (is_new) {
    ++fate.events;
    CollectedEvent collected;
    collected.file = all_.files.size();
    collected.source = DoseSource::ct_image;
    collected.modality = document.modality;
    collected.series_description = document.series_description;
    collected.event = document.events.empty() ? DoseEvent{} : std::move(document.events.front());
    collected.event.uid = document.event_uid;
    study.events.push_back(std::move(collected));
  }
  std::vector<CtSliceDose>& all = slices_[key];
  all.insert(all.end(), slices.begin(), slices.end());
}

DoseCollection Collector::finish() {
  for (auto& [key, slices] : slices_) {
    const std::string study = key.substr(0, key.find('|'));
    summarize_slices(slices, all_.studies[studies_.at(study)].events[events_.at(key)].event);
  }
  for (CollectedStudy& study : all_.studies) {
    std::size_t number = 0;
    for (CollectedEvent& event : study.events) {
      ++number;
      if (event.event.uid.empty()) event.event.uid = fmt::format("{}:{}", study.header.study_uid, number);
      event.role = role_of(event.event, event.source, event.series_description);
    }
    judge_events(study);
    for (CollectedAnomaly& anomaly : disagreements_of_study(study))
      all_.anomalies.push_back(std::move(anomaly));
  }
  std::stable_sort(all_.anomalies.begin(), all_.anomalies.end(),
                   [](const CollectedAnomaly& a, const CollectedAnomaly& b) { return a.file < b.file; });
  return std::move(all_);
}

}  // namespace snitt::dose
