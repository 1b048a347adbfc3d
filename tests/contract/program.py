"""Running programs and reading what they declare; shared by the contract tests."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import unittest


def folder(text):
    return pathlib.Path(text).resolve()


parser = argparse.ArgumentParser()
parser.add_argument("--bin", type=folder, required=True, help="folder of the built tools")
parser.add_argument("--rehearsal", type=folder, required=True, help="folder of snitt-rehearse")
parser.add_argument("--schemas", type=folder, required=True)
arguments, rest = parser.parse_known_args()
REHEARSE = arguments.rehearsal / "snitt-rehearse"


def clean_environment(**more):
    """No SNITT_ variable of the person who runs the tests may change the outcome."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SNITT_") and k not in ("OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK")}
    return {**kept, **more}


def run(program, *words, cwd=None, stdout=subprocess.PIPE, timeout=60, **environment):
    return subprocess.run([str(program), *map(str, words)], cwd=cwd, stdin=subprocess.DEVNULL, stdout=stdout,
                          stderr=subprocess.PIPE, text=True, timeout=timeout, env=clean_environment(**environment))


def tools_in(folder):
    return sorted(p for p in folder.glob("snitt-*") if p.is_file() and os.access(p, os.X_OK))


def describe(program):
    return json.loads(run(program, "--describe").stdout)


def words_for(option):
    """Valid words for an option, other than its default where there is a choice."""
    kind = option["kind"]
    if kind == "choice":
        others = [c["name"] for c in option["choices"] if c["name"] != option.get("default")]
        return [others[0]]
    if kind in ("number", "whole", "numbers"):
        low, high = option.get("lowest"), option.get("highest")
        if low is not None and high is not None:
            value = low + 1 if low + 1 <= high else (low + high) / 2
        else:
            value = low + 1 if low is not None else high - 1 if high is not None else 2
        return [format(int(value) if value == int(value) else value)] * option.get("count", 1)
    return ["word"]


def main():
    unittest.main(argv=[sys.argv[0], *rest], verbosity=1)
