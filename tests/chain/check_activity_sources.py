"""Examinations from messages, resources, images and archives: each becomes the same kind of table, and names nobody."""
import json
import pathlib
import shutil
import socket
import struct
import subprocess
import time
import unittest

import h5py

from chain import SOURCE, ChainTest, environment, main, run

MESSAGES = SOURCE / "sample_data" / "activity" / "messages.hl7"


def words(path, name):
    with h5py.File(path) as f:
        column = f["table"][name]
        if isinstance(column, h5py.Dataset):
            return column[:].tolist()
        categories = [c.decode() for c in column["categories"][:]]
        return [categories[c] if c >= 0 else "" for c in column["codes"][:]]


def element(tag, vr, value):
    raw = value.encode()
    raw += (b"\0" if vr == "UI" else b" ") if len(raw) % 2 else b""
    return struct.pack("<HH", tag >> 16, tag & 0xffff) + vr.encode() + struct.pack("<H", len(raw)) + raw


def instance(number, study, modality, date, clock, patient="P1", image_type="ORIGINAL\\PRIMARY"):
    """A header without pixels: what an archive indexes."""
    sop_class = "1.2.840.10008.5.1.4.1.1.2" if modality == "CT" else "1.2.840.10008.5.1.4.1.1.4"
    uid = f"2.25.77{number}"
    meta = element(0x00020002, "UI", sop_class) + element(0x00020003, "UI", uid) + element(0x00020010, "UI", "1.2.840.10008.1.2.1")
    body = [element(0x00080008, "CS", image_type), element(0x00080016, "UI", sop_class), element(0x00080018, "UI", uid),
            element(0x00080020, "DA", date), element(0x00080022, "DA", date), element(0x00080030, "TM", clock),
            element(0x00080032, "TM", clock), element(0x00080050, "SH", f"A{study}"), element(0x00080060, "CS", modality),
            element(0x00080080, "LO", "NORTH HOSPITAL"), element(0x00081030, "LO", "Head"), element(0x00100010, "PN", "Doe^Jane"),
            element(0x00100020, "LO", patient), element(0x00100030, "DA", "19500101"), element(0x00100040, "CS", "F"),
            element(0x00181000, "LO", "SCANNER7"), element(0x0020000d, "UI", f"2.25.99{study}"),
            element(0x0020000e, "UI", f"2.25.98{study}{1 if modality == 'CT' else 2}")]
    length = struct.pack("<HH", 2, 0) + b"UL" + struct.pack("<HI", 4, len(meta))
    return bytes(128) + b"DICM" + length + meta + b"".join(body)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Sources(ChainTest):
    def extract(self, *args, expected=0):
        done = run("snitt-activity-extract", *args, "--overwrite", cwd=self.folder)
        self.assertEqual(done.returncode, expected, done.stderr)
        return done

    def images(self):
        folder = self.folder / "images"
        folder.mkdir(exist_ok=True)
        number = 0
        for study in range(12):
            for k in range(3):
                number += 1
                # Four studies a day, one of them with its last image after a reformat.
                clock = f"{8 + study % 4:02}{10 * k:02}00"
                (folder / f"{number:03}.dcm").write_bytes(
                    instance(number, study, "CT" if study % 2 else "MR", f"202403{4 + study // 4:02}", clock, f"P{study % 5}"))
        return folder

    def test_messages_become_examinations(self):
        done = self.extract(MESSAGES, "-o", "messages.h5")
        self.assertIn("ADT^A08", done.stderr)
        status = words(self.folder / "messages.h5", "status")
        self.assertEqual(len(status), 12)
        self.assertEqual((status.count("completed"), status.count("no-show"), status.count("cancelled")), (10, 1, 1))
        self.assertEqual(sorted(set(words(self.folder / "messages.h5", "source_modality"))), ["CT", "MR", "RG", "UL"])

    def test_nobody_is_named(self):
        self.extract(MESSAGES, "-o", "messages.h5")
        raw = (self.folder / "messages.h5").read_bytes() + self.must("snitt-info", "--history", "messages.h5").encode()
        for secret in (b"900003", b"PERSON", b"TEST^"):
            self.assertNotIn(secret, raw)

    def test_resources_become_examinations(self):
        lines = [{"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1950-01-01", "identifier": [{"value": "123"}]}]
        for i in range(5):
            lines.append({"resourceType": "ServiceRequest", "id": f"s{i}", "status": "active", "subject": {"reference": "Patient/p"},
                          "authoredOn": f"2024-03-0{i + 1}T08:00:00+01:00", "code": {"coding": [{"code": "SAA0AD"}]}})
            lines.append({"resourceType": "ImagingStudy", "id": f"i{i}", "status": "available", "basedOn": [{"reference": f"ServiceRequest/s{i}"}],
                          "started": f"2024-03-1{i}T08:00:00+01:00", "modality": [{"code": "CT"}]})
        (self.folder / "r.ndjson").write_text("\n".join(json.dumps(l) for l in lines) + "\n")
        self.extract("r.ndjson", "-o", "lines.h5")
        bundle = {"resourceType": "Bundle", "entry": [{"resource": l} for l in lines]}
        (self.folder / "bundle.json").write_text(json.dumps(bundle, indent=1))
        self.extract("bundle.json", "-o", "bundle.h5")
        self.assertEqual(words(self.folder / "lines.h5", "examined"), words(self.folder / "bundle.h5", "examined"))
        self.assertEqual(words(self.folder / "lines.h5", "examined")[0], 1710054000.0)  # 2024-03-10 07:00 UTC
        (self.folder / "bad.ndjson").write_text(json.dumps(lines[0]) + "\n{broken\n")
        self.assertIn("line 2", self.extract("bad.ndjson", "-o", "bad.h5", expected=3).stderr)

    def test_images_become_studies(self):
        folder = self.images()
        (folder / "note.txt").write_text("not an image")
        done = self.extract(folder, "-o", "studies.h5")
        self.assertIn("1 file left out: not DICOM", done.stderr)
        self.assertEqual(len(words(self.folder / "studies.h5", "status")), 12)
        begin, end = (words(self.folder / "studies.h5", n) for n in ("examined", "exam_end"))
        self.assertEqual({e - b for b, e in zip(begin, end)}, {1200.0})  # from the first image to the third
        one = run("snitt-activity-extract", folder, "-o", "one.h5", "-t", "1", "-q", cwd=self.folder)
        self.assertEqual(one.returncode, 0, one.stderr)
        self.assertEqual((self.folder / "one.h5").read_bytes(), (self.folder / "studies.h5").read_bytes())

    def test_dose_tables_become_studies(self):
        self.must("snitt-dose", SOURCE / "sample_data" / "dose-reports", "-o", "dose.h5", "-q")
        self.extract("dose.h5", "-o", "studies.h5")
        studies = set(words(self.folder / "dose.h5", "study"))
        self.assertEqual(len(words(self.folder / "studies.h5", "status")), len(studies))
        self.assertEqual(set(words(self.folder / "studies.h5", "source_modality")) - {"CT", "RG"}, set())

    def serve(self, command, port):
        server = subprocess.Popen(command, cwd=self.folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        self.skipTest(f"{command[0]} did not start")

    def ask(self, title, port, expected_studies):
        done = self.extract(f"pacs:{title}@127.0.0.1:{port}", "--from", "2024-03-01", "--to", "2024-03-31", "-o", f"{title}.h5")
        self.assertEqual(len(words(self.folder / f"{title}.h5", "status")), expected_studies, done.stderr)
        # As if the archive capped its answers at two: days are asked again in finer slices, and nothing is lost.
        done = self.extract(f"pacs:{title}@127.0.0.1:{port}", "--from", "2024-03-04", "--to", "2024-03-06", "--pacs-limit", "2",
                            "-o", f"{title}-fine.h5")
        self.assertIn("asked again in finer slices", done.stderr)
        self.assertEqual(len(words(self.folder / f"{title}-fine.h5", "status")), expected_studies)
        self.assertEqual(sorted(set(words(self.folder / f"{title}.h5", "source_modality"))), ["CT", "MR"])

    @unittest.skipUnless(shutil.which("dcmqrscp") and shutil.which("dcmqridx"), "dcmqrscp is not there (Debian: dcmtk)")
    def test_asks_dcmqrscp(self):
        port = free_port()
        store = self.folder / "dcmqr"
        store.mkdir()
        (self.folder / "dcmqrscp.cfg").write_text(
            f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 4\nHostTable BEGIN\nHostTable END\n"
            "VendorTable BEGIN\nVendorTable END\nAETable BEGIN\n"
            f"ARCHIVE {store} RW (100, 1024mb) ANY\nAETable END\n")
        for path in sorted(self.images().glob("*.dcm")):
            shutil.copy(path, store)
        subprocess.run(["dcmqridx", str(store), *map(str, sorted(store.glob("*.dcm")))], check=True, capture_output=True)
        self.serve(["dcmqrscp", "-c", "dcmqrscp.cfg"], port)
        self.ask("ARCHIVE", port, 12)
        self.assertIn("expected an archive", self.extract(f"pacs:ARCHIVE@127.0.0.1:{free_port()}", "--from", "2024-03-01", "--to",
                                                          "2024-03-01", "-o", "x.h5", expected=3).stderr)

    @unittest.skipUnless(shutil.which("Orthanc") and shutil.which("storescu"), "Orthanc is not there (Debian: orthanc)")
    def test_asks_orthanc(self):
        port, web = free_port(), free_port()
        (self.folder / "orthanc.json").write_text(json.dumps({
            "Name": "T", "StorageDirectory": str(self.folder / "orthanc"), "IndexDirectory": str(self.folder / "orthanc"),
            "HttpPort": web, "DicomPort": port, "DicomAet": "ORTHANC", "DicomCheckCalledAet": False, "RemoteAccessAllowed": False,
            "DicomAlwaysAllowFind": True, "DicomAlwaysAllowStore": True, "Plugins": []}))
        self.serve(["Orthanc", "orthanc.json"], port)
        for path in sorted(self.images().glob("*.dcm")):
            subprocess.run(["storescu", "-aec", "ORTHANC", "127.0.0.1", str(port), str(path)], check=False, capture_output=True)
        self.ask("ORTHANC", port, 12)


if __name__ == "__main__":
    main()
