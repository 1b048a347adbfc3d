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
        self.assertEqual(len(list(layouts())), 4)
        for path, schema in layouts():
            with self.subTest(schema=path.name):
                jsonschema.validate(schema, meta)

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
