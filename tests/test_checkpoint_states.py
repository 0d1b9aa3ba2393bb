"""A checkpoint that is missing, damaged or of another architecture takes out its plugin only."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from demo_app import Context, Host, ModelSpec, action
from demo_app.checkpoints import CheckpointMetadata, save
from demo_app.errors import DemoUnavailable, OutOfMemory
from demo_app.plugin import State
from tests.sources import GREETER, LINEAR

Write = Callable[..., Path]
MakeHost = Callable[..., Host]

METADATA = CheckpointMetadata(architecture="linear", license="CC0-1.0", source="by hand")
FITTING = {"weight": torch.tensor([[1.0, 2.0]]), "bias": torch.zeros(1)}
TRAIN = "\n@hookimpl\ndef demo_train(job):\n    pass\n"


def content(tensors: dict[str, torch.Tensor], folder: Path) -> bytes:
    save(folder / "made.safetensors", tensors, METADATA)
    return (folder / "made.safetensors").read_bytes()


def without_metadata() -> bytes:
    from safetensors.torch import save as to_bytes

    return to_bytes(FITTING)


@pytest.fixture
def host_with(write: Write, make_host: MakeHost) -> Callable[..., Host]:
    """A host with a plugin ``linear`` whose checkpoint has that content, and a good one."""

    def make(checkpoint: bytes | None, source: str = LINEAR) -> Host:
        write("good", GREETER)
        folder = write("linear", source)
        if checkpoint is not None:
            (folder / "net.safetensors").write_bytes(checkpoint)
        return make_host(folder.parent)

    return make


def test_a_good_checkpoint_is_loaded(host_with: Callable[..., Host], tmp_path: Path) -> None:
    assert host_with(content(FITTING, tmp_path))["linear"].call("weights") == [[1.0, 2.0]]


BAD_FILES = {
    "missing": (lambda good: None, "The checkpoint net.safetensors is missing."),
    "empty": (lambda good: b"", "The checkpoint net.safetensors is damaged or cut off"),
    "cut off": (lambda good: good[:-1], "The checkpoint net.safetensors is damaged or cut off"),
    "cut in its header": (lambda good: good[:40], "net.safetensors is damaged or cut off"),
    "text": (lambda good: b"it is text " * 9, "net.safetensors is damaged or cut off"),
    "a pickle": (lambda good: b"\x80\x04K\x01.", "net.safetensors is damaged or cut off"),
    "without metadata": (
        lambda good: without_metadata(),
        "The checkpoint net.safetensors cannot be used: its metadata lacks architecture, license, "
        "source",
    ),
}


@pytest.mark.parametrize(("damage", "problem"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_noticed_at_the_start(
    host_with: Callable[..., Host],
    tmp_path: Path,
    damage: Callable[[bytes], bytes | None],
    problem: str,
) -> None:
    host = host_with(damage(content(FITTING, tmp_path)))
    plugin = host.plugin("linear")
    assert plugin.state is State.CHECKPOINT_FAILED
    assert problem in str(plugin.problem)
    assert plugin.remedy == "Put a good net.safetensors into the plugin's folder."
    assert host["good"].call("greet") == "hello you"


def test_a_plugin_that_can_train_is_told_the_command(host_with: Callable[..., Host]) -> None:
    plugin = host_with(None, LINEAR + TRAIN).plugin("linear")
    assert plugin.remedy == "Make it again: demo-app train linear --model net"


class TestUnfitting:
    @pytest.fixture
    def host(self, host_with: Callable[..., Host], tmp_path: Path) -> Host:
        tensors = {"weight": torch.zeros(1, 3), "offset": torch.zeros(1)}
        return host_with(content(tensors, tmp_path), LINEAR + TRAIN)

    PROBLEM = (
        "The checkpoint does not fit Linear: missing: bias; unexpected: offset; "
        "wrong shape: weight is [1, 3], the model has [1, 2]"
    )

    def test_the_first_call_says_so(self, host: Host) -> None:
        with pytest.raises(DemoUnavailable) as caught:
            host["linear"].call("weights")
        assert self.PROBLEM in str(caught.value)
        assert "demo-app train linear --model net" in str(caught.value)

    def test_the_first_call_takes_the_plugin_out(self, host: Host) -> None:
        demo = host["linear"]
        with pytest.raises(DemoUnavailable):
            demo.call("weights")
        assert host.plugin("linear").state is State.CHECKPOINT_FAILED
        assert list(host) == ["good"]
        with pytest.raises(DemoUnavailable):
            demo.call("weights")

    def test_the_check_in_the_background_takes_the_plugin_out(self, host: Host) -> None:
        host.check_fit(host.plugin("linear"))
        assert host.plugin("linear").problem == self.PROBLEM

    def test_the_others_go_on(self, host: Host) -> None:
        host.check_fit(host.plugin("linear"))
        assert host["good"].call("greet") == "hello you"


@action
def use(ctx: Context) -> bool:
    return ctx.model().training


def models() -> list[ModelSpec]:
    return [ModelSpec(name="net")]


@pytest.mark.parametrize(
    ("built", "problem"),
    [
        (lambda name: 1 / 0, "demo_build_model('net') raised ZeroDivisionError: division by zero"),
        (lambda name: None, "demo_build_model('net') returned nothing, not an nn.Module."),
        (lambda name: torch.nn.Linear, "demo_build_model('net') returned a type, not an nn.Module"),
    ],
)
@pytest.mark.parametrize("how", ["a call", "the background check"])
def test_a_model_that_cannot_be_built_takes_its_plugin_out(
    host_of: Callable[..., Host],
    built: Callable[[str], object],
    problem: str,
    how: str,
) -> None:
    host = host_of(use, demo_models=models, demo_build_model=lambda name: built(name))
    if how == "a call":
        with pytest.raises(DemoUnavailable):
            host["made"].call("use")
    else:
        host.check_fit(host.plugin("made"))
    assert host.plugin("made").state is State.CHECKPOINT_FAILED
    assert problem in str(host.plugin("made").problem)
    assert host.plugin("made").remedy in ("Return an nn.Module.", "See the traceback for the line.")


def test_a_module_that_a_model_needs_is_named_with_what_to_do(host_of: Callable[..., Host]) -> None:
    def build(name: str) -> object:
        import not_installed_anywhere  # type: ignore[import-not-found]

        return not_installed_anywhere.Net()

    host = host_of(use, demo_models=models, demo_build_model=build)
    host.check_fit(host.plugin("made"))
    plugin = host.plugin("made")
    assert plugin.problem == (
        "demo_build_model('net'): It imports 'not_installed_anywhere', which is not installed."
    )
    assert "pip install not_installed_anywhere" in str(plugin.remedy)


def test_lack_of_memory_while_a_model_is_built_does_not_take_its_plugin_out(
    host_of: Callable[..., Host],
) -> None:
    def build(name: str) -> torch.nn.Module:
        raise torch.OutOfMemoryError("CUDA out of memory")

    host = host_of(use, demo_models=models, demo_build_model=build)
    with pytest.raises(OutOfMemory):
        host["made"].call("use")
    assert host.plugin("made").state is State.READY


def test_concurrent_failures_note_one_problem(
    host_with: Callable[..., Host], tmp_path: Path
) -> None:
    host = host_with(content({"weight": torch.zeros(3)}, tmp_path))
    demo = host["linear"]
    gate = threading.Barrier(4)

    def fail() -> None:
        gate.wait()
        with pytest.raises(DemoUnavailable, match="does not fit Linear"):
            demo.call("weights")

    threads = [threading.Thread(target=fail) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert host.plugin("linear").state is State.CHECKPOINT_FAILED
