#include "fuzz/corpus.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <stdexcept>

#include "base/options.hpp"
#include "formats/csv.hpp"
#include "formats/custusx.hpp"
#include "formats/dicom_cine.hpp"
#include "formats/dicom_series.hpp"
#include "formats/frame_folder.hpp"
#include "formats/igs_sequence.hpp"
#include "formats/phantom_file.hpp"
#include "formats/plus_config.hpp"
#include "formats/png_file.hpp"
#include "formats/point_file.hpp"
#include "formats/pose_table.hpp"
#include "formats/sequence.hpp"
#include "formats/transform_file.hpp"
#include "formats/tree_file.hpp"
#include "formats/volume_file.hpp"
#include "phantom/scene_json.hpp"
#include "shell/config_file.hpp"
#include "unit/formats/dicom_fixture.hpp"

namespace snitt::fuzz {
namespace {

using Path = std::filesystem::path;

std::string content_of(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path.string() + " cannot be opened");
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const Path& path, const std::string& content) { std::ofstream(path, std::ios::binary) << content; }

Path made(const Path& folder) {
  std::filesystem::create_directories(folder);
  return folder;
}

/// The first and the last frame: the pixels of a recording may be more than memory holds.
void read_ends(FrameSource& source) {
  const std::size_t count = source.frames().count;
  if (count == 0) return;
  std::vector<std::byte> pixels(source.frames().shape.bytes());
  source.read(0, 1, pixels);
  source.read(count - 1, 1, pixels);
}

void read_sequence(const std::string& path) {
  Monitor monitor;
  if (formats::is_sequence(path)) read_ends(*formats::open_sequence(path, {}, monitor));
  read_ends(*formats::open_igs_sequence(path, monitor));
}

void read_image(const std::string& path) {
  Monitor monitor;
  formats::is_volume(path);
  formats::read_volume(path, monitor);
}

void add_volumes(std::vector<Specimen>& all, const Path& folder) {
  Volume volume;
  volume.geometry.size = {5, 4, 3};
  volume.format = {PixelType::i16, 1};
  volume.voxels.resize(volume.geometry.voxels() * 2);
  Monitor monitor;
  for (const char* name : {"v.mha", "v.mhd", "v.nrrd", "v.nhdr", "v.nii", "v.nii.gz"})
    for (const auto packing : {formats::Compression::off, formats::Compression::on}) {
      const Path path = folder / name;
      formats::write_volume(path.string(), volume, IfExists::overwrite, monitor, packing);
      all.push_back({path.string(), content_of(path), read_image});
    }
}

const char* const sequence_header =
    "ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = 3 2 2\nKinds = domain domain list\n"
    "ElementType = MET_UCHAR\nUltrasoundImageOrientation = MF\n"
    "Seq_Frame0000_ProbeToTrackerTransform = 1 0 0 10 0 1 0 20 0 0 1 30 0 0 0 1\n"
    "Seq_Frame0000_ProbeToTrackerTransformStatus = OK\nSeq_Frame0000_Timestamp = 1.5\n"
    "Seq_Frame0001_ProbeToTrackerTransform = 0 -1 0 11 1 0 0 21 0 0 1 31 0 0 0 1\n"
    "Seq_Frame0001_ProbeToTrackerTransformStatus = INVALID\nSeq_Frame0001_Timestamp = 1.75\n"
    "Seq_Frame0001_Encoder = 2\nElementDataFile = LOCAL\n";
const char* const nrrd_header =
    "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 3 2 2\nkinds: domain domain list\nencoding: raw\n"
    "ultrasound image orientation:=UN\nSeq_Frame0000_Timestamp:=0\nSeq_Frame0001_Timestamp:=1\n\n";

void add_recordings(std::vector<Specimen>& all, const Path& folder, const std::string& sample_data) {
  const std::string pixels = "abcdefghijkl";
  all.push_back({(folder / "s.igs.mha").string(), sequence_header + pixels, read_sequence});
  all.push_back({(folder / "s.igs.nrrd").string(), nrrd_header + pixels, read_sequence});
  if (sample_data.empty()) return;
  for (const char* name : {"NwirePhantomFreehand.igs.mha", "NwirePhantomFreehand.igs.nrrd"})
    all.push_back({(folder / name).string(), content_of(Path(sample_data) / name), read_sequence});
}

void add_custusx(std::vector<Specimen>& all, const Path& folder) {
  const auto read = [](const std::string& path) {
    Monitor monitor;
    read_ends(*formats::open_custusx(Path(path).parent_path().string(), monitor));
  };
  put(folder / "a.raw", "abcdefghijkl");
  const std::vector<std::pair<std::string, std::string>> parts{
      {"a.mhd",
       "ObjectType = Image\nNDims = 3\nDimSize = 3 2 2\nElementType = MET_UCHAR\nElementSpacing = 1 1 1\n"
       "ElementDataFile = a.raw\n"},
      {"a.fts", "1000.0\n1040.5\n"},
      {"a.tts", "990\n1010\n1050\n"},
      {"a.tp",
       "1 0 0 10 \n0 1 0 20 \n0 0 1 30 \n1 0 0 11\n0 1 0 21\n0 0 1 31\n1 0 0 12\n0 1 0 22\n0 0 1 32\n"},
      {"a.probedata.xml",
       "<?xml version='1.0'?><root><configuration type='linear' depthStart='0' depthEnd='40' width='30' "
       "temporalCalibration='-50'><image spacing='0.5 0.25' size='3 2' origin_p='1 0 0'/>"
       "<tool toolID='probe'/></configuration></root>"}};
  for (const auto& [name, content] : parts) put(folder / name, content);
  for (const auto& [name, content] : parts) all.push_back({(folder / name).string(), content, read});
}

void add_tables(std::vector<Specimen>& all, const Path& folder) {
  const std::string csv =
      "time;x;y;z;qw;qx;qy;qz;ok;\"a \"\"name\"\"\"\r\n0,5;1;2;3;1;0;0;0;true;\"two\nlines\"\r\n"
      "0,6;1,5;2;3;0,7071067811865476;0;0,7071067811865476;0;false;0301\r\n0,7;2;2;3;1;0;0;0;true;\r\n";
  all.push_back({(folder / "t.csv").string(), csv, [](const std::string& path) { formats::read_csv(path); }});
  all.push_back({(folder / "p.csv").string(), csv, [](const std::string& path) {
                   Monitor monitor;
                   formats::PoseTableOptions options;
                   options.file = path;
                   options.time_column = "time";
                   options.pose_columns = {"x", "y", "z", "qw", "qx", "qy", "qz"};
                   options.status_column = "ok";
                   formats::read_pose_table(options, monitor);
                 }});
}

void add_dicom(std::vector<Specimen>& all, const Path& folder) {
  const auto read = [](const std::string& path) {
    Monitor monitor;
    formats::is_volume(path);
    formats::read_dicom_series(path, monitor);
  };
  for (const char* transfer : {"explicit", "implicit", "big", "rle", "jpeg-lossless", "jpeg-ls"}) {
    volume_test::SyntheticSlice slice;
    slice.transfer = transfer;
    volume_test::write_synthetic_slice((folder / "i.dcm").string(), slice);
    all.push_back({(folder / (std::string(transfer) + ".dcm")).string(), content_of(folder / "i.dcm"), read});
  }
  volume_test::write_enhanced((folder / "e.dcm").string(), {{0, 0, 0}, {0, 0, 2}, {0, 0, 4}});
  all.push_back({(folder / "e.dcm").string(), content_of(folder / "e.dcm"), read});
  volume_test::SyntheticSlice ultrasound;
  ultrasound.modality = "US";
  ultrasound.bits_allocated = ultrasound.bits_stored = 8;
  volume_test::write_synthetic_slice((folder / "u.dcm").string(), ultrasound);
  all.push_back({(folder / "u.dcm").string(), content_of(folder / "u.dcm"), [](const std::string& path) {
                   Monitor monitor;
                   formats::FrameFolderOptions options;
                   options.clock.frame_rate_hz = 20;
                   formats::is_dicom_cine(path);
                   read_ends(*formats::open_dicom_cine(path, options, monitor));
                 }});
}

void add_pictures(std::vector<Specimen>& all, const Path& folder) {
  Picture picture;
  picture.rows = 5;
  picture.columns = 7;
  picture.format = {PixelType::u8, 1};
  picture.pixels.resize(35);
  formats::write_png((folder / "frame.png").string(), picture, IfExists::overwrite);
  all.push_back(
      {(folder / "frame.png").string(), content_of(folder / "frame.png"), [](const std::string& path) {
         Monitor monitor;
         formats::FrameFolderOptions options;
         options.clock.frame_rate_hz = 20;
         read_ends(*formats::open_frame_folder(Path(path).parent_path().string(), options, monitor));
       }});
}

void add_phantoms(std::vector<Specimen>& all, const Path& folder) {
  const auto read = [](const std::string& path) { formats::read_phantom(path); };
  all.push_back({(folder / "phantom.json").string(),
                 R"({"phantom_definition": "1.0", "name": "N", "version": "2", "description": "three wires",
 "patterns": [{"wires": [{"name": "a", "front_mm": [30, 0, 20], "back_mm": [30, 40, 20]},
  {"name": "b", "front_mm": [55, 0, 20], "back_mm": [35, 40, 20]},
  {"name": "c", "front_mm": [60, 0, 20], "back_mm": [60, 40, 20]}]}],
 "wires": [{"name": "d", "front_mm": [1, 2, 3], "back_mm": [4, 5, 6]}],
 "points": [{"name": "x", "position_mm": [0, 0, 1e-3]}], "landmarks": [{"name": "#1", "position_mm": [104.3, 5, 20]}],
 "planes": [{"name": "top", "base_mm": [5.5, 3, 35], "end1_mm": [135, 3, 35], "end2_mm": [135, 55, 35]}],
 "lines": [{"name": "edge", "from_mm": [0, 0, 0], "to_mm": [0, 60, 0]}]})",
                 read});
  all.push_back({(folder / "phantom.xml").string(),
                 "<?xml version='1.0'?><PlusConfiguration><Segmentation ClipRectangleOrigin='27 27'/>"
                 "<PhantomDefinition><Description Name='fCAL' Version='2.0'/><Geometry>"
                 "<Pattern Type='NWire'><Wire Name='a' EndPointFront='30 0 20' EndPointBack='30 40 20'/>"
                 "<Wire Name='b' EndPointFront='55 0 20' EndPointBack='35 40 20'/>"
                 "<Wire Name='c' EndPointFront='60 0 20' EndPointBack='60 40 20'/></Pattern>"
                 "<Landmarks><Landmark Name='#1' Position='104.3 5 20'/></Landmarks>"
                 "<Planes><Plane Name='top' BasePoint='5.5 3 35' EndPoint1='135 3 35' EndPoint2='135 55 35'/>"
                 "</Planes></Geometry></PhantomDefinition></PlusConfiguration>",
                 [](const std::string& path) {
                   formats::read_plus_attributes(path, "Segmentation");
                   formats::read_phantom(path);
                 }});
}

