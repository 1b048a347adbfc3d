#pragma once

/// Columns of a table of examinations, one row per examination as its source has it, by which the activity
/// tools know them. A table need not have all of them; what a tool lacks it names. A source's further columns
/// stand beside them under their own names. Words that are missing have code -1, numbers NaN, int64 keys -1.
namespace snitt::activity_columns {

// Who and what. Identifiers are pseudonyms.
inline constexpr const char* exam = "exam";              ///< int64: the examination's key
inline constexpr const char* accession = "accession";    ///< int64
inline constexpr const char* study = "study";            ///< int64: DICOM study
inline constexpr const char* patient = "patient";        ///< category: pseudonym
inline constexpr const char* birth_year = "birth_year";  ///< double
inline constexpr const char* age = "age";  ///< double: whole years at the examination, 90 and above are 90
inline constexpr const char* sex = "sex";  ///< category: female, male, other
inline constexpr const char* municipality = "municipality";  ///< category: four digits
inline constexpr const char* district = "district";          ///< category: city district
inline constexpr const char* area =
    "area";  ///< category: where the patient belongs (catchment), or the source's own area
inline constexpr const char* referrer = "referrer";            ///< category: pseudonym
inline constexpr const char* referrer_type = "referrer_type";  ///< category

// Where.
inline constexpr const char* sector = "sector";          ///< category: as the source says
inline constexpr const char* provider = "provider";      ///< category: legal provider or trust
inline constexpr const char* site = "site";              ///< category
inline constexpr const char* device = "device";          ///< category: scanner or room
inline constexpr const char* care_level = "care_level";  ///< category: inpatient, outpatient, emergency
inline constexpr const char* priority = "priority";      ///< category

// Which examination.
inline constexpr const char* codes = "codes";  ///< category: all codes of the row, joined by '/'
inline constexpr const char* source_modality = "source_modality";  ///< category: as the source says
inline constexpr const char* description = "description";  ///< category: free text of study or procedure
inline constexpr const char* laterality = "laterality";    ///< category: left, right, bilateral
inline constexpr const char* status =
    "status";  ///< category: completed, cancelled, no-show, rejected, scheduled, other

// When: seconds since 1970-01-01T00:00:00 UTC as doubles, NaN when missing.
inline constexpr const char* requested = "requested";
inline constexpr const char* scheduled = "scheduled";
inline constexpr const char* arrived = "arrived";
inline constexpr const char* examined = "examined";  ///< start of the examination
inline constexpr const char* exam_end = "exam_end";
inline constexpr const char* preliminary = "preliminary";  ///< preliminary report
inline constexpr const char* reported = "reported";        ///< final report
/// The offset of local time from UTC at `examined`, in seconds (double): years, months, days and hours are
/// counted in local time.
inline constexpr const char* utc_offset = "utc_offset";

// Where a row came from.
inline constexpr const char* source = "source";  ///< category: name of the source
inline constexpr const char* row = "row";        ///< int64: 1-based line or record in it
inline constexpr const char* fingerprint =
    "fingerprint";  ///< int64: keyed digest of the whole source row; equal rows have equal ones

}  // namespace snitt::activity_columns
