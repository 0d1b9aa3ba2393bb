"""``demo-app call``: how the texts of a command line become the arguments of an action."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Run = Callable[..., Any]


@pytest.fixture
def echoed(terminal: Run) -> Callable[..., dict[str, Any]]:
    """The arguments as the action ``echo`` received them."""

    def echo(*words: str | Path) -> dict[str, Any]:
        ran = terminal("echo", "--json", "--text", "hi", *words)
        assert ran.code == 0, ran.err
        result: dict[str, Any] = json.loads(ran.out)
        return result

    return echo


def png(path: Path, size: tuple[int, int]) -> Path:
    Image.new("RGB", size).save(path)
    return path


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--times", "3"], "times", 3),
        (["--ratio", "1e-3"], "ratio", 0.001),
        (["--mode", "lower"], "mode", "lower"),
        (["--power", "2"], "power", 2),
        (["--colour", "blue"], "colour", "blue"),
        (["--digit", "0"], "digit", 0),
        (["--loud"], "loud", True),
        (["--no-loud"], "loud", False),
        (["--tags", "a,b", "--tags", "c"], "tags", ["a,b", "c"]),
        (["--shape", "1,3", "--shape", "5"], "shape", [1, 3, 5]),
        (["--optimiser", '{"name": "sgd", "rate": 1}'], "optimiser", ["sgd", 1.0]),
        (["--weights", '{"a": 0.5}'], "weights", {"a": 0.5}),
        (["--limit", "null"], "limit", None),
        (["--param-json", "x"], "json", "x"),
        (["--text", "--loud"], "text", "--loud"),
        (["--text", ""], "text", ""),
        (["--text", "null"], "text", "null"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else None,
)
def test_a_text_becomes_what_the_annotation_asks_for(
    echoed: Callable[..., dict[str, Any]], words: list[str], name: str, value: Any
) -> None:
    assert echoed(*words)[name] == value


def test_what_is_left_out_takes_the_default_of_the_action(
    echoed: Callable[..., dict[str, Any]],
) -> None:
    arguments = echoed()
    assert (arguments["times"], arguments["shape"], arguments["limit"]) == (2, [1, 3], 7)


def test_a_value_may_be_read_from_a_file(
    echoed: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "text.txt").write_text("naïve\n", "utf-8")
    (tmp_path / "weights.json").write_text('{"w": 2}')
    (tmp_path / "shape.csv").write_text("1,2\n")
    arguments = echoed("--text", "@text.txt", "--weights", "@weights.json", "--shape", "@shape.csv")
    assert (arguments["text"], arguments["weights"]) == ("naïve\n", {"w": 2.0})
    assert arguments["shape"] == [1, 2]


def test_two_at_signs_stand_for_one(echoed: Callable[..., dict[str, Any]]) -> None:
    assert echoed("--text", "@@home")["text"] == "@home"


def test_a_dash_behind_the_at_sign_reads_standard_input(
    echoed: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"from a pipe")))
    assert echoed("--text", "@-")["text"] == "from a pipe"


def test_standard_input_is_read_for_one_parameter_only(
    terminal: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    ran = terminal("echo", "--text", "@-", "--weights", "@-")
    assert (ran.code, ran.err) == (2, "demo-app: weights: standard input can be read only once\n")


def test_a_picture_is_opened_by_its_path(terminal: Run, tmp_path: Path) -> None:
    ran = terminal("size", "--image", png(tmp_path / "a.png", (5, 3)))
    assert ran.out == "5, 3\n"


def test_a_picture_is_read_from_standard_input(
    terminal: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = png(tmp_path / "a.png", (4, 2)).read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert terminal("size", "--image", "-").out == "4, 2\n"


def test_several_pictures_are_given_by_repeating_the_option(terminal: Run, tmp_path: Path) -> None:
    one, two = png(tmp_path / "1.png", (2, 2)), png(tmp_path / "2.png", (5, 2))
    assert terminal("mean", "--images", one, "--images", two).out == "(picture, 7×2)\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["size", "--image", "no.png"], "image: no.png: No such file or directory"),
        (["size", "--image", "."], "image: .: Is a directory"),
        (["size", "--image", "plain.txt"], "image: The file is not a picture that can be read"),
        (["echo", "--text", "@no.txt"], "text: no.txt: No such file or directory"),
        (["echo", "--text", "@bytes"], "text: bytes is no UTF-8 text"),
        (["echo", "--text", "a", "--weights", "{"], "weights: should be JSON"),
        (["reverse", "--document", "no"], "document: no: No such file or directory"),
        (["echo", "--text", "a", "--times", "x"], "times: Input should be a valid integer"),
        (["echo", "--text", "a", "--ratio", "nan"], "ratio: Input should be a finite number"),
        (["echo", "--text", "a", "--mode", "x"], "mode: Input should be 'upper' or 'lower'"),
        (["echo", "--text", "a", "--times", "10"], "times: Input should be less than or equal"),
        (["echo", "--text", "a", "--optimiser", "{}"], "optimiser.name: is required"),
        (["echo"], "Missing option '--text'"),
        (["echo", "--text"], "Option '--text' requires an argument"),
        (["echo", "--txt", "a"], "No such option: --txt (Possible options: --out, --text)"),
        (["echo", "--text", "a", "b"], "Got unexpected extra argument(s) (b)"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else None,
)
def test_wrong_input_is_one_line_that_names_the_parameter(
    terminal: Run, root: Path, words: list[str], message: str
) -> None:
    (root / "plain.txt").write_text("no picture")
    (root / "bytes").write_bytes(b"\xff\xfe")
    ran = terminal(*words)
    assert ran.code == 2
    assert ran.err.startswith(f"demo-app: {message}")
    assert (ran.out, ran.err.count("\n")) == ("", 1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["call", "termnal"], "There is no plugin named 'termnal'. Did you mean 'terminal'?"),
        (["call", "terminal", "ecko"], "no action of terminal named 'ecko'. Did you mean 'echo'?"),
        (
            ["plugins", "show", "termnal"],
            "There is no plugin named 'termnal'. Did you mean 'terminal'?",
        ),
        (["train", "termnal"], "There is no plugin named 'termnal'. Did you mean 'terminal'?"),
        (["check", "termnal"], "There is no plugin named 'termnal'. Did you mean 'terminal'?"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else None,
)
def test_an_unknown_name_gets_a_suggestion_and_exit_code_3(
    demo_app: Run, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.setenv("DEMO_APP_PLUGIN_DIRS", str(Path(__file__).parent / "demos"))
    ran = demo_app(*words)
    assert ran.code == 3
    assert message in ran.err


def test_hyphens_may_stand_for_underscores(demo_app: Run, write_plugin: Run) -> None:
    write_plugin(
        "my_demo",
        """
        from demo_app import Card, Context, action, hookimpl

        @action
        def count_up(ctx: Context, *, up_to: int) -> list[int]:
            return list(range(up_to))

        @hookimpl
        def demo_card():
            return Card(title="Mine", summary="Counts.")

        @hookimpl
        def demo_actions():
            return [count_up]
        """,
    )
    assert demo_app("call", "my-demo", "count-up", "--up-to", "3").out == "0, 1, 2\n"


class TestHelp:
    def test_of_an_action_shows_types_bounds_defaults_and_descriptions(self, terminal: Run) -> None:
        text = " ".join(terminal("echo", "--help").out.replace("│", " ").split())
        assert "Return the arguments as they arrived." in text
        assert "<integer, 1 to 9> How often. [default: 2]" in text
        assert "<upper | lower> [default: upper]" in text
        assert "Words to say again." in text
        assert "Example: demo-app call terminal echo --text VALUE" in text

    def test_of_an_action_leaves_out_what_is_for_developers(self, terminal: Run) -> None:
        assert "Raises" not in terminal("echo", "--help").out

    def test_of_a_demo_lists_its_actions_even_where_none_is_asked_for(self, terminal: Run) -> None:
        ran = terminal()
        assert ran.code == 0
        assert ran.out == terminal("--help").out
        assert "Return the seed." in ran.out

    def test_shows_the_words_of_a_plugin_as_they_are(self, terminal: Run) -> None:
        assert "Terminal [test]: What a command line must carry." in terminal("--help").out

    def test_of_call_lists_the_ready_demos(self, demo_app: Run) -> None:
        demos = Path(__file__).parent / "demos"
        for words in (["--plugin-dir", demos], ["--plugin-dir", demos, "--help"]):
            ran = demo_app("call", *words)
            assert ran.code == 0
            assert "What a command line must carry." in ran.out