void add_points(std::vector<Specimen>& all, const Path& folder) {
  const auto read = [](const std::string& path) {
    Monitor monitor;
    formats::PointFileOptions options;
    options.volume = path.ends_with(".tag") ? 2 : 0;
    const bool is_mesh =
        path.ends_with(".ply") || path.ends_with(".stl") || path.ends_with(".obj") || path.ends_with(".vtk");
    if (is_mesh) options.coordinates = formats::Coordinates::as_they_are;
    formats::read_point_file(path, options, monitor);
  };
  all.push_back({(folder / "p.fcsv").string(),
                 "# Markups fiducial file version = 4.11\n# CoordinateSystem = RAS\n"
                 "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n"
                 "1,10,20,30,0,0,0,1,1,1,0,\"nose, tip\",,,2,0\n2,1e2,-3,4.5,0,0,0,1,1,1,0,ear,,,0,0\n",
                 read});
  all.push_back(
      {(folder / "old.fcsv").string(),
       "# Fiducial List file /tmp/a.fcsv\n# numPoints = 1\n# columns = label,x,y,z,sel,vis\na,1,2,3,1,1\n",
       read});
  all.push_back({(folder / "p.mrk.json").string(),
                 R"({"markups": [{"type": "Fiducial", "coordinateSystem": "LPS", "coordinateUnits": "mm",
 "controlPoints": [{"id": "1", "label": "a", "position": [1, 2.5, -3], "positionStatus": "defined"}]}]})",
                 read});
  all.push_back(
      {(folder / "p.tag").string(),
       "MNI Tag Point File\nVolumes = 2;\n% note\nPoints =\n 1 2 3 4 5 6 \"a\"\n 1 2 3 4 5 6 1 -1 -1 "
       "\"b\";\n",
       read});
  all.push_back({(folder / "p.txt").string(), "point\n2\n1 2 3\n-4 5e1 6\n", read});
  all.push_back(
      {(folder / "outputpoints.txt").string(),
       "Point\t0\t; InputIndex = [ 1 2 3 ]\t; OutputPoint = [ 1.5 2.5 3.5 ]\t; Deformation = [ 0 0 0 ]\n",
       read});
  all.push_back(
      {(folder / "p.ply").string(),
       "ply\nformat ascii 1.0\ncomment SPACE=LPS\nelement vertex 3\nproperty float x\nproperty float y\n"
       "property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
       "0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n",
       read});
  all.push_back(
      {(folder / "binary.ply").string(),
       "ply\nformat binary_little_endian 1.0\nelement vertex 2\nproperty uchar x\nproperty uchar y\n"
       "property uchar z\nelement face 1\nproperty list uchar uchar vertex_indices\nend_header\n"
       "abcdef\3\1\1\1",
       read});
  all.push_back(
      {(folder / "p.stl").string(),
       "solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\n"
       "endfacet\nendsolid\n",
       read});
  all.push_back({(folder / "binary.stl").string(),
                 std::string(80, ' ') + std::string("\1\0\0\0", 4) + std::string(50, '?'), read});
  all.push_back(
      {(folder / "p.obj").string(), "v 0 0 0\nv 1 0 0\nv 0 1 0\nvn 0 0 1\nf 1//1 2//1 -1//1\n", read});
  all.push_back(
      {(folder / "p.vtk").string(),
       "# vtk DataFile Version 5.1\nx\nASCII\nDATASET POLYDATA\nPOINTS 4 float\n0 0 0 1 0 0 0 1 0 1 1 0\n"
       "LINES 2 2\nOFFSETS vtktypeint64\n0 2\nCONNECTIVITY vtktypeint64\n0 1\n"
       "TRIANGLE_STRIPS 2 4\nOFFSETS vtktypeint64\n0 4\nCONNECTIVITY vtktypeint64\n0 1 2 3\n"
       "POINT_DATA 4\nSCALARS r float 1\nLOOKUP_TABLE default\n1 2 3 4\nFIELD F 1\na 1 4 int\n1 2 3 4\n",
       read});
  all.push_back({(folder / "p.csv").string(),
                 "label,x_lps [mm],y_lps [mm],z_lps [mm],weight,standard_deviation [mm]\na,1,2,3,1,0.5\n",
                 read});
}

