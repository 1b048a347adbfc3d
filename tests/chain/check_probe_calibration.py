"""A probe from recordings of an N-wire phantom: the real recordings of phantom fCal 2.0, simulated ones, and what is refused."""
import json
import math

import h5py
import numpy

from chain import DATA, SOURCE, ChainTest, main, run

CALIBRATION = DATA / "fCal_Test_Calibration_3NWires_fCal2.0.igs.mha"
VALIDATION = DATA / "fCal_Test_Validation_3NWires_fCal2.0.igs.mha"
PLUS = DATA / "PlusDeviceSet_fCal_Sim_SpatialCalibration_2.0.xml"
FCAL = SOURCE / "sample_data" / "phantoms" / "fcal-2.0.json"
FCAL_1_2 = SOURCE / "sample_data" / "phantoms" / "fcal-1.2.json"


class ProbeTest(ChainTest):
    @classmethod
    def calibrate(cls, recording, *words, output="probe.h5"):
        """What the tool says with --json, as {name: value}, and the rest of it."""
        found = json.loads(cls.must("snitt-calibrate-probe", recording, *words, "-o", output, "--overwrite", "--json"))
        return {name: q["value"] for name, q in found["summary"].items()}, found

    def refused(self, words, *command, status=5):
        done = run("snitt-calibrate-probe", *command, "-o", "none.h5", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertFalse((self.folder / "none.h5").exists())
        return done.stderr


def wire_errors_mm(path):
    """A volume in the phantom's coordinates: the distance of each wire's echo, averaged over each millimetre of its length,
    from the wire of the definition."""
    with h5py.File(path) as f:
        voxels, spacing, origin = f["voxels"][:].astype(float), f["spacing"][:], f["origin"][:]
    where = numpy.argwhere(voxels > 30)[:, ::-1] * spacing + origin
    value = voxels[voxels > 30]
    errors = []
    for pattern in json.loads(FCAL.read_text())["patterns"]:
        for wire in pattern["wires"]:
            front, back = numpy.array(wire["front_mm"], float), numpy.array(wire["back_mm"], float)
            along = (back - front) / numpy.linalg.norm(back - front)
            place = (where - front) @ along
            across = where - front - place[:, None] * along
            near = numpy.linalg.norm(across, axis=1) < 3.5  # wires are 5 mm apart where they are nearest
            for start in numpy.arange(math.floor(place[near].min()), place[near].max()):
                here = near & (place >= start) & (place < start + 1)
                if here.sum() >= 5:
                    errors.append(numpy.linalg.norm(numpy.average(across[here], axis=0, weights=value[here])))
    return numpy.array(errors)


class RealRecordings(ProbeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        words = ("--validation", VALIDATION, "--phantom", PLUS)
        cls.linear, cls.linear_all = cls.calibrate(CALIBRATION, *words, "--plus-compatible", output="linear.h5")
        cls.refined, cls.refined_all = cls.calibrate(CALIBRATION, *words, "--refined-phantom", "phantom.h5", output="refined.h5")

    def test_the_plus_compatible_result_is_that_of_plus(self):
        found = self.linear
        self.assertEqual((found["frames_segmented"], found["frames"], found["validation_frames_used"]), (184, 190, 103))
        # PLUS prints six digits.
        self.assertAlmostEqual(found["validation_mean95_mm"], 0.539932, delta=2e-5)
        self.assertAlmostEqual(found["validation_sd95_mm"], 0.223536, delta=2e-5)
        self.assertAlmostEqual(found["calibration_mean95_mm"], 0.479116, delta=2e-5)
        self.assertAlmostEqual(found["calibration_sd95_mm"], 0.22656, delta=2e-5)
        plus = [-0.000519165, 0.0744587, 0.000837223, 11.2137, -0.0803067, -6.68987e-5, 0.00174527, 48.4162, 0.00181709,
                -0.000804192, 0.0773718, -0.398993]
        for ours, theirs in zip(self.linear_all["matrix"], plus):
            self.assertAlmostEqual(ours, theirs, delta=5e-4 if abs(theirs) > 0.1 else 1e-6)

    def test_the_refined_result_does_better_on_the_validation_recording_and_finds_every_frame(self):
        found = self.refined
        self.assertEqual((found["frames_used"], found["frames"], found["validation_frames_used"]), (190, 190, 103))
        self.assertLess(found["validation_mean95_mm"], 0.50)
        self.assertLess(found["validation_mean95_mm"], found["linear_validation_mean95_mm"] - 0.03)
        # Errors on frames that were left out are hardly larger: nothing was fitted to chance.
        self.assertLess(found["leave_one_out_mean95_mm"], found["calibration_mean95_mm"] + 0.01)
        # The scanner's pixels, from the configuration: 0.0796 and 0.0745 mm.
        self.assertAlmostEqual(found["pixel_u_against_nominal"], 1, delta=0.015)
        self.assertAlmostEqual(found["pixel_v_against_nominal"], 1, delta=0.01)

    def test_wires_in_a_volume_of_the_other_recording_lie_where_the_phantom_has_them(self):
        for result, limit in (("linear.h5", 0.5), ("refined.h5", 0.5)):
            self.must("snitt-reconstruct-ultrasound", VALIDATION, "--image-to-probe", result, "--transforms", PLUS, "--image-to",
                      "Phantom", "--spacing-mm", "0.25", "--clip-rectangle-px", "27", "27", "765", "480", "--method", "trilinear",
                      "-o", "volume.h5", "--overwrite")
            errors = wire_errors_mm(self.folder / "volume.h5")
            self.assertGreater(len(errors), 200)
            self.assertLess(errors.mean(), limit, result)  # measured 0.36 and 0.37 mm
            self.assertLess(numpy.percentile(errors, 95), 1)

    def test_the_result_tells_its_story_and_its_evidence(self):
        self.must("snitt-check", "linear.h5", "refined.h5", "phantom.h5")
        self.assertIn("snitt-calibrate-probe", self.must("snitt-info", "--history", "refined.h5"))
        self.must("snitt-export", "refined.h5", "--calibration-table", "frames", "-o", "frames.csv")
        rows = (self.folder / "frames.csv").read_text().splitlines()
        self.assertEqual(len(rows), 1 + 190 + 103)
        self.must("snitt-calibration-report", "refined.h5", "--recording", CALIBRATION, "-o", "report.html")
        self.assertIn("validation_mean95_mm", (self.folder / "report.html").read_text())

    def test_the_same_bytes_for_any_number_of_threads(self):
        for threads in ("1", "2", "7"):
            self.calibrate(CALIBRATION, "--validation", VALIDATION, "--phantom", PLUS, "-t", threads, output=f"t{threads}.h5")
        one = (self.folder / "t1.h5").read_bytes()
        self.assertEqual(one, (self.folder / "t2.h5").read_bytes())
        self.assertEqual(one, (self.folder / "t7.h5").read_bytes())

    def test_a_recording_of_another_phantom_or_of_none_is_refused_with_the_reasons_of_its_frames(self):
        self.refused("0 of 190 frames show the phantom", CALIBRATION, "--phantom", FCAL_1_2, "--transforms", PLUS,
                     "--pixel-size-mm", "0.078")
        words = self.refused("of 21 frames show the phantom", DATA / "SpinePhantomFreehand.igs.mha", "--phantom", FCAL, "--transforms",
                             DATA / "Config_VolumeReconstruction_SpinePhantom_NN_MEAN.xml", "--pixel-size-mm", "0.08",
                             "--frames-table", "why.h5", "--overlays", "why")
        self.assertRegex(words, r"\d+ (no-pattern|no-arrangement|too-few-dots|inconsistent)")
        # The diagnosis is there although there is no result.
        self.must("snitt-check", "why.h5")
        self.assertEqual(len(list((self.folder / "why").glob("frame_*.png"))), 21)

    def test_missing_pieces_are_named_with_the_way_out(self):
        self.refused("--phantom", CALIBRATION, status=2)
        self.refused("--pixel-size-mm", CALIBRATION, "--phantom", FCAL, status=2)
        self.refused("Phantom", CALIBRATION, "--phantom", FCAL, "--pixel-size-mm", "0.078", status=3)
        self.refused("'Probes'", CALIBRATION, "--phantom", PLUS, "--probe-frame", "Probes", status=3)
        self.refused("leaves the image", CALIBRATION, "--phantom", PLUS, "--clip-rectangle-px", "0", "0", "5000", "10", status=2)
        # The size of the image as that of the rectangle: one pixel too much, as PLUS has it.
        self.calibrate(CALIBRATION, "--phantom", PLUS, "--clip-rectangle-px", "0", "0", "820", "616", "--plus-compatible")
        self.refused("the calibration recording again", CALIBRATION, "--phantom", PLUS, "--validation", CALIBRATION, status=3)
        self.refused("both name", CALIBRATION, "--phantom", PLUS, "--frames-table", "none.h5", status=2)
        (self.folder / "truncated.h5").write_bytes((self.folder / "refined.h5").read_bytes()[:5000])
        self.assertNotIn("IGS sequence", self.refused("truncated.h5", "truncated.h5", "--phantom", PLUS, status=3))
        (self.folder / "mine").mkdir(exist_ok=True)
        (self.folder / "mine" / "thesis.txt").write_text("years of work")
        self.refused("thesis.txt", CALIBRATION, "--phantom", PLUS, "--overlays", "mine", "--overwrite", status=4)
        self.assertEqual((self.folder / "mine" / "thesis.txt").read_text(), "years of work")
        self.refused("poses alone", DATA / "WaterTankBottomTranslationTrackerBuffer-trimmed.igs.mha", "--phantom", PLUS, status=3)


class SimulatedRecordings(ProbeTest):
    SWEEP = ["--scene-of-phantom", FCAL, "--motion", "calibration", "--columns", "460", "--rows", "330", "--pixel-size-mm", "0.15",
             "--noise", "3", "--tracker-noise-mm", "0.1", "--tracker-noise-deg", "0.05", "--hide-calibration"]
    SEGMENTATION = ["--threshold-percent", "15"]

    @classmethod
    def simulate(cls, name, *words, frames=40, sweep=None):
        cls.must("snitt-phantom", *(sweep or cls.SWEEP), "--frames", frames, *words, "-o", name, "--overwrite")
        return name

    def matrix_of(self, path):
        with h5py.File(self.folder / path) as f:
            p = f["parameters"][:]
        return numpy.hstack([p[:9].reshape(3, 3), p[9:, None]])

    def largest_error_mm(self, found, truth):
        """Over the corners of the image."""
        ours, theirs = numpy.array(found["matrix"]).reshape(4, 4)[:3], self.matrix_of(truth)
        corners = numpy.array([[u, v, 0, 1] for u in (0, 459) for v in (0, 329)], float).T
        return numpy.linalg.norm((ours - theirs) @ corners, axis=0).max()

    def test_the_truth_comes_out_for_any_pixel_type(self):
        for kind in ("uint8", "rgb", "uint16", "float32"):
            gain = ["--gain", "200"] if kind == "uint16" else []
            self.simulate("sweep.h5", "--pixel-type", kind, *gain, "--truth-calibration", "truth.h5")
            found, whole = self.calibrate("sweep.h5", "--phantom", FCAL, "--phantom-error-mm", "0", *self.SEGMENTATION)
            self.assertEqual(found["frames_used"], 40, kind)
            # 40 poses with 0.1 mm and 0.05 degrees: 0.05 mm where the image ends is three deviations.
            self.assertLess(self.largest_error_mm(whole, "truth.h5"), 0.1, kind)

    def test_pixels_of_two_sizes_and_a_lag_are_found(self):
        sweep = [*self.SWEEP, "--pixel-height-mm", "0.12", "--tracker-rate-hz", "50", "--tracker-lag-s", "0.07", "--frame-rate-hz", "8"]
        self.simulate("sweep.h5", "--truth-calibration", "truth.h5", sweep=sweep, frames=80)
        found, whole = self.calibrate("sweep.h5", "--phantom", FCAL, "--phantom-error-mm", "0", "--estimate-lag", *self.SEGMENTATION)
        self.assertAlmostEqual(found["pixel_u_mm"], 0.15, delta=2e-4)
        self.assertAlmostEqual(found["pixel_v_mm"], 0.12, delta=2e-4)
        self.assertAlmostEqual(found["time_offset_s"], 0.07, delta=0.002)
        self.assertLess(self.largest_error_mm(whole, "truth.h5"), 0.1)

    def test_a_large_lag_is_found_and_no_other_contradiction_is_taken_for_one(self):
        late = ["--tracker-rate-hz", "50", "--tracker-lag-s", "0.31", "--frame-rate-hz", "8"]
        self.simulate("sweep.h5", *late, frames=80)
        self.refused("contradict each other", "sweep.h5", "--phantom", FCAL, *self.SEGMENTATION)
        found, _ = self.calibrate("sweep.h5", "--phantom", FCAL, "--phantom-error-mm", "0", "--estimate-lag", *self.SEGMENTATION)
        self.assertAlmostEqual(found["time_offset_s"], 0.31, delta=0.002)

    def test_the_whole_chain_with_a_lag_puts_an_object_in_its_place(self):
        lagging = ["--tracker-rate-hz", "50", "--tracker-lag-s", "0.08"]
        self.simulate("sweep.h5", *lagging, "--frame-rate-hz", "8", frames=80)
        self.calibrate("sweep.h5", "--phantom", FCAL, "--phantom-error-mm", "0", "--estimate-lag", *self.SEGMENTATION)
        # Another sweep of the same session, of the phantom's wires: their place in the volume.
        self.simulate("other.h5", *lagging, "--frame-rate-hz", "8", "--seed", "2", frames=120)
        means = []
        for offset in ([], ["--time-calibration", "probe.h5"]):
            self.must("snitt-reconstruct-ultrasound", "other.h5", "--image-to-probe", "probe.h5", "--image-to", "Phantom",
                      "--spacing-mm", "0.3", "--reject-below", "60", *offset, "-o", "volume.h5", "--overwrite")
            means.append(wire_errors_mm(self.folder / "volume.h5").mean())
        self.assertLess(means[1], 0.25)
        self.assertGreater(means[0], 2 * means[1])

    def test_mirrored_and_turned_images_are_recognised_and_accepted_on_request(self):
        for flip, words, turn in (("columns", "mirrored left to right", "mirrored"), ("rows", "mirrored top to bottom", "upside-down"),
                                  ("both", "turned by 180 degrees", "turned")):
            self.simulate("sweep.h5", "--flip", flip)
            self.refused(words, "sweep.h5", "--phantom", FCAL, *self.SEGMENTATION)
            found, _ = self.calibrate("sweep.h5", "--phantom", FCAL, "--image-turn", turn, *self.SEGMENTATION)
            self.assertEqual(found["frames_used"], 40)

    def test_degenerate_recordings_are_refused_by_name(self):
        still = ["--amplitude-mm", "0", "0", "0", "--amplitude-deg", "0", "0", "0"]
        self.simulate("sweep.h5", *still)
        self.refused("did not move", "sweep.h5", "--phantom", FCAL, *self.SEGMENTATION)
        self.simulate("sweep.h5", frames=1)
        self.refused("1 frames show the phantom", "sweep.h5", "--phantom", FCAL, *self.SEGMENTATION)
        self.simulate("sweep.h5", "--invalid-fraction", "0.9")
        self.refused("have a valid pose", "sweep.h5", "--phantom", FCAL, *self.SEGMENTATION)

    def test_frozen_images_are_refused_by_name(self):
        self.simulate("sweep.igs.mha", "--format", "igs")
        data = (self.folder / "sweep.igs.mha").read_bytes()
        head = data.index(b"ElementDataFile = LOCAL\n") + len(b"ElementDataFile = LOCAL\n")
        image = data[head:head + 460 * 330]
        (self.folder / "frozen.igs.mha").write_bytes(data[:head] + 40 * image)
        self.refused("all images are alike", "frozen.igs.mha", "--phantom", FCAL, "--pixel-size-mm", "0.15", *self.SEGMENTATION)

    def test_poses_of_another_recording_are_refused(self):
        self.simulate("one.igs.mha", "--format", "igs")
        self.simulate("two.igs.mha", "--format", "igs", "--seed", "9")
        mark = b"ElementDataFile = LOCAL\n"
        one, two = ((self.folder / f"{n}.igs.mha").read_bytes() for n in ("one", "two"))
        (self.folder / "swapped.igs.mha").write_bytes(one[:one.index(mark)] + two[two.index(mark):])
        self.refused("contradict each other", "swapped.igs.mha", "--phantom", FCAL, "--pixel-size-mm", "0.15", *self.SEGMENTATION)

    def test_a_registration_of_another_session_is_refused(self):
        self.simulate("sweep.h5")
        self.refused("contradict each other", "sweep.h5", "--phantom", FCAL, "--transforms", PLUS, *self.SEGMENTATION)

    def test_several_ns_on_one_level_are_told_apart(self):
        def pattern(name, first, middle, last, level):
            return {"wires": [{"name": f"{name}{k}", "front_mm": [front, 0, level], "back_mm": [back, 40, level]}
                              for k, (front, back) in enumerate((first, middle, last))]}
        (self.folder / "two-levels.json").write_text(json.dumps({
            "phantom_definition": "1.0", "name": "four Ns", "patterns": [
                pattern("a", (0, 0), (18, 4), (20, 20), 20), pattern("b", (26, 26), (28, 42), (46, 46), 20),
                pattern("c", (0, 0), (3, 17), (20, 20), 8), pattern("d", (26, 26), (44, 30), (46, 46), 8)]}))
        sweep = ["--scene-of-phantom", "two-levels.json", *self.SWEEP[2:]]
        self.simulate("sweep.h5", "--truth-calibration", "truth.h5", sweep=sweep)
        found, whole = self.calibrate("sweep.h5", "--phantom", "two-levels.json", "--phantom-error-mm", "0", *self.SEGMENTATION)
        self.assertGreaterEqual(found["frames_used"], 30)
        self.assertLess(self.largest_error_mm(whole, "truth.h5"), 0.15)


main()
