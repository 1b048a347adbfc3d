"""Dose from files of all kinds as a user meets them: totals, archives, damage, names that must not come out, threads."""
import json
import os
import pathlib
import random
import shutil
import struct
import tarfile
import unittest
import zipfile

import h5py
import numpy

from chain import SOURCE, ChainTest, main, run

SAMPLES = SOURCE / "sample_data" / "dose-reports"
REAL = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE / ".." / "shared" / "data")) / "dose" / "sr"


def columns(path):
    """A table as lists by column name."""
    with h5py.File(path) as f:
        group = f["table"]
        table = {}
        for name in group.attrs["column-order"]:
            name = name.decode() if isinstance(name, bytes) else name
            values = group[name][:]
            table[name] = [v.decode() for v in values] if values.dtype.kind in "SO" else values.tolist()
        return table


def explicit(tag, vr, value):
    """One element in explicit little endian."""
    raw = value.encode() if isinstance(value, str) else value
    raw += b"\0" if vr == "UI" and len(raw) % 2 else b" " if len(raw) % 2 else b""
    head = struct.pack("<HH", tag >> 16, tag & 0xffff) + vr.encode()
    long = vr in ("SQ", "UT", "OB", "UN")
    return head + (struct.pack("<HI", 0, len(raw)) if long else struct.pack("<H", len(raw))) + raw


def sequence(tag, *items):
    return explicit(tag, "SQ", b"".join(struct.pack("<HHI", 0xfffe, 0xe000, len(i)) + i for i in items))


def code(tag, value, meaning):
    return sequence(tag, explicit(0x00080100, "SH", value) + explicit(0x00080102, "SH", "DCM") + explicit(0x00080104, "LO", meaning))


def content(kind, concept, meaning, value):
    return explicit(0x0040a040, "CS", kind) + code(0x0040a043, concept, meaning) + value


