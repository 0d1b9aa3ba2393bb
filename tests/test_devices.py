"""Which device is chosen, and what ``DEMO_APP_DEVICE`` may say."""

import sys
from collections.abc import Callable

import pytest
import torch

from demo_app import Context, Host, ModelSpec, action, devices
from demo_app.errors import ConfigurationError


@pytest.fixture
def asks_for(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets ``DEMO_APP_DEVICE``."""
    return lambda name: monkeypatch.setenv(devices.VARIABLE, name)


@pytest.fixture
def machine_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None, int], None]:
    """Makes torch believe in a number of accelerators of a kind."""

    def make(kind: str | None, count: int) -> None:
        accelerator = torch.device(kind) if kind else None
        monkeypatch.setattr(torch.accelerator, "is_available", lambda: kind is not None)
        monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: accelerator)
        monkeypatch.setattr(torch.accelerator, "device_count", lambda: count)

    return make


@pytest.mark.parametrize(
    "name", ["gpu", "cuda:", "cuda:x", "cpu:0", "cuda:9999", "cuda 0", "tpu", "0"]
)
def test_a_name_of_the_wrong_form_is_a_clear_error(
    asks_for: Callable[[str], None], name: str
) -> None:
    asks_for(name)
    with pytest.raises(
        ConfigurationError, match=f"DEMO_APP_DEVICE='{name}' is no device. Use cpu,"
    ):
        devices.requested()
    with pytest.raises(ConfigurationError):
        devices.choose()


@pytest.mark.parametrize(
    ("text", "name"), [("", None), ("  ", None), ("CPU", "cpu"), (" cuda:1 ", "cuda:1")]
)
def test_case_and_spaces_do_not_matter(
    asks_for: Callable[[str], None], text: str, name: str | None
) -> None:
    asks_for(text)
    assert devices.requested() == name


@pytest.mark.parametrize(
    ("kind", "count", "name", "has"),
    [
        (None, 0, "cuda", "no accelerator"),
        (None, 0, "mps", "no accelerator"),
        ("cuda", 2, "cuda:2", r"cuda \(2\)"),
        ("cuda", 2, "xpu", r"cuda \(2\)"),
    ],
)
def test_a_device_that_is_not_there_is_a_clear_error(
    asks_for: Callable[[str], None],
    machine_with: Callable[[str | None, int], None],
    kind: str | None,
    count: int,
    name: str,
    has: str,
) -> None:
    machine_with(kind, count)
    asks_for(name)
    message = (
        rf"DEMO_APP_DEVICE={name} is not available: this machine has {has}\. Use cpu, or unset"
    )
    with pytest.raises(ConfigurationError, match=message):
        devices.choose()


@pytest.mark.parametrize(
    ("kind", "count", "name", "device"),
    [
        (None, 0, "", "cpu"),
        (None, 0, "cpu", "cpu"),
        ("cuda", 1, "", "cuda"),
        ("cuda", 1, "cpu", "cpu"),
        ("cuda", 2, "cuda:1", "cuda:1"),
        ("mps", 1, "", "mps"),
        ("xpu", 1, "xpu", "xpu"),
    ],
)
def test_the_device_is_the_one_asked_for_or_the_one_that_is_there(
    asks_for: Callable[[str], None],
    machine_with: Callable[[str | None, int], None],
    kind: str | None,
    count: int,
    name: str,
    device: str,
) -> None:
    machine_with(kind, count)
    asks_for(name)
    assert devices.choose() == torch.device(device)


def test_checking_the_name_needs_no_torch(
    asks_for: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    asks_for("cuda:1")
    assert devices.requested() == "cuda:1"


def test_a_call_on_a_device_that_is_not_there_says_so(
    asks_for: Callable[[str], None],
    machine_with: Callable[[str | None, int], None],
    host_of: Callable[..., Host],
) -> None:
    @action
    def use(ctx: Context) -> bool:
        return ctx.model().training

    models = [ModelSpec(name="net")]
    host = host_of(use, demo_models=lambda: models, demo_build_model=lambda: torch.nn.ReLU())
    machine_with(None, 0)
    asks_for("cuda")
    with pytest.raises(ConfigurationError, match="DEMO_APP_DEVICE=cuda is not available"):
        host["made"].call("use")
    asks_for("cpu")
    assert host["made"].call("use") is False
