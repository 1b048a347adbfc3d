"""Disclosure control as an analyst meets it: a table, its totals, what is left to work out, and tables that are wrong."""
import json
import unittest

import h5py
import numpy

from chain import SOURCE, ChainTest, main, run

SAMPLE = SOURCE / "sample_data" / "activity" / "small-counts.csv"


class Suppress(ChainTest):
    def suppress(self, *args, expected=0):
        done = run("snitt-activity-suppress", *args, "-o", "shown.h5", "--overwrite", "--json", "-q", cwd=self.folder)
        self.assertEqual(done.returncode, expected, done.stderr)
        return json.loads(done.stdout) if expected == 0 else done.stderr

    def test_sums_of_what_is_shown_give_nothing_away(self):
        self.suppress(str(SAMPLE), "--by", "area,modality")
        with h5py.File(self.folder / "shown.h5") as f:
            rows = {name: f["table"][name][:] for name in ("area", "modality", "count", "suppressed", "rate_per_1000")}
        hidden = rows["suppressed"] == b"not shown"
        self.assertTrue(numpy.isnan(rows["count"][hidden]).all())
        self.assertTrue(numpy.isnan(rows["rate_per_1000"][hidden]).all())
        self.assertTrue((rows["count"][~hidden] >= 5).all())
        for name in ("area", "modality"):  # no line of the table has exactly one gap
            for value in set(rows[name]):
                self.assertNotEqual(int(hidden[rows[name] == value].sum()), 1, value)

    def test_does_not_tell_small_cells_from_the_others(self):
        result = self.suppress(str(SAMPLE), "--by", "area,modality")
        text = json.dumps(result)
        self.assertNotIn("small", text)
        self.assertNotIn("protect", text)
        self.assertGreaterEqual(result["summary"]["narrowest_range"]["value"], 5)

    def test_names_what_is_wrong_with_a_table(self):
        bad = self.folder / "bad.csv"
        bad.write_text("area,modality,count\nA,CT,3\nA,CT,4\n")
        self.assertIn("there twice", self.suppress(str(bad), expected=3))
        bad.write_text("area,modality,count\nA,CT,-3\nA,MR,4\n")
        self.assertIn("row 1", self.suppress(str(bad), expected=3))
        bad.write_text("area,modality,count\nA,CT,3\ntotal,CT,4\n")
        self.assertIn("without totals", self.suppress(str(bad), expected=3))

    def test_a_hierarchy_must_know_every_value(self):
        groups = self.folder / "groups.csv"
        groups.write_text("area,region\nOslo,east\n")
        message = self.suppress(str(SAMPLE), "--by", "area,modality", "--hierarchy", f"area={groups}", expected=3)
        self.assertIn("Akershus", message)


if __name__ == "__main__":
    main()
