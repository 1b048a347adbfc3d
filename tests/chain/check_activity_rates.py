"""Rates, variation and repeats: published examples to all digits, R's answers, and the truth of simulated records."""
import collections
import csv
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from chain import BIN, SOURCE, ChainTest, main, run

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


# Observed and expected counts of 61 areas whose values are published with a program under the GPL: used from beside the source.
TURP = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE / "../shared/data")) / "activity/TURP_sava.csv"


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


    def test_counts_without_areas_are_not_divided_by_a_country_in_silence(self):
        cells = collections.Counter()
        for row in read_csv(COUNTS):
            cells[row["modality"], row["year"]] += float(row["count"])
        write_csv(self.folder / "country.csv", ["modality", "year", "count"], [[*key, n] for key, n in cells.items()])
        done = run("snitt-activity-rates", "country.csv", "--population", POPULATION, "--by", "modality", "-o", "country.h5", "--json", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(found["verdict"], "doubtful")
        self.assertIn("count by area", done.stderr)
        self.assertIn("areas", [entry["what"] for entry in found["basis"]])
        done = run("snitt-activity-variation", "country.h5", "-o", "v.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 3)
        self.assertIn("run snitt-activity-rates with area in --by", done.stderr)

    def test_by_may_be_given_more_than_once(self):
        once, twice = (json.loads(self.must("snitt-activity-rates", COUNTS, "--population", POPULATION, *by, "-o", name, "--json", "-q"))
                       for name, by in (("once.h5", ("--by", "area,modality")), ("twice.h5", ("--by", "area", "--by", "modality"))))
        self.assertEqual(once["rates"], twice["rates"])


class Variation(ChainTest):
    def test_what_chance_gives_often_is_inside(self):
        # P(X >= 1) = 17 % where 0.19 are expected: above the interpolated limit, not beyond 2.5 %.
        write_csv(self.folder / "few.csv", ["area", "observed", "expected"],
                  [["little", 1, 0.19], ["A", 100, 100], ["B", 99, 100], ["C", 100, 99.81], ["D", 160, 160]])
        found = json.loads(self.must("snitt-activity-variation", "few.csv", "--replicates", 100, "-o", "few.h5", "--json", "-q"))
        little = next(row for row in found["areas"] if row["area"] == "little")
        self.assertGreater(little["ratio"], little["high_95"])
        self.assertEqual((little["by_chance"], little["among_others"]), ("inside", "inside"))
        self.assertAlmostEqual(little["chance"], 0.173, places=3)

    def measures(self, *command):
        found = json.loads(self.must("snitt-activity-variation", *command, "--json", "-q", "--overwrite", "-o", "v.h5"))
        return found, {(row.get("modality", ""), row["measure"]): row for row in found["measures"]}

    @unittest.skipUnless(TURP.exists(), f"no {TURP.name}: published values of variation not checked")
    def test_published_values_to_all_printed_digits(self):
        columns = ("--area-column", "HSA", "--observed-column", "oi", "--expected-column", "ei", "--persons-column", "ni")
        _, m = self.measures(TURP, *columns)
        self.assertEqual(f"{m['', 'scv_diehr']['value']:.13f}", "0.0867225610894")
        self.assertEqual(f"{m['', 'scv_log']['value']:.12f}", "0.119826487072")
        self.assertEqual(f"{m['', 'chi_squared']['value']:.7f}", "735.0238580")
        _, laplace = self.measures(TURP, *columns, "--quadrature-points", "1")
        (theta, mean), (one,), (many,) = in_r(f"""
            suppressMessages({{library(MASS); library(lme4)}}); d <- read.csv("{TURP}")
            g <- glm.nb(oi ~ 1 + offset(log(ei)), data=d, control=glm.control(epsilon=1e-12, maxit=100)); cat(g$theta, exp(coef(g)), "\n")
            for (n in c(1, 25)) cat(attr(VarCorr(glmer(oi ~ 1 + (1|HSA), offset=log(ei), family=poisson, data=d, nAGQ=n,
                control=glmerControl(tolPwrss=1e-12)))$HSA, "stddev"), "\n")""", self.folder)
        # R stops its iterations at some 1e-6 of the deviance; both deviations agree to their optimizer's steps.
        self.assertAlmostEqual(m["", "eb_variance"]["value"], mean ** 2 / theta, delta=1e-6)
        self.assertAlmostEqual(m["", "eb_mean"]["value"], mean, delta=1e-6)
        self.assertAlmostEqual(m["", "log_deviation"]["value"], many, delta=1e-5)
        self.assertAlmostEqual(laplace["", "log_deviation"]["value"], one, delta=1e-5)
        self.assertNotAlmostEqual(one, many, delta=1e-5)  # so that both were seen

    def test_all_measures_are_those_of_R(self):
        rates = ACTIVITY / "example_rates.csv"
        found, m = self.measures(rates)
        for modality in ("CT", "MR"):
            answers = in_r(f"""
                d <- read.csv("{rates}"); d <- d[d$modality == "{modality}",]; r <- sort(d$direct); n <- nrow(d); o <- d$observed; e <- d$expected
                w <- d$person_years; mw <- weighted.mean(d$direct, w)
                cat(r[n]/r[1], r[n-1]/r[2], r[n-2]/r[3], 100*sd(r)/mean(r), 100*sqrt(weighted.mean((d$direct-mw)^2, w))/mw, median(r), "\n")
                z <- (sqrt(o/e)-sqrt(sum(o)/sum(e)))*2*sqrt(e); q <- quantile(z, c(.1,.9)); z <- pmin(pmax(z,q[1]),q[2]); phi <- mean(z^2)
                w <- 4*e; cat(phi, max(0,(n*phi-(n-1))/(sum(w)-sum(w^2)/sum(w))), "\n")
                m <- sum(o)/sum(e); s2 <- sum(e*(o/e-m)^2)/sum(e); cat(max(0, s2-m/mean(e)), pchisq(sum((o-e*m)^2/(e*m)), n-1, lower.tail=FALSE), "\n")
                cat(sum(o*(min(d$direct)/d$direct-1)), sum(o*(max(d$direct)/d$direct-1)), "\n")""", self.folder)
            names = ("ft", "ft2", "ft3", "cv", "weighted_cv", "median", "phi", "tau_squared", "marshall_variance", "chi_squared_p")
            for name, answer in zip(names, sum(answers[:3], [])):
                self.assertLessEqual(abs(m[modality, name]["value"] - answer), 1e-9 * abs(answer), f"{modality} {name}")
            more = {row["all_have"]: row["more_events"] for row in found["scenarios"] if row["modality"] == modality}
            self.assertAlmostEqual(more["lowest"], answers[3][0], places=6)
            self.assertAlmostEqual(more["highest"], answers[3][1], places=6)

    def test_rates_hand_on_what_they_rest_on(self):
        self.must("snitt-activity-rates", COUNTS, "--population", POPULATION, "--standard", "esp2013", "-o", "r.h5", "-q")
        found, _ = self.measures("r.h5")
        self.assertIn("European standard population 2013", [row["value"] for row in found["basis"]])


class Truth(ChainTest):
    """From simulated records: relative risks, and what varies, come out as planted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.must("snitt-phantom-records", POPULATION, "--rows", "300000", "--seed", "5", "--format", "csv", "--truth", "truth.h5", "-o",
                 "records.csv", "-q")
        cls.must("snitt-export", "truth.h5", "-o", "areas.csv")
        counts, seen, persons = collections.Counter(), set(), collections.Counter()
        for row in read_csv(cls.folder / "records.csv"):
            if row["status"] != "completed" or row["codes"].endswith("ZTX0BC") or row["exam"] in seen:
                continue
            seen.add(row["exam"])
            persons[row["modality"], row["patient"]] += 1
            year = int(row["examined"][:4])
            age = (year - int(row["birth_year"])) // 5 * 5 if row["birth_year"] else ""
            counts[row["area"], year, row["sex"], min(age, 90) if age != "" else "", row["modality"]] += 1
        write_csv(cls.folder / "counts.csv", ["area", "year", "sex", "age_from", "modality", "count"],
                  [[*key, n] for key, n in sorted(counts.items(), key=str)])
        cls.rates = json.loads(cls.must("snitt-activity-rates", "counts.csv", "--population", POPULATION, "-o", "rates.h5", "--json", "-q"))
        cls.inflation = sum(n * n for n in persons.values()) / sum(persons.values())
        cls.truth = {(row["area"], row["modality"]): row for row in read_csv(cls.folder / "areas.csv")}

    def test_relative_risks_are_recovered(self):
        squares = []
        for row in self.rates["rates"]:
            planted = float(self.truth[row["area"], row["modality"]]["smr"])
            # Chains of examinations make the variance of a count some 1.3 times Poisson's.
            z = (row["smr"] / planted - 1) * (row["observed"] / 1.3) ** 0.5
            squares.append(z * z)
            self.assertLess(abs(z), 4.5, row)  # of 84 one in a thousand would pass 4
        self.assertLess(sum(squares) / len(squares), 1.5)  # mean of 84 squares: 1 with a deviation of 0.15
        self.assertGreater(sum(squares) / len(squares), 0.5)

    def test_intervals_hold_the_planted_ratios_when_they_know_of_repeats(self):
        found = json.loads(self.must("snitt-activity-rates", "counts.csv", "--population", POPULATION, "--inflation",
                                     f"{self.inflation:.6f}", "-o", "inflated.h5", "--json", "-q"))
        held = [row["smr_low"] <= float(self.truth[row["area"], row["modality"]]["smr"]) <= row["smr_high"] for row in found["rates"]]
        self.assertEqual(len(held), 84)
        self.assertGreaterEqual(sum(held), 74)  # of 84 at 95 %: 80 expected, fewer than 74 once in 500 times

    def test_directly_standardized_rates_have_the_planted_ratios(self):
        by = {(row["area"], row["modality"]): row for row in self.rates["rates"]}
        for modality in ("CT", "MR", "RG", "UL"):
            low, high = by["Sørlandet", modality], by["Bergen", modality]
            planted = [float(self.truth[a, modality]["relative_risk"]) for a in ("Sørlandet", "Bergen")]
            error = (1.3 / low["observed"] + 1.3 / high["observed"]) ** 0.5
            self.assertAlmostEqual(high["direct"] / low["direct"] / (planted[1] / planted[0]), 1, delta=4.5 * error)

    def test_totals_are_the_sums_of_parts(self):
        total = sum(int(row["count"]) for row in read_csv(self.folder / "counts.csv"))
        self.assertEqual(sum(row["count"] for row in self.rates["rates"]), total)
        self.assertEqual(sum(row["count"] for row in self.rates["all_areas"]), total)
        self.assertAlmostEqual(sum(row["expected"] for row in self.rates["rates"]), sum(row["observed"] for row in self.rates["rates"]), 5)

    def test_variation_between_areas_is_the_planted_one(self):
        found = json.loads(self.must("snitt-activity-variation", "rates.h5", "-o", "variation.h5", "--json", "-q"))
        for modality in ("CT", "MR", "RG", "UL"):
            risks = [float(row["smr"]) for (_, m), row in self.truth.items() if m == modality]
            mean = sum(risks) / len(risks)
            planted = 100 * (sum((r - mean) ** 2 for r in risks) / (len(risks) - 1)) ** 0.5 / mean
            row = [r for r in found["measures"] if r["modality"] == modality and r["measure"] == "cv"][0]
            # Chance adds to the spread of 21 areas what chance_high bounds.
            self.assertAlmostEqual(row["value"], planted, delta=row["chance_high"])
            self.assertGreater(row["value"], row["chance_high"])


class Repeats(ChainTest):
    """Found in simulated records: exactly what was planted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.must("snitt-phantom-records", POPULATION, "--rows", "60000", "--seed", "8", "--truth", "truth.h5", "-o", "records.h5", "-q")
        for table in ("repeats", "referrers", "settings"):
            cls.must("snitt-export", "truth.h5", "--calibration-table", table, "-o", f"{table}.csv")
        cls.found = json.loads(cls.must("snitt-activity-repeats", "records.h5", "--start", "2022-01-01", "--end", "2025-01-01", "--same",
                                        "code", "--indicators", ACTIVITY / "lowvalue_indicators.csv", "-o", "repeats.h5", "--json", "-q"))
        cls.rows = {(row["code"], row["window_days"]): row for row in cls.found["repeats"]}

    def test_every_planted_repeat_is_found_and_no_other(self):
        planted = read_csv(self.folder / "repeats.csv")
        self.assertEqual(len(planted), len(self.rows))
        for truth in planted:
            row = self.rows[truth["code"], float(truth["window_days [d]"])]
            for name in ("examinations", "followed", "repeated", "same_provider"):
                self.assertEqual(row[name], float(truth[name]), f"{truth['code']} {name}")

    def test_shares_are_the_planted_chances(self):
        # Chains that are one side and the other, or end with CT or MR, have no repeats: of kinds that have neither the chance is exact.
        for code in ("SBA0AK", "SSQ0AD"):
            for days, chance in ((7, 0.02), (30, 0.04), (90, 0.06), (365, 0.09)):
                row = self.rows[code, days]
                self.assertAlmostEqual(row["share"], chance, delta=4 * (chance * (1 - chance) / row["followed"]) ** 0.5)
                self.assertAlmostEqual(row["share_censored"], chance, delta=4 * (chance * (1 - chance) / row["followed"]) ** 0.5)
        all_of = [row for row in self.found["all"] if row["modality"] == "all" and row["window_days"] == 365][0]
        share = all_of["same_provider"] / all_of["repeated"]
        self.assertAlmostEqual(share, 0.7, delta=4 * (0.21 / all_of["repeated"]) ** 0.5)

    def test_escalations_and_other_sides_are_the_planted_ones(self):
        planted = {row["code"]: row for row in read_csv(self.folder / "repeats.csv")}
        for code in ("SNG0AG", "SNB0BA"):
            # All other sides follow within 200 days; those whose window of 365 days is cut off are not among the followed.
            self.assertLessEqual(self.rows[code, 365]["other_side"], float(planted[code]["other_side"]))
            self.assertGreater(self.rows[code, 365]["other_side"], 0.5 * float(planted[code]["other_side"]))
        self.assertTrue(all((row["modality"], row["to"]) in (("RG", "CT"), ("RG", "MR"), ("CT", "MR"), ("UL", "CT"))
                            for row in self.found["escalation"]))

    def test_referrers_are_as_concentrated_as_the_truth_counts_them(self):
        counts = sorted(float(row["examinations"]) for row in read_csv(self.folder / "referrers.csv") if float(row["examinations"]) > 0)
        n = len(counts)
        gini = sum((2 * i - n + 1) * x for i, x in enumerate(counts)) / (n * sum(counts))
        row = [row for row in self.found["concentration"] if row["what"] == "all"][0]
        self.assertEqual((row["referrers"], row["examinations"]), (n, sum(counts)))
        self.assertAlmostEqual(row["gini"], gini, places=12)
        curve = [(row["referrers"], row["examinations"]) for row in self.found["lorenz"] if row["what"] == "all"]
        self.assertEqual((curve[0], curve[-1]), ((0, 0), (1, 1)))
        self.assertTrue(all(b[1] >= a[1] and a[1] <= a[0] + 1e-12 for a, b in zip(curve, curve[1:])))

    def test_little_memory_and_many_threads_give_the_same(self):
        for n, words in enumerate((("--memory-mb", "1", "--threads", "5"), ("--threads", "1"))):
            self.must("snitt-activity-repeats", "records.h5", "--start", "2022-01-01", "--end", "2025-01-01", "--same", "code",
                      "--indicators", ACTIVITY / "lowvalue_indicators.csv", "-o", f"again{n}.h5", "-q", *words)
            self.must("snitt-compare", "repeats.h5", f"again{n}.h5")

    def test_what_is_missing_is_said(self):
        done = run("snitt-activity-repeats", COUNTS, "-o", "none.h5", cwd=self.folder)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("no column 'patient'", done.stderr)


class Export(ChainTest):
    """The same through an export: simulated as a Norwegian system writes it, extracted, and looked at."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.must("snitt-phantom-records", POPULATION, "--places", ACTIVITY / "places.csv", "--rows", "40000", "--seed", "21", "--format", "csv",
                 "--headings", "norwegian", "--truth", "truth.h5", "-o", "export.csv", "-q")
        (cls.folder / "project.key").write_text("0123456789abcdef" * 4)
        cls.must("snitt-activity-extract", "export.csv", "--mapping", ACTIVITY / "records-mapping.json", "--key", "project.key", "-o",
                 "records.h5", "-q")
        for table in ("repeats", "codes"):
            cls.must("snitt-export", "truth.h5", "--calibration-table", table, "-o", f"{table}.csv")

    def test_planted_repeats_are_found_through_pseudonyms_and_local_times(self):
        found = json.loads(self.must("snitt-activity-repeats", "records.h5", "--start", "2022-01-01", "--end", "2025-01-01", "--same", "code",
                                     "-o", "repeats.h5", "--json", "-q"))
        rows = {(row["code"], row["window_days"]): row for row in found["repeats"]}
        for truth in read_csv(self.folder / "repeats.csv"):
            row = rows[truth["code"], float(truth["window_days [d]"])]
            for name in ("examinations", "followed", "repeated", "same_provider"):
                self.assertEqual(row[name], float(truth[name]), f"{truth['code']} {name}")

    @unittest.skipUnless((BIN / "snitt-activity-count").exists(), "no snitt-activity-count: the chain from records to variation not checked")
    def test_from_records_to_variation(self):
        self.must("snitt-activity-count", "records.h5", "--by", "area,year,sex,age_group,modality", "--catchment-map", ACTIVITY / "places.csv",
                  "-o", "counts.h5", "-q")
        found = json.loads(self.must("snitt-activity-rates", "counts.h5", "--population", POPULATION, "-o", "rates.h5", "--json", "-q"))
        self.must("snitt-export", "truth.h5", "-o", "areas.csv")
        made = sum(float(row["examinations"]) for row in read_csv(self.folder / "areas.csv"))
        quantities = {name: quantity["value"] for name, quantity in found["summary"].items()}
        self.assertEqual(quantities["counted"], made)
        self.assertEqual(quantities["used"] + quantities["left_out"], made)
        # What has no area is what was planted: nowhere, and municipality 9999.
        self.assertEqual({row["reason"] for row in found["left_out"] if "unknown sex" not in row["reason"]}, {"no area", "area without inhabitants"})
        self.assertAlmostEqual(quantities["left_out"] / made, 0.008, delta=4 * (0.008 / made) ** 0.5)
        truth = {(row["area"], row["modality"]): float(row["smr"]) for row in read_csv(self.folder / "areas.csv")}
        for row in found["rates"]:
            error = (1.3 / row["observed"]) ** 0.5
            self.assertAlmostEqual(row["smr"] / truth[row["area"], row["modality"]], 1, delta=4.5 * error)
        varied = json.loads(self.must("snitt-activity-variation", "rates.h5", "-o", "variation.h5", "--json", "-q"))
        self.assertEqual({row["modality"] for row in varied["measures"]}, {"CT", "MR", "RG", "UL"})
        self.assertIn("catchment map", [row["what"] for row in varied["basis"]])


if __name__ == "__main__":
    main()
