"""Same input, same version, same bytes, whatever the number of threads."""
from chain import DATA, SWEEP, ChainTest, main

METHODS = {
    "nearest": ["--fill", "stick"],
    "trilinear": ["--fill", "gaussian", "--fill-size-voxels", "5"],
    "vnn": [],
    "distance-weighted": [],
    "gaussian": [],
    "plus": ["--plus-compatible", "--fill", "stick"],
}


class Threads(ChainTest):
    def bytes_for(self, threads, name, *command):
        output = self.folder / f"t{threads}-{name}"
        self.must(*command, "--threads", threads, "-o", output)
        return output.read_bytes()

    def same(self, name, *command):
        one = self.bytes_for(1, name, *command)
        for threads in (2, 7):
            self.assertTrue(one == self.bytes_for(threads, name, *command), f"{name} with {threads} threads")

    def test_import(self):
        self.same("sweep.h5", "snitt-import", SWEEP)
        self.same("nwire.h5", "snitt-import", DATA / "NwirePhantomFreehand.igs.nrrd")

    def test_reconstruction_by_every_method(self):
        self.make_sweep()
        for method, more in METHODS.items():
            choice = [] if method == "plus" else ["--method", method]
            with self.subTest(method=method):
                self.same(f"{method}.h5", "snitt-reconstruct-ultrasound", "sweep.h5", "--image-to", "Reference",
                          "--spacing-mm", "1", *choice, *more)

    def test_export_and_phantom(self):
        if not (self.folder / "sweep.h5").exists():
            self.make_sweep()
        self.same("sweep.igs.mha", "snitt-export", "sweep.h5")
        self.same("phantom.h5", "snitt-phantom", "--frames", "12")


main()
