"""The layouts' descriptions obey their meta-schema, and the manual pages are clean."""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import unittest

parser = argparse.ArgumentParser()
parser.add_argument("--schemas", type=pathlib.Path, required=True)
parser.add_argument("--phantoms", type=pathlib.Path, required=True, help="sample phantoms")
parser.add_argument("--pages", type=pathlib.Path, required=True, help="manual pages that the build makes")
parser.add_argument("--written", type=pathlib.Path, required=True, help="manual pages written by hand")
arguments, rest = parser.parse_known_args()


def layouts():
    for path in sorted(arguments.schemas.glob("*-[0-9].json")):
        schema = json.loads(path.read_text())
        if "layout" in schema:
            yield path, schema


class Schemas(unittest.TestCase):
    def test_every_layout_obeys_the_meta_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        meta = json.loads((arguments.schemas / "layout-schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(meta)
        self.assertEqual(len(list(layouts())), 6)
        for path, schema in layouts():
            with self.subTest(schema=path.name):
                jsonschema.validate(schema, meta)

    def test_the_sample_phantoms_obey_their_schema_and_broken_ones_do_not(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        schema = json.loads((arguments.schemas / "phantom-definition-1.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        phantoms = sorted(arguments.phantoms.glob("*.json"))
        self.assertGreaterEqual(len(phantoms), 4)
        for path in phantoms:
            with self.subTest(phantom=path.name):
                validator.validate(json.loads(path.read_text()))
        point = {"name": "a", "position_mm": [0, 0, 0]}
        for wrong in ({"phantom_definition": "1.0"}, {"points": [point]}, {"phantom_definition": "2.0", "points": [point]},
                      {"phantom_definition": "1.0", "point": [point]},
                      {"phantom_definition": "1.0", "points": [{"name": "a", "position_mm": [0, 0]}]}):
            self.assertFalse(validator.is_valid(wrong), wrong)

    def test_the_sample_mapping_of_a_dose_table_obeys_its_schema_and_broken_ones_do_not(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        schema = json.loads((arguments.schemas / "dose-table-mapping-1.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        validator.validate(json.loads((arguments.schemas.parent / "sample_data/dose-reports/other-system.json").read_text()))
        for wrong in ({"dose_table_mapping": "1.0", "columns": {}}, {"dose_table_mapping": "2.0", "columns": {"study": "a"}},
                      {"dose_table_mapping": "1.0", "columns": {"study": 3}}):
            self.assertFalse(validator.is_valid(wrong), wrong)

    def test_the_sample_mapping_of_an_export_obeys_its_schema_and_broken_ones_do_not(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        schema = json.loads((arguments.schemas / "activity-mapping-1.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        validator.validate(json.loads((arguments.schemas.parent / "sample_data/activity/ris-mapping.json").read_text()))
        for wrong in ({"activity_mapping": "1.0", "columns": {}}, {"activity_mapping": "2.0", "columns": {"exam": "a"}},
                      {"activity_mapping": "1.0", "columns": {"exma": "a"}}, {"activity_mapping": "1.0", "columns": {"exam": {"words": {}}}}):
            self.assertFalse(validator.is_valid(wrong), wrong)

    def test_file_names_say_layout_and_major_version(self):
        for path, schema in layouts():
            self.assertEqual(path.stem, f"{schema['layout']}-{schema['version'].split('.')[0]}")

    def test_links_point_to_objects_that_are_described(self):
        for path, schema in layouts():
            paths = {o["path"] for o in schema["objects"]}
            for entry in schema["objects"]:
                if entry["kind"] == "link":
                    self.assertIn(entry["target"], paths, path.name)

    def test_manual_pages_are_clean(self):
        if shutil.which("mandoc") is None:
            self.skipTest("mandoc is not installed")
        pages = [*arguments.pages.glob("man[57]/*"), *arguments.written.glob("*.[1-9]")]
        self.assertGreaterEqual(len(pages), 5)
        for page in pages:
            with self.subTest(page=page.name):
                lint = subprocess.run(["mandoc", "-Tlint", "-W", "warning", page], capture_output=True, text=True)
                self.assertEqual(lint.stdout + lint.stderr, "")

    def test_every_layout_has_its_manual_page_that_names_every_object(self):
        for path, schema in layouts():
            page = (arguments.pages / "man5" / f"snitt-{schema['layout']}.5").read_text()
            for entry in schema["objects"]:
                self.assertIn(entry["path"], page, path.name)


unittest.main(argv=[sys.argv[0], *rest])
