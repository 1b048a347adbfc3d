#include <fmt/format.h>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "formats/output_stream.hpp"
#include "formats/png_file.hpp"
#include "formats/recording.hpp"
#include "report/calibration_report.hpp"
#include "report/frame_picture.hpp"
#include "shell/calibration_text.hpp"
#include "shell/tool.hpp"
#include "store/layouts.hpp"

namespace snitt {
namespace {

const shell::ToolInfo info{"calibration-report", "calibration",
                           "show what a calibration found on one web page",
                           "Reads the transform or table that a calibration tool wrote and draws what it "
                           "says about itself: the verdict and "
                           "its reasons, every quantity with its confidence interval, residuals as arrows in "
                           "the image, their histogram and "
                           "their course, search curves, statuses of frames and the correlation of the "
                           "parameters, as far as the method "
                           "has them.\n\n"
                           "The page is one file that needs no network and no script; it can be printed, and "
                           "follows the reader's choice of "
                           "dark or light. With --recording the residuals are drawn over one of its frames."};

struct Settings {
  std::string input;
  std::string output;
  std::string recording;
  std::int64_t frame = 0;
  std::string title;
};

void declare(Options& options, Settings& s) {
  options.input("INPUT", s.input, "transform or table that a calibration tool wrote");
  options.output(s.output, "page to write (.html)");
  options.file("--recording", s.recording, "recording whose image the residuals are drawn over");
  options.value("--frame", s.frame, {0, 1e8}, "which of its frames, from 0");
  options.text("--title", s.title, "TEXT", "heading of the page (the transform or the method if not given)");
  options.example("snitt-calibration-report stylus-tip.h5 -o stylus-tip.html",
                  "Look at a calibration in a browser");
}

void refuse_other_names(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension != ".html" && extension != ".htm")
    throw UsageError(
        "{}: would be a web page under the name of another format; expected a name ending in .html", path);
}

/// An image that the residuals are not of would show them in wrong places.
void check_image(const Settings& s, const CalibrationRecord& record, const Frames& frames) {
  if (frames.shape.pixels() == 0 || frames.count == 0)
    throw UsageError(
        "--recording {} holds poses without images; expected the recording that was calibrated with",
        s.recording);
  if (static_cast<std::size_t>(s.frame) >= frames.count)
    throw UsageError("{}: there is no frame {}; expected --frame 0 to {}", s.recording, s.frame,
                     frames.count - 1);
  const auto last = report::last_image_point(record);
  if (!last)
    throw UsageError(
        "--recording {} is given, but {} holds no places in an image (found by {}); leave it out",
        s.recording, s.input, record.method);
  if ((*last)[0] > static_cast<double>(frames.shape.columns) - 0.5 ||
      (*last)[1] > static_cast<double>(frames.shape.rows) - 0.5)
    throw UsageError(
        "--recording {} has images of {} x {} pixels, but {} has residuals up to ({:.0f}, {:.0f}); expected "
        "the "
        "recording that was calibrated with",
        s.recording, frames.shape.columns, frames.shape.rows, s.input, (*last)[0], (*last)[1]);
}

report::ReportImage image_of(const Settings& s, const CalibrationRecord& record, Monitor& monitor) {
  const auto source = formats::open_recording(s.recording, monitor);
  const Frames& frames = source->frames();
  check_image(s, record, frames);
  report::ReportImage image;
  image.columns = frames.shape.columns;
  image.rows = frames.shape.rows;
  if (frames.pixel_spacing_mm && (*frames.pixel_spacing_mm)[0] > 0)
    image.pixel_aspect = (*frames.pixel_spacing_mm)[1] / (*frames.pixel_spacing_mm)[0];
  image.png =
      formats::png_bytes(s.recording, report::frame_picture(*source, static_cast<std::size_t>(s.frame)));
  image.caption =
      fmt::format("frame {} of {}", s.frame, std::filesystem::path(s.recording).filename().string());
  return image;
}

/// Tool, version and time of a file's making.
std::string origin_of(const std::string& path) {
  const nlohmann::json story = nlohmann::json::parse(store::provenance_of(path), nullptr, false);
  if (!story.is_object()) return "";
  return fmt::format("{} {}, {}", story.value("tool", ""), story.value("version", ""),
                     story.value("created", ""));
}

report::CalibrationReport report_of(const Settings& s, Monitor& monitor) {
  report::CalibrationReport report;
  auto record = store::read_calibration(s.input);
  if (!record)
    throw InputError("{}: holds no calibration; expected a transform or table that a calibration tool wrote",
                     s.input);
  report.record = std::move(*record);
  if (store::layout_of(s.input) == "transform")
    report.transform = store::read_spatial_transform(s.input);
  else
    report.table = store::read_table(s.input);
  if (!s.recording.empty()) report.image = image_of(s, report.record, monitor);
  report.title = !s.title.empty()   ? s.title
                 : report.transform ? "Calibration of " + report.transform->name.text()
                                    : "Calibration: " + report.record.method;
  report.made_by =
      fmt::format("{}: {}. Page by snitt-calibration-report {}.",
                  std::filesystem::path(s.input).filename().string(), origin_of(s.input), SNITT_VERSION);
  return report;
}

void run(const Settings& s, shell::Session& session) {
  refuse_other_names(s.output);
  const report::CalibrationReport report = report_of(s, session.monitor());
  AtomicFile file(s.output, session.overwrite() ? IfExists::overwrite : IfExists::refuse);
  formats::write_bytes(file, report::calibration_page(report), {});
  file.commit();
  nlohmann::json json = shell::calibration_json(report.record);
  json["output"] = s.output;
  session.result(fmt::format("{}: {}, {}", s.output, report.title, report.record.verdict), json);
}

}  // namespace
}  // namespace snitt

int main(int argc, char** argv) {
  return snitt::shell::run_tool<snitt::Settings>(snitt::info, snitt::declare, snitt::run, argc, argv);
}
