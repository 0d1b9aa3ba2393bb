"""Writes docs/checks.md from the checks themselves: python docs/checks.py."""

from __future__ import annotations

from pathlib import Path

from demo_app.conformance import CHECKS

PAGE = Path(__file__).with_suffix(".md")
HEAD = """# Checks

<!-- Written by docs/checks.py from the docstrings of the checks; change them there. -->

What a plugin must fulfil. Each check has an id, and says what it looks at, why, and how to mend
what it finds. Three ways to run them:

```bash
demo-app check my_plugin                        # a line a check; exit code 1 if one fails
pytest --demo-plugin path/to/my_plugin          # the same as tests, anywhere
```

```python
# my_plugin/tests/test_my_plugin.py
from pathlib import Path

from demo_app.testing import parametrize_with_checks


@parametrize_with_checks(Path(__file__).parents[1], expected_failures={"network": "asks a service"})
def test_contract(check):
    check()
```

A check that fails for a reason you know is named in `expected_failures`; it must fail then. One
that says nothing about a plugin, such as `tab` where there is none, is skipped with the reason.

| check | requirement |
| --- | --- |
"""


def page() -> str:
    """The whole page."""
    rows = "".join(f"| [`{check.name}`](#{check.name}) | {check.reason} |\n" for check in CHECKS)
    parts = (f"\n## {check.name}\n\n{_markdown(check.paragraph)}\n" for check in CHECKS)
    return HEAD + rows + "".join(parts)


def _markdown(paragraph: str) -> str:
    return paragraph.replace("``", "`")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
