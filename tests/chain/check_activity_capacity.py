"""Forecasts of examinations, waiting times, use of scanners and capacity, with the real programs, against R where R has it."""
import csv
import datetime
import json
import shutil
import subprocess
import zoneinfo

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

    def test_files_are_whole(self):
        self.must("snitt-check", "t.h5")
        self.must("snitt-export", "t.h5", "--calibration-table", "curves", "-o", "curves.csv")
        done = run("snitt-activity-turnaround", DATA / "records.csv", "--working-hours", "16-8", "-o", "none.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("08:00-16:00", done.stderr)


main()
