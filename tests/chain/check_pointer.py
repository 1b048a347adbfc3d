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


main()
