"""Image quality from CT test objects as a user meets it: sample, simulated scans with known truth, refusals, and real slices where they
are at hand."""
import json
import math
import os
import pathlib
import shutil
import tarfile
import unittest

import h5py

from chain import SOURCE, ChainTest, main, run

SAMPLE = SOURCE / "sample_data" / "phantom-quality" / "catphan-504.h5"
REAL = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE / ".." / "shared" / "data")) / "dose"


class PhantomQuality(ChainTest):
    def analyze(self, *words, status=0):
        done = run("snitt-phantom-quality", *words, "--json", "--overwrite", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def refused(self, *words, status=3):
        text = self.analyze(*words, "-o", "refused.h5", status=status)
        self.assertFalse((self.folder / "refused.h5").exists())
        return text

    def simulate(self, name, model, *words):
        self.must("snitt-phantom-ct", "--model", model, "-o", name, "--overwrite", "-q", "--matrix", "256", "--fov-mm", "240",
                  "--slice-thickness-mm", "4", *words)
        return name

    def values(self, found, measure):
        return {row["object"]: row["value"] for row in found["measures"] if row["measure"] == measure}

    def test_sample_gives_what_was_simulated(self):
        found = self.analyze(SAMPLE, "-o", "q.h5", "--task", "disk:5:10", "--overlay", "pictures")
        self.assertEqual((found["method"], found["verdict"]), ("catphan-504", "good"))
        summary = {name: q["value"] for name, q in found["summary"].items()}
        self.assertGreater(summary["certainty"], 0.95)
        self.assertAlmostEqual(summary["roll_deg"], 3, delta=0.1)
        self.assertAlmostEqual(summary["body_diameter_mm"], 201, delta=0.1)
        self.assertEqual(summary["measures_failed"], 0)
        # Noise of 4 HU over 60 pixels and 5 slices.
        for row in found["inserts"]:
            self.assertAlmostEqual(row["hu"], row["nominal_hu"], delta=1.5)
        self.assertAlmostEqual(self.values(found, "ttf_f50_per_mm")["Teflon"], 0.4, delta=0.012)
        self.assertEqual(len(self.values(found, "detectability")), 1)
        self.assertEqual(sorted(p.name for p in (self.folder / "pictures").iterdir()),
                         ["CTP404.png", "CTP486.png", "CTP515.png", "CTP528.png"])
        self.must("snitt-check", "q.h5")
        with h5py.File(self.folder / "q.h5") as f:
            self.assertIn("measure", f["table"])
        self.must("snitt-export", "q.h5", "--calibration-table", "ttf", "-o", "ttf.csv")
        self.assertGreater(len((self.folder / "ttf.csv").read_text().splitlines()), 100)

    def test_poses_and_parts(self):
        self.simulate("a.h5", "catphan-604", "--roll-deg", "-130", "--turned", "--tilt-deg", "1.5", "--table",
                      "--offset-mm", "-9", "5", "--kvp", "80", "--noise-hu", "12", "--descending")
        found = self.analyze("a.h5", "-o", "a-q.h5")
        summary = {name: q["value"] for name, q in found["summary"].items()}
        self.assertEqual(found["method"], "catphan-604")
        self.assertAlmostEqual(summary["roll_deg"], -130, delta=0.15)
        self.assertAlmostEqual(summary["tilt_deg"], 1.5, delta=0.06)
        self.assertEqual(summary["mirrored"], 1)
        self.assertEqual([m["known_by"] for m in found["modules"]], 4 * ["content"])
        # At 80 kV bone is far from its nominal value at 120 kV: it must be found, and fail.
        bone = [row for row in found["measures"] if row["object"] == "Bone 50%" and row["measure"] == "hu"][0]
        self.assertEqual(bone["verdict"], "fail")
        self.simulate("b.h5", "catphan-600", "--range-mm", "-4", "4")
        part = self.analyze("b.h5", "--phantom", "catphan-600", "-o", "b-q.h5")
        self.assertEqual(part["verdict"], "doubtful")
        self.assertEqual([m["known_by"] for m in part["modules"]], ["content"] + 4 * ["missing"])
        self.assertTrue(any("CTP528" in reason for reason in part["reasons"]))

    def test_what_is_no_such_phantom_is_refused(self):
        self.simulate("water.h5", "water", "--diameter-mm", "186", "--length-mm", "60")
        self.assertIn("body diameter 186.0 mm where catphan-504 has 201 mm", self.refused("water.h5", "--phantom", "catphan-504"))
        self.assertIn("it fits catphan-504", self.refused(SAMPLE, "--phantom", "catphan-604"))
        self.assertIn("it fits catphan-504", self.refused(SAMPLE, "--phantom", "catphan-600"))
        self.must("snitt-phantom-ct", "--model", "body", "-o", "body.h5", "-q", "--matrix", "256", "--fov-mm", "450")
        self.assertIn("no round body", self.refused("body.h5"))
        self.assertIn("--task", self.refused(SAMPLE, "--task", "disk:5", status=2))
        self.assertIn("no insert 'Gold'", self.refused(SAMPLE, "--phantom", "catphan-504", "--nominal", self.nominal("hu,Gold,1,1")))

    def nominal(self, *lines):
        path = self.folder / "nominal.csv"
        path.write_text("\n".join(("measure,object,nominal,tolerance", *lines)) + "\n", encoding="utf-8")
        return path

    def test_nominal_values_are_the_users(self):
        found = self.analyze(SAMPLE, "--nominal", self.nominal("hu,Teflon,930,20", "noise_hu,center,4,0.3"), "-o", "n.h5")
        rows = {(row["measure"], row["object"]): row for row in found["measures"]}
        self.assertEqual((rows["hu", "Teflon"]["nominal"], rows["hu", "Teflon"]["verdict"]), (930, "fail"))
        self.assertEqual(rows["noise_hu", "center"]["verdict"], "pass")
        # What was exported is a file of nominal values.
        self.must("snitt-export", "n.h5", "-o", "all.csv")
        again = self.analyze(SAMPLE, "--nominal", "all.csv", "-o", "m.h5")
        self.assertEqual([row["nominal"] for row in again["measures"]], [row["nominal"] for row in found["measures"]])

    def test_same_bytes_for_any_number_of_threads(self):
        made = []
        for threads in (1, 2, 7):
            self.analyze(SAMPLE, "--threads", str(threads), "-o", "t.h5")
            made.append((self.folder / "t.h5").read_bytes())
        self.assertEqual(len(set(made)), 1)

    @unittest.skipUnless((REAL / "catphan").is_dir(), "real slices of a CatPhan are not at hand")
    def test_real_catphan(self):
        with tarfile.open(REAL / "catphan" / "slices.tar.xz") as archive:
            archive.extractall(self.folder / "catphan")
        peer = json.loads((REAL / "catphan" / "expected_values.json").read_text(encoding="utf-8"))
        slices = self.folder / "catphan"
        found = self.analyze(slices / "CTP404_FOV150", "--phantom", "catphan-600", "-o", "ctp404.h5")
        # 150 mm of a body of 201 mm: its edge is seen in the corners alone.
        self.assertAlmostEqual(found["summary"]["body_diameter_mm"]["value"], 201.4, delta=0.8)
        self.assertAlmostEqual(found["summary"]["roll_deg"]["value"], 0.13, delta=0.1)
        hu = self.values(found, "hu")
        for name, value in zip(peer["CTn_404"]["headers"], peer["CTn_404"]["values"][0]):
            # Their region is another and of one slice; the inserts' HU fall by up to 0.5 % from rim to center.
            if name not in ("Water", "Air"):
                self.assertAlmostEqual(hu[name], value, delta=max(2, 0.006 * abs(value)), msg=name)
        self.assertAlmostEqual(hu["Air 2"], -1004, delta=6)
        theirs = dict(zip(peer["Dim_404"]["headers"], peer["Dim_404"]["values"][0]))
        for name, value in self.values(found, "distance_mm").items():
            if not name.startswith("diagonal"):
                self.assertAlmostEqual(value, theirs[name.capitalize()], delta=0.2)
        self.assertAlmostEqual(self.values(found, "slice_thickness_mm")["mean"], 4.8, delta=0.1)
        # Theirs is a double Gaussian fitted to a prefiltered edge, which has no tail.
        self.assertAlmostEqual(self.values(found, "ttf_f50_per_mm")["Teflon"], peer["MTF_teflon"]["values"][0][0], delta=0.04)
        self.assertAlmostEqual(self.values(found, "ttf_f10_per_mm")["Teflon"], peer["MTF_teflon"]["values"][0][1], delta=0.08)

        uniform = self.analyze(slices / "CTP486", "--phantom", "catphan-600", "-o", "ctp486.h5")
        self.assertLess(uniform["summary"]["certainty"]["value"], 0.3)
        self.assertTrue(any("cannot be confirmed" in reason for reason in uniform["reasons"]))
        self.assertAlmostEqual(self.values(uniform, "mean_hu")["center"], 12.93, delta=0.5)
        self.assertAlmostEqual(self.values(uniform, "nps_median_per_mm")[""], peer["NPS_486"]["values"][0][0], delta=0.02)
        self.assertIn("name the model", self.refused(slices / "CTP486"))
        # A wire in a cylinder of 60 mm is no CatPhan.
        self.assertIn("body diameter 59.", self.refused(slices / "Wire_FOV50"))

    @unittest.skipUnless((REAL / "ct_phantom_ge").is_dir(), "real slices of other bodies are not at hand")
    def test_other_bodies_are_refused(self):
        for path in (REAL / "ct_phantom_ge" / "slices.tar.xz", REAL / "patient_slices" / "CTImage.dcm",
                     REAL / "patient_slices" / "dcmqi_ct3slice"):
            for model in ("auto", "catphan-504"):
                self.assertIn("no round body was found", self.refused(path, "--phantom", model))


if __name__ == "__main__":
    main()
