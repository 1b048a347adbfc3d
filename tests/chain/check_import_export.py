"""snitt-import and snitt-export as programs, on every kind of file: what went out comes back, and equals what others read."""
import csv
import gzip
import math
import os
import pathlib
import struct
import unittest

from chain import CONFIG, DATA, SOURCE, SWEEP, ChainTest, main, run

try:
    import h5py
    import numpy
except ImportError:
    h5py = None

SHARED = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE.parent / "shared" / "data"))
# As frames.csv has them: translations carry their unit.
MATRIX = [f"{row}{column}" + (" [mm]" if column == 3 and row < 3 else "") for row in range(4) for column in range(4)]


def dicom_element(group, element, kind, value):
    if isinstance(value, str):
        value = value.encode() + (b"\0" if kind == "UI" else b" ") * (len(value) % 2)
    long = kind in ("OB", "OW", "SQ", "UN")
    return struct.pack("<HH2s", group, element, kind.encode()) + (struct.pack("<HI", 0, len(value)) if long else struct.pack("<H", len(value))) + value


def dicom_ultrasound(pixels, frame_time_ms, mm_per_pixel):
    """A multi-frame ultrasound image, explicit little endian, by part 5 and section C.8.5.5 of the standard."""
    frames, rows, columns = pixels.shape
    short, number = (lambda n: struct.pack("<H", n)), (lambda n: struct.pack("<I", n))
    region = b"".join([dicom_element(0x18, 0x6012, "US", short(1)), dicom_element(0x18, 0x6014, "US", short(1)),
                       dicom_element(0x18, 0x6018, "UL", number(0)), dicom_element(0x18, 0x601A, "UL", number(0)),
                       dicom_element(0x18, 0x601C, "UL", number(columns - 1)), dicom_element(0x18, 0x601E, "UL", number(rows - 1)),
                       dicom_element(0x18, 0x6024, "US", short(3)), dicom_element(0x18, 0x6026, "US", short(3)),
                       dicom_element(0x18, 0x602C, "FD", struct.pack("<d", mm_per_pixel / 10)),
                       dicom_element(0x18, 0x602E, "FD", struct.pack("<d", mm_per_pixel / 10))])
    uid = "1.2.840.10008.5.1.4.1.1.3.1"
    meta = b"".join([dicom_element(2, 1, "OB", b"\0\1"), dicom_element(2, 2, "UI", uid), dicom_element(2, 3, "UI", "2.25.1"),
                     dicom_element(2, 0x10, "UI", "1.2.840.10008.1.2.1"), dicom_element(2, 0x12, "UI", "2.25.2")])
    data = [dicom_element(8, 0x16, "UI", uid), dicom_element(8, 0x18, "UI", "2.25.1"), dicom_element(8, 0x60, "CS", "US"),
            dicom_element(0x10, 0x10, "PN", "Nobody^Ever"), dicom_element(0x18, 0x1063, "DS", str(frame_time_ms)),
            dicom_element(0x18, 0x6011, "SQ", struct.pack("<HHI", 0xFFFE, 0xE000, len(region)) + region),
            dicom_element(0x28, 2, "US", short(1)), dicom_element(0x28, 4, "CS", "MONOCHROME2"), dicom_element(0x28, 8, "IS", str(frames)),
            dicom_element(0x28, 9, "AT", struct.pack("<HH", 0x18, 0x1063)), dicom_element(0x28, 0x10, "US", short(rows)),
            dicom_element(0x28, 0x11, "US", short(columns)), dicom_element(0x28, 0x100, "US", short(8)),
            dicom_element(0x28, 0x101, "US", short(8)), dicom_element(0x28, 0x102, "US", short(7)),
            dicom_element(0x28, 0x103, "US", short(0)), dicom_element(0x7FE0, 0x10, "OB", pixels.tobytes())]
    return bytes(128) + b"DICM" + dicom_element(2, 0, "UL", number(len(meta))) + meta + b"".join(data)


