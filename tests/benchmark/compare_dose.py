#!/usr/bin/env python3
"""Dose reports per second of processor time: snitt-dose from files to tables, its peers, and what merely parsing costs, in one
run on the same files.

    compare_dose.py BUILD_DIR [COPIES]

Copies (250) of every report of SNITT_SHARED_DATA/dose/sr, else of the samples, each with UIDs of its own, so that none is a
duplicate. dsrdump is a process per file and is run on every tenth. Needs pydicom; dsrdump where it is installed. Build the
target benchmark_dose first.
"""
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings

try:
    import pydicom
    from pydicom.uid import generate_uid
except ImportError:
    print("skipped: no pydicom")
    sys.exit(77)

BUILD = pathlib.Path(sys.argv[1])
COPIES = int(sys.argv[2]) if len(sys.argv) > 2 else 250
SOURCE = pathlib.Path(__file__).parents[2]
REAL = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE / ".." / "shared" / "data")) / "dose" / "sr"


def processor_time(*words):
    """Of a program and its children, in s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, errors="replace", check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done


def make(folder):
    paths = []
    for path in sorted((REAL if REAL.is_dir() else SOURCE / "sample_data" / "dose-reports").glob("*.dcm")):
        if "non-dose" in path.name:
            continue
        dataset = pydicom.dcmread(path)
        for copy in range(COPIES):
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            dataset.StudyInstanceUID = generate_uid()
            paths.append(folder / f"{path.stem}-{copy:04d}.dcm")
            dataset.save_as(paths[-1])
    return paths


def walk(dataset):
    """What a program in Python does at the least: looks at every item of the content tree for its concept and value."""
    found = 0
    for item in dataset.get("ContentSequence", []):
        name = item.get("ConceptNameCodeSequence")
        if name and name[0].get("CodeValue") in ("113830", "113838", "113769"):
            found += 1
        measured = item.get("MeasuredValueSequence")
        if measured:
            float(measured[0].get("NumericValue", 0))
        found += walk(item)
    return found


def main():
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="snitt-dose-") as name:
        folder = pathlib.Path(name) / "reports"
        folder.mkdir()
        paths = make(folder)
        size = sum(p.stat().st_size for p in paths)
        print(f"{len(paths)} reports, {size / len(paths) / 1000:.1f} kB on average")
        # Turn by turn, the best of five each: other programs on the machine cost both of them time.
        limits, mine = [], []
        for _ in range(5):
            done = processor_time(BUILD / "tests/benchmark/benchmark_dose", folder)[1]
            limits.append(float(done.stdout.split()[0]))
            seconds, done = processor_time(BUILD / "bin/snitt-dose", folder, "-t", 1, "-o", folder.parent / "e.h5", "--studies",
                                           folder.parent / "s.h5", "-q", "--overwrite")
            if done.returncode != 0:
                sys.exit(done.stderr)
            mine.append(len(paths) / seconds)
        limit, ours = max(limits), max(mine)
        print(f"{'DCMTK, parse and load in-process':36} {limit:8.0f} reports/s")
        print(f"{'snitt-dose, files to tables':36} {ours:8.0f} reports/s, {limit / ours:.2f} times the limit's time")
        begin = time.process_time()
        for path in paths[::5]:
            walk(pydicom.dcmread(path))
        theirs = len(paths[::5]) / (time.process_time() - begin)
        print(f"{'pydicom ' + pydicom.__version__ + ', parse and walk':36} {theirs:8.0f} reports/s, {ours / theirs:.1f} times slower")
        if shutil.which("dsrdump"):
            seconds = sum(processor_time("dsrdump", "-Er", "-Ei", path)[0] for path in paths[::10])
            theirs = len(paths[::10]) / seconds
            print(f"{'dsrdump, a process per file':36} {theirs:8.0f} reports/s, {ours / theirs:.1f} times slower")


main()
