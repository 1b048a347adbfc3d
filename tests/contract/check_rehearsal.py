"""What every tool inherits from the shell, tried on the one that can be asked to fail: stop signals, full disks,
provenance, precedence, terminals."""
import hashlib
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import program
from program import REHEARSE, clean_environment, run


class Rehearsal(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rehearsal-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "a.txt").write_text("content\n")

    def call(self, *words, **more):
        return run(REHEARSE, "a.txt", "-o", "out", *words, cwd=self.folder, **more)

    def names(self):
        return sorted(p.name for p in self.folder.iterdir())

    def start(self, *words, before=""):
        """Starts a run that waits, and returns when its unfinished output is there."""
        command = f'{before} exec "$0" a.txt -o out --wait-s 30 "$@"'
        running = subprocess.Popen(["bash", "-c", command, REHEARSE, *words], cwd=self.folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
        for _ in range(500):
            if any("unfinished" in name for name in self.names()):
                return running
            time.sleep(0.01)
        running.kill()
        self.fail("no unfinished output appeared: " + running.communicate()[1])


class StopSignals(Rehearsal):
    def test_each_leaves_nothing_and_its_own_status(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU):
            running = self.start()
            running.send_signal(number)
            stderr = running.communicate(timeout=10)[1]
            self.assertEqual(running.returncode, 128 + number)
            self.assertIn(f"error: stopped by signal {int(number)}", stderr)
            self.assertEqual(self.names(), ["a.txt"])

    def test_the_old_output_survives(self):
        (self.folder / "out").write_text("old")
        running = self.start("--overwrite")
        running.terminate()
        running.communicate(timeout=10)
        self.assertEqual(self.names(), ["a.txt", "out"])
        self.assertEqual((self.folder / "out").read_text(), "old")

    def test_even_a_kill_leaves_no_output_under_the_name(self):
        running = self.start()
        running.kill()
        running.communicate(timeout=10)
        self.assertNotIn("out", self.names())

    def test_one_that_was_ignored_from_the_start_stays_ignored(self):
        running = self.start(before="trap '' HUP;")
        running.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        self.assertIsNone(running.poll(), "nohup must hold")
        running.terminate()
        running.communicate(timeout=10)


class Failures(Rehearsal):
    def refused(self, status, *words, **more):
        done = self.call(*words, **more)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual((done.stdout, self.names()), ("", ["a.txt"]))
        return done.stderr.splitlines()[-1]

    def test_an_error_of_the_library_is_one_line(self):
        self.assertEqual(self.refused(3, "--fail", "input"),
                         "snitt-rehearse: error: a.txt: first line is 'nothing'; expected something")

    def test_lack_of_memory_is_said(self):
        self.assertIn("error: not enough memory", self.refused(5, "--fail", "memory"))

    def test_a_bug_is_called_one(self):
        self.assertIn("error: this is a bug in snitt", self.refused(70, "--fail", "bug"))

    def test_a_full_quota_is_an_error_of_the_output(self):
        (self.folder / "a.txt").write_bytes(b"x" * 100000)
        done = subprocess.run(["bash", "-c", 'ulimit -f 8; exec "$0" a.txt -o out', REHEARSE], cwd=self.folder, capture_output=True,
                              text=True, env=clean_environment())
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertEqual(self.names(), ["a.txt"])

    def test_a_closed_standard_output_does_not_become_a_data_file(self):
        done = subprocess.run(["bash", "-c", '"$0" a.txt -o out --show-provenance >&-', REHEARSE], cwd=self.folder,
                              capture_output=True, text=True, env=clean_environment())
        self.assertEqual(done.returncode, 4)
        self.assertIn("standard output: Bad file descriptor", done.stderr)
        self.assertEqual((self.folder / "out").read_text(), "content\n")

    def test_a_reader_that_leaves_early_is_no_reason_for_a_message(self):
        done = subprocess.run(["bash", "-c", '"$0" --help | true; echo ${PIPESTATUS[0]}', REHEARSE], capture_output=True, text=True)
        self.assertIn(done.stdout.strip(), ("0", "141"))
        self.assertEqual(done.stderr, "")


class Values(Rehearsal):
    def config(self, *words, **environment):
        """The settings in force, by key; those without a value are absent."""
        done = run(REHEARSE, *words, "--print-config", cwd=self.folder, **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return dict(line.split(" = ", 1) for line in done.stdout.splitlines() if " = " in line and not line.startswith("#"))

    def test_command_line_beats_environment_beats_config_beats_default(self):
        (self.folder / "c.toml").write_text("wait-s = 1\nspacing-mm = 1\nrepeats = 1\n")
        environment = {"SNITT_WAIT_S": "2", "SNITT_SPACING_MM": "2"}
        self.assertEqual(self.config()["wait-s"], "0")
        self.assertEqual(self.config("--config", "c.toml")["wait-s"], "1")
        self.assertEqual(self.config("--config", "c.toml", **environment)["wait-s"], "2")
        self.assertEqual(self.config("--config", "c.toml", "--wait-s", "3", **environment)["wait-s"], "3")
        self.assertEqual(self.config("--config", "c.toml", "--wait-s", "3", **environment)["spacing-mm"], "2")

    def test_an_empty_variable_counts_as_absent(self):
        self.assertNotIn("spacing-mm", self.config(SNITT_SPACING_MM=""))

    def test_a_flag_of_the_config_can_be_taken_back(self):
        (self.folder / "c.toml").write_text("show-provenance = true\n")
        self.assertEqual(self.config("--config", "c.toml")["show-provenance"], "true")
        self.assertEqual(self.config("--config", "c.toml", "--show-provenance=false")["show-provenance"], "false")

    def test_numbers_may_be_negative_in_every_form(self):
        for words in (["--origin-mm", "-10", "5", "-.5"], ["--origin-mm", "-1e1", "+5", "-0.5"], ["--origin-mm=-10", "5", "-.5"]):
            self.assertEqual(self.config(*words)["origin-mm"], "[-10, 5, -0.5]")
        self.assertEqual(self.config(SNITT_ORIGIN_MM="-10, 5 -.5")["origin-mm"], "[-10, 5, -0.5]")

    def test_texts_survive_the_config_whatever_they_hold(self):
        for text in ('"quoted" \\ back', "blåbær µm", "tab\there", "# no comment", "[1, 2]", "true", "-1"):
            (self.folder / "c.toml").write_text(run(REHEARSE, f"--note={text}", "--print-config").stdout)
            self.assertEqual(self.config("--config", "c.toml"), self.config(f"--note={text}"))
            self.assertIn("note", self.config("--config", "c.toml"))

    def test_the_place_of_a_wrong_value_is_said(self):
        self.assertIn("environment variable SNITT_SPACING_MM: --spacing-mm is '99'; expected a number, 0.01 to 10",
                      self.call(SNITT_SPACING_MM="99").stderr)
        (self.folder / "c.toml").write_text("\n\nspacing-mm = 99\n")
        self.assertIn("c.toml:3: --spacing-mm is '99'", self.call("--config", "c.toml").stderr)
        (self.folder / "c.toml").write_text("spacing-mm = '9'\n")
        self.assertIn("c.toml:1: 'spacing-mm' has the wrong type; expected a number", self.call("--config", "c.toml").stderr)

    def test_broken_configs_are_usage_errors_and_missing_ones_input_errors(self):
        (self.folder / "c.toml").write_text("spacing-mm = = 1\n")
        self.assertEqual(self.call("--config", "c.toml").returncode, 2)
        self.assertEqual(self.call("--config", "none.toml").returncode, 3)
        self.assertEqual(self.call("--config", ".").returncode, 3)

    def test_options_want_their_values(self):
        for words in (["--note"], ["--note", "--quiet"], ["--note="], ["--origin-mm", "1", "2"], ["--wait-s", "1", "--wait-s", "2"]):
            self.assertEqual(self.call(*words).returncode, 2, words)
        self.assertEqual(self.call("--quiet", "--verbose").returncode, 2)

    def test_threads_come_from_the_command_line_before_the_environment_before_the_config(self):
        (self.folder / "c.toml").write_text("threads = 3\n")

        def threads(*words, **environment):
            stderr = self.call("-v", "--overwrite", "--config", "c.toml", *words, **environment).stderr
            return int(stderr.split("threads: ")[1].split()[0])
        self.assertEqual(threads(), 3)
        self.assertEqual(threads(SNITT_NUM_THREADS="1"), 1)
        self.assertEqual(threads("-t", "7", SNITT_NUM_THREADS="1"), 7)
        self.assertEqual(self.call("--overwrite", SNITT_NUM_THREADS="many").returncode, 2)


class Provenance(Rehearsal):
    def story(self, *words, **environment):
        done = self.call("--overwrite", "--show-provenance", *words, **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_holds_what_shapes_the_result_and_nothing_else(self):
        story = self.story("--spacing-mm", "0.5", "--note", "x", SOURCE_DATE_EPOCH="0")
        self.assertEqual(story["settings"], {"--wait-s": 0, "--spacing-mm": 0.5, "--repeats": 1, "--note": "x",
                                             "--show-provenance": True, "--fail": "never"})
        self.assertEqual(story["tool"], "snitt-rehearse")
        again = self.story("--spacing-mm", "0.5", "--note", "x", "-t", "2", "-v", "--json", "--progress", "never", SOURCE_DATE_EPOCH="0")
        self.assertEqual(story, again)

    def test_knows_inputs_by_role_and_digest_never_by_name(self):
        (self.folder / "Hansen_Ola.txt").write_text("header")
        story = self.story("--header", "Hansen_Ola.txt", "--footer", "a.txt", "--footer", "Hansen_Ola.txt")
        digests = {name: hashlib.sha256((self.folder / name).read_bytes()).hexdigest() for name in ("a.txt", "Hansen_Ola.txt")}
        self.assertEqual([(i["role"], i["sha256"]) for i in story["inputs"]],
                         [("INPUT", digests["a.txt"]), ("--header", digests["Hansen_Ola.txt"]), ("--footer", digests["a.txt"]),
                          ("--footer", digests["Hansen_Ola.txt"])])
        self.assertNotIn("Hansen", json.dumps(story))
        self.assertNotIn(str(self.folder), json.dumps(story))


class Terminals(Rehearsal):
    def at_terminal(self, *words, **environment):
        """What a person sees on standard error."""
        try:
            ours, theirs = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal can be made here: {error}")
        running = subprocess.Popen([REHEARSE, "a.txt", "-o", "out", "--wait-s", "0.5", "--overwrite", *words], cwd=self.folder,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs,
                                   env=clean_environment(**{"TERM": "xterm", "NO_COLOR": "", **environment}))
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # Linux reports the closed other end so
                break
            if not piece:
                break
            seen += piece
        os.close(ours)
        running.wait(10)
        return seen.decode()

    def test_a_person_sees_a_bar_and_a_log_does_not(self):
        self.assertIn("#", self.at_terminal())
        for words, environment in ((["--quiet"], {}), (["--progress", "never"], {}), ([], {"TERM": "dumb"})):
            self.assertNotIn("#", self.at_terminal(*words, **environment))
        self.assertNotIn("#", self.call("--wait-s", "0.3", "--overwrite").stderr)

    def test_colour_is_a_courtesy(self):
        self.assertIn("\033[31merror", self.at_terminal("--fail", "input"))
        self.assertNotIn("\033", self.at_terminal("--fail", "input", NO_COLOR="1"))
        self.assertNotIn("\033", self.call("--fail", "input").stderr)

    def test_quiet_keeps_errors_and_verbose_adds_details(self):
        self.assertEqual(self.call("--quiet").stderr, "")
        self.assertIn("error", self.call("--quiet").stderr)
        self.assertNotIn("threads:", self.call("--overwrite").stderr)
        self.assertIn("threads:", self.call("--overwrite", "--verbose").stderr)

    def test_a_file_name_cannot_move_the_cursor(self):
        done = run(REHEARSE, "evil\033[2J\nname", "-o", "out", cwd=self.folder)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertNotIn("\033", done.stderr)


class BashCompletion(Rehearsal):
    def complete(self, *words):
        (self.folder / "script").write_text(run(REHEARSE, "--completion", "bash").stdout)
        quoted = " ".join(f"'{word}'" for word in words)
        shell = (f". ./script; COMP_WORDS=(snitt-rehearse {quoted}); COMP_CWORD={len(words)}; _snitt_rehearse;"
                 " printf '%s\\n' \"${COMPREPLY[@]}\"")
        return set(subprocess.run(["bash", "-c", shell], cwd=self.folder, capture_output=True, text=True).stdout.split())

    def test_proposes_words_files_or_nothing(self):
        self.assertEqual(self.complete("--spa"), {"--spacing-mm"})
        self.assertEqual(self.complete("--fail", ""), {"never", "input", "memory", "bug"})
        self.assertEqual(self.complete("--fail", "=", "m"), {"memory"})
        self.assertEqual(self.complete("--fail", "="), {"never", "input", "memory", "bug"})
        self.assertEqual(self.complete("--header", "a"), {"a.txt"})
        self.assertEqual(self.complete("--spacing-mm", ""), set())
        self.assertEqual(self.complete("a"), {"a.txt"})


if __name__ == "__main__":
    program.main()
