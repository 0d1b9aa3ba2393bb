"""Hostile input through every action that takes code: refused in words, and nothing is lost."""

import sys
from typing import Any

import pytest

from demo_app import Demo, InvalidInput
from demo_app.errors import ActionFailed, DemoError

FINE = "net = nn.Linear(3, 2)"
HOSTILE = {
    "an import": "__import__('os').system('true')",
    "a walk over dunders": "().__class__.__bases__[0].__subclasses__()",
    "open": "open('/etc/passwd').read()",
    "eval": "eval('1')",
    "a lambda": "(lambda: 1)()",
    "while": "while True: pass",
    "a huge range": "x = [i for i in range(10**9)]",
    "a huge power": "x = 10**10**10",
    "a huge text": "x = 'a' * 10**9",
    "nested comprehensions": "x = [[[0 for a in range(999)] for b in range(999)] for c in 'ab']",
    "recursion": "def f(x):\n    return f(x)\nf(1)",
    "deep brackets": "x = " + "(" * 5_000 + ")" * 5_000,
    "letters that look like others": "ｅｖａｌ('1')",
    "a null byte": "net = nn.ReLU()\0",
    "a lone surrogate": "x = '\ud800'",
    "many modules": "net = nn.Sequential(*[nn.Linear(1, 1) for _ in range(10**6)])",
    "a thousand trillion parameters": "net = nn.Sequential(*[nn.Linear(10**7, 10**7)] * 9)\n"
    "net = nn.Linear(10**8, 10**8)",
    "a module in itself": "net = nn.Sequential(nn.ReLU())\nnet.append(net)",
    "a format that reads attributes": "print('{0.__class__}'.format(nn))",
    "a cursed decorator": "@print\nclass A(nn.Module):\n    pass",
}
ACTIONS: dict[str, dict[str, Any]] = {
    "explain": {"input_shape": [1, 3]},
    "print_structure": {},
    "diagram": {"input_shape": [1, 3]},
    "save": {"input_shape": [1, 3], "format": "json"},
    "run_code": {},
    "lint": {"input_shape": [1, 3]},
    "edit": {"operation": "wrap"},
}
LOOPS = """
class Net(nn.Module):
    def forward(self, x):
        for i in range(1000):
            for j in range(1000):
                x = x + 1
        return x
net = Net()
"""


def said(refused: pytest.ExceptionInfo[Exception]) -> str:
    """The text of a refusal, which is none of an action that broke."""
    assert not isinstance(refused.value, ActionFailed)
    return str(refused.value)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("snippet", HOSTILE)
def test_code_is_refused_by_every_action(demo: Demo, action: str, snippet: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        demo.call(action, code=HOSTILE[snippet], **ACTIONS[action])
    assert said(refused).startswith(("Line ", "code: "))
    assert len(said(refused)) < 1_000


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("code", ["", "x" * 10_000_000, 3, None, ["net"], {"a": 1}])
def test_what_is_no_code_is_refused(demo: Demo, action: str, code: Any) -> None:
    with pytest.raises(InvalidInput, match=r"code: |^model: give either") as refused:
        demo.call(action, code=code, **ACTIONS[action])
    assert len(said(refused)) < 1_000


@pytest.mark.parametrize("snippet", HOSTILE)
def test_a_hostile_layer_is_refused(demo: Demo, snippet: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        demo.call("edit", code=FINE, operation="append", layer=HOSTILE[snippet])
    assert said(refused).startswith(("Line ", "layer: "))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("at", "a." * 200 + "a"),
        ("at", "__class__"),
        ("at", "forward"),
        ("child", "__class__"),
        ("child", 10**30),
        ("child", "x" * 201),
        ("name", "\ud800"),
        ("names", ["a"] * 10_001),
        ("times", 10**9),
        ("start", 10**12),
        ("shared", "perhaps"),
    ],
    ids=lambda value: str(value)[:20].encode("ascii", "replace").decode(),
)
def test_a_hostile_edit_is_refused(demo: Demo, name: str, value: Any) -> None:
    code = "net = nn.Sequential(nn.ReLU(), nn.ReLU())"
    operation = {"names": "name_children", "name": "rename", "times": "repeat", "start": "slice"}
    arguments = {"child": "1", name: value}
    with pytest.raises(InvalidInput) as refused:
        demo.call("edit", code=code, operation=operation.get(name, "delete"), **arguments)
    said(refused)


class TestWhatWouldRunForLong:
    @pytest.mark.parametrize(
        ("code", "shape"),
        [
            ("net = nn.LSTM(2, 2, num_layers=4, bidirectional=True)", [100_000, 1, 2]),
            (
                "net = nn.Sequential(nn.Flatten(0), nn.Unflatten(0, (-1, 2)), nn.GRU(2, 2))",
                [10**5, 2],
            ),
            (LOOPS, [1, 2]),
        ],
        ids=["an LSTM", "a GRU behind a reshape", "loops"],
    )
    def test_it_is_given_up_with_a_reason(self, demo: Demo, code: str, shape: list[int]) -> None:
        explanation = demo.call("explain", code=code, input_shape=shape)

        assert "more than 20,000 operations" in explanation.notes[0]
        assert explanation.multiply_adds is None
        assert not demo.call("lint", code=code, input_shape=shape).ran

    def test_a_demo_s_own_long_sequence_is_within_the_limit(self, demo: Demo) -> None:
        assert demo.call("explain", model="text_generator/lstm").notes == []


def test_after_all_that_the_demo_works_as_ever(demo: Demo) -> None:
    for snippet in HOSTILE.values():
        with pytest.raises(DemoError):
            demo.call("lint", code=snippet)
    assert demo.call("explain", code=FINE, input_shape=[1, 3]).output == "[1, 2]"


def test_nothing_is_imported(demo: Demo) -> None:
    with pytest.raises(InvalidInput):
        demo.call("run_code", code="import antigravity")
    assert "antigravity" not in sys.modules
