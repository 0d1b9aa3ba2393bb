"""The tutorial, followed to the letter: every block in its order, the page open beside it."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.visiting import visited

TUTORIAL = Path(__file__).parents[2] / "docs" / "plugin-tutorial.md"
SERVING = "demo-app --plugin-dir plugins\n"
ADDRESS = "http://127.0.0.1:7860"


@dataclass(frozen=True)
class Block:
    """A block of code: a file, or what is typed into a terminal."""

    text: str

    @property
    def file(self) -> str | None:
        """The name of the file that it is, which is its first line."""
        first = re.match(r"# (\S+\.(?:py|toml))\n", self.text)
        return first[1] if first else None


def blocks() -> list[Block]:
    """Those of the tutorial, in order."""
    text = TUTORIAL.read_text("utf-8")
    found = re.findall(r"^```\w+\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert len(found) == text.count("\n```") / 2
    return [Block(body) for body in found]


class Reader:
    """Somebody who does what the tutorial says, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address: str | None = None
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
        }

    def do(self, block: Block) -> str:
        """Write the file, or run the commands to their end; what they printed."""
        text = block.text.replace(ADDRESS, self.address or ADDRESS)
        if block.file is not None:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            return ""
        ran = subprocess.run(
            ["bash", "-euc", text],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert ran.returncode == 0, f"{text}\n{ran.stdout}"
        return ran.stdout

    @contextmanager
    def serving(self, block: Block) -> Iterator[str]:
        """Run the commands, the last of which serves until it is interrupted; its address."""
        assert block.text.endswith(SERVING)
        self.do(Block(block.text.removesuffix(SERVING)))
        process = subprocess.Popen(
            SERVING.split(),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if address := re.search(r"http://127\.0\.0\.1:\d+", line):
                    self.address = address[0]
                    break
            assert self.address is not None
            yield self.address
        finally:
            process.terminate()
            process.communicate()


def is_wrapped(page: Page) -> None:
    page.get_by_role("tab", name="Colours").click()
    expect(page.get_by_label("number input for green")).to_be_visible()


def lacks_its_actions(page: Page) -> None:
    expect(page.locator(".problem-card")).to_contain_text("actions")


def has_a_page_of_its_own(page: Page) -> None:
    page.get_by_text("40", exact=True).first.click()
    expect(page.get_by_test_id("label-output-value").filter(visible=True)).to_have_text("cyan")


def is_gone(page: Page) -> None:
    expect(page.get_by_role("tab", name="Colours")).to_have_count(0)


LOOKS: Mapping[str, Callable[[Page], None]] = {
    "plugins/colours/__init__.py": is_wrapped,
    "plugins/colours/__init__.py, again": lacks_its_actions,
    "demo-app train colours --plugin-dir plugins\n": has_a_page_of_its_own,
    "mv plugins/colours colours\n": is_gone,
}
"""What the page shows after a block."""

PRINTS = {
    "demo-app call --plugin-dir plugins colours predict": "orange",
    "demo-app train colours": r"accuracy +0\.9[5-9]",
    "demo-app call --plugin-dir plugins colours name_colour": "blue",
    "python ask.py": "'name': 'blue'",
    "python without_app.py": r"Name\(name='blue'",
    "cat >>": "✓ ship|– ship",
    "pytest": "19 passed, 1 skipped",
    "demo-app plugins show": "name_colour",
}
"""What a block prints, by its beginning."""


@pytest.mark.timeout(400)
def test_the_tutorial_ends_in_a_tested_live_tab(
    browser: Browser, tmp_path: Path, uploads: Path
) -> None:
    reader, told = Reader(tmp_path), list[str]()
    first, install, *rest = blocks()
    assert [first.file, reader.do(first), reader.do(install)] == ["my_model.py", "", ""]
    serve, *rest = rest
    looked, printed = [], []
    with reader.serving(serve) as address, visited(browser, address, told) as page:
        page.get_by_role("tab").first.wait_for()
        for block in rest:
            said = reader.do(block)
            name = block.file or block.text
            name = f"{name}, again" if name in looked else name
            if name in LOOKS:
                LOOKS[name](page)
                looked.append(name)
            for begin in (begin for begin in PRINTS if block.text.startswith(begin)):
                assert re.search(PRINTS[begin], said), f"{block.text}\n{said}"
                printed.append(begin)
    assert (looked, printed) == (list(LOOKS), list(PRINTS))
    assert told == []
