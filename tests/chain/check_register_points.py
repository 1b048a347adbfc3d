"""Points and surfaces as a user meets them: register, look at the result, apply it, and what is refused."""
import json
import math

import h5py
import numpy

from chain import SOURCE, ChainTest, main, run

SURFACES = SOURCE / "sample_data" / "surfaces"
AS_THEY_ARE = ("--fixed-coordinates", "as-they-are", "--moving-coordinates", "as-they-are")
PAIRS = (SURFACES / "pairs_fixed.ply", SURFACES / "pairs_moving.ply", *AS_THEY_ARE, "--correspondences", "order")


def organ(count, turn=0.0):
    """Points on a shape without symmetry, about 120 x 80 x 60 mm; `turn` gives other points of the same shape."""
    k = numpy.arange(count) + 0.5
    z = 1 - 2 * k / count
    angle = math.pi * (3 - 5 ** 0.5) * k + turn
    r = numpy.sqrt(1 - z * z)
    d = numpy.stack([r * numpy.cos(angle), r * numpy.sin(angle), z], 1)
    bumps = (1 + 0.15 * numpy.sin(3 * d[:, 0] + 1) * numpy.cos(2 * d[:, 1]) + 0.2 * numpy.exp(-8 * (1 - d[:, 0]))
             + 0.12 * numpy.sin(4 * d[:, 2] + 2 * d[:, 0]))
    return d * bumps[:, None] * [60, 40, 30]


def write_csv(path, points):
    path.write_text("x_lps,y_lps,z_lps\n" + "".join("%.17g,%.17g,%.17g\n" % tuple(p) for p in points))


