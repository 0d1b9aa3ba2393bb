"""For the tests of plugins: a context without a host, plugins from text, hosts, the contract.

An author's whole test file may be::

    from demo_app import Host
    from demo_app.testing import context, parametrize_with_checks

    import my_plugin
    from my_plugin.actions import classify


    @parametrize_with_checks(Host(discover=False, modules={"my_plugin": my_plugin}))
    def test_contract(check):
        check()


    def test_it_counts_up_to_top_k():
        result = classify(context(models={"net": TinyNet()}), image=photo, top_k=3)
        assert len(result.labels) == 3

The fixture ``make_host`` is had by importing it into a ``conftest.py``. Nothing else of demo_app
imports this module, or pytest.
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

from demo_app.conformance import CHECKS, Check, NotApplicable
from demo_app.context import Context, Progress, unheard
from demo_app.errors import Unknown
from demo_app.host import Host
from demo_app.plugin import Plugin, State

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


def parametrize_with_checks(host: Host) -> pytest.MarkDecorator:
    """Parametrise a test over the contract: each check of each plugin of a host is a ``check``.

    The test calls ``check()``, which raises where the plugin does not fulfil it. The plugins are
    imported when the tests are collected; their models are built when they run.
    """
    pairs = [
        (plugin, check)
        for plugin in host.plugins
        if plugin.state is not State.BLOCKED
        for check in (CHECKS if plugin.state is State.READY else CHECKS[:1])
    ]
    return pytest.mark.parametrize(
        "check",
        [functools.partial(_run, check, host, plugin) for plugin, check in pairs],
        ids=[f"{plugin.name}-{check.name}" for plugin, check in pairs],
    )


def _run(check: Check, host: Host, plugin: Plugin) -> None:
    try:
        check.run(host, plugin)
    except NotApplicable:
        return


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
