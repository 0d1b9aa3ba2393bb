"""``demo-app`` itself: help, version, unknown commands, and the commands that plugins add."""

from collections.abc import Callable
from typing import Any

import pytest

import demo_app as package

Run = Callable[..., Any]

OWN = """
import typer
from demo_app import Card, DemoError, hookimpl

@hookimpl
def demo_card():
    return Card(title="Own [1]", summary="Has commands.")

@hookimpl
def demo_register_commands(cli: typer.Typer):
    @cli.command()
    def measure(times: int = 1) -> None:
        "Measure something."
        print("measured", times)

    @cli.command()
    def fail(how: str) -> None:
        "Fail."
        if how == "foreseen":
            raise DemoError("It did not work.")
        raise RuntimeError("surprise")
"""


def test_help_names_every_command_and_exit_code(demo_app: Run) -> None:
    ran = demo_app("--help")
    assert ran.code == 0
    for word in ("run", "call", "plugins", "train", "evaluate", "check", "--plugin-dir", "--debug"):
        assert f" {word} " in ran.out
    for code in (0, 1, 2, 3, 4, 5, 130, 141):
        assert f" {code}  " in ran.out


@pytest.mark.parametrize("command", ["run", "call", "plugins", "train", "evaluate", "check"])
def test_every_command_has_help(demo_app: Run, command: str) -> None:
    ran = demo_app(command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert f"Usage: demo-app {command}" in ran.out
    assert "--disable" in ran.out


def test_help_loads_no_plugin(demo_app: Run, write_plugin: Run) -> None:
    write_plugin("loud", "import sys; print('loaded', file=sys.stderr)")
    assert demo_app("--help").err == ""
    assert demo_app("train", "--help").err == ""


def test_version_is_the_packages(demo_app: Run) -> None:
    assert demo_app("--version").out == f"demo-app {package.__version__}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["chek"], "No such command 'chek'. Did you mean 'check'? Try: demo-app --help"),
        (["on-demo"], "No such command 'on-demo'. Did you mean 'own_demo'?"),
        (["zzz"], "No such command 'zzz'. Try: demo-app --help"),
        (["plugins", "lst"], "No such command 'lst'. Did you mean 'list'?"),
        (["--plugn-dir", "x"], "No such option: --plugn-dir (Possible options: --plugin-dir)"),
        (["check", "a", "b"], "Got unexpected extra argument(s) (b). Try: demo-app check --help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_usage_is_one_line_with_a_suggestion(
    demo_app: Run, write_plugin: Run, words: list[str], message: str
) -> None:
    write_plugin("own_demo", OWN)
    ran = demo_app(*words)
    assert ran.code == 2
    assert ran.err.startswith(f"demo-app: {message}")
    assert ran.err.count("\n") == 1


class TestOwnCommandsOfAPlugin:
    def test_run_below_its_name(self, demo_app: Run, write_plugin: Run) -> None:
        write_plugin("own_demo", OWN)
        ran = demo_app("own-demo", "measure", "--times", "3")
        assert (ran.code, ran.out) == (0, "measured 3\n")

    @pytest.mark.parametrize("words", [[], ["--help"]])
    def test_are_listed_by_its_help(
        self, demo_app: Run, write_plugin: Run, words: list[str]
    ) -> None:
        write_plugin("own_demo", OWN)
        ran = demo_app("own_demo", *words)
        assert ran.code == 0
        assert "Own [1]: Has commands." in ran.out
        assert "Measure something." in ran.out

    def test_fail_as_the_hosts_do(self, demo_app: Run, write_plugin: Run) -> None:
        write_plugin("own_demo", OWN)
        foreseen = demo_app("own_demo", "fail", "foreseen")
        assert (foreseen.code, foreseen.err) == (1, "demo-app: It did not work.\n")
        surprise = demo_app("own_demo", "fail", "badly")
        assert (surprise.code, surprise.err) == (
            1,
            "demo-app: RuntimeError: surprise (--debug shows the traceback)\n",
        )

    def test_whose_hook_raises_cost_only_themselves(self, demo_app: Run, write_plugin: Run) -> None:
        write_plugin("own_demo", OWN.replace("    @cli.command()", "    cli.oops()", 1))
        ran = demo_app("own_demo", "measure")
        assert ran.code == 4
        assert ran.err.startswith("demo-app: own_demo: demo_register_commands() raised ")
        assert demo_app("plugins", "list").out.splitlines()[1].split()[:2] == ["own_demo", "ready"]

    def test_that_are_none_point_to_the_actions(self, demo_app: Run, write_plugin: Run) -> None:
        write_plugin("own_demo", OWN.partition("@hookimpl\ndef demo_register_commands")[0])
        ran = demo_app("own_demo")
        assert ran.code == 4
        assert "adds no commands of its own. Its actions: demo-app call own_demo" in ran.err

    def test_of_a_plugin_that_did_not_load_say_why(self, demo_app: Run, write_plugin: Run) -> None:
        write_plugin("own_demo", "1 / 0")
        ran = demo_app("own_demo", "measure")
        assert ran.code == 4
        assert "It raised an exception while it was imported: ZeroDivisionError" in ran.err
