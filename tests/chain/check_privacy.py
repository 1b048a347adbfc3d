"""Who was examined comes out of no tool of dose and quality: a person planted in every text field of reports and images is
looked for in every table, map, log and provenance."""
import pathlib
import unittest
import warnings

from chain import SOURCE, ChainTest, main, run

try:
    import pydicom
    from pydicom.uid import generate_uid
except ImportError:
    pydicom = None

NAME, NUMBER, BIRTH, ADDRESS, ACCESSION = "Plantesen^Ragnhildur", "13047512399", "19750413", "Fjordgloettveien 17", "ACCQX8812"
NEEDLES = ["plantesen", "ragnhildur", "13047512399", "19750413", "1975-04-13", "fjordgloett", "accqx8812"]
TEXT = " ".join((NAME.replace("^", " "), NUMBER, BIRTH, ADDRESS, ACCESSION))
TEXT_KINDS = ("SH", "LO", "ST", "LT", "UT", "UC")
CODES = (0x00080100, 0x00080102, 0x00080103, 0x00081140)  # what makes a report a report


def plant(dataset):
    """Adds the person to all text fields there are, and fills those that name people."""
    for element in dataset.iterall():
        if element.tag in CODES or element.tag.group == 2:
            continue
        if element.VR == "PN":
            element.value = NAME
        elif element.VR in TEXT_KINDS:
            element.value = f"{element.value} {TEXT}".strip()
    dataset.PatientName = NAME
    dataset.PatientID = NUMBER
    dataset.PatientBirthDate = BIRTH
    dataset.PatientAddress = ADDRESS
    dataset.AccessionNumber = ACCESSION
    dataset.ReferringPhysicianName = dataset.OperatorsName = dataset.PhysiciansOfRecord = NAME
    dataset.OtherPatientIDs = NUMBER
    dataset.StudyID = ACCESSION
    for field in ("PatientComments", "AdditionalPatientHistory", "StudyDescription", "SeriesDescription", "ProtocolName",
                  "ImageComments", "InstitutionName", "InstitutionAddress", "StationName", "InstitutionalDepartmentName",
                  "RequestedProcedureDescription", "PerformedProcedureStepDescription", "DerivationDescription",
                  "Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions"):
        setattr(dataset, field, f"{dataset.get(field, '')} {TEXT}".strip())
    block = dataset.private_block(0x0099, "SNITT TEST", create=True)
    block.add_new(1, "LO", TEXT)


