"""Quality of patient CT as a user meets it: sample, archive, volume, other definitions, and real slices where they are at hand."""
import json
import math
import os
import pathlib
import shutil
import tarfile
import unittest

import h5py
import numpy

from chain import SOURCE, ChainTest, main, run
from check_patient_size import columns, ct_slice

SAMPLE = SOURCE / "sample_data" / "patient-quality"
REAL = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE / ".." / "shared" / "data")) / "dose"

PIXEL, ROWS, WIDTH, NOISE, BLUR = 0.9, 200, 256, 12.0, 0.6


def patient(random):
    """A slim abdomen: layers of skin and fat, a liver, a spine, gas; blurred and noisy with known measure."""
    y, x = numpy.mgrid[:ROWS, :WIDTH].astype(float)
    x, y = (x - (WIDTH - 1) / 2 + 0.2) * PIXEL, (y - (ROWS - 1) / 2 - 0.3) * PIXEL

    def rise(distance):
        return 0.5 * numpy.vectorize(math.erfc)(-distance / (BLUR * math.sqrt(2)))

    def depth(a, b, cx=0.0, cy=0.0):
        """Distance from an ellipse, to first order: exact enough for blur that is small against it."""
        u, v = (x - cx) / a, (y - cy) / b
        r = numpy.maximum(numpy.hypot(u, v), 1e-6)
        return (1 - r) * r / numpy.hypot(u / a, v / b).clip(1e-9)

    outside = depth(100, 72)
    hu = -1000 + 1040 * rise(outside) - 140 * (rise(outside - 2) - rise(outside - 8))
    for a, b, cx, cy, contrast in ((36, 34, -40, -8, 25), (14, 13, 0, 42, 350), (13, 9, 42, -30, -800), (6, 6, 10, 15, 110)):
        hu += contrast * rise(depth(a, b, cx, cy))
    white = random.standard_normal((ROWS, WIDTH))
    v, u = numpy.meshgrid(numpy.fft.fftfreq(ROWS), numpy.fft.fftfreq(WIDTH), indexing="ij")
    f = numpy.hypot(u, v)
    shape = f**0.6 * numpy.exp(-(f / 0.28)**2)
    noise = numpy.fft.ifft2(numpy.fft.fft2(white) * shape).real
    return numpy.round(hu + NOISE * noise / math.sqrt((shape**2).mean())).clip(-1024, 3071)


def make_sample(folder):
    """Writes sample_data/patient-quality."""
    random = numpy.random.default_rng(5)
    for i in range(4):
        (folder / f"slice-{i + 1}.dcm").write_bytes(ct_slice(i + 1, -10.0 * (3 - i), patient(random), PIXEL, 150, 7.5, "113691"))


def local_deviation(hu, size, ddof):
    """Straightforward: the standard deviation of every window; NaN where it leaves the image."""
    windows = numpy.lib.stride_tricks.sliding_window_view(hu, (size, size))
    found = numpy.full(hu.shape, numpy.nan)
    reach = size // 2
    found[reach:-reach, reach:-reach] = windows.std(axis=(2, 3), ddof=ddof)
    mean = numpy.full(hu.shape, numpy.nan)
    mean[reach:-reach, reach:-reach] = windows.mean(axis=(2, 3))
    return mean, found


def filled_body(hu, threshold=-250):
    """Largest connected region of tissue with what it encloses, by flooding."""
    def flood(mask, seeds):
        found = numpy.zeros_like(mask)
        found[seeds] = mask[seeds]
        while True:
            grown = found.copy()
            grown[1:] |= found[:-1]
            grown[:-1] |= found[1:]
            grown[:, 1:] |= found[:, :-1]
            grown[:, :-1] |= found[:, 1:]
            grown &= mask
            if (grown == found).all():
                return found
            found = grown

    tissue = hu >= threshold
    rim = numpy.zeros_like(tissue)
    rim[[0, -1]] = True
    rim[:, [0, -1]] = True
    tissue = ~flood(~tissue, rim)
    best = numpy.zeros_like(tissue)
    left = tissue.copy()
    while left.any():
        seed = numpy.zeros_like(tissue)
        seed[tuple(numpy.argwhere(left)[0])] = True
        region = flood(tissue, seed)
        left &= ~region
        best = region if region.sum() > best.sum() else best
    return best


