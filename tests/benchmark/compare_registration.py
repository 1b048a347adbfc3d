"""Rigid registration by Snitt, elastix and plastimatch on the same pairs in one run: target error, CPU time, memory.

usage: compare_registration.py --bin build/release/bin [--data ../shared/data/registration] [--json]

Pairs with known truth (truth_points.csv: fixed and moving points in LPS mm) of the shared data. CPU seconds are those of
the whole process, reading and writing included. A peer that is not installed is left out.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile

import numpy

ELASTIX = """(FixedInternalImagePixelType "float") (MovingInternalImagePixelType "float")
(Registration "MultiResolutionRegistration") (Interpolator "BSplineInterpolator") (BSplineInterpolationOrder 1)
(ResampleInterpolator "FinalBSplineInterpolator") (Resampler "DefaultResampler")
(FixedImagePyramid "FixedSmoothingImagePyramid") (MovingImagePyramid "MovingSmoothingImagePyramid")
(Optimizer "AdaptiveStochasticGradientDescent") (Transform "EulerTransform") (Metric "AdvancedMattesMutualInformation")
(AutomaticScalesEstimation "true") (AutomaticTransformInitialization "false") (HowToCombineTransforms "Compose")
(NumberOfHistogramBins 32) (NumberOfResolutions 3) (MaximumNumberOfIterations 500) (NumberOfSpatialSamples 4096)
(NewSamplesEveryIteration "true") (ImageSampler "RandomCoordinate") (ErodeMask "false") (WriteResultImage "false")
(FixedImageDimension 3) (MovingImageDimension 3) (UseDirectionCosines "true") (DefaultPixelValue 0)
"""
PLASTIMATCH = """[GLOBAL]
fixed={fixed}
moving={moving}
xform_out={out}
"""
PLASTIMATCH_STAGE = """[STAGE]
xform=rigid
optim=versor
impl=itk
metric=mi
max_its=100
res={0} {0} {0}
"""


def measured(command):
    """CPU seconds and peak MB of one run, and its output."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
        use = resource.getrusage(resource.RUSAGE_CHILDREN)
        with os.fdopen(write, "w") as out:
            json.dump([done.returncode, done.stdout, done.stderr[-2000:], use.ru_utime + use.ru_stime,
                       use.ru_maxrss / 1024], out)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as result:
        status, output, errors, seconds, megabytes = json.load(result)
    os.waitpid(child, 0)
    if status != 0:
        raise RuntimeError(f"{command[0]}: status {status}\n{errors}")
    return seconds, megabytes, output


def error_of(matrix, points):
    mapped = points[:, :3] @ matrix[:3, :3].T + matrix[:3, 3]
    distance = numpy.linalg.norm(mapped - points[:, 3:6], axis=1)
    return distance.mean(), distance.max()


def about_center(linear, translation, center):
    """y = A (x - c) + c + t as a 4x4 matrix."""
    matrix = numpy.eye(4)
    matrix[:3, :3] = linear
    matrix[:3, 3] = translation + center - linear @ center
    return matrix


def euler(a, b, c):
    """Rz Rx Ry, as itk::Euler3DTransform has it by default."""
    ca, cb, cc, sa, sb, sc = (*numpy.cos([a, b, c]), *numpy.sin([a, b, c]))
    rx = numpy.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]])
    ry = numpy.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    rz = numpy.array([[cc, -sc, 0], [sc, cc, 0], [0, 0, 1]])
    return rz @ rx @ ry


def snitt(bin_folder, fixed, moving, folder, options):
    seconds, megabytes, output = measured([bin_folder / "snitt-register-images", fixed, moving, "-q", "--json",
                                           "--overwrite", "-o", folder / "snitt.h5", *options])
    return numpy.array(json.loads(output)["matrix"]).reshape(4, 4), seconds, megabytes


