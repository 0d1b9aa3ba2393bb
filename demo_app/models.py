"""Loaded models: on first use, once, shared by the calls that lease them, dropped when idle."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo_app import checkpoints
from demo_app.collecting import collect
from demo_app.errors import CheckpointError, DemoUnavailable
from demo_app.plugin import Plugin

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from demo_app.checkpoints import CheckpointMetadata
    from demo_app.demo import ModelSpec
    from demo_app.host import Host

Key = tuple[int, str]
"""A plugin's generation and the name of a model: one that is loaded anew has models of its own."""


@dataclass(eq=False, kw_only=True)
class LoadedModel:
    """A module on the device, in eval mode and frozen, with the metadata of its checkpoint."""

    module: torch.nn.Module
    metadata: CheckpointMetadata | None
    leases: int = 0


class ModelStore:
    """The loaded models of a host; every method may be called from any thread."""

    def __init__(
        self,
        host: Host,
        device: Callable[[], torch.device],
        loaded: Mapping[Key, LoadedModel] | None = None,
    ) -> None:
        self._host = host
        self._device = device
        self._loaded = dict(loaded or {})
        self._loading: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def lease(self, plugin: Plugin, spec: ModelSpec) -> LoadedModel:
        """The loaded model, which stays loaded until ``release``; the first caller loads it.

        Raises:
            DemoUnavailable: its checkpoint does not fit; the plugin's state says so from now on.
        """
        key = (plugin.generation, spec.name)
        with self._lock:
            gate = self._loading.setdefault(key, threading.Lock())
        with gate:
            with self._lock:
                loaded = self._loaded.get(key)
            if loaded is None:
                loaded = self._load(plugin, spec)
            with self._lock:
                loaded.leases += 1
                self._loaded[key] = loaded
        return loaded

    def release(self, loaded: LoadedModel) -> None:
        """Give a lease back."""
        with self._lock:
            loaded.leases -= 1

    def unload_idle(self) -> int:
        """Drop every model that no call uses, and give its memory back to the device.

        Returns:
            How many models were dropped.
        """
        with self._lock:
            idle = [key for key, loaded in self._loaded.items() if not loaded.leases]
            for key in idle:
                del self._loaded[key]
        collect()
        return len(idle)

    def drop(self, plugin: Plugin) -> None:
        """Drop the models of a plugin that no call uses any more."""
        with self._lock:
            for kept in (self._loaded, self._loading):
                for key in [key for key in kept if key[0] == plugin.generation]:
                    del kept[key]

    def __len__(self) -> int:
        return len(self._loaded)

    def _load(self, plugin: Plugin, spec: ModelSpec) -> LoadedModel:
        try:
            return load_model(self._host, plugin, spec, self._device)
        except CheckpointError as error:
            self._host.checkpoint_failed(plugin, spec, error)
            raise DemoUnavailable(f"{plugin.name}: {plugin.problem} {plugin.remedy}") from error


def load_model(
    host: Host,
    plugin: Plugin,
    spec: ModelSpec,
    device: Callable[[], torch.device],
    *,
    checkpoint: Path | None = None,
) -> LoadedModel:
    """Build a model, copy its checkpoint in strictly, and bring it to the device.

    Args:
        host: which knows where the checkpoint is.
        plugin: whose model.
        spec: the model.
        device: chooses where the module goes.
        checkpoint: a file to load instead of the model's own.

    Raises:
        CheckpointError: the file cannot be used or does not fit.
    """
    import torch

    # A first use inside inference mode would make weights that never take part in gradients.
    with torch.inference_mode(False):
        module = host.build_model(plugin, spec.name)
        metadata = None
        if spec.checkpoint is not None:
            path = checkpoint or host.checkpoint_path(plugin, spec)
            metadata = checkpoints.load(path, module)
        module.eval().requires_grad_(False)
        return LoadedModel(module=module.to(device()), metadata=metadata)


class LeasedModels:
    """The models of one call: leased when first asked for, given back when the call ends."""

    def __init__(self, store: ModelStore, plugin: Plugin, device: Callable[[], torch.device]):
        self._store = store
        self._plugin = plugin
        self._choose_device = device
        self._leases: dict[str, LoadedModel] = {}

    def module(self, name: str | None, *, trainable: bool) -> torch.nn.Module:
        """The shared module, or a private copy with gradients."""
        import torch

        module = self._lease(name).module
        if not trainable:
            return module
        with torch.inference_mode(False):
            return copy.deepcopy(module).requires_grad_(True)

    def metadata(self, name: str | None) -> CheckpointMetadata | None:
        """The metadata of the model's checkpoint; None where it has none."""
        return self._lease(name).metadata

    @property
    def device(self) -> torch.device:
        """Where the models are."""
        return self._choose_device()

    def _lease(self, name: str | None) -> LoadedModel:
        spec = self._plugin.model(name)
        if spec.name not in self._leases:
            self._leases[spec.name] = self._store.lease(self._plugin, spec)
        return self._leases[spec.name]

    def release(self) -> None:
        """Give every lease back."""
        while self._leases:
            self._store.release(self._leases.popitem()[1])


@contextmanager
def leased(
    store: ModelStore, plugin: Plugin, device: Callable[[], torch.device]
) -> Iterator[LeasedModels]:
    """The models of one call, released at its end however it ends."""
    models = LeasedModels(store, plugin, device)
    try:
        yield models
    finally:
        models.release()
