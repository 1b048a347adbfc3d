"""Images as a user meets them: register, look at the result, and what is refused."""
import json
import zlib

import h5py
import numpy

from chain import SOURCE, ChainTest, main, run

HEAD = SOURCE / "sample_data" / "head"
FIXED, MOVING = HEAD / "fixed.mha", HEAD / "moving.mha"
TOOL = "snitt-register-images"
TRUTH = numpy.genfromtxt(HEAD / "truth.csv", delimiter=",", skip_header=1)


def read_mha(path):
    data = path.read_bytes()
    start = data.index(b"ElementDataFile = LOCAL\n") + 24
    header = dict(line.split(" = ") for line in data[:start].decode().strip().split("\n"))
    size = [int(n) for n in header["DimSize"].split()]
    return numpy.frombuffer(zlib.decompress(data[start:]), "u1").reshape(size[::-1]), header


def write_mha(path, voxels, spacing, offset, channels=1):
    kinds = {"uint8": "MET_UCHAR", "float32": "MET_FLOAT"}
    shape = voxels.shape[:-1] if channels > 1 else voxels.shape
    lines = ["ObjectType = Image", f"NDims = {len(shape)}", "BinaryData = True", "BinaryDataByteOrderMSB = False",
             "Offset = " + " ".join(map(str, offset)), "ElementSpacing = " + " ".join(map(str, spacing)),
             "DimSize = " + " ".join(map(str, shape[::-1]))]
    if channels > 1:
        lines.append(f"ElementNumberOfChannels = {channels}")
    lines += ["ElementType = " + kinds[str(voxels.dtype)], "ElementDataFile = LOCAL", ""]
    path.write_bytes("\n".join(lines).encode() + voxels.tobytes())


