"""Pages of results: whole in a browser without a network, with the tables' numbers, sortable, inert to hostile names."""
import csv
import html.parser
import http.server
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import threading
import unittest
import zipfile

from chain import SOURCE, ChainTest, environment, main, run

SAMPLES = SOURCE / "sample_data"
BROWSER = next((b for b in ("chromium", "chromium-browser", "google-chrome") if shutil.which(b)), None)
HOSTILE = "</td><script>window.ran=1</script>\"'&=1+1\u202e"


class Tree(html.parser.HTMLParser):
    """The tables of a page by name: heads and rows of (data-v or text)."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.scripts, self.table, self.cell, self.row = {}, 0, None, None, None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.scripts += tag == "script"
        if tag == "table" and "data-name" in attributes:
            self.table = self.tables.setdefault(attributes["data-name"], {"rows": [], "texts": [], "sorts": []})
        if self.table is not None and tag == "tr":
            self.row = ([], [])
        if self.row is not None and tag in ("td", "th"):
            self.cell = [attributes.get("data-v"), ""]
            if tag == "th":
                self.table["sorts"].append(attributes.get("aria-sort"))

    def handle_data(self, data):
        if self.cell is not None:
            self.cell[1] += data

    def handle_endtag(self, tag):
        if tag == "table":
            self.table = None
        if tag in ("td", "th") and self.cell is not None:
            if tag == "td":
                self.row[0].append(self.cell[1] if self.cell[0] is None else self.cell[0])
                self.row[1].append(self.cell[1])
            self.cell = None
        if tag == "tr" and self.row is not None:
            if self.row[0] and self.table is not None:
                self.table["rows"].append(self.row[0])
                self.table["texts"].append(self.row[1])
            self.row = None


class Proxy(http.server.BaseHTTPRequestHandler):
    """Answers nothing, and remembers who asked."""
    asked = []

    def do_GET(self):
        Proxy.asked.append(self.path)
        self.send_error(404)

    do_CONNECT = do_POST = do_GET

    def log_message(self, *_):
        pass


def browse(page, folder, *options):
    """Standard output and error of a browser that has no way out but a proxy that records."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Proxy.asked = []
    try:
        done = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
             f"--proxy-server=127.0.0.1:{server.server_port}", f"--user-data-dir={folder / 'browser'}", *options, page.as_uri()],
            capture_output=True, text=True, timeout=120, env=environment(HOME=str(folder)))
    finally:
        server.shutdown()
        server.server_close()
    return done


def close(shown, full):
    """Whether a cell's text is its number to the digits it shows."""
    text = shown.replace("\u2212", "-").replace(",", "").replace("\u202f", "")
    power = re.search("\u00d710([\u207b\u00b9\u00b2\u00b3\u2070-\u2079]+)$", text)
    if power:
        digits = {"\u207b": "-", "\u00b9": "1", "\u00b2": "2", "\u00b3": "3", "\u2070": "0", **{chr(0x2070 + i): str(i) for i in range(4, 10)}}
        text = text[:power.start()] + "e" + "".join(digits[c] for c in power.group(1))
    decimals = len(text.split("e")[0].partition(".")[2])
    unit = 10.0 ** (int(text.partition("e")[2] or 0) - decimals)
    return abs(float(text) - full) <= 0.5001 * unit or abs(float(text) - full) <= 5.001e-4 * abs(full)


