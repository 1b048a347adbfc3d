#include <algorithm>

#include "base/error.hpp"
#include "store/container.hpp"
#include "store/layouts.hpp"

namespace snitt::store {
namespace {

constexpr std::size_t status_words = static_cast<std::size_t>(Status::unknown) + 1;

std::vector<std::string> status_categories() {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < status_words; ++i) words.emplace_back(name_of(static_cast<Status>(i)));
  return words;
}

void write_status(LayoutWriter& writer, const std::string& path, const std::vector<Status>& status,
                  const std::string& dimension) {
  const std::vector<std::uint8_t> codes = [&] {
    std::vector<std::uint8_t> result;
    for (const Status s : status) result.push_back(static_cast<std::uint8_t>(s));
    return result;
  }();
  writer.array(path, codes, {codes.size()}, {dimension}, "1");
  writer.file().set_attribute(path, "categories", status_categories());
}

std::vector<double> flattened(const std::vector<Matrix4>& matrices) {
  std::vector<double> numbers;
  numbers.reserve(16 * matrices.size());
  for (const Matrix4& matrix : matrices) numbers.insert(numbers.end(), matrix.m.begin(), matrix.m.end());
  return numbers;
}

void write_tracked(LayoutWriter& writer, const TrackedTransform& transform) {
  const std::string group = "/transforms/" + object_name(transform.name.text());
  const std::string dimension =
      transform.time_s.empty() ? "frame" : "sample of " + object_name(transform.name.text());
  const std::size_t count = transform.matrix.size();
  writer.file().create_group(group);
  writer.file().set_attribute(group, "from", transform.name.from);
  writer.file().set_attribute(group, "to", transform.name.to);
  writer.array(group + "/matrix", flattened(transform.matrix), {count, 4, 4}, {dimension, "4", "4"}, "mm");
  write_status(writer, group + "/status", transform.status, dimension);
  if (!transform.time_s.empty()) writer.array(group + "/time", transform.time_s, {count}, {dimension}, "s");
}

void write_constant(LayoutWriter& writer, const StaticTransform& transform) {
  const std::string path = "/static_transforms/" + object_name(transform.name.text());
  writer.array(path, flattened({transform.matrix}), {4, 4}, {"4", "4"}, "mm");
  writer.file().set_attribute(path, "from", transform.name.from);
  writer.file().set_attribute(path, "to", transform.name.to);
}

void write_fields(LayoutWriter& writer, const std::vector<FrameField>& fields) {
  writer.file().create_group("/fields");
  writer.file().create_group("/text_fields");
  std::vector<std::string> order;
  for (const FrameField& field : fields) {
    order.push_back(field.name);
    if (const auto* numbers = std::get_if<std::vector<double>>(&field.values))
      writer.array("/fields/" + object_name(field.name), *numbers, {numbers->size()}, {"frame"}, "");
    else if (const auto* texts = std::get_if<std::vector<std::string>>(&field.values))
      writer.texts("/text_fields/" + object_name(field.name), *texts, {texts->size()}, {"frame"});
  }
  writer.texts("/field_order", order, {order.size()}, {"field"});
}

void require_count(const std::string& path, const std::string& what, std::size_t size, std::size_t frames) {
  if (size != frames) throw ComputationError("{}: {} has {} values for {} frames", path, what, size, frames);
}

/// The caller's own mistakes are named before a file is begun.
void require_consistent(const std::string& path, const Frames& frames) {
  require_count(path, "time", frames.time_s.size(), frames.count);
  require_count(path, "image status", frames.image_status.size(), frames.count);
  for (const TrackedTransform& t : frames.tracked) {
    const std::size_t samples = t.time_s.empty() ? frames.count : t.time_s.size();
    require_count(path, t.name.text(), t.matrix.size(), samples);
    require_count(path, t.name.text() + " status", t.status.size(), samples);
  }
  for (const FrameField& f : frames.fields)
    require_count(path, "field " + f.name, std::visit([](const auto& v) { return v.size(); }, f.values),
                  frames.count);
  if (!frames.mask.empty()) require_count(path, "mask", frames.mask.size(), frames.shape.pixels());
}

h5::Shape pixel_shape(const Frames& frames) {
  h5::Shape shape{frames.count, frames.shape.rows, frames.shape.columns};
  if (frames.shape.format.components > 1) shape.push_back(frames.shape.format.components);
  return shape;
}

std::vector<std::string> pixel_dimensions(const Frames& frames) {
  std::vector<std::string> names{"frame", "row", "column"};
  if (frames.shape.format.components > 1) names.emplace_back("component");
  return names;
}

void write_metadata(LayoutWriter& writer, const Frames& frames) {
  h5::File& file = writer.file();
  file.set_attribute("/", "image_orientation", std::string("MF"));
  file.set_attribute("/", "recorded_orientation", frames.recorded_orientation);
  file.set_attribute("/", "image_type", frames.image_type);
  writer.array("/time", frames.time_s, {frames.count}, {"frame"}, "s");
  write_status(writer, "/image_status", frames.image_status, "frame");
  if (frames.pixel_spacing_mm)
    writer.array("/pixel_spacing",
                 std::vector<double>(frames.pixel_spacing_mm->begin(), frames.pixel_spacing_mm->end()), {2},
                 {"uv"}, "mm");
  if (!frames.mask.empty())
    writer.array("/mask", frames.mask, {frames.shape.rows, frames.shape.columns}, {"row", "column"}, "1");
  file.create_group("/transforms");
  for (const TrackedTransform& transform : frames.tracked) write_tracked(writer, transform);
  file.create_group("/static_transforms");
  for (const StaticTransform& transform : frames.constant) write_constant(writer, transform);
  write_fields(writer, frames.fields);
  std::vector<std::string> header;
  for (const auto& [key, value] : frames.header) header.insert(header.end(), {key, value});
  writer.texts("/header", header, {frames.header.size(), 2}, {"entry", "2"});
}

}  // namespace

