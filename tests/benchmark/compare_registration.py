"""Registration by Snitt, elastix and plastimatch on the same pairs in one run: target error, CPU time, memory.

usage: compare_registration.py --bin build/release/bin [--data ../shared/data/registration] [--json]
                               [--model rigid|deformable|both] [--pair NAME ...] [--threads 1]

Pairs with known truth (truth_points.csv: fixed and moving points in LPS mm) of the shared data. CPU seconds (user and
system) are those of the whole process, reading and writing included, but not of mapping the points afterwards. A peer
that is not installed is left out. Deformable registrations of all programs begin with their own rigid stage at the
position that the headers say; on simus_mr all of them are given the mask of the ultrasound's fan: without one elastix'
B-spline runs away there. On ch2_ffd nobody has a mask.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import zlib

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
# Both peers get control points 12 mm apart on ch2_ffd, as Snitt's default preset has there; the other values are those of
# their manuals' examples. With one thread waiting threads cannot spin and count as work.
ELASTIX_BSPLINE = """(FixedInternalImagePixelType "float") (MovingInternalImagePixelType "float")
(Registration "MultiResolutionRegistration") (Interpolator "BSplineInterpolator") (BSplineInterpolationOrder 1)
(ResampleInterpolator "FinalBSplineInterpolator") (Resampler "DefaultResampler")
(FixedImagePyramid "FixedSmoothingImagePyramid") (MovingImagePyramid "MovingSmoothingImagePyramid")
(Optimizer "AdaptiveStochasticGradientDescent") (Transform "BSplineTransform") (Metric "AdvancedMattesMutualInformation")
(FinalGridSpacingInPhysicalUnits {grid}) (HowToCombineTransforms "Compose")
(NumberOfHistogramBins 32) (NumberOfResolutions 4) (MaximumNumberOfIterations 500) (NumberOfSpatialSamples 4096)
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
PLASTIMATCH_BSPLINE = """[STAGE]
xform=bspline
optim=lbfgsb
impl=plastimatch
threading=single
metric={metric}
max_its={steps}
regularization_lambda={stiffness}
grid_spac={grid} {grid} {grid}
res={res} {res} {res}
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


def elastix(fixed, moving, folder, threads):
    (folder / "rigid.txt").write_text(ELASTIX.replace(") (", ")\n("))
    seconds, megabytes, _ = measured(["elastix", "-f", fixed, "-m", moving, "-out", folder, "-p", folder / "rigid.txt",
                                      "-threads", threads])
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


def snitt_deformable(bin_folder, fixed, moving, truth, folder, options):
    """Mean and maximum TRE, CPU seconds, MB; so do the two peers below."""
    result = folder / "snitt.h5"
    seconds, megabytes, _ = measured([bin_folder / "snitt-register-images", fixed, moving, "-q", "--overwrite", "--model",
                                      "deformable", "-o", result, *options])
    _, _, output = measured([bin_folder / "snitt-registration-error", "-q", "--transforms", result, "--landmark-pairs",
                             truth, "--json"])
    found = json.loads(output)["landmarks"]["tre"]
    return found["mean_mm"], found["max_mm"], seconds, megabytes


def distances(mapped, points):
    distance = numpy.linalg.norm(mapped - points[:, 3:6], axis=1)
    return distance.mean(), distance.max()


def elastix_deformable(fixed, moving, mask, truth, folder, threads, grid):
    (folder / "rigid.txt").write_text(ELASTIX.replace(") (", ")\n("))
    (folder / "bspline.txt").write_text(ELASTIX_BSPLINE.format(grid=grid).replace(") (", ")\n("))
    seconds, megabytes, _ = measured(["elastix", "-f", fixed, "-m", moving, "-out", folder, "-p", folder / "rigid.txt",
                                      "-p", folder / "bspline.txt", "-threads", threads,
                                      *(["-fMask", mask] if mask else [])])
    points = read_points(truth)
    (folder / "points.txt").write_text(f"point\n{len(points)}\n" +
                                       "".join("{!r} {!r} {!r}\n".format(*map(float, p[:3])) for p in points))
    measured(["transformix", "-def", folder / "points.txt", "-out", folder, "-tp", folder / "TransformParameters.1.txt"])
    mapped = [line.split("OutputPoint = [")[1].split("]")[0].split()
              for line in (folder / "outputpoints.txt").read_text().splitlines()]
    return *distances(numpy.array(mapped, float), points), seconds, megabytes


def vectors_at(path, places):
    """Displacements (mm) of a MetaImage vector field along the axes at places (mm), linear between voxels."""
    content = path.read_bytes()
    end = content.index(b"\n", content.index(b"ElementDataFile")) + 1
    header = dict(line.split(" = ", 1) for line in content[:end].decode().splitlines())
    size = [int(n) for n in header["DimSize"].split()]
    data = content[end:]
    if header.get("CompressedData", "False").strip() == "True":
        data = zlib.decompress(data)
    field = numpy.frombuffer(data, "<f4").reshape(*size[::-1], 3)
    where = (places - numpy.array(header["Offset"].split(), float)) / numpy.array(header["ElementSpacing"].split(), float)
    low = numpy.clip(numpy.floor(where).astype(int), 0, numpy.array(size) - 2)
    part = where - low
    moved = numpy.zeros_like(where)
    for corner in numpy.ndindex(2, 2, 2):
        weight = numpy.prod(numpy.where(corner, part, 1 - part), axis=1)
        x, y, z = (low + corner).T
        moved += weight[:, None] * field[z, y, x]
    return moved


def plastimatch_deformable(fixed, moving, mask, truth, folder, metric, grid):
    stages = "".join(PLASTIMATCH_BSPLINE.format(metric=metric, steps=steps, grid=factor * grid, res=res,
                                                stiffness=0.005 if metric == "mse" else 0.00001)
                     for res, factor, steps in ((4, 3, 60), (2, 2, 60), (1, 1, 40)))
    (folder / "plan.txt").write_text(PLASTIMATCH.format(fixed=fixed, moving=moving, out=folder / "plm.txt") +
                                     (f"fixed_roi={mask}\n" if mask else "") +
                                     "".join(PLASTIMATCH_STAGE.format(step) for step in (4, 2)) + stages)
    seconds, megabytes, _ = measured(["plastimatch", "register", folder / "plan.txt"])
    measured(["plastimatch", "xf-convert", "--input", folder / "plm.txt", "--output", folder / "field.mha",
              "--output-type", "vf", "--fixed", fixed])
    points = read_points(truth)
    return *distances(points[:, :3] + vectors_at(folder / "field.mha", points[:, :3]), points), seconds, megabytes


def read_points(path):
    """N x 6: fixed and moving points, LPS mm."""
    return numpy.genfromtxt(path, delimiter=",", skip_header=1)


def rigid_programs(name, data, arguments):
    """What is run on a pair: names, and functions from a folder to mean and maximum TRE, CPU seconds and MB."""
    fixed, moving, options = {"ch2_rigid": (data / "ch2_rigid/fixed.mha", data / "ch2_rigid/moving.mha", []),
                              "simus_mr": (data / "simus_mr/fixed.mha", data / "ch2_ffd/moving.mha",
                                           ["--metric", "lc2"])}[name]
    points = read_points(data / name / "truth_points.csv")

    def judged(found):
        matrix, seconds, megabytes = found
        return *error_of(matrix, points), seconds, megabytes

    threads = ["-t", arguments.threads]
    ways = {"snitt": options, "snitt --preset accurate": [*options, "--preset", "accurate"]}
    if options:
        ways["snitt --metric mi"] = []
    programs = {way: lambda folder, more=more: judged(snitt(arguments.bin, fixed, moving, folder, [*threads, *more]))
                for way, more in ways.items()}
    programs["elastix"] = lambda folder: judged(elastix(fixed, moving, folder, arguments.threads))
    programs["plastimatch, every voxel"] = lambda folder: judged(plastimatch(fixed, moving, folder, (4, 2, 1)))
    programs["plastimatch, every second"] = lambda folder: judged(plastimatch(fixed, moving, folder, (4, 2)))
    return programs


def deformable_programs(name, data, arguments):
    fixed, moving = data / name / "fixed.mha", data / "ch2_ffd/moving.mha"
    truth = data / name / "truth_points.csv"
    mask = data / "simus_mr/mask.mha" if name == "simus_mr" else None
    options, grid, metrics = {"ch2_ffd": ([], 12, ("mse", "mi")), "simus_mr": (["--metric", "lc2"], 16, ("mi",))}[name]
    options = ["-t", arguments.threads, *options]
    programs = {"snitt": lambda folder: snitt_deformable(arguments.bin, fixed, moving, truth, folder,
                                                         [*options, *(["--fixed-mask", mask] if mask else [])])}
    if mask:
        programs["snitt, no mask"] = lambda folder: snitt_deformable(arguments.bin, fixed, moving, truth, folder, options)
    programs["elastix, B-spline MI"] = lambda folder: elastix_deformable(fixed, moving, mask, truth, folder,
                                                                         arguments.threads, grid)
    for metric in metrics:
        programs[f"plastimatch, B-spline {metric.upper()}"] = \
            lambda folder, metric=metric: plastimatch_deformable(fixed, moving, mask, truth, folder, metric, grid)
    return programs


def measure(model, name, programs, wanted):
    rows = []
    for program, register in programs.items():
        executable = program.split(" ")[0].rstrip(",")
        if wanted and executable not in wanted or executable != "snitt" and not shutil.which(executable):
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                mean, largest, seconds, megabytes = register(pathlib.Path(folder))
            except RuntimeError as error:
                print(error, file=sys.stderr)
                continue
        rows.append({"model": model, "pair": name, "program": program, "mean_mm": mean, "max_mm": largest,
                     "cpu_s": seconds, "memory_mb": megabytes})
        print("{model} {pair} {program}: mean {mean_mm:.4f} max {max_mm:.4f} mm, {cpu_s:.1f} s, {memory_mb:.0f} MB"
              .format(**rows[-1]), file=sys.stderr, flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    shared = os.environ.get("SNITT_SHARED_DATA", "../shared/data")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(shared) / "registration")
    parser.add_argument("--model", choices=("rigid", "deformable", "both"), default="both")
    parser.add_argument("--pair", action="append", choices=("ch2_rigid", "ch2_ffd", "simus_mr"),
                        help="only this pair (may be repeated)")
    parser.add_argument("--program", action="append", choices=("snitt", "elastix", "plastimatch"),
                        help="only this program (may be repeated)")
    parser.add_argument("--threads", default="1", help="of Snitt and elastix (plastimatch: OMP_NUM_THREADS)")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", arguments.threads)
    data = arguments.data.resolve()
    if not data.is_dir():
        sys.exit(f"{data}: expected the folder of pairs: say where with --data or $SNITT_SHARED_DATA")
    models = {"rigid": (("ch2_rigid", "simus_mr"), rigid_programs),
              "deformable": (("ch2_ffd", "simus_mr"), deformable_programs)}
    rows = []
    for model, (names, programs) in models.items():
        for name in names:
            if arguments.model in (model, "both") and (not arguments.pair or name in arguments.pair):
                rows += measure(model, name, programs(name, data, arguments), arguments.program)
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return
    print("| model | pair | program | mean TRE, mm | max TRE, mm | CPU s | MB | error / Snitt's | CPU / Snitt's |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        own = next(r for r in rows if (r["model"], r["pair"]) == (row["model"], row["pair"]))
        line = "| {model} | {pair} | {program} | {mean_mm:.4f} | {max_mm:.4f} | {cpu_s:.2f} | {memory_mb:.0f} |"
        print(line.format(**row),
              "{:.2f} | {:.1f} |".format(row["mean_mm"] / own["mean_mm"], row["cpu_s"] / own["cpu_s"]))


if __name__ == "__main__":
    main()
