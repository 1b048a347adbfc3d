"""Landmarks as a user meets them: import, register, look at the result, export, and what is refused."""
import json

import h5py
import numpy

from chain import SOURCE, ChainTest, main, run

LANDMARKS = SOURCE / "sample_data" / "landmarks"
PAIR = (LANDMARKS / "mr.fcsv", LANDMARKS / "tracker.csv", "--moving-coordinates", "as-they-are")


class Landmarks(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.must("snitt-import", LANDMARKS / "mr.fcsv", "-o", "mr.h5")
        cls.must("snitt-import", LANDMARKS / "tracker.csv", "--coordinates", "as-they-are", "--frame", "Tracker", "-o",
                 "tracker.h5")

    def refused(self, words, status, *command):
        done = run(*command, "-o", "none.h5", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertFalse((self.folder / "none.h5").exists())

    def matrix(self, name):
        with h5py.File(self.folder / name) as f:
            p = f["parameters"][:]
        return numpy.vstack([numpy.hstack([p[:9].reshape(3, 3), p[9:, None]]), [0, 0, 0, 1]])

    def test_points_open_in_one_line(self):
        points = h5py.File(self.folder / "mr.h5")["points"][:]
        numpy.testing.assert_array_equal(points[1], [72, 8, -14])  # RAS in the file, LPS here
        with h5py.File(self.folder / "mr.h5") as f:
            self.assertEqual(f["labels"].asstr()[1], "left tragus")
            self.assertEqual(f.attrs["frame"].decode(), "LPS")
        self.must("snitt-check", "mr.h5", "tracker.h5")
        self.assertIn("point nasion", self.must("snitt-info", "mr.h5"))

    def test_every_export_comes_back_the_same(self):
        for name in ("mr.out.fcsv", "mr.mrk.json", "mr.csv"):
            self.must("snitt-export", "mr.h5", "-o", name)
            self.must("snitt-import", name, "-o", "back.h5", "--overwrite")
            self.must("snitt-compare", "mr.h5", "back.h5")
        self.must("snitt-export", "mr.h5", "-o", "mr.pts")
        self.must("snitt-import", "mr.pts", "-o", "back.h5", "--overwrite")
        self.must("snitt-compare", "--data-only", "mr.h5", "back.h5")

    def test_a_table_stays_a_table_until_told_otherwise(self):
        self.must("snitt-import", LANDMARKS / "tracker.csv", "-o", "table.h5")
        with h5py.File(self.folder / "table.h5") as f:
            self.assertEqual(f.attrs["layout"].decode(), "table")

    def test_the_map_leads_from_fixed_to_moving_and_names_both(self):
        found = json.loads(self.must("snitt-register-landmarks", *PAIR, "--fixed-frame", "Mr", "--moving-frame", "Tracker",
                                     "--targets", LANDMARKS / "targets.csv", "--target-table", "targets.h5",
                                     "-o", "map.h5", "--json"))
        self.assertEqual((found["from"], found["to"]), ("Mr", "Tracker"))
        self.assertEqual(found["verdict"], "good")
        expected = {"translation_x_mm": 250, "translation_y_mm": -40, "translation_z_mm": -1200,
                    "rotation_x_deg": 35 / 3, "rotation_y_deg": 70 / 3, "rotation_z_deg": -70 / 3,
                    "fle_rms_mm": 0.6 * 3 ** 0.5}  # README of the sample
        for name, value in expected.items():
            quantity = found["summary"][name]
            self.assertLess(quantity["low"], value, name)
            self.assertGreater(quantity["high"], value, name)
        self.assertEqual([t["label"] for t in found["targets"]], ["tumour", "left ventricle"])
        overview = self.must("snitt-info", "map.h5")
        for words in ("Mr to Tracker", "landmarks, rigid, good", "table residuals", "table targets"):
            self.assertIn(words, overview)
        self.must("snitt-calibration-report", "map.h5", "-o", "report.html")
        self.assertIn("leave_one_out_mm", (self.folder / "report.html").read_text())
        self.must("snitt-check", "map.h5", "targets.h5")

    def test_a_spline_bends_through_the_landmarks_and_says_so(self):
        found = json.loads(self.must("snitt-register-landmarks", *PAIR, "--model", "thin-plate", "--smoothing-mm", "0",
                                     "--targets", LANDMARKS / "targets.csv", "-o", "bent.h5", "--json"))
        self.assertLess(found["summary"]["fre_rms_mm"]["value"], 1e-9)
        self.assertGreater(found["summary"]["bending_max_mm"]["value"], 0.1)  # pointing errors of 0.6 mm an axis
        self.assertNotIn("matrix", found)
        with h5py.File(self.folder / "bent.h5") as f:
            self.assertIn(b"ThinPlateSpline", f["TransformGroup/0/TransformType"][0])
        self.must("snitt-check", "bent.h5")
        self.must("snitt-calibration-report", "bent.h5", "-o", "bent.html")
        self.refused("--smoothing-mm belongs to --model thin-plate", 2, "snitt-register-landmarks", *PAIR,
                     "--smoothing-mm", "3")

    def test_swapping_the_sets_gives_the_inverse(self):
        self.must("snitt-register-landmarks", "mr.h5", "tracker.h5", "-o", "there.h5")
        self.must("snitt-register-landmarks", "tracker.h5", "mr.h5", "-o", "back_again.h5")
        with h5py.File(self.folder / "there.h5") as f:
            self.assertEqual((f.attrs["from"].decode(), f.attrs["to"].decode()), ("Fixed", "Tracker"))
        # a rigid fit has no preferred side; 1200 mm in doubles carry 1e-12
        numpy.testing.assert_allclose(self.matrix("there.h5") @ self.matrix("back_again.h5"), numpy.eye(4), atol=1e-9)

    def test_a_set_to_itself_is_the_identity(self):
        for model in ("rigid", "similarity", "affine"):
            self.must("snitt-register-landmarks", "mr.h5", LANDMARKS / "mr.fcsv", "--model", model, "-o", "self.h5",
                      "--overwrite")
            numpy.testing.assert_allclose(self.matrix("self.h5"), numpy.eye(4), atol=1e-10)

    def test_what_nobody_said_is_asked_for(self):
        tool = "snitt-register-landmarks"
        self.refused("does not say whether its coordinates are LPS or RAS", 3, tool, PAIR[0], PAIR[1])
        self.refused("--fixed-frame and --moving-frame", 2, tool, "tracker.h5", "tracker.h5")
        self.refused("says itself what its points are", 2, tool, "mr.h5", "tracker.h5", "--fixed-coordinates", "RAS")
        self.refused("there is a moving", 3, tool, "mr.h5", "tracker.h5", "--match", "order")
        self.refused("--target-table is given without --targets", 2, tool, "mr.h5", "tracker.h5", "--target-table", "t.h5")
        self.refused("says that its coordinates are RAS", 3, "snitt-import", LANDMARKS / "mr.fcsv", "--coordinates", "LPS")
        self.refused("holds no points", 2, "snitt-import", SOURCE / "LICENSE", "--coordinates", "LPS")
        (self.folder / "two.fcsv").write_text("".join((LANDMARKS / "mr.fcsv").read_text().splitlines(True)[:5]))
        self.refused("2 labels are in both sets", 3, tool, "two.fcsv", "tracker.h5")
        mirrored = (LANDMARKS / "mr.fcsv").read_text().replace("RAS", "LPS").splitlines()
        rows = [line.split(",") for line in mirrored[3:]]
        text = "\n".join(mirrored[:3] + [",".join([r[0], r[1].lstrip("-") if r[1][0] == "-" else "-" + r[1], *r[2:]])
                                         for r in rows]) + "\n"
        (self.folder / "left.fcsv").write_text(text.replace("LPS", "RAS"))
        self.refused("mirror images", 5, tool, "left.fcsv", "tracker.h5")


main()
