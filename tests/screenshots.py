"""Takes a picture of every page of the article's graph, wide and narrow, light and dark, for people to look at.

``python tests/screenshots.py [FOLDER]``; without a folder, ``build/screenshots``.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

import browser
import geokg
from test_pages import PATHS

ROOT = Path(__file__).resolve().parents[1]
SETTLED = 700
"""Milliseconds; a page with a script has drawn what it draws by then."""


def name(path: str) -> str:
    """The name of a picture.

    >>> name("/data/state/CHN"), name("/")
    ('data-state-CHN', 'home')
    """
    return re.sub(r"\W+", "-", path).strip("-")[:60] or "home"


def main(folder: Path) -> None:
    """Make all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        graph = Path(temporary) / "kg.trig"
        geokg.sample().save(graph)
        with browser.serving(graph, "--read-only") as address, browser.browser() as started:
            for width, viewport in (("wide", browser.WIDE), ("narrow", browser.NARROW)):
                for scheme in ("light", "dark"):
                    with browser.looking(started, address, viewport=viewport, color_scheme=scheme) as page:
                        for path in PATHS:
                            page.goto(path)
                            page.wait_for_timeout(SETTLED)
                            page.screenshot(path=folder / f"{name(path)}.{width}.{scheme}.png", full_page=True)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "screenshots")
