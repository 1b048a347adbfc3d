#!/usr/bin/env python3
"""Extraction and counts of a large export against sqlite3 and pandas on the same file, in one run, and against what is known of it.

usage: activity_benchmark.py BIN EXPORT.csv [EXPORT.expected.json]

The export is the synthetic one of 2 429 540 rows (make_ris_export.py --noise, unpacked). What each does: read the file, leave out
cancelled, repeated and secondary rows, and count by modality, by provider and care level, and by area and modality. CPU seconds are
given beside those of the clock: on a machine that others use they are what can be compared.
"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

SQL = """.mode csv
.import {path} r
create table u as select min(rowid) as id from r where status = 'UTFORT' and ncrp_codes not like '%ZTX0BC%'
  group by exam_id, patient_pid, birth_year, sex, sector, provider, hospital_area, care_level, modality_group, ncrp_codes, requested, examined, reported;
select modality_group, count(*) from r where rowid in (select id from u) group by 1;
select provider, care_level, count(*) from r where rowid in (select id from u) group by 1, 2;
select hospital_area, modality_group, count(*) from r where rowid in (select id from u) group by 1, 2;
"""
PANDAS = """
import pandas, sys
r = pandas.read_csv(sys.argv[1], parse_dates=["requested", "examined", "reported"])
r = r[r.status == "UTFORT"].drop_duplicates()
r = r[~r.ncrp_codes.str.contains("ZTX0BC")]
print(r.groupby("modality_group").size())
print(r.groupby(["provider", "care_level"], dropna=False).size())
print(r.groupby(["hospital_area", "modality_group"], dropna=False).size())
"""


def timed(name, *commands, stdin=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    for command in commands:
        done = subprocess.run([str(w) for w in command], input=stdin, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{name}: {done.stderr}")
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name:28} {seconds:8.2f} s  {cpu:8.2f} CPU s")
    return seconds, cpu, done.stdout


def main():
    bin_folder, export = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
    source = pathlib.Path(__file__).resolve().parents[2]
    print(f"{export.stat().st_size / 1e6:.0f} MB, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        extract = [bin_folder / "snitt-activity-extract", export, "-o", folder / "r.h5", "-q"]
        count = [bin_folder / "snitt-activity-count", folder / "r.h5", "--by", "modality", "--by", "provider,care_level", "--by", "area,modality", "--by",
                 "source_modality", "--code-list", source / "sample_data/activity/code-lists/ncrp-2023.csv", "-o", folder / "c.h5", "-q", "--json"]
        timed("warm the file", ["cat", export])
        first = timed("extract", extract)
        counted = timed("count", count)
        seconds, cpu = first[0] + counted[0], first[1] + counted[1]
        print(f"{'extract + count':28} {seconds:8.2f} s  {cpu:8.2f} CPU s")
        (folder / "key").write_bytes(os.urandom(32))
        timed("extract with a key", [*extract[:-3], "-o", folder / "k.h5", "-q", "--key", folder / "key"])
        if len(sys.argv) > 3:
            verify(json.loads(counted[2])["counts"], json.loads(pathlib.Path(sys.argv[3]).read_text()))
        for name, command, stdin in (("sqlite3", ["sqlite3", folder / "r.sqlite"], SQL.format(path=export)),
                                     ("pandas", ["/usr/bin/python3", "-c", PANDAS, export], None)):
            try:
                other = timed(name, command, stdin=stdin)
                print(f"{'':28} {other[0] / seconds:8.1f} x  {other[1] / cpu:8.1f} x the CPU seconds")
            except FileNotFoundError:
                print(f"{name} is not installed")


def verify(counts, expected):
    sums = {}
    for name, keys in (("modality", ["modality"]), ("source_modality", ["source_modality"]), ("provider,care_level", ["provider", "care_level"]),
                       ("area,modality", ["area", "modality"])):
        sums[name] = {tuple(row[k] for k in keys): row["count"] for row in counts[name]}
    table_1 = {(k,): v for k, v in {**expected["T1"], **expected["NM"]}.items()}
    assert sums["modality"] == table_1 and sums["source_modality"] == table_1, "table 1"
    for trust, pair in expected["T2"].items():
        assert (sums["provider,care_level"][trust, "inpatient"], sums["provider,care_level"][trust, "outpatient"]) == tuple(pair), trust
    for area, row in expected["T3"].items():
        assert [sums["area,modality"][area, m] for m in ("MR", "CT", "RG", "UL")] == list(row), area
    print("tables 1, 2 and 3 are those of the plan")


main()
