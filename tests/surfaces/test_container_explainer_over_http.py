"""The container explainer as a client meets it: typed code over the wire, and nothing but code."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from demo_app import Host

PLUGIN = "container_explainer"
NET = "net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))"


@pytest.fixture
def ask(client: Any, host: Host) -> Callable[..., Any]:
    """Calls an action by its name over HTTP, with arguments by name."""

    def ask(action: str, **arguments: Any) -> Any:
        # An endpoint takes what is required first.
        parameters = sorted(host[PLUGIN].actions[action].parameters, key=lambda p: not p.required)
        data = [arguments.get(parameter.name, parameter.default) for parameter in parameters]
        (answer,) = client.call(f"{PLUGIN}__{action}", *data)
        return answer

    return ask


def test_a_report_and_a_text_of_it_travel(ask: Callable[..., Any], host: Host) -> None:
    arguments: dict[str, Any] = {"code": NET, "input_shape": [1, 4]}
    direct = host[PLUGIN].call("explain", **arguments)

    assert ask("explain", **arguments)["multiply_adds"] == direct.multiply_adds == 48
    assert json.loads(ask("explain", **arguments, format="json"))["multiply_adds"] == 48


def test_a_child_is_named_by_its_index_or_its_name(ask: Callable[..., Any]) -> None:
    for child in (1, "1"):
        report = ask("edit", code=NET, operation="delete", child=child)
        assert report["code"] == "del net[1]"


def test_a_checkpoint_is_matched(ask: Callable[..., Any], client: Any) -> None:
    tensors = {"module.0.weight": torch.zeros(8, 4), "module.0.bias": torch.zeros(8)}
    file = client.upload(save(tensors), "net.safetensors")

    found = ask("match", file=file, code="net = nn.Sequential(nn.Linear(4, 8))")["match"]
    assert found["ways"][0]["fit"]["complete"]


def test_a_saved_file_is_served(ask: Callable[..., Any], client: Any) -> None:
    file = client.fetch(ask("save", code=NET, input_shape=[1, 4], format="svg"))
    assert file.name == "net.svg"
    assert file.data.startswith(b"<svg")


@pytest.mark.parametrize("action", ["explain", "print_structure", "run_code", "lint"])
def test_a_path_is_no_code(
    ask: Callable[..., Any], refused: type[Exception], tmp_path: Path, action: str
) -> None:
    secret = tmp_path / "secret.py"
    secret.write_text("print('secret')")
    with pytest.raises(refused, match="Line 1, column 2: this is not Python") as refusal:
        ask(action, code=f"@{secret}")
    assert "secret'" not in str(refusal.value)


def test_hostile_code_is_refused_in_words(
    ask: Callable[..., Any], refused: type[Exception]
) -> None:
    with pytest.raises(refused, match="Line 1, column 1: "):
        ask("explain", code="__import__('os').system('true')")
    assert ask("print_structure", code="net = nn.ReLU()") == "ReLU()"
