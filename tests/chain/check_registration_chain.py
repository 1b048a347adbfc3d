"""From a recording to a registered volume: a simulated sweep of an image to that image, a real volume to itself."""
import json
import os

import h5py
import numpy

from chain import SOURCE, ChainTest, main

HEAD = SOURCE / "sample_data" / "head"
SPINE = SOURCE / "sample_data" / "ultrasound"
SHARED = os.environ.get("SNITT_SHARED_DATA", SOURCE / ".." / "shared" / "data")


def rigid(degrees, shift_mm):
    """Turns about x, then y, then z, and then the shift."""
    matrix = numpy.eye(4)
    for axis, angle in enumerate(numpy.radians(degrees)):
        turn = numpy.eye(3)
        i, j = (axis + 1) % 3, (axis + 2) % 3
        turn[i, i] = turn[j, j] = numpy.cos(angle)
        turn[j, i] = numpy.sin(angle)
        turn[i, j] = -turn[j, i]
        matrix[:3, :3] = turn @ matrix[:3, :3]
    matrix[:3, 3] = shift_mm
    return matrix


def about(center, matrix):
    """The same motion with `center` in the place of the origin."""
    there = rigid((0, 0, 0), center)
    return there @ matrix @ numpy.linalg.inv(there)


class RegistrationChain(ChainTest):
    def transform_file(self, name, matrix):
        numbers = [*matrix[:3, :3].ravel(), *matrix[:3, 3]]
        (self.folder / name).write_text(
            "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\nParameters: "
            + " ".join(repr(float(n)) for n in numbers) + "\nFixedParameters: 0 0 0\n")

    def pairs_file(self, name, center, half_mm, fixed_to_moving):
        rows = ["fx,fy,fz,mx,my,mz"]
        for offset in numpy.stack(numpy.meshgrid(*[numpy.linspace(-half_mm, half_mm, 4)] * 3), -1).reshape(-1, 3):
            fixed = numpy.append(numpy.asarray(center) + offset, 1)
            rows.append(",".join(repr(float(n)) for n in [*fixed[:3], *(fixed_to_moving @ fixed)[:3]]))
        (self.folder / name).write_text("\n".join(rows) + "\n")

    def error_mm(self, transform, pairs):
        out = json.loads(self.must("snitt-registration-error", "--transforms", transform, "--landmark-pairs", pairs, "--json"))
        return out["landmarks"]["tre"]["mean_mm"]

    def sweep_of(self, image, placement, center, more):
        self.transform_file("placement.tfm", placement)
        self.must("snitt-phantom", "--scene-volume", image, "--placement", "placement.tfm", "--tissue", "echoes",
                  "--speckle", "0.6", "--speckle-cell-mm", "1", "--region-center-mm", *center, "--region-size-mm", "80",
                  "80", "80", "--motion", "tilt", "--frames", "90", "--columns", "240", "--rows", "240",
                  "--pixel-size-mm", "0.4", "--noise", "3", "--sector-angle-deg", "38", "-q", "-o", "sweep.h5",
                  "--overwrite", *more)
        self.must("snitt-reconstruct-ultrasound", "sweep.h5", "--image-to", "Reference", "--spacing-mm", "0.8", "--fill",
                  "stick", "-q", "-o", "us.h5", "--overwrite")

    def registered_error(self, image, center_in_image, seed, metric):
        """TRE of the reconstructed sweep, from a start 8 mm and 6 degrees off."""
        random = numpy.random.default_rng(seed)
        placement = rigid(random.uniform(-15, 15, 3), random.uniform(-50, 50, 3))
        center = (placement @ [*center_in_image, 1])[:3]
        self.sweep_of(image, placement, center, ["--seed", seed])
        direction = random.normal(size=(2, 3))
        direction /= numpy.linalg.norm(direction, axis=1, keepdims=True)
        truth = numpy.linalg.inv(placement)
        self.transform_file("start.tfm", truth @ about(center, rigid(6 * direction[0], 8 * direction[1])))
        self.pairs_file("pairs.csv", center, 25, truth)
        self.must("snitt-register-images", "us.h5", image, "--fixed-mask", "us.h5", "--start-transform", "start.tfm",
                  "--metric", metric, "-q", "-o", "map.h5", "--overwrite")
        return self.error_mm("map.h5", "pairs.csv")

    def test_a_simulated_sweep_of_an_image_comes_back_to_it(self):
        # The image has voxels of 3.3 mm, and its boundaries are drawn from its gradient: a third of a voxel is the goal.
        for seed in (1, 2):
            with self.subTest(seed=seed):
                self.assertLess(self.registered_error(HEAD / "moving.mha", (8, 5, 25), seed, "auto"), 1.2)

    def test_a_simulated_sweep_of_a_whole_image_comes_back_to_it(self):
        image = os.path.join(SHARED, "registration", "ch2_rigid", "fixed.mha")
        if not os.path.exists(image):
            self.skipTest("no shared data: set SNITT_SHARED_DATA")
        self.assertLess(self.registered_error(image, (0, -15, 45), 3, "auto"), 0.5)  # half a voxel

    def test_a_real_volume_comes_back_to_itself_after_a_known_motion(self):
        self.must("snitt-import", SPINE / "SpinePhantomFreehand.igs.mha", "--static-transforms",
                  SPINE / "Config_VolumeReconstruction_SpinePhantom_NN_MEAN.xml", "-q", "-o", "spine-sweep.h5")
        self.must("snitt-reconstruct-ultrasound", "spine-sweep.h5", "--image-to", "Reference", "--spacing-mm", "0.5",
                  "--method", "trilinear", "--fill", "stick", "-q", "-o", "spine.h5")
        with h5py.File(self.folder / "spine.h5") as f:
            center = f["origin"][:] + f["spacing"][:] * (numpy.array(f["voxels"].shape)[::-1] - 1) / 2
        moved_to_spine = about(center, rigid((4, -5, 6), (3, -4, 5)))
        self.transform_file("moved-to-spine.tfm", moved_to_spine)
        self.must("snitt-import", "moved-to-spine.tfm", "--transform", "MovedToReference", "-q", "-o", "moved-to-spine.h5")
        self.must("snitt-export", "spine.h5", "-q", "-o", "grid.nii.gz")
        self.must("snitt-import", "grid.nii.gz", "--frame", "Moved", "-q", "-o", "grid.h5")
        self.must("snitt-apply-transform", "spine.h5", "moved-to-spine.h5", "--reference", "grid.h5",
                  "-q", "-o", "moved.h5")
        self.pairs_file("spine-pairs.csv", center, 15, moved_to_spine)
        self.must("snitt-register-images", "moved.h5", "spine.h5", "--start", "header", "-q", "-o", "spine-map.h5")
        # The moved image is interpolated from voxels of 0.5 mm: a tenth of one.
        self.assertLess(self.error_mm("spine-map.h5", "spine-pairs.csv"), 0.05)


main()
