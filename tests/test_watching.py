"""The watcher tells which plugins changed, when their files are quiet, and nothing else."""

import queue
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from demo_app import watching
from demo_app.watching import Watcher

QUIET = 1.0


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Stepped:
    """A watcher that looks when the test says so, and what it told."""

    def __init__(self, *directories: Path) -> None:
        self.clock = Clock()
        self.told: list[dict[str, str]] = []
        self.on_change: Callable[[], None] = lambda: None
        self.watcher = Watcher(directories, self._note, quiet=QUIET, clock=self.clock)

    def _note(self, changed: Mapping[Path, str]) -> None:
        self.told.append({path.name: file for path, file in changed.items()})
        self.on_change()

    def look(self, after: float = 0.0) -> list[dict[str, str]]:
        """Let seconds pass and look; what was told by that."""
        self.clock.now += after
        before = len(self.told)
        self.watcher.step()
        return self.told[before:]

    def settle(self) -> list[dict[str, str]]:
        """What is told once everything is quiet."""
        return self.look() + self.look(QUIET)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "plugins"
    (directory / "there").mkdir(parents=True)
    (directory / "there" / "__init__.py").write_text("1")
    return directory


@pytest.fixture
def stepped(directory: Path) -> Stepped:
    return Stepped(directory)


def test_nothing_is_told_of_what_was_there(stepped: Stepped) -> None:
    assert stepped.settle() == []


def test_a_new_folder_is_told_once_it_is_quiet(stepped: Stepped, directory: Path) -> None:
    (directory / "new").mkdir()
    (directory / "new" / "__init__.py").write_text("1")
    assert stepped.look() == []
    assert stepped.look(QUIET - 0.1) == []
    assert stepped.look(0.2) == [{"new": ""}]
    assert stepped.look(QUIET) == []


def test_a_folder_that_is_being_copied_is_not_told(stepped: Stepped, directory: Path) -> None:
    (directory / "new").mkdir()
    for size in range(1, 6):
        (directory / "new" / "weights.safetensors").write_bytes(b"x" * size)
        assert stepped.look(QUIET * 0.9) == []
    assert stepped.look(QUIET) == [{"new": ""}]


def test_a_noisy_folder_does_not_hold_up_another(stepped: Stepped, directory: Path) -> None:
    (directory / "calm.py").write_text("1")
    told = []
    for size in range(1, 4):
        (directory / "noisy.py").write_text("x" * size)
        told += stepped.look(QUIET * 0.6)
    assert told == [{"calm.py": ""}]


def test_the_file_that_changed_is_named_a_source_first(stepped: Stepped, directory: Path) -> None:
    (directory / "there" / "__init__.py").write_text("22")
    (directory / "there" / "a.txt").write_text("22")
    assert stepped.settle() == [{"there": "__init__.py"}]
    (directory / "there" / "rooms").mkdir()
    (directory / "there" / "rooms" / "labels.txt").write_text("cat")
    assert stepped.settle() == [{"there": "rooms/labels.txt"}]


def test_a_change_that_is_taken_back_is_none(stepped: Stepped, directory: Path) -> None:
    extra = directory / "there" / "extra.py"
    extra.write_text("1")
    assert stepped.look() == []
    extra.unlink()
    assert stepped.settle() == []


def test_a_folder_that_goes_and_one_that_is_renamed(stepped: Stepped, directory: Path) -> None:
    (directory / "there").rename(directory / "renamed")
    assert stepped.settle() == [{"there": "", "renamed": ""}]
    shutil.rmtree(directory / "renamed")
    assert stepped.settle() == [{"renamed": ""}]


@pytest.mark.parametrize(
    "name",
    [
        ".git/index",
        "__pycache__/a.cpython-311.pyc",
        "node_modules/a.js",
        "a.py~",
        ".a.py.swp",
        "#a.py#",
        "4913",
        ".net.safetensors.123",
        "download.part",
    ],
)
def test_what_tools_leave_lying_about_is_no_change(
    stepped: Stepped, directory: Path, name: str
) -> None:
    path = directory / "there" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("1")
    assert stepped.settle() == []


def test_what_a_plugin_writes_while_it_is_loaded_is_no_change(
    stepped: Stepped, directory: Path
) -> None:
    loads = []

    def load() -> None:
        loads.append(1)
        (directory / "there" / "cache.json").write_text("1" * len(loads))

    stepped.on_change = load
    (directory / "there" / "__init__.py").write_text("22")
    assert stepped.settle() == [{"there": "__init__.py"}]
    assert stepped.settle() == []


def test_a_source_that_is_saved_while_the_plugin_is_loaded_is_a_change(
    stepped: Stepped, directory: Path
) -> None:
    source = directory / "there" / "__init__.py"

    def save_again() -> None:
        stepped.on_change = lambda: None
        source.write_text("333")

    stepped.on_change = save_again
    source.write_text("22")
    assert stepped.settle() == [{"there": "__init__.py"}]
    assert stepped.settle() == [{"there": "__init__.py"}]


def test_a_link_is_followed(stepped: Stepped, directory: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "__init__.py").write_text("1")
    (directory / "linked").symlink_to(tmp_path / "elsewhere")
    assert stepped.settle() == [{"linked": ""}]
    (tmp_path / "elsewhere" / "__init__.py").write_text("22")
    assert stepped.settle() == [{"linked": "__init__.py"}]


def test_a_directory_that_is_made_later_is_looked_into(tmp_path: Path) -> None:
    stepped = Stepped(tmp_path / "later")
    assert stepped.settle() == []
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "one.py").write_text("1")
    assert stepped.settle() == [{"one.py": ""}]


def test_an_update_that_fails_is_logged_and_not_repeated(
    stepped: Stepped, directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("in the update")

    stepped.on_change = fail
    (directory / "new.py").write_text("1")
    stepped.settle()
    assert "in the update" in caplog.text
    assert stepped.settle() == []


class TestThread:
    """The same, woken by the operating system."""

    @pytest.fixture
    def told(self) -> "queue.Queue[set[str]]":
        return queue.Queue()

    @pytest.fixture
    def watch(self, told: "queue.Queue[set[str]]") -> Iterator[Callable[[Path], None]]:
        watchers = []

        def watch(directory: Path) -> None:
            watcher = Watcher(
                [directory], lambda changed: told.put({p.name for p in changed}), quiet=0.05
            )
            watchers.append(watcher)
            watcher.start()

        yield watch
        for watcher in watchers:
            watcher.stop()

    def test_changes_are_told(
        self,
        directory: Path,
        told: "queue.Queue[set[str]]",
        watch: Callable[[Path], None],
    ) -> None:
        watch(directory)
        (directory / "there" / "__init__.py").write_text("22")
        assert told.get(timeout=30) == {"there"}
        shutil.rmtree(directory)
        assert told.get(timeout=30) == {"there"}
        directory.mkdir()
        (directory / "back.py").write_text("1")
        assert told.get(timeout=30) == {"back.py"}

    def test_so_they_are_where_the_operating_system_cannot_tell(
        self,
        directory: Path,
        told: "queue.Queue[set[str]]",
        watch: Callable[[Path], None],
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise OSError("inotify watch limit reached")

        monkeypatch.setattr(watching.watchfiles, "watch", refuse)
        watch(directory)
        (directory / "new.py").write_text("1")
        assert told.get(timeout=30) == {"new.py"}
        assert caplog.text.count("inotify watch limit reached") == 1
