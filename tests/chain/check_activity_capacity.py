"""Forecasts of examinations, waiting times, use of scanners and capacity, with the real programs, against R where R has it."""
import csv
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import zoneinfo

import h5py
import numpy

from chain import SOURCE, ChainTest, main, run

DATA = SOURCE / "sample_data/activity"
ENGLAND = (DATA / "did_england_monthly.csv", "--year-column", "fy", "--month-column", "month", "--fiscal-start", "4", "--by", "modality",
           "--country", "england")
FOUR = ("Computerized Axial Tomography", "Magnetic Resonance Imaging", "Plain Radiography", "Diagnostic Ultrasonography")
ONLY = [word for name in FOUR for word in ("--only", name)]


class Forecast(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.found = json.loads(cls.must("snitt-activity-forecast", *ENGLAND, *ONLY, "--from", "2021-04", "--test-from", "2024-04",
                                        "--own-capacity", DATA / "capacity_england.csv", "-o", "england.h5", "--json", "-q"))

    def refused(self, words, status, *command):
        done = run(*command, "-o", "none.h5", cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertFalse((self.folder / "none.h5").exists())

    def test_england_is_forecast_better_than_last_year_with_growth(self):
        # 4.57 % is the mean of seasonal naive times growth without a calendar: 6.32, 2.38, 4.48, 5.11.
        self.assertLessEqual(self.found["summary"]["test_mape"]["value"], 4.57)
        for row in self.found["test"]:
            if row["chosen"]:
                self.assertGreaterEqual(row["inside_95"], 10 / 12, row)
        for row in self.found["forecasts"]:
            self.assertLess(row["low_95"], row["low_80"])
            self.assertLess(row["low_80"], row["forecast"])
            self.assertLess(row["high_80"], row["high_95"])

    def test_what_was_kept_for_the_test_is_not_seen(self):
        with open(DATA / "did_england_monthly.csv", encoding="utf-8") as f:
            heading, *rows = list(csv.reader(f))
        with open(self.folder / "cut.csv", "w", encoding="utf-8", newline="") as f:
            csv.writer(f).writerows([heading, *[row for row in rows if row[0] != "2024-25"]])
        found = json.loads(self.must("snitt-activity-forecast", "cut.csv", *ENGLAND[1:], *ONLY, "--from", "2021-04", "-o", "cut.h5",
                                     "--json", "-q"))
        self.assertEqual([row["forecast"] for row in found["forecasts"]], [row["forecast"] for row in self.found["forecasts"]])
        self.assertEqual([row["high_95"] for row in found["forecasts"]], [row["high_95"] for row in self.found["forecasts"]])

    def test_the_step_of_2023_is_told(self):
        steps = [(row["series"], row["time"]) for row in self.found["events"] if row["event"] == "level shift"]
        self.assertIn((FOUR[0], "2023-04"), steps)
        self.assertEqual(self.found["verdict"], "doubtful")

    def test_private_need_is_demand_beyond_own_capacity(self):
        need = {row["series"]: row for row in self.found["private_need"]}
        self.assertEqual(set(need), {FOUR[0], FOUR[1]})
        mr = need[FOUR[1]]
        self.assertAlmostEqual(mr["own_capacity"], 580 * 7800)
        self.assertAlmostEqual(mr["to_buy"], max(0, mr["demand"] - mr["own_capacity"]), places=3)
        self.assertLessEqual(mr["low_95"], mr["to_buy"])
        self.assertGreaterEqual(mr["high_95"], mr["to_buy"])

    def test_the_same_bytes_for_any_number_of_threads(self):
        for threads in (1, 2, 7):
            self.must("snitt-activity-forecast", *ENGLAND, "--only", FOUR[1], "--threads", threads, "-o", f"t{threads}.h5", "-q")
        one = (self.folder / "t1.h5").read_bytes()
        self.assertEqual(one, (self.folder / "t2.h5").read_bytes())
        self.assertEqual(one, (self.folder / "t7.h5").read_bytes())

    def test_tables_open_elsewhere(self):
        self.must("snitt-check", "england.h5")
        self.must("snitt-export", "england.h5", "--calibration-table", "methods", "-o", "methods.csv")
        self.must("snitt-import", DATA / "airline.csv", "-o", "airline-table.h5")
        self.must("snitt-activity-forecast", "airline-table.h5", "-o", "airline.h5", "-q")

    def test_states_are_as_likely_as_those_of_R(self):
        r = shutil.which("Rscript")
        if not r or subprocess.run([r, "-e", "library(forecast)"], capture_output=True).returncode:
            self.skipTest("R's package forecast is not here")
        expected = float(subprocess.run([r, "-e", 'suppressMessages(library(forecast)); cat(ets(AirPassengers)$aicc)'], capture_output=True,
                                        text=True, check=True).stdout)
        found = json.loads(self.must("snitt-activity-forecast", DATA / "airline.csv", "--no-calendar", "--keep-outliers", "-o", "ets.h5",
                                     "--json", "-q"))
        aicc = [row["value"] for row in found["parameters"] if row["method"] == "ETS" and row["parameter"] == "aicc"][0]
        self.assertLess(aicc, expected + 2)  # a smaller AICc is a better fit; 2 is the customary "no difference"

    def test_refusals_name_what_is_wrong(self):
        self.refused("--year-column fy", 3, "snitt-activity-forecast", ENGLAND[0])
        self.refused("--fiscal-start", 3, "snitt-activity-forecast", ENGLAND[0], "--year-column", "fy", "--month-column", "month")
        self.refused("--month-column month", 3, "snitt-activity-forecast", ENGLAND[0], "--year-column", "fy", "--by", "modality")
        self.refused("'Magnetic Resonance Imaging'", 2, "snitt-activity-forecast", *ENGLAND, "--only", "MRI")
        self.refused("without --by", 2, "snitt-activity-forecast", *ENGLAND[:7], "--only", "MRI")
        (self.folder / "cap.csv").write_text("modality,capacity\nMRI,1000\n")
        self.refused("row 1: modality 'MRI' is no series", 3, "snitt-activity-forecast", *ENGLAND, *ONLY, "--own-capacity", "cap.csv")
        self.refused("no such series", 2, "snitt-activity-forecast", *ENGLAND, "--only", "Phrenology")
        self.refused("expected a period inside", 2, "snitt-activity-forecast", *ENGLAND, "--test-from", "2030-01")
        self.refused("want each other", 2, "snitt-activity-forecast", *ENGLAND, "--population", ENGLAND[0])


class Turnaround(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.found = json.loads(cls.must("snitt-activity-turnaround", DATA / "records.csv", "--by", "modality", "--limit-hours", "24",
                                        "--limit-days", "28", "--working-hours", "08:00-16:00", "--country", "norway", "-o", "t.h5",
                                        "--json", "-q"))
        with open(DATA / "records.csv", encoding="utf-8") as f:
            cls.rows = list(csv.DictReader(f))

    def test_every_row_is_accounted_for(self):
        rows = {row["what"]: row["rows"] for row in self.found["accounting"]}
        self.assertEqual(rows["rows"], len(self.rows))
        self.assertEqual(rows["rows"], rows["used"] + sum(n for what, n in rows.items() if what.startswith("left out")))
        self.assertEqual(rows["left out: cancelled"], sum(row["status"] == "cancelled" for row in self.rows))

    def test_medians_are_numpys(self):
        zone = zoneinfo.ZoneInfo("Europe/Oslo")
        def utc(text):
            return datetime.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()
        for modality in ("CT", "MR"):
            hours = [(utc(r["reported"]) - utc(r["exam_end"])) / 3600 for r in self.rows if r["modality"] == modality and r["reported"]]
            row = [r for r in self.found["intervals"] if (r["measure"], r["clock"], r["group"]) == ("report", "elapsed", modality)][0]
            self.assertEqual(row["n"], len(hours))
            for name, share in (("median_h", 50), ("p75_h", 75), ("p90_h", 90), ("p95_h", 95)):
                self.assertAlmostEqual(row[name], numpy.percentile(hours, share), places=9)

    def test_curves_are_those_of_R(self):
        r = shutil.which("Rscript")
        if not r or subprocess.run([r, "-e", "library(survival)"], capture_output=True).returncode:
            self.skipTest("R's package survival is not here")
        script = (f'd <- read.csv("{DATA / "records.csv"}"); d <- d[d$status != "cancelled" & d$status != "no-show",];'
                  'p <- function(x) as.numeric(as.POSIXct(x, format="%Y-%m-%dT%H:%M:%S", tz="Europe/Oslo"));'
                  'a <- max(p(d$requested), p(d$examined), p(d$exam_end), p(d$reported), na.rm=TRUE);'
                  'e <- p(d$examined); f <- !is.na(e); e[!f] <- a; t <- (e - p(d$requested))/3600; library(survival);'
                  's <- survfit(Surv(t, f) ~ modality, data=d); q <- quantile(s, .5);'
                  'cat(q$quantile, q$lower, q$upper, survdiff(Surv(t, f) ~ modality, data=d)$chisq, sep="\n")')
        numbers = [float(x) for x in subprocess.run([r, "-e", script], capture_output=True, text=True, check=True).stdout.split()]
        waits = {row["group"]: row for row in self.found["intervals"] if (row["measure"], row["clock"]) == ("wait", "elapsed")}
        for i, group in enumerate(("CT", "MR")):
            for name, value in zip(("km_median_h", "km_median_low_h", "km_median_high_h"), numbers[i:6:2]):
                self.assertAlmostEqual(waits[group][name], value, delta=1e-4 * value)  # R prints seven digits
        test = [row for row in self.found["log_rank"] if (row["measure"], row["clock"]) == ("wait", "elapsed")][0]
        self.assertAlmostEqual(test["chi_squared"], numbers[6], delta=1e-4 * numbers[6])

    def test_the_same_from_a_table_of_any_order(self):
        with open(self.folder / "turned.csv", "w", encoding="utf-8", newline="") as f:
            writer = csv.DictWriter(f, self.rows[0].keys())
            writer.writeheader()
            writer.writerows(reversed(self.rows))
        self.must("snitt-import", "turned.csv", "-o", "turned.h5")
        found = json.loads(self.must("snitt-activity-turnaround", "turned.h5", "--by", "modality", "-o", "t2.h5", "--json", "-q"))
        def medians(result):
            return {(r["measure"], r["group"]): (r["n"], r["median_h"], r["km_median_h"]) for r in result["intervals"]
                    if r["clock"] == "elapsed"}
        self.assertEqual(medians(found), medians(self.found))

    def test_modality_comes_from_codes_for_use_and_exclusion(self):
        (self.folder / "codes.csv").write_text("codes,device,examined,exam_end\n"
                                               "SAA0AD,A,2024-02-01T08:00,2024-02-01T08:30\nSAA0AG,B,2024-02-01T08:00,2024-02-01T09:00\n")
        found = json.loads(self.must("snitt-activity-utilization", "codes.csv", "-o", "codes.h5", "--json", "-q"))
        self.assertEqual([row["modality"] for row in found["devices"]], ["CT", "MR"])
        found = json.loads(self.must("snitt-activity-turnaround", "codes.csv", "--exclude", "modality=MR", "-o", "codes2.h5", "--json", "-q"))
        self.assertEqual(found["summary"]["rows_used"]["value"], 1)
        self.assertEqual(found["summary"]["examination_median_h"]["value"], 0.5)

    def test_files_are_whole(self):
        self.must("snitt-check", "t.h5")
        self.must("snitt-export", "t.h5", "--calibration-table", "curves", "-o", "curves.csv")
        done = run("snitt-activity-turnaround", DATA / "records.csv", "--working-hours", "16-8", "-o", "none.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("08:00-16:00", done.stderr)


class SimulatedRecords(ChainTest):
    """Times and scanners of records whose truth is known."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.must("snitt-phantom-records", DATA / "population.csv", "--places", DATA / "places.csv", "--rows", "20000", "--truth", "truth.h5",
                 "-o", "records.h5", "-q")
        for name in ("devices", "times"):
            cls.must("snitt-export", "truth.h5", "--calibration-table", name, "-o", f"{name}.csv", "-q")

    def truth(self, name):
        with open(self.folder / f"{name}.csv", encoding="utf-8") as f:
            return list(csv.DictReader(f))

    def test_busy_minutes_of_every_scanner_are_those_that_were_simulated(self):
        found = json.loads(self.must("snitt-activity-utilization", "records.h5", "-o", "use.h5", "--json", "-q"))
        devices = {row["device"]: row for row in found["devices"]}
        used = [row for row in self.truth("devices") if float(row["examinations"])]
        self.assertEqual(len(devices), len(used))
        for row in used:
            self.assertEqual(devices[row["device"]]["exams"], float(row["examinations"]), row)
            self.assertAlmostEqual(60 * devices[row["device"]]["busy_h"], float(row["busy [min]"]), places=6)
            self.assertEqual(devices[row["device"]]["overlaps"], 0)
        rows = {row["what"]: row["rows"] for row in found["accounting"]}
        self.assertEqual(rows["rows"], rows["used"] + sum(n for what, n in rows.items() if what.startswith("left out")))
        for threads in (1, 7):
            self.must("snitt-activity-utilization", "records.h5", "--threads", threads, "-o", f"u{threads}.h5", "-q")
        self.assertEqual((self.folder / "u1.h5").read_bytes(), (self.folder / "u7.h5").read_bytes())

    def test_median_times_are_those_that_were_simulated(self):
        found = json.loads(self.must("snitt-activity-turnaround", "records.h5", "--by", "source_modality", "-o", "times.h5", "--json", "-q"))
        rows = {(row["measure"], row["group"]): row for row in found["intervals"]}
        names = {"end to report": "report", "start to end": "examination"}
        for row in self.truth("times"):
            if row["interval"] not in names:
                continue
            measured = rows[names[row["interval"]], row["modality"]]
            # Log-normal: the median's standard error is 1.2533 sigma / sqrt(n) of it; whole minutes beside. Emergencies have reports
            # of their own, which the truth does not tell apart: one per cent.
            reach = 4 * 1.2533 * float(row["sigma"]) / measured["n"] ** 0.5 + 0.01
            expected = float(row["median [min]"]) / 60
            self.assertAlmostEqual(measured["km_median_h"], expected, delta=reach * expected + 1 / 60, msg=row)

    def test_counts_and_population_become_a_forecast(self):
        self.must("snitt-activity-count", "records.h5", "--by", "month,modality", "-o", "months.h5", "-q")
        self.must("snitt-activity-count", "records.h5", "--by", "year,modality,age_from,sex", "-o", "ages.h5", "-q")
        found = json.loads(self.must("snitt-activity-forecast", "months.h5", "--by", "modality", "--population", DATA / "population.csv",
                                     "--age-counts", "ages.h5", "--test-from", "2024-07", "--horizon", "6", "-o", "forecast.h5", "--json",
                                     "-q"))
        self.assertIn("counting rule", {row["what"] for row in found["basis"]})
        self.assertIn("age-cohort", {row["method"] for row in found["methods"]})
        self.must("snitt-export", "months.h5", "-o", "months.csv", "-q")
        with open(self.folder / "months.csv", encoding="utf-8") as f:
            counts = {(row["modality"], row["month"]): float(row["count"]) for row in csv.DictReader(f)}
        self.assertEqual(len(found["forecasts"]), 6 * len({modality for modality, _ in counts}))
        for row in found["forecasts"]:
            self.assertEqual(row["actual"], counts[row["series"], row["time"]])
            self.assertLess(row["low_95"], row["actual"])
            self.assertLess(row["actual"], row["high_95"])

    def test_a_clock_an_hour_off_is_found(self):
        with h5py.File(self.folder / "records.h5") as f:
            codes, names = f["table/device/codes"][:], f["table/device/categories"].asstr()[:]
            columns = {name: f[f"table/{name}"][:] for name in ("arrived", "examined", "exam_end")}
            device = [names[c] if c >= 0 else "" for c in codes]
            kinds = f["table/source_modality/categories"].asstr()[:]
            modality = [kinds[c] for c in f["table/source_modality/codes"][:]]
        counts = {name: device.count(name) for name in set(device) if name}
        wrong = max(counts, key=counts.get)
        with open(self.folder / "shifted.csv", "w", encoding="utf-8", newline="") as f:
            writer = csv.writer(f)
            writer.writerow(["device", "modality", "arrived", "examined", "exam_end"])
            for i, name in enumerate(device):
                shift = -3600 if name == wrong else 0
                row = [columns["arrived"][i], columns["examined"][i] + shift, columns["exam_end"][i] + shift]
                writer.writerow([name, modality[i], *["" if numpy.isnan(v) else repr(float(v)) for v in row]])
        found = json.loads(self.must("snitt-activity-utilization", "shifted.csv", "-o", "shifted.h5", "--json", "-q"))
        self.assertEqual([row["device"] for row in found["clock"] if row["suspect"]], [wrong])


class Capacity(ChainTest):
    def test_one_class_of_patients_waits_as_erlang_says(self):
        (self.folder / "one.csv").write_text("class,per_week,service_min,service_cv,any_hour,on_call\nall,1209.6,20,1,1,1\n")
        found = json.loads(self.must("snitt-activity-capacity", "one.csv", "--machines", "3-4", "--open", "always", "--limit-hours", "0.25",
                                     "--replicates", "40", "--weeks", "40", "-o", "one.h5", "--json", "-q"))
        formula = {row["machines"]: row for row in found["formula"]}
        for row in found["waits"]:
            mean = formula[row["machines"]]["mean_wait_min"] / 60
            half = (row["mean_high_h"] - row["mean_low_h"]) / 2
            self.assertAlmostEqual(row["mean_h"], mean, delta=2 * half)  # two 95 % intervals
            self.assertAlmostEqual(row["share_within"], formula[row["machines"]]["share_within"],
                                   delta=row["share_high"] - row["share_low"])

    def test_the_same_bytes_for_any_number_of_threads(self):
        for threads in (1, 2, 7):
            self.must("snitt-activity-capacity", DATA / "patient-classes.csv", "--machines", "3", "--weeks", "10", "--failure-hours", "100",
                      "--threads", threads, "-o", f"c{threads}.h5", "-q")
        one = (self.folder / "c1.h5").read_bytes()
        self.assertEqual(one, (self.folder / "c2.h5").read_bytes())
        self.assertEqual(one, (self.folder / "c7.h5").read_bytes())

    def test_demand_is_met_moved_or_unmet(self):
        found = json.loads(self.must("snitt-activity-preparedness", DATA / "flows.csv", "--units", DATA / "units.csv", "--lose",
                                     "East Hospital", "-o", "loss.h5", "--json", "-q"))
        with open(DATA / "flows.csv", encoding="utf-8") as f:
            flows = list(csv.DictReader(f))
        for row in found["areas"]:
            demand = sum(float(x["exams"]) for x in flows if x["area"] == row["area"] and x["modality"] == row["modality"])
            self.assertAlmostEqual(row["demand"], demand, places=6)
            self.assertAlmostEqual(row["stay"] + row["moved"] + row["unmet"], demand, places=5)
        for row in found["sites"]:
            self.assertLessEqual(row["load"], row["capacity"] * (1 + 1e-9))
            self.assertEqual(row["capacity"] == 0, row["site"] == "East Hospital")

    def test_the_plans_tables(self):
        folder = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE / "../shared/data")) / "activity/reference_tables"
        if not folder.is_dir():
            self.skipTest(f"{folder} is not here")
        with open(folder / "table1_volume_by_modality_2024.csv", encoding="utf-8") as f:
            volume = {row["modality_en"]: float(row["antall_count"]) for row in csv.DictReader(f)}
        with open(folder / "table3_private_by_area_modality_2024.csv", encoding="utf-8") as f:
            private = [row for row in csv.DictReader(f) if row["er_total_is_total"] == "1"][0]
        names = {"CT": ("Computed tomography (CT)", "CT"), "MR": ("Magnetic resonance (MR)", "MR"), "RG": ("Plain radiography (RG)", "RTG"),
                 "UL": ("Ultrasound (UL)", "UL")}
        with open(self.folder / "exams.csv", "w", encoding="utf-8") as f:
            f.write("modality,sector,exams\n")
            for name, (one, three) in names.items():
                f.write(f"{name},public,{volume[one] - float(private[three]):.0f}\n{name},private,{float(private[three]):.0f}\n")
        found = json.loads(self.must(
            "snitt-activity-resources", folder / "table5_equipment_2025.csv", "--activity", "exams.csv", "--name", "sector=sektor_sector",
            "--name", "kind=radtype_rowtype", "--staff", folder / "table6_physician_fte_2015_2025_long.csv", "--staff",
            folder / "table7_staff_fte_2015_2025_long.csv", "--name", "group=specialty_en", "--name", "group=position_en", "--name",
            "year=aar_year", "--name", "fte=aarsverk_fte_printed", "--name", "total=er_total_is_total", "--claim-percent", "12.8",
            "-o", "plan.h5", "--json", "-q"))
        each = {(row["modality"], row["sector"]): row for row in found["productivity"]}
        for modality, public, other in (("MR", 3027, 9398), ("CT", 6976, 5915), ("RG", 5072, 8890), ("UL", 1464, 1498)):
            self.assertEqual(round(each[modality, "public"]["exams_per_unit"]), public)
            self.assertEqual(round(each[modality, "private"]["exams_per_unit"]), other)
        self.assertAlmostEqual(each["MR", "private"]["share"], 0.668, places=3)
        self.assertAlmostEqual(found["summary"]["staff_growth_percent"]["value"], 25.2, places=1)
        wrong = [row for row in found["equipment"] if row["difference"]]
        self.assertEqual([(row["modality"], row["printed"], row["units"]) for row in wrong], [("PET_CT", 10, 9)])
        self.assertFalse(any(row["reproduced"] for row in found["claims"]))
        self.assertFalse([row for row in found["staff_years"] if row["difference"]])


main()
