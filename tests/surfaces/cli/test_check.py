"""``demo-app check``: one line a check, and an exit code that continuous integration can use."""

from collections.abc import Callable
from typing import Any

from tests.sources import MINIMAL

Run = Callable[..., Any]


def test_a_plugin_that_keeps_the_contract_passes(demo_app: Run, write_plugin: Run) -> None:
    write_plugin("smallest", MINIMAL)
    ran = demo_app("check", "smallest")
    assert ran.code == 0, ran.out
    marks = [line.split()[0] for line in ran.out.splitlines()[1:]]
    assert set(marks) <= {"✓", "–"}
    assert marks.count("✓") >= 3


def test_a_failure_is_named_and_gives_exit_code_1(demo_app: Run, write_plugin: Run) -> None:
    write_plugin("smallest", MINIMAL)
    write_plugin("broken", "1 / 0")
    ran = demo_app("check", "--only", "smallest,broken")
    assert ran.code == 1
    assert "✗ ready: import_failed: It raised an exception while it was imported" in ran.out
    assert ran.err == "demo-app: 1 check failed\n"


def test_without_a_name_every_plugin_but_the_blocked_is_checked(
    demo_app: Run, write_plugin: Run
) -> None:
    for name in ("a_first", "broken", "left_out"):
        write_plugin(name, "1 / 0" if name == "broken" else MINIMAL)
    ran = demo_app("check", "--disable", "left_out")
    names = [line for line in ran.out.splitlines() if not line.startswith(" ")]
    assert names == ["a_first", "broken"]
