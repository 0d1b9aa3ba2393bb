"""The operations on a container: what each needs, and an example that shows what it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NUMBERED, NAMED = "container_explainer/lenet_numbered", "container_explainer/lenet"
PLAIN_LIST = "container_explainer/plain_list"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation.

    Attributes:
        name: as the action takes it.
        says: what it does, in a sentence.
        model: of the gallery, on which its example shows something.
        example: a text for each box that it needs, by name.
    """

    name: str
    says: str
    model: str
    example: dict[str, Any]


OPERATIONS = {
    "Insert": Operation(
        name="insert",
        says="Puts a layer before another. In a numbered Sequential the numbers behind it shift.",
        model=NUMBERED,
        example={"at": "", "child": "2", "layer": "nn.Dropout(0.1)", "name": ""},
    ),
    "Append": Operation(
        name="append",
        says="Puts a layer behind the last. No name changes.",
        model=NUMBERED,
        example={"at": "", "layer": "nn.Linear(10, 2)", "name": ""},
    ),
    "Delete": Operation(
        name="delete",
        says="Takes a child out, by its index or its name.",
        model=NUMBERED,
        example={"at": "", "child": "2"},
    ),
    "Slice": Operation(
        name="slice",
        says="Keeps some of the children, as net[start:stop]; an empty bound is the end.",
        model=NUMBERED,
        example={"at": "", "start": "3", "stop": "7"},
    ),
    "Repeat": Operation(
        name="repeat",
        says="The children several times in a row: the very same layers, or copies of them.",
        model="container_explainer/twenty_linears",
        example={"at": "linears", "times": "2", "shared": True},
    ),
    "Wrap": Operation(
        name="wrap",
        says="Puts a module into a Sequential of its own: one more level in every name.",
        model=NAMED,
        example={"at": "classifier", "name": "net"},
    ),
    "Rename": Operation(
        name="rename",
        says="Gives a child another name.",
        model=NAMED,
        example={"at": "features", "child": "conv1", "name": "stem"},
    ),
    "Numbers to names": Operation(
        name="name_children",
        says="Gives each child a name; by its class and number if you give none.",
        model=NUMBERED,
        example={"at": "", "names": ""},
    ),
    "Names to numbers": Operation(
        name="number_children",
        says="Numbers the children from 0 on.",
        model=NAMED,
        example={"at": "features"},
    ),
    "List to ModuleList": Operation(
        name="to_module_list",
        says="Makes a ModuleList of a plain list, so that PyTorch sees the layers in it.",
        model=PLAIN_LIST,
        example={"at": "", "child": "layers"},
    ),
}
"""By the words on the page."""