class Images(ChainTest):
    def refused(self, words, status, *command):
        done = run(TOOL, *command, "-q", "-o", "none.h5", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, done.stderr)
        self.assertFalse((self.folder / "none.h5").exists())

    def matrix(self, name):
        with h5py.File(self.folder / name) as f:
            p = f["parameters"][:]
        return numpy.vstack([numpy.hstack([p[:9].reshape(3, 3), p[9:, None]]), [0, 0, 0, 1]])

    def error_mm(self, matrix):
        mapped = TRUTH[:, :3] @ matrix[:3, :3].T + matrix[:3, 3]
        return numpy.linalg.norm(mapped - TRUTH[:, 3:], axis=1).max()

    def test_the_map_leads_from_fixed_to_moving_and_says_how_well(self):
        found = json.loads(self.must(TOOL, FIXED, MOVING, "-o", "map.h5", "--resampled", "moved.h5", "--json"))
        self.assertEqual((found["from"], found["to"], found["verdict"]), ("Fixed", "Moving", "good"))
        # a tenth of the 4 mm voxels, at the corners of the head
        self.assertLess(self.error_mm(self.matrix("map.h5")), 0.4)
        summary = {name: q["value"] for name, q in found["summary"].items()}
        self.assertGreater(summary["metric_end"], summary["metric_start"])
        self.assertGreater(summary["overlap"], 0.8)
        self.assertLess(summary["repeatability_mm"], 0.2)
        self.must("snitt-check", "map.h5", "moved.h5")
        self.assertIn("images, rigid, mutual information, good", self.must("snitt-info", "map.h5"))
        self.must("snitt-calibration-report", "map.h5", "-o", "report.html")
        with h5py.File(self.folder / "moved.h5") as f:
            moved = f["voxels"][:].astype(float)
        fixed = read_mha(FIXED)[0].astype(float)
        inner = (slice(8, -8),) * 3
        # another gamma leaves the ranks: correlation of the moved image with the fixed one
        self.assertGreater(numpy.corrcoef(moved[inner].ravel(), fixed[inner].ravel())[0, 1], 0.97)

    def test_models_and_metrics_agree(self):
        for options in (["--model", "similarity"], ["--model", "affine"], ["--metric", "nmi"], ["--metric", "ncc"],
                        ["--preset", "fast"], ["--preset", "accurate"]):
            self.must(TOOL, FIXED, MOVING, "-o", "other.h5", "--overwrite", "-q", *options)
            self.assertLess(self.error_mm(self.matrix("other.h5")), 0.6, options)

    def test_foreign_forms_of_a_pair_give_the_same_map(self):
        self.must("snitt-import", FIXED, "-o", "fixed.h5")
        self.must("snitt-import", MOVING, "-o", "moving.h5")
        self.must(TOOL, FIXED, MOVING, "-o", "a.h5", "-q")
        self.must(TOOL, "fixed.h5", "moving.h5", "-o", "b.h5", "-q")
        numpy.testing.assert_array_equal(self.matrix("a.h5"), self.matrix("b.h5"))

    def test_threads_do_not_matter(self):
        for threads in (1, 2, 7):
            self.must(TOOL, FIXED, MOVING, "-o", f"threads-{threads}.h5", "-t", threads, "-q")
        one = (self.folder / "threads-1.h5").read_bytes()
        self.assertEqual(one, (self.folder / "threads-2.h5").read_bytes())
        self.assertEqual(one, (self.folder / "threads-7.h5").read_bytes())

    def test_starts_bring_far_images_together(self):
        voxels, header = read_mha(MOVING)
        offset = [float(x) + 400 for x in header["Offset"].split()]
        spacing = [float(x) for x in header["ElementSpacing"].split()]
        write_mha(self.folder / "far.mha", voxels, spacing, offset)
        self.refused(("far.mha: 0.0 % of the fixed image falls on the moving one", "Fixed: x -88.5 to 87.5",
                      "moving: x 318.9", "off by (", "use --start centers"), 3, FIXED, "far.mha")
        shift = numpy.eye(4)
        shift[:3, 3] = 400
        for options in (["--start", "moments"], ["--start", "centers"], ["--start", "blocks"]):
            self.must(TOOL, FIXED, "far.mha", "-o", "far.h5", "--overwrite", "-q", *options)
            self.assertLess(self.error_mm(numpy.linalg.inv(shift) @ self.matrix("far.h5")), 0.4, options)
        self.must(TOOL, FIXED, "far.mha", "--start-transform", "far.h5", "-o", "again.h5", "-q")
        self.assertLess(self.error_mm(numpy.linalg.inv(shift) @ self.matrix("again.h5")), 0.4)
        self.refused("--start and --start-transform are both given", 2, FIXED, "far.mha", "--start", "moments",
                     "--start-transform", "far.h5")

    def test_a_start_is_taken_by_the_names_of_its_frames(self):
        fast = ("--preset", "fast", "-q")
        self.must(TOOL, FIXED, MOVING, *fast, "-o", "there.h5", "--resampled", "there-moved.h5", "--outside-value", "-7")
        with h5py.File(self.folder / "there-moved.h5") as f:
            self.assertEqual(f["voxels"][:].min(), -7)  # the moving image is not negative anywhere
        self.must("snitt-invert-transform", "there.h5", "-o", "back.h5")  # MovingToFixed
        done = run(TOOL, FIXED, MOVING, "--preset", "fast", "--start-transform", "back.h5", "-o", "from-back.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("back.h5: maps Moving to Fixed, and the start is its inverse", done.stderr)
        self.assertLess(self.error_mm(self.matrix("from-back.h5")), 0.6)
        self.refused(("there.h5: maps Fixed to Moving", "expected Ct to Mr or the inverse"), 2, FIXED, MOVING,
                     "--start-transform", "there.h5", "--fixed-frame", "Ct", "--moving-frame", "Mr")

    def test_unrelated_frames_need_a_word(self):
        for name, source in (("Tracker", FIXED), ("Scanner", MOVING)):
            text = source.read_bytes().replace(b"NDims = 3", f"NDims = 3\nsnitt_frame = {name}".encode(), 1)
            (self.folder / f"{name}.mha").write_bytes(text)
        self.refused(("'Tracker'", "'Scanner'", "--start-transform"), 2, "Tracker.mha", "Scanner.mha")
        found = json.loads(self.must(TOOL, "Tracker.mha", "Scanner.mha", "--start", "header", "-o", "named.h5", "--json"))
        self.assertEqual((found["from"], found["to"]), ("Tracker", "Scanner"))

    def test_masks(self):
        voxels, header = read_mha(FIXED)
        spacing = [float(x) for x in header["ElementSpacing"].split()]
        offset = [float(x) for x in header["Offset"].split()]
        inside = numpy.zeros(voxels.shape, "u1")
        inside[8:-8, 8:-8, 8:-8] = 1
        write_mha(self.folder / "mask.mha", inside, spacing, offset)
        done = run(TOOL, FIXED, MOVING, "--fixed-mask", "mask.mha", "-o", "masked.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"mask.mha: {inside.sum()} of {inside.size} voxels are inside", done.stderr)
        self.assertLess(self.error_mm(self.matrix("masked.h5")), 0.6)
        coarse = [2 * x for x in spacing]
        write_mha(self.folder / "coarse.mha", inside[::2, ::2, ::2], coarse, offset)
        done = run(TOOL, FIXED, MOVING, "--fixed-mask", "coarse.mha", "-o", "coarse.h5", cwd=self.folder)
        self.assertIn("resampled to the grid of", done.stderr)
        write_mha(self.folder / "empty.mha", 0 * inside, spacing, offset)
        self.refused("empty.mha: the mask is empty", 3, FIXED, MOVING, "--fixed-mask", "empty.mha")
        write_mha(self.folder / "away.mha", inside, spacing, [1000, 0, 0])
        self.refused("away.mha: the mask has no voxel inside", 3, FIXED, MOVING, "--fixed-mask", "away.mha")
        corner = numpy.zeros(voxels.shape, "u1")
        corner[1:3, 1:3, 1:3] = 1
        write_mha(self.folder / "corner.mha", corner, spacing, offset)
        self.refused("expected at least", 5, FIXED, MOVING, "--fixed-mask", "corner.mha")

    def test_what_is_no_grey_volume_is_refused(self):
        voxels = read_mha(FIXED)[0]
        cases = {"colors": (numpy.repeat(voxels[..., None], 3, -1), 3, "components per voxel"),
                 "slice": (voxels[20], 1, "expected a 3-D image"),
                 "point": (numpy.ones((1, 1, 1), "u1"), 1, "1 x 1 x 1 voxels"),
                 "series": (numpy.stack([voxels, voxels]), 1, "time points")}
        holes = voxels.astype("f4")
        holes[3, 4, 5] = numpy.nan
        cases["holes"] = (holes, 1, "voxel (5, 4, 3) is nan")
        for name, (array, channels, words) in cases.items():
            n = array.ndim - (channels > 1)
            write_mha(self.folder / f"{name}.mha", numpy.ascontiguousarray(array), [4] * n, [0] * n, channels)
            self.refused((f"{name}.mha", words), 3, FIXED, f"{name}.mha")
            self.refused((f"{name}.mha", words), 3, f"{name}.mha", MOVING)
        self.refused("is no volume; expected", 3, FIXED, HEAD / "LICENSE")

    def test_a_sweep_of_a_head_finds_its_way_back(self):
        """Simulated sweep through the head where it lies otherwise, reconstructed, registered to the head by LC2."""
        turn = numpy.radians(5)
        placed = numpy.array([[numpy.cos(turn), -numpy.sin(turn), 0, 4], [numpy.sin(turn), numpy.cos(turn), 0, -5],
                              [0, 0, 1, 3], [0, 0, 0, 1]])
        numbers = " ".join(map(str, [*placed[:3, :3].ravel(), *placed[:3, 3]]))
        (self.folder / "placed.tfm").write_text("#Insight Transform File V1.0\n#Transform 0\n"
                                                "Transform: AffineTransform_double_3_3\n"
                                                f"Parameters: {numbers}\nFixedParameters: 0 0 0\n")
        self.must("snitt-import", "placed.tfm", "--transform", "LPSToReference", "-o", "placed.h5")
        self.must("snitt-phantom", "--scene-volume", FIXED, "--tissue", "echoes", "--placement", "placed.h5", "--speckle",
                  "0.5", "--region-center-mm", "0", "10", "20", "--region-size-mm", "110", "110", "110", "--frames", "60",
                  "-q", "-o", "sweep.h5")
        self.must("snitt-reconstruct-ultrasound", "sweep.h5", "--image-to", "Reference", "--spacing-mm", "1.5", "-q", "-o",
                  "us.h5")
        found = json.loads(self.must(TOOL, "us.h5", FIXED, "-q", "--json", "-o", "head-again.h5"))
        self.assertIn("linear combination", found["method"])  # --metric auto: the volume says that it is ultrasound
        self.assertEqual((found["from"], found["verdict"]), ("Reference", "good"), found["reasons"])
        points = numpy.array([[x, y, z, 1] for x in (-30, 30) for y in (-20, 40) for z in (-10, 50)]).T
        error = numpy.linalg.norm((self.matrix("head-again.h5") @ placed @ points - points)[:3], axis=0)
        self.assertLess(error.max(), 1)  # a quarter of the head's voxels

    def test_unrelated_images_are_doubtful(self):
        rng = numpy.random.default_rng(7)
        write_mha(self.folder / "noise.mha", rng.integers(0, 255, (45, 54, 45), "u1"), [4] * 3, [-88.5, -89.5, -69.5])
        found = json.loads(self.must(TOOL, FIXED, "noise.mha", "-o", "noise.h5", "--json", "-q"))
        self.assertEqual(found["verdict"], "doubtful")
        self.assertTrue(any("unrelated" in reason for reason in found["reasons"]), found["reasons"])

    def test_bending_what_needs_none_is_doubted(self):
        # The head moved rigidly between the images: what the spline gains is noise, and it says so.
        found = json.loads(self.must(TOOL, FIXED, MOVING, "--model", "deformable", "-q", "-o", "bent.h5", "--json"))
        self.assertEqual(found["verdict"], "doubtful")
        self.assertIn("the metric gains only", found["reasons"][0])
        self.assertEqual(found["summary"]["folded_percent"]["value"], 0)
        self.must("snitt-check", "bent.h5")


main()
