"""Rates, variation and repeats: published examples to all digits, R's answers, and the truth of simulated records."""
import collections
import csv
import json
import math
import shutil
import subprocess
import unittest

from chain import SOURCE, ChainTest, main, run

ACTIVITY = SOURCE / "sample_data/activity"
POPULATION = ACTIVITY / "population.csv"
COUNTS = ACTIVITY / "example_counts.csv"

# Stark and Mantel's cases of Down's syndrome and births by birth order and mother's age (Fleiss 1981, table 14.4).
CASES = [[107, 141, 60, 40, 39, 25], [25, 150, 110, 84, 82, 39], [3, 71, 114, 103, 108, 75], [1, 26, 64, 89, 137, 96],
         [0, 8, 63, 112, 262, 295]]
BIRTHS = [[230061, 329449, 114920, 39487, 14208, 3052], [72202, 326701, 208667, 83228, 28466, 5375],
          [15050, 175702, 207081, 117300, 45026, 8660], [2293, 68800, 132424, 98301, 46075, 9834],
          [327, 30666, 123419, 149919, 104088, 34392]]
FAY_FEUER = [(92.3, 80.4, 105.8), (91.2, 82.4, 100.9), (85.1, 77.2, 94.2), (92.7, 80.0, 114.7), (75.5, 67.7, 188.3)]


def write_csv(path, header, rows):
    with open(path, "w", encoding="utf-8", newline="") as f:
        csv.writer(f).writerows([header, *rows])


def read_csv(path):
    with open(path, encoding="utf-8") as f:
        return list(csv.DictReader(f))


def in_r(code, folder):
    """What R prints as lines of numbers; skips where R or a package is absent."""
    if shutil.which("Rscript") is None:
        raise unittest.SkipTest("no Rscript: not held against R")
    done = subprocess.run(["Rscript", "--vanilla", "-e", "options(digits=15);" + code], cwd=folder, capture_output=True, text=True)
    if "there is no package" in done.stderr:
        raise unittest.SkipTest(done.stderr.strip().splitlines()[0])
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [[float(x) for x in line.split()] for line in done.stdout.splitlines() if line.strip()]


class Rates(ChainTest):
    def test_fay_and_feuer_to_all_printed_digits(self):
        ages = [15, 20, 25, 30, 35, 40]
        strata = [(f"order {o + 1}", age, i) for o in range(5) for i, age in enumerate(ages)]
        write_csv(self.folder / "cases.csv", ["area", "age_from", "count"],
                  [[a, age, CASES[int(a[-1]) - 1][i]] for a, age, i in strata])
        write_csv(self.folder / "births.csv", ["area", "age_from", "population"],
                  [[a, age, BIRTHS[int(a[-1]) - 1][i]] for a, age, i in strata])
        found = json.loads(self.must("snitt-activity-rates", "cases.csv", "--population", "births.csv", "--by", "area", "-o",
                                     "down.h5", "--json", "-q"))
        printed = [tuple(round(row[name], 1) for name in ("direct", "direct_low", "direct_high")) for row in found["rates"]]
        self.assertEqual(printed, FAY_FEUER)

    def test_intervals_are_those_of_R(self):
        found = json.loads(self.must("snitt-activity-rates", COUNTS, "--population", POPULATION, "--standard-year", "2023",
                                     "--by", "area,modality", "--count-interval", "exact", "-o", "exact.h5", "--json", "-q"))
        answers = in_r(f"""
            library(epitools)
            d <- read.csv("{COUNTS}", stringsAsFactors=FALSE); p <- read.csv("{POPULATION}", stringsAsFactors=FALSE)
            p$age_from <- pmin(p$age_from, 90)  # the counts close at 90
            d$age <- as.integer(substr(d$age_group, 1, 2)); known <- d$sex != "" & !is.na(d$age)
            std <- aggregate(population ~ sex + age_from, p[p$year == 2023,], sum)
            py <- aggregate(population ~ area + sex + age_from, p[p$year %in% unique(d$year),], sum)
            for (m in c("CT", "MR")) for (a in sort(unique(p$area))) {{
              n <- merge(std, py[py$area == a,], by=c("sex", "age_from"), suffixes=c(".std", ""))
              x <- d[d$modality == m & known & d$area == a,]
              x <- if (nrow(x)) aggregate(count ~ sex + age, x, sum) else data.frame(sex="", age=-1, count=0)
              n <- merge(n, x, by.x=c("sex", "age_from"), by.y=c("sex", "age"), all.x=TRUE); n$count[is.na(n$count)] <- 0
              r <- ageadjust.direct(n$count, n$population, stdpop=n$population.std)
              e <- poisson.test(sum(d$count[d$modality == m & d$area == a]), sum(n$population))$conf.int
              all <- aggregate(count ~ sex + age, d[d$modality == m & known,], sum)
              tot <- aggregate(population ~ sex + age_from, py, sum)
              s <- merge(merge(n, tot, by=c("sex", "age_from"), suffixes=c("", ".all")), all, by.x=c("sex", "age_from"),
                         by.y=c("sex", "age"), all.x=TRUE, suffixes=c("", ".all")); s$count.all[is.na(s$count.all)] <- 0
              i <- ageadjust.indirect(s$count, s$population, s$count.all, s$population.all)
              cat(1e5 * c(r[2:4], e), i$sir[1:3], 1e5 * i$rate[2], "\\n") }}""", self.folder)
        # R sorts areas by its locale: rows are matched by their rates instead of by name.
        names = ("direct", "direct_low", "direct_high", "crude_low", "crude_high", "observed", "expected", "smr", "indirect")
        ours = sorted([row[n] for n in names] for row in found["rates"])
        for mine, theirs in zip(ours, sorted(answers)):
            for name, a, b in zip(names, mine, theirs):
                self.assertLessEqual(abs(a - b), 1e-9 * max(1, abs(b)), f"{name}: {a}, R has {b}")
        self.assertEqual((len(ours), len(answers)), (42, 42))

    def test_order_of_rows_and_splitting_of_files_change_nothing(self):
        rows = read_csv(COUNTS)
        header = list(rows[0])
        write_csv(self.folder / "a.csv", header, [[r[h] for h in header] for r in rows[1000::-1]])
        write_csv(self.folder / "b.csv", header, [[r[h] for h in header] for r in rows[:1000:-1]])
        one = json.loads(self.must("snitt-activity-rates", COUNTS, "--population", POPULATION, "-o", "one.h5", "--json", "-q"))
        two = json.loads(self.must("snitt-activity-rates", "b.csv", "a.csv", "--population", POPULATION, "-o", "two.h5", "--json",
                                   "-q"))
        self.assertEqual(one["rates"], two["rates"])

    def test_what_is_missing_is_said(self):
        for words, status, command in (
                ("--population", 2, (COUNTS,)),
                ("no column 'sector'", 3, (COUNTS, "--population", POPULATION, "--by", "sector")),
                ("'Nowhere'", 3, (COUNTS, "--population", POPULATION, "--standard-area", "Nowhere")),
                ("no year 1999", 3, (COUNTS, "--population", POPULATION, "--standard-year", "1999"))):
            done = run("snitt-activity-rates", *command, "-o", "none.h5", cwd=self.folder)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    main()
