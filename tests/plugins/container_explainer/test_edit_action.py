"""``edit``: every operation by name, on code and on models, with what it lacks said."""

from typing import Any

import pytest
import torch
from torch import nn

from demo_app import Demo, InvalidInput

NET = "net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))"


def keys(text: str) -> list[str]:
    """The names of the children in a print."""
    return [line.split(")")[0].strip(" (") for line in text.splitlines()[1:-1]]


@pytest.mark.parametrize(
    ("arguments", "children"),
    [
        ({"operation": "append", "layer": "nn.Tanh()"}, ["0", "1", "2", "3"]),
        ({"operation": "insert", "child": 1, "layer": "nn.Tanh()"}, ["0", "1", "2", "3"]),
        ({"operation": "insert", "child": "-1", "layer": "nn.Tanh()"}, ["0", "1", "2", "3"]),
        ({"operation": "delete", "child": 1}, ["0", "1"]),
        ({"operation": "delete", "child": "1"}, ["0", "1"]),
        ({"operation": "slice", "start": 1}, ["1", "2"]),
        ({"operation": "slice", "stop": -1}, ["0", "1"]),
        ({"operation": "repeat", "times": 2}, [str(n) for n in range(6)]),
        ({"operation": "repeat", "times": 2, "shared": False}, [str(n) for n in range(6)]),
        ({"operation": "rename", "child": "1", "name": "act"}, ["0", "act", "2"]),
        ({"operation": "rename", "child": 1, "name": "act"}, ["0", "act", "2"]),
        ({"operation": "name_children"}, ["fc1", "relu1", "fc2"]),
        ({"operation": "name_children", "names": ["a", "b", "c"]}, ["a", "b", "c"]),
        ({"operation": "number_children"}, ["0", "1", "2"]),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_the_children_are_those_that_were_asked_for(
    demo: Demo, arguments: dict[str, Any], children: list[str]
) -> None:
    report = demo.call("edit", code=NET, **arguments)

    assert keys(report.before) == ["0", "1", "2"]
    assert keys(report.after) == children


def test_a_module_is_wrapped(demo: Demo) -> None:
    report = demo.call("edit", code=NET, operation="wrap", at="1", name="act")
    assert "(1): Sequential(\n    (act): ReLU()" in report.after


def test_a_plain_list_becomes_a_module_list(demo: Demo) -> None:
    report = demo.call(
        "edit",
        model="container_explainer/plain_list",
        operation="to_module_list",
        child="layers",
    )
    assert "(layers): ModuleList(" in report.after
    assert (report.parameters_before, report.parameters_after) == (0, 220)
    assert report.missing == [
        "layers.0.weight",
        "layers.0.bias",
        "layers.1.weight",
        "layers.1.bias",
    ]


def test_the_remapping_loads_an_old_checkpoint(demo: Demo) -> None:
    report = demo.call("edit", code=NET, operation="insert", child=1, layer="nn.Tanh()")
    assert {(c.what, c.old, c.new) for c in report.changes} == {
        ("kept", "0.weight", "0.weight"),
        ("kept", "0.bias", "0.bias"),
        ("moved", "2.weight", "3.weight"),
        ("moved", "2.bias", "3.bias"),
    }

    old = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    new = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.ReLU(), nn.Linear(8, 2))
    names: dict[str, Any] = {"state_dict": old.state_dict()}
    exec(report.remap, names)
    new.load_state_dict(names["state_dict"])
    assert torch.equal(new[3].weight, old[2].weight)


def test_the_line_of_code_does_the_same(demo: Demo) -> None:
    report = demo.call("edit", code=NET, operation="append", layer="nn.Linear(2, 3)")
    again = f"{NET}\n{report.code}"
    assert demo.call("print_structure", code=again) == report.after


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"operation": "append"}, r"^layer: give the layer to append, such as nn\.ReLU"),
        ({"operation": "append", "layer": "3"}, "^layer: this makes no module"),
        ({"operation": "append", "layer": "nn.Lin(1)"}, r"^Line 1, .*in the layer to append: "),
        ({"operation": "insert", "layer": "nn.ReLU()"}, "^child: give the child to insert"),
        (
            {"operation": "insert", "layer": "nn.ReLU()", "child": "x"},
            "give the index of the child",
        ),
        ({"operation": "insert", "layer": "nn.ReLU()", "child": 9}, "9 is no index in the Sequ"),
        ({"operation": "delete"}, "^child: give the child to delete"),
        ({"operation": "delete", "child": "7"}, "There is no child '7'"),
        ({"operation": "rename", "child": "1"}, "^name: give the new name"),
        ({"operation": "rename", "child": "1", "name": "a.b"}, "cannot be named 'a.b'"),
        ({"operation": "name_children", "names": ["a"]}, "1 names were given"),
        ({"operation": "name_children", "at": "x"}, "There is no module at 'x'"),
        ({"operation": "repeat", "at": "x"}, "There is no module at 'x'"),
        ({"operation": "repeat", "times": 0}, "^times: "),
        ({"operation": "repeat", "times": 9_000}, "some 36,000 modules; up to 5,000"),
        ({"operation": "number_children", "at": "0"}, "children of Linear cannot be numbered"),
        ({"operation": "to_module_list", "child": "x"}, "no list 'x' in the Sequential"),
        ({"operation": "explode"}, "^operation: "),
        ({"operation": "delete", "child": 1.5}, "^child"),
        ({"operation": "delete", "child": True}, "^child"),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_what_cannot_be_done_says_why(demo: Demo, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        demo.call("edit", code=NET, **arguments)


def test_a_model_with_too_many_modules_is_not_shown_twice(demo: Demo) -> None:
    code = "net = nn.Sequential(*[nn.ReLU() for _ in range(5001)])"
    with pytest.raises(InvalidInput, match="This is 5,002 modules; models of up to 5,000"):
        demo.call("edit", code=code, operation="wrap")