def elastix(fixed, moving, folder):
    (folder / "rigid.txt").write_text(ELASTIX.replace(") (", ")\n("))
    seconds, megabytes, _ = measured(["elastix", "-f", fixed, "-m", moving, "-out", folder, "-p", folder / "rigid.txt"])
    fields = {}
    for line in (folder / "TransformParameters.0.txt").read_text().splitlines():
        if line.startswith("("):
            name, *values = line.strip("()").split()
            fields[name] = values
    p = numpy.array([float(v) for v in fields["TransformParameters"]])
    center = numpy.array([float(v) for v in fields["CenterOfRotationPoint"]])
    return about_center(euler(*p[:3]), p[3:], center), seconds, megabytes


def plastimatch(fixed, moving, folder, steps):
    (folder / "plan.txt").write_text(PLASTIMATCH.format(fixed=fixed, moving=moving, out=folder / "plm.txt") +
                                     "".join(PLASTIMATCH_STAGE.format(step) for step in steps))
    seconds, megabytes, _ = measured(["plastimatch", "register", folder / "plan.txt"])
    fields = dict(line.split(": ", 1) for line in (folder / "plm.txt").read_text().splitlines() if ": " in line)
    p = numpy.array([float(v) for v in fields["Parameters"].split()])
    center = numpy.array([float(v) for v in fields["FixedParameters"].split()])
    x, y, z = p[:3]
    w = numpy.sqrt(max(0, 1 - x * x - y * y - z * z))
    linear = numpy.array([[1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                          [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                          [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]])
    return about_center(linear, p[3:6], center), seconds, megabytes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    shared = os.environ.get("SNITT_SHARED_DATA", "../shared/data")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(shared) / "registration")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    data = arguments.data.resolve()
    pairs = {"ch2_rigid": (data / "ch2_rigid/fixed.mha", data / "ch2_rigid/moving.mha", []),
             "simus_mr": (data / "simus_mr/fixed.mha", data / "ch2_ffd/moving.mha", ["--metric", "lc2"])}
    rows = []
    for name, (fixed, moving, options) in pairs.items():
        points = numpy.genfromtxt(data / name / "truth_points.csv", delimiter=",", skip_header=1)
        programs = {"snitt": lambda folder: snitt(arguments.bin, fixed, moving, folder, options),
                    "snitt --preset accurate":
                        lambda folder: snitt(arguments.bin, fixed, moving, folder, [*options, "--preset", "accurate"])}
        if options:
            programs["snitt --metric mi"] = lambda folder: snitt(arguments.bin, fixed, moving, folder, [])
        if shutil.which("elastix"):
            programs["elastix"] = lambda folder: elastix(fixed, moving, folder)
        if shutil.which("plastimatch"):
            programs["plastimatch, every voxel"] = lambda folder: plastimatch(fixed, moving, folder, (4, 2, 1))
            programs["plastimatch, every second"] = lambda folder: plastimatch(fixed, moving, folder, (4, 2))
        for program, register in programs.items():
            with tempfile.TemporaryDirectory() as folder:
                try:
                    matrix, seconds, megabytes = register(pathlib.Path(folder))
                except RuntimeError as error:
                    print(error)
                    continue
            mean, largest = error_of(matrix, points)
            rows.append({"pair": name, "program": program, "mean_mm": mean, "max_mm": largest, "cpu_s": seconds,
                         "memory_mb": megabytes})
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return
    print("| pair | program | mean TRE, mm | max TRE, mm | CPU s | MB | error / Snitt's | CPU / Snitt's |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        own = next(r for r in rows if r["pair"] == row["pair"])
        print("| {pair} | {program} | {mean_mm:.4f} | {max_mm:.4f} | {cpu_s:.2f} | {memory_mb:.0f} |".format(**row),
              "{:.2f} | {:.1f} |".format(row["mean_mm"] / own["mean_mm"], row["cpu_s"] / own["cpu_s"]))


if __name__ == "__main__":
    main()
