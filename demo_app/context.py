"""What the host lends to one call of an action, and what a visitor keeps between calls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from demo_app.checkpoints import CheckpointMetadata
    from demo_app.demo import Demo

Progress = Callable[[float | None, str], None]


def unheard(fraction: float | None, text: str) -> None:
    """The progress of a call to which nobody listens."""


class Session(MutableMapping[str, Any]):
    """What one visitor keeps, apart for every demo; gone when their page unloads.

    An action sees its own demo's part of it as ``ctx.session``.
    """

    def __init__(self) -> None:
        self._parts: dict[str, dict[str, Any]] = {}

    def part(self, demo: str) -> dict[str, Any]:
        """The values that the demo of that name keeps for this visitor."""
        return self._parts.setdefault(demo, {})

    def forget(self, demo: str) -> None:
        """Drop what a demo keeps: its part, and those that begin with its name and a space."""
        for part in list(self._parts):
            if part == demo or part.startswith(f"{demo} "):
                self._parts.pop(part, None)

    def __getitem__(self, demo: str) -> dict[str, Any]:
        return self._parts[demo]

    def __setitem__(self, demo: str, values: dict[str, Any]) -> None:
        self._parts[demo] = values

    def __delitem__(self, demo: str) -> None:
        del self._parts[demo]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class Models(Protocol):
    """Where a context finds the models of its demo; the engine lends one for every call."""

    def module(self, name: str | None, *, trainable: bool) -> torch.nn.Module:
        """The loaded model, or a private copy of it with gradients."""
        ...

    def metadata(self, name: str | None) -> CheckpointMetadata | None:
        """The metadata of the model's checkpoint."""
        ...

    @property
    def device(self) -> torch.device:
        """Where the models are."""
        ...


class Context:
    """One call's view of the host; the first argument of every action.

    Attributes:
        session: what this visitor keeps for this demo, a dictionary.
        seed: the seed of this call; None unless the action is marked ``seed=True``.
        demos: the other demos by name, for the same visitor.
        settings: an instance of what the plugin's ``demo_settings`` returned; None without it.
        progress: ``progress(fraction or None, text)`` shows how far a long action is.
    """

    def __init__(
        self,
        *,
        models: Models,
        session: MutableMapping[str, Any] | None = None,
        seed: int | None = None,
        stopped: threading.Event | None = None,
        progress: Progress = unheard,
        demos: Mapping[str, Demo] | None = None,
        settings: Any = None,
        data_folder: Callable[[], Path] | None = None,
    ) -> None:
        self._models = models
        self._data_folder = data_folder
        self._stopped = stopped or threading.Event()
        self.session = {} if session is None else session
        self.seed = seed
        self.progress = progress
        self.demos = demos or {}
        self.settings = settings

    def model(self, name: str | None = None, *, trainable: bool = False) -> torch.nn.Module:
        """A model of this demo: loaded on first use, in eval mode, on the device, frozen.

        Args:
            name: which one; may be left out where the demo has only one.
            trainable: give a private copy with gradients instead of the shared module.
        """
        return self._models.module(name, trainable=trainable)

    def metadata(self, name: str | None = None) -> CheckpointMetadata | None:
        """The metadata of the model's checkpoint: classes, preprocessing, metrics, licence."""
        return self._models.metadata(name)

    @property
    def device(self) -> torch.device:
        """Where the models are, and where inputs should go."""
        return self._models.device

    @cached_property
    def rng(self) -> torch.Generator:
        """A generator on the CPU seeded by the caller's ``seed``: equal draws on every device.

        Raises:
            RuntimeError: the action is not marked ``@action(seed=True)``.
        """
        import torch

        if self.seed is None:
            raise RuntimeError("an action that draws random numbers is marked @action(seed=True)")
        return torch.Generator().manual_seed(self.seed)

    @property
    def data_folder(self) -> Path:
        """The plugin's own folder in the user's data directory; made when first asked for.

        Raises:
            ConfigurationError: it cannot be made there.
        """
        if self._data_folder is None:
            raise RuntimeError("this context was made without a data folder")
        return self._data_folder()

    @property
    def stopped(self) -> bool:
        """The visitor pressed stop: yield the best so far and return."""
        return self._stopped.is_set()


class Stream(Iterator[Any]):
    """The values of a running action."""

    def __init__(self, values: Iterator[Any], stop: Callable[[], object]) -> None:
        self._values = values
        self._stop = stop

    def __next__(self) -> Any:
        return next(self._values)

    def stop(self) -> None:
        """Ask the action to yield its best so far and end; keep iterating to receive it."""
        self._stop()

    def close(self) -> None:
        """Abandon the call; its generator is closed at once."""
        close = getattr(self._values, "close", None)
        if close:
            close()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
