"""Simulated scans of test objects against what their truth says, measured here with numpy alone."""
import json

import h5py
import numpy

from chain import ChainTest, main, run


def columns(path):
    """The columns of a table file by name, texts as str."""
    with h5py.File(path) as file:
        return {name: [v.decode() if isinstance(v, bytes) else v for v in column[()]] for name, column in file["table"].items()}


class PhantomCt(ChainTest):
    def voxels(self, name):
        with h5py.File(self.folder / name) as file:
            return file["voxels"][()].astype(float)

    def test_rods_lie_where_the_truth_says_and_have_its_values(self):
        self.must("snitt-phantom-ct", "--model", "catphan-504", "--range-mm", "-8", "8", "--slice-thickness-mm", "2", "--matrix", "256",
                  "--noise-hu", "4", "--roll-deg", "-7", "--offset-mm", "6", "-3", "--truth", "rods-truth.h5", "-o", "rods.h5")
        ct, truth = self.voxels("rods.h5"), columns(self.folder / "rods-truth.h5")
        rows = [i for i, kind in enumerate(truth["kind"]) if kind == "rod"]
        self.assertEqual(len(rows), 8)
        for i in rows:
            r, c, k = (int(round(truth[name][i])) for name in ("row", "column", "slice"))
            # 25 pixels of noise 4 HU, correlated: the mean is good to some 1.5 HU; three of them.
            self.assertAlmostEqual(ct[k, r - 2:r + 3, c - 2:c + 3].mean(), truth["hu"][i], delta=4.5, msg=truth["material"][i])

    def test_noise_has_the_power_that_the_truth_states(self):
        self.must("snitt-phantom-ct", "--model", "water", "--slice-thickness-mm", "2.5", "--matrix", "256", "--fov-mm", "250",
                  "--noise-hu", "12", "--seed", "3", "--truth", "noise-truth.h5", "-o", "noise.h5")
        ct = self.voxels("noise.h5")
        self.assertEqual(len(ct), 40)
        with h5py.File(self.folder / "noise-truth.h5") as file:
            nps = file["calibration/nps"]
            frequency, power = nps["frequency_per_mm"][()], nps["nps_hu2_mm2"][()]
        pixel, size = 250 / 256, 64
        blocks = [slice_[r:r + size, c:c + size] for slice_ in ct for r in (64, 128) for c in (64, 128)]
        found = numpy.mean([numpy.abs(numpy.fft.fft2(b - b.mean()))**2 for b in blocks], axis=0) * pixel**2 / size**2
        f = numpy.fft.fftfreq(size, pixel)
        radius = numpy.hypot(*numpy.meshgrid(f, f))
        for low in numpy.arange(0.08, 0.4, 0.04):
            ring = (radius >= low) & (radius < low + 0.04)
            expected = numpy.interp(radius[ring], frequency, power).mean()
            # A ring holds at least 60 frequencies of 160 blocks: 1 % of statistics; the blocks' edges leak some 5 % of the peak.
            self.assertAlmostEqual(found[ring].mean(), expected, delta=0.02 * expected + 0.05 * power.max(), msg=f"{low:.2f} / mm")
        self.assertAlmostEqual(ct[:, 64:192, 64:192].std() / 12, 1, delta=0.02)

    def test_the_same_options_give_the_same_bytes_for_any_threads(self):
        options = ("--model", "acr-464", "--slice-thickness-mm", "20", "--matrix", "64", "--noise-hu", "5")
        self.must("snitt-phantom-ct", *options, "--threads", "1", "-o", "one.h5")
        self.must("snitt-phantom-ct", *options, "--threads", "3", "-o", "three.h5")
        self.assertTrue((self.voxels("one.h5") == self.voxels("three.h5")).all())

    def test_patient_size_measures_the_body_that_was_made(self):
        self.must("snitt-phantom-ct", "--model", "body", "--lateral-mm", "300", "--ap-mm", "220", "--fat-mm", "15", "--lungs", "--bones",
                  "--table", "--fov-mm", "500", "--matrix", "256", "--slice-thickness-mm", "10", "--noise-hu", "10", "--truth", "body-truth.h5",
                  "-o", "body.h5")
        with h5py.File(self.folder / "body-truth.h5") as file:
            summary = dict(zip((n.decode() for n in file["calibration/summary/quantity"][()]), file["calibration/summary/value"][()], strict=True))
        found = json.loads(self.must("snitt-patient-size", "body.h5", "-o", "size.h5", "--json"))
        # The mask ends where pixels of 2 mm fall below its threshold, some 0.3 mm inside the edge: 1 %.
        self.assertAlmostEqual(found["summary"]["mean_water_equivalent_diameter_mm"]["value"] / summary["water_equivalent_diameter_mm"],
                               1, delta=0.01)

    def test_phantom_quality_finds_what_the_mercury_phantom_was_made_with(self):
        self.must("snitt-phantom-ct", "--model", "mercury-4", "--fov-mm", "400", "--matrix", "256", "--slice-thickness-mm", "4", "--noise-hu",
                  "20", "--noise-growth", "0.05", "--f50", "0.25", "--roll-deg", "3", "-o", "mercury.h5")
        found = json.loads(self.must("snitt-phantom-quality", "mercury.h5", "--phantom", "auto", "-o", "quality.h5", "--json", "-q"))
        fits = {row["object"]: row for row in found["diameter_fits"]}
        # d' is inverse to the noise, which grows by 0.005 per mm; 5 %: the statistics of seven slices per diameter.
        for insert in ("Bone", "Air", "Iodine"):
            self.assertAlmostEqual(fits[insert]["beta_per_mm"], -0.005, delta=0.00025, msg=insert)
        self.assertEqual(len({row["diameter_mm"] for row in found["diameters"]}), 5)
        self.assertAlmostEqual(found["summary"]["roll_deg"]["value"], 3, delta=0.1)

    def test_contradictions_are_refused(self):
        for options, words in ((("--model", "catphan-504", "--diameter-mm", "100"), "--model"), (("--range-mm", "5", "-5"), "from 5 to -5"),
                               (("--truth", "x.h5", "-o", "x.h5"), "both name")):
            done = run("snitt-phantom-ct", *options, *(() if "-o" in options else ("-o", "x.h5")), cwd=self.folder)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertFalse((self.folder / "x.h5").exists())


main()
