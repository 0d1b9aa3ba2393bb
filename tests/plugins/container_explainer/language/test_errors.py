"""An error points at the place and says what to write instead."""

from collections.abc import Callable
from typing import Any

import pytest

from demo_app import InvalidInput

Refused = Callable[[str], Any]


def test_it_is_an_invalid_input_with_line_and_column(refused: Refused) -> None:
    error = refused("import torch.nn as nn\n\nnet = nn.Sequential(nn.Conv2D(1, 6, 5))")
    assert isinstance(error, InvalidInput)
    assert (error.line, error.column) == (3, 24)
    assert error.reason == "nn.Conv2D: did you mean nn.Conv2d?"
    assert str(error) == "Line 3, column 24: nn.Conv2D: did you mean nn.Conv2d?"


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("x = 1\ny = x + z", (2, 9)),
        ("x = 'ääää'; y = unknown", (1, 17)),
        ("net = nn.Sequential(\n    nn.ReLU(),\n    nn.Relu(),\n)", (3, 8)),
        ("net = nn.Sequential()\nnet.apend(nn.ReLU())", (2, 5)),
        ("d = {}\nprint(d['a'])", (2, 7)),
        ("def f(n):\n    return n.x\nf(1)", (2, 14)),
        ("class A(nn.Module):\n    def forward(self, x):\n        lambda: 1", (3, 9)),
        ("x = (1,\n     2", (1, 5)),
        ("x = 1 +", (1, 8)),
        ("for i in 5:\n    pass", (1, 1)),
    ],
)
def test_the_place_is_that_of_the_mistake(
    refused: Refused, code: str, place: tuple[int, int]
) -> None:
    error = refused(code)
    assert (error.line, error.column) == place


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("nn.Conv2D(1, 1, 1)", "did you mean nn.Conv2d?"),
        ("nn.linear(1, 1)", "did you mean nn.Linear?"),
        ("nn.MaxPol2d(1)", "did you mean nn.MaxPool2d?"),
        ("F.rellu(1)", "did you mean F.relu?"),
        ("models.resnet19()", "did you mean models.resnet1"),
        ("Linear(1, 1)", "write nn.Linear"),
        ("layers = []\nprint(layer)", "Did you mean layers?"),
        ("net = nn.Sequential()\nnet.apend(1)", "Did you mean append?"),
        ("nn.Conv2d(1, 1, kernel=3)", "did you mean kernel_size?"),
        ("d = nn.ModuleDict({'conv': nn.ReLU()})\nd['cnov']", "Did you mean 'conv'?"),
        ("net = nn.Sequential(OrderedDict(fc=nn.ReLU()))\nnet.fcc", "Did you mean fc?"),
    ],
)
def test_the_nearest_name_is_suggested(refused: Refused, code: str, reason: str) -> None:
    assert reason in refused(code).reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("nn.Sequential([nn.ReLU()])", "Put a star before the list: nn.Sequential(*layers)."),
        ("nn.Sequential(nn.ReLU)", "Make a module of it with parentheses: nn.ReLU(...)."),
        ("nn.ModuleDict({'a.b': nn.ReLU()})", "dots divide the keys of the state_dict"),
        ("nn.ModuleDict({'keys': nn.ReLU()})", "'keys' cannot name a module here"),
        ("nn.ModuleList([nn.ReLU(), 3])", "takes modules only"),
        ("nn.ModuleList([nn.ReLU()])(torch.zeros(1))", "has no forward of its own"),
        ("nn.Sequential(nn.ReLU())[3]", "there is no number 3: it has 1 members"),
        ("nn.Sequential(nn.ReLU()).insert(5, nn.ReLU())", "Index out of range: 5"),
        ("nn.ModuleList([nn.ReLU()]).insert(5, nn.ReLU())", "a place from 0 to 1"),
        ("n = nn.Sequential(OrderedDict(a=nn.ReLU()))\nn.insert(0, nn.ReLU())", "these have names"),
        ("nn.Sequential(nn.ReLU()) * 0", "Non-positive multiplication factor 0"),
        ("nn.Sequential(nn.ReLU()) + nn.ReLU()", "only another Sequential can be added"),
        ("nn.Sequential(nn.ReLU()) + [nn.ReLU()]", "only another Sequential can be added"),
        ("n = nn.ModuleDict()\nn['a'] = 3", "only a module can be put here"),
        ("n = nn.ModuleDict()\nn.update(a=nn.ReLU())", "unexpected keyword argument"),
        ("nn.Conv2d(3, 8, 3, groups=2)", "in_channels must be divisible by groups"),
        ("nn.Linear(4, 2)(torch.zeros(1, 3))", "made for 4 features gets 3. Make it for 3"),
        ("nn.Conv2d(1, 1, 3)(torch.zeros(1, 2, 8, 8))", "Conv2d ([1, 2, 8, 8])"),
        ("x = torch.zeros(2, 3).view(4)", "shape '[4]' is invalid for input of size 6"),
        ("a, b = 1, 2, 3", "there are 2 names for 3 values"),
        ("x = [1][2]", "there is no number 2: it has 1 members"),
        ("x = 'a' + 1", "+ does not go between text and the number 1"),
        ("x = 1 < 'a'", "cannot be compared by size"),
        ("x = range(2.5)", "Divide with //"),
        ("x = len(3)", "has no length"),
        ("def f(a):\n    return a\nf()", "f also needs a"),
        ("def f(a):\n    return a\nf(1, 2)", "f takes 1 arguments, and gets 2"),
        ("def f(a):\n    return a\nf(b=2)", "f has no argument b"),
        ("assert 1 == 2", "does not hold"),
        ("if torch.zeros(1):\n    pass", "none are computed here"),
        ("x = torch.zeros(1).item()", "none are computed here"),
        ("net = nn.Linear(1, 1)\nnet.weight = 3", "cannot be changed once it is made"),
        ("net = nn.ReLU()\nnet.training = False", "of its own, which this would replace"),
        ("del nn", "is not known here"),
        ("for x in nn.ReLU():\n    pass", "hold the layers in an nn.ModuleList"),
    ],
)
def test_what_python_or_pytorch_would_refuse_is_said_in_plain_words(
    refused: Refused, code: str, reason: str
) -> None:
    error = refused(code)
    assert reason in error.reason
    assert "0x" not in error.reason
    assert "\n" not in error.reason


