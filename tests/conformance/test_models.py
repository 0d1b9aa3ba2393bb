"""The checks of models and checkpoints, in detail."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from demo_app import Host, discovery
from demo_app.checkpoints import CheckpointMetadata, save
from demo_app.conformance import CHECKS, outcomes
from demo_app.testing import write_plugin
from tests.sources import MINIMAL

MODEL = (
    MINIMAL
    + """
from demo_app import TensorSpec

@hookimpl
def demo_models():
    return [ModelSpec(name="net", checkpoint=CHECKPOINT, example_inputs=(INPUT,))]

@hookimpl
def demo_build_model(name):
    import torch

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(3, 2)

        def forward(self, x):
            FORWARD

    return Net()
"""
)
INPUT = "TensorSpec(shape=(1, 3))"
FORWARD = "return self.linear(x)"
TRIED = ("finite", "repeatable", "random-state", "files", "network", "bad-values", "surfaces")
"""The checks that look at example calls."""

Check = Callable[..., dict[str, tuple[bool | None, str]]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Writes a plugin and gives, by check, whether it passed and what was said."""

    def run(source: str) -> dict[str, tuple[bool | None, str]]:
        write_plugin(tmp_path / "plugins", "plugin", source)
        with Host([tmp_path / "plugins"], discover=False, checkpoint_root=tmp_path) as host:
            (plugin,) = host.plugins
            return {o.check.name: (o.passed, o.text) for o in outcomes(host, plugin)}

    return run


def model(*, checkpoint: str = "None", inputs: str = INPUT, forward: str = FORWARD) -> str:
    source = MODEL.replace("CHECKPOINT", checkpoint).replace("INPUT", inputs)
    return source.replace("FORWARD", forward)


def save_checkpoint(folder: Path, *, license: str = "CC0-1.0", source: str = "a test") -> Path:
    tensors = {"linear.weight": torch.zeros(2, 3), "linear.bias": torch.zeros(2)}
    metadata = CheckpointMetadata(architecture="Net", license=license, source=source)
    save(folder / "net.safetensors", tensors, metadata)
    return folder / "net.safetensors"


def test_every_check_has_a_name_of_its_own_and_a_reason() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(check.reason for check in CHECKS)


def test_the_smallest_plugin_passes_what_applies_to_it(check: Check) -> None:
    found = check(MINIMAL)
    assert {name for name, (passed, _) in found.items() if passed} == {"ready", "card", "unload"}
    assert {name: text for name, (passed, text) in found.items() if passed is None} == {
        "fit": "it has no models",
        "forward": "no model has example_inputs",
        "declared": "it has no actions",
        "examples": "it has no actions",
        **dict.fromkeys(TRIED, "it has no action that can be called without an example"),
        "models-stay": "it has no models",
        "tab": "it has no tab",
        "ship": "it is not one of the built-in plugins",
    }


def test_a_plugin_that_does_not_load_fails_one_check_only(check: Check) -> None:
    ((name, (passed, text)),) = check("1 / 0").items()
    assert (name, passed) == ("ready", False)
    assert text.startswith("import_failed: It raised an exception while it was imported: Zero")


def test_a_plugin_whose_startup_raises_is_not_ready(check: Check) -> None:
    ((_, (passed, text)),) = check(
        MINIMAL + "@hookimpl\ndef demo_startup(host):\n    raise OSError('no socket')"
    ).items()
    assert (passed, "demo_startup() raised OSError: no socket" in text) == (False, True)


def test_a_checkpoint_of_another_architecture_does_not_fit(check: Check, tmp_path: Path) -> None:
    metadata = CheckpointMetadata(architecture="Net", license="CC0-1.0", source="a test")
    folder = tmp_path / "plugins" / "plugin"
    folder.mkdir(parents=True)
    save(folder / "net.safetensors", {"linear.weight": torch.zeros(9, 9)}, metadata)
    result = check(model(checkpoint="'net.safetensors'"))
    assert list(result) == ["ready", "card", "fit"]
    passed, text = result["fit"]
    assert passed is False
    assert "missing: linear.bias" in text