@unittest.skipIf(pydicom is None, "pydicom, which plants the person, is not installed")
class Privacy(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        warnings.simplefilter("ignore")  # values that are too long for their kind: files have those
        (cls.folder / "reports").mkdir()
        for path in sorted((SOURCE / "sample_data" / "dose-reports").glob("*.dcm")):
            dataset = pydicom.dcmread(path)
            plant(dataset)
            dataset.save_as(cls.folder / "reports" / path.name)
        whole = (cls.folder / "reports" / "head.dcm").read_bytes()
        (cls.folder / "reports" / "cut.dcm").write_bytes(whole[:2 * len(whole) // 3])
        (cls.folder / "series").mkdir()
        for path in sorted((SOURCE / "sample_data" / "patient-quality").glob("*.dcm")):
            dataset = pydicom.dcmread(path)
            plant(dataset)
            dataset.save_as(cls.folder / "series" / path.name)
        (cls.folder / "key").write_bytes(bytes(range(32)))

    def look(self, *words, status=0):
        """Runs a tool; what it says is looked through, and so is every table or volume it was asked for."""
        done = run(*words, "-v", "--overwrite", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        seen = {"what it says": done.stdout + done.stderr}
        for name in (str(word) for word in words):
            path = self.folder / name
            if not name.endswith(".h5") or not path.exists():
                continue
            seen[name] = path.read_bytes().decode("latin-1")
            seen[f"history of {name}"] = self.must("snitt-info", "--history", name)
            seen[f"info of {name}"] = self.must("snitt-info", "--json", name)
            # Bytes of a file may be packed; what is exported is not.
            if run("snitt-export", name, "-o", "x.csv", "--overwrite", cwd=self.folder).returncode == 0:
                seen[f"export of {name}"] = (self.folder / "x.csv").read_text()
        for what, text in seen.items():
            for needle in NEEDLES:
                self.assertNotIn(needle, text.lower(), f"{what}, {' '.join(map(str, words))}")
        return done

    def test_the_person_is_planted(self):
        """A test that looks for what is not there proves nothing."""
        for file in (*(self.folder / "reports").iterdir(), *(self.folder / "series").iterdir()):
            if file.name == "cut.dcm":
                continue
            data = file.read_bytes().decode("latin-1").lower()
            for needle in ("plantesen", "13047512399", "19750413", "fjordgloett", "accqx8812"):
                self.assertIn(needle, data, file.name)

    def test_doses_their_exams_and_their_comparison_name_nobody(self):
        for more in ([], ["--key", "key", "--dates", "shift"], ["--scanner-names", "keep"]):
            self.look("snitt-dose", "reports", *more, "-o", "e.h5", "--studies", "s.h5", "--anomalies", "a.h5", "--files", "f.h5",
                      status=1)
            self.look("snitt-map-protocols", "s.h5", SOURCE / "sample_data/dose-reports/protocols.csv", "-o", "m.h5",
                      "--unmapped", "u.h5")
            self.look("snitt-map-protocols", "e.h5", SOURCE / "sample_data/dose-reports/protocols.csv", "-o", "me.h5",
                      "--unmapped", "ue.h5")
            self.look("snitt-benchmark", "m.h5", "-o", "b.h5")

    def test_what_sites_share_names_nobody_in_their_tables(self):
        """A site's own table, with all that a spreadsheet holds; the number is even the column of the patients."""
        lines = ["exam,site,ctdivol_mgy,dlp_mgy_cm,number,name,birth,address,accession,comment"]
        for i in range(60):
            lines.append(f"CT head,{'north' if i % 2 else 'south'},{40 + i % 7},{600 + 3 * i},{NUMBER},{NAME},{BIRTH},{ADDRESS},"
                         f"{ACCESSION},{TEXT}")
        (self.folder / "site.csv").write_text("\n".join(lines) + "\n")
        words = ("site.csv", "--dlp-column", "dlp_mgy_cm", "--patient-column", "number")
        self.look("snitt-benchmark", *words, "-o", "rows.h5")
        self.look("snitt-benchmark", *words[:3], "--summarize", "-o", "shared.h5")
        self.look("snitt-benchmark", "shared.h5", "-o", "merged.h5")

    def test_sizes_and_quality_of_patients_name_nobody(self):
        self.look("snitt-patient-size", "series", "-o", "size.h5")
        self.look("snitt-patient-quality", "series", "-o", "quality.h5", "--noise-map", "map.h5", "--task", "disk:5:20")

    def test_refusals_name_nobody(self):
        damaged = self.folder / "damaged"
        damaged.mkdir()
        for path in (self.folder / "series").iterdir():
            (damaged / path.name).write_bytes(path.read_bytes())
        first = damaged / "slice-1.dcm"
        first.write_bytes(first.read_bytes()[:30000])
        two = self.folder / "two"
        two.mkdir()
        for number, path in enumerate(sorted((self.folder / "series").iterdir())):
            dataset = pydicom.dcmread(path)
            if number % 2:
                dataset.SeriesInstanceUID = generate_uid()
            dataset.save_as(two / path.name)
        twice = self.folder / "twice"
        twice.mkdir()
        for copy in ("a", "b"):
            (twice / copy).write_bytes((self.folder / "series" / "slice-1.dcm").read_bytes())
        for tool in ("snitt-patient-size", "snitt-patient-quality", "snitt-import"):
            for folder in (damaged, two, twice):
                self.look(tool, folder.name, "-o", "refused.h5", status=3)
        self.look("snitt-dose", "series/slice-1.dcm", "-o", "image.h5")
        self.look("snitt-dose", "reports/cut.dcm", "-o", "cut.h5", status=3)


if __name__ == "__main__":
    main()
