#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace snitt::store {

/// One input of the step that made a file. Never its path: paths hold patient names and differ between
/// machines.
struct ProvenanceInput {
  std::string role;        ///< the operand or option it was given as: "INPUT", "--image-to-probe"
  std::string sha256;      ///< of the file's bytes (of a folder: see sha256_of_path); "" when it is withheld
  std::string provenance;  ///< JSON text of the input's own story; "" for a foreign file
};

/// Who made a file and from what: enough to print the commands that rebuild it.
struct Provenance {
  std::string tool;      ///< "snitt-import"
  std::string version;   ///< of the toolkit
  std::string settings;  ///< JSON object text: effective value of each option that shapes the result
  std::vector<ProvenanceInput> inputs;
  std::string created;  ///< ISO 8601 UTC; SOURCE_DATE_EPOCH if set, else now
};

/// The story as JSON: {"tool", "version", "created", "settings": {…}, "inputs": [{"role", "sha256",
/// "provenance"}]}.
nlohmann::json to_json(const Provenance& provenance);

/// Time stamp for a file made now: SOURCE_DATE_EPOCH if set (UsageError if it is not a whole number), else
/// the clock.
std::string creation_time();

}  // namespace snitt::store
