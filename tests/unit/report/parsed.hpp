#pragma once
#include <gtest/gtest.h>

#include <pugixml.hpp>
#include <set>
#include <string>

namespace snitt::report {

/// A page or plot as the tree of its elements; fails where it is not well-formed.
inline pugi::xml_document parsed_page(const std::string& text) {
  pugi::xml_document document;
  const auto result =
      document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata);
  EXPECT_TRUE(result) << result.description() << " at "
                      << text.substr(static_cast<std::size_t>(result.offset), 120);
  return document;
}

/// All texts of elements that an XPath finds.
inline std::multiset<std::string> texts_of(const pugi::xml_document& page, const char* path) {
  std::multiset<std::string> texts;
  for (const pugi::xpath_node& node : page.select_nodes(path)) texts.insert(node.node().text().get());
  return texts;
}

}  // namespace snitt::report
