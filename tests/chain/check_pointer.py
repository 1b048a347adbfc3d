"""A pointer from swivelling to a registered phantom, with nothing told but the phantom's definition; and what is refused."""
import json
import math

from chain import SOURCE, ChainTest, main, run

PHANTOM = SOURCE / "sample_data" / "phantoms" / "fcal-2.0.json"
PLUS = SOURCE / "sample_data" / "ultrasound" / "PlusDeviceSet_fCal_Sim_SpatialCalibration_2.0.xml"
NOISE = ["--noise-mm", "0.25", "--noise-deg", "0.02", "--outlier-fraction", "0.05", "--invalid-fraction", "0.02"]


def angle_deg(a, b):
    """Between the rotations of two row-major matrices."""
    trace = sum(a[4 * r + c] * b[4 * r + c] for r in range(3) for c in range(3))
    return math.degrees(math.acos(max(-1.0, min(1.0, (trace - 1) / 2))))


def at(matrix, u, v):
    return [matrix[4 * r] * u + matrix[4 * r + 1] * v + matrix[4 * r + 3] for r in range(3)]


def matrix_in(info):
    facts = json.loads(info)[0]
    return [float(word) for r in range(3) for word in facts[f"row_{r}"].split()]


class Pointer(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()

        def simulate(name, *words):
            return json.loads(cls.must("snitt-phantom-stylus", *words, "-o", name, "--json"))
        cls.pivot = simulate("pivot.h5", "--kind", "pivot", "--dents", "2", "--lead-s", "2", *NOISE)
        simulate("spin.h5", "--kind", "spin", *NOISE)
        cls.touched = simulate("touched.h5", "--kind", "landmarks", "--phantom", PHANTOM, "--touch-error-mm", "0.2", *NOISE)
        simulate("moved.h5", "--kind", "surface", "--phantom", PHANTOM, *NOISE)
        cls.tip = json.loads(cls.must("snitt-calibrate-stylus", "pivot.h5", "--spin", "spin.h5", "-o", "tip.h5", "--poses",
                                      "poses.h5", "--json"))

    def test_the_tip_is_where_it_was_put(self):
        self.assertEqual(self.tip["verdict"], "good")
        for name, truth in zip(("tip_x_mm", "tip_y_mm", "tip_z_mm"), self.pivot["tip_mm"]):
            self.assertAlmostEqual(self.tip["summary"][name]["value"], truth, delta=0.2)
        self.assertLess(angle_deg(self.tip["matrix"], self.pivot["stylus_tip_to_stylus"]), 0.1)
        self.assertEqual(self.tip["transform"], "StylusTipToStylus")

    def test_the_phantom_is_where_it_was_put(self):
        found = json.loads(self.must("snitt-register-phantom", "touched.h5", "--phantom", PHANTOM, "--stylus-tip", "tip.h5", "-o",
                                     "phantom.h5", "--json"))
        self.assertEqual((found["transform"], found["verdict"]), ("PhantomToReference", "good"))
        self.assertLess(angle_deg(found["matrix"], self.touched["phantom_to_reference"]), 0.5)
        refined = json.loads(self.must("snitt-register-phantom", "moved.h5", "--phantom", PLUS, "--stylus-tip", "tip.h5", "--method",
                                       "surfaces", "--initial", "phantom.h5", "-o", "refined.h5", "--json"))
        self.assertLess(angle_deg(refined["matrix"], self.touched["phantom_to_reference"]), 0.15)
        for k in (3, 7, 11):
            self.assertAlmostEqual(refined["matrix"][k], self.touched["phantom_to_reference"][k], delta=0.3)
        self.must("snitt-check", "tip.h5", "poses.h5", "phantom.h5", "refined.h5", "touched.h5")

    def test_a_probe_is_calibrated_with_the_phantom_that_the_pointer_found(self):
        self.must("snitt-register-phantom", "touched.h5", "--phantom", PHANTOM, "--stylus-tip", "tip.h5", "-o", "touched-phantom.h5")
        for name, more in (("usual", []), ("elsewhere", ["--placement", "place.h5"])):
            with self.subTest(place=name):
                phantom = "touched-phantom.h5"
                if more:
                    self.must("snitt-phantom-stylus", "--kind", "landmarks", "--phantom", PHANTOM, "--placement-mm", "-75", "-50",
                              "-150", "--orientation-deg", "14", "-21", "33", "--truth-phantom", "place.h5", "-o", "placed.h5")
                    self.must("snitt-phantom-stylus", "--kind", "landmarks", "--phantom", PHANTOM, "--touch-error-mm", "0.2", *more,
                              *NOISE, "-o", "placed-touched.h5")
                    phantom = "placed-phantom.h5"
                    self.must("snitt-register-phantom", "placed-touched.h5", "--phantom", PHANTOM, "--stylus-tip", "tip.h5", "-o",
                              phantom)
                self.must("snitt-phantom", "--scene-of-phantom", PHANTOM, *more, "--motion", "calibration", "--frames", "100",
                          "--columns", "410", "--rows", "308", "--pixel-size-mm", "0.16", "--point-spread-mm", "0.5", "0.25", "1",
                          "--hide-calibration", "--truth-calibration", f"{name}-truth.h5", "-o", f"{name}.h5")
                found = json.loads(self.must("snitt-calibrate-probe", f"{name}.h5", "--phantom", PHANTOM, "--transforms", phantom,
                                             "-o", f"{name}-probe.h5", "--json"))
                self.assertEqual(found["verdict"], "good")
                truth = matrix_in(self.must("snitt-info", f"{name}-truth.h5", "--json"))
                worst = max(math.dist(at(found["matrix"], u, v), at(truth, u, v)) for u in (0, 409) for v in (0, 307))
                print(f"error at the worst corner of the image, phantom {name}: {worst:.3f} mm")
                # Touching leaves the phantom some 0.2 mm and 0.2 degrees open (95 %); images without noise correct that
                # within --phantom-error-mm. 0.02 mm were found; a phantom in another place is many mm off.
                self.assertLess(worst, 0.1)

    def test_the_same_bytes_for_any_number_of_threads(self):
        for threads in ("1", "2"):
            self.must("snitt-calibrate-stylus", "pivot.h5", "--spin", "spin.h5", "-o", f"tip-{threads}.h5", "-t", threads)
        self.assertEqual((self.folder / "tip-1.h5").read_bytes(), (self.folder / "tip-2.h5").read_bytes())

    def refused(self, status, words, *command):
        done = run(*command, "-o", "none.h5", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertFalse((self.folder / "none.h5").exists())

    def test_what_cannot_work_is_refused_by_name(self):
        register = ["snitt-register-phantom", "touched.h5", "--phantom", PHANTOM]
        self.refused(3, "--stylus-tip", *register)
        self.refused(2, "see --phantom", "snitt-register-phantom", "touched.h5")
        self.refused(3, "expected a transform StylusTipTo", *register, "--stylus-tip", SOURCE / "sample_data/ultrasound" /
                     "Config_VolumeReconstruction_SpinePhantom_NN_MEAN.xml")
        self.refused(5, "one axis only", "snitt-calibrate-stylus", "spin.h5")
        self.refused(5, "does not turn about one axis", "snitt-calibrate-stylus", "pivot.h5", "--spin", "pivot.h5")
        self.refused(3, "--stylus-frame", "snitt-calibrate-stylus", "pivot.h5", "--stylus-frame", "Pointer")
        self.refused(3, "97 not OK", "snitt-calibrate-stylus", SOURCE / "sample_data/ultrasound/NwirePhantomFreehand.igs.mha")
        self.refused(2, "needs a phantom", "snitt-phantom-stylus", "--kind", "landmarks")
        self.refused(2, "--shaft: Y is '2'", "snitt-phantom-stylus", "--shaft", "0", "2", "0")
        bare = self.folder / "bare.json"
        bare.write_text(json.dumps({**json.loads(PHANTOM.read_text()), "landmarks": []}))
        self.refused(3, "bare.json: phantom", "snitt-register-phantom", "touched.h5", "--phantom", bare, "--stylus-tip", "tip.h5")

    def test_options_of_another_mode_are_refused(self):
        stylus = ["snitt-phantom-stylus", "--kind"]
        for option in (["--swivel"], ["--turns", "5"], ["--hold-s", "3"], ["--phantom", PHANTOM]):
            self.refused(2, f"{option[0]} is given with --kind pivot", *stylus, "pivot", *option)
        self.refused(2, "--dents is given with --kind spin", *stylus, "spin", "--dents", "2")
        landmarks = [*stylus, "landmarks", "--phantom", PHANTOM]
        self.refused(2, "--half-angle-deg is given without --swivel", *landmarks, "--half-angle-deg", "20")
        self.refused(2, "expected one of them", *landmarks, "--placement", PLUS, "--placement-mm", "1", "2", "3")
        register = ["snitt-register-phantom", "touched.h5", "--phantom", PHANTOM, "--stylus-tip", "tip.h5"]
        for option in (["--gate-mm", "5"], ["--initial", PLUS]):
            self.refused(2, f"{option[0]} is given with --method landmarks", *register, *option)
        self.refused(2, "--order is given with --method surfaces", *register, "--method", "surfaces", "--order", "#1")
        phantom = ["snitt-phantom", "--scene", "spheres"]
        self.refused(2, "--scene and --scene-of-phantom", *phantom, "--scene-of-phantom", PHANTOM)
        self.refused(2, "--scene and --scene-file", *phantom, "--scene-file", PHANTOM)
        self.refused(2, "without --scene-of-phantom", *phantom, "--placement", PLUS)

    def test_the_shaft_of_a_tip_that_is_given_points_to_it(self):
        self.must("snitt-phantom-stylus", "--tip-mm", "5", "-3", "210", "--noise-mm", "0.25", "-o", "long.h5")
        found = json.loads(self.must("snitt-calibrate-stylus", "long.h5", "-o", "long-tip.h5", "--json"))
        self.assertEqual(found["verdict"], "good", found["reasons"])

    def test_constant_transforms_are_shown_with_their_numbers(self):
        self.must("snitt-phantom-stylus", "--include-tip", "-o", "known.h5")
        self.assertRegex(self.must("snitt-info", "known.h5"), r"StylusTipToStylus +constant: \S+ \S+ \S+ 206; .* -14; .* 31\n")


main()
