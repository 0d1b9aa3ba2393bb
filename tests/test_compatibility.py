"""What was written for an older plugin API works on; what is to go warns with the plugin's name."""

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pluggy
import pytest

from demo_app import Host, TrainJob, hookspecs, loading
from demo_app.conformance import outcomes
from demo_app.errors import InvalidInput
from demo_app.files import File
from demo_app.plugin import State
from demo_app.requirements import mismatch
from demo_app.surfaces.cli import main
from demo_app.surfaces.page.shell import build_page
from tests.sources import MINIMAL

VERSION_1 = Path(__file__).parent / "compatibility" / "version_1.py"

Write = Callable[..., Path]
MakeHost = Callable[..., Host]


@pytest.fixture
def old(plugins: Path, make_host: MakeHost) -> Host:
    """A host with the plugin of version 1, trained; no warning was given."""
    (plugins / "old").mkdir()
    shutil.copy(VERSION_1, plugins / "old" / "__init__.py")
    (plugins / "old" / "pyproject.toml").write_text('[tool.demo_app]\napi = "1"\n')
    job = TrainJob(
        model="net",
        data=None,
        checkpoint=plugins / "old" / "net.safetensors",
        state=plugins.parent / "state",
        report=lambda line: None,
    )
    make_host(plugins).plugin("old").call_hook("demo_train", job=job)
    return make_host(plugins)


class TestVersion1:
    def test_it_loads_without_a_warning(self, old: Host) -> None:
        plugin = old.plugin("old")
        assert (plugin.state, plugin.problem, plugin.warnings) == (State.READY, None, [])
        assert all(plugin.implements(hook) for hook in loading.HOOKS if hook not in NEWER)

    def test_its_actions_run(self, old: Host) -> None:
        demo = old["old"]
        assert demo.call("add", x=2) == 3
        with pytest.raises(InvalidInput, match="nine is too much"):
            demo.call("add", x=9)
        assert [len(drawn) for drawn in demo.stream("draw", seed=1)] == [1, 2, 3]
        assert demo.call("pack", file=File(name="a", data=b"of ")).data == b"of old"

    def test_its_hooks_of_the_lifecycle_and_its_wrapper_are_called(self, old: Host) -> None:
        events = old["old"].module.EVENTS
        events.clear()
        with old:
            old["old"].call("add", x=2)
        assert events == ["started with 1", "old.add ['x']", "shut down"]

    def test_its_tab_is_on_the_page(self, old: Host) -> None:
        build_page(old)
        assert old.plugin("old").state is State.READY

    def test_its_commands_work(
        self, old: Host, plugins: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["--plugin-dir", str(plugins), "old", "version"]) == 0
        assert capsys.readouterr().out == f"{hookspecs.API_VERSION}\n"

    def test_its_checkpoint_is_measured(
        self, old: Host, plugins: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["evaluate", "old", "--plugin-dir", str(plugins)]) == 0

    def test_it_keeps_the_contract_but_for_what_was_added_to_it(self, old: Host) -> None:
        found = {
            o.check.name: o.text for o in outcomes(old, old.plugin("old")) if o.passed is False
        }
        assert set(found) <= NEWER_CHECKS, found


NEWER = ("demo_settings", "demo_examples")
NEWER_CHECKS = {"declared", "examples"}


@pytest.mark.parametrize(
    ("asked", "fits"),
    [("1", True), ("1.0", True), ("1.1", True), ("1.2", False), ("2", False), ("0.9", False)],
)
def test_a_plugin_may_ask_for_what_is_here_or_was_before(asked: str, fits: bool) -> None:
    assert (mismatch({"tool": {"demo_app": {"api": asked}}}) is None) is fits


def test_one_that_takes_an_argument_to_come_is_told_so(write: Write, make_host: MakeHost) -> None:
    source = MINIMAL + "\n@hookimpl\ndef demo_startup(host, weather):\n    pass\n"
    plugin = make_host(write("early", source).parent).plugin("early")
    assert plugin.state is State.INVALID
    assert "weather" in str(plugin.problem)
    assert "written for a plugin API newer than 1.1" in str(plugin.remedy)


@pytest.fixture
def specs(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Specifications of a version to come, which the test changes."""
    specs = SimpleNamespace(**vars(hookspecs))
    monkeypatch.setattr(loading, "hookspecs", specs)
    return specs


def hookspec(**options: Any) -> Any:
    return pluggy.HookspecMarker("demo_app")(firstresult=True, **options)


def test_a_hook_can_gain_an_argument(
    specs: SimpleNamespace, old: Host, make_host: MakeHost, plugins: Path
) -> None:
    def demo_build_model(name: str, device: str) -> Any:
        """With an argument that version 1 does not know."""

    specs.demo_build_model = hookspec()(demo_build_model)
    plugin = make_host(plugins).plugin("old")
    assert (plugin.state, plugin.warnings) == (State.READY, [])
    assert plugin.call_hook("demo_build_model", name="net", device="cpu").in_features == 2


def test_a_deprecated_hook_warns_with_the_name_of_the_plugin(
    specs: SimpleNamespace, old: Host, make_host: MakeHost, plugins: Path
) -> None:
    def demo_register_commands(cli: Any) -> None:
        """To go."""

    leaving = DeprecationWarning("demo_register_commands goes with version 2")
    specs.demo_register_commands = hookspec(warn_on_impl=leaving)(demo_register_commands)
    with pytest.warns(DeprecationWarning, match="plugin old: demo_register_commands goes"):
        host = make_host(plugins)
    plugin = host.plugin("old")
    assert plugin.state is State.READY
    assert plugin.warnings == ["demo_register_commands goes with version 2"]


def test_a_deprecated_argument_warns_those_that_take_it(
    specs: SimpleNamespace, old: Host, make_host: MakeHost, plugins: Path, write: Write
) -> None:
    def demo_startup(host: Any, demo: Any) -> None:
        """Without the host some day."""

    leaving = DeprecationWarning("demo_startup(host) goes with version 2; take demo")
    specs.demo_startup = hookspec(warn_on_impl_args={"host": leaving})(demo_startup)
    write("modern", MINIMAL + "\n@hookimpl\ndef demo_startup(demo):\n    pass\n")
    with pytest.warns(DeprecationWarning, match=r"plugin old: demo_startup\(host\)"):
        host = make_host(plugins)
    assert host.plugin("modern").warnings == []


def test_the_list_of_plugins_shows_what_they_are_warned_of(
    specs: SimpleNamespace, old: Host, plugins: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def demo_register_commands(cli: Any) -> None:
        """To go."""

    leaving = DeprecationWarning("demo_register_commands goes with version 2")
    specs.demo_register_commands = hookspec(warn_on_impl=leaving)(demo_register_commands)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        main(["plugins", "list", "--plugin-dir", str(plugins)])
    assert "demo_register_commands goes with version 2" in capsys.readouterr().out