struct FramesWriter::State {
  State(const std::string& path, const Frames& frames, const Provenance& provenance, IfExists if_exists)
      : writer(path, "frames", provenance, if_exists), frame_bytes(frames.shape.bytes()) {}
  LayoutWriter writer;
  std::optional<ChunkedWriter> pixels;
  std::size_t frame_bytes;
};

FramesWriter::FramesWriter(const std::string& path, const Frames& frames, const Provenance& provenance,
                           IfExists if_exists) {
  require_consistent(path, frames);
  state_ = std::make_unique<State>(path, frames, provenance, if_exists);
  write_metadata(state_->writer, frames);
  h5::File& file = state_->writer.file();
  const h5::ElementType type = h5::element_type(frames.shape.format.type);
  if (frames.count * frames.shape.bytes() > 0)
    state_->pixels.emplace(file, "/pixels", type, pixel_shape(frames));
  else
    file.write_small("/pixels", type, pixel_shape(frames), {});
  state_->writer.describe("/pixels", pixel_dimensions(frames), "1");
}

FramesWriter::~FramesWriter() = default;

void FramesWriter::write(std::span<const std::byte> pixels) {
  if (state_->frame_bytes == 0 || pixels.size() % state_->frame_bytes != 0)
    throw ComputationError("{} bytes of pixels are no whole number of frames of {} bytes", pixels.size(),
                           state_->frame_bytes);
  if (state_->pixels) state_->pixels->write(pixels);
}

void FramesWriter::finish() {
  if (state_->pixels) {
    state_->pixels->finish();
    state_->pixels.reset();
  }
  state_->writer.finish();
}

void write_frames(const std::string& path, FrameSource& source, const Provenance& provenance,
                  IfExists if_exists, Monitor& monitor) {
  const Frames& frames = source.frames();
  FramesWriter writer(path, frames, provenance, if_exists);
  const std::size_t frame_bytes = frames.shape.bytes();
  constexpr std::size_t block_bytes = std::size_t{32} << 20;
  const std::size_t block = frame_bytes == 0 ? 0 : std::max<std::size_t>(1, block_bytes / frame_bytes);
  std::vector<std::byte> pixels(std::min(block, frames.count) * frame_bytes);
  for (std::size_t first = 0; block > 0 && first < frames.count; first += block) {
    const std::size_t count = std::min(block, frames.count - first);
    const std::span<std::byte> part(pixels.data(), count * frame_bytes);
    source.read(first, count, part);
    writer.write(part);
    monitor.progress("writing frames", static_cast<double>(first + count), static_cast<double>(frames.count));
  }
  writer.finish();
}

