"""A probe calibrated with a point or a wall puts a sphere of another recording where it is; its report is drawn; and
options of another target are refused."""
import array
import gzip
import json
import math
import re
import zlib

from chain import SOURCE, ChainTest, main, run

PHANTOMS = SOURCE / "sample_data" / "phantoms"
IMAGE = ["--columns", 240, "--rows", 200, "--pixel-size-mm", 0.2]
CENTRE_MM = (3.0, -4.0, 5.0)
RADIUS_MM = 8.0
TARGETS = {"point": "crossed-wires.json", "wall": "single-wall.json"}


def read_mha(path):
    """Values, size, origin and spacing of a volume of bytes."""
    data = path.read_bytes()
    head, _, rest = data.partition(b"ElementDataFile = LOCAL\n")
    keys = dict(re.findall(r"(\w+) = (.*)", head.decode("latin1")))
    if keys.get("CompressedData", "False").lower() == "true":
        rest = zlib.decompress(rest) if not rest.startswith(b"\x1f\x8b") else gzip.decompress(rest)
    numbers = lambda key: [float(x) for x in keys[key].split()]
    assert keys["ElementType"] == "MET_UCHAR", keys["ElementType"]
    return array.array("B", rest), [int(x) for x in numbers("DimSize")], numbers("Offset"), numbers("ElementSpacing")


def centre_of_sphere(path):
    """Mean of the voxels brighter than half way; the sphere is 200 in 10."""
    values, (nx, ny, _), origin, spacing = read_mha(path)
    sums, count = [0, 0, 0], 0
    for i, value in enumerate(values):
        if value > 105:
            for axis, index in enumerate((i % nx, i // nx % ny, i // (nx * ny))):
                sums[axis] += index
            count += 1
    return [origin[a] + spacing[a] * sums[a] / count for a in range(3)], count * math.prod(spacing)


class TargetCalibration(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        scene = {"name": "one sphere", "background": 10, "center_mm": [0, 0, 0], "size_mm": [30, 30, 30],
                 "objects": [{"shape": "sphere", "center_mm": CENTRE_MM, "radius_mm": RADIUS_MM, "value": 200}]}
        (cls.folder / "sphere.json").write_text(json.dumps(scene))
        cls.must("snitt-phantom", "--scene-file", "sphere.json", "--motion", "linear", "--frames", 120, *IMAGE,
                 "--hide-calibration", "-o", "sweep.h5")
        for target, phantom in TARGETS.items():
            for role, seed in (("calibration", 1), ("validation", 2)):
                cls.must("snitt-phantom", "--scene-of-phantom", PHANTOMS / phantom, "--motion", "calibration", "--frames",
                         150, *IMAGE, "--noise", 5, "--tracker-noise-mm", 0.15, "--tracker-noise-deg", 0.1, "--seed", seed,
                         "--hide-calibration", "-o", f"{target}-{role}.h5")
            cls.must("snitt-calibrate-probe", f"{target}-calibration.h5", "--target", target, "--validation",
                     f"{target}-validation.h5", "-o", f"{target}.h5")

    def test_a_sphere_is_reconstructed_where_it_is(self):
        # The sphere lies anywhere in the image: the matrix may be off by the half widths of its intervals there,
        # 0.2 mm (point) and 0.9 mm (wall, along its lines); the grid and the sweep add 0.1 mm.
        for target, limit_mm in (("point", 0.3), ("wall", 1.0)):
            with self.subTest(target=target):
                self.must("snitt-reconstruct-ultrasound", "sweep.h5", "--image-to-probe", f"{target}.h5", "--image-to",
                          "Reference", "--spacing-mm", 0.4, "-o", f"{target}-volume.h5")
                self.must("snitt-export", f"{target}-volume.h5", "-o", f"{target}-volume.mha")
                centre, volume = centre_of_sphere(self.folder / f"{target}-volume.mha")
                error_mm = math.dist(centre, CENTRE_MM)
                print(f"{target}: the sphere is off by {error_mm:.3f} mm, its volume by a factor of "
                      f"{volume / (4 / 3 * math.pi * RADIUS_MM ** 3):.4f}")
                self.assertLess(error_mm, limit_mm)

    def test_the_report_draws_the_residuals(self):
        for target in TARGETS:
            self.must("snitt-calibration-report", f"{target}.h5", "-o", f"{target}.html")
            page = (self.folder / f"{target}.html").read_text()
            self.assertIn("residuals in the image", page)

    def test_roughly_known_points_are_taken_from_the_definition(self):
        done = json.loads(self.must("snitt-calibrate-probe", "point-calibration.h5", "--target", "point", "--phantom",
                                    PHANTOMS / "crossed-wires.json", "--json", "-q", "-o", "known.h5"))
        # PhantomToReference of a simulated recording is the truth.
        self.assertLess(done["summary"]["point_from_definition_mm"]["value"], 0.3)

    def test_options_of_other_targets_are_usage_errors(self):
        for target, options in (("wall", ["--phantom", PHANTOMS / "crossed-wires.json"]), ("wall", ["--bar-mm", 2]),
                                ("wall", ["--threshold-percent", 5]), ("point", ["--minimum-contrast", 5]),
                                ("point", ["--plus-compatible"]), ("point", ["--phantom-error-mm", 0.5]),
                                ("point", ["--image-turn", "mirrored"]), ("n-wire", ["--place-error-mm", 5]),
                                ("point", ["--place-error-mm", 5]), ("wall", ["--collinear-mm", 1])):
            with self.subTest(target=target, options=options):
                done = run("snitt-calibrate-probe", "point-calibration.h5", "--target", target, *options, "-o",
                           "refused.h5", cwd=self.folder)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(options[0], done.stderr)
                self.assertFalse((self.folder / "refused.h5").exists())

    def test_a_refusal_still_leaves_the_pictures_and_the_table(self):
        done = run("snitt-calibrate-probe", "wall-calibration.h5", "--target", "point", "--frames-table", "why.h5",
                   "--overlays", "seen", "-o", "refused.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 5, done.stderr)
        self.assertIn("wall-calibration.h5: ", done.stderr)
        self.assertFalse((self.folder / "refused.h5").exists())
        self.assertTrue((self.folder / "why.h5").is_file())
        self.assertEqual(len(list((self.folder / "seen").glob("*.png"))), 150)


main()
