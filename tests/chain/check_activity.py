"""Exports of a radiology system to tables and counts, against what was put into them."""
import gzip
import json
import os
import pathlib
import re
import subprocess
import zipfile

import h5py
import numpy

from chain import BIN, SOURCE, ChainTest, main, run

ACTIVITY = SOURCE / "sample_data/activity"
EXPORT = ACTIVITY / "ris-export.csv"
MAPPING = ACTIVITY / "ris-mapping.json"


def shared():
    return pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE / "../shared/data"))


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
        for line, row in zip(kept, [lines[0], lines[10], lines[20], lines[30]], strict=True):
            self.assertTrue(line.endswith(";" + row), line)

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


    def test_what_a_guess_leaves_out_is_told(self):
        (self.folder / "odd.csv").write_text("examid;kjonn;hva\n1;M;x\n2;K;y\n")
        done = run("snitt-activity-extract", "odd.csv", "-o", "odd.h5", "--json", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("columns not taken, for their names are not known: hva", done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(found["verdict"], "doubtful")
        self.assertIn("time of the examination", " ".join(found["reasons"]))

    def test_an_export_without_rows_is_doubtful_and_a_picture_is_none(self):
        (self.folder / "empty.csv").write_text("examid;examined\n")
        found = json.loads(self.must("snitt-activity-extract", "empty.csv", "-o", "empty.h5", "--json", "-q"))
        self.assertEqual(found["verdict"], "doubtful")
        self.assertIn("no rows", " ".join(found["reasons"]))
        (self.folder / "p.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))
        done = run("snitt-activity-extract", "p.csv", "-o", "p.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 3)
        self.assertIn("is a picture, no text", done.stderr)

    def test_foreign_inputs_are_told_what_makes_a_table(self):
        (self.folder / "void").write_bytes(b"")
        (self.folder / "p.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
        (self.folder / "sub").mkdir()
        for tool, rest, maker in (("snitt-activity-check", (), "snitt-activity-extract"), ("snitt-activity-count", (), "snitt-activity-extract"),
                                  ("snitt-map-protocols", (SOURCE / "sample_data/dose-reports/protocols.csv",), "snitt-dose")):
            for path, what in ((EXPORT, "is text"), ("void", "is empty"), ("p.png", "is a picture"), ("sub", "is a folder")):
                done = run(tool, path, *rest, "-o", "no.h5", cwd=self.folder)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn(what, done.stderr)
                self.assertIn(maker, done.stderr)

    def test_counts_are_no_examinations_to_check(self):
        self.must("snitt-activity-count", ACTIVITY / "ris-records.h5", "--by", "sex,provider", "-o", "counts.h5", "-q")
        done = run("snitt-activity-check", "counts.h5", "-o", "no.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 3)
        self.assertIn("is no table of examinations: expected one of the columns exam, codes", done.stderr)


class Count(ChainTest):
    def test_nothing_counted_is_doubtful(self):
        found = json.loads(self.must("snitt-activity-count", ACTIVITY / "ris-records.h5", "--to", "1990-01-01", "-o", "none.h5", "--json", "-q"))
        self.assertEqual(found["verdict"], "doubtful")
        self.assertIn("nothing was counted", " ".join(found["reasons"]))

    def count(self, output, *options, records=ACTIVITY / "ris-records.h5"):
        return json.loads(self.must("snitt-activity-count", *([records] if not isinstance(records, list) else records), "-o", output, "--json", "-q", *options))

    def test_the_books_balance_and_are_those_of_the_export(self):
        found = self.count("counts.h5", "--by", "modality,care_level", "--by", "provider", "--unit", "exam", "--code-list",
                           ACTIVITY / "code-lists/ncrp-2023.csv", "--uncounted", "uncounted.h5")
        self.must("snitt-check", "counts.h5", "uncounted.h5")
        rows = [line.split(";") for line in EXPORT.read_text(encoding="utf-8").replace('"Sal ""A""; 2. etg"', "Sal").splitlines()[1:]]
        kept, seen, why = [], set(), {}
        for row in rows:
            reason = {"Avlyst": "cancelled", "Ikke møtt": "no-show", "Avvist": "rejected"}.get(row[9])
            if reason is None and tuple(row) in seen:
                reason = "duplicate"
            seen.add(tuple(row))
            if reason is None and "ZTX0BC" in row[10]:
                reason = "secondary reading"
            if reason is None:
                kept.append(row)
            else:
                why[reason] = why.get(reason, 0) + 1
        steps = {r["step"]: r["rows"] for r in found["reconciliation"]}
        self.assertEqual({k: -v for k, v in steps.items() if v < 0}, why)
        self.assertEqual((steps["rows in"], steps["rows counted"]), (len(rows), len(kept)))
        by_provider = {r["provider"]: r["count"] for r in found["counts"]["provider"]}
        self.assertEqual(by_provider, {p: sum(1 for r in kept if r[6] == p) for p in {r[6] for r in kept}})
        self.assertEqual(sum(r["count"] for r in found["counts"]["modality,care_level"]), len(kept))
        with h5py.File(self.folder / "uncounted.h5") as file:
            self.assertEqual(len(file["table/row"]), len(rows) - len(kept))
        self.assertIn("ncrp-2023.csv", json.dumps(found["basis"]))

    def test_shards_add_up_to_the_same_bytes_of_counts(self):
        options = ("--by", "modality,sex", "--by", "month", "--persons")
        whole = self.count("whole.h5", *options)
        for k in (1, 2, 3):
            self.count(f"{k}.h5", *options, "--shard", f"{k}/3")
        merged = self.count("merged.h5", "--merge", records=["1.h5", "2.h5", "3.h5"])
        self.assertEqual(merged["counts"], whole["counts"])
        missing = run("snitt-activity-count", "--merge", "1.h5", "2.h5", "-o", "x.h5", cwd=self.folder)
        self.assertEqual(missing.returncode, 3)
        self.assertIn("shard 3/3 is missing", missing.stderr)

    def test_the_difference_between_the_plans_tables_is_named(self):
        tables = shared() / "activity/reference_tables"
        if not tables.is_dir():
            self.skipTest(f"{tables} is not there")
        names = ("table1_volume_by_modality_2024.csv", "table2_inpatient_outpatient_by_trust_2024.csv", "table3_private_by_area_modality_2024.csv")
        found = self.count("difference.h5", "--compare", "--value-column", "antall_count", "--value-column",
                           "innlagt_inpatient+poliklinikk_outpatient", "--value-column", "MR+CT+RTG+UL", "--where", "er_total_is_total=0",
                           "--where", "gruppe_no=Radiologi", records=[tables / n for n in names])
        self.assertEqual([r["count"] for r in found["counts"]["difference"]], [2320342, 1690207, 611058, 19077])


main()
