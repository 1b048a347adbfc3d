"""Programs that know nothing of Snitt read the same numbers: ITK's readers and h5py."""
import json
import unittest

from chain import CONFIG, ChainTest, arguments, main, run

try:
    import h5py
    import numpy
except ImportError:
    h5py = None


@unittest.skipIf(h5py is None, "python3-h5py is not installed")
class ForeignReaders(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_sweep()
        cls.must("snitt-reconstruct-ultrasound", "sweep.h5", "--image-to", "Reference", "--spacing-mm", "1", "-o", "volume.h5")
        cls.must("snitt-import", CONFIG, "--transform", "ImageToProbe", "-o", "probe.h5")

    def itk(self, kind, name):
        done = run(arguments.itk_reader, kind, self.folder / name)
        self.assertEqual(done.returncode, 0, done.stderr)
        return {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}

    def test_itk_sees_the_voxels_and_their_place(self):
        seen = self.itk("image", "volume.h5")
        with h5py.File(self.folder / "volume.h5") as f:
            voxels = f["voxels"][:]
            self.assertEqual([int(n) for n in seen["size"]], list(voxels.shape[::-1]))
            for name, dataset in (("spacing", "spacing"), ("origin", "origin"), ("directions", "axis_directions")):
                self.assertEqual([float(x) for x in seen[name]], f[dataset][:].ravel().tolist())
            weights = numpy.arange(voxels.size, dtype=numpy.float64) % 1009 + 1
            # Whole numbers below 2^53: the sum is exact in any order.
            self.assertEqual(float(seen["sum"][0]), float((voxels.ravel() * weights).sum()))
            self.assertGreater(float(seen["sum"][0]), 0)

    def test_the_itk_view_is_no_copy(self):
        with h5py.File(self.folder / "volume.h5") as f:
            self.assertEqual(f["voxels"], f["ITKImage/0/VoxelData"])
            self.assertEqual(f["spacing"], f["ITKImage/0/Spacing"])

    def test_itk_sees_the_transform_as_the_same_map_of_points(self):
        seen = self.itk("transform", "probe.h5")
        with h5py.File(self.folder / "probe.h5") as f:
            p = f["TransformGroup/0/TransformParameters"][:]
        expected = p[:9].reshape(3, 3) @ [10, -20, 30] + p[9:]
        numpy.testing.assert_allclose([float(x) for x in seen["point"]], expected, rtol=0, atol=1e-12)

    def test_h5py_reads_frames_poses_and_provenance(self):
        with h5py.File(self.folder / "sweep.h5") as f:
            self.assertEqual(f["pixels"].shape, (21, 616, 820))
            self.assertEqual(f["transforms/ProbeToTracker/matrix"].shape, (21, 4, 4))
            self.assertEqual([n.decode() for n in f["pixels"].attrs["dimensions"]], ["frame", "row", "column"])
            story = json.loads(f["provenance"].asstr()[()])
        self.assertEqual(story["tool"], "snitt-import")
        self.assertEqual(story["created"], "2026-01-01T00:00:00Z")

    def test_anndata_reads_a_table_as_it_is(self):
        try:
            from anndata._io.specs import read_elem
        except ImportError:
            self.skipTest("python3-anndata is not installed")
        (self.folder / "t.csv").write_text('site,dose,n\nTroms\u00f8,1.5,3\n"a,b",,5\n')
        self.must("snitt-import", "t.csv", "-o", "t.h5")
        with h5py.File(self.folder / "t.h5") as f:
            table = read_elem(f["table"])
        self.assertEqual(list(table["site"]), ["Troms\u00f8", "a,b"])
        self.assertEqual(list(table["n"]), [3, 5])
        self.assertEqual(table["dose"][0], 1.5)
        self.assertTrue(numpy.isnan(table["dose"][1]))


main()
