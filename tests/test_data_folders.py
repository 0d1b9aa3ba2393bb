"""Each plugin has a folder of its own for its data."""

from collections.abc import Callable
from pathlib import Path

import pytest

from demo_app import Context, Host, action
from demo_app.errors import ConfigurationError


@action
def keep(ctx: Context, *, word: str) -> list[str]:
    (ctx.data_folder / word).write_text("kept")
    return sorted(path.name for path in ctx.data_folder.iterdir())


HostOf = Callable[..., Host]


def test_it_is_made_when_it_is_first_asked_for(
    host_of: HostOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_APP_DATA_DIR", str(tmp_path / "data"))
    host = host_of(keep)
    assert not (tmp_path / "data").exists()
    host["made"].call("keep", word="a")
    assert host["made"].call("keep", word="b") == ["a", "b"]
    folder = tmp_path / "data" / "plugins" / "made"
    assert host["made"].data_folder == folder
    assert folder.stat().st_mode & 0o777 == 0o700


def test_it_is_in_the_users_data_directory(
    host_of: HostOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEMO_APP_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert host_of(keep)["made"].data_folder.is_relative_to(tmp_path)


def test_one_that_cannot_be_made_is_a_clear_error(
    host_of: HostOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DEMO_APP_DATA_DIR", str(tmp_path / "file"))
    with pytest.raises(ConfigurationError, match="Name another place in DEMO_APP_DATA_DIR"):
        host_of(keep)["made"].call("keep", word="a")