namespace {

std::vector<Status> read_status(const LayoutReader& reader, const std::string& path) {
  // A file may list its words in another order than this version knows them.
  const std::vector<std::string> words = reader.file().texts_attribute(path, "categories");
  std::vector<Status> result;
  for (const std::uint8_t code : reader.array<std::uint8_t>(path)) {
    if (code >= words.size())
      throw InputError("{}: {} has code {}; its categories are {}", reader.file().shown(), path, code,
                       words.size());
    result.push_back(status_from_name(words[code]).value_or(Status::unknown));
  }
  return result;
}

std::vector<Matrix4> read_matrices(const LayoutReader& reader, const std::string& path) {
  const std::vector<double> numbers = reader.array<double>(path);
  std::vector<Matrix4> matrices(numbers.size() / 16);
  for (std::size_t i = 0; i < matrices.size(); ++i)
    std::copy_n(numbers.begin() + static_cast<std::ptrdiff_t>(16 * i), 16, matrices[i].m.begin());
  return matrices;
}

TransformName read_name(const h5::File& file, const std::string& path) {
  return {file.text_attribute(path, "from"), file.text_attribute(path, "to")};
}

void read_transforms(const LayoutReader& reader, Frames& frames) {
  const h5::File& file = reader.file();
  for (const h5::Child& child : file.children("/transforms")) {
    const std::string group = "/transforms/" + child.name;
    TrackedTransform transform{read_name(file, group),
                               read_matrices(reader, group + "/matrix"),
                               read_status(reader, group + "/status"),
                               {}};
    if (file.exists(group + "/time")) transform.time_s = reader.array<double>(group + "/time");
    frames.tracked.push_back(std::move(transform));
  }
  for (const h5::Child& child : file.children("/static_transforms")) {
    const std::string path = "/static_transforms/" + child.name;
    frames.constant.push_back({read_name(file, path), read_matrices(reader, path).at(0)});
  }
}

Frames read_metadata(const LayoutReader& reader) {
  const h5::File& file = reader.file();
  Frames frames;
  const h5::DatasetInfo pixels = file.info("/pixels");
  frames.count = pixels.shape.at(0);
  frames.shape = {pixels.shape.at(1),
                  pixels.shape.at(2),
                  {static_cast<PixelType>(pixels.type), pixels.shape.size() > 3 ? pixels.shape[3] : 1}};
  frames.recorded_orientation = file.text_attribute("/", "recorded_orientation");
  frames.image_type = file.text_attribute("/", "image_type");
  frames.time_s = reader.array<double>("/time");
  frames.image_status = read_status(reader, "/image_status");
  if (file.exists("/pixel_spacing")) {
    const std::vector<double> spacing = reader.array<double>("/pixel_spacing");
    frames.pixel_spacing_mm = {spacing.at(0), spacing.at(1)};
  }
  if (file.exists("/mask")) frames.mask = reader.array<std::uint8_t>("/mask");
  read_transforms(reader, frames);
  for (const std::string& name : file.texts("/field_order")) {
    const std::string object = object_name(name);
    if (file.exists("/fields/" + object))
      frames.fields.push_back({name, reader.array<double>("/fields/" + object)});
    else
      frames.fields.push_back({name, file.texts("/text_fields/" + object)});
  }
  const std::vector<std::string> header = file.texts("/header");
  for (std::size_t i = 0; i + 1 < header.size(); i += 2) frames.header.emplace_back(header[i], header[i + 1]);
  require_consistent(file.shown(), frames);
  return frames;
}

class StoredFrames : public FrameSource {
 public:
  explicit StoredFrames(const std::string& path)
      : reader_(path, "frames"), frames_(read_metadata(reader_)), pixels_(reader_.file(), "/pixels") {}
  const Frames& frames() const override { return frames_; }
  void read(std::size_t first, std::size_t count, std::span<std::byte> out) override {
    if (out.size() != count * frames_.shape.bytes())
      throw ComputationError("{}: a buffer of {} bytes was offered for {} frames", reader_.file().shown(),
                             out.size(), count);
    pixels_.read(first * frames_.shape.bytes(), out);
  }

 private:
  LayoutReader reader_;
  Frames frames_;
  ChunkedReader pixels_;
};

}  // namespace

std::unique_ptr<FrameSource> open_frames(const std::string& path) {
  return std::make_unique<StoredFrames>(path);
}

}  // namespace snitt::store
