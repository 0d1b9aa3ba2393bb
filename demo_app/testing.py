"""For the tests of plugins: the contract as a test, a context without a host, plugins from text.

An author's whole test file, in the folder ``tests`` of the plugin, may be::

    from pathlib import Path

    from demo_app.testing import context, parametrize_with_checks


    @parametrize_with_checks(Path(__file__).parents[1])
    def test_contract(check):
        check()


    def test_it_names_top_k_classes(demo, photo):
        assert len(demo.call("classify", image=photo, top_k=3).predictions) == 3

pytest has the fixtures ``host``, ``demo`` and ``client`` by itself (``demo_app.pytest_plugin``);
``make_host`` is had by importing it into a ``conftest.py``.
"""

from __future__ import annotations

import copy
import functools
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from demo_app.conformance import CHECKS, Check, Finding, outcome
from demo_app.context import Context, Progress, unheard
from demo_app.discovery import plugin_name
from demo_app.errors import Unknown, suggestion
from demo_app.host import Host
from demo_app.plugin import Plugin, State
from demo_app.pytest_plugin import GRADIOS_OWN

if TYPE_CHECKING:
    import torch

    from demo_app.checkpoints import CheckpointMetadata
    from demo_app.demo import Demo


def context(
    *,
    models: Mapping[str, torch.nn.Module] | None = None,
    metadata: Mapping[str, CheckpointMetadata] | None = None,
    session: MutableMapping[str, Any] | None = None,
    seed: int | None = None,
    stopped: threading.Event | None = None,
    progress: Progress = unheard,
    demos: Mapping[str, Demo] | None = None,
    device: str = "cpu",
    settings: Any = None,
    data_folder: Path | None = None,
) -> Context:
    """A context to call a plain action function with: ``sample(context(seed=3), count=4)``.

    Args:
        models: what ``ctx.model(name)`` gives; as in the app, in eval mode and frozen.
        metadata: what ``ctx.metadata(name)`` gives, by the model's name.
        session: what the visitor kept from earlier calls; changed in place.
        seed: for an action marked ``seed=True``.
        stopped: set it, and ``ctx.stopped`` is true.
        progress: receives what the action reports.
        demos: what ``ctx.demos`` gives; a ``Host`` will do.
        device: where the models are moved.
        settings: what ``ctx.settings`` is: an instance of the plugin's dataclass.
        data_folder: what ``ctx.data_folder`` is, such as pytest's ``tmp_path``.
    """
    given = _GivenModels(models or {}, metadata or {}, device)
    return Context(
        models=given,
        session=session,
        seed=seed,
        stopped=stopped,
        progress=progress,
        demos=demos,
        settings=settings,
        data_folder=None if data_folder is None else lambda: data_folder,
    )


def write_plugin(directory: Path, name: str, source: str | Mapping[str, str]) -> Path:
    """Write a plugin into a plugin directory, which is made if need be.

    Args:
        directory: for ``Host([directory], discover=False)``.
        name: the folder's name; ``name.py`` makes a single-file plugin.
        source: the text of ``__init__.py`` (or of the single file), or texts by file name.
            Indentation that all lines share is removed.

    Returns:
        The folder, or the single file.
    """
    if name.endswith(".py") and isinstance(source, str):
        files, folder = {name: source}, directory
    else:
        files = {"__init__.py": source} if isinstance(source, str) else dict(source)
        folder = directory / name
    for file, text in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
    return directory / name


@pytest.fixture
def make_host() -> Iterator[Callable[..., Host]]:
    """Makes hosts that see the given plugin directories only; closed after the test.

    ``make_host(directory, …, **options)`` takes the options of ``Host``.
    """
    hosts: list[Host] = []

    def make(*plugin_dirs: Path | str, **options: Any) -> Host:
        hosts.append(Host(plugin_dirs, **{"discover": False, **options}))
        return hosts[-1]

    yield make
    for host in hosts:
        host.close()


