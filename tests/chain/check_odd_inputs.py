"""Odd inputs that people do have: the documented status, one line that names what is wrong and the way out, nothing left behind."""
import pathlib

from chain import DATA, SWEEP, ChainTest, main, run

HEADER = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
POSE = ("Seq_Frame0000_ImageToReferenceTransform = 1 0 0 {} 0 1 0 0 0 0 1 0 0 0 0 1\n"
        "Seq_Frame0000_ImageToReferenceTransformStatus = OK\nSeq_Frame0000_Timestamp = 0.5\nSeq_Frame0000_ImageStatus = OK\n")


def sequence(size="4 4 1", kind="MET_UCHAR", pose=POSE.format(0), pixels=b"\x41" * 16, more=""):
    return (f"{HEADER}{more}DimSize = {size}\nElementType = {kind}\nKinds = domain domain list\n"
            f"UltrasoundImageOrientation = MF\n{pose}ElementDataFile = LOCAL\n").encode() + pixels


class OddInputs(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_sweep()
        cls.must("snitt-import", SWEEP, "-o", "uncalibrated.h5")
        cls.must("snitt-import", DATA / "WaterTankBottomTranslationTrackerBuffer-trimmed.igs.mha", "-o", "tracker.h5")
        cls.write("one.igs.mha", sequence())
        cls.must("snitt-import", "one.igs.mha", "-o", "one.h5")
        cls.must("snitt-reconstruct-ultrasound", "one.h5", "--image-to", "Reference", "--spacing-mm", "1", "-o", "volume.h5")
        cls.must("snitt-export", "volume.h5", "-o", "slices")

    @classmethod
    def write(cls, name, content):
        path = cls.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def refused(self, status, *words, says=(), output="none.h5", **more):
        before = sorted(p for p in self.folder.rglob("*"))
        done = run(*words, "-o", output, cwd=self.folder, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        errors = [line for line in done.stderr.splitlines() if ": error: " in line]
        self.assertEqual(len(errors), 1, done.stderr)
        self.assertTrue(done.stderr.strip().endswith(errors[0]), done.stderr)
        for word in says:
            self.assertIn(word, errors[0])
        self.assertEqual(sorted(p for p in self.folder.rglob("*")), before)

    def reconstruct(self, status, *words, recording="sweep.h5", to="Reference", says=()):
        self.refused(status, "snitt-reconstruct-ultrasound", recording, "--image-to", to, *words, says=says)

    def test_files_that_hold_nothing_or_something_else(self):
        self.write("empty.mha", "")
        self.write("text.mha", "hello world\n")
        (self.folder / "nothing").mkdir()
        self.write("notes/readme.txt", "none of it is an image")
        self.refused(3, "snitt-import", "empty.mha", says=["empty.mha: is empty"])
        self.refused(3, "snitt-import", "text.mha", says=["text.mha: is of no kind that can be imported"])
        self.write("hello.txt", "hello world\n")
        self.refused(3, "snitt-import", "hello.txt", says=["hello.txt: is of no kind", "ends in .csv or .tsv"])
        self.write("heading.csv", "a,b\n")
        self.refused(3, "snitt-import", "heading.csv", says=["heading.csv: is a heading without rows"])
        self.refused(3, "snitt-import", "nothing", says=["nothing: is empty"])
        self.refused(3, "snitt-import", "notes", says=["notes: is a folder of nothing that can be imported", "PNG"])
        self.refused(3, "snitt-import", "/dev/null", says=["/dev/null: is no plain file"])
        self.refused(3, "snitt-import", "sweep.h5", says=["sweep.h5: is one of Snitt's own files already"])
        self.refused(3, "snitt-export", "one.igs.mha", says=["one.igs.mha", "snitt-import"], output="x.nrrd")

    def test_foreign_files_are_called_what_they_are(self):
        self.write("seen.mha", HEADER + "DimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\nabcdefgh")
        self.write("spots.fcsv", "# Markups fiducial file version = 4.11\n# CoordinateSystem = LPS\n"
                   "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID\n0,1,2,3,0,0,0,1,1,1,0,a,,\n")
        for name, kind in (("seen.mha", "a volume"), ("spots.fcsv", "points"), ("one.igs.mha", "a recording")):
            done = run("snitt-info", name, cwd=self.folder)
            self.assertEqual(done.returncode, 3)
            self.assertIn(f"{name}: is {kind} in a foreign format", done.stderr)
            self.assertIn("snitt-import", done.stderr)

    def test_a_file_that_is_missing_does_not_end_the_check_of_the_others(self):
        damaged = bytearray((self.folder / "sweep.h5").read_bytes())
        damaged[len(damaged) // 2] ^= 1
        self.write("dmg.h5", bytes(damaged))
        done = run("snitt-check", "sweep.h5", "missing.h5", "dmg.h5", "sweep.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 4)
        self.assertEqual((lines[0], lines[3]), ("sweep.h5: ok", "sweep.h5: ok"))
        self.assertIn("missing.h5: cannot be read: No such file", lines[1])
        self.assertEqual(lines[2].count("dmg.h5"), 1, lines[2])
        done = run("snitt-check", "missing.h5", "gone.h5", cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("gone.h5", done.stderr)

    def test_a_volume_over_time_tells_its_time_points(self):
        self.write("beat.nrrd", b"NRRD0004\ntype: uint8\ndimension: 4\nsizes: 2 2 2 3\nspace: left-posterior-superior\n"
                   b"space directions: (1,0,0) (0,1,0) (0,0,1) none\nkinds: domain domain domain list\n"
                   b"space origin: (0,0,0)\nencoding: raw\n\n" + bytes(24))
        self.assertIn("3 time points", self.must("snitt-import", "beat.nrrd", "-o", "beat.h5"))

    def test_headers_that_promise_what_is_not_there(self):
        volume = HEADER + "DimSize = {}\nElementType = MET_UCHAR\nElementDataFile = {}\n"
        self.write("v.mhd", volume.format("4 4 2", "gone.raw"))
        self.refused(3, "snitt-import", "v.mhd", says=["v.mhd: ", "'gone.raw'", "missing"])
        self.write("s.igs.mhd", sequence(pixels=b"").replace(b"= LOCAL", b"= gone.raw"))
        self.refused(3, "snitt-import", "s.igs.mhd", says=["s.igs.mhd: ", "'gone.raw'", "missing"])
        self.write("small.mha", volume.format("4 4 2", "LOCAL") + "abc")
        self.refused(3, "snitt-import", "small.mha", says=["small.mha", "32 bytes", "has 3"])
        self.write("huge.mha", volume.format("40000 40000 4000", "LOCAL") + "abc")
        self.refused(3, "snitt-import", "huge.mha", says=["huge.mha", "6400000000000"])
        self.write("word.mha", volume.format("4 4 x", "LOCAL"))
        self.refused(3, "snitt-import", "word.mha", says=["word.mha", "'DimSize' has 'x'"])
        self.write("nan.igs.mha", sequence(pose=POSE.format("nan")))
        self.refused(3, "snitt-import", "nan.igs.mha", says=["nan.igs.mha: line", "frame 0", "not finite"])
        self.write("zero.igs.mha", sequence("4 4 0", pose="", pixels=b""))
        self.refused(3, "snitt-import", "zero.igs.mha", says=["zero.igs.mha: holds no frames"])

    def test_small_and_coloured_recordings_are_reconstructed(self):
        self.write("pixel.igs.mha", sequence("1 1 1", pixels=b"A"))
        self.write("rgb.igs.mha", sequence(pixels=b"ABC" * 16, more="ElementNumberOfChannels = 3\n"))
        self.write("möte 1/ å æ.igs.mha", sequence())
        for name in ("pixel.igs.mha", "rgb.igs.mha", "möte 1/ å æ.igs.mha"):
            for method in ("nearest", "trilinear", "vnn", "distance-weighted", "gaussian"):
                if name == "pixel.igs.mha" and method not in ("nearest", "trilinear"):  # there is nothing to look between
                    self.reconstruct(3, "--method", method, recording=name, says=["pixel.igs.mha", "1 x 1 pixels; expected at least 2 x 2"])
                    continue
                self.must("snitt-reconstruct-ultrasound", name, "--image-to", "Reference", "--spacing-mm", "1", "--method", method,
                          "-o", name + method + ".h5")
                self.must("snitt-check", name + method + ".h5")
            self.must("snitt-export", name + "nearest.h5", "-o", name + ".png")

    def test_radio_frequency_samples_are_warned_of(self):
        self.write("rf.igs.mha", sequence(kind="MET_SHORT", pixels=bytes(32), more="UltrasoundImageType = RF_REAL\n"))
        done = run("snitt-reconstruct-ultrasound", "rf.igs.mha", "--image-to", "Reference", "--spacing-mm", "1", "-o", "rf.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("rf.igs.mha: the pixels are radio-frequency samples (RF_REAL)", done.stderr)

    def test_outputs_that_would_mislead_or_destroy(self):
        self.refused(4, "snitt-import", "one.igs.mha", "--overwrite", output="one.igs.mha", says=["one.igs.mha: is an input too"])
        self.refused(4, "snitt-import", "one.igs.mha", output="nowhere/x.h5", says=["nowhere/x.h5", "No such file"])
        for name in ("volume.mha", "volume.nii.gz", "volume.PNG"):
            self.refused(2, "snitt-import", "one.igs.mha", output=name, says=[name, "ending in .h5", "snitt-export"])
            self.refused(2, "snitt-reconstruct-ultrasound", "sweep.h5", "--image-to", "Reference", output=name, says=[name, ".h5"])

    def test_paths_that_do_not_lead_to_the_image_name_the_way_out(self):
        self.reconstruct(3, to="Referense", says=["sweep.h5: no path", "did you mean 'Reference'?", "--image-to"])
        self.reconstruct(3, recording="uncalibrated.h5", says=["uncalibrated.h5: ", "'Image'", "Probe, Reference", "--image-to-probe", "--static-transforms"])
        self.reconstruct(3, recording="tracker.h5", says=["tracker.h5: holds poses alone; expected a recording with images"])
        self.reconstruct(3, recording="volume.h5", says=["volume.h5: holds a volume; expected frames"])
        self.reconstruct(3, "--image-to-probe", SWEEP, says=["is neither a Snitt transform file, a PLUS configuration nor an ITK transform"])

    def test_options_that_leave_nothing_to_reconstruct(self):
        self.reconstruct(2, "--spacing-mm", "0.001", says=["GB are available", "spacing"])
        self.reconstruct(2, "--spacing-mm", "0.5,1", says=["--spacing-mm is '0.5,1'", "0.5,0.5,1"])
        self.reconstruct(2, "--clip-rectangle-px", "2000", "2000", "10", "10", says=["2000 2000 10 10", "820 columns"])
        self.reconstruct(2, "--clip-rectangle-px", "225", "40", "3500", "510", says=["--clip-rectangle-px", "3500", "616 rows"])
        self.reconstruct(2, "--fan-apex-px", "10", "10", says=["--fan-angles-deg", "--fan-radii-px"])
        self.reconstruct(3, "--mask", "slices/slice_0000.png", says=["slices/slice_0000.png: the mask has 4 columns and 4 rows; expected 820 and 616"])
        self.reconstruct(3, "--time-offset-s", "-50", says=["none of the 21 frames", "21 with transform MISSING", "ProbeToTracker is known from"])
        self.reconstruct(5, "--reject-below", "1000", says=["no pixel reached the grid"])
        self.reconstruct(5, "--origin-mm", "5000", "5000", "5000", "--size-voxels", "9", "9", "9", says=["no pixel reached the grid", "(5000, 5000, 5000)"])

    def test_spacing_for_each_axis_comes_in_one_word(self):
        self.must("snitt-reconstruct-ultrasound", "sweep.h5", "--image-to", "Reference", "--spacing-mm", "1,1.5,2", "-o", "axes.h5")
        self.assertRegex(self.must("snitt-info", "axes.h5"), r"spacing_mm +1 1.5 2\n")
        self.assertIn("--spacing-mm 1,1.5,2", self.must("snitt-info", "--history", "axes.h5"))
        self.write("axes.toml", "spacing-mm = [1, 1.5, 2]\n")
        self.must("snitt-reconstruct-ultrasound", "sweep.h5", "--image-to", "Reference", "--config", "axes.toml", "-o", "axes2.h5")
        self.must("snitt-compare", "axes.h5", "axes2.h5")

    def test_clocks_and_columns_that_are_not_named(self):
        for i in range(2):
            self.write(f"pictures/{i}.png", (self.folder / "slices" / "slice_0000.png").read_bytes())
        self.write("poses.csv", "t,x,y,z\n0,1,2,3\n1,2,3,4\n")
        self.refused(2, "snitt-import", "pictures", says=["--frame-rate-hz", "--image-times"])
        self.refused(2, "snitt-import", "pictures", "--frame-rate-hz", "10", "--poses", "poses.csv", says=["poses.csv: 0 pose columns", "tx,ty,tz,qw,qx,qy,qz", "t, x, y, z"])
        self.refused(3, "snitt-import", "pictures", "--frame-rate-hz", "10", "--poses", "poses.csv", "--pose-column", "t,x,y,z,t,x,q", says=["poses.csv: has no column 'q'", "t, x, y, z"])


main()
