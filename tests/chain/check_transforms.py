"""Transforms as files and as deeds: what ITK, elastix and we make of the same points, and what is refused."""
import gzip
import json
import math
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import unittest

from chain import SOURCE, SWEEP, ChainTest, arguments, environment, main, run

SHARED = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE.parent / "shared" / "data")) / "registration"
HEAD = "#Insight Transform File V1.0\n"
# Axes turned about z and x: nothing that is exchanged stays unnoticed.
C, S = math.cos(0.3), math.sin(0.3)
DIRECTION = [C, -S, 0, S * C, C * C, -S, S * S, S * C, C]
LINEAR = "Transform: AffineTransform_double_3_3\nParameters: 0.96 -0.2 0.1 0.2 0.95 -0.1 -0.08 0.12 0.98 4 -7 2.5\nFixedParameters: 3 4 5\n"


def words(numbers):
    return " ".join(repr(float(n)) for n in numbers)


def wave(p, size):
    return [size * math.sin(p[1] / 15 + 1), size * math.cos(p[2] / 17), size * math.sin(p[0] / 19)]


def grid_points(size, origin, spacing):
    for k in range(size[2]):
        for j in range(size[1]):
            for i in range(size[0]):
                index = [i * spacing[0], j * spacing[1], k * spacing[2]]
                yield [origin[r] + sum(DIRECTION[3 * r + a] * index[a] for a in range(3)) for r in range(3)]


def spline_text(size=(9, 8, 10), origin=(-40, -35, -45), spacing=(10, 11, 9), amount=3.0):
    vectors = [wave(p, amount) for p in grid_points(size, origin, spacing)]
    return ("Transform: BSplineTransform_double_3_3\nParameters: " + " ".join(words(v[a] for v in vectors) for a in range(3)) +
            f"\nFixedParameters: {words(size)} {words(origin)} {words(spacing)} {words(DIRECTION)}\n")


def field_text(size=(12, 11, 13), origin=(-30, -25, -35), spacing=(5, 6, 5.5), amount=2.0):
    vectors = [wave(p, amount) for p in grid_points(size, origin, spacing)]
    return ("Transform: DisplacementFieldTransform_double_3_3\nParameters: " + " ".join(words(v) for v in vectors) +
            f"\nFixedParameters: {words(size)} {words(origin)} {words(spacing)} {words(DIRECTION)}\n")


def plate_text():
    source = [[-20, -20, -20], [20, -18, 15], [18, 22, -12], [-17, 19, 21], [2, 1, -3], [25, 3, 1]]
    target = [[p[a] + wave(p, 4)[a] for a in range(3)] for p in source]
    return ("Transform: ThinPlateSplineKernelTransform_double_3_3\nParameters: " + words(x for p in source for x in p) +
            "\nFixedParameters: " + words(x for p in target for x in p) + "\n")


KINDS = {
    "linear": LINEAR,
    "field": field_text(),
    "spline": spline_text(),
    "plate": plate_text(),
    "composite": "Transform: CompositeTransform_double_3_3\n" + LINEAR + field_text() + spline_text(),
}


