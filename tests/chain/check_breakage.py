"""Broken inputs, disks and processes: the old output or none, a documented status, one line that names file and object."""
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import time

from chain import DATA, SWEEP, ChainTest, environment, main, run

RECONSTRUCT = ("snitt-reconstruct-ultrasound", "sweep.h5", "--image-to", "Reference", "--spacing-mm", "0.5")


class Breakage(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_sweep()
        cls.must(*RECONSTRUCT, "-o", "volume.h5")

    def assert_refused(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertRegex(done.stderr, r"^snitt-[a-z-]+: error: ")
        for word in words:
            self.assertIn(word, done.stderr)

    def leftovers(self, folder):
        return sorted(p.name for p in pathlib.Path(folder).iterdir())

    def test_a_job_killed_at_any_moment_leaves_the_old_file_or_a_whole_new_one(self):
        folder = self.folder / "kill"
        folder.mkdir()
        output = folder / "out.h5"
        chance = random.Random(7)
        commands = [RECONSTRUCT, ("snitt-import", SWEEP), ("snitt-export", "volume.h5", "--overwrite")]
        lasts = {}
        for i in range(60):
            command = commands[i % len(commands)]
            target = output if command[0] != "snitt-export" else folder / "out.nrrd"
            if i % 6 < 3:
                target.unlink(missing_ok=True)
            else:
                target.write_bytes(b"old")
            how = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP)[i % 4]
            process = subprocess.Popen([*map(str, command), "-o", str(target), "--overwrite", "-q"], cwd=self.folder,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
            time.sleep(chance.uniform(0, lasts.get(command[0], 0.5)))
            process.send_signal(how)
            status = process.wait()
            if status == 0:
                lasts.setdefault(command[0], 0.3)
            self.assertIn(status, (0, 128 + how, -how), command)
            if how != signal.SIGKILL:  # after KILL a hidden temporary may stay; nothing can tidy up then
                self.assertEqual([n for n in self.leftovers(folder) if "unfinished" in n], [], (command, how))
            for stray in folder.glob(".*unfinished*"):
                stray.unlink()
            if target.exists() and target.read_bytes() != b"old" and target.suffix == ".h5":
                self.must("snitt-check", target)

    def test_a_quota_leaves_the_old_file(self):
        (self.folder / "quota.h5").write_bytes(b"old")
        for limit in (0, 4096, 100000):
            def limited():
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            for command in (RECONSTRUCT, ("snitt-import", SWEEP)):
                done = run(*command, "-o", "quota.h5", "--overwrite", cwd=self.folder, preexec=limited)
                self.assert_refused(done, 4, "quota.h5")
                self.assertEqual((self.folder / "quota.h5").read_bytes(), b"old")
        self.assertEqual([n for n in self.leftovers(self.folder) if "unfinished" in n], [])

    def test_a_full_disk_leaves_the_old_file(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True).returncode != 0:
            self.skipTest("a small disk can be mounted by root only")
        try:
            for name, command in (("v.h5", RECONSTRUCT), ("s.h5", ("snitt-import", SWEEP)), ("v.nrrd", ("snitt-export", "volume.h5")), ("v.png", ("snitt-export", "volume.h5")), ("v.igs.mha", ("snitt-export", "sweep.h5"))):
                (disk / name).write_bytes(b"old")
                done = run(*command, "-o", disk / name, "--overwrite", cwd=self.folder)
                self.assert_refused(done, 4, name)
                self.assertEqual((disk / name).read_bytes(), b"old")
                (disk / name).unlink()
                self.assertEqual(self.leftovers(disk), [])
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_a_read_only_folder_is_refused_before_any_work(self):
        disk = self.folder / "readonly"
        disk.mkdir()
        if os.geteuid() == 0:
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", disk], capture_output=True).returncode != 0:
                self.skipTest("no read-only disk can be mounted here")
        else:
            disk.chmod(0o500)
        try:
            started = time.monotonic()
            self.assert_refused(run(*RECONSTRUCT, "-o", disk / "v.h5", cwd=self.folder), 4, "v.h5")
            self.assertLess(time.monotonic() - started, 1.0)
        finally:
            if os.geteuid() == 0:
                subprocess.run(["umount", disk], check=True)
            else:
                disk.chmod(0o700)

    def test_truncated_inputs_are_named(self):
        for name, command in (("sweep.h5", RECONSTRUCT), ("s.igs.mha", ("snitt-import", "s.igs.mha"))):
            good = (self.folder / "sweep.h5").read_bytes() if name == "sweep.h5" else SWEEP.read_bytes()
            folder = self.folder / ("cut-" + name)
            folder.mkdir()
            for share in (0.001, 0.1, 0.5, 0.99):
                (folder / name).write_bytes(good[: int(share * len(good))])
                self.assert_refused(run(*command, "-o", "out.h5", cwd=folder), 3, name)
                self.assertFalse((folder / "out.h5").exists())

    def test_a_flipped_bit_anywhere_in_the_pixels_is_named(self):
        folder = self.folder / "flip"
        folder.mkdir()
        good = (self.folder / "sweep.h5").read_bytes()
        chance = random.Random(3)
        chunks = 0
        for i in range(40):
            bad = bytearray(good)
            at = chance.randrange(len(bad))
            bad[at] ^= 1 << chance.randrange(8)
            (folder / "sweep.h5").write_bytes(bad)
            done = run(*RECONSTRUCT[:-1], "2", "-q", "-o", "out.h5", "--overwrite", cwd=folder)
            if done.returncode != 0:
                self.assert_refused(done, 3, "sweep.h5")
                chunks += "/pixels chunk" in done.stderr
        self.assertGreater(chunks, 20, "pixels are most of the file")

    def test_a_recording_without_a_valid_pose_on_the_path_is_named_and_another_path_loses_no_frame(self):
        self.must("snitt-import", DATA / "NwirePhantomFreehand.igs.mha", "-o", "nwire.h5")
        shutil.copy(self.folder / "nwire.h5", self.folder / "in.h5")
        through_stylus = run("snitt-reconstruct-ultrasound", "nwire.h5", "--image-frame", "Stylus", "--image-to", "Tracker",
                             "-o", "none.h5", cwd=self.folder)
        self.assert_refused(through_stylus, 3, "StylusToTracker", "INVALID")
        self.assertFalse((self.folder / "none.h5").exists())
        calibrated = self.must("snitt-reconstruct-ultrasound", "nwire.h5", "--image-to", "Reference", "--spacing-mm", "1",
                               "--transforms", DATA / "Config_VolumeReconstruction_SpinePhantom_NN_MEAN.xml", "-o", "all.h5")
        self.assertIn("97", calibrated)


main()
