"""More than three hundred programs that mean no good, each refused at a place, and none run."""

import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
import torch
import torchvision

from tests.plugins.container_explainer.language.hostile_snippets import (
    GET_OUT,
    PARSER,
    TOO_LARGE,
    WRONG_SIZES,
)

HOSTILE = {**GET_OUT, **TOO_LARGE, **PARSER, **WRONG_SIZES}
FORBIDDEN = ("os.", "subprocess.", "socket.", "shutil.", "ctypes.", "builtins.input", "exec")
"""What Python reports to those who watch it, where a program gets out."""

_reports: list[str] | None = None


def _watch(event: str, arguments: Any) -> None:
    if _reports is not None and event.startswith(FORBIDDEN):
        _reports.append(event)


@pytest.fixture(scope="module")
def watched(run: Callable[..., Any]) -> Callable[[], AbstractContextManager[list[str]]]:
    """A block in which is noted what a program must not be able to make Python do.

    What torch only does the first time is done before.
    """
    for code in ("net = nn.Linear(1, 1)\nnet(torch.zeros(1, 1))", "models.resnet18()"):
        run(code)
    # It cannot be taken away again, so that it looks at nothing outside of the block.
    sys.addaudithook(_watch)

    @contextmanager
    def watched() -> Iterator[list[str]]:
        global _reports
        _reports = reports = []
        yield reports
        _reports = None

    return watched


def peak_megabytes() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize("code", HOSTILE, ids=lambda code: ascii(code[:60]))
def test_it_is_refused(refused: Callable[[str], Any], watched: Any, code: str) -> None:
    before = peak_megabytes()
    with watched() as reports:
        error = refused(code)
    assert any(words in error.reason for words in HOSTILE[code].split("|")), error
    assert 1 <= error.line <= code.count("\n") + 2
    assert error.column >= 1
    assert len(str(error)) < 700
    assert reports == []
    assert peak_megabytes() - before < 150


def test_nothing_runs_before_the_program_is_known_to_be_of_the_language(
    refused: Callable[[str], Any],
) -> None:
    code = "for i in range(10**9):\n    pass\ndef never():\n    while True:\n        pass"
    assert refused(code).line == 4


def test_torch_is_left_as_it_was(run: Callable[..., Any], refused: Callable[[str], Any]) -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    layers = dict(vars(torch.nn))
    for code in ("nn.Linear = 1", "torch.manual_seed(3)", "torch.set_num_threads(9)"):
        refused(code)
    run("x = nn.Dropout()(torch.randn(9, 9))\nnn = 1\ntorch = 2\nmodels = 3\nnet = 4")
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
    assert dict(vars(torch.nn)) == layers
    assert callable(torchvision.models.resnet18)
