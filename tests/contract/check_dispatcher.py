"""snitt NAME runs snitt-NAME; snitt alone lists the tools beside it."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

import program
from program import clean_environment, run

SNITT = program.arguments.bin / "snitt"


class InventedTools(unittest.TestCase):
    """On a folder of its own with invented tools, because it must not matter which there are."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dispatcher-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "bin").mkdir()
        self.snitt = self.folder / "bin/snitt"
        shutil.copy2(SNITT, self.snitt)

    def add_tool(self, name, group="files", summary="does something", folder="bin", described=True):
        path = self.folder / folder / f"snitt-{name}"
        path.parent.mkdir(exist_ok=True)
        description = f'{{"group": "{group}", "summary": "{summary}"}}'
        path.write_text(f"#!/bin/sh\nif [ \"$1\" = --describe ]; then echo '{description}'; exit; fi\n"
                        f'echo "{name}:" "$@"; exit 7\n')
        path.chmod(0o755)
        if described:
            share = self.folder / "share/snitt/tools"
            share.mkdir(parents=True, exist_ok=True)
            (share / f"snitt-{name}.json").write_text(description)


class Dispatcher(InventedTools):
    def test_runs_the_tool_beside_it_with_its_words_and_status(self):
        self.add_tool("cut")
        done = run(self.snitt, "cut", "a b", "--help", "-x")
        self.assertEqual((done.stdout, done.returncode), ("cut: a b --help -x\n", 7))

    def test_finds_tools_on_the_path_after_those_beside_it(self):
        self.add_tool("paste", folder="elsewhere")
        path = f"{self.folder}/elsewhere:/usr/bin:/bin"
        self.assertEqual(run(self.snitt, "paste", "x", PATH=path).stdout, "paste: x\n")
        self.assertEqual(run(self.snitt, "paste").returncode, 2)

    def test_an_unknown_name_is_a_usage_error_with_the_likely_one(self):
        self.add_tool("reconstruct-ultrasound")
        done = run(self.snitt, "recontsruct-ultrasound")
        self.assertEqual((done.stdout, done.returncode), ("", 2))
        self.assertIn("did you mean 'reconstruct-ultrasound'?", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertEqual(run(self.snitt, "../bin/snitt").returncode, 2)
        self.assertEqual(run(self.snitt, "--colour").returncode, 2)

    def test_lists_tools_by_group_in_the_order_of_the_chain(self):
        self.add_tool("report", "report", "draws a page")
        self.add_tool("zip", "files", "packs")
        self.add_tool("info", "files", "tells")
        self.add_tool("odd", "", "is new", described=False)
        done = run(self.snitt)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(re.findall(r"(?m)^(?:  )?(\w+)(?:$|  +(?:draws|packs|tells|is))", done.stdout),
                         ["files", "info", "zip", "report", "report", "other", "odd"])
        self.assertEqual(done.stdout, run(self.snitt, "--help").stdout)

    def test_thirty_tools_are_listed_before_a_person_notices(self):
        for i in range(30):
            self.add_tool(f"tool{i}")
        run(self.snitt)
        start = time.monotonic()
        run(self.snitt)
        self.assertLess(time.monotonic() - start, 0.3)  # seconds; measured 0.004

    def test_help_shows_the_tool_s_own(self):
        self.add_tool("cut")
        self.assertEqual(run(self.snitt, "help", "cut").stdout, "cut: --help\n")
        self.assertEqual(run(self.snitt, "help", "cot").returncode, 2)

    def test_the_beginning_of_a_name_lists_the_tools_that_begin_so(self):
        self.add_tool("register-images")
        self.add_tool("register-points")
        self.add_tool("registrar")
        done = run(self.snitt, "register")
        self.assertEqual((done.stdout, done.returncode), ("", 2))
        self.assertIn("no tool is named 'register'; there are register-images, register-points\n", done.stderr)

    def test_help_shows_pages_of_layouts_and_the_overview(self):
        self.add_tool("cut")
        done = run(self.snitt, "help", "snitt")
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"{self.folder}/share/man/man7/snitt.7", done.stderr)
        man = self.folder / "bin/man"
        man.write_text('#!/bin/sh\necho "man $*"\n')
        man.chmod(0o755)
        for name, page in (("snitt", "man7/snitt.7"), ("volume", "man5/snitt-volume.5")):
            path = self.folder / "share/man" / page
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(".Dd\n")
            self.assertEqual(run(self.snitt, "help", name, PATH=f"{self.folder}/bin").stdout, f"man {path}\n")
        self.assertEqual(run(self.snitt, "help", "vulome").returncode, 2)

    def test_version_and_full_disk(self):
        self.assertRegex(run(self.snitt, "--version").stdout, r"\Asnitt \d+\.\d+\.\d+\n\Z")
        with open("/dev/full", "w") as full:
            self.assertEqual(run(self.snitt, stdout=full).returncode, 4)


class BuiltTools(unittest.TestCase):
    def test_are_all_listed_and_can_all_be_run(self):
        listing = run(SNITT).stdout
        for tool in program.tools_in(program.arguments.bin):
            name = tool.name.removeprefix("snitt-")
            self.assertIn(f"  {name} ", listing)
            self.assertTrue(run(SNITT, name, "--version").stdout.startswith(f"{tool.name} "))


class BashCompletion(InventedTools):
    def complete(self, *words):
        script = program.arguments.bin.parent / "share/bash-completion/completions/snitt"
        quoted = " ".join(f"'{word}'" for word in words)
        shell = (f". {script}; _snitt_cut() {{ COMPREPLY=(\"$COMP_CWORD:${{COMP_WORDS[*]}}\"); }}; COMP_WORDS=(snitt {quoted});"
                 f" COMP_CWORD={len(words)}; _snitt; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True,
                              env=clean_environment(PATH=f"{self.folder}/bin:/usr/bin:/bin"))
        self.assertEqual(done.stderr, "")
        return sorted(done.stdout.splitlines())

    def test_proposes_the_tools_on_the_path(self):
        self.add_tool("cut")
        self.add_tool("cup")
        self.assertEqual(self.complete("cu"), ["cup", "cut"])
        self.assertEqual(self.complete("he"), ["help"])
        self.assertEqual(self.complete("help", "cu"), ["cup", "cut"])

    def test_hands_further_words_to_the_tool_s_own_completion(self):
        self.add_tool("cut")
        self.assertEqual(self.complete("cut", "--spa"), ["1:snitt-cut --spa"])


class HandwrittenPages(unittest.TestCase):
    def test_are_clean(self):
        if shutil.which("mandoc") is None:
            self.skipTest("mandoc is not installed")
        for page in sorted((program.arguments.schemas.parent / "man").glob("*.[0-9]")):
            lint = subprocess.run(["mandoc", "-Tlint", "-W", "warning", page], capture_output=True, text=True)
            self.assertEqual(lint.stdout + lint.stderr, "")


if __name__ == "__main__":
    program.main()