void add_trees(std::vector<Specimen>& all, const Path& folder) {
  const auto read = [](const std::string& path) {
    Monitor monitor;
    formats::tree_file_kind(path);
    formats::read_tree_file(path, {formats::Coordinates::lps, "LPS", ""}, monitor);
  };
  all.push_back({(folder / "t.csv").string(),
                 "x_lps [mm],y_lps [mm],z_lps [mm],radius [mm],parent,branch,label\n0,0,0,8,-1,0,trachea\n"
                 "0,0,-10,7,0,0,trachea\n5,0,-20,,1,1,\n-5,0,-20,4,1,2,\n",
                 read});
  all.push_back({(folder / "t.vtk").string(),
                 "# vtk DataFile Version 3.0\nairways SPACE=LPS\nASCII\nDATASET POLYDATA\nPOINTS 4 double\n"
                 "0 0 0 0 0 -10 5 0 -20 -5 0 -20\nLINES 3 9\n2 0 1\n2 1 2\n2 1 3\nPOINT_DATA 4\n"
                 "SCALARS Radius double 1\nLOOKUP_TABLE default\n8 7 5 0\nSCALARS parent double 1\n"
                 "LOOKUP_TABLE default\n-1 0 1 1\nSCALARS branch double 1\nLOOKUP_TABLE default\n0 0 1 2\n",
                 read});
}

