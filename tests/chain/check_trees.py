"""Airways and vessels as a user meets them: simulate, segment, center lines, route, and what is refused."""
import json

import h5py
import numpy

from chain import ChainTest, main, run


class Trees(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.must("snitt-phantom-tree", "--seed", "2", "--scale", "0.5", "--root-radius-mm", "12", "--smallest-radius-mm", "2.6",
                 "--truth", "truth.h5", "--labels", "labels.h5", "-o", "chest.h5")
        cls.found = json.loads(cls.must("snitt-segment-airways", "chest.h5", "--branch-table", "branches.h5", "-o", "lumen.h5",
                                        "--json"))
        cls.tree = json.loads(cls.must("snitt-extract-centerline", "lumen.h5", "--image", "chest.h5", "-o", "tree.h5", "--json"))

    def refused(self, words, status, *command):
        done = run(*command, cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(words, done.stderr)

    def test_the_image_is_not_taken_for_a_mask(self):
        self.refused("chest.h5: has more than 64 different values and the quantity 'attenuation'; expected a mask", 3,
                     "snitt-extract-centerline", "chest.h5", "-o", "none.h5")

    def test_the_mask_lies_in_airways(self):
        with h5py.File(self.folder / "labels.h5") as f:
            labels = f["voxels"][:]
        with h5py.File(self.folder / "lumen.h5") as f:
            mask = f["voxels"][:] > 0
        leak = (mask & (labels != 1) & (labels != 2)).sum() / mask.sum()
        self.assertLess(leak, 0.01)
        self.assertGreater((mask & (labels == 1)).sum() / (labels == 1).sum(), 0.8)
        self.assertIn("leaks_refused", self.found["summary"])

    def test_the_route_to_a_place_is_that_of_the_truth(self):
        with h5py.File(self.folder / "truth.h5") as f:
            nodes = f["nodes"][:]
        target = [str(c) for c in nodes[len(nodes) // 2]]
        routes = []
        for tree in ("truth.h5", "tree.h5"):
            routes.append(json.loads(self.must("snitt-plan-route", tree, "--target-mm", *target, "-o", f"route-{tree}", "--json")))
        truth, found = (r["summary"]["length_mm"]["value"] for r in routes)
        self.assertLess(abs(found - truth), 0.02 * truth + 1)  # the trachea's top is cut off by a millimetre
        self.assertEqual(len(routes[0]["branches"]), len(routes[1]["branches"]))
        self.assertEqual([b["label"] for b in routes[0]["branches"]][:2], [b["label"] for b in routes[1]["branches"]][:2])
        for one, other in zip(*(r["branches"][:-1] for r in routes)):  # of the last, only what lies in the fork
            if one["length_mm"] < 10:
                continue  # the fork, which is as wide as the parent, is much of a short branch
            self.assertLess(abs(one["mean_radius_mm"] - other["mean_radius_mm"]), 0.35)  # half a voxel
        self.must("snitt-plan-route", "tree.h5", "--target-mm", *target, "--mask", "lumen.h5", "--pictures", "views",
                  "--picture-size", "64", "-o", "route.h5")
        self.assertTrue((self.folder / "views" / "view_0000.png").exists())
        self.must("snitt-check", "chest.h5", "truth.h5", "lumen.h5", "tree.h5", "route.h5", "branches.h5")

    def test_threads_change_nothing(self):
        for threads in ("1", "3"):
            self.must("snitt-segment-airways", "chest.h5", "-t", threads, "-o", f"lumen-{threads}.h5")
            self.must("snitt-extract-centerline", "lumen-1.h5", "--image", "chest.h5", "-t", threads, "-o", f"tree-{threads}.h5")
        for name in ("lumen", "tree"):
            self.assertEqual((self.folder / f"{name}-1.h5").read_bytes(), (self.folder / f"{name}-3.h5").read_bytes())

    def test_vessels_become_a_tree(self):
        self.must("snitt-phantom-tree", "--kind", "angiography", "--scale", "0.5", "--spacing-mm", "0.4", "--truth", "vt.h5",
                  "-o", "angio.h5")
        self.must("snitt-segment-vessels", "angio.h5", "--largest-radius-mm", "2", "-o", "vm.h5")
        self.must("snitt-extract-centerline", "vm.h5", "--quantity", "vessels", "--image", "angio.h5", "-o", "vtree.h5")
        with h5py.File(self.folder / "vt.h5") as f, h5py.File(self.folder / "vtree.h5") as g:
            truth, found = f["nodes"][:], g["nodes"][:]
        near = numpy.array([numpy.linalg.norm(truth - p, axis=1).min() for p in found])
        self.assertGreater((near < 1).mean(), 0.95)

    def test_what_makes_no_sense_is_refused(self):
        self.refused("lies outside the image", 3, "snitt-segment-airways", "chest.h5", "--seed-mm", "0", "0", "999", "-o", "no.h5")
        self.refused("no trachea found", 5, "snitt-segment-airways", "labels.h5", "-o", "no.h5")
        self.refused("--target-mm is not given", 2, "snitt-plan-route", "tree.h5", "-o", "no.h5")
        self.refused("does not pass the root", 3, "snitt-plan-route", "tree.h5", "--target-mm", "0", "0", "0",
                     "--instrument-diameter-mm", "50", "-o", "no.h5")
        self.assertFalse((self.folder / "no.h5").exists())


main()