def quaternion(m):
    """Of a rotation whose trace is not near -1."""
    w = math.sqrt(max(0.0, 1 + m[0][0] + m[1][1] + m[2][2])) / 2
    return [w, (m[2][1] - m[1][2]) / (4 * w), (m[0][2] - m[2][0]) / (4 * w), (m[1][0] - m[0][1]) / (4 * w)]


class Recordings(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_sweep()

    def round_trip(self, recording, name, *options):
        self.must("snitt-export", recording, "-o", name, *options)
        self.must("snitt-import", name, "-o", name + ".h5")
        self.must("snitt-compare", recording, name + ".h5")

    def test_every_sample_recording_is_read_and_checked(self):
        for path in sorted(DATA.glob("*.igs.*")):
            self.must("snitt-import", path, "-o", path.name + ".h5")
            self.must("snitt-check", path.name + ".h5")

    def test_an_igs_sequence_keeps_pixels_poses_and_fields_through_every_form(self):
        self.must("snitt-import", SWEEP, "-o", "spine.h5")
        for name, options in (("a.igs.mha", ()), ("b.igs.mhd", ()), ("c.igs.nrrd", ()), ("d.igs.nhdr", ()),
                              ("e.igs.mha", ["--uncompressed"]), ("f.igs.mhd", ["--uncompressed"]), ("g.igs.nrrd", ["--uncompressed"])):
            self.round_trip("spine.h5", name, *options)

    def test_a_recording_of_poses_alone_keeps_them_through_every_form(self):
        self.must("snitt-import", DATA / "WaterTankBottomTranslationTrackerBuffer-trimmed.igs.mha", "-o", "poses.h5")
        for name in ("p.igs.mha", "q.igs.nrrd"):
            self.round_trip("poses.h5", name)

    def rows_of_exported_frames(self):
        if not (self.folder / "frames").exists():
            self.must("snitt-export", "sweep.h5", "-o", "frames")
            (self.folder / "frames" / "frames.csv").rename(self.folder / "frames.csv")
        with open(self.folder / "frames.csv", newline="") as file:
            return list(csv.DictReader(file))

    def write_clocks(self, pose_names, pose_of):
        """Images at their times; poses twice as often, the ones between being wrong; both in ms."""
        rows = self.rows_of_exported_frames()
        times_ms = [float(row["time [s]"]) * 1000 for row in rows]
        with open(self.folder / "images.csv", "w") as file:
            file.write("picture,acquired [ms]\n")
            file.writelines(f"{row['file']},{t!r}\n" for row, t in zip(rows, times_ms))
        with open(self.folder / "tracker.csv", "w") as file:
            file.write(",".join(["ms", "state", *pose_names]) + "\n")
            for i, (row, t) in enumerate(zip(rows, times_ms)):
                file.write(",".join([repr(t), "OK", *pose_of(row)]) + "\n")
                if i + 1 < len(rows):
                    file.write(",".join([repr((t + times_ms[i + 1]) / 2), "OK", *pose_of(rows[0])]) + "\n")

    CLOCKS = ("--image-times", "images.csv", "--image-time-column", "acquired [ms]", "--image-time-unit", "ms", "--image-file-column",
              "picture", "--poses", "tracker.csv", "--pose-time-column", "ms", "--pose-time-unit", "ms", "--pose-status-column", "state",
              "--pose-name", "ProbeToTracker", "--static-transforms", CONFIG)

    def test_pictures_and_a_pose_table_with_clocks_of_their_own_give_the_volume_of_the_original(self):
        names = ["m" + n[:2] for n in MATRIX]
        self.write_clocks(names, lambda row: [row["ProbeToTracker_" + n] for n in MATRIX])
        self.must("snitt-import", "frames", *self.CLOCKS, "--pose-column", ",".join(names), "-o", "pictures.h5")
        for recording in ("sweep.h5", "pictures.h5"):
            self.must("snitt-reconstruct-ultrasound", recording, "--image-to", "Tracker", "--spacing-mm", "1", "-o", "volume-of-" + recording)
        self.must("snitt-compare", "volume-of-sweep.h5", "volume-of-pictures.h5")
        # One column per --pose-column is the other way to say it.
        self.must("snitt-import", "frames", *self.CLOCKS, *[w for n in names for w in ("--pose-column", n)], "-o", "pictures2.h5")
        self.must("snitt-compare", "pictures.h5", "pictures2.h5")

    @unittest.skipIf(h5py is None, "python3-h5py is not installed")
    def test_quaternions_in_metres_give_the_matrices_of_the_original(self):
        def pose(row):
            numbers = [float(row["ProbeToTracker_" + n]) for n in MATRIX]
            m = [numbers[0:4], numbers[4:8], numbers[8:12]]
            return [repr(x) for x in [*(m[r][3] / 1000 for r in range(3)), *quaternion(m)]]
        self.write_clocks("tx ty tz qw qx qy qz".split(), pose)
        self.must("snitt-import", "frames", *self.CLOCKS, "--pose-column", "tx,ty,tz,qw,qx,qy,qz", "--pose-position-unit-mm", "1000", "-o", "q.h5")
        with h5py.File(self.folder / "q.h5") as q, h5py.File(self.folder / "sweep.h5") as sweep:
            got, true = q["transforms/ProbeToTracker/matrix"][::2], sweep["transforms/ProbeToTracker/matrix"][:]
        # The recording writes six digits: its rotations are orthonormal to 1e-5 and no better.
        numpy.testing.assert_allclose(got, true, rtol=0, atol=2e-5)

    @unittest.skipIf(h5py is None, "python3-h5py is not installed")
    def test_a_dicom_ultrasound_loop_is_read_to_its_pixels_times_and_spacing(self):
        pixels = numpy.random.default_rng(1).integers(0, 256, (5, 6, 8), numpy.uint8)
        (self.folder / "loop.dcm").write_bytes(dicom_ultrasound(pixels, 40, 0.25))
        self.must("snitt-import", "loop.dcm", "-o", "loop.h5")
        with h5py.File(self.folder / "loop.h5") as f:
            numpy.testing.assert_array_equal(f["pixels"][:], pixels)
            numpy.testing.assert_allclose(f["time"][:], [0, 0.04, 0.08, 0.12, 0.16], rtol=0, atol=1e-15)
            numpy.testing.assert_allclose(f["pixel_spacing"][:], [0.25, 0.25], rtol=1e-15)
            self.assertNotIn("Nobody", str([f.attrs[n] for n in f.attrs]) + f["provenance"].asstr()[()])

    @unittest.skipIf(h5py is None, "python3-h5py is not installed")
    def test_a_custusx_acquisition_is_read_and_reconstructed(self):
        with h5py.File(self.folder / "sweep.h5") as f:
            pixels, poses, times = f["pixels"][:, ::4, ::4], f["transforms/ProbeToTracker/matrix"][:], f["time"][:]
        frames, rows, columns = pixels.shape
        acquisition = self.folder / "US-Acq_03_20260101T120000"
        acquisition.mkdir()
        base = acquisition / "US-Acq_03"
        def image(name, values):
            (acquisition / (name + ".raw")).write_bytes(values.tobytes())
            (acquisition / (name + ".mhd")).write_text(f"ObjectType = Image\nNDims = 3\nDimSize = {columns} {rows} 1\nElementType = MET_UCHAR\n"
                                                       f"ElementSpacing = 0.3 0.3 1\nElementDataFile = {name}.raw\n")
        for i in range(frames):
            image(f"US-Acq_03_{i}", pixels[i])
        mask = numpy.zeros((rows, columns), numpy.uint8)
        mask[10:-10, 20:-20] = 1
        image("US-Acq_03.mask", mask)
        clock = [1e6 + 1000 * t for t in times]
        base.with_suffix(".fts").write_text("".join(f"{t!r}\n" for t in clock))
        base.with_suffix(".tts").write_text("".join(f"{t - 12!r}\n" for t in clock))
        base.with_suffix(".tp").write_text("".join(" ".join(repr(float(x)) for x in row) + "\n" for pose in poses for row in pose[:3]))
        base.with_suffix(".probedata.xml").write_text(
            "<?xml version='1.0'?><root><configuration type='linear' depthStart='0' depthEnd='46' width='61' temporalCalibration='12'>"
            f"<image spacing='0.3 0.3' size='{columns} {rows}' origin_p='102 0 0'/><tool toolID='probe'/></configuration></root>")
        self.must("snitt-import", acquisition, "-o", "custusx.h5")
        with h5py.File(self.folder / "custusx.h5") as f:
            numpy.testing.assert_array_equal(f["pixels"][:], pixels)
            numpy.testing.assert_array_equal(f["mask"][:], mask)
            numpy.testing.assert_array_equal(f["transforms/ToolToPatientReference/matrix"][:], poses)
            numpy.testing.assert_allclose(f["time"][:], numpy.array(clock) / 1000, rtol=1e-15)
        # 1e6 ms on the clock leave 1e-10 s of rounding: the first or last frame may lie outside the tracking by that much.
        said = self.must("snitt-reconstruct-ultrasound", "custusx.h5", "--image-to", "PatientReference", "--spacing-mm", "1", "-o", "custusx-volume.h5")
        self.assertRegex(said, r"frames: (19|20|21) of 21 used")


class Volumes(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        c, s = math.cos(0.3), math.sin(0.3)
        voxels = struct.pack("<120h", *[(37 * i * i) % 4001 - 2000 for i in range(120)])
        (cls.folder / "oblique.mha").write_bytes(
            (f"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
             f"TransformMatrix = {c!r} {s!r} 0 {-s!r} {c!r} 0 0 0 1\nOffset = 10.5 -20 30.25\nElementSpacing = 0.5 0.75 2\n"
             f"DimSize = 4 5 6\nElementType = MET_SHORT\nElementDataFile = LOCAL\n").encode() + voxels)
        cls.must("snitt-import", "oblique.mha", "-o", "oblique.h5")

    def test_every_format_gives_back_voxels_and_place(self):
        for name in ("a.mha", "b.mhd", "c.nrrd", "d.nhdr", "e.nii", "f.nii.gz"):
            for more in ([], ["--uncompressed"]):
                self.must("snitt-export", "oblique.h5", "-o", name, "--overwrite", *more)
                self.must("snitt-import", name, "-o", name + ".h5", "--overwrite")
                # NRRD keeps direction times spacing: one rounding. NIfTI keeps both in float32: 30 mm to 2e-6.
                exact = ["--tolerance", "1e-15"] if "hdr" in name or "nrrd" in name else ["--tolerance", "1e-5"] if ".nii" in name else []
                self.must("snitt-compare", "--data-only", "oblique.h5", name + ".h5", *exact)

    def test_a_gzipped_volume_is_read_as_the_plain_one(self):
        (self.folder / "o.mha.gz").write_bytes(gzip.compress((self.folder / "oblique.mha").read_bytes()))
        self.must("snitt-import", "o.mha.gz", "-o", "o.h5")
        self.must("snitt-compare", "oblique.h5", "o.h5")

    @unittest.skipIf(h5py is None, "python3-h5py is not installed")
    def test_the_place_is_the_one_of_the_header(self):
        with h5py.File(self.folder / "oblique.h5") as f:
            self.assertEqual(f["voxels"][1, 2, 3], (37 * 31 * 31) % 4001 - 2000)  # 1*20 + 2*4 + 3
            self.assertEqual(f["origin"][:].tolist(), [10.5, -20, 30.25])
            # MetaImage and Snitt: each row is the direction of one axis.
            numpy.testing.assert_array_equal(f["axis_directions"][0], [math.cos(0.3), math.sin(0.3), 0])

    @unittest.skipIf(h5py is None, "python3-h5py is not installed")
    def test_hounsfield_units_of_a_dicom_series_are_those_of_its_bytes(self):
        series = SHARED / "dose" / "patient_slices" / "dcmqi_ct3slice"
        if not series.is_dir():
            self.skipTest(f"{series} is not there")
        self.must("snitt-import", series, "-o", "ct.h5")
        # Implicit little endian, pixels last: 512 x 512 signed shorts, HU = value - 1024; slices rise from -128.69 mm.
        slices = []
        for name in ("03.dcm", "02.dcm", "01.dcm"):
            data = (series / name).read_bytes()
            at = data.rindex(struct.pack("<HHI", 0x7FE0, 0x10, 2 * 512 * 512)) + 8
            slices.append(numpy.frombuffer(data, "<i2", 512 * 512, at).reshape(512, 512).astype(int) - 1024)
        with h5py.File(self.folder / "ct.h5") as f:
            numpy.testing.assert_array_equal(f["voxels"][:], numpy.stack(slices))
            numpy.testing.assert_allclose(f["origin"][:], [-235.199997, -226.800003, -128.690002], rtol=0, atol=1e-12)
            numpy.testing.assert_allclose(f["spacing"][:], [0.810547, 0.810547, 1], rtol=0, atol=1e-12)


class Others(ChainTest):
    def test_a_transform_comes_back_from_every_form(self):
        self.must("snitt-import", CONFIG, "--transform", "ImageToProbe", "-o", "t.h5")
        for name in ("t.tfm", "t.txt", "itk.h5"):
            self.must("snitt-export", "t.h5", "-o", name)
            self.must("snitt-import", name, "--transform", "ImageToProbe", "-o", "back-" + name + ".h5")
            self.must("snitt-compare", "t.h5", "back-" + name + ".h5", "--tolerance", "1e-15")

    def test_other_peoples_transforms_are_read_whatever_their_kind(self):
        folder = SHARED / "registration" / "formats"
        if not folder.is_dir():
            self.skipTest(f"{folder} is not there")
        kinds = {"TpsTransform.h5": "thin-plate spline", "BSplineLinearCompositeTransform.h5": "B-spline, then linear",
                 "Bspline-f-m.tfm": "B-spline, then linear"}
        for path in sorted(p for p in folder.iterdir() if p.suffix in (".h5", ".tfm")):
            done = run("snitt-import", path, "--transform", "FixedToMoving", "-o", path.name + ".h5", cwd=self.folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(kinds.get(path.name, "transform: FixedToMoving\n"), done.stdout)
            self.must("snitt-check", path.name + ".h5")
        if h5py is not None:
            with h5py.File(self.folder / "input_fixed_to_moving.tfm.h5") as f:
                numbers = f["TransformGroup/0/TransformParameters"][:]
            # Nine numbers of the matrix, then the translation; the centre is the origin.
            numpy.testing.assert_allclose(numbers, [0.98480775, -0.17364818, 0, 0.17364818, 0.98480775, 0, 0, 0, 1, 5, -3, 2], rtol=0, atol=1e-15)

    def test_a_configuration_with_several_transforms_asks_for_a_name(self):
        done = run("snitt-import", CONFIG, "-o", "none.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("has 2 transforms; expected --transform with one of ImageToProbe, PhantomToReference", done.stderr)
        done = run("snitt-import", CONFIG, "--transform", "ImagToProbe", "-o", "none.h5", cwd=self.folder)
        self.assertIn("did you mean 'ImageToProbe'?", done.stderr)

    def test_a_table_comes_back_as_it_was(self):
        (self.folder / "t.csv").write_text('name,dose [mGy],n\n"a, b",1.5,3\nøre,-2e-300,4\n', encoding="utf-8")
        self.must("snitt-import", "t.csv", "-o", "t.table.h5")
        self.must("snitt-export", "t.table.h5", "-o", "back.csv")
        self.must("snitt-import", "back.csv", "-o", "back.table.h5")
        self.must("snitt-compare", "t.table.h5", "back.table.h5")
        rows = [list(csv.reader((self.folder / n).read_text(encoding="utf-8").splitlines())) for n in ("t.csv", "back.csv")]
        self.assertEqual([r[0] for r in rows[0]], [r[0] for r in rows[1]])


main()
