"""What a plugin says of itself (``Card``, ``ModelSpec``) and the handle to use it by."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from demo_app.context import Progress, Session, Stream, unheard

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from demo_app.actions import Action
    from demo_app.checkpoints import CheckpointMetadata
    from demo_app.host import Host
    from demo_app.plugin import Plugin


@dataclass(frozen=True, kw_only=True)
class Card:
    """A demo's entry in every list: what it is, and for which data and task it is the answer.

    ``data`` and ``task`` use the words of tutorials (``"images"``, ``"classify into many"``);
    ``architecture``, ``loss`` and ``why`` are one sentence each: the data decides the layers,
    the task decides the loss. ``order`` sorts the tabs (then the name).
    """

    title: str
    summary: str
    icon: str = ""
    order: int = 100
    data: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    architecture: str = ""
    loss: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            expected = {"order": int, "data": tuple, "task": tuple}.get(field.name, str)
            if not isinstance(value, expected) or isinstance(value, bool):
                raise TypeError(
                    f"Card.{field.name} must be {expected.__name__}, not {type(value).__name__}"
                )
        if not self.title.strip():
            raise ValueError("Card.title is empty")


@dataclass(frozen=True, kw_only=True)
class TensorSpec:
    """Shape and dtype (``"float32"``, ``"int64"`` …) of one example input."""

    shape: tuple[int, ...]
    dtype: str = "float32"


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """One model of a demo: an architecture by name, and where its weights are.

    ``checkpoint`` is a file name, looked for in the plugin's folder, then in
    ``checkpoints/<plugin>/``; ``None`` is an architecture that is deliberately untrained, or, where
    ``source`` says where they are from, one that ``demo_build_model`` returns with its weights.
    ``example_inputs`` are the positional arguments of ``forward``, for checks and summaries; of a
    model whose parts are called apart (a generator and a discriminator), those of each part, by
    its path.
    """

    name: str
    checkpoint: str | None = None
    title: str = ""
    source: str = ""
    example_inputs: tuple[TensorSpec, ...] | Mapping[str, tuple[TensorSpec, ...]] = ()

    def __post_init__(self) -> None:
        texts = (("name", str), ("title", str), ("source", str), ("checkpoint", str | None))
        for field, expected in texts:
            value = getattr(self, field)
            if not isinstance(value, expected):
                raise TypeError(f"ModelSpec.{field} must be a text, not {type(value).__name__}")
        if not self.name.strip():
            raise ValueError("ModelSpec.name is empty")

    @property
    def inputs_of_parts(self) -> Mapping[str, tuple[TensorSpec, ...]]:
        """The example inputs by the path of the module that takes them; the whole model's is empty.

        Nothing where none are given.
        """
        if isinstance(self.example_inputs, Mapping):
            return self.example_inputs
        return {"": self.example_inputs} if self.example_inputs else {}


class Demo:
    """A ready plugin, seen by somebody: the calls made through it belong to that visitor.

    ``host["name"]`` gives one for the local user; surfaces make one per visitor.
    """

    def __init__(
        self, host: Host, plugin: Plugin, session: Session, report: Progress = unheard
    ) -> None:
        self._host = host
        self._plugin = plugin
        self._session = session
        self.report_progress = report

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self._plugin.name

    @property
    def plugin(self) -> Plugin:
        """The host's record of the plugin."""
        return self._plugin

    @property
    def card(self) -> Card:
        """The plugin's card."""
        assert self._plugin.card is not None
        return self._plugin.card

    @property
    def module(self) -> ModuleType:
        """The plugin's imported module."""
        assert self._plugin.module is not None
        return self._plugin.module

    @property
    def models(self) -> Mapping[str, ModelSpec]:
        """The demo's models by name."""
        return self._plugin.models

    @property
    def actions(self) -> Mapping[str, Action]:
        """The demo's actions by name."""
        return self._plugin.actions

    @property
    def session(self) -> Session:
        """What this visitor keeps."""
        return self._session

    @property
    def settings(self) -> Any:
        """An instance of what the plugin's ``demo_settings`` returned; None without that hook."""
        return self._plugin.settings.values

    @property
    def data_folder(self) -> Path:
        """The plugin's own folder for data; see ``Context.data_folder``."""
        return self._host.data_folder(self._plugin)

    def metadata(self, model: str | None = None) -> CheckpointMetadata | None:
        """The metadata of a model's checkpoint, read from its header; None where it has none."""
        return self._host.metadata(self._plugin, model)

    def examples(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """The arguments of example calls by action, as ``demo_examples`` gives them."""
        return self._plugin.call_hook("demo_examples") or {}

    def build_model(self, name: str, *, meta: bool = False) -> Any:
        """The bare architecture, without its weights; an ``nn.Module``.

        With ``meta=True`` it is on the meta device: shapes and no numbers, and no memory taken,
        however large it is.
        """
        return self._host.build_model(self._plugin, name, meta=meta)

    def call(self, action: str, /, **arguments: Any) -> Any:
        """Run an action to its end; of a stream, the last value.

        Raises:
            Unknown: there is no such action.
            InvalidInput: an argument does not fit its annotation.
            DemoError: whatever else the action tells its visitor.
        """
        if not self._plugin.action(action).streaming:
            return self._host.run(self, action, arguments)
        last = collections.deque(self.stream(action, **arguments), maxlen=1)
        return last[0] if last else None

    def stream(self, action: str, /, **arguments: Any) -> Stream:
        """Run an action and iterate over its values; one that does not stream yields once.

        The arguments of a stream are checked at once. ``.stop()`` asks the action to yield its
        best so far and end; ``.close()`` abandons it.
        """
        if self._plugin.action(action).streaming:
            stream: Stream = self._host.run(self, action, arguments)
            return stream

        def once() -> Iterator[Any]:
            yield self._host.run(self, action, arguments)

        return Stream(once(), stop=lambda: None)

    def stop(self, action: str | None = None) -> int:
        """Ask this visitor's running calls of this demo to end with their best so far.

        Returns:
            How many calls were asked.
        """
        return self._host.stop(self.session, self.name, action)

    def on_progress(self, report: Progress) -> Demo:
        """The same demo for the same visitor, with ``ctx.progress`` reported to ``report``."""
        return Demo(self._host, self._plugin, self.session, report)

    def __repr__(self) -> str:
        return f"<Demo {self.name}: {', '.join(self.actions) or 'no actions'}>"
