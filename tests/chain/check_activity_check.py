"""The check of records finds what the simulation planted, as often as it planted it."""
import json
import unittest

from chain import SOURCE, ChainTest, main, run

ACTIVITY = SOURCE / "sample_data" / "activity"


class Check(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        out = cls.must("snitt-phantom-records", ACTIVITY / "population.csv", "--rows", "40000", "--format", "csv", "--json", "-q",
                       "-o", "ris.csv")
        cls.truth = {name: q["value"] for name, q in json.loads(out)["summary"].items()}
        cls.must("snitt-activity-extract", "ris.csv", "-q", "-o", "records.h5")
        cls.findings = json.loads(cls.must("snitt-activity-check", "records.h5", "--json", "-q", "-o", "findings.h5"))["findings"]

    def rows(self, check, column=None):
        return sum(f["rows"] for f in self.findings if f["check"] == check and column in (None, f["column"]))

    def test_counts_what_was_planted(self):
        copies = self.truth["duplicates"]
        self.assertEqual(self.rows("duplicate"), copies)
        for column, planted in (("requested to examined", "negative_wait"), ("exam_end to reported", "negative_report")):
            found = self.rows("negative interval", column)
            self.assertGreaterEqual(found, self.truth[planted])
            # A copy of such a row is one more; of 213 copies a handful at most are of the 62 among 40 000.
            self.assertLessEqual(found, self.truth[planted] + 5)
        self.assertGreater(self.truth["negative_wait"] + self.truth["duplicates"], 0)

    def test_names_nobody(self):
        text = json.dumps(self.findings)
        with open(self.folder / "ris.csv") as f:
            names = f.readline().strip().split(",")
            people = {line.split(",")[names.index("patient")] for line in f if len(line.split(",")) == len(names)}
        self.assertTrue(people)
        self.assertFalse([p for p in people if len(p) > 5 and p in text])

    def test_days_after_the_data_were_taken_are_told(self):
        out = self.must("snitt-activity-check", "records.h5", "--as-of", "2022-06-30", "--json", "-q", "-o", "early.h5")
        future = [f for f in json.loads(out)["findings"] if f["check"] == "future time"]
        self.assertTrue(future)
        self.assertTrue(all(f["gravity"] == "error" for f in future))

    def test_findings_can_fail_a_batch(self):
        done = run("snitt-activity-check", "records.h5", "--fail-on", "error", "-q", "-o", "failed.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertTrue((self.folder / "failed.h5").exists(), "the findings are written all the same")


if __name__ == "__main__":
    main()