class RegisterPoints(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.turn = numpy.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]])
        cls.shift = numpy.array([30.0, -80, 250])
        write_csv(cls.folder / "fixed.csv", organ(2000))
        write_csv(cls.folder / "moving.csv", organ(2300, 0.7) @ cls.turn.T + cls.shift)

    def refused(self, words, status, *command):
        done = run(*command, "-o", "none.h5", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertFalse((self.folder / "none.h5").exists())

    def matrix(self, name):
        with h5py.File(self.folder / name) as f:
            p = f["parameters"][:]
        return p[:9].reshape(3, 3), p[9:]

    def test_pairs_of_which_some_are_wrong_give_the_exact_map(self):
        found = json.loads(self.must("snitt-register-points", *PAIRS, "--model", "similarity", "-o", "pairs.h5", "--json",
                                     "--distance-table", "residuals.h5"))
        self.assertEqual(found["verdict"], "good", found["reasons"])
        self.assertEqual(found["summary"]["inliers"]["value"], 7)
        linear, shift = self.matrix("pairs.h5")
        # the benchmark's references, to their printed digits
        self.assertAlmostEqual(numpy.cbrt(numpy.linalg.det(linear)), 2.18528322243109, places=12)
        numpy.testing.assert_allclose(shift, [0.00310286, -0.03551518, -0.23725262], atol=6e-9)
        with h5py.File(self.folder / "residuals.h5") as f:
            self.assertEqual(list(f["table/agrees"][:]), [1] * 7 + [0] * 3)
        self.must("snitt-check", "pairs.h5", "residuals.h5")
        self.assertIn("consistent correspondences, similarity, good", self.must("snitt-info", "pairs.h5"))

    def test_a_surface_is_found_without_a_guess_and_the_frames_are_named(self):
        found = json.loads(self.must("snitt-register-points", "fixed.csv", "moving.csv", "--fixed-frame", "Ct",
                                     "--moving-frame", "Tracker", "-o", "map.h5", "--moved", "moved.h5", "--json"))
        self.assertEqual((found["from"], found["to"], found["verdict"]), ("Ct", "Tracker", "good"), found["reasons"])
        linear, shift = self.matrix("map.h5")
        moved = organ(2000) @ linear.T + shift
        off = numpy.linalg.norm(moved - (organ(2000) @ self.turn.T + self.shift), axis=1)
        self.assertLess(off.max(), 0.15)  # points some 3 mm apart on a smooth surface, no noise
        with h5py.File(self.folder / "moved.h5") as f:
            self.assertEqual(f.attrs["frame"].decode(), "Tracker")
            numpy.testing.assert_allclose(f["points"][:], moved, atol=1e-9)
        self.must("snitt-calibration-report", "map.h5", "-o", "report.html")
        self.assertIn("second_misfit_mm", (self.folder / "report.html").read_text())

    def test_the_bytes_do_not_depend_on_threads_or_on_the_order_of_points(self):
        points = organ(2300, 0.7) @ self.turn.T + self.shift
        write_csv(self.folder / "shuffled.csv", points[numpy.random.default_rng(3).permutation(len(points))])
        self.must("snitt-register-points", "fixed.csv", "moving.csv", "--model", "nonrigid", "-t", "1", "-o", "one.h5")
        self.must("snitt-register-points", "fixed.csv", "moving.csv", "--model", "nonrigid", "-t", "3", "-o", "three.h5")
        self.assertEqual((self.folder / "one.h5").read_bytes(), (self.folder / "three.h5").read_bytes())
        self.must("snitt-register-points", "fixed.csv", "shuffled.csv", "--model", "nonrigid", "-o", "shuffled.h5")
        self.must("snitt-compare", "--data-only", "one.h5", "shuffled.h5")

    def test_masks_are_taken_for_their_surfaces(self):
        found = json.loads(self.must("snitt-register-points", SURFACES / "lung_baseline.mha", SURFACES / "lung_followup.mha",
                                     "--model", "affine", "-o", "lung.h5", "--json"))
        self.assertLess(found["summary"]["rms_mm"]["value"], 2.5)
        self.assertGreater(found["summary"]["coverage_fixed"]["value"], 0.85)
        self.must("snitt-check", "lung.h5")

    def test_a_wrong_start_is_refused_and_a_right_one_is_not(self):
        tool = "snitt-register-points"
        write_csv(self.folder / "turned.csv", organ(2300, 0.7) * [-1, -1, 1])
        done = run(tool, "fixed.csv", "turned.csv", "--start", "identity", "-o", "turned.h5", cwd=self.folder)
        if done.returncode == 0:
            numpy.testing.assert_allclose(self.matrix("turned.h5")[0], numpy.diag([-1, -1, 1]), atol=0.01)
        else:
            self.assertEqual(done.returncode, 5)
            self.assertIn("turned by 180 deg", done.stderr)
        self.must(tool, "fixed.csv", "turned.csv", "-o", "solved.h5")
        numpy.testing.assert_allclose(self.matrix("solved.h5")[0], numpy.diag([-1, -1, 1]), atol=0.01)
        self.must(tool, "fixed.csv", "turned.csv", "--start", "file", "--start-transform", "solved.h5", "-o", "again.h5")
        numpy.testing.assert_allclose(self.matrix("again.h5")[0], self.matrix("solved.h5")[0], atol=1e-4)

    def test_a_ball_and_a_box_are_doubted_by_name(self):
        ball = organ(1500)
        ball = 40 * ball / numpy.linalg.norm(ball, axis=1)[:, None]
        write_csv(self.folder / "ball.csv", ball)
        done = run("snitt-register-points", "ball.csv", "ball.csv", "--moving-frame", "Other", "-o", "ball.h5",
                   cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("slide on each other", done.stderr)

    def test_what_cannot_be_registered_is_refused(self):
        tool = "snitt-register-points"
        write_csv(self.folder / "few.csv", organ(3))
        write_csv(self.folder / "line.csv", [[i, 2 * i, 0] for i in range(40)])
        write_csv(self.folder / "metres.csv", organ(500) / 1000)
        write_csv(self.folder / "nan.csv", [[math.nan, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]])
        self.refused("the moving set has 3 different points", 5, tool, "fixed.csv", "few.csv")
        self.refused("lie on a line", 5, tool, "fixed.csv", "line.csv")
        self.refused("is one in metres", 5, tool, "fixed.csv", "metres.csv")
        self.refused("nan.csv", 3, tool, "nan.csv", "fixed.csv")
        self.refused("finds rigid and similarity maps", 2, tool, *PAIRS, "--model", "affine")
        self.refused("belong together", 2, tool, "fixed.csv", "moving.csv", "--start", "file")
        self.refused("--beta", 2, tool, "fixed.csv", "moving.csv", "--beta", "2")
        self.refused("2000 fixed and 2300 moving", 3, tool, "fixed.csv", "moving.csv", "--correspondences", "order")
        self.refused("no voxel has the label 7", 3, tool, SURFACES / "lung_baseline.mha", "fixed.csv", "--fixed-label", "7")


main()
