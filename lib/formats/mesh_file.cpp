#include "formats/mesh_file.hpp"

#include <cmath>
#include <map>

#include "base/error.hpp"
#include "formats/byte_scanner.hpp"
#include "formats/file_text.hpp"
#include "formats/number_text.hpp"
#include "formats/vtk_polydata.hpp"
#include "formats/word_scanner.hpp"

namespace snitt::formats {
namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{2} << 30;

/// Corners of triangles, each place once, in the order in which they first appear.
class Welder {
 public:
  std::uint32_t point(Vec3 p) {
    const auto [at, is_new] =
        index_.try_emplace({p.x, p.y, p.z}, static_cast<std::uint32_t>(set_.points_mm.size()));
    if (is_new) set_.points_mm.push_back(p);
    return at->second;
  }
  PointSet& set() { return set_; }

 private:
  std::map<std::array<double, 3>, std::uint32_t> index_;
  PointSet set_;
};

RawPoints finished(PointSet set, Space space) {
  set.labels.resize(set.size());
  return {std::move(set), space, 0};
}

RawPoints read_binary_stl(const std::string& path, const std::string& content) {
  ByteScanner bytes(path, content, 80, std::endian::little);
  const auto count = bytes.next<std::uint32_t>("the number of triangles");
  bytes.want(std::size_t{50} * count, "the triangles");
  Welder welder;
  for (std::uint32_t t = 0; t < count; ++t) {
    bytes.skip(12, "a normal");  // what the corners say is exact
    std::array<std::uint32_t, 3> triangle{};
    for (std::uint32_t& corner : triangle) {
      Vec3 p;
      for (std::size_t a = 0; a < 3; ++a) p[a] = bytes.next<float>("a corner");
      if (!(std::isfinite(p.x) && std::isfinite(p.y) && std::isfinite(p.z)))
        throw InputError("{}: triangle {} has a corner that is not finite", path, t + 1);
      corner = welder.point(p);
    }
    bytes.skip(2, "an attribute");
    welder.set().triangles.push_back(triangle);
  }
  return finished(std::move(welder.set()), space_in_comment(std::string_view(content).substr(0, 80)));
}

RawPoints read_text_stl(const std::string& path, const std::string& content) {
  WordScanner words(path, content);
  words.word();
  const Space space = space_in_comment(words.line());
  Welder welder;
  std::vector<std::uint32_t> loop;
  bool ended = false;
  while (!words.at_end()) {
    const std::string_view word = words.word();
    if (word == "vertex") {
      Vec3 p;
      for (std::size_t a = 0; a < 3; ++a) p[a] = words.number("a coordinate");
      loop.push_back(welder.point(p));
    } else if (word == "endloop") {
      if (loop.size() != 3)
        throw InputError("{}: line {}: a facet has {} corners; expected 3", path, words.line_number(),
                         loop.size());
      add_polygon(welder.set(), loop);
      loop.clear();
    } else if (word == "endsolid") {
      ended = true;
      words.line();
    } else if (word == "solid") {
      ended = false;
      words.line();
    } else if (word == "facet" || word == "normal" || word == "outer" || word == "loop" ||
               word == "endfacet") {
      if (word == "normal")
        for (int a = 0; a < 3; ++a) words.word();
    } else {
      throw InputError("{}: line {} has '{}'; expected a word of STL (facet, vertex, endloop …)", path,
                       words.line_number(), word.substr(0, 40));
    }
  }
  if (!ended) throw InputError("{}: has no 'endsolid' at its end; the file is cut off", path);
  return finished(std::move(welder.set()), space);
}

/// "7", "7/2", "7//3" or "-1": the corner, and its normal if it has one.
struct ObjCorner {
  std::uint32_t point = 0;
  std::optional<std::uint32_t> normal;
};

std::uint32_t obj_index(const std::string& path, std::size_t line, std::string_view word, std::size_t count) {
  const auto number = parse_whole(word);
  const std::int64_t last = static_cast<std::int64_t>(count);
  const std::int64_t index = number && *number < 0 ? last + *number : number ? *number - 1 : -1;
  if (!number || index < 0 || index >= last)
    throw InputError("{}: line {}: '{}' is none of the {} before it", path, line, word, count);
  return static_cast<std::uint32_t>(index);
}

class ObjReader {
 public:
  explicit ObjReader(const std::string& path) : path_(path), text_(point_text_of(path)) {}

  RawPoints read() {
    const std::vector<std::string_view> lines = lines_of(text_);
    Space space = Space::unsaid;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      WordScanner words(path_, lines[i]);
      const std::string_view kind = words.word();
      if (kind == "#" && space == Space::unsaid) space = space_in_comment(lines[i]);
      if (kind == "v") set_.points_mm.push_back(vector_in(words, i + 1));
      if (kind == "vn") normals_.push_back(vector_in(words, i + 1));
      if (kind == "f") add_face(words, i + 1);
    }
    take_normals();
    return finished(std::move(set_), space);
  }

 private:
  Vec3 vector_in(WordScanner& words, std::size_t line) const {
    Vec3 v;
    for (std::size_t a = 0; a < 3; ++a) v[a] = number_in_line(path_, line, words.word(), "a coordinate");
    return v;
  }

  void add_face(WordScanner& words, std::size_t line) {
    std::vector<std::uint32_t> corners;
    for (std::string_view word = words.word(); !word.empty(); word = words.word()) {
      const std::size_t slash = std::min(word.find('/'), word.size());
      corners.push_back(obj_index(path_, line, word.substr(0, slash), set_.size()));
      const std::size_t last = word.rfind('/');
      if (last == std::string_view::npos || last == slash || last + 1 == word.size()) continue;
      normal_of_[corners.back()] = obj_index(path_, line, word.substr(last + 1), normals_.size());
    }
    if (corners.size() < 3)
      throw InputError("{}: line {}: a face has {} corners; expected at least 3", path_, line,
                       corners.size());
    add_polygon(set_, corners);
  }

