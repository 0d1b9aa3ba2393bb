"""The README's pictures are those that docs/screenshots.py takes of the app as it is."""

import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from docs.screenshots import FOLDER, SHOTS, take

ROOT = Path(__file__).parents[2]


def test_the_script_takes_every_picture_of_the_readme(browser: Browser, tmp_path: Path) -> None:
    shown = re.findall(
        r"\]\(docs/screenshots/(\w+)\.png\)", (ROOT / "README.md").read_text("utf-8")
    )
    assert sorted(shown) == sorted(SHOTS)
    for fresh in take(tmp_path, browser):
        with Image.open(fresh) as now, Image.open(FOLDER / "screenshots" / fresh.name) as then:
            assert now.width == then.width
            assert abs(now.height - then.height) <= 0.1 * then.height
