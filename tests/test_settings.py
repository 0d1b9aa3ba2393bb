"""Settings of plugins: where they come from, what is accepted, and what is said otherwise."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from demo_app import Host
from demo_app.errors import ConfigurationError
from demo_app.plugin import State
from demo_app.surfaces.cli import main
from demo_app.testing import context
from tests.sources import MINIMAL

SETTINGS = (
    MINIMAL
    + """
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, SecretStr

@dataclass(frozen=True)
class Settings:
    api_key: SecretStr
    attempts: Annotated[int, Field(ge=1, le=9)] = 3
    words: list[str] | None = None

@hookimpl
def demo_settings():
    return Settings

@action
def attempts(ctx: Context) -> int:
    return ctx.settings.attempts

@action
def words(ctx: Context) -> list[str]:
    return ctx.settings.words or []

@hookimpl
def demo_actions():
    return [attempts, words]
"""
)
KEY = "DEMO_APP_KEEPER__API_KEY"

Load = Callable[[], Host]


@pytest.fixture
def load(
    write: Callable[..., Path],
    make_host: Callable[..., Host],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Load:
    """Loads the plugin ``keeper``; the working directory is ``tmp_path``."""
    monkeypatch.chdir(tmp_path)
    directory = write("keeper", SETTINGS).parent
    return lambda: make_host(directory)


def test_they_come_from_the_environment_the_file_or_their_defaults(
    load: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "demo_app.toml").write_text(
        '[plugins.keeper]\napi_key = "of-the-file"\nattempts = 5\n'
    )
    host = load()
    assert host["keeper"].settings.api_key.get_secret_value() == "of-the-file"
    assert host["keeper"].call("attempts") == 5
    monkeypatch.setenv("DEMO_APP_KEEPER__ATTEMPTS", "7")
    monkeypatch.setenv("DEMO_APP_KEEPER__WORDS", '["a", "b"]')
    host = load()
    assert host["keeper"].call("attempts") == 7
    assert host["keeper"].call("words") == ["a", "b"]
    sources = {s.name: s.source for s in host.plugin("keeper").settings.listed}
    assert sources == {
        "api_key": "demo_app.toml",
        "attempts": "environment",
        "words": "environment",
    }


def test_one_that_is_missing_is_named_with_both_ways_to_set_it(load: Load) -> None:
    plugin = load().plugin("keeper")
    assert (plugin.state, plugin.problem) == (State.INVALID, "It needs the setting 'api_key'.")
    assert KEY in str(plugin.remedy)
    assert "[plugins.keeper] in demo_app.toml" in str(plugin.remedy)


@pytest.mark.parametrize("text", ["0", "many"])
def test_one_that_does_not_fit_is_named(
    load: Load, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(KEY, "of-the-environment")
    monkeypatch.setenv("DEMO_APP_KEEPER__ATTEMPTS", text)
    plugin = load().plugin("keeper")
    assert "The setting 'attempts': Input should be" in str(plugin.problem)
    assert "DEMO_APP_KEEPER__ATTEMPTS" in str(plugin.remedy)


def test_a_name_that_no_setting_has_is_a_warning(
    load: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(KEY, "of-the-environment")
    (tmp_path / "demo_app.toml").write_text("[plugins.keeper]\nattemps = 5\n")
    plugin = load().plugin("keeper")
    assert plugin.state is State.READY
    assert plugin.warnings == [
        "demo_app.toml: [plugins.keeper] has no setting 'attemps'. Did you mean 'attempts'?"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[plugins.keeper]\nattempts = = 1", "demo_app.toml is no TOML: .*line 2"),
        ("plugins = 3", r"settings stand in tables named \[plugins.NAME\]"),
        ("[plugins]\nkeeper = 3", r"settings stand in tables named \[plugins.NAME\]"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_at_the_start(
    load: Load, tmp_path: Path, text: str, problem: str
) -> None:
    (tmp_path / "demo_app.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=problem):
        load()


def test_another_file_can_be_named(
    load: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DEMO_APP_CONFIG", str(tmp_path / "mine.toml"))
    with pytest.raises(ConfigurationError, match="DEMO_APP_CONFIG: there is no file"):
        load()
    (tmp_path / "mine.toml").write_text('[plugins.keeper]\napi_key = "of-the-other"\n')
    assert load().plugin("keeper").state is State.READY


def test_what_is_no_dataclass_is_said(
    write: Callable[..., Path], make_host: Callable[..., Host]
) -> None:
    source = MINIMAL + "\n@hookimpl\ndef demo_settings():\n    return {'key': 1}\n"
    plugin = make_host(write("odd", source).parent).plugin("odd")
    assert plugin.problem == "demo_settings() did not return a dataclass."


def test_a_reload_reads_them_again(load: Load, tmp_path: Path, plugins: Path) -> None:
    config = tmp_path / "demo_app.toml"
    config.write_text('[plugins.keeper]\napi_key = "of-the-file"\n')
    host = load()
    config.write_text('[plugins.keeper]\napi_key = "of-the-file"\nattempts = 9\n')
    host.update([plugins / "keeper"])
    assert host["keeper"].call("attempts") == 9


def test_show_lists_them_and_no_secret(
    load: Load,
    monkeypatch: pytest.MonkeyPatch,
    plugins: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(KEY, "of-the-environment")
    words = ["plugins", "show", "keeper", "--plugin-dir", str(plugins)]
    assert main([*words, "--json"]) == 0
    printed = capsys.readouterr().out
    settings = {setting["name"]: setting for setting in json.loads(printed)["settings"]}
    assert settings["api_key"]["value"] == "set"
    assert settings["api_key"]["variable"] == KEY
    assert settings["attempts"] == {
        "name": "attempts",
        "kind": "int",
        "variable": "DEMO_APP_KEEPER__ATTEMPTS",
        "source": "default",
        "value": "3",
    }
    main(words)
    shown = capsys.readouterr().out
    assert "api_key" in shown
    assert "of-the-environment" not in printed + shown


def test_a_context_for_tests_takes_them(tmp_path: Path) -> None:
    ctx = context(settings={"mine": 1}, data_folder=tmp_path)
    assert (ctx.settings, ctx.data_folder) == ({"mine": 1}, tmp_path)
    with pytest.raises(RuntimeError, match="without a data folder"):
        _ = context().data_folder