void add_texts(std::vector<Specimen>& all, const Path& folder) {
  all.push_back({(folder / "plus.xml").string(),
                 "<?xml version='1.0'?><PlusConfiguration version='2.1'><CoordinateDefinitions>"
                 "<Transform From='Image' To='Probe' Matrix='0.1 0 0 1 0 0.2 0 2 0 0 0.1 3 0 0 0 1'/>"
                 "<Transform From='Stylus' To='Tip' Matrix='1 0 0 1 0 1 0 2 0 0 1 3 0 0 0 1'/>"
                 "</CoordinateDefinitions></PlusConfiguration>",
                 [](const std::string& path) {
                   formats::is_plus_config(path);
                   formats::read_plus_transforms(path);
                 }});
  all.push_back({(folder / "t.tfm").string(),
                 "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
                 "Parameters: 1 0 0 0 1 0 0 0 1 1 2 3\nFixedParameters: 0 0 0\n",
                 [](const std::string& path) {
                   formats::is_transform(path);
                   formats::read_transform(path, {"A", "B"});
                 }});
  all.push_back({(folder / "scene.json").string(),
                 R"({"name": "two", "background": 20, "gradient_per_mm": [0, 0, 0], "center_mm": [0, 0, 0],
 "size_mm": [40, 40, 40], "waves": [{"amplitude": 10, "direction": [1, 0, 0], "period_mm": 12, "phase": 0}],
 "speckle": {"strength": 0.5, "cell_mm": 0.5, "seed": 1},
 "objects": [{"shape": "sphere", "center_mm": [0, 0, 0], "radius_mm": 5, "value": 200, "edge_mm": 1},
  {"shape": "box", "center_mm": [1, 2, 3], "size_mm": [8, 6, 4], "value": 90, "turn_axis": [0, 0, 1], "turn_deg": 30},
  {"shape": "blob", "center_mm": [1, 1, 1], "sigma_mm": [3, 3, 3], "value": 40, "blend": "add"}]})",
                 [](const std::string& path) { phantom::scene_from_json(content_of(path), path); }});
  all.push_back({(folder / "c.toml").string(),
                 "spacing-mm = 0.5\norigin-mm = [1, 2.5, -3]\nlabel = [\"a\", 'b']\nnote = \"\"\"x\ny\"\"\"\n"
                 "method = \"mean\"\nquiet = true\nrounds = 0x10\n",
                 [](const std::string& path) {
                   struct {
                     double spacing = 1;
                     std::int64_t rounds = 1;
                     std::optional<std::vector<double>> origin;
                     std::vector<std::string> labels;
                     std::string note;
                     std::string method = "mean";
                     bool quiet = false;
                   } s;
                   Options options;
                   options.value("--spacing-mm", s.spacing, {0.1, 10}, "spacing");
                   options.value("--rounds", s.rounds, {1, 100}, "rounds");
                   options.values("--origin-mm", s.origin, "X Y Z", {}, "origin");
                   options.texts("--label", s.labels, "TEXT", "label");
                   options.text("--note", s.note, "TEXT", "note");
                   options.choice("--method", s.method, {{"mean", "average"}, {"latest", "last"}}, "method");
                   options.flag("--quiet", s.quiet, "quiet");
                   shell::read_config(path, options.declarations());
                 }});
}

}  // namespace

std::vector<Specimen> specimens(const std::string& folder, const std::string& sample_data) {
  std::vector<Specimen> all;
  const Path root = folder;
  add_volumes(all, made(root / "volumes"));
  add_recordings(all, made(root / "recordings"), sample_data);
  add_custusx(all, made(root / "custusx"));
  add_tables(all, made(root / "tables"));
  add_dicom(all, made(root / "dicom"));
  add_pictures(all, made(root / "pictures"));
  add_phantoms(all, made(root / "phantoms"));
  add_points(all, made(root / "points"));
  add_trees(all, made(root / "trees"));
  add_transforms(all, made(root / "transforms").string());
  add_texts(all, made(root / "texts"));
  add_dose(all, made(root / "dose").string(), sample_data);
  return all;
}

}  // namespace snitt::fuzz
