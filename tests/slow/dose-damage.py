"""Dose reports with flipped bytes and wrong transfer syntaxes: never a crash, and every file used or explained.

Real reports of four makers where SNITT_SHARED_DATA has them (2 500 damaged copies of each, 20 000 in all), else the samples.
Usage: dose-damage.py BIN SOURCE [COPIES]
"""
import io
import os
import pathlib
import random
import subprocess
import sys
import tarfile
import tempfile

import h5py

BIN, SOURCE = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
COPIES = int(sys.argv[3]) if len(sys.argv) > 3 else 2500
REAL = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE / ".." / "shared" / "data")) / "dose" / "sr"

SYNTAXES = {"implicit": "1.2.840.10008.1.2", "explicit": "1.2.840.10008.1.2.1", "big endian": "1.2.840.10008.1.2.2",
            "deflated": "1.2.840.10008.1.2.1.99", "JPEG": "1.2.840.10008.1.2.4.70", "RLE": "1.2.840.10008.1.2.5",
            "unknown": "1.2.3.4.5.6.7", "nothing": ""}


def read(path, *names):
    with h5py.File(path) as f:
        return [[v.decode() if isinstance(v, bytes) else v for v in f["table"][name][:]] for name in names]


def run_on(members, folder):
    """Packs the files and reads them in one run; returns events and the fate of every file."""
    archive = folder / "damaged.tar"
    with tarfile.open(archive, "w") as tar:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    done = subprocess.run([BIN / "snitt-dose", archive, "-o", folder / "e.h5", "--files", folder / "f.h5", "--file-names", "keep",
                           "--overwrite", "-q"], capture_output=True, text=True, check=False)
    if done.returncode == 3 and len(members) == 1 and "no file of 1 has a dose: " in done.stderr:
        return [], {members[0][0]: False}
    if done.returncode not in (0, 1):
        sys.exit(f"status {done.returncode}: {done.stderr[-2000:]}")
    names, used, reasons = read(folder / "f.h5", "file", "used", "reason")
    if len(names) != len(members):
        sys.exit(f"{len(members)} files in, {len(names)} accounted for")
    for name, one, reason in zip(names, used, reasons):
        if bool(one) == bool(reason):
            sys.exit(f"{name}: used is {one}, and the reason is '{reason}'")
    return read(folder / "e.h5", "dlp_mgy_cm")[0], dict(zip(names, used))


def with_syntax(data, uid):
    """The same file, but the header says another transfer syntax."""
    at = data.index(b"\x02\x00\x10\x00UI")
    length = int.from_bytes(data[at + 6:at + 8], "little")
    text = uid.encode() + b"\0" * (len(uid) % 2)
    changed = data[:at + 6] + len(text).to_bytes(2, "little") + text + data[at + 8 + length:]
    group = changed.index(b"\x02\x00\x00\x00UL") + 8
    total = int.from_bytes(changed[group:group + 4], "little") + len(text) - length
    return changed[:group] + total.to_bytes(4, "little") + changed[group + 4:]


def main():
    reports = sorted((REAL if REAL.is_dir() else SOURCE / "sample_data" / "dose-reports").glob("*.dcm"))
    random.seed(20261122)
    total = used = 0
    with tempfile.TemporaryDirectory(prefix="snitt-damage-") as name:
        folder = pathlib.Path(name)
        for path in reports:
            whole = path.read_bytes()
            members = []
            for i in range(COPIES):
                data = bytearray(whole)
                # Mostly one byte; every fifth copy gets several, as a bad block would.
                for _ in range(1 if i % 5 else random.randrange(2, 50)):
                    data[random.randrange(len(data))] = random.randrange(256)
                members.append((f"{i:05d}", bytes(data)))
            fates = run_on(members, folder)[1]
            total += len(fates)
            used += sum(fates.values())
        print(f"{total} damaged reports: {used} used, {total - used} explained, none lost")
        read_as = {}
        for path in reports:
            whole = path.read_bytes()
            if whole[128:132] != b"DICM" or b"\x02\x00\x10\x00UI" not in whole:
                continue
            truth = run_on([("whole", whole)], folder)[0]
            for what, uid in SYNTAXES.items():
                found, fates = run_on([("wrong", with_syntax(whole, uid))], folder)
                read_as[what] = read_as.get(what, 0) + list(fates.values())[0]
                # Read, it is the same doses; not read, it says so. Nothing in between.
                if list(fates.values())[0] and repr(sorted(found)) != repr(sorted(truth)):
                    sys.exit(f"{path.name}: called {what}, it gives {found} instead of {truth}")
        print(f"{len(reports)} reports in {len(SYNTAXES)} transfer syntaxes: the same doses, or explained; read when called "
              + ", ".join(f"{what} {int(n)}" for what, n in read_as.items()))


main()
