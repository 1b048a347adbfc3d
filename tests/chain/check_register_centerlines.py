"""Center lines as a user meets them: import, register, look at the result, export, and what is refused."""
import json

import h5py
import numpy

from chain import SOURCE, ChainTest, main, run

LINES = SOURCE / "sample_data" / "centerlines"
VESSELS = (LINES / "mr_vessels.csv", LINES / "ultrasound_vessels.csv")


def truth():
    """As sample_data/centerlines/README.md says."""
    axis = numpy.array([1, 2, 3]) / numpy.sqrt(14)
    k = numpy.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    angle = numpy.radians(12)
    m = numpy.eye(4)
    m[:3, :3] += numpy.sin(angle) * k + (1 - numpy.cos(angle)) * k @ k
    m[:3, 3] = 8, -5, 11
    return m


class Centerlines(ChainTest):
    def setUp(self):
        for name, path in zip(("mr.h5", "us.h5"), VESSELS):
            self.must("snitt-import", path, "--center-lines-of", "vessels", "-o", name, "--overwrite")

    def refused(self, words, status, *command):
        done = run(*command, "-o", "none.h5", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertFalse((self.folder / "none.h5").exists())

    def nodes(self):
        return numpy.c_[h5py.File(self.folder / "mr.h5")["nodes"][:], numpy.ones(143)]

    def test_trees_open_in_one_line_and_come_back_from_other_formats(self):
        self.must("snitt-check", "mr.h5", "us.h5")
        self.assertIn("tree 1.0", self.must("snitt-info", "mr.h5"))
        for name in ("mr.vtk", "mr.csv"):
            self.must("snitt-export", "mr.h5", "-o", name, "--overwrite")
            self.must("snitt-import", name, "--center-lines-of", "vessels", "-o", "back.h5", "--overwrite")
            self.must("snitt-compare", "mr.h5", "back.h5")

    def test_the_map_leads_from_fixed_to_moving_and_names_both(self):
        found = json.loads(self.must("snitt-register-centerlines", *VESSELS, "--fixed-frame", "Mr", "--moving-frame", "Us",
                                     "-o", "map.h5", "--overwrite", "--json"))
        self.assertEqual((found["from"], found["to"]), ("Mr", "Us"))
        self.assertEqual(found["verdict"], "good")
        self.must("snitt-check", "map.h5")
        error = self.nodes() @ (numpy.reshape(found["matrix"], (4, 4)) - truth()).T
        # 98 nodes with 0.4 mm per coordinate: about 0.1 mm where they are, a few times that beyond
        self.assertLess(numpy.linalg.norm(error[:, :3], axis=1).mean(), 0.4)

    def test_snitt_files_vtk_and_csv_give_the_same_map(self):
        self.must("snitt-export", "us.h5", "-o", "us.vtk", "--overwrite")
        maps = []
        for moving in ("us.h5", "us.vtk", VESSELS[1]):
            self.must("snitt-register-centerlines", "mr.h5", moving, "-o", "m.h5", "--overwrite")
            maps.append(h5py.File(self.folder / "m.h5")["parameters"][:])
        numpy.testing.assert_array_equal(maps[0], maps[1])
        numpy.testing.assert_array_equal(maps[0], maps[2])

    def test_the_number_of_threads_changes_no_byte(self):
        whole = []
        for threads in ("1", "2"):
            self.must("snitt-register-centerlines", *VESSELS, "-o", "t.h5", "--overwrite", "--threads", threads,
                      "--model", "thin-plate", SOURCE_DATE_EPOCH="0")
            whole.append((self.folder / "t.h5").read_bytes())
        self.assertEqual(whole[0], whole[1])

    def test_the_result_says_how_well(self):
        self.must("snitt-register-centerlines", *VESSELS, "-o", "map.h5", "--overwrite")
        with h5py.File(self.folder / "map.h5") as f:
            self.assertEqual(f["calibration"].attrs["verdict"].decode(), "good")
            self.assertIn("poses", f["calibration"])
        self.assertIn("second_score_ratio", self.must("snitt-info", "map.h5"))
        self.must("snitt-export", "map.h5", "--calibration-table", "poses", "-o", "poses.csv", "--overwrite")
        self.assertIn("score_mm", (self.folder / "poses.csv").read_text())

    def test_what_cannot_be_registered_is_refused_by_name(self):
        tool = "snitt-register-centerlines"
        (self.folder / "line.csv").write_text(
            "x_lps,y_lps,z_lps,radius,parent\n" + "".join(f"0,0,{i},2,{i - 1}\n" for i in range(40)))
        self.refused("free", 5, tool, "line.csv", "line.csv")
        (self.folder / "one.csv").write_text("x_lps,y_lps,z_lps,parent\n0,0,0,-1\n")
        self.refused("the moving center lines have 1 node", 3, tool, "mr.h5", "one.csv")
        (self.folder / "nan.csv").write_text("x_lps,y_lps,z_lps,radius,parent\n0,0,0,-3,-1\n0,0,1,2,0\n")
        self.refused("node 0 has the radius -3", 3, tool, "mr.h5", "nan.csv")
        self.refused("both spaces are called", 2, tool, *VESSELS, "--fixed-frame", "A", "--moving-frame", "A")


if __name__ == "__main__":
    main()
