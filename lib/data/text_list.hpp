#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace snitt {

/// Many short texts without an allocation for each.
class TextList {
 public:
  TextList() = default;
  explicit TextList(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) add(text);
  }
  void add(std::string_view text) {
    bytes_.append(text);
    ends_.push_back(bytes_.size());
    longest_ = std::max(longest_, text.size());
  }
  std::size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  std::string_view operator[](std::size_t i) const {
    const std::size_t start = i == 0 ? 0 : ends_[i - 1];
    return {bytes_.data() + start, ends_[i] - start};
  }
  std::size_t longest() const { return longest_; }
  std::vector<std::string> strings() const {
    std::vector<std::string> texts;
    texts.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) texts.emplace_back((*this)[i]);
    return texts;
  }

 private:
  std::string bytes_;
  std::vector<std::uint64_t> ends_;
  std::size_t longest_ = 0;
};

}  // namespace snitt
