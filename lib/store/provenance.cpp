#include "store/provenance.hpp"

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace snitt::store {
namespace {

/// A damaged story of an input must not stop the work on its data; it is kept as the text it is.
nlohmann::json parsed(const std::string& text, nlohmann::json otherwise) {
  if (text.empty()) return otherwise;
  nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  return json.is_discarded() ? nlohmann::json(text) : json;
}

}  // namespace

nlohmann::json to_json(const Provenance& provenance) {
  nlohmann::json inputs = nlohmann::json::array();
  for (const ProvenanceInput& input : provenance.inputs) {
    nlohmann::json entry{{"role", input.role}, {"sha256", input.sha256}};
    if (!input.provenance.empty()) entry["provenance"] = parsed(input.provenance, nullptr);
    inputs.push_back(std::move(entry));
  }
  return {{"tool", provenance.tool},
          {"version", provenance.version},
          {"created", provenance.created},
          {"settings", parsed(provenance.settings, nlohmann::json::object())},
          {"inputs", std::move(inputs)}};
}

std::string creation_time() {
  std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr && *epoch != '\0') {
    std::int64_t value = 0;
    const char* const last = epoch + std::strlen(epoch);
    if (const auto [end, error] = std::from_chars(epoch, last, value); error != std::errc{} || end != last)
      throw UsageError("environment variable SOURCE_DATE_EPOCH is '{}'; expected whole seconds since 1970",
                       epoch);
    seconds = static_cast<std::time_t>(value);
  }
  std::tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) throw UsageError("SOURCE_DATE_EPOCH {} is no date", seconds);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace snitt::store
