"""snitt-register-images --model deformable recovers known fields of shared data: errors at landmarks, folding,
memory, and the same bytes for one and two threads. Skips (77) where the shared data are absent."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

BIN = pathlib.Path(sys.argv[1])
SOURCE = pathlib.Path(sys.argv[2])
DATA = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE / "../shared/data")) / "registration"

# name, fixed, moving, fixed mask, and the limits for the mean and greatest error in mm that must hold
PAIRS = [
    ("brain, known free-form field", "ch2_ffd/fixed.mha", "ch2_ffd/moving.mha", None, 0.25, 0.7),
    ("simulated ultrasound to MR", "simus_mr/fixed.mha", "ch2_ffd/moving.mha", "simus_mr/mask.mha", 0.6, 2.0),
]


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          env={**os.environ, "SOURCE_DATE_EPOCH": "0"})
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stderr}")
    return json.loads(done.stdout)


def main():
    if not DATA.is_dir():
        print(f"{DATA} is not there: skipped")
        return 77
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for title, fixed, moving, mask, mean_limit, max_limit in PAIRS:
            words = [DATA / fixed, DATA / moving, "--model", "deformable", "--json", "--overwrite"]
            if mask:
                words += ["--fixed-mask", DATA / mask]
            outputs = []
            for threads in (1, 2):
                outputs.append(folder / f"threads{threads}.h5")
                record = run(BIN / "snitt-register-images", *words, "-t", threads, "-o", outputs[-1])
            same = outputs[0].read_bytes() == outputs[1].read_bytes()
            folded = record["summary"]["folded_percent"]["value"]
            truth = DATA / pathlib.Path(fixed).parent / "truth_points.csv"
            report = subprocess.run(
                [str(BIN / "snitt-registration-error"), "--transforms", str(outputs[0]), "--landmark-pairs",
                 str(truth)], capture_output=True, text=True, check=True).stdout
            line = next(row for row in report.splitlines() if row.startswith("landmark error"))
            mean = float(line.split("mean ")[1].split(",")[0])
            most = float(line.split("max ")[1].split(",")[0])
            good = same and folded == 0 and mean <= mean_limit and most <= max_limit
            failed |= not good
            print(f"{title}: mean {mean} mm (limit {mean_limit}), max {most} mm (limit {max_limit}), "
                  f"folded {folded} %, same bytes {same}: {'held' if good else 'NOT HELD'}")
    return 1 if failed else 0


sys.exit(main())
