"""Deformable registration of pairs whose contrast differs: error against that of the same pair with equal contrast.

usage: multimodal_registration.py --bin build/release/bin [--data ../shared/data/registration] [--seed 1]
                                  [--anatomy brain|brain-2mm|lung ...] [--contrast NAME ...] [--metric auto|mi ...]

The moving image is the given one (ch2_ffd/fixed.mha, the lung CT) with its contrast remapped; the fixed image is the
given one pulled through a seeded smooth field u, so that p -> p + u(p) from fixed to moving is known everywhere. u is a
cubic B-spline with control points 40 mm apart. Both images get noise of their own, 2 % of the range, in every pair.
TRE at 300 seeded points in the object. Without options: brain-2mm and lung with all contrasts and both metrics, and the
brain at full size with four contrasts and `auto`.
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import zlib

import numpy

CONTROL_MM = 40
POINTS = 300
ANATOMIES = {"brain": ("ch2_ffd/fixed.mha", None, 1), "brain-2mm": ("ch2_ffd/fixed.mha", None, 2),
             "lung": ("lung/baseline_3DCT_lung.mha", (-1000, 400), 1)}
RISES_FALLS_RISES = ((0, 0.35, 0.65, 1), (0, 0.8, 0.3, 1))
# From values of 0 to 1 and a smooth bias of -1 to 1 to values of the moving image.
CONTRASTS = {"same": lambda v, bias: v,
             "noise 8 %": lambda v, bias: v,
             "bias ±30 %": lambda v, bias: v * (1 + 0.3 * bias),
             "inverted": lambda v, bias: 1 - v,
             "inverted, bias ±30 %": lambda v, bias: (1 - v) * (1 + 0.3 * bias),
             "gamma 2.2": lambda v, bias: v ** 2.2,
             "non-monotonic": lambda v, bias: numpy.interp(v, *RISES_FALLS_RISES)}
TYPES = {"MET_UCHAR": "u1", "MET_SHORT": "<i2", "MET_FLOAT": "<f4"}


def read_image(path):
    """Values [z, y, x], spacing and origin in mm, x first; an image along the axes."""
    content = path.read_bytes()
    end = content.index(b"\n", content.index(b"ElementDataFile")) + 1
    header = dict(line.split(" = ", 1) for line in content[:end].decode().splitlines())
    data = content[end:]
    if header.get("CompressedData", "False").strip() == "True":
        data = zlib.decompress(data)
    size = [int(n) for n in header["DimSize"].split()]
    values = numpy.frombuffer(data, TYPES[header["ElementType"].strip()]).reshape(size[::-1]).astype(numpy.float32)
    return values, numpy.array(header["ElementSpacing"].split(), float), numpy.array(header["Offset"].split(), float)


def write_image(path, values, spacing, origin):
    with path.open("wb") as file:
        file.write(("ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
                    "CompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\n"
                    "Offset = {!r} {!r} {!r}\n".format(*map(float, origin)) +
                    "ElementSpacing = {!r} {!r} {!r}\n".format(*map(float, spacing)) +
                    "DimSize = {} {} {}\n".format(*values.shape[::-1]) +
                    "ElementType = MET_FLOAT\nElementDataFile = LOCAL\n").encode())
        file.write(numpy.ascontiguousarray(values, "<f4").tobytes())


def halved(values):
    """Means of blocks of 2 x 2 x 2 voxels."""
    size = [n // 2 for n in values.shape]
    cut = values[:2 * size[0], :2 * size[1], :2 * size[2]]
    return cut.reshape(size[0], 2, size[1], 2, size[2], 2).mean(axis=(1, 3, 5), dtype=numpy.float32)


def spline_weights(mm, count):
    """Weights of `count` control points, the first one spacing before 0, at places in mm from the origin."""
    where = numpy.abs(numpy.asarray(mm)[:, None] / CONTROL_MM + 1 - numpy.arange(count)[None, :])
    return numpy.where(where < 1, 2 / 3 - where ** 2 + where ** 3 / 2,
                       numpy.clip(2 - where, 0, None) ** 3 / 6).astype(numpy.float32)


class Field:
    """A smooth field of up to `most` mm over a box of `extent` mm that begins at `origin`."""

    def __init__(self, random, origin, extent, most):
        self.origin = origin
        self.count = [int(e // CONTROL_MM) + 4 for e in extent]
        self.control = random.uniform(-1, 1, (3, *self.count)).astype(numpy.float32)
        axes = [numpy.arange(0, e, 4) for e in extent]
        self.control *= most / numpy.sqrt((self.on_grid(axes) ** 2).sum(axis=0).max())

    def on_grid(self, axes):
        """[component, z, y, x] at a grid of mm from the origin."""
        x, y, z = (spline_weights(a, n) for a, n in zip(axes, self.count))
        return numpy.einsum("xi,yj,zk,cijk->czyx", x, y, z, self.control, optimize=True)

    def at(self, points):
        x, y, z = (spline_weights(points[:, a] - self.origin[a], self.count[a]) for a in range(3))
        return numpy.einsum("ni,nj,nk,cijk->nc", x, y, z, self.control, optimize=True)


def pulled(values, spacing, field):
    """values at p + u(p) for every voxel p, linear between voxels, the rim's value outside."""
    axes = [numpy.arange(n) * s for n, s in zip(values.shape[::-1], spacing)]
    result = numpy.empty_like(values)
    limit = numpy.array(values.shape[::-1])
    for first in range(0, values.shape[0], 16):  # slabs, for memory
        u = field.on_grid([axes[0], axes[1], axes[2][first:first + 16]])
        z, y, x = numpy.meshgrid(axes[2][first:first + 16], axes[1], axes[0], indexing="ij")
        where = [numpy.clip((p + v) / s, 0, n - 1) for p, v, s, n in zip((x, y, z), u, spacing, limit)]
        low = [numpy.minimum(w.astype(int), n - 2) for w, n in zip(where, limit)]
        part = [w - l for w, l in zip(where, low)]
        total = 0
        for i, j, k in numpy.ndindex(2, 2, 2):
            weight = 1
            for step, p in zip((i, j, k), part):
                weight = weight * (p if step else 1 - p)
            total = total + weight * values[low[2] + k, low[1] + j, low[0] + i]
        result[first:first + 16] = total
    return result


