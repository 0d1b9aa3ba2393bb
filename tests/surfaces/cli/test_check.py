"""``demo-app check``: one line a check, and an exit code that continuous integration can use."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_a_plugin_that_keeps_the_contract_passes(demo_app: Run, shapes_dir: Path) -> None:
    ran = demo_app("check", "shapes", "--plugin-dir", shapes_dir)
    assert ran.code == 0, ran.out
    marks = [line.split()[0] for line in ran.out.splitlines()[1:]]
    assert set(marks) <= {"✓", "–"}
    assert marks.count("✓") >= 4


def test_a_failure_is_named_and_gives_exit_code_1(
    demo_app: Run, shapes_dir: Path, write_plugin: Run
) -> None:
    write_plugin("broken", "1 / 0")
    ran = demo_app("check", "--plugin-dir", shapes_dir, "--only", "next_door,broken")
    assert ran.code == 1
    assert "✗ ready: import_failed: It raised an exception while it was imported" in ran.out
    assert ran.err == "demo-app: 1 check failed\n"


def test_without_a_name_every_plugin_but_the_blocked_is_checked(
    demo_app: Run, shapes_dir: Path, write_plugin: Run
) -> None:
    write_plugin("broken", "1 / 0")
    ran = demo_app("check", "--plugin-dir", shapes_dir, "--disable", "shapes")
    names = [line for line in ran.out.splitlines() if not line.startswith(" ")]
    assert names == ["next_door", "broken"]