class Transforms(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for kind, text in KINDS.items():
            (cls.folder / f"{kind}.tfm").write_text(HEAD + text)
            cls.must("snitt-import", f"{kind}.tfm", "--transform", "FixedToMoving", "-o", f"{kind}.h5")
        generator = random.Random(3)
        cls.make_sweep()
        cls.must("snitt-reconstruct-ultrasound", "sweep.h5", "--image-to", "Reference", "--spacing-mm", "2", "-o", "image.h5")
        cls.points = [[generator.uniform(-60, 60) for _ in range(3)] for _ in range(400)]
        rows = "\n".join(words(p).replace(" ", ",") for p in cls.points)
        (cls.folder / "p.csv").write_text("x_lps,y_lps,z_lps\n" + rows + "\n")

    def in_itk(self, name):
        done = subprocess.run([str(arguments.itk_reader), "points", str(self.folder / name)], text=True, capture_output=True,
                              input="\n".join(map(words, self.points)), env=environment(), timeout=100)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [[float(x) for x in line.split()] for line in done.stdout.splitlines()]

    def by_us(self, name, *more):
        self.must("snitt-apply-transform", "p.csv", name, *more, "-o", "moved.h5", "--overwrite")
        self.must("snitt-export", "moved.h5", "-o", "moved.csv", "--overwrite")
        lines = (self.folder / "moved.csv").read_text().splitlines()
        names = lines[0].split(",")
        columns = [next(i for i, name in enumerate(names) if name[:1] == axis) for axis in "xyz"]
        return [[float(line.split(",")[c]) for c in columns] for line in lines[1:]]

    def assert_same(self, a, b, tolerance):
        self.assertEqual(len(a), len(b))
        worst = max(math.dist(p, q) for p, q in zip(a, b))
        self.assertLess(worst, tolerance)

    def refused(self, status, words, *command):
        done = run(*command, cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(words, done.stderr)

    def test_itk_maps_the_same_points_to_the_same_places_from_its_own_file_and_from_ours(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                original = self.in_itk(f"{kind}.tfm")
                # Displacements are kept as float: 4 mm to seven digits.
                tolerance = 1e-6 if kind in ("field", "composite") else 1e-9
                self.assert_same(original, self.in_itk(f"{kind}.h5"), tolerance)
                self.assert_same(original, self.by_us(f"{kind}.h5", "--frame", "Fixed"), tolerance)

    def test_every_kind_comes_back_through_itks_files(self):
        for kind in KINDS:
            for extension in ("tfm", "h5"):
                with self.subTest(kind=kind, extension=extension):
                    self.must("snitt-export", f"{kind}.h5", "-o", f"out-{kind}.{extension}", "--overwrite")
                    self.assert_same(self.in_itk(f"{kind}.h5"), self.in_itk(f"out-{kind}.{extension}"), 1e-9)
                    self.must("snitt-import", f"out-{kind}.{extension}", "--transform", "FixedToMoving", "-o", "again.h5", "--overwrite")
                    done = run("snitt-compare", "again.h5", f"{kind}.h5", "--tolerance", "1e-9", cwd=self.folder)
                    self.assertEqual(done.returncode, 0, done.stdout)

    def test_there_and_back_is_where_it_was(self):
        for kind in ("linear", "spline", "plate"):
            with self.subTest(kind=kind):
                self.must("snitt-apply-transform", "p.csv", f"{kind}.h5", "--frame", "Fixed", "-o", "there.h5", "--overwrite")
                done = run("snitt-apply-transform", "there.h5", f"{kind}.h5", "-o", "back.h5", "--overwrite", "--json", cwd=self.folder)
                if kind == "spline" and done.returncode == 5:
                    # The rim of the control grid is a tear: points that were beyond it may have no inverse.
                    self.assertIn("no inverse", done.stderr)
                    continue
                self.assertEqual(done.returncode, 0, done.stderr)
                answer = json.loads(done.stdout)
                self.assertEqual((answer["from"], answer["to"]), ("Moving", "Fixed"))
                if kind != "linear":
                    self.assertLess(answer["inverse_error"]["largest_mm"], 1e-3)

    def test_order_and_direction_follow_from_the_names(self):
        (self.folder / "a.tfm").write_text(HEAD + "Transform: TranslationTransform_double_3_3\nParameters: 1 0 0\nFixedParameters:\n")
        for name in ("FixedToA", "BToA", "BToMoving"):
            self.must("snitt-import", "a.tfm", "--transform", name, "-o", f"{name}.h5", "--overwrite")
        results = []
        for order in (("FixedToA.h5", "BToA.h5", "BToMoving.h5"), ("BToMoving.h5", "FixedToA.h5", "BToA.h5")):
            done = run("snitt-apply-transform", "p.csv", *order, "--frame", "Fixed", "-o", "m.h5", "--overwrite", cwd=self.folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("Fixed → A → B → Moving", done.stderr)
            self.must("snitt-export", "m.h5", "-o", "m.csv", "--overwrite")
            results.append((self.folder / "m.csv").read_text())
        self.assertEqual(results[0], results[1])
        self.must("snitt-compose-transforms", "BToMoving.h5", "FixedToA.h5", "BToA.h5", "--from", "Fixed", "--to", "Moving", "-o", "c.h5")
        self.must("snitt-apply-transform", "p.csv", "c.h5", "--frame", "Fixed", "-o", "m.h5", "--overwrite")
        self.must("snitt-export", "m.h5", "-o", "m.csv", "--overwrite")
        self.assertEqual((self.folder / "m.csv").read_text(), results[0])  # shifts by whole numbers: exact

    def test_what_is_ambiguous_or_wrong_is_refused_with_the_way_out(self):
        self.must("snitt-import", "linear.tfm", "--transform", "MovingToFixed", "-o", "back.h5", "--overwrite")
        self.must("snitt-import", "linear.tfm", "--transform", "XToY", "-o", "xy.h5", "--overwrite")
        apply = ("snitt-apply-transform", "p.csv")
        self.refused(2, "expected --frame with one of Fixed, Moving", *apply, "linear.h5", "-o", "no.h5")
        self.refused(3, "two chains lead from Fixed to Moving", *apply, "linear.h5", "back.h5", "--frame", "Fixed", "--to", "Moving", "-o", "no.h5")
        self.refused(3, "no chain leads from Fixed to Y", *apply, "linear.h5", "xy.h5", "--frame", "Fixed", "--to", "Y", "-o", "no.h5")
        self.refused(3, "did you mean", *apply, "linear.h5", "--frame", "Fxied", "--to", "Moving", "-o", "no.h5")
        self.refused(3, "snitt-import linear.tfm --transform", *apply, "linear.tfm", "--frame", "Fixed", "-o", "no.h5")
        self.refused(2, "expected --transform <From>To<To>", "snitt-import", "linear.tfm", "-o", "no.h5")
        self.refused(2, "expected --grid", "snitt-compose-transforms", "spline.h5", "--from", "Moving", "--to", "Fixed", "-o", "no.h5")
        self.refused(3, "bends space", "snitt-import", SWEEP,
                     "--static-transforms", "spline.h5", "-o", "no.h5")
        (self.folder / "nan.tfm").write_text(HEAD + LINEAR.replace("0.96", "nan"))
        self.refused(3, "nan", "snitt-import", "nan.tfm", "--transform", "AToB", "-o", "no.h5")
        (self.folder / "flat.tfm").write_text(HEAD + "Transform: AffineTransform_double_3_3\nParameters: " + "0 " * 12 + "\nFixedParameters: 0 0 0\n")
        self.refused(3, "singular", "snitt-import", "flat.tfm", "--transform", "AToB", "-o", "no.h5")
        (self.folder / "cut.tfm").write_text((HEAD + spline_text())[:900])
        self.refused(3, "cut.tfm", "snitt-import", "cut.tfm", "--transform", "AToB", "-o", "no.h5")
        self.assertFalse((self.folder / "no.h5").exists())

    def test_a_folding_transform_has_no_inverse(self):
        (self.folder / "fold.tfm").write_text(HEAD + spline_text(amount=60))
        self.must("snitt-import", "fold.tfm", "--transform", "FixedToMoving", "-o", "fold.h5", "--overwrite")
        self.refused(5, "folds space", "snitt-invert-transform", "fold.h5", "-o", "no.h5")
        self.must("snitt-invert-transform", "fold.h5", "--folding", "keep", "-o", "kept.h5")
        self.assertIn("doubtful", self.must("snitt-info", "kept.h5"))
        done = run("snitt-registration-error", "--transforms", "fold.h5", "--max-folding-percent", "1", cwd=self.folder)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("folding in percent is", done.stderr)

    def test_the_inverse_holds_as_its_file_says(self):
        self.must("snitt-invert-transform", "spline.h5", "--grid-spacing-mm", "1.5", "-o", "inverse.h5")
        said = json.loads(self.must("snitt-registration-error", "--transforms", "inverse.h5", "--inverse", "spline.h5", "--json"))
        # Linear between voxels of 1.5 mm of waves of 3 mm with wavelengths of 94 mm: h²/8 u'' is 4e-3 mm; the rim
        # of the control grid is a tear.
        self.assertLess(said["inverse_consistency"]["median_mm"], 0.01)

    def test_the_verdict_on_an_inverse_is_of_points_that_stay_inside(self):
        # Waves that reach the rim of the field: no inverse there, and no fault of the rest.
        said = json.loads(self.must("snitt-invert-transform", "field.h5", "-o", "rim-back.h5", "--json"))
        value = {name: q["value"] for name, q in said["summary"].items()}
        self.assertEqual(said["verdict"], "good", said)
        self.assertGreater(value["points_outside_percent"], 1)
        self.assertLess(value["points_outside_percent"], 40)
        # Linear between voxels of up to 6 mm of waves of 2 mm with wavelengths of 94 mm and more: h²/8 u'' is
        # 0.04 mm per axis, where the one before folded into it makes it twice as much.
        self.assertLess(value["inverse_error_p95_mm"], 0.1)
        self.labels("small", 5, size=5, frame="Moving")
        done = run("snitt-invert-transform", "field.h5", "--grid", "small.h5", "-o", "small-rim.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("beyond it the inverse moves nothing", done.stderr)

    def test_threads_do_not_change_a_byte(self):
        self.must("snitt-import", "spline.tfm", "--transform", "ReferenceToMoving", "-o", "r.h5", "--overwrite")
        self.must("snitt-export", "image.h5", "-o", "grid.mha")
        # Without the frame's name a grid of any frame.
        (self.folder / "grid.mha").write_bytes(re.sub(rb"snitt_frame[^\n]*\n", b"", (self.folder / "grid.mha").read_bytes(), count=1))
        for command, name in (
                (("snitt-apply-transform", "image.h5", "r.h5", "--reference", "grid.mha", "--to", "Moving", "--interpolation", "cubic"), "a"),
                (("snitt-invert-transform", "r.h5"), "i"),
                (("snitt-compose-transforms", "r.h5", "--grid", "image.h5"), "c")):
            with self.subTest(command=command[0]):
                bytes_of = []
                for threads in (1, 2, 7):
                    done = run(*command, "--threads", threads, "-o", f"{name}{threads}.h5", cwd=self.folder)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    bytes_of.append((self.folder / f"{name}{threads}.h5").read_bytes())
                self.assertEqual(bytes_of[0], bytes_of[1])
                self.assertEqual(bytes_of[0], bytes_of[2])

    @unittest.skipIf(shutil.which("transformix") is None, "elastix is not installed")
    def test_transformix_maps_the_same_points_to_the_same_places(self):
        voxels = struct.pack("<32768f", *([1.0] * 32768))
        header = ("ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nTransformMatrix = " +
                  words(DIRECTION[3 * r + a] for a in range(3) for r in range(3)) +
                  "\nOffset = -50 -50 -50\nElementSpacing = 3 3 3\nDimSize = 32 32 32\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n")
        (self.folder / "fixed.mha").write_bytes(header.encode() + voxels)
        inside = [p for p in self.points if max(map(abs, p)) < 22]
        (self.folder / "in.pts").write_text(f"point\n{len(inside)}\n" + "\n".join(map(words, inside)) + "\n")
        (self.folder / "inside.csv").write_text("x_lps,y_lps,z_lps\n" + "\n".join(words(p).replace(" ", ",") for p in inside) + "\n")
        for kind in ("linear", "spline"):
            with self.subTest(kind=kind):
                self.must("snitt-export", f"{kind}.h5", "--transform-format", "elastix", "--fixed-image", "fixed.mha", "-o", f"T-{kind}.txt", "--overwrite")
                (self.folder / kind).mkdir(exist_ok=True)
                done = run("transformix", "-tp", f"T-{kind}.txt", "-def", "in.pts", "-out", kind, cwd=self.folder)
                self.assertEqual(done.returncode, 0, done.stdout[-2000:])
                theirs = [[float(x) for x in line.split("OutputPoint = [")[1].split("]")[0].split()]
                          for line in (self.folder / kind / "outputpoints.txt").read_text().splitlines()]
                self.must("snitt-import", f"T-{kind}.txt", "--transform", "FixedToMoving", "-o", "e.h5", "--overwrite")
                self.must("snitt-apply-transform", "inside.csv", "e.h5", "--frame", "Fixed", "-o", "e-moved.h5", "--overwrite")
                self.must("snitt-export", "e-moved.h5", "-o", "e-moved.csv", "--overwrite")
                ours = [[float(x) for x in line.split(",")[:3]] for line in (self.folder / "e-moved.csv").read_text().splitlines()[1:]]
                self.assert_same(ours, theirs, 1e-5)  # outputpoints.txt has six decimals

    @unittest.skipUnless((SHARED / "formats").is_dir(), f"{SHARED} is not there")
    def test_plastimatch_wrote_the_inverse_and_we_read_what_it_was_made_from(self):
        for source, name in (("sro_plastimatch_1.9.4.dcm", "sro.h5"), ("input_fixed_to_moving.tfm", "tfm.h5")):
            self.must("snitt-import", SHARED / "formats" / source, "--transform", "FixedToMoving", "-o", name)
        done = run("snitt-compare", "sro.h5", "tfm.h5", "--tolerance", "5e-6", "--data-only", cwd=self.folder)  # it has six decimals
        self.assertEqual(done.returncode, 0, done.stdout)

    @unittest.skipUnless((SHARED / "ch2_rigid").is_dir(), f"{SHARED} is not there")
    def test_the_true_transform_leaves_no_error_at_the_landmarks(self):
        rows = [[float(x) for x in line.split()] for line in (SHARED / "ch2_rigid/truth_matrix.txt").read_text().splitlines()[:3]]
        (self.folder / "truth.tfm").write_text(HEAD + "Transform: AffineTransform_double_3_3\nParameters: " +
                                               words(x for r in rows for x in r[:3]) + " " + words(r[3] for r in rows) + "\nFixedParameters: 0 0 0\n")
        self.must("snitt-import", "truth.tfm", "--transform", "FixedToMoving", "-o", "truth.h5")
        pairs = ("--landmark-pairs", SHARED / "ch2_rigid/truth_points.csv")
        self.must("snitt-registration-error", "--transforms", "truth.h5", *pairs, "--max-tre-mm", "1e-5", "--landmark-table", "l.h5", "--table", "t.h5")
        self.refused(1, "mean landmark error in mm is", "snitt-registration-error", *pairs, "--max-mean-tre-mm", "1")

    def test_fields_go_out_and_come_back_as_images_of_vectors(self):
        for name, out, into in (("n.nii.gz", (), ("--coordinates", "LPS")), ("f.mha", (), ()), ("f.nrrd", (), ()),
                                ("r.nii.gz", ("--transform-format", "niftyreg"), ()), ("d.dcm", (), ())):
            with self.subTest(file=name):
                self.must("snitt-export", "field.h5", *out, "-o", name, "--overwrite")
                self.must("snitt-import", name, *into, "--transform", "FixedToMoving", "-o", "field-back.h5", "--overwrite")
                # NIfTI keeps its grid as float32.
                self.assert_same(self.in_itk("field.h5"), self.in_itk("field-back.h5"), 1e-4)
        self.refused(3, "--coordinates LPS or RAS", "snitt-import", "n.nii.gz", "--transform", "FixedToMoving", "-o", "no.h5")

    def labels(self, name, radius, value=3, quantity="label", size=30, offset=(0, 0, 0), frame="Moving", kind="MET_UCHAR"):
        """A ball of one label amid voxels of 2 mm, with what Snitt says in MetaImage headers."""
        middle = (size - 1) / 2
        voxels = bytes(value if math.dist((i, j, k), (middle,) * 3) * 2 <= radius else 0
                       for k in range(size) for j in range(size) for i in range(size))
        header = (f"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nsnitt_frame = {frame}\n"
                  f"snitt_quantity = {quantity}\nOffset = {words(offset)}\nElementSpacing = 2 2 2\nDimSize = {size} {size} {size}\n"
                  f"ElementType = {kind}\nElementDataFile = LOCAL\n")
        (self.folder / f"{name}.mha").write_bytes(header.encode() + voxels)
        self.must("snitt-import", f"{name}.mha", "-o", f"{name}.h5", "--overwrite")
        return sum(map(bool, voxels))

    def voxels(self, name):
        self.must("snitt-export", f"{name}.h5", "-o", f"{name}-out.nrrd", "--overwrite")
        data = (self.folder / f"{name}-out.nrrd").read_bytes()
        body = data[data.index(b"\n\n") + 2:]
        return gzip.decompress(body) if b"encoding: gz" in data[:1000] else body

    def shift_named(self, name, x):
        (self.folder / "shift.tfm").write_text(HEAD + f"Transform: TranslationTransform_double_3_3\nParameters: {x} 0 0\nFixedParameters:\n")
        self.must("snitt-import", "shift.tfm", "--transform", name, "-o", f"{name}.h5", "--overwrite")

    def test_labels_are_moved_by_the_nearest_voxel(self):
        count = self.labels("ball", 15)
        self.labels("onto", 15, frame="Fixed", quantity="intensity")
        self.shift_named("FixedToMoving", 1)  # half a voxel: where interpolation would halve the rim's labels
        move = ("FixedToMoving.h5", "--reference", "onto.h5", "--overwrite", "-o")
        said = json.loads(self.must("snitt-apply-transform", "ball.h5", *move, "near.h5", "--json"))
        self.assertEqual(said["interpolation"], "nearest")
        self.assertGreater(said["inside_percent"], 96)  # all but half a voxel of 30
        near = self.voxels("near")
        self.assertEqual(set(near), {0, 3})
        self.assertEqual(sum(map(bool, near)), count)  # shifted, not grown
        for word in ("linear", "cubic"):
            self.refused(2, "expected --interpolation nearest", "snitt-apply-transform", "ball.h5", *move, "no.h5", "--interpolation", word)
        # A foreign file does not say that it holds labels.
        self.labels("plain", 15, quantity="intensity")
        done = run("snitt-apply-transform", "plain.h5", *move, "plain-moved.h5", cwd=self.folder)
        self.assertIn("has 2 different values, all whole", done.stderr)
        self.assertIn("interpolation linear", done.stdout)
        done = run("snitt-apply-transform", "plain.h5", *move, "plain-moved.h5", "--interpolation", "nearest", cwd=self.folder)
        self.assertNotIn("different values", done.stderr)

    def test_an_image_that_leaves_the_grid_is_warned_about_and_refused(self):
        self.labels("ball", 15)
        self.labels("onto", 15, frame="Fixed")
        move = ("snitt-apply-transform", "ball.h5", "FixedToMoving.h5", "--reference", "onto.h5", "--overwrite", "-o")
        self.shift_named("FixedToMoving", 55)  # 28 of 30 voxels are beyond, and the grid ends half a voxel outside
        done = run(*move, "rim.h5", "--json", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertAlmostEqual(json.loads(done.stdout)["inside_percent"], 100 * 2 / 30)
        for box in ("ball.h5 (Moving): x 0 to 58", "onto.h5 (Fixed): x 0 to 58"):
            self.assertIn(box, done.stderr)
        self.shift_named("FixedToMoving", 80)
        self.refused(5, "no voxel of onto.h5 lies in ball.h5", *move, "no.h5")
        self.assertFalse((self.folder / "no.h5").exists())

    def test_a_foreign_transform_is_named_before_anything_else_is_asked_for(self):
        self.labels("ball", 15)
        self.refused(3, "linear.tfm: is an ITK transform", "snitt-apply-transform", "ball.h5", "linear.tfm", "-o", "no.h5")
        self.refused(3, "ball.h5: holds volume; expected a Snitt transform", "snitt-apply-transform", "ball.h5", "ball.h5", "-o", "no.h5")

    def test_pairs_of_whole_numbers_are_read_and_the_wrong_way_is_noticed(self):
        pairs = ("--landmark-pairs", SOURCE / "sample_data/head/truth.csv", "--json")
        far = json.loads(self.must("snitt-registration-error", *pairs))
        self.assertEqual(far["landmarks"]["tre"]["count"], 27)
        self.assertFalse(far["landmarks"]["worse_than_before"])
        self.shift_named("FixedToMoving", 500)
        done = run("snitt-registration-error", *pairs, "--transforms", "FixedToMoving.h5", cwd=self.folder)
        self.assertTrue(json.loads(done.stdout)["landmarks"]["worse_than_before"])
        self.assertIn("are fixed and moving swapped", done.stderr)

    def test_labels_that_cannot_be_compared_are_refused_and_missing_ones_named(self):
        error = ("snitt-registration-error", "--fixed-labels")
        self.labels("one", 15, frame="Fixed")
        self.labels("other", 15)
        self.refused(2, "one.h5 is in frame Fixed and other.h5 in Moving", *error, "one.h5", "--moving-labels", "other.h5")
        self.labels("other", 15, value=4, frame="Fixed")
        done = run(*error, "one.h5", "--moving-labels", "other.h5", "--max-hausdorff95-mm", "1", cwd=self.folder)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("not in the moving labels", done.stdout)
        self.assertIn("label 4 is not in the fixed labels", done.stderr)
        self.assertNotIn("nan", done.stdout + done.stderr)
        self.must("snitt-import", SOURCE / "sample_data/head/fixed.mha", "-o", "head.h5", "--overwrite")
        text = self.must("snitt-registration-error", "--fixed-image", "head.h5", "--moving-image", "head.h5", "--contours", "c.png", "--overwrite")
        self.assertIn("c.png: outlines", text)
        grey = struct.pack("<1000h", *range(1000))
        (self.folder / "grey.mha").write_bytes(
            b"ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nElementSpacing = 1 1 1\n"
            b"DimSize = 10 10 10\nElementType = MET_SHORT\nElementDataFile = LOCAL\n" + grey)
        self.refused(3, "grey.mha: has more than 256 different values", *error, "grey.mha", "--moving-labels", "grey.mha")

    def test_labels_agree_with_themselves(self):
        done = run("snitt-registration-error", "--fixed-labels", "image.h5", "--moving-labels", "image.h5", "--min-dice", "1", "--json", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        for row in json.loads(done.stdout)["labels"]:
            self.assertEqual((row["dice"], row["hausdorff_mm"]), (1, 0))


main()