class Report(ChainTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.must("snitt-benchmark", SAMPLES / "benchmark/sites_exams.csv", "--dlp-column", "dlp_mgy_cm", "--size-column", "dw_cm",
                 "--noise-column", "noise_HU", "--phantom-column", "phantom_cm", "--sector-column", "sector", "--references",
                 SAMPLES / "benchmark/reference-levels.csv", "--reference-name", "HEAD=head", "--replicates", "200", "-o", "benchmark.h5", "-q")
        cls.must("snitt-dose", SAMPLES / "dose-reports", "-o", "events.h5", "--studies", "studies.h5", "--files", "files.h5", "-q")
        cls.must("snitt-patient-size", SAMPLES / "patient-size", "--ctdivol-mgy", "12", "--phantom", "32cm", "--follow-current", "-o", "size.h5", "-q")
        cls.must("snitt-grade-visual", SAMPLES / "benchmark/ratings_vgr.csv", "--covariate", "log:dose", "--covariate", "recon", "-o", "grades.h5", "-q")
        cls.inputs = ("benchmark.h5", "events.h5", "studies.h5", "files.h5", "size.h5", "grades.h5")
        cls.said = json.loads(cls.must("snitt-report", *cls.inputs, "-o", "page.html", "--csv", "tables", "--xlsx", "tables.xlsx", "--json", "-q"))
        cls.page = (cls.folder / "page.html").read_text()

    def need_browser(self):
        if BROWSER is None:
            self.skipTest("chromium is not installed")

    def csv_rows(self, name):
        with open(self.folder / "tables" / name, newline="") as file:
            return list(csv.reader(file))

    def check_numbers(self, tables):
        numbers = 0
        for name, file in (("groups", "benchmark-groups.csv"), ("levels", "benchmark-levels.csv"), ("funnel", "benchmark-funnel.csv"),
                           ("recommended", "benchmark-recommended.csv"), ("slices", "size-slices.csv"), ("coefficients", "grades-coefficients.csv")):
            head, *rows = self.csv_rows(file)
            # A wide table leaves columns out that have no values at all.
            kept = [i for i in range(len(head)) if len(head) < 15 or any(row[i] not in ("", "nan") for row in rows)]
            self.assertEqual(len(tables[name]["rows"]), len(rows), name)
            for shown, texts, row in zip(tables[name]["rows"], tables[name]["texts"], rows):
                for value, text, full in zip(shown, texts, [row[i] for i in kept], strict=True):
                    try:
                        number = float(full)
                    except ValueError:
                        self.assertEqual(value, full, name)
                        continue
                    if math.isnan(number):
                        self.assertEqual(value, "")
                        continue
                    numbers += 1
                    self.assertEqual(float(value), number, name)
                    self.assertTrue(close(text, number), f"{name}: '{text}' is not {number}")
        self.assertGreater(numbers, 1500)

    def test_the_numbers_of_the_page_are_those_of_the_tables(self):
        self.check_numbers(Tree(self.page).tables)

    def test_a_browser_shows_it_without_a_network_or_a_complaint(self):
        self.need_browser()
        done = browse(self.folder / "page.html", self.folder, "--dump-dom")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line for line in done.stderr.splitlines() if "CONSOLE" in line], [])
        own = re.compile(r"(https?://)?[\w.-]*\.(google|googleapis|gstatic)\.com\b")  # the browser calls home, not the page
        self.assertEqual([url for url in Proxy.asked if not own.match(url)], [])
        tree = Tree(done.stdout)
        self.check_numbers(tree.tables)
        self.assertIn("<button", done.stdout, "the script of the page has run")

    def test_a_click_sorts_a_table_and_missing_values_stay_last(self):
        self.need_browser()
        page = self.folder / "clicked.html"
        click = ("<script>addEventListener('load', function () { var heads = document.querySelectorAll('table[data-name=pick] th button');"
                 "heads[1].click(); heads[1].click(); });</script></body>")
        (self.folder / "pick.csv").write_text("name,dose\nb,10\na,9\nd,\nc,100\n")
        self.must("snitt-report", "pick.csv", "-o", "pick.html", "--overwrite")
        # The page's policy forbids this script, as it should: it is taken away here so that the test can click.
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", (self.folder / "pick.html").read_text())
        page.write_text(text.replace("</body>", click))
        done = browse(page, self.folder, "--dump-dom")
        table = Tree(done.stdout).tables["pick"]
        self.assertEqual([row[0] for row in table["rows"]], ["c", "b", "a", "d"], "by number, not by text, downwards")
        self.assertEqual(table["sorts"], [None, "descending"])
        self.assertEqual([row[0] for row in Tree((self.folder / "pick.html").read_text()).tables["pick"]["rows"]], ["b", "a", "d", "c"])

    def test_a_hostile_table_is_shown_and_runs_nothing(self):
        with open(self.folder / "hostile.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([HOSTILE, "count", "<img src=x onerror=window.ran=1>"])
            for i in range(3):
                writer.writerow([f"{HOSTILE}{i}", i, "javascript:window.ran=1"])
        self.must("snitt-report", "hostile.csv", "-o", "hostile.html", "--title", HOSTILE, "--csv", "hostile", "--xlsx", "hostile.xlsx")
        text = (self.folder / "hostile.html").read_text()
        self.assertEqual(Tree(text).scripts, 1, "the page's own")
        self.assertNotIn("\u202e", text)
        self.assertNotIn("<img", text)
        with zipfile.ZipFile(self.folder / "hostile.xlsx") as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        self.assertNotIn("<f>", sheet)
        self.assertNotIn("<hyperlink", sheet)
        if BROWSER:
            page = self.folder / "spy.html"
            page.write_text(text.replace("</title>", "</title>").replace("</body>", "<p id='spy'></p></body>"))
            done = browse(page, self.folder, "--dump-dom")
            self.assertNotIn("onerror=\"", done.stdout)
            self.assertEqual([line for line in done.stderr.splitlines() if "CONSOLE" in line], [], "nothing was even tried")

    def test_every_plot_has_words(self):
        plots = re.findall(r"<svg[^>]*>.*?</svg>", self.page, re.DOTALL)
        self.assertGreater(len(plots), 20)
        for plot in plots:
            self.assertIn('role="img"', plot[:300])
            self.assertRegex(plot, r"<title>[^<]+</title>")
            self.assertNotIn("nan", re.sub(r"<title>.*?</title>|<desc>.*?</desc>", "", plot, flags=re.DOTALL))
        self.assertIn("S07", self.page)

    def test_it_is_printed(self):
        self.need_browser()
        pdf = self.folder / "page.pdf"
        browse(self.folder / "page.html", self.folder, "--no-pdf-header-footer", f"--print-to-pdf={pdf}")
        self.assertEqual(pdf.read_bytes()[:5], b"%PDF-")
        self.assertGreater(len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())), 4)

    def test_it_speaks_norwegian(self):
        self.must("snitt-report", *self.inputs, "-o", "side.html", "--language", "nb", "-q")
        text = (self.folder / "side.html").read_text()
        self.assertIn('lang="nb"', text)
        self.assertIn("Dette trenger oppmerksomhet", text)
        self.assertIn("1. januar 2026", text)
        table = Tree(text).tables["levels"]
        self.assertIn("10,08", [cell for row in table["texts"] for cell in row])

    def test_every_sentence_of_the_page_has_its_norwegian(self):
        words = (SOURCE / "lib/report/words_bokmal.cpp").read_text()
        known = set()
        for pair in re.finditer(r'Pair\{((?:"(?:[^"\\]|\\.)*"\s*)+),', words):
            known.add("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', pair.group(1))))
        missing = set()
        for path in [*(SOURCE / "lib/report").glob("*.cpp"), SOURCE / "tools/report.cpp"]:
            text = path.read_text()
            for sentence in [*asked_for(text), *re.findall(r'MethodTitle\{"[^"]*", "([^"]*)"\}', text)]:
                if sentence not in known:
                    missing.add(f"{path.name}: {sentence}")
        self.assertEqual(missing, set())

    def test_the_same_inputs_give_the_same_bytes(self):
        self.must("snitt-report", *self.inputs, "-o", "again.html", "--xlsx", "again.xlsx", "-q", "-t", "1")
        self.assertEqual((self.folder / "again.html").read_text(), self.page)
        self.assertEqual((self.folder / "again.xlsx").read_bytes(), (self.folder / "tables.xlsx").read_bytes())

    def test_the_workbook_has_the_numbers_of_the_tables(self):
        with zipfile.ZipFile(self.folder / "tables.xlsx") as book:
            names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
            self.assertEqual(len(names), self.said["tables"])
            sheet = book.read(f"xl/worksheets/sheet{names.index('benchmark-levels') + 1}.xml").decode()
        cells = dict(re.findall(r'<c r="([A-Z]+\d+)"[^>]*><v>([^<]*)</v>', sheet))
        head, *rows = self.csv_rows("benchmark-levels.csv")
        column = next(i for i, name in enumerate(head) if name.startswith("reference_level"))
        for i, row in enumerate(rows):
            self.assertAlmostEqual(float(cells[f"{chr(65 + column)}{i + 2}"]), float(row[column]), delta=1e-12 * float(row[column]))

    def test_export_writes_a_workbook_of_a_table_and_its_record(self):
        self.must("snitt-export", "benchmark.h5", "-o", "export.xlsx")
        with zipfile.ZipFile(self.folder / "export.xlsx") as book:
            names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        self.assertEqual(names[:3], ["table", "summary", "levels"])

    def test_an_input_that_cannot_be_read_is_named_on_the_page(self):
        (self.folder / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(64))
        done = run("snitt-report", "benchmark.h5", "broken.h5", "gone.csv", "-o", "some.html", cwd=self.folder)
        self.assertEqual(done.returncode, 1, done.stderr)
        text = (self.folder / "some.html").read_text()
        self.assertIn("gone.csv", text)
        self.assertIn("broken.h5", text)
        self.assertNotIn(str(self.folder), text, "no folder of this machine")
        done = run("snitt-report", "gone.csv", "-o", "none.html", cwd=self.folder)
        self.assertEqual(done.returncode, 3)
        self.assertFalse((self.folder / "none.html").exists())

    def test_other_names_are_refused(self):
        for words in (("-o", "other.pdf"), ("-o", "x.html", "--xlsx", "x.csv")):
            done = run("snitt-report", "benchmark.h5", *words, cwd=self.folder)
            self.assertEqual(done.returncode, 2, done.stderr)

    def test_a_page_of_the_longest_table_stays_small_and_says_so(self):
        with open(self.folder / "long.csv", "w") as file:
            file.write("i,x\n" + "".join(f"{i},{i * 0.5}\n" for i in range(20000)))
        self.must("snitt-report", "long.csv", "-o", "long.html", "--rows", "100", "--csv", "long")
        text = (self.folder / "long.html").read_text()
        self.assertLess(len(text), 100_000)
        self.assertIn("The first 100 of 20,000 rows are shown", text)
        self.assertEqual(len((self.folder / "long/long.csv").read_text().splitlines()), 20001)


class Activity(ChainTest):
    """Rates, turnaround times and forecasts, and the tables that a regional plan prints."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data = SAMPLES / "activity"
        cls.must("snitt-activity-rates", data / "example_counts.csv", "--population", data / "population.csv", "--standard-year", "2023",
                 "--by", "area,modality", "-o", "rates.h5", "-q")
        cls.must("snitt-activity-turnaround", data / "records.csv", "--by", "modality", "--limit-days", "28", "-o", "turnaround.h5", "-q")
        cls.must("snitt-activity-forecast", data / "airline.csv", "--horizon", "12", "-o", "forecast.h5", "-q")
        cls.must("snitt-report", "rates.h5", "turnaround.h5", "forecast.h5", "--language", "nb", "--csv", "tables", "-o", "activity.html", "-q")
        cls.page = (cls.folder / "activity.html").read_text()

    def test_each_result_has_its_plots(self):
        titles = re.findall(r"<svg[^>]*>\s*<title>([^<]*)</title>", self.page)
        for expected in ("CT: standardisert rate etter område", "ventetid: andel ikke avsluttet", "ventetid: andel innen grensen",
                         "all: observert og fremskrevet", "all: gjennomsnittlig absolutt feil i tilbakeprøving (%)"):
            self.assertIn(expected, titles)

    def test_totals_of_suppressed_counts_are_not_added_to_others(self):
        data = SAMPLES / "activity"
        self.must("snitt-activity-count", data / "ris-records.h5", "--by", "modality,provider,sex", "-o", "cells.h5", "-q")
        self.must("snitt-activity-suppress", "cells.h5", "-o", "shown.h5", "-q")
        self.must("snitt-report", "shown.h5", "--csv", "shown", "-o", "shown.html", "-q")
        with open(self.folder / "shown/totals.csv", newline="") as file:
            rows = {row["modality"]: row["count"] for row in csv.DictReader(file) if row["provider"] == row["sex"] == "total" and row["count"]}
        del rows["total"]
        described = re.findall(r"<title>examinations by modality</title>\s*<desc>([^<]*)</desc>", (self.folder / "shown.html").read_text())[-1]
        self.assertEqual(dict(re.findall(r"(\w+): ([\d,]+)\.", described)), {name: f"{float(count):,.0f}" for name, count in rows.items()})

    def test_the_plot_of_rates_says_the_numbers_of_its_table(self):
        with open(self.folder / "tables/rates.csv", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["modality"] == "CT"]
        described = re.search(r"<title>CT: standardisert rate etter område</title>\s*<desc>([^<]*)</desc>", self.page).group(1)
        self.assertEqual(described.count(" til "), len(rows))
        best = max(rows, key=lambda row: float(row["direct"]))
        shown = re.match(re.escape(best["area"]) + r": ([\d,]+) ", described)
        self.assertTrue(shown, "the highest rate stands first")
        self.assertAlmostEqual(float(shown.group(1).replace(",", ".")), float(best["direct"]), delta=0.5)

    def test_a_browser_has_no_complaint(self):
        if BROWSER is None:
            self.skipTest("chromium is not installed")
        done = browse(self.folder / "activity.html", self.folder, "--dump-dom")
        self.assertEqual([line for line in done.stderr.splitlines() if "CONSOLE" in line], [])

    def test_the_plans_tables_come_out_in_their_form(self):
        folder = pathlib.Path(os.environ.get("SNITT_SHARED_DATA", SOURCE.parent / "shared" / "data")) / "activity" / "reference_tables"
        if not folder.is_dir():
            self.skipTest(f"no {folder}")
        plan = [*folder.glob("table1_*.csv"), *folder.glob("table[23567]_*.csv")]
        self.must("snitt-report", *plan, "--language", "nb", "-o", "plan.html", "-q")
        tables = Tree((self.folder / "plan.html").read_text()).tables
        volumes = tables["table1_volume_by_modality_2024 etter modalitet"]
        totals = [row for row in volumes["rows"] if row[1] == "Totalt"]
        self.assertEqual([row[2] for row in totals], ["2320342", "27053"])
        self.assertIn("1\u202f107\u202f204", [cell for row in volumes["texts"] for cell in row])
        posts = next(table for name, table in tables.items() if name.startswith("table6_") and " etter " in name)
        with open(next(folder.glob("table6_*.csv")), newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["er_total_is_total"] == "0"]
        for column, year in enumerate(("2015", "2025")):
            total = sum(float(row["aarsverk_fte_printed"] or 0) for row in rows if row["aar_year"] == year)
            self.assertEqual(float(posts["rows"][-1][1 if column == 0 else -1]), total)


CALL = re.compile(r"(?<![\w.])(?:w|wording|wording_|r\.wording|\(\*this\))(?:\.say)?\(")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def first_argument(text, start):
    depth, at, quoted = 0, start, False
    while True:
        c = text[at]
        if quoted:
            at += c == "\\"
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        if not quoted and (depth == 0 or (c == "," and depth == 1)):
            return text[start + 1:at]
        at += 1


def asked_for(text):
    """Sentences that calls of a Wording ask for; both of `condition ? "one" : "other"`."""
    for call in CALL.finditer(text):
        argument = first_argument(text, call.end() - 1)
        if re.search(r'\?\s*"', argument):
            choices = re.split(r'(?<=")\s*:\s*(?=")', argument.split("?", 1)[1])
        else:
            choices = [argument]
        for choice in choices:
            if re.fullmatch(r'\s*(?:"(?:[^"\\]|\\.)*"\s*)+', choice):
                yield "".join(STRING.findall(choice))


main()