@pytest.mark.parametrize(
    ("code", "instead"),
    [
        ("while 1:\n    pass", "Write a for loop over range(...)."),
        ("x = lambda: 1", "or a def above"),
        ("x = {1}", "Write a list: [...]."),
        ("x = '%d' % 3", 'Write an f-string: f"conv{i}".'),
        ("try:\n    pass\nfinally:\n    pass", "errors are shown where they happen"),
        ("models.resnet18(weights='IMAGENET1K_V1')", "Write models.resnet18()."),
        ("net = nn.Linear(1, 1).to('cuda')", "leave to() out"),
        ("import numpy as np", "There is: torch, torch.nn"),
        ("class Net:\n    pass", "class Net(nn.Module)"),
        ("def f(*layers):\n    pass", "Name each."),
        ("print(torch.zeros(2))", "print(x.shape)"),
    ],
)
def test_what_is_not_supported_says_what_to_do(refused: Refused, code: str, instead: str) -> None:
    assert instead in refused(code).reason


CLASS = """
class Net(nn.Module):
    def __init__(self, n):
        {init}
        self.fc = nn.Linear(n, 2)

    def forward(self, x):
        return self.fc(x)

net = Net(3)
{then}
"""


@pytest.mark.parametrize(
    ("init", "then", "line", "reason"),
    [
        ("pass", "", 5, "only be assigned after super().__init__()"),
        ("super().__init__(n)", "", 4, "takes no arguments"),
        ("nn.Sequential(self)", "", 4, "only be used after super().__init__()"),
        ("self.fc1(n)", "", 4, "has no fc1"),
        ("super().__init__()", "net(torch.zeros(1, 4))", 8, "made for 3 features gets 4"),
        ("super().__init__()", "net(torch.zeros(1, 3), 2)", 11, "forward takes 2 arguments"),
        ("super().__init__()", "Net()", 11, "__init__ also needs n"),
        ("super().__init__()\n        self.forward = 1", "", 5, "of its own"),
        ("super().__init__()\n        self.fc1(n)", "", 5, "has no fc1"),
        (
            "super().__init__()\n        self.items = 3\n        x = self.item",
            "",
            6,
            "Did you mean",
        ),
    ],
)
def test_errors_in_a_class_have_the_place_in_the_class(
    refused: Refused, init: str, then: str, line: int, reason: str
) -> None:
    error = refused(CLASS.format(init=init, then=then))
    assert reason in error.reason
    assert error.line == line
