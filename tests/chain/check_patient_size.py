"""Patient size from CT series as a user meets them: sample, archive, volume, damage, and real slices where they are at hand."""
import csv
import json
import math
import os
import pathlib
import shutil
import struct
import tarfile
import unittest

import h5py
import numpy

from chain import SOURCE, ChainTest, main, run

SAMPLE = SOURCE / "sample_data" / "patient-size"
REAL = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE / ".." / "shared" / "data")) / "dose"


def columns(path):
    """A table as lists by column name."""
    with h5py.File(path) as f:
        return {name: [v.decode() for v in data] if data.dtype.kind in "SO" else data.tolist()
                for name, data in ((name, f["table"][name][:]) for name in f["table"])}


def explicit(tag, vr, value):
    """One element in explicit little endian."""
    raw = value.encode() if isinstance(value, str) else value
    raw += b"\0" if vr == "UI" and len(raw) % 2 else b" " if len(raw) % 2 else b""
    head = struct.pack("<HH", tag >> 16, tag & 0xffff) + vr.encode()
    return head + (struct.pack("<HI", 0, len(raw)) if vr in ("SQ", "OW") else struct.pack("<H", len(raw))) + raw


def ct_slice(number, z, hu, spacing, current, ctdi=None, phantom=None):
    """A CT image of HU values [row, column] as the bytes of a DICOM file."""
    body = [explicit(0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"), explicit(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2"),
            explicit(0x00080018, "UI", f"2.25.20261122.{number}"), explicit(0x00080060, "CS", "CT"),
            explicit(0x00180050, "DS", "10"), explicit(0x00181151, "IS", str(current))]
    if ctdi is not None:
        body.append(explicit(0x00189345, "FD", struct.pack("<d", ctdi)))
    if phantom is not None:
        item = (explicit(0x00080100, "SH", phantom) + explicit(0x00080102, "SH", "DCM") +
                explicit(0x00080104, "LO", "IEC Body Dosimetry Phantom"))
        body.append(explicit(0x00189346, "SQ", struct.pack("<HHI", 0xfffe, 0xe000, len(item)) + item))
    rows, width = hu.shape
    body += [explicit(0x0020000d, "UI", "2.25.20261122.1000"), explicit(0x0020000e, "UI", "2.25.20261122.1001"),
             explicit(0x00200013, "IS", str(number)),
             explicit(0x00200032, "DS", f"{-(width - 1) / 2 * spacing}\\{-(rows - 1) / 2 * spacing}\\{z}"),
             explicit(0x00200037, "DS", "1\\0\\0\\0\\1\\0"), explicit(0x00280002, "US", struct.pack("<H", 1)),
             explicit(0x00280004, "CS", "MONOCHROME2"), explicit(0x00280010, "US", struct.pack("<H", rows)),
             explicit(0x00280011, "US", struct.pack("<H", width)), explicit(0x00280030, "DS", f"{spacing}\\{spacing}"),
             explicit(0x00280100, "US", struct.pack("<H", 16)), explicit(0x00280101, "US", struct.pack("<H", 16)),
             explicit(0x00280102, "US", struct.pack("<H", 15)), explicit(0x00280103, "US", struct.pack("<H", 1)),
             explicit(0x00281052, "DS", "-1024"), explicit(0x00281053, "DS", "1"), explicit(0x00281054, "LO", "HU"),
             explicit(0x7fe00010, "OW", (hu + 1024).astype("<i2").tobytes())]
    meta = (explicit(0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.2") + explicit(0x00020003, "UI", f"2.25.20261122.{number}") +
            explicit(0x00020010, "UI", "1.2.840.10008.1.2.1"))
    return bytes(128) + b"DICM" + explicit(0x00020000, "UL", struct.pack("<I", len(meta))) + meta + b"".join(body)


def chest(index, spacing=5.0):
    """An elliptical body with two lungs on a couch; slice 0 holds the couch alone."""
    y, x = numpy.mgrid[:64, :96].astype(float)
    x, y = (x - 47.5) * spacing, (y - 31.5) * spacing
    hu = numpy.full(x.shape, -1000.0)
    couch = (abs(x) < 210) & (y > 115) & (y < 150)
    hu[couch] = -900
    hu[couch & ((y < 120) | (y > 145) | (abs(x) > 205))] = -100
    if index:
        hu[(x / 150)**2 + (y / 105)**2 < 1] = 40
        for side in (-1, 1):
            hu[((x - side * 70) / 45)**2 + (y / 65)**2 < 1] = -800
    return hu


def make_sample(folder):
    """Writes sample_data/patient-size."""
    for i in range(5):
        (folder / f"slice-{i + 1}.dcm").write_bytes(
            ct_slice(i + 1, -10.0 * (4 - i), chest(i), 5.0, 100 + 25 * i, 6.0 + 1.5 * i, "113691"))


class PatientSize(ChainTest):
    def size(self, *words, status=0):
        done = run("snitt-patient-size", *words, "--json", "--overwrite", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def refused(self, *words, status=3):
        text = self.size(*words, "-o", "refused.h5", status=status)
        self.assertFalse((self.folder / "refused.h5").exists())
        return text

    def test_sample_has_the_sizes_and_doses_of_its_ellipses(self):
        found = self.size(SAMPLE, "-o", "s.h5")["summary"]
        t = columns(self.folder / "s.h5")
        self.assertEqual(t["status"], ["no body"] + 4 * ["body"])
        # 5 mm pixels: their count errs by some ten pixels of 2000, a quarter percent of the diameter.
        water = 1.04 * 150 * 105 - 2 * 0.84 * 45 * 65
        for k in range(1, 5):
            self.assertAlmostEqual(t["water_equivalent_diameter_mm"][k], 2 * math.sqrt(water), delta=1.5)
            self.assertAlmostEqual(t["lateral_mm"][k], 300, delta=5)
            self.assertAlmostEqual(t["ap_mm"][k], 210, delta=5)
            self.assertEqual(t["ctdivol_mgy"][k], 6 + 1.5 * k)
            factor = 3.704369 * math.exp(-0.03671937 * t["water_equivalent_diameter_mm"][k] / 10)
            self.assertAlmostEqual(t["ssde_mgy"][k], factor * t["ctdivol_mgy"][k], delta=1e-9)
        self.assertAlmostEqual(found["mean_ssde_mgy"]["value"], sum(t["ssde_mgy"][1:]) / 4, delta=1e-9)
        self.must("snitt-check", "s.h5")

    def test_archive_and_volume_give_the_same(self):
        self.size(SAMPLE, "-o", "a.h5")
        with tarfile.open(self.folder / "s.tar.xz", "w:xz") as archive:
            archive.add(SAMPLE, "series")
        self.size("s.tar.xz", "-o", "b.h5")
        a = columns(self.folder / "a.h5")
        self.assertEqual(str(a), str(columns(self.folder / "b.h5")))
        self.must("snitt-import", SAMPLE, "-o", "v.h5")
        self.size("v.h5", "-o", "c.h5")
        c = columns(self.folder / "c.h5")
        self.assertEqual(a["water_equivalent_diameter_mm"], c["water_equivalent_diameter_mm"])
        self.assertEqual(c["no_ssde"][1], "phantom not known")
        self.assertEqual([p.name for p in self.folder.iterdir() if "unpacked" in p.name], [])

    def test_same_bytes_for_any_number_of_threads(self):
        made = []
        for threads in (1, 2, 7):
            self.size(SAMPLE, "--threads", str(threads), "-o", "t.h5")
            made.append((self.folder / "t.h5").read_bytes())
        self.assertEqual(len(set(made)), 1)

    def test_dose_by_hand(self):
        found = self.size(SAMPLE, "--ctdivol-mgy", "12", "--phantom", "16cm", "--follow-current", "-o", "h.h5")["summary"]
        t = columns(self.folder / "h.h5")
        self.assertAlmostEqual(sum(t["ctdivol_mgy"][1:]) / 4, 12)
        self.assertAlmostEqual(t["ctdivol_mgy"][4] / t["ctdivol_mgy"][1], 200 / 125)
        self.size(SAMPLE, "--factor-32cm", "3.7", "0.037", "8", "20", "-o", "n.h5")
        n = columns(self.folder / "n.h5")
        self.assertTrue(all(math.isnan(x) for x in n["ssde_mgy"]))
        self.assertEqual(n["no_ssde"][1], "diameter outside 8 to 20 cm")
        self.assertIn("mean_ssde_mgy", found)

    def test_bad_input_is_refused_by_name(self):
        (self.folder / "empty").mkdir()
        self.assertIn("empty", self.refused("empty"))
        shutil.copytree(SAMPLE, self.folder / "gap")
        (self.folder / "gap" / "slice-3.dcm").unlink()
        self.assertIn("slices are missing", self.refused("gap"))
        shutil.copytree(SAMPLE, self.folder / "cut")
        cut = self.folder / "cut" / "slice-2.dcm"
        cut.write_bytes(cut.read_bytes()[:4000])
        self.assertIn("slice-2.dcm", self.refused("cut"))
        with tarfile.open(self.folder / "cut.tar", "w") as archive:
            archive.add(self.folder / "cut", "cut")
        self.assertIn("cut.tar", self.refused("cut.tar"))
        with tarfile.open(self.folder / "none.tar", "w") as archive:
            archive.add(__file__, "none.py")
        self.assertIn("none.tar: is an archive without DICOM", self.refused("none.tar"))
        self.must("snitt-import", SAMPLE, "-o", "volume.h5")
        self.assertIn("--phantom", self.refused("volume.h5", "--ctdivol-mgy", "5", status=2))
        self.assertIn("--ctdivol-mgy", self.refused("volume.h5", "--follow-current", status=5))

    @unittest.skipUnless((REAL / "ct_phantom_ge").is_dir(), "real slices of a GE phantom are not at hand")
    def test_ge_phantom(self):
        self.size(REAL / "ct_phantom_ge" / "slices.tar.xz", "-o", "ge.h5")
        t = columns(self.folder / "ge.h5")
        with open(REAL / "ct_phantom_ge" / "expected_size.tsv", encoding="utf-8") as file:
            expected = {float(row["z"]): row for row in csv.DictReader(file, delimiter="\t")}
        self.assertEqual(len(t["z_mm"]), 43)
        pixel = 0.9766
        for k, z in enumerate(t["z_mm"]):
            row = expected[round(z, 3)]
            self.assertEqual(t["tube_current_ma"][k], float(row["mA"]))
            self.assertEqual(t["status"][k], "body" if z >= -370.001 else "no body", z)
            if z >= -370.001:
                self.assertAlmostEqual(t["water_equivalent_diameter_mm"][k], float(row["Dw_mm"]), delta=1)
                self.assertAlmostEqual(t["lateral_mm"][k], float(row["lat_mm"]), delta=pixel)
                self.assertAlmostEqual(t["ap_mm"][k], float(row["ap_mm"]), delta=pixel)

    @unittest.skipUnless((REAL / "patient_slices").is_dir(), "real slices of patients are not at hand")
    def test_patient_slices(self):
        folder = REAL / "patient_slices"
        with open(folder / "EXPECTED_wed_independent.tsv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        for threshold in ("-300", "-200"):
            found = {}
            for name in ("dcmqi_ct3slice", "CTImage.dcm"):
                self.size(folder / name, f"--threshold-hu={threshold}", "-o", "p.h5")
                t = columns(self.folder / "p.h5")
                names = ["01.dcm", "02.dcm", "03.dcm"] if name == "dcmqi_ct3slice" else [name]
                measured = list(zip(t["area_mm2"], t["water_equivalent_diameter_mm"], t["lateral_mm"], t["ap_mm"], t["status"]))
                self.assertEqual(len(measured), len(names))
                found.update(zip(names, sorted(measured, key=lambda row: row[1])))
            for row in (row for row in rows if row["thr_HU"] == threshold):
                area, diameter, lateral, ap, status = found[row["file"]]
                self.assertAlmostEqual(diameter, float(row["Dw_mm"]), delta=1)
                self.assertAlmostEqual(lateral, float(row["lat_mm"]), delta=0.9)
                self.assertAlmostEqual(ap, float(row["ap_mm"]), delta=0.9)
                self.assertEqual(status, "truncated" if row["file"] == "CTImage.dcm" else "body")


if __name__ == "__main__":
    main()