def planted_report(words):
    """A dose report in which every text field holds all of `words`."""
    text = " ".join(words.values())
    head = b"".join([
        explicit(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.88.67"), explicit(0x00080018, "UI", "1.2.3.99"),
        explicit(0x00080020, "DA", "20240229"), explicit(0x00080050, "SH", words["accession"]),
        explicit(0x00080060, "CS", "SR"), explicit(0x00080070, "LO", text), explicit(0x00080080, "LO", text),
        explicit(0x00080081, "ST", words["address"]), explicit(0x00080090, "PN", words["name"]),
        explicit(0x00081010, "SH", text), explicit(0x00081030, "LO", text), explicit(0x0008103e, "LO", text),
        explicit(0x00081090, "LO", text), explicit(0x00100010, "PN", words["name"]),
        explicit(0x00100020, "LO", words["number"]), explicit(0x00100030, "DA", words["birth"]),
        explicit(0x00101040, "LO", words["address"]), explicit(0x00104000, "LT", text),
        explicit(0x00181000, "LO", text), explicit(0x00181030, "LO", text),
        explicit(0x0020000d, "UI", "1.2.3.77"), explicit(0x00200010, "SH", words["accession"])])
    event = sequence(0x0040a730,
                     content("TEXT", "125203", text, explicit(0x0040a160, "UT", text)),
                     content("TEXT", "121106", text, explicit(0x0040a160, "UT", text)),
                     content("CODE", "123014", text, code(0x0040a168, "T-1", text)),
                     content("CODE", "113820", text, code(0x0040a168, text, text)),
                     content("NUM", "113824", text, sequence(0x0040a300, explicit(0x0040a30a, "DS", text))),
                     content("UIDREF", "113769", text, explicit(0x0040a124, "UI", "1.2.3.55")),
                     content("CONTAINER", "113829", text, sequence(
                         0x0040a730, content("NUM", "113838", "DLP", sequence(0x0040a300, explicit(
                             0x0040a30a, "DS", "100") + code(0x004008ea, text, text))))))
    body = head + explicit(0x0040a040, "CS", "CONTAINER") + code(0x0040a043, "113701", text)
    tree = sequence(0x0040a730, content("CODE", "121058", text, code(0x0040a168, "P5-08000", text)),
                    content("PNAME", "121008", text, explicit(0x0040a123, "PN", words["name"])),
                    content("DATETIME", "113809", text, explicit(0x0040a120, "DT", text)),
                    content("CONTAINER", "113819", text, event))
    meta = explicit(0x00020010, "UI", "1.2.840.10008.1.2.1")
    return bytes(128) + b"DICM" + explicit(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + body + tree


class Dose(ChainTest):
    def dose(self, *words, status=0, **more):
        done = run("snitt-dose", *words, "--json", "--overwrite", cwd=self.folder, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def test_samples_give_their_studies(self):
        found = self.dose(SAMPLES, "--csv-mapping", SAMPLES / "other-system.json", "--k-factors", SAMPLES / "k-factors.csv",
                          "-o", "e.h5", "--studies", "s.h5", "--files", "f.h5", "--anomalies", "a.h5")
        self.assertEqual((found["studies"], found["events"]), (6, 11))
        studies = columns(self.folder / "s.h5")
        self.assertEqual([round(x, 6) for x in studies["dlp_mgy_cm"] if x == x], [420.75, 803.1, 219.4, 790.0, 251.3])
        self.assertEqual(sorted(set(studies["totals"])), ["agree", "not stated"])
        doses = dict(zip(studies["study_description"], studies["effective_dose_msv"]))
        self.assertAlmostEqual(doses["CT Thorax"], 0.014 * 215.4)
        self.assertAlmostEqual(doses["CT Caput"], 0.0021 * 790)
        files = columns(self.folder / "f.h5")
        self.assertEqual(len(files["file"]), found["files"])
        for used, reason in zip(files["used"], files["reason"]):
            self.assertEqual(bool(used), reason == "")
        self.must("snitt-check", "e.h5", "s.h5", "f.h5", "a.h5")

    def test_protocols_are_mapped_and_the_others_listed(self):
        self.dose(SAMPLES, "-o", "me.h5", "--studies", "ms.h5")
        found = json.loads(self.must("snitt-map-protocols", "ms.h5", SAMPLES / "protocols.csv", "-o", "m.h5", "--unmapped",
                                     "u.h5", "--json"))
        self.assertEqual((found["rows"], found["mapped"]), (4, 4))
        exams = columns(self.folder / "m.h5")["exam"]
        self.assertEqual(sorted(exams), ["CT abdomen", "CT abdomen", "CT head", "mammography"])
        (self.folder / "few.csv").write_text("pattern,exam\n*head*,CT head\n")
        found = json.loads(self.must("snitt-map-protocols", "me.h5", "few.csv", "-o", "m2.h5", "--unmapped", "u2.h5", "--json"))
        self.assertEqual((found["rows"], found["mapped"]), (3, 1))  # typical events; localizers are not missed
        self.assertEqual(columns(self.folder / "u2.h5")["rows"], [1, 1])

    def test_archives_and_lists_give_what_the_folder_gives(self):
        plain = self.dose(SAMPLES, "-o", "plain.h5")
        names = sorted(p for p in SAMPLES.iterdir())
        with zipfile.ZipFile(self.folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in names:
                archive.write(path, f"in/{path.name}")
        with tarfile.open(self.folder / "a.tar.gz", "w:gz") as archive:
            for path in names:
                archive.add(path, f"in/{path.name}")
        (self.folder / "list.txt").write_text("# a list\n" + "".join(f"{p}\n" for p in names))
        for what in (["a.zip"], ["a.tar.gz"], [names[0], "--list", "list.txt"]):
            found = self.dose(*what, "-o", "other.h5")
            self.assertEqual(found["events"], plain["events"], what)
            a, b = columns(self.folder / "plain.h5"), columns(self.folder / "other.h5")
            for name in ("study", "dlp_mgy_cm", "role", "protocol"):
                numpy.testing.assert_array_equal(a[name], b[name])
        whole = (self.folder / "a.zip").read_bytes()
        (self.folder / "cut.zip").write_bytes(whole[:len(whole) // 2])
        (self.folder / "nested").mkdir()
        with zipfile.ZipFile(self.folder / "nested" / "outer.zip", "w") as archive:
            archive.write(self.folder / "a.zip", "inner.zip")
        for what in ("cut.zip", "nested"):
            done = run("snitt-dose", what, "-o", "broken.h5", "--overwrite", cwd=self.folder)
            self.assertIn(done.returncode, (1, 3), done.stderr)

    def test_threads_change_nothing(self):
        for threads in (1, 2, 7):
            self.dose(SAMPLES, "-t", threads, "-o", f"t{threads}.h5", "--studies", f"ts{threads}.h5", "--files", f"tf{threads}.h5")
        for kind in ("t", "ts", "tf"):
            one = (self.folder / f"{kind}1.h5").read_bytes()
            for threads in (2, 7):
                self.assertTrue(one == (self.folder / f"{kind}{threads}.h5").read_bytes(), f"{kind} with {threads} threads")

    def test_what_identifies_people_comes_out_nowhere(self):
        words = {"name": "Plantesen^Ragnhildur", "number": "13047512399", "birth": "19750413",
                 "address": "Fjordgløttveien 17", "accession": "ACCQX8812"}
        folder = self.folder / "planted"
        folder.mkdir()
        (folder / "r.dcm").write_bytes(planted_report(words))
        (folder / "broken.dcm").write_bytes(planted_report(words)[:1500])
        (folder / "Plantesen.txt").write_text("Plantesen Ragnhildur")
        (folder / "no-dose.dcm").write_bytes(planted_report(words).replace(b"113701", b"999999"))
        (self.folder / "key").write_bytes(bytes(range(32)))
        outputs = ["-o", "pe.h5", "--studies", "ps.h5", "--anomalies", "pa.h5", "--files", "pf.h5"]
        needles = ["plantesen", "ragnhildur", "13047512399", "19750413", "fjordgl", "accqx8812"]
        for more in ([], ["--key", "key"], ["--key", "key", "--dates", "shift"], ["--scanner-names", "keep"]):
            done = run("snitt-dose", "planted", *outputs, *more, "--overwrite", "-v", cwd=self.folder)
            self.assertEqual(done.returncode, 1, done.stderr)  # one is cut off
            seen = [done.stdout + done.stderr]
            for name in outputs[1::2]:
                self.must("snitt-export", name, "-o", "x.csv", "--overwrite")
                seen += [(self.folder / "x.csv").read_text(), (self.folder / name).read_bytes().decode("latin-1"),
                         self.must("snitt-info", "--history", name)]
            for needle in needles:
                for text in seen:
                    self.assertNotIn(needle, text.lower(), more)
        events = columns(self.folder / "pe.h5")
        self.assertEqual(events["event"], ["event-1"])
        self.assertGreaterEqual(len(columns(self.folder / "pa.h5")["value"]), 4)

    def test_pseudonyms_depend_on_the_key_and_the_key_stays_secret(self):
        (self.folder / "k1").write_bytes(b"0123456789abcdef")
        (self.folder / "k2").write_bytes(b"0123456789abcdeg")
        (self.folder / "short").write_bytes(b"0123")
        names = []
        for key in ("k1", "k1", "k2"):
            self.dose(SAMPLES, "--key", key, "-o", "k.h5")
            names.append(columns(self.folder / "k.h5")["patient"])
        self.assertEqual(names[0], names[1])
        self.assertNotEqual(names[0], names[2])
        import hashlib
        for key in ("k1", "k2"):
            digest = hashlib.sha256((self.folder / key).read_bytes()).hexdigest()
            self.assertNotIn(digest, self.must("snitt-info", "--history", "k.h5") + (self.folder / "k.h5").read_bytes().decode("latin-1"))
        self.assertIn("expected a key of 16 or more", self.dose(SAMPLES, "--key", "short", "-o", "k.h5", status=3))
        self.assertIn("without --key", self.dose(SAMPLES, "--dates", "shift", "-o", "k.h5", status=2))

    def test_a_folder_of_nothing_is_refused_by_name(self):
        (self.folder / "empty" / "deep").mkdir(parents=True)
        self.assertIn("empty: holds no files", self.dose("empty", "-o", "none.h5", status=3))
        (self.folder / "letters").mkdir()
        for i in range(7):
            (self.folder / "letters" / f"letter{i}.txt").write_text("dear")
        message = self.dose("letters", "--file-names", "keep", "-o", "none.h5", status=3)
        self.assertIn("letter0.txt does not start as DICOM", message)
        self.assertIn("and 2 more", message)
        self.assertFalse((self.folder / "none.h5").exists())
        # who asks for the fates of the files gets them
        found = self.dose("letters", "-o", "none.h5", "--files", "nof.h5")
        self.assertEqual((found["files"], found["events"]), (7, 0))
        self.must("snitt-check", "none.h5", "nof.h5")

    def test_ten_thousand_mixed_files_are_all_accounted_for(self):
        random.seed(5)
        folder = self.folder / "many"
        originals = [p.read_bytes() for p in sorted(SAMPLES.glob("*.dcm"))]
        for number in range(10000):
            sub = folder / f"{number // 500:02d}"
            sub.mkdir(parents=True, exist_ok=True)
            data = bytearray(originals[number % len(originals)])
            kind = number % 7
            if kind == 1:
                data = data[:random.randrange(len(data))]
            elif kind == 2:
                for _ in range(3):
                    data[random.randrange(len(data))] = random.randrange(256)
            elif kind == 3:
                data = bytearray(b"text %d\n" % number)
            elif kind == 4:
                data = data[132:]
            (sub / f"{number:05d}").write_bytes(data)
        found = self.dose("many", "-o", "many.h5", "--files", "manyf.h5", status=1)
        self.assertEqual(found["files"], 10000)
        files = columns(self.folder / "manyf.h5")
        self.assertEqual(len(files["file"]), 10000)
        for used, reason in zip(files["used"], files["reason"]):
            self.assertEqual(bool(used), reason == "")
        shutil.rmtree(folder)

    @unittest.skipUnless(REAL.is_dir(), "no dose/sr below SNITT_SHARED_DATA: real reports are not looked at")
    def test_real_reports_add_up(self):
        found = self.dose(REAL, "-o", "r.h5", "--studies", "rs.h5", "--files", "rf.h5")
        self.assertEqual((found["studies"], found["events"], found["files_used"]), (5, 18, 7))
        studies = columns(self.folder / "rs.h5")
        numpy.testing.assert_allclose(studies["dlp_mgy_cm"], [415.82, 541.1, 236.09, 724.52, 1102.44609], atol=5e-6)
        self.assertEqual(set(studies["totals"]), {"agree"})
        message = self.dose(REAL / "ESR_non-dose.dcm", "-o", "no.h5", status=3)
        self.assertIn("is a structured report of 18748-4 (LN); expected an X-Ray Radiation Dose Report", message)

    @unittest.skipUnless(REAL.is_dir(), "no dose/sr below SNITT_SHARED_DATA: real reports are not looked at")
    def test_real_reports_cut_at_two_hundred_places_never_crash(self):
        folder = self.folder / "cut"
        folder.mkdir()
        count = 0
        for path in sorted(REAL.glob("*.dcm")):
            data = path.read_bytes()
            for step in range(200):
                (folder / f"{path.stem}-{step:03d}").write_bytes(data[:len(data) * step // 200])
                count += 1
        self.dose("cut", "-o", "c.h5", "--files", "cf.h5", status=1)
        self.assertEqual(len(columns(self.folder / "cf.h5")["file"]), count)


if __name__ == "__main__":
    main()
