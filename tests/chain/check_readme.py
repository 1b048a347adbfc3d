"""Every command of the README, and every example of every tool's manual page, does what it says."""
import json
import os
import re
import shlex

from chain import BIN, SOURCE, ChainTest, main, run


class Readme(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.symlink(SOURCE / "sample_data", cls.folder / "sample_data")
        block = re.search(r"```sh\n(.*?)```", (SOURCE / "README.md").read_text(), re.DOTALL).group(1)
        cls.chain = run("bash", "-euc", block, cwd=cls.folder)

    def test_the_chain_on_its_front_page_runs(self):
        self.assertEqual(self.chain.returncode, 0, self.chain.stderr)
        for name in ("sweep.h5", "volume.h5", "volume.nrrd", "volume.png"):
            self.assertTrue((self.folder / name).is_file(), name)

    def test_its_history_names_the_tools_and_the_digest_of_the_recording(self):
        self.assertIn("snitt-import", self.chain.stdout)
        self.assertIn("snitt-reconstruct-ultrasound", self.chain.stdout)
        digest = run("sha256sum", SOURCE / "sample_data/ultrasound/SpinePhantomFreehand.igs.mha").stdout.split()[0]
        self.assertIn(digest, self.chain.stdout)

    def test_its_python_example_reads_the_volume(self):
        block = re.search(r"```python\n(.*?)```", (SOURCE / "README.md").read_text(), re.DOTALL).group(1)
        done = run("/usr/bin/python3", "-c", block + "\nprint(voxels.shape, spacing_mm)", cwd=self.folder)
        if "No module named 'h5py'" in done.stderr:
            self.skipTest("python3-h5py is not installed")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("[0.5 0.5 0.5]", done.stdout)

    def test_the_examples_of_every_tool_run_where_the_chain_has_run(self):
        tried = 0
        for tool in sorted(p for p in BIN.glob("snitt-*")):
            for example in json.loads(run(tool, "--describe").stdout)["examples"]:
                with self.subTest(command=example["command"]):
                    words = shlex.split(example["command"])
                    # The chain's own outputs stand there already; an example shows the command as it is first typed.
                    more = ["--overwrite"] if "-o" in words else []
                    done = run(*words, *more, cwd=self.folder)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    tried += 1
        self.assertGreaterEqual(tried, 7, "each tool has at least one example")

    def test_the_commands_of_its_history_rebuild_the_same_bytes(self):
        history = run("snitt-info", "--history", "volume.h5", cwd=self.folder).stdout
        script = []
        files = {run("sha256sum", f).stdout.split()[0]: f for f in (SOURCE / "sample_data/ultrasound").iterdir()}
        for line in history.splitlines():
            given = re.match(r"# (INPUT-\d+) has SHA-256 ([0-9a-f]{64})", line)
            if given:
                os.symlink(files[given.group(2)], self.folder / given.group(1))
            elif not line.startswith("#"):
                script.append(line)
        done = run("bash", "-euc", "\n".join(script), cwd=self.folder)
        self.assertEqual(done.returncode, 0, history + done.stderr)
        self.assertEqual((self.folder / "OUTPUT").read_bytes(), (self.folder / "volume.h5").read_bytes())


main()
