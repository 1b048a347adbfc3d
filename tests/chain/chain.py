"""Running the built tools on the sample data, in a folder that goes away; shared by the tests of the chain."""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

parser = argparse.ArgumentParser()
parser.add_argument("--bin", type=pathlib.Path, required=True, help="folder of the built tools")
parser.add_argument("--source", type=pathlib.Path, required=True, help="top folder of the project")
parser.add_argument("--itk-reader", type=pathlib.Path, required=True)
arguments, rest = parser.parse_known_args()
BIN = arguments.bin.resolve()
SOURCE = arguments.source.resolve()
DATA = SOURCE / "sample_data" / "ultrasound"
SWEEP = DATA / "SpinePhantomFreehand.igs.mha"
CONFIG = DATA / "Config_VolumeReconstruction_SpinePhantom_NN_MEAN.xml"


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SNITT_", "OMP_", "SLURM_"))}
    return {**kept, "PATH": f"{BIN}:{kept['PATH']}", "SOURCE_DATE_EPOCH": "1767225600", **more}


def run(*words, cwd=None, timeout=300, preexec=None, **more):
    return subprocess.run([str(w) for w in words], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=timeout, preexec_fn=preexec, env=environment(**more))


class ChainTest(unittest.TestCase):
    """Each test class works in one folder of its own."""

    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="snitt-chain-")
        cls.folder = pathlib.Path(cls._folder.name)

    @classmethod
    def tearDownClass(cls):
        cls._folder.cleanup()

    @classmethod
    def must(cls, *words, **more):
        done = run(*words, cwd=cls.folder, **more)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))}\nstatus {done.returncode}\n{done.stderr}")
        return done.stdout

    @classmethod
    def make_sweep(cls):
        cls.must("snitt-import", SWEEP, "--static-transforms", CONFIG, "-o", "sweep.h5")


def main():
    unittest.main(argv=[sys.argv[0], *rest], verbosity=1)
