#include <algorithm>
#include <cctype>

#include "data/activity_columns.hpp"
#include "formats/activity_mapping.hpp"

namespace snitt::formats {
namespace {

struct Known {
  const char* field;
  std::vector<const char*> names;  ///< small letters and digits alone, the likeliest first
};

const std::vector<Known>& known_names() {
  namespace c = activity_columns;
  static const std::vector<Known> known{
      {c::exam, {"examid", "undersokelseid", "undersokelsesid", "undid", "examinationid", "examkey", "exam"}},
      {c::accession, {"accession", "accessionnumber", "henvisningsid", "henvisningid", "bestillingsnummer"}},
      {c::study, {"studyinstanceuid", "studyuid", "study"}},
      {c::patient,
       {"patientid", "patientpid", "pid", "patient", "pasientid", "pasient", "pasientlopenummer",
        "fodselsnummer", "fnr", "personnummer", "nin"}},
      {"birth_date", {"birthdate", "dateofbirth", "dob", "fodselsdato", "fodtdato", "patientbirthdate"}},
      {c::birth_year, {"birthyear", "yearofbirth", "fodselsar", "fodtar"}},
      {c::age, {"age", "alder", "pasientalder", "patientage"}},
      {c::sex, {"sex", "gender", "kjonn", "pasientkjonn", "patientsex"}},
      {c::municipality, {"municipality", "municipalitycode", "kommune", "kommunenr", "kommunenummer"}},
      {c::district, {"district", "citydistrict", "bydel", "bydelnr"}},
      {c::area, {"hospitalarea", "area", "catchment", "sykehusomrade", "opptaksomrade"}},
      {c::referrer, {"referrer", "referringphysician", "henviser", "rekvirent", "rekvirentid"}},
      {c::referrer_type, {"referrertype", "referralsource", "henvisertype", "rekvirenttype"}},
      {c::sector, {"sector", "sektor", "publicprivate", "offentligprivat", "fagomradekode"}},
      {c::provider,
       {"provider", "trust", "legalprovider", "helseforetak", "foretak", "hf", "virksomhet",
        "behandleridentifikasjon", "orgnr"}},
      {c::site, {"site", "hospital", "sykehus", "lokasjon", "location", "institution", "institutionname"}},
      {c::device, {"device", "scanner", "room", "lab", "labrom", "stationname", "maskin", "utstyr"}},
      {c::care_level, {"carelevel", "patientclass", "omsorgsniva", "patienttype", "innlagtpoliklinisk"}},
      {c::priority, {"priority", "prioritet", "hastegrad", "urgency"}},
      {c::codes,
       {"ncrpcodes", "ncrpcode", "ncrp", "ncrpkode", "ncrpkoder", "codes", "procedurecode", "procedurecodes",
        "prosedyrekode", "prosedyrekoder", "undersokelseskode", "koder", "kode", "examcode"}},
      {c::source_modality, {"modalitygroup", "modality", "modalitet", "modalitetsgruppe"}},
      {c::description,
       {"description", "studydescription", "procedure", "prosedyre", "undersokelse", "examname"}},
      {c::laterality, {"laterality", "side", "lateralitet"}},
      {c::status, {"status", "examstatus", "undersokelsesstatus"}},
      {c::requested,
       {"requested", "requestdate", "requesttime", "henvistdato", "henvist", "bestilt", "ordered"}},
      {c::scheduled, {"scheduled", "appointment", "timedato", "planlagt", "oppsatttid", "booked"}},
      {c::arrived, {"arrived", "arrival", "ankommet", "ankomst"}},
      {c::examined,
       {"examined", "examstart", "examtime", "examdate", "testdate", "undersokt", "undersokelsesdato",
        "undersokelsestid", "utfortdato", "utfort", "studydatetime", "studydate", "starttid", "dato"}},
      {c::exam_end, {"examend", "endtime", "ferdig", "sluttid", "avsluttet"}},
      {c::preliminary, {"preliminary", "preliminaryreport", "forelopigsvar", "forelopig"}},
      {c::reported,
       {"reported", "reporttime", "reportdate", "finalreport", "reportissued", "svardato", "svartid",
        "endeligsvar", "godkjent", "besvart"}}};
  return known;
}

/// Small letters and digits: "Undersøkelses-ID" is "undersokelsesid".
std::string folded(const std::string& name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    const auto next = i + 1 < name.size() ? static_cast<unsigned char>(name[i + 1]) : 0;
    if (c == 0xc3 && (next == 0xa6 || next == 0x86)) result += "ae";
    if (c == 0xc3 && (next == 0xb8 || next == 0x98)) result += 'o';
    if (c == 0xc3 && (next == 0xa5 || next == 0x85)) result += 'a';
    if (c < 0x80 && std::isalnum(c) != 0) result += static_cast<char>(std::tolower(c));
  }
  return result;
}

std::map<std::string, std::string> usual_words(const std::string& field) {
  namespace c = activity_columns;
  if (field == c::sex)
    return {{"M", "male"},
            {"m", "male"},
            {"K", "female"},
            {"k", "female"},
            {"F", "female"},
            {"f", "female"},
            {"O", "other"},
            {"Mann", "male"},
            {"mann", "male"},
            {"Kvinne", "female"},
            {"kvinne", "female"},
            {"male", "male"},
            {"female", "female"},
            {"Male", "male"},
            {"Female", "female"},
            {"other", "other"},
            {"1", "male"},
            {"2", "female"},
            {"U", ""},
            {"0", ""},
            {"9", ""}};
  if (field == c::care_level)
    return {{"I", "inpatient"},
            {"P", "outpatient"},
            {"O", "outpatient"},
            {"E", "emergency"},
            {"IMP", "inpatient"},
            {"AMB", "outpatient"},
            {"EMER", "emergency"},
            {"innlagt", "inpatient"},
            {"Innlagt", "inpatient"},
            {"poliklinikk", "outpatient"},
            {"Poliklinikk", "outpatient"},
            {"poliklinisk", "outpatient"},
            {"Poliklinisk", "outpatient"},
            {"inpatient", "inpatient"},
            {"outpatient", "outpatient"},
            {"emergency", "emergency"}};
  if (field == c::laterality)
    return {{"H", "right"},      {"V", "left"},         {"R", "right"},      {"L", "left"},
            {"B", "bilateral"},  {"left", "left"},      {"right", "right"},  {"bilateral", "bilateral"},
            {"HØ", "right"},     {"VE", "left"},        {"BI", "bilateral"}, {"høyre", "right"},
            {"venstre", "left"}, {"begge", "bilateral"}};
  if (field == c::status)
    return {{"UTFORT", "completed"},    {"UTFØRT", "completed"},    {"Utført", "completed"},
            {"completed", "completed"}, {"COMPLETED", "completed"}, {"Completed", "completed"},
            {"final", "completed"},     {"F", "completed"},         {"BESVART", "completed"},
            {"GODKJENT", "completed"},  {"AVLYST", "cancelled"},    {"Avlyst", "cancelled"},
            {"cancelled", "cancelled"}, {"CANCELLED", "cancelled"}, {"canceled", "cancelled"},
            {"X", "cancelled"},         {"IKKE_MOTT", "no-show"},   {"IKKE MØTT", "no-show"},
            {"Ikke møtt", "no-show"},   {"no-show", "no-show"},     {"NOSHOW", "no-show"},
            {"AVVIST", "rejected"},     {"Avvist", "rejected"},     {"rejected", "rejected"},
            {"PLANLAGT", "scheduled"},  {"Planlagt", "scheduled"},  {"scheduled", "scheduled"},
            {"BOOKED", "scheduled"}};
  return {};
}

}  // namespace