def bias_of(shape):
    """A smooth product of waves, -1 to 1."""
    z, y, x = (numpy.cos(numpy.linspace(0.3, 4 - 0.4 * a, n)) for a, n in enumerate(shape))
    return (z[:, None, None] * y[None, :, None] * x[None, None, :]).astype(numpy.float32)


class Pairs:
    """Pairs of one anatomy: the same field and fixed image for every contrast."""

    def __init__(self, data, anatomy, seed, most):
        name, window, shrink = ANATOMIES[anatomy]
        values, self.spacing, self.origin = read_image(data / name)
        if shrink == 2:
            values, self.origin, self.spacing = halved(values), self.origin + self.spacing / 2, self.spacing * 2
        low, high = window or (values.min(), values.max())
        self.values = numpy.clip((values - low) / (high - low), 0, 1)
        random = numpy.random.default_rng(seed)
        extent = (numpy.array(values.shape[::-1]) - 1) * self.spacing
        field = Field(random, self.origin, extent, most)
        self.fixed = pulled(self.values, self.spacing, field)
        self.noise = [random.standard_normal(values.shape, dtype=numpy.float32) for _ in range(2)]
        inside = numpy.argwhere(self.fixed > 0.15)[:, ::-1] * self.spacing
        margin = most + 8
        inside = inside[((inside > margin) & (inside < extent - margin)).all(axis=1)]
        points = inside[random.choice(len(inside), POINTS, replace=False)] + self.origin
        self.truth = numpy.hstack([points, points + field.at(points)])

    def write(self, folder, contrast):
        moving = CONTRASTS[contrast](self.values, bias_of(self.values.shape))
        level = 0.08 if contrast.startswith("noise") else 0.02
        write_image(folder / "fixed.mha", 1000 * (self.fixed + level * self.noise[0]), self.spacing, self.origin)
        write_image(folder / "moving.mha", 1000 * (moving + level * self.noise[1]), self.spacing, self.origin)
        numpy.savetxt(folder / "truth.csv", self.truth, delimiter=",", header="fx,fy,fz,mx,my,mz", comments="", fmt="%.6f")


