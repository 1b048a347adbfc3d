#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "activity/catchment_map.hpp"
#include "activity/count_input.hpp"

/// One direction of a table of counts: a number for every unit, and its word.
namespace snitt::activity {

/// A row, and which of its codes (-1: the first that counts).
struct CountedUnit {
  std::uint32_t row = 0;
  std::int32_t code = -1;
};

class Dimension {
 public:
  virtual ~Dimension() = default;
  virtual const std::string& name() const = 0;
  virtual std::vector<std::string> columns() const = 0;  ///< that it reads
  /// Numbers from 0 to size() - 1, or -1 for missing, of the units [first, last) of a batch. May be called by
  /// many threads at once.
  virtual void numbers(const CountInput& input, const Table& batch, const CountedUnit* first,
                       const CountedUnit* last, std::int32_t* out) const = 0;
  virtual std::size_t size() const = 0;
  virtual std::string word(std::int32_t number) const = 0;
  virtual std::string description() const = 0;
};

/// `name`: a derived dimension or a column. Throws InputError naming it when no input has what it wants.
std::unique_ptr<Dimension> make_dimension(const std::string& name, const CountInputs& inputs,
                                          const CatchmentMap* catchment);

/// Dimensions of time of the examination and of ages; nullptr for another name.
std::unique_ptr<Dimension> make_calendar_dimension(const std::string& name);

}  // namespace snitt::activity
