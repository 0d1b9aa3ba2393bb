"""``demo-app call``: what is printed, what is written, and how a call ends."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Run = Callable[..., Any]


def picture(path: Path) -> tuple[str | None, tuple[int, int]]:
    with Image.open(path) as image:
        return image.format, image.size


def test_records_are_shown_as_a_table(terminal: Run) -> None:
    lines = [line.split() for line in terminal("scores").out.splitlines()]
    assert lines == [["label", "value"], ["cat", "0.9877"], ["dog", "0.0100"]]


def test_json_has_every_digit(terminal: Run) -> None:
    assert json.loads(terminal("scores", "--json").out)[0] == {"label": "cat", "value": 0.98765432}


def test_square_brackets_in_names_and_values_are_no_markup(terminal: Run) -> None:
    out = terminal("brackets").out
    assert "[bold]key  [red]value" in out
    assert "[dim]column" in out


def test_a_text_is_printed_as_it_is(terminal: Run) -> None:
    assert terminal("say").out == "[bold]plain[/bold] " + "word " * 30 + "\n"


def test_a_seed_gives_the_same_result_and_none_is_drawn(terminal: Run) -> None:
    assert terminal("draw", "--seed", "7").out == "7\n"
    assert terminal("draw").out.strip().isdigit()


class TestStream:
    def test_in_a_pipe_leaves_its_last_value(self, terminal: Run) -> None:
        assert terminal("count").out == "step  3\nloss  0.3333\n"

    def test_as_json_is_one_document_a_line(self, terminal: Run) -> None:
        documents = [json.loads(line) for line in terminal("count", "--json").out.splitlines()]
        assert documents[1:] == [{"step": 2, "loss": 0.5}, {"step": 3, "loss": 1 / 3}]

    def test_of_nothing_prints_nothing(self, terminal: Run) -> None:
        ran = terminal("count", "--to", "0")
        assert (ran.code, ran.out, ran.err) == (0, "", "")

    def test_keeps_what_the_plugin_prints_out_of_the_results(self, terminal: Run) -> None:
        ran = terminal("count", "--to", "1")
        assert ran.err == "a print of the plugin\n"

    def test_ends_with_its_best_at_the_first_ctrl_c(self, terminal: Run) -> None:
        ran = terminal("interrupted")
        assert (ran.code, ran.out) == (0, "the best so far\n")
        assert "stopping with the best so far" in ran.err

    def test_is_aborted_by_the_second_ctrl_c(self, terminal: Run) -> None:
        ran = terminal("interrupted", "--times", "2")
        assert (ran.code, ran.out) == (130, "")

    def test_leaves_the_latest_picture_in_the_file(self, terminal: Run, root: Path) -> None:
        ran = terminal("film", "--out", "film.png")
        assert ran.out.splitlines()[-1] == "film.png (picture, 3×3)"
        assert picture(root / "film.png") == ("PNG", (3, 3))


class TestOut:
    def test_takes_one_picture_at_the_path(self, terminal: Run, root: Path) -> None:
        ran = terminal("squares", "--count", "1", "--out", "square.png")
        assert ran.out == "pictures  square.png (picture, 1×1)\n"
        assert picture(root / "square.png") == ("PNG", (1, 1))

    def test_numbers_several_pictures(self, terminal: Run, root: Path) -> None:
        assert terminal("squares", "--out", "s.png").code == 0
        assert [picture(root / f"s-{n}.png")[1] for n in (1, 2)] == [(1, 1), (2, 2)]

    def test_chooses_the_format_by_the_extension(self, terminal: Run, root: Path) -> None:
        terminal("squares", "--count", "1", "--out", "s.jpg")
        assert picture(root / "s.jpg") == ("JPEG", (1, 1))

    @pytest.mark.parametrize("folder", ["there/", "new/"])
    def test_fills_a_folder(self, terminal: Run, root: Path, folder: str) -> None:
        (root / "there").mkdir()
        terminal("squares", "--out", folder)
        assert sorted(p.name for p in (root / folder).iterdir()) == ["image-1.png", "image-2.png"]

    def test_keeps_a_files_bytes_whatever_the_extension(self, terminal: Run, root: Path) -> None:
        (root / "in.txt").write_bytes(b"abc")
        ran = terminal("reverse", "--document", "in.txt", "--out", "out.jpg")
        assert ran.out == "out.jpg (reversed-in.txt, 3 bytes)\n"
        assert (root / "out.jpg").read_bytes() == b"cba"

    def test_gives_a_folder_a_file_under_its_own_name(self, terminal: Run, root: Path) -> None:
        (root / "in.txt").write_bytes(b"abc")
        terminal("reverse", "--document", "in.txt", "--out", ".")
        assert (root / "reversed-in.txt").read_bytes() == b"cba"

    def test_is_named_in_json(self, terminal: Run) -> None:
        result = json.loads(terminal("squares", "--count", "1", "--out", "s.png", "--json").out)
        assert result["pictures"][0]["path"] == "s.png"

    def test_left_out_writes_nothing_and_says_so(self, terminal: Run, root: Path) -> None:
        before = sorted(root.rglob("*"))
        ran = terminal("squares", "--json")
        assert [p["path"] for p in json.loads(ran.out)["pictures"]] == [None, None]
        assert ran.err == "demo-app: the result holds 2 pictures or files; --out FILE writes it\n"
        assert sorted(root.rglob("*")) == before

    def test_replaces_a_file_whole_and_leaves_nothing_beside_it(
        self, terminal: Run, root: Path
    ) -> None:
        (root / "s.png").write_bytes(b"old" * 1000)
        terminal("squares", "--count", "1", "--out", "s.png")
        assert picture(root / "s.png") == ("PNG", (1, 1))
        assert [p.name for p in root.iterdir() if p.is_file()] == ["s.png"]

    def test_keeps_the_old_file_when_writing_fails(
        self, terminal: Run, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (root / "s.png").write_bytes(b"old")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.replace", full)
        ran = terminal("squares", "--count", "1", "--out", "s.png")
        assert (ran.code, ran.err) == (2, "demo-app: --out: s.png: No space left on device\n")
        assert [p.read_bytes() for p in root.iterdir() if p.is_file()] == [b"old"]

    def test_follows_a_symbolic_link(self, terminal: Run, root: Path) -> None:
        (root / "link.png").symlink_to(root / "target.png")
        terminal("squares", "--count", "1", "--out", "link.png")
        assert (root / "link.png").is_symlink()
        assert picture(root / "target.png") == ("PNG", (1, 1))

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["squares", "--out", "s.foo"], "no picture can be written as .foo"),
            (["squares", "--out", "no/s.png"], "there is no folder no"),
            (["squares", "--out", "file/"], "file/"),
            (["squares", "--out", "-"], "give the name of a file, or /dev/stdout"),
            (["scores", "--out", "s.png"], "scores makes no picture or file"),
        ],
    )
    def test_that_cannot_be_written_is_refused(
        self, terminal: Run, root: Path, words: list[str], message: str
    ) -> None:
        (root / "file").touch()
        ran = terminal(*words)
        assert ran.code == 2
        assert ran.err.startswith(f"demo-app: --out: {message}")


class TestFailure:
    def test_that_the_action_explains_is_shown_as_it_is(self, terminal: Run) -> None:
        ran = terminal("refuse")
        assert (ran.code, ran.err) == (2, "demo-app: mood: not today\n")

    def test_that_nobody_foresaw_is_one_line_with_its_cause(self, terminal: Run) -> None:
        ran = terminal("crash")
        assert ran.code == 1
        assert ran.err == (
            "demo-app: crash failed inside the demo (RuntimeError): the wheels came off "
            "(--debug shows the traceback)\n"
        )

    def test_has_its_traceback_with_debug(self, terminal: Run) -> None:
        ran = terminal("crash", "--debug")
        assert "in crash\n    raise RuntimeError" in ran.err

    def test_for_want_of_memory_has_exit_code_5(self, terminal: Run) -> None:
        assert terminal("exhaust").code == 5

    def test_by_ctrl_c_outside_a_stream_has_exit_code_130(self, terminal: Run) -> None:
        # A shell lets its background jobs ignore Ctrl-C, and the tests with them.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            ran = terminal("press")
        finally:
            signal.signal(signal.SIGINT, before)
        assert (ran.code, ran.out, ran.err) == (130, "", "demo-app: interrupted\n")

    def test_of_the_plugin_to_load_has_exit_code_4(self, demo_app: Run, write_plugin: Run) -> None:
        write_plugin("broken", "1 / 0")
        ran = demo_app("call", "broken", "anything")
        assert ran.code == 4
        assert "broken: It raised an exception while it was imported: ZeroDivisionError" in ran.err