def run(command, folder):
    done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: status {done.returncode}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


def children_seconds():
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


def register(bin_folder, folder, metric, threads):
    before = children_seconds()
    said = run([bin_folder / "snitt-register-images", "fixed.mha", "moving.mha", "--model", "deformable",
                "--deformable-metric", metric, "-t", threads, "-q", "--json", "--overwrite", "-o", "map.h5"], folder)
    seconds = children_seconds() - before
    error = run([bin_folder / "snitt-registration-error", "--transforms", "map.h5", "--landmark-pairs", "truth.csv",
                 "-q", "--json"], folder)["landmarks"]
    return {"before_mm": error["before"]["mean_mm"], "mean_mm": error["tre"]["mean_mm"],
            "max_mm": error["tre"]["max_mm"], "cpu_s": seconds, "verdict": said.get("verdict", ""),
            "method": said.get("method", "")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    shared = os.environ.get("SNITT_SHARED_DATA", "../shared/data")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(shared) / "registration")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most-mm", type=float, default=8, help="greatest displacement of the field")
    parser.add_argument("--anatomy", action="append", choices=ANATOMIES)
    parser.add_argument("--contrast", action="append", choices=CONTRASTS)
    parser.add_argument("--metric", action="append", choices=("auto", "lcc", "lc2", "ngf", "mi", "ssd"))
    parser.add_argument("--threads", default="1")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    data, bin_folder = arguments.data.resolve(), arguments.bin.resolve()
    if not data.is_dir():
        sys.exit(f"{data}: expected the folder of images: say where with --data or $SNITT_SHARED_DATA")
    rows = []
    for anatomy in arguments.anatomy or ("lung", "brain-2mm", "brain"):
        quick = anatomy == "brain" and not arguments.anatomy
        contrasts = list(arguments.contrast or (("same", "inverted", "gamma 2.2", "non-monotonic") if quick else CONTRASTS))
        if contrasts[0] != "same":
            contrasts.insert(0, "same")
        pairs = Pairs(data, anatomy, arguments.seed, arguments.most_mm)
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for contrast in contrasts:
                pairs.write(folder, contrast)
                for metric in arguments.metric or (("auto",) if quick else ("auto", "mi")):
                    rows.append({"anatomy": anatomy, "contrast": contrast, "metric": metric,
                                 **register(bin_folder, folder, metric, arguments.threads)})
                    print("{anatomy} {contrast} {metric}: mean {mean_mm:.3f} max {max_mm:.3f} mm, {cpu_s:.1f} s, {method}, "
                          "{verdict}".format(**rows[-1]), file=sys.stderr, flush=True)
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return
    print("| anatomy | moving image | metric | before, mm | mean TRE, mm | max TRE, mm | × mono-modal | CPU s | verdict |")
    print("|---|---|---|---:|---:|---:|---:|---:|---|")
    for row in rows:
        # The reference is the pair of equal contrast with the first metric: for `mi` that is the stricter one.
        own = next(r for r in rows if r["anatomy"] == row["anatomy"] and r["contrast"] == "same")
        print("| {anatomy} | {contrast} | {metric} | {before_mm:.2f} | {mean_mm:.3f} | {max_mm:.2f} |".format(**row),
              "{:.2f} | {:.1f} | {} |".format(row["mean_mm"] / own["mean_mm"], row["cpu_s"], row["verdict"]))


if __name__ == "__main__":
    main()