def test_an_architecture_that_cannot_be_built_does_not_fit(check: Check) -> None:
    passed, text = check(model().replace("Linear(3, 2)", "Linear(3)"))["fit"]
    assert passed is False
    assert "demo_build_model('net') raised TypeError" in text


@pytest.mark.parametrize(
    ("inputs", "forward", "message"),
    [
        ("TensorSpec(shape=(1, 4))", FORWARD, "net: forward() raised RuntimeError"),
        ("TensorSpec(shape=(1,), dtype='float33')", FORWARD, "no attribute 'float33'"),
        (INPUT, "return self.linear(x) + torch.zeros(1, 2)", "device"),
        (INPUT, "raise SystemExit", "net: forward() raised SystemExit"),
        (INPUT, "return 1 / x.sum().item()", "net: forward() raised ZeroDivisionError"),
    ],
    ids=["shape", "dtype", "device", "exit", "value"],
)
def test_a_forward_that_raises_is_found(
    check: Check, inputs: str, forward: str, message: str
) -> None:
    passed, text = check(model(inputs=inputs, forward=forward))["forward"]
    assert passed is False
    assert message in text


def test_a_forward_that_looks_at_values_is_run_with_zeros(check: Check) -> None:
    forward = "assert self.linear(x).sum().item() == 0; return x"
    assert check(model(forward=forward))["forward"] == (True, "")


def test_checking_a_forward_leaves_the_random_state_as_it_was(check: Check) -> None:
    torch.manual_seed(0)
    expected = torch.get_rng_state()
    check(model(forward="return torch.nn.functional.dropout(torch.rand(2), training=True)"))
    assert torch.equal(torch.get_rng_state(), expected)


def test_a_tab_that_raises_is_found(check: Check) -> None:
    source = MINIMAL + "@hookimpl\ndef demo_build_tab(demo):\n    raise KeyError('box')"
    assert check(source)["tab"] == (False, "demo_build_tab() raised KeyError: 'box'")


class TestShip:
    @pytest.fixture(autouse=True)
    def _as_built_in(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(discovery, "built_in_root", lambda: tmp_path)

    def test_a_small_checkpoint_with_licence_and_source_passes(
        self, check: Check, tmp_path: Path
    ) -> None:
        save_checkpoint(tmp_path / "plugin")
        assert check(model(checkpoint="'net.safetensors'"))["ship"] == (True, "")

    def test_a_large_checkpoint_is_found(
        self, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        size = save_checkpoint(tmp_path / "plugin").stat().st_size
        monkeypatch.setattr("demo_app.conformance.models.MAX_CHECKPOINT_BYTES", size)
        passed, text = check(model(checkpoint="'net.safetensors'"))["ship"]
        assert passed is False
        assert text.startswith(f"net.safetensors has {size} bytes")

    @pytest.mark.parametrize("lacking", ["license", "source"])
    def test_a_checkpoint_without_its_origin_is_found(
        self, check: Check, tmp_path: Path, lacking: str
    ) -> None:
        save_checkpoint(tmp_path / "plugin", **{lacking: " "})
        expected = (False, f"The metadata of net.safetensors gives no {lacking}.")
        assert check(model(checkpoint="'net.safetensors'"))["ship"] == expected

    def test_a_plugin_without_checkpoints_has_nothing_to_ship(self, check: Check) -> None:
        assert check(model())["ship"] == (None, "it has no checkpoints")


class TestParts:
    def source(self, shape: str) -> str:
        """A model that is not called itself; its one part takes inputs of a shape."""
        inputs = "TensorSpec(shape=(1, 7))"
        whole = model(inputs=inputs, forward="raise AssertionError")
        return whole.replace(f"({inputs},)", f"{{'linear': (TensorSpec(shape={shape}),)}}")

    def test_they_are_called_with_inputs_of_their_own(self, check: Check) -> None:
        assert check(self.source("(1, 3)"))["forward"] == (True, "")

    def test_inputs_that_do_not_fit_a_part_are_found(self, check: Check) -> None:
        passed, text = check(self.source("(1, 4)"))["forward"]
        assert passed is False
        assert "net: forward() raised RuntimeError" in text
