#!/usr/bin/env python3
"""Makes the picture of the report page that README.md shows.

Usage: tests/report/picture.py REPORT PICTURE [SECTION...]

Keeps the sections of these ids, `answer` unless others are named; the picture is 1000 px wide. For README.md:
    bimix run configs/demo.yaml -o runs/demo && bimix report runs/demo
    tests/report/picture.py runs/demo/report.html scripts/analysis/report.png
"""

import json
import sys
from pathlib import Path

from PIL import Image  # comes with matplotlib

from browser import Browser, find_chromium

LEAVE = """document.querySelectorAll('main > section').forEach(
  section => { if (!WANTED.includes(section.id)) section.remove(); });
document.querySelector('footer').remove(); document.body.style.paddingBottom = 0"""


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    chromium = find_chromium()
    if chromium is None:
        sys.exit("there is no chromium here (scripts/setup browser)")
    page, picture, *sections = sys.argv[1:]
    browser = Browser(chromium)
    try:
        browser.open(Path(page).resolve(), 1000)
        browser.evaluate(LEAVE.replace("WANTED", json.dumps(sections or ["answer"])))
        browser.screenshot(picture)
    finally:
        browser.close()
    with Image.open(picture) as shot:  # a third of the bytes
        shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    main()
