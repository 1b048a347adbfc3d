#pragma once
#include <string>
#include <vector>

#include "base/monitor.hpp"
#include "data/spatial_transform.hpp"
#include "data/transform_chain.hpp"

/// What tools share that put transforms together by the names of frames.
namespace snitt::shell {

/// Throws InputError for the first file that is no Snitt transform file, saying what it is and the way out.
void refuse_other_files(const std::vector<std::string>& paths);

/// Snitt transform files of any kind. Throws InputError for others, naming the way out, and for two of one
/// name.
std::vector<SpatialTransform> read_transforms(const std::vector<std::string>& paths);
std::vector<TransformName> names_of(const std::vector<SpatialTransform>& transforms);

/// The frame that an object of a file is in: its own, or `asked` (option `option`) for a file that says LPS
/// only, patient space without a better name. Throws UsageError when both say different things, or LPS is no
/// frame of the transforms and nothing was asked.
std::string frame_of_object(const std::string& path, const std::string& own, const std::string& asked,
                            const std::string& option, const std::vector<TransformName>& names);

/// The chain between two frames, said to `monitor` as "Fixed → A → Moving", with which of the transforms are
/// not on it.
TransformChain chain_between(const std::vector<TransformName>& names, const std::string& from,
                             const std::string& to, Monitor& monitor);

/// One line about numerical inverses; "" when there were none.
std::string inverse_text(const InverseError& error);

}  // namespace snitt::shell
