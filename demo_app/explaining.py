"""``from demo_app import explain``: the container explainer, for a module that somebody holds.

The work is the plugin's; this finds and imports it without a host. An app whose folder was deleted
works as ever, and says here what is missing.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from demo_app import discovery
from demo_app.demo import TensorSpec
from demo_app.errors import DemoUnavailable

if TYPE_CHECKING:
    from torch import Tensor, nn

PLUGIN = "container_explainer"


def explain(
    module: nn.Module, *inputs: Tensor | TensorSpec | Sequence[int], depth: int | None = None
) -> Any:
    """Take a module apart: its containers and layers, shapes, parameters and multiply-adds.

    The report prints as a table, and shows as one in a notebook; ``report.explanation`` has every
    number, and ``report.csv()``, ``.markdown()`` and ``.json()`` write it down. Nothing is
    computed, no host is started, and the module is left as it was.

    Args:
        module: on any device, of any size.
        inputs: the positional arguments of ``forward``, each a tensor, a ``TensorSpec``, or a
            shape such as ``(1, 3, 224, 224)``. Without any it is not run, and has no shapes.
        depth: how many levels of modules to list; all if left out.

    Raises:
        InvalidInput: an argument is something else.
        DemoUnavailable: the plugin is not installed here.
    """
    found = discovery.candidates_in(discovery.built_in_root() / "plugins")
    candidate = next((each for each in found if each.name == PLUGIN), None)
    if candidate is None:
        raise DemoUnavailable(
            f"explain is the plugin {PLUGIN}, whose folder is not here. Install demo_app again."
        )
    plugin = discovery.import_candidate(candidate)
    notebook = importlib.import_module(f"{plugin.__name__}.telling.notebook")
    return notebook.explain(module, *inputs, depth=depth)
