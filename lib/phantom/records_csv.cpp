#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>

#include "phantom/records_clock.hpp"
#include "phantom/records_table.hpp"

namespace snitt::phantom {
namespace {

constexpr std::size_t block = 8192;         // events of one piece of text
constexpr std::size_t pieces_at_once = 32;  // so that memory does not grow with the export

constexpr const char* english =
    "exam,accession,patient,birth_year,sex,{},referrer,referrer_type,sector,provider,site,device,care_level,"
    "priority,codes,modality,laterality,status,requested,scheduled,arrived,examined,exam_end,preliminary,"
    "reported\n";
constexpr const char* norwegian =
    "undersokelse;henvisning;pasient;fodselsar;kjonn;{};henviser;henvisertype;sektor;foretak;sted;apparat;"
    "omsorgsniva;hastegrad;koder;modalitet;side;status;henvist;time;ankommet;start;slutt;forelopig_svar;"
    "svar\n";

constexpr std::array<const char*, 5> status_no{"UTFORT", "AVLYST", "IKKE_MOTT", "AVVIST", "PLANLAGT"};
constexpr std::array<const char*, 3> care_no{"ØHJ", "INN", "POL"};
constexpr std::array<const char*, 3> side_no{"venstre", "høyre", "begge"};
constexpr std::array<const char*, 2> priority_no{"haster", "vanlig"};
constexpr std::array<const char*, 3> referrer_no{"fastlege", "sykehus", "legevakt"};

/// Digits without the machinery of a formatting library: half of the time goes into times.
void digits(std::string& out, int value, int width) {
  std::array<char, 8> text{};
  for (int i = width; i-- > 0; value /= 10)
    text[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
  out.append(text.data(), static_cast<std::size_t>(width));
}

class Writer {
 public:
  Writer(const RecordsWorld& world, RecordsHeadings headings)
      : world_(world),
        norwegian_(headings == RecordsHeadings::norwegian),
        separator_(norwegian_ ? ';' : ',') {}

  void row(std::string& out, const RecordsRow& r) const {
    out += fmt::format_int(r.exam).c_str();
    cell(out, fmt::format_int(r.accession).c_str());
    cell(out, patient_word(r.patient));
    cell(out, r.birth_year != 0 ? fmt::format_int(r.birth_year).c_str() : "");
    cell(out, r.sex == Sex::unknown  ? ""
              : r.sex == Sex::female ? (norwegian_ ? "K" : "female")
                                     : (norwegian_ ? "M" : "male"));
    if (world_.places.empty()) {
      cell(out, world_.population.areas[r.area]);
    } else {
      const RecordsPlace* place = r.place >= 0 ? &world_.places[static_cast<std::size_t>(r.place)] : nullptr;
      cell(out, place != nullptr ? place->municipality : r.abroad ? "9999" : "");
      cell(out, place != nullptr ? place->district : "");
    }
    out += separator_;
    out += 'R';
    digits(out, static_cast<int>(r.referrer + 1), 6);
    cell(out, (norwegian_ ? referrer_no : referrer_type_words)[static_cast<std::size_t>(r.referrer_type)]);
    const RecordsProvider& provider = world_.providers[r.provider];
    cell(out,
         provider.is_private ? (norwegian_ ? "privat" : "private") : (norwegian_ ? "offentlig" : "public"));
    cell(out, provider.name);
    cell(out, world_.sites[r.site]);
    cell(out, r.secondary_code ? "" : world_.devices[r.device].name);
    cell(out, (norwegian_ ? care_no : care_words)[static_cast<std::size_t>(r.care)]);
    cell(out, (norwegian_ ? priority_no : priority_words)[static_cast<std::size_t>(r.priority)]);
    cell(out, records_kinds()[r.kind].code);
    if (r.secondary_code) out += "/ZTX0BC";
    cell(out, modality_words[static_cast<std::size_t>(records_kinds()[r.kind].modality)]);
    cell(out, r.laterality < 0
                  ? ""
                  : (norwegian_ ? side_no : laterality_words)[static_cast<std::size_t>(r.laterality)]);
    cell(out, (norwegian_ ? status_no : status_words)[static_cast<std::size_t>(r.status)]);
    for (const auto* time :
         {&r.requested, &r.scheduled, &r.arrived, &r.examined, &r.exam_end, &r.preliminary, &r.reported}) {
      out += separator_;
      if (*time) time_text(out, **time);
    }
    out += '\n';
  }

 private:
  void cell(std::string& out, std::string_view text) const {
    out += separator_;
    if (std::none_of(text.begin(), text.end(),
                     [](char c) { return c == ',' || c == ';' || c == '"' || c == '\n'; })) {
      out += text;
      return;
    }
    out += '"';  // an area's name may have a comma
    for (const char c : text) out.append(c == '"' ? 2 : 1, c);
    out += '"';
  }
  void time_text(std::string& out, std::int64_t utc) const {
    const std::int64_t local = utc + offset_minutes(utc);
    const CalendarDate date = date_of(local / 1440);
    if (norwegian_) {
      digits(out, date.day, 2);
      out += '.';
      digits(out, date.month, 2);
      out += '.';
      digits(out, date.year, 4);
      out += ' ';
    } else {
      digits(out, date.year, 4);
      out += '-';
      digits(out, date.month, 2);
      out += '-';
      digits(out, date.day, 2);
      out += 'T';
    }
    digits(out, static_cast<int>(local % 1440 / 60), 2);
    out += ':';
    digits(out, static_cast<int>(local % 60), 2);
  }

  const RecordsWorld& world_;
  bool norwegian_;
  char separator_;
};

}  // namespace

std::size_t records_csv(const RecordsWorld& world, const RecordsEvents& events, RecordsHeadings headings,
                        const std::function<void(std::string_view)>& write) {
  const bool is_norwegian = headings == RecordsHeadings::norwegian;
  const std::string where = world.places.empty() ? (is_norwegian ? "opptaksomrade" : "area")
                                                 : (is_norwegian ? "kommune;bydel" : "municipality,district");
  write(fmt::format(fmt::runtime(is_norwegian ? norwegian : english), where));
  const Writer writer(world, headings);
  const std::size_t count = events.events.size();
  const std::size_t blocks = (count + block - 1) / block;
  std::size_t rows = 0;
  for (std::size_t first = 0; first < blocks; first += pieces_at_once) {
    const std::size_t here = std::min(pieces_at_once, blocks - first);
    std::vector<std::string> text(here);
    std::vector<std::size_t> lines(here);
    tbb::parallel_for(std::size_t{0}, here, [&](std::size_t b) {
      const std::size_t end = std::min(count, (first + b + 1) * block);
      for (std::size_t i = (first + b) * block; i < end; ++i) {
        const RecordsEvent& event = events.events[i];
        const RecordsStratum& stratum = events.strata[event.stratum];
        writer.row(text[b], records_row(world, stratum, event, i, RecordsExtra::none));
        const RecordsExtras extras = extras_of(world, event);
        for (std::size_t k = 0; k < extras.count; ++k)
          writer.row(text[b], records_row(world, stratum, event, i, extras.kind[k]));
        lines[b] += 1 + extras.count;
      }
    });
    for (const std::string& piece : text) write(piece);
    for (const std::size_t n : lines) rows += n;
  }
  return rows;
}

}  // namespace snitt::phantom
