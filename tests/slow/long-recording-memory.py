#!/usr/bin/env python3
"""Memory does not grow with the length of a recording.

snitt-phantom makes a foreign recording (raw .igs.mha) of 20 000 frames of 640 x 480 pixels, 6 GB; it is imported and
reconstructed. No step may have more than 1.5 GB resident at its peak (as the kernel accounts for the child process).

    long-recording-memory.py BIN_DIR [FRAMES]

Needs 10 GB of free disk in TMPDIR for the full length; exit status 77 (skipped) without.
"""
import os
import shutil
import sys
import tempfile
import time

LIMIT_MB = 1500
COLUMNS, ROWS = 640, 480
SKIPPED = 77


def run(name, command):
    """Runs one tool, prints its time and peak, returns the peak in MB; leaves with status 1 when it fails."""
    start = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    peak_mb = usage.ru_maxrss * 1024 / 1e6
    print(f"{name}: {time.monotonic() - start:.1f} s, {usage.ru_utime + usage.ru_stime:.1f} CPU s, peak {peak_mb:.0f} MB", flush=True)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{name} ended with status {os.waitstatus_to_exitcode(status)}")
    return peak_mb


def main():
    bin_dir = os.path.abspath(sys.argv[1])
    frames = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    tools = {name: os.path.join(bin_dir, "snitt-" + name) for name in ("phantom", "import", "reconstruct-ultrasound", "check")}
    absent = [name for name, path in tools.items() if not os.access(path, os.X_OK)]
    if absent:
        print("skipped: not built:", ", ".join("snitt-" + name for name in absent))
        return SKIPPED
    needed = 1.6 * frames * COLUMNS * ROWS  # the raw recording, and the compressed one with room to spare
    folder = tempfile.mkdtemp(prefix="snitt-memory-")
    try:
        if shutil.disk_usage(folder).free < needed:
            print(f"skipped: {needed / 1e9:.0f} GB of disk are needed in {folder}; set TMPDIR")
            return SKIPPED
        foreign, recording, volume = (os.path.join(folder, name) for name in ("long.igs.mha", "long.h5", "volume.h5"))
        peaks = {
            "make": run("make", [tools["phantom"], "-q", "--format", "igs", "--scene", "mixed", "--edge-mm", "1", "--motion", "freehand",
                                 "--frames", str(frames), "--columns", str(COLUMNS), "--rows", str(ROWS), "-o", foreign]),
            "import": run("import", [tools["import"], "-q", foreign, "-o", recording]),
        }
        if os.path.getsize(foreign) < frames * COLUMNS * ROWS:
            sys.exit(f"{foreign} is smaller than its pixels")
        os.remove(foreign)
        peaks["check"] = run("check", [tools["check"], "-q", recording])
        peaks["reconstruct"] = run("reconstruct", [tools["reconstruct-ultrasound"], "-q", "--image-to", "Reference", "--spacing-mm", "0.5",
                                                   recording, "-o", volume])
        too_much = {name: peak for name, peak in peaks.items() if peak > LIMIT_MB}
        if too_much:
            print(f"more than {LIMIT_MB} MB:", ", ".join(f"{name} {peak:.0f} MB" for name, peak in too_much.items()))
            return 1
        return 0
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
