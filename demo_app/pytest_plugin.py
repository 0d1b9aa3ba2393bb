"""pytest's side of the testing kit: fixtures for a plugin's tests, and ``--demo-plugin FOLDER``.

pytest imports this module in every run in an environment that has demo_app, so it imports nothing
else of it before a fixture or the option is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from demo_app.app_client import AppClient
    from demo_app.conformance import Check
    from demo_app.demo import Demo
    from demo_app.host import Host
    from demo_app.plugin import Plugin

OPTION = "--demo-plugin"
GRADIOS_OWN = "ignore::DeprecationWarning:gradio"
"""What Gradio is warned of concerns no author of a plugin."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--demo-plugin``."""
    parser.getgroup("demo_app").addoption(
        OPTION,
        action="append",
        default=[],
        metavar="FOLDER",
        help="a demo_app plugin, a folder or a single file: run every conformance check on it, and "
        "its own tests where no others are named; may be repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect the plugins' own tests, unless the command line names others."""
    plugins = config.getoption(OPTION)
    if not plugins:
        return
    for text in plugins:
        if not _is_plugin(Path(text)):
            raise pytest.UsageError(
                f"{OPTION}: {text} is no plugin: it is neither a Python file nor a folder with an "
                "__init__.py"
            )
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [text for text in plugins if Path(text).is_dir()]


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put the checks of the plugins that ``--demo-plugin`` names before the tests."""
    checks: list[pytest.Item] = []
    for text in config.getoption(OPTION):
        from demo_app.testing import checks_of, host_of

        for plugin, check in checks_of(host := host_of(Path(text))):
            checks.append(
                CheckItem.from_parent(
                    session,
                    name=check.name,
                    nodeid=f"{plugin.name}::{check.name}",
                    check=check,
                    host=host,
                    plugin=plugin,
                )
            )
    items[:0] = checks


class CheckItem(pytest.Item):
    """One conformance check of one plugin."""

    def __init__(self, *, check: Check, host: Host, plugin: Plugin, **further: Any) -> None:
        super().__init__(**further)
        self.add_marker(pytest.mark.filterwarnings(GRADIOS_OWN))
        self._check = check
        self._host = host
        self._plugin = plugin

    def runtest(self) -> None:
        """Run the check; one that does not apply is skipped with its reason."""
        from demo_app.testing import run_check

        run_check(self._check, self._host, self._plugin)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What was found, without the host's own lines."""
        from demo_app.conformance import Finding

        if isinstance(excinfo.value, Finding):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the plugin is."""
        return Path(self._plugin.origin), None, self.nodeid


@pytest.fixture(scope="module")
def demo_plugin(request: pytest.FixtureRequest) -> Path:
    """The plugin that the tests of a module are about; override it to name another.

    It is what ``--demo-plugin`` names; otherwise the nearest folder above the tests that is a
    plugin, so that tests in ``my_plugin/tests`` need no configuration.
    """
    named = request.config.getoption(OPTION)
    if named:
        return Path(named[0])
    for folder in request.path.parents:
        if _is_plugin(folder):
            return folder
    pytest.fail(f"no plugin folder above {request.path}: name one with {OPTION}", pytrace=False)


@pytest.fixture(scope="module")
def host(demo_plugin: Path) -> Iterator[Host]:
    """A started host with that plugin alone."""
    from demo_app.testing import host_of

    with host_of(demo_plugin) as host:
        yield host


@pytest.fixture(scope="module")
def demo(host: Host) -> Demo:
    """The plugin's demo: ``demo.call("classify", image=photo)``."""
    plugin = host.plugins[0]
    return host[plugin.name]


@pytest.fixture(scope="module")
def client(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppClient]:
    """The app with that plugin, served on a free port: ``client.call(name, "classify", …)``."""
    from demo_app.app_client import AppClient
    from demo_app.conformance.surfaces import served

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        with served(host) as address, AppClient(address) as client:
            yield client


def _is_plugin(path: Path) -> bool:
    """Whether a path is a plugin's file or folder."""
    if path.is_file():
        return path.suffix == ".py"
    source = path / "__init__.py"
    return source.is_file() and "hookimpl" in source.read_text("utf-8", "replace")
