#pragma once
#include <string>

#include "store/schema.hpp"

namespace snitt::store {

/// The manual page (section 5, mdoc) of a layout: what its schema says, and nothing else.
std::string manual_page(const Schema& schema);

}  // namespace snitt::store
