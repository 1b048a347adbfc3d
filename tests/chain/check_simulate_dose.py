"""A series at less dose as a user meets it: the sample, other textures, refusals, and scans that were made at three doses."""
import json
import math
import os
import pathlib
import tarfile
import unittest

import h5py
import numpy

from chain import SOURCE, ChainTest, main, run

SAMPLE = SOURCE / "sample_data" / "patient-quality"
REAL = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE / ".." / "shared" / "data")) / "dose"


def radial_power(images, size=64):
    """Straightforward noise power of the middle of repeated images, by rings of one step."""
    left = images.shape[1] // 2 - size // 2
    noise = (images - images.mean(axis=0))[:, left:left + size, left:left + size]
    power = (numpy.abs(numpy.fft.fftshift(numpy.fft.fft2(noise), axes=(1, 2)))**2).mean(axis=0)
    y, x = numpy.indices((size, size)) - size // 2
    ring = numpy.hypot(x, y).astype(int)
    return numpy.array([power[ring == k].mean() for k in range(1, size // 2)])


class SimulateDose(ChainTest):
    def simulate(self, *words, status=0):
        done = run("snitt-simulate-dose", *words, "--json", "--overwrite", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        if status:
            return done.stderr
        found = json.loads(done.stdout)
        return {name: entry["value"] for name, entry in found["summary"].items()}, found

    def refused(self, *words, status=2):
        text = self.simulate(*words, "-o", "refused.h5", status=status)
        self.assertFalse((self.folder / "refused.h5").exists())
        return text

    def voxels(self, name):
        with h5py.File(self.folder / name) as f:
            return f["voxels"][:].astype(float)

    def test_sample_at_half_of_its_dose(self):
        value, found = self.simulate(SAMPLE, "--fraction", "0.5", "-o", "half.h5", "--check-table", "check.h5")
        self.assertEqual(found["verdict"], "good")
        self.assertAlmostEqual(value["input_noise_hu"], 12, delta=0.6)
        self.assertAlmostEqual(value["found_over_wished_noise"], 1, delta=0.02)
        self.must("snitt-import", SAMPLE, "-o", "full.h5", "--overwrite")
        added = self.voxels("half.h5") - self.voxels("full.h5")
        # The liver, whose noise of 12 HU is known.
        self.assertAlmostEqual(added[:, 75:110, 60:100].std() / 12, 1, delta=0.08)
        self.must("snitt-check", "half.h5", "check.h5")
        self.must("snitt-export", "check.h5", "--calibration-table", "noise_power", "-o", "nps.csv")
        self.assertIn("wished_hu2_mm2", (self.folder / "nps.csv").read_text().splitlines()[0])
        with h5py.File(self.folder / "half.h5") as half, h5py.File(self.folder / "full.h5") as full:
            for name in ("spacing", "origin", "axis_directions"):
                self.assertTrue((half[name][:] == full[name][:]).all())
            self.assertEqual(half["voxels"].dtype, full["voxels"].dtype)
        # What measures patients finds the noise there.
        quality = json.loads(self.must("snitt-patient-quality", "half.h5", "-o", "q.h5", "--json", "--overwrite"))
        self.assertAlmostEqual(quality["summary"]["pixel_noise_hu"]["value"], 12 * math.sqrt(2), delta=1.2)

    def test_a_phantom_at_a_quarter_of_its_dose_has_twice_its_noise(self):
        self.must("snitt-phantom-ct", "--model", "water", "--range-mm", "-10", "10", "--slice-thickness-mm", "2.5",
                  "--noise-hu", "12", "--matrix", "256", "-o", "water.h5")
        found = {}
        self.simulate("water.h5", "--fraction", "0.25", "-o", "quarter.h5")
        for name in ("water.h5", "quarter.h5"):
            text = self.must("snitt-phantom-quality", name, "-o", "measured.h5", "--json", "--overwrite")
            found[name] = {k: v["value"] for k, v in json.loads(text)["summary"].items()}
        self.assertAlmostEqual(found["quarter.h5"]["noise_hu"] / found["water.h5"]["noise_hu"], 2, delta=0.04)
        self.assertAlmostEqual(found["quarter.h5"]["nps_mean_per_mm"], found["water.h5"]["nps_mean_per_mm"], delta=0.006)
        # The texture that snitt-phantom-quality measured will do as well.
        value, _ = self.simulate("water.h5", "--fraction", "0.25", "-o", "other.h5", "--noise-spectrum", "measured.h5")
        self.assertAlmostEqual(value["found_over_wished_noise"], 1, delta=0.02)

    def test_any_number_of_threads_gives_the_same_bytes(self):
        made = set()
        for threads in (1, 2, 7):
            self.simulate(SAMPLE, "--fraction", "0.3", "--threads", str(threads), "-o", "t.h5", "--check-table", "c.h5")
            made.add((self.folder / "t.h5").read_bytes() + (self.folder / "c.h5").read_bytes())
        self.assertEqual(len(made), 1)
        self.simulate(SAMPLE, "--fraction", "0.3", "--seed", "2", "-o", "t.h5", "--check-table", "c.h5")
        self.assertNotIn((self.folder / "t.h5").read_bytes() + (self.folder / "c.h5").read_bytes(), made)

    def test_texture_from_a_table(self):
        self.must("snitt-patient-quality", SAMPLE, "-o", "texture.h5", "--overwrite")
        value, _ = self.simulate(SAMPLE, "--fraction", "0.5", "--noise-spectrum", "texture.h5", "-o", "x.h5")
        self.assertEqual(value["texture_measured"], 0)
        self.assertAlmostEqual(value["found_over_wished_noise"], 1, delta=0.05)
        self.assertIn("frequency_per_mm", self.refused(SAMPLE, "--fraction", "0.5", "--noise-spectrum", "x.h5", status=3))

    def test_what_cannot_be_is_refused(self):
        for fraction in ("0", "1", "1.5", "-0.5"):
            self.assertIn("fraction", self.refused(SAMPLE, "--fraction", fraction))
        self.assertIn("--fraction", self.refused(SAMPLE))
        (self.folder / "empty").mkdir(exist_ok=True)
        self.assertIn("empty", self.refused("empty", "--fraction", "0.5", status=3))
        self.assertIn("two outputs", self.refused(SAMPLE, "--fraction", "0.5", "--check-table", "refused.h5"))

    @unittest.skipUnless((REAL / "lcd_ct" / "fbp.tar.xz").exists(), "the low-contrast scans are not there (SNITT_SHARED_DATA)")
    def test_full_dose_is_brought_to_what_was_scanned_at_less(self):
        with tarfile.open(REAL / "lcd_ct" / "fbp.tar.xz") as archive:
            raw = {m.name: archive.extractfile(m).read() for m in archive if m.name.endswith(".raw") and "absent" in m.name}
        scans = {}
        for dose in ("010", "055", "100"):
            names = sorted(n for n in raw if f"dose_{dose}" in n)
            scans[dose] = numpy.stack([numpy.frombuffer(raw[n], "<i2").reshape(256, 256) for n in names]) - 1000
        scans["100"].astype("<i2").tofile(self.folder / "full.raw")
        (self.folder / "full.mhd").write_text(
            "ObjectType = Image\nNDims = 3\nDimSize = 256 256 10\nElementType = MET_SHORT\nElementSpacing = 0.7 0.7 5\n"
            "ElementByteOrderMSB = False\nElementDataFile = full.raw\n")
        for dose, fraction in (("055", 0.55), ("010", 0.10)):
            value, found = self.simulate("full.mhd", "--fraction", fraction, "-o", "less.h5")
            self.assertEqual(found["verdict"], "good")
            simulated, real = self.voxels("less.h5"), scans[dose].astype(float)
            # Ten images: the deviation of each place is known to 2 to 3 %.
            for rows, columns in ((slice(113, 143), slice(113, 143)), (slice(113, 143), slice(40, 60)), (slice(50, 70), slice(110, 146))):
                ratio = math.sqrt(simulated[:, rows, columns].var(axis=0, ddof=1).mean() / real[:, rows, columns].var(axis=0, ddof=1).mean())
                self.assertAlmostEqual(ratio, 1, delta=0.06)
            a, b = radial_power(simulated), radial_power(real)
            f = numpy.arange(len(a)) + 1.5
            self.assertAlmostEqual((f * a).sum() / a.sum() / ((f * b).sum() / b.sum()), 1, delta=0.02)
            shape = (a / a.sum()) / (b / b.sum())
            self.assertLess(numpy.average(numpy.abs(shape - 1), weights=b * f), 0.12)  # rings of ten images scatter by 8 %


main()