def global_noise(hu, pixel, definition):
    """The global noise level, from its definition."""
    size = 1 + 2 * max(1, round((6 / pixel - 1) / 2))
    low, high = (0, 170) if definition == "ku-leuven" else (0, 150)
    body = filled_body(hu)
    if definition == "local-mean":
        mean, deviation = local_deviation(hu, size, 1)
        tissue = body & (mean >= low) & (mean <= high)
        windows = numpy.lib.stride_tricks.sliding_window_view(tissue, (size, size)).all(axis=(2, 3))
        mask = numpy.zeros_like(tissue)
        reach = size // 2
        mask[reach:-reach, reach:-reach] = windows
        values = numpy.sort(deviation[mask])
        # A density of the values themselves instead of bins.
        width = (numpy.quantile(values, 0.5) - numpy.quantile(values, 0.1)) / 1.28
        for share in (0.5, 1 / 3):
            grid = numpy.arange(values[0], values[-1] + 0.01, 0.02)
            counts = numpy.histogram(values, numpy.append(grid, grid[-1] + 0.02) - 0.01)[0]
            kernel = numpy.exp(-0.5 * (numpy.arange(-4, 4.001, 0.02 / (share * width)))**2)
            density = numpy.convolve(counts, kernel, "same")
            peak = grid[density.argmax()]
            below = grid[:density.argmax()][density[:density.argmax()] < density.max() / 2]
            if len(below):
                width = math.sqrt(max(((peak - below[-1]) / 1.1774)**2 - (share * width)**2, 0.01))
        return peak
    mask = body & (hu >= low) & (hu <= high)
    bin_hu = {"mayo": 0.2, "ku-leuven": 0.1, "actilib": 1.0}[definition]
    deviation = local_deviation(numpy.where(mask, hu, 0) if definition == "actilib" else hu, size, 0)[1]
    counts = numpy.bincount((deviation[mask & ~numpy.isnan(deviation)] / bin_hu).astype(int))
    return (counts.argmax() + 0.5) * bin_hu