def parametrize_with_checks(
    plugins: Host | Path | str, *, expected_failures: Mapping[str, str] | None = None
) -> pytest.MarkDecorator:
    """Parametrise a test over the contract: each check of each plugin is a ``check``.

    The test calls ``check()``, which raises where the plugin does not fulfil it, and skips where it
    does not apply. The plugins are imported when the tests are collected; their models are built,
    and their example calls run, when the tests run.

    Args:
        plugins: a host, or the folder or file of one plugin.
        expected_failures: why a check fails for now, by its id (``"network"``) or, of several
            plugins, ``"my_plugin-network"``; the test is then expected to fail, and fails if it
            does not.

    Raises:
        ValueError: no check has such an id.
    """
    host = plugins if isinstance(plugins, Host) else host_of(Path(plugins))
    reasons = dict(expected_failures or {})
    known = [name for check in CHECKS for name in (check.name, *_ids(host, check))]
    for name in reasons:
        if name not in known:
            hint = suggestion(name, known) or f" There is: {', '.join(c.name for c in CHECKS)}."
            raise ValueError(f"expected_failures: there is no check {name!r}.{hint}")
    cases = []
    for plugin, check in checks_of(host):
        name = f"{plugin.name}-{check.name}"
        reason = reasons.get(name, reasons.get(check.name))
        marks = [pytest.mark.filterwarnings(GRADIOS_OWN)]
        if reason is not None:
            marks.append(pytest.mark.xfail(reason=reason, strict=True))
        case = functools.partial(run_check, check, host, plugin)
        cases.append(pytest.param(case, id=name, marks=marks))
    return pytest.mark.parametrize("check", cases)


def host_of(plugin: Path) -> Host:
    """A host with one plugin alone, by its folder or file.

    Raises:
        ConfigurationError: there is no plugin.
    """
    path = plugin.expanduser().resolve()
    name = plugin_name(path.stem if path.is_file() else path.name)
    return Host([path.parent], discover=False, only=[name])


def checks_of(host: Host) -> list[tuple[Plugin, Check]]:
    """The checks to run: of a plugin that did not load only the first, which says why."""
    return [
        (plugin, check)
        for plugin in host.plugins
        if plugin.state is not State.BLOCKED
        for check in (CHECKS if plugin.state is State.READY else CHECKS[:1])
    ]


def run_check(check: Check, host: Host, plugin: Plugin) -> None:
    """Run a check as a test.

    Raises:
        Finding: what is wrong, with the requirement and where it is documented.
    """
    host.start()
    found = outcome(check, host, plugin)
    if found.passed is None:
        pytest.skip(f"{plugin.name}: {found.text}")
    if not found.passed:
        raise Finding(f"{found.text}\n{check.name}: {check.reason}; see {check.link}")


def _ids(host: Host, check: Check) -> list[str]:
    return [f"{plugin.name}-{check.name}" for plugin in host.plugins]


class _GivenModels:
    """Models that a test built itself, lent as the engine lends those of checkpoints."""

    def __init__(
        self,
        models: Mapping[str, torch.nn.Module],
        metadata: Mapping[str, CheckpointMetadata],
        device: str,
    ) -> None:
        self._models = {
            name: module.to(device).eval().requires_grad_(False) for name, module in models.items()
        }
        self._metadata = metadata
        self._device = device

    def module(self, name: str | None, *, trainable: bool) -> torch.nn.Module:
        named = self._named(name)
        if named not in self._models:
            raise Unknown("model in this context", named, self._models)
        module = self._models[named]
        return copy.deepcopy(module).requires_grad_(True) if trainable else module

    def metadata(self, name: str | None) -> CheckpointMetadata | None:
        return self._metadata.get(self._named(name))

    @property
    def device(self) -> torch.device:
        import torch

        return torch.device(self._device)

    def _named(self, name: str | None) -> str:
        known = {**self._models, **self._metadata}
        if name is None and len(known) == 1:
            return next(iter(known))
        if name is None or name not in known:
            raise Unknown("model in this context", name or "(none named)", known)
        return name