ActivityMapping guessed_mapping(const std::vector<std::string>& names) {
  std::vector<std::string> plain;
  for (const std::string& name : names) plain.push_back(folded(name));
  ActivityMapping mapping;
  mapping.description = "Guessed from the names of the columns; read it before you trust it";
  std::vector<bool> taken(names.size(), false);
  const auto take = [&](const std::string& name, std::size_t index) {
    taken[index] = true;
    FieldMapping field;
    field.columns = {names[index]};
    field.words = usual_words(name);
    const FieldRule* rule = find_field(name);
    if (!rule->vocabulary.empty())
      field.otherwise = rule->name == activity_columns::status ? "other" : "missing";
    mapping.fields[name] = field;
  };
  // Our own names first: tables that were written by us, and by other sources than exports, have them.
  for (const FieldRule& rule : activity_fields())
    if (const auto at = std::find(names.begin(), names.end(), rule.name); at != names.end())
      take(rule.name, static_cast<std::size_t>(at - names.begin()));
  for (const Known& known : known_names()) {
    if (mapping.fields.contains(known.field)) continue;
    for (const char* word : known.names) {
      const auto at = std::find(plain.begin(), plain.end(), word);
      const auto index = static_cast<std::size_t>(at - plain.begin());
      if (at == plain.end() || taken[index]) continue;
      take(known.field, index);
      break;
    }
  }
  return mapping;
}

}  // namespace snitt::formats
