"""Manners of every built tool. Tools are found by listing the folder of programs: a new one is tested without an edit.

What a tool accepts is read from its --describe, and command lines are made from that.
"""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import program
from program import run, words_for

# Words of a name that mean a physical quantity, and the endings that say in what unit it is.
QUANTITIES = {"spacing", "distance", "radius", "diameter", "length", "width", "height", "depth", "thickness", "gap", "origin",
              "offset", "delay", "lag", "duration", "period", "time", "wait", "angle", "rotation", "tilt", "sigma", "fwhm",
              "speed", "velocity", "frequency", "dose", "voltage", "current", "energy", "margin", "extent", "translation"}
UNITS = {"mm", "cm", "m", "mm2", "mm3", "s", "ms", "us", "ns", "hz", "khz", "mhz", "deg", "rad", "hu", "gy", "mgy", "msv", "kv",
         "ma", "mas", "kev", "percent", "ratio", "factor",
         "fraction", "px", "pixels", "voxels", "frames", "rows", "columns", "bytes", "mb", "days", "years", "hours",
         "minutes"}


def own_options(description):
    return [o for o in description["options"] if not o["common"] and o["kind"] != "output"]


def configurable(description):
    return [o for o in own_options(description) if "config_key" in o]


class Manners:
    """The claims; one test case per tool is made from them below."""

    tool: pathlib.Path

    @classmethod
    def setUpClass(cls):
        cls.description = program.describe(cls.tool)
        cls.operands = cls.description["operands"]
        cls.options = cls.description["options"]
        cls.has_output = any(o["kind"] == "output" for o in cls.options)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="contract-"))
        self.addCleanup(shutil.rmtree, self.folder)

    # What a valid enough command line is: all files there, all required options given.
    def command(self, missing=None, output="out.h5"):
        words = []
        for operand in self.operands:
            name = f"{operand['name']}.input"
            if operand["name"] != missing:
                (self.folder / name).write_text("not an image\n")
            words.append(name)
        # A tool that measures has outputs that may be left out, and no --output: then the first of them.
        outputs = [o["name"] for o in self.options if o["kind"] == "output"]
        for option in self.options:
            if option["name"] == "--output":
                words += ["-o", output]
            elif "--output" not in outputs and option["name"] == next(iter(outputs), None):
                words += [option["name"], output]
            elif option["required"]:
                words += [option["name"], *self.value_of(option, missing)]
        return words

    def value_of(self, option, missing=None):
        if option["kind"] not in ("file", "files"):
            return words_for(option)
        name = option["name"][2:] + ".input"
        if option["name"] != missing:
            (self.folder / name).write_text("not an image\n")
        return [name]

    def call(self, *words, **more):
        done = run(self.tool, *words, cwd=self.folder, **more)
        self.assertNotIn("\033", done.stderr, "colour in a pipe")
        return done

    def refused(self, status, *words, **more):
        done = self.call(*words, **more)
        self.assertEqual(done.returncode, status, f"{words}: {done.stderr}")
        self.assertEqual(done.stdout, "", "standard output of a failed run")
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith(f"{self.tool.name}: error: "), lines[0])
        return lines[0]

    def test_help_shows_everything_that_is_declared(self):
        done = self.call("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for thing in self.options + self.operands:
            self.assertRegex(done.stdout, rf"(?m)[ ,]{re.escape(thing['name'])}\b")
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)

    def test_version_is_one_line_with_the_name(self):
        done = self.call("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, rf"\A{self.tool.name} \d+\.\d+\.\d+ \(snitt .*\)\n\Z")

    def test_nothing_given_is_a_usage_error(self):
        if not self.operands and not any(o["required"] for o in self.options):
            self.skipTest("needs nothing")
        self.refused(2)

    def test_misspelt_option_is_refused_with_the_right_spelling(self):
        for name in ["--verbose"] + [o["name"] for o in own_options(self.description)]:
            wrong = name[:3] + name[4] + name[3] + name[5:] if len(name) > 5 else name + "z"
            if wrong == name or wrong in [o["name"] for o in self.options]:
                continue
            self.assertIn("did you mean '--", self.refused(2, *self.command(), wrong, "1"))
        self.assertIn("did you mean '--verbose'", self.refused(2, *self.command(), "--vebrose"))

    def test_options_are_not_abbreviated(self):
        self.refused(2, *self.command(), "--verbos")

    def test_missing_input_is_named(self):
        for thing in self.operands + [o for o in own_options(self.description) if o["kind"] in ("file", "files")]:
            words = self.command(missing=thing["name"])
            if thing["name"].startswith("--") and not thing["required"]:
                words += [thing["name"], *self.value_of(thing, missing=thing["name"])]
            name = thing["name"].lstrip("-") + ".input"
            self.assertIn(name, self.refused(3, *words))
            for leftover in self.folder.iterdir():
                leftover.unlink()

    def test_existing_output_is_refused_and_left_alone(self):
        if not self.has_output:
            self.skipTest("has no output")
        (self.folder / "out.h5").write_text("precious")
        message = self.refused(4, *self.command())
        self.assertEqual(message, f"{self.tool.name}: error: out.h5: exists (use --overwrite)")
        self.assertEqual((self.folder / "out.h5").read_text(), "precious")

    def test_output_in_a_missing_folder_is_refused(self):
        if not self.has_output:
            self.skipTest("has no output")
        self.refused(4, *self.command(output="nowhere/out.h5"))

    def test_an_input_is_never_overwritten(self):
        if not self.has_output or not self.operands:
            self.skipTest("has no input and output")
        name = f"{self.operands[0]['name']}.input"
        self.refused(4, *self.command(output=name), "--overwrite")
        self.assertEqual((self.folder / name).read_text(), "not an image\n")

    def test_a_foreign_input_ends_in_a_named_error_and_no_output(self):
        if not self.operands:
            self.skipTest("has no operand")
        before = set(self.command())
        done = self.call(*self.command())
        self.assertNotEqual(done.returncode, 70, done.stderr)
        self.assertIn(done.returncode, range(0, 6), done.stderr)
        for line in done.stderr.splitlines():
            self.assertTrue(line.startswith(self.tool.name + ": "), line)
        if done.returncode > 1:
            left = {p.name for p in self.folder.iterdir()} - before
            self.assertEqual(left, set(), "left behind by a failed run")
            self.assertEqual(done.stdout, "")

    def test_description_is_valid(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        schema = json.loads((program.arguments.schemas / "tool-description-1.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.Draft202012Validator(schema).validate(self.description)
        self.assertEqual(self.description["name"], self.tool.name)

    def test_manual_page_is_clean_and_shows_every_option(self):
        done = self.call("--man")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in self.options:
            self.assertIn(f"Fl \\-{option['name'][2:]}", done.stdout)
        page = self.tool.parent.parent / "share/man/man1" / f"{self.tool.name}.1"
        self.assertTrue(page.exists(), f"{page} was not written by the build")
        if shutil.which("mandoc") is None:
            self.skipTest("mandoc is not installed")
        lint = subprocess.run(["mandoc", "-Tlint", "-W", "warning"], input=done.stdout, capture_output=True, text=True)
        self.assertEqual(lint.stdout + lint.stderr, "")

    def given(self):
        """Every option that --config knows, with a value that is not its default."""
        words = []
        for option in configurable(self.description):
            words += [option["name"]] if option["kind"] == "flag" else [option["name"], *self.value_of(option)]
        return words

    def test_printed_config_gives_the_same_config(self):
        for words in ([], self.given()):
            first = self.call("--print-config", *words)
            self.assertEqual((first.returncode, first.stderr), (0, ""))
            (self.folder / "tool.toml").write_text(first.stdout)
            second = self.call("--config", "tool.toml", "--print-config")
            self.assertEqual((second.returncode, second.stderr), (0, ""))
            self.assertEqual(first.stdout, second.stdout)

    def test_environment_gives_the_same_config_as_the_command_line(self):
        variables = {}
        for option in configurable(self.description):
            words = ["true"] if option["kind"] == "flag" else self.value_of(option)
            variables[option["environment"]] = " ".join(words)
        self.assertEqual(self.call("--print-config", **variables).stdout, self.call("--print-config", *self.given()).stdout)

    def test_unknown_config_key_is_refused_with_the_right_one(self):
        (self.folder / "tool.toml").write_text("\nverbsoe = true\n")
        message = self.refused(2, *self.command(), "--config", "tool.toml")
        self.assertIn("tool.toml:2: unknown key 'verbsoe'; did you mean 'verbose'?", message)

    def test_numbers_out_of_range_are_refused_with_the_interval(self):
        for option in own_options(self.description):
            for bound, value in (("lowest", option.get("lowest", 0) - 1), ("highest", option.get("highest", 0) + 1)):
                if bound not in option or option["kind"] not in ("number", "whole", "numbers"):
                    continue
                if value == option[bound]:  # the neighbour of a huge bound is itself
                    continue
                word = format(int(value)) if float(value).is_integer() else repr(value)
                words = [option["name"], *[word] * option.get("count", 1)]
                message = self.refused(2, *self.command(), *words)
                self.assertIn(option["name"], message)
                self.assertIn(word, message)

    def test_words_that_are_no_number_or_choice_are_refused(self):
        for option in own_options(self.description):
            if option["kind"] in ("number", "whole", "numbers", "choice"):
                message = self.refused(2, *self.command(), option["name"], *["nonsense"] * option.get("count", 1))
                self.assertIn("'nonsense'; expected", message)

    def test_names_of_physical_quantities_end_with_their_unit(self):
        for option in own_options(self.description):
            words = option["name"][2:].split("-")
            if option["kind"] in ("number", "numbers") and QUANTITIES & set(words):
                self.assertIn(words[-1], UNITS, f"{option['name']}: in what unit?")

    def test_a_full_disk_behind_standard_output_is_noticed(self):
        for words in (["--help"], ["--version"], ["--describe"], ["--man"], ["--completion", "bash"], ["--print-config"]):
            with open("/dev/full", "w") as full:
                done = run(self.tool, *words, stdout=full)
            self.assertEqual(done.returncode, 4, words)
            self.assertIn("standard output: No space left on device", done.stderr)

    def test_completion_scripts_are_read_by_their_shells(self):
        for shell in ("bash", "zsh", "fish"):
            done = self.call("--completion", shell)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            if shutil.which(shell) is None:
                continue
            script = self.folder / f"script.{shell}"
            script.write_text(done.stdout)
            check = subprocess.run([shell, "-n", script], capture_output=True, text=True)
            self.assertEqual((check.returncode, check.stderr), (0, ""), shell)

    def test_bash_completes_every_option(self):
        (self.folder / "script").write_text(self.call("--completion", "bash").stdout)
        function = "_" + self.tool.name.replace("-", "_")
        shell = f". ./script; COMP_WORDS=({self.tool.name} --); COMP_CWORD=1; {function}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "-c", shell], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        self.assertEqual(set(done.stdout.split()), {o["name"] for o in self.options})


for path in program.tools_in(program.arguments.bin) + [program.REHEARSE]:
    case = path.name.replace("-", "_")
    globals()[case] = type(case, (Manners, unittest.TestCase), {"tool": path})
del path, case

if __name__ == "__main__":
    program.main()
