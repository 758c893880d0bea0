#!/usr/bin/env python3
"""The page of `bimix report` in a real headless Chromium. Ends with 77 where there is none.

Usage: tests/report/browser_test.py BIMIX FOLDER

Makes run folders and pages in FOLDER, opens them at 400 and 1600 px, light and dark, and prints
them. Screenshots stay in FOLDER for people to look at.
"""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

from browser import Browser, find_chromium

ROOT = Path(__file__).resolve().parent.parent.parent
HOSTILE = ["<script>document.title='owned'</script>", "</script><img src=x onerror=alert(1)>", "a&b\"c'd"]

TRAINED = {"shares", "curves", "sections", "predicted", "residuals", "mixtures", "volume", "entropies",
           "trials", "timeline"}
IMPORTED = {"shares", "curves", "sections", "predicted", "residuals", "mixtures", "volume", "transfer"}

# Every place for a chart, whether something is drawn in it, and whether anything sticks out.
CHARTS = """[...document.querySelectorAll('[data-chart]')].map(c => ({
  name: c.dataset.chart,
  label: c.getAttribute('aria-label'),
  marks: c.querySelectorAll('svg path').length,
  words: c.querySelectorAll('svg text').length,
  data: c.parentElement.querySelectorAll('table tbody tr').length,
  wide: [...c.querySelectorAll('svg')].some(
    s => s.getBoundingClientRect().right > document.documentElement.clientWidth)}))"""


def bimix(program, *arguments):
    subprocess.run([program, *map(str, arguments)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def trained(program, folder):
    """A run of everything: training, check, entropies."""
    bimix(program, "run", "configs/smoke.yaml", "-o", folder)
    return TRAINED


def of_every_share(program, folder):
    """The same with a law of the whole mixture."""
    text = (ROOT / "configs/smoke.yaml").read_text().replace("base: ..", f"base: {ROOT}")
    text = text.replace("law: bimix", "law: effective_share")
    campaign = folder.with_suffix(".yaml")
    campaign.write_text(text.replace("bootstrap: 50", "bootstrap: 10"))
    bimix(program, "run", campaign, "-o", folder)
    return TRAINED | {"transfer"}


def hostile(program, folder):
    """Logs whose domains are named to break pages; nothing was trained."""
    log = folder.with_suffix(".csv")
    with open(ROOT / "tests/samples/synthetic_bimix.csv", newline="") as sample:
        rows = list(csv.DictReader(sample))
    new_name = dict(zip(dict.fromkeys(row["domain"] for row in rows), HOSTILE))
    with open(log, "w", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        for row in rows:
            writer.writerow({**row, "domain": new_name.get(row["domain"], row["domain"])})
    bimix(program, "import", log, "-o", folder)
    return IMPORTED


def crowd(program, folder):
    """Hundreds of mixtures of four domains, one of them with a name as long as a sentence."""
    names = ["a" * 120, "a name of many words that says where its texts come from", "c", "d"]
    log = folder.with_suffix(".csv")
    with open(log, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["run", "tokens", "domain", "share", "loss_nats"])
        for run in range(400):
            parts = [1 + (run * step) % 17 for step in (3, 5, 7, 11)]
            for tokens in (1_000_000, 4_000_000, 16_000_000):
                for name, part in zip(names, parts):
                    share = part / sum(parts)
                    loss = share ** -0.1 * (20 / tokens ** 0.3 + 1) * (1 + 0.003 * ((run * 7 + part) % 5))
                    writer.writerow([f"run{run}", tokens, name, repr(share), repr(loss)])
    bimix(program, "import", log, "--normalise", "-o", folder)
    return IMPORTED


# Tables whose first column leaves no room for a figure, before anything is scrolled.
PUSHED_OUT = """[...document.querySelectorAll('.scroll')].filter(box => {
  const cell = box.querySelector('tbody td');
  return box.clientWidth && cell && cell.getBoundingClientRect().left > box.getBoundingClientRect().right - 20;
}).map(box => box.getAttribute('aria-label'))"""


def mistakes(browser, page, wanted, width, scheme):
    browser.open(page, width, scheme)
    charts = browser.evaluate(CHARTS)
    if {chart["name"] for chart in charts} != wanted:
        yield f"charts {[chart['name'] for chart in charts]}, not {sorted(wanted)}"
    for chart in charts:
        for what in ("label", "marks", "words", "data"):
            if not chart[what]:
                yield f"chart {chart['name']}: no {what}"
        if chart["wide"]:
            yield f"chart {chart['name']} is wider than the window"
    for name in browser.evaluate(PUSHED_OUT):
        yield f"the first column of '{name}' leaves no room for figures"
    if browser.evaluate("document.querySelectorAll('svg *').length") > 50_000:
        yield "there are so many marks that the page is slow"
    if browser.evaluate("document.documentElement.scrollHeight") > 20_000:
        yield "the page is longer than anybody reads"
    if browser.evaluate("document.documentElement.scrollWidth") > width:
        yield "the page must be scrolled sideways"
    if not browser.evaluate("document.title").startswith("Data mixture of "):
        yield f"the title was changed to {browser.evaluate('document.title')}"
    ground, ink = (browser.evaluate(f"getComputedStyle(document.body).{name}")
                   for name in ("backgroundColor", "color"))
    brightness = [sum(map(int, colour[4:-1].split(","))) for colour in (ground, ink)]
    if (brightness[0] > brightness[1]) != (scheme == "light"):
        yield f"{ink} on {ground} is not {scheme}"


def keyboard_mistakes(browser):
    """Tab must reach the link to the answer first and every table's summary at some time."""
    press = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
    reached = []
    for _ in range(400):
        browser.call("Input.dispatchKeyEvent", type="keyDown", **press)
        browser.call("Input.dispatchKeyEvent", type="keyUp", **press)
        reached.append(browser.evaluate("document.activeElement.tagName + ' ' + "
                                        "document.activeElement.className"))
        if len(reached) > 1 and reached[-1] == reached[0]:
            break
    if reached[0] != "A skip":
        yield f"Tab goes to {reached[0]} first"
    summaries = browser.evaluate("document.querySelectorAll('summary').length")
    if sum(r.startswith("SUMMARY") for r in reached) < summaries:
        yield f"Tab does not reach all {summaries} summaries"


def main():
    program, folder = sys.argv[1], Path(sys.argv[2])
    chromium = find_chromium()
    if chromium is None:
        print("skipped: no chromium here (scripts/setup browser)")
        return 77
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    found = []
    browser = Browser(chromium)
    try:
        for make in (trained, of_every_share, hostile, crowd):
            run = folder / make.__name__
            wanted = make(program, run)
            bimix(program, "report", run)
            page = run / "report.html"
            if 'data-chart=' not in page.read_text():
                print("skipped: built without the chart library (scripts/setup charts)")
                return 77
            for width in (400, 1600):
                for scheme in ("light", "dark"):
                    place = f"{make.__name__} at {width} px, {scheme}"
                    found += [f"{place}: {m}" for m in mistakes(browser, page, wanted, width, scheme)]
                    browser.screenshot(folder / f"{make.__name__}-{width}-{scheme}.png")
            found += [f"{make.__name__}: {m}" for m in keyboard_mistakes(browser)]
            browser.print(folder / f"{make.__name__}.pdf")
    finally:
        browser.close()
    found += [f"console: {problem}" for problem in browser.problems]
    print("\n".join(found + [f"browser_test: {len(found)} mistakes; pictures in {folder}"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
