"""Makes the pictures of the documentation from a build: python -m tests.browser.pictures OUT."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"
# name of the picture -> page, and how high the picture is
PICTURES = {
    "overview": ("index.html", 560),
    "cell": ("cell.html#ADTTE/6/AVAL", 720),
    "participant": ("participant.html#NCT02843126-FD-002", 1400),
}
WIDTH = 1000


def main(out: Path) -> None:
    """Writes docs/pictures/*.png.

    Takes     the folder of builds that has the sample.
    """
    site = (out / "site").resolve().as_uri()
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (address, height) in PICTURES.items():
            page = browser.new_page(viewport={"width": WIDTH, "height": height})
            page.goto(f"{site}/{address}")
            page.locator("html[data-ready=yes], body:not(:has(dialog))").first.wait_for(state="attached")
            page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