  /// Kept when every point has one: by its faces, or by order as of a cloud of points.
  void take_normals() {
    std::vector<Vec3> normals;
    if (normal_of_.size() == set_.size())
      for (const auto& [point, normal] : normal_of_) normals.push_back(normals_[normal]);
    else if (normal_of_.empty() && normals_.size() == set_.size())
      normals = normals_;
    for (Vec3& n : normals) {
      if (!(norm(n) > 0)) return;
      n = (1 / norm(n)) * n;
    }
    set_.normals = std::move(normals);
  }

  std::string path_;
  std::string text_;
  PointSet set_;
  std::vector<Vec3> normals_;
  std::map<std::uint32_t, std::uint32_t> normal_of_;
};

std::string words_of(Vec3 p) { return number_text(p.x) + " " + number_text(p.y) + " " + number_text(p.z); }

const char* comment_of(const PointSet& set) { return set.frame == "LPS" ? "SPACE=LPS" : "SPACE unknown"; }

template <typename T>
void append(std::string& bytes, T value) {
  static_assert(std::endian::native == std::endian::little);
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

}  // namespace

Space space_in_comment(std::string_view text) {
  if (text.find("SPACE=LPS") != std::string_view::npos) return Space::lps;
  return text.find("SPACE=RAS") != std::string_view::npos ? Space::ras : Space::unsaid;
}

void add_polygon(PointSet& set, const std::vector<std::uint32_t>& corners) {
  for (std::size_t i = 1; i + 1 < corners.size(); ++i)
    set.triangles.push_back({corners[0], corners[i], corners[i + 1]});
}

RawPoints read_stl(const std::string& path) {
  const std::string content = file_text(path, most_bytes);
  // Binary files may begin with "solid" too; only their length tells.
  if (content.size() >= 84) {
    const auto count = ByteScanner(path, content, 80, std::endian::little).next<std::uint32_t>("a count");
    if (content.size() == 84 + std::size_t{50} * count || content.find('\0') != std::string::npos)
      return read_binary_stl(path, content);
  }
  return read_text_stl(path, content);
}

RawPoints read_obj(const std::string& path) { return ObjReader(path).read(); }

RawPoints read_vtk_surface(const std::string& path) {
  const VtkPolydata data = read_vtk_polydata(path);
  PointSet set;
  set.points_mm = data.points;
  for (const auto& polygon : data.polygons) add_polygon(set, polygon);
  const VtkArray* normals = data.array("Normals");
  if (normals != nullptr && normals->components == 3 && normals->values.size() == 3 * set.size())
    for (std::size_t i = 0; i < set.size(); ++i) {
      const Vec3 n{normals->values[3 * i], normals->values[3 * i + 1], normals->values[3 * i + 2]};
      if (!(norm(n) > 0)) {  // of a point without a face
        set.normals.clear();
        break;
      }
      set.normals.push_back((1 / norm(n)) * n);
    }
  return finished(std::move(set), space_in_comment(data.title));
}

std::string stl_bytes(const PointSet& set) {
  std::string bytes = fmt::format("Snitt. {}", comment_of(set));
  bytes.resize(80, ' ');
  append(bytes, static_cast<std::uint32_t>(set.triangles.size()));
  for (const auto& triangle : set.triangles) {
    const Vec3 a = set.points_mm[triangle[0]];
    const Vec3 across = cross(set.points_mm[triangle[1]] - a, set.points_mm[triangle[2]] - a);
    const Vec3 normal = norm(across) > 0 ? (1 / norm(across)) * across : Vec3{};
    for (std::size_t axis = 0; axis < 3; ++axis) append(bytes, static_cast<float>(normal[axis]));
    for (const std::uint32_t corner : triangle)
      for (std::size_t axis = 0; axis < 3; ++axis)
        append(bytes, static_cast<float>(set.points_mm[corner][axis]));
    append(bytes, std::uint16_t{0});
  }
  return bytes;
}

std::string obj_text(const PointSet& set) {
  std::string text = fmt::format("# {}\n", comment_of(set));
  for (const Vec3 p : set.points_mm) text += "v " + words_of(p) + "\n";
  for (const Vec3 n : set.normals) text += "vn " + words_of(n) + "\n";
  const char* format = set.normals.empty() ? "f {0} {1} {2}\n" : "f {0}//{0} {1}//{1} {2}//{2}\n";
  for (const auto& t : set.triangles) text += fmt::format(fmt::runtime(format), t[0] + 1, t[1] + 1, t[2] + 1);
  return text;
}

std::string vtk_surface_text(const PointSet& set) {
  VtkPolydata data{fmt::format("Snitt. {}", comment_of(set)), set.points_mm, {}, {}, {}, {}};
  for (const auto& t : set.triangles) data.polygons.push_back({t[0], t[1], t[2]});
  if (data.polygons.empty())  // programs draw cells, not points
    for (std::uint32_t i = 0; i < set.size(); ++i) data.vertices.push_back({i});
  if (!set.normals.empty()) {
    VtkArray normals{"Normals", 3, {}};
    for (const Vec3 n : set.normals) normals.values.insert(normals.values.end(), {n.x, n.y, n.z});
    data.point_data.push_back(std::move(normals));
  }
  return vtk_polydata_text(data);
}

}  // namespace snitt::formats
