#!/usr/bin/env python3
"""Rigid registration of pairs with known truth: error from the header's position and from perturbed starts.

    registration-targets.py BIN_DIR [RUNS]

Each pair is registered once as it lies and RUNS times (8) from starts off by up to 10 mm and 10 degrees, drawn with a fixed
seed. Exit status 77 (skipped) where the shared data ($SNITT_SHARED_DATA, else ../shared/data beside the source) are absent.
"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

try:
    import numpy
except ImportError:
    print("skipped: no numpy")
    sys.exit(77)

# Pair, options, largest mean error in mm from the header, and from a perturbed start.
TARGETS = [("ch2_rigid", "ch2_rigid/moving.mha", [], 0.011, 0.02),
           ("simus_mr", "ch2_ffd/moving.mha", ["--metric", "lc2"], 1.42, 1.52)]


def register(tool, fixed, moving, folder, options):
    done = subprocess.run([tool, fixed, moving, "-q", "--json", "--overwrite", "-o", folder / "map.h5", *options],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stderr)
    found = json.loads(done.stdout)
    return numpy.array(found["matrix"]).reshape(4, 4), found["verdict"]


def perturbed(random, center, path):
    axis, shift = random.normal(size=(2, 3))
    axis /= numpy.linalg.norm(axis)
    shift *= random.uniform(0, 10) / numpy.linalg.norm(shift)
    angle = numpy.radians(random.uniform(0, 10))
    cross = numpy.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = numpy.eye(3) + numpy.sin(angle) * cross + (1 - numpy.cos(angle)) * cross @ cross
    numbers = " ".join(map(str, [*turn.ravel(), *(center + shift - turn @ center)]))
    path.write_text("#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
                    f"Parameters: {numbers}\nFixedParameters: 0 0 0\n")


def main():
    tool = pathlib.Path(sys.argv[1]).resolve() / "snitt-register-images"
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    source = pathlib.Path(__file__).resolve().parents[2]
    data = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", source.parent / "shared" / "data")) / "registration"
    if not (data / "simus_mr").exists():
        print("skipped: no", data.name, "in the shared data")
        sys.exit(77)
    failed = False
    for name, moving, options, limit, limit_off in TARGETS:
        points = numpy.genfromtxt(data / name / "truth_points.csv", delimiter=",", skip_header=1)

        def error_of(matrix):
            mapped = points[:, :3] @ matrix[:3, :3].T + matrix[:3, 3]
            return numpy.linalg.norm(mapped - points[:, 3:], axis=1).mean()

        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            images = (data / name / "fixed.mha", data / moving)
            matrix, verdict = register(tool, *images, folder, options)
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            print(f"{name}: mean error {error_of(matrix):.4f} mm (at most {limit}), {verdict}, "
                  f"{used.ru_utime + used.ru_stime:.2f} CPU s since the start")
            failed = failed or error_of(matrix) > limit
            random = numpy.random.default_rng(11)
            errors = []
            for _ in range(runs):
                perturbed(random, points[:, :3].mean(axis=0), folder / "start.tfm")
                matrix, _ = register(tool, *images, folder, [*options, "--start-transform", folder / "start.tfm"])
                errors.append(error_of(matrix))
            caught = numpy.mean(numpy.array(errors) <= limit_off)
            print(f"{name}: {caught:.0%} of {runs} perturbed starts within {limit_off} mm, median "
                  f"{numpy.median(errors):.4f}, largest {max(errors):.4f}")
            failed = failed or caught < 0.95
    sys.exit(1 if failed else 0)


main()