class PatientQuality(ChainTest):
    def quality(self, *words, status=0):
        done = run("snitt-patient-quality", *words, "--json", "--overwrite", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def refused(self, *words, status=3):
        text = self.quality(*words, "-o", "refused.h5", status=status)
        self.assertFalse((self.folder / "refused.h5").exists())
        return text

    def values(self, *words):
        found = self.quality(*words)
        return {name: entry["value"] for name, entry in found["summary"].items()}, found

    def test_sample_has_the_quality_it_was_made_with(self):
        value, found = self.values(SAMPLE, "-o", "s.h5", "--task", "disk:5:20", "--task", "designer:8:-30")
        self.assertEqual(value["slices_measured"], 4)
        self.assertAlmostEqual(value["pixel_noise_hu"], NOISE, delta=0.03 * NOISE)
        f50 = math.sqrt(math.log(2) / 2) / (math.pi * BLUR)
        self.assertAlmostEqual(value["skin_f50_per_mm"], f50, delta=0.04 * f50)
        self.assertAlmostEqual(value["water_equivalent_diameter_mm"], 2 * math.sqrt(100 * 72), delta=5)
        self.assertGreater(value["tissue_contrast_hu"], 120)
        self.assertGreater(value["detectability_disk_5mm_20hu"], 0)
        t = columns(self.folder / "s.h5")
        self.assertEqual(t["status"], 4 * ["body"])
        self.assertEqual(t["left_out"], 4 * [""])
        self.assertEqual(len(t["detectability_designer_8mm_m30hu"]), 4)
        self.must("snitt-check", "s.h5")
        self.must("snitt-export", "s.h5", "--calibration-table", "noise_power", "-o", "nps.csv")
        self.assertIn("power_hu2_mm2", (self.folder / "nps.csv").read_text().splitlines()[0])

    def test_noise_levels_are_those_of_a_straightforward_program(self):
        self.must("snitt-import", SAMPLE, "-o", "volume.h5", "--overwrite")
        with h5py.File(self.folder / "volume.h5") as f:
            voxels = f["voxels"][:].astype(float)
        # Between bins the estimates differ by how densities are smoothed; bins are the same, to one where two tie.
        for definition, delta in (("local-mean", 0.03), ("mayo", 1e-6), ("ku-leuven", 1e-6), ("actilib", 1e-6)):
            self.quality(SAMPLE, "-o", "d.h5", "--definition", definition)
            found = columns(self.folder / "d.h5")["global_noise_hu"]
            for k, hu in enumerate(voxels):
                self.assertAlmostEqual(found[k], global_noise(hu, PIXEL, definition), delta=delta, msg=definition)

    def test_archive_volume_and_threads_give_the_same(self):
        words = ("--task", "disk:5:20")
        made = []
        for threads in (1, 2, 7):
            self.quality(SAMPLE, *words, "--threads", str(threads), "-o", "t.h5", "--noise-map", "n.h5")
            made.append((self.folder / "t.h5").read_bytes() + (self.folder / "n.h5").read_bytes())
        self.assertEqual(len(set(made)), 1)
        first = columns(self.folder / "t.h5")
        with tarfile.open(self.folder / "s.tar.xz", "w:xz") as archive:
            archive.add(SAMPLE, "series")
        self.quality("s.tar.xz", *words, "-o", "a.h5")
        self.assertEqual(str(first), str(columns(self.folder / "a.h5")))
        self.must("snitt-import", SAMPLE, "-o", "v.h5", "--overwrite")
        self.quality("v.h5", *words, "-o", "b.h5")
        self.assertEqual(first["global_noise_hu"], columns(self.folder / "b.h5")["global_noise_hu"])
        self.must("snitt-check", "n.h5")
        with h5py.File(self.folder / "n.h5") as f:
            self.assertEqual(f["voxels"].attrs["units"].decode() if isinstance(f["voxels"].attrs["units"], bytes) else
                             f["voxels"].attrs["units"], "HU")
        self.assertEqual([p.name for p in self.folder.iterdir() if "unpacked" in p.name], [])

    def test_bad_input_is_refused_by_name(self):
        (self.folder / "empty").mkdir()
        self.assertIn("empty", self.refused("empty"))
        shutil.copytree(SAMPLE, self.folder / "cut")
        cut = self.folder / "cut" / "slice-2.dcm"
        cut.write_bytes(cut.read_bytes()[:40000])
        self.assertIn("slice-2.dcm", self.refused("cut"))
        self.assertIn("square:5:10", self.refused(SAMPLE, "--task", "square:5:10", status=2))
        self.assertIn("--tissue-hu", self.refused(SAMPLE, "--tissue-hu", "100", "50", status=2))

    @unittest.skipUnless((REAL / "patient_slices").is_dir(), "real slices of patients are not at hand")
    def test_real_patients(self):
        value, found = self.values(REAL / "patient_slices" / "dcmqi_ct3slice", "-o", "p.h5")
        self.assertEqual(value["slices_measured"], 3)
        self.assertTrue(5 < value["global_noise_hu"] < 40, value)
        # GE's kernel STANDARD: published skin edges of soft kernels have 0.28 to 0.39 /mm.
        self.assertTrue(0.2 < value["skin_f50_per_mm"] < 0.5, value)
        self.assertTrue(90 < value["tissue_contrast_hu"] < 250, value)
        _, shoulder = self.values(REAL / "patient_slices" / "CTImage.dcm", "-o", "q.h5")
        self.assertEqual(columns(self.folder / "q.h5")["status"], ["truncated"])
        self.assertEqual(shoulder["verdict"], "doubtful")
        self.assertTrue(any("truncated" in reason for reason in shoulder["reasons"]))

    @unittest.skipUnless((REAL / "ct_phantom_ge").is_dir(), "real slices of a GE phantom are not at hand")
    def test_ge_phantom(self):
        value, _ = self.values(REAL / "ct_phantom_ge" / "slices.tar.xz", "-o", "g.h5")
        t = columns(self.folder / "g.h5")
        self.assertEqual(t["left_out"].count("no body"), 10)
        self.assertEqual(value["slices_without_body"], 10)
        self.assertTrue(0.2 < value["skin_f50_per_mm"] < 0.6, value)

    @unittest.skipUnless((REAL / "lcd_ct").is_dir(), "real low-contrast images are not at hand")
    def test_noise_law_of_low_contrast_images(self):
        """Noise is that of the square root of the dose, and noise squared times dose is constant."""
        with tarfile.open(REAL / "lcd_ct" / "fbp.tar.xz") as archive:
            archive.extractall(self.folder / "lcd")
        levels = {}
        for dose in (10, 55, 100):
            raw = sorted((self.folder / "lcd" / "fbp" / f"dose_{dose:03}" / "signal_absent").glob("*.raw"))
            self.assertEqual(len(raw), 10)
            # Ten realisations of water, stored as HU + 1000.
            hu = numpy.stack([numpy.fromfile(path, "<i2") for path in raw]) - 1000
            (self.folder / f"{dose}.raw").write_bytes(hu.astype("<i2").tobytes())
            (self.folder / f"{dose}.mhd").write_text(
                "ObjectType = Image\nNDims = 3\nDimSize = 256 256 10\nElementType = MET_SHORT\nElementSpacing = 1 1 1\n"
                f"ElementByteOrderMSB = False\nElementDataFile = {dose}.raw\n")
            value, _ = self.values(f"{dose}.mhd", "-o", "l.h5", "--tissue-hu=-100", "150")
            levels[dose] = value["pixel_noise_hu"]
        self.assertAlmostEqual(levels[10] / levels[100], math.sqrt(10), delta=0.1)
        merit = [1 / (levels[dose]**2 * dose) for dose in levels]
        self.assertLessEqual(max(merit) / min(merit), 1.06)


if __name__ == "__main__":
    main()
