"""Exports of a radiology system to tables and counts, against what was put into them."""
import gzip
import json
import re
import subprocess
import zipfile

import h5py
import numpy

from chain import BIN, SOURCE, ChainTest, main, run

ACTIVITY = SOURCE / "sample_data/activity"
EXPORT = ACTIVITY / "ris-export.csv"
MAPPING = ACTIVITY / "ris-mapping.json"


def words(file, name):
    group = file[f"table/{name}"]
    categories = group["categories"].asstr()[:]
    return [None if code < 0 else categories[code] for code in group["codes"][:]]


class Extract(ChainTest):
    def extract(self, source, output, *options):
        return json.loads(self.must("snitt-activity-extract", source, "--mapping", MAPPING, "-o", output, "--json", "-q", *options))

    def test_the_sample_becomes_a_table_that_names_nobody(self):
        found = self.extract(EXPORT, "records.h5")
        rows = EXPORT.read_text(encoding="utf-8").splitlines()[1:]
        self.must("snitt-check", "records.h5")
        with h5py.File(self.folder / "records.h5") as file:
            self.assertEqual(len(file["table/row"]), len(rows))
            self.assertEqual(set(words(file, "status")), {"completed", "cancelled", "no-show", "rejected"})
            self.assertEqual(set(words(file, "sex")), {"female", "male"})
            self.assertLessEqual(numpy.nanmax(file["table/age"][:]), 90)
            self.assertIn("Sal \"A\"; 2. etg", words(file, "device"))
            self.assertEqual(len(set(file["table/fingerprint"][:])), len(set(rows)))
        self.assertEqual([r["never"] for r in found["times"] if r["column"] == "examined"], [1])
        self.assertEqual([r["twice"] for r in found["times"] if r["column"] == "examined"], [1])
        raw = (self.folder / "records.h5").read_bytes()
        text = self.must("snitt-export", "records.h5", "-o", "records.csv") + (self.folder / "records.csv").read_text()
        for row in rows:
            cells = row.split(";")
            for identifier in (cells[0], cells[1], cells[2]):  # key, national number, date of birth
                self.assertNotIn(identifier.encode(), raw)
                self.assertNotIn(identifier, text)

    def test_every_packing_and_encoding_gives_the_same_table(self):
        text = EXPORT.read_text(encoding="utf-8")
        self.extract(EXPORT, "plain.h5")
        with h5py.File(self.folder / "plain.h5") as file:
            expected = words(file, "device"), list(file["table/examined"][:])
        (self.folder / "e.csv.gz").write_bytes(gzip.compress(text.encode()))
        with zipfile.ZipFile(self.folder / "e.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/export.csv", text)
        (self.folder / "latin.csv").write_bytes(text.encode("latin-1"))
        (self.folder / "wide.csv").write_bytes(text.encode("utf-16"))
        (self.folder / "mark.csv").write_bytes(text.encode("utf-8-sig"))
        for name, options in (("e.csv.gz", ()), ("e.zip", ()), ("latin.csv", ("--encoding", "latin-1")), ("wide.csv", ("--encoding", "utf-16")), ("mark.csv", ())):
            self.extract(self.folder / name, name + ".h5", *options)
            with h5py.File(self.folder / (name + ".h5")) as file:
                self.assertEqual((words(file, "device"), list(file["table/examined"][:])), expected, name)
        piped = subprocess.run([BIN / "snitt-activity-extract", "-", "--mapping", MAPPING, "-o", "piped.h5"], cwd=self.folder,
                               input=text.encode(), capture_output=True)
        self.assertEqual(piped.returncode, 0, piped.stderr)
        with h5py.File(self.folder / "piped.h5") as file:
            self.assertEqual((words(file, "device"), list(file["table/examined"][:])), expected)

    def test_a_printed_mapping_is_a_mapping(self):
        (self.folder / "guess.json").write_text(self.must("snitt-activity-extract", EXPORT, "--print-mapping"))
        self.must("snitt-activity-extract", EXPORT, "--mapping", "guess.json", "-o", "guessed.h5")
        self.must("snitt-activity-extract", EXPORT, "-o", "auto.h5", "-q")
        with h5py.File(self.folder / "guessed.h5") as a, h5py.File(self.folder / "auto.h5") as b:
            self.assertEqual(list(a["table"]), list(b["table"]))
            self.assertIn("codes", a["table"])

    def test_faulty_rows_are_named_counted_and_kept_verbatim(self):
        lines = EXPORT.read_text(encoding="utf-8").splitlines()
        lines[10] = lines[10].replace("2024", "2O24", 3)
        lines[20] += ";more"
        lines[30] = lines[30].replace(";", ';"', 1)
        (self.folder / "bad.csv").write_text("\r\n".join(lines), encoding="utf-8")
        done = run("snitt-activity-extract", "bad.csv", "--mapping", MAPPING, "-o", "bad.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 3)
        self.assertIn("bad.csv: line 11: column 'Henvist' is no date of the calendar", done.stderr)
        self.assertNotIn("2O24", done.stderr)
        self.assertFalse((self.folder / "bad.h5").exists())
        found = self.extract("bad.csv", "bad.h5", "--on-error", "skip", "--rejected", "rejected.csv")
        self.assertEqual({(r["first_line"], r["rows"]) for r in found["rejected"]}, {(11, 1), (21, 1), (31, 1)})
        kept = (self.folder / "rejected.csv").read_text(encoding="utf-8").splitlines()
        self.assertEqual([line.split(";", 4)[4] for line in kept], [lines[0], lines[10], lines[20], lines[30]])

    def test_one_key_links_files_and_another_does_not(self):
        (self.folder / "a.key").write_bytes(b"a" * 32)
        (self.folder / "b.key").write_bytes(b"b" * 32)
        patients = []
        for key in ("a.key", "a.key", "b.key"):
            self.extract(EXPORT, "keyed.h5", "--key", key, "--overwrite")
            with h5py.File(self.folder / "keyed.h5") as file:
                patients.append(words(file, "patient"))
                self.assertNotIn(b"a" * 32, file["provenance"][()])
        self.assertEqual(patients[0], patients[1])
        self.assertFalse(set(patients[0]) & set(patients[2]))
        self.assertTrue(all(re.fullmatch("[0-9a-f]{32}", p) for p in patients[0]))


main()
