"""``demo-app train``: makes a checkpoint, also where its absence is what fails the plugin."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from demo_app.checkpoints import read_header

Run = Callable[..., Any]

TRAINED = """
from demo_app import Card, ModelSpec, hookimpl
from demo_app.checkpoints import CheckpointMetadata

@hookimpl
def demo_card():
    return Card(title="Trained", summary="Can be trained.")

@hookimpl
def demo_models():
    return [ModelSpec(name="net", checkpoint="net.safetensors"), ModelSpec(name="untrained")]

@hookimpl
def demo_build_model(name):
    import torch
    return torch.nn.Linear(3, 2)

@hookimpl
def demo_train(job):
    import torch
    TRAINING
    metadata = CheckpointMetadata(architecture="Linear", license="CC0-1.0", source="a test")
    job.save({"weight": torch.zeros(2, 3), "bias": torch.zeros(2)}, metadata)
"""


@pytest.fixture
def write_trained(write_plugin: Run) -> Callable[[str], Path]:
    """Writes the plugin ``trained``, whose training does this first."""

    def write(training: str = "pass") -> Path:
        path: Path = write_plugin("trained", TRAINED.replace("TRAINING", training))
        return path

    return write


def test_writes_the_missing_checkpoint_and_says_its_size(
    demo_app: Run, write_trained: Run, root: Path
) -> None:
    write_trained("job.report('epoch 1')")
    ran = demo_app("train", "trained")
    path = root / "checkpoints" / "trained" / "net.safetensors"
    assert ran.code == 0
    assert ran.out.splitlines() == ["epoch 1", f"{path}: {path.stat().st_size:,} bytes"]
    assert read_header(path).metadata.architecture == "Linear"


def test_makes_the_plugin_ready(demo_app: Run, write_trained: Run) -> None:
    write_trained()
    assert "checkpoint_failed" in demo_app("plugins", "list").out
    demo_app("train", "trained", "--model", "net")
    assert "checkpoint_failed" not in demo_app("plugins", "list").out


def test_out_names_another_place(demo_app: Run, write_trained: Run, root: Path) -> None:
    write_trained()
    demo_app("train", "trained", "--out", root / "elsewhere" / "a.safetensors")
    assert (root / "elsewhere" / "a.safetensors").is_file()
    assert not (root / "checkpoints").exists()


def test_a_plugin_of_ones_own_keeps_its_checkpoint_in_its_folder(
    demo_app: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "mine" / "trained"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(TRAINED.replace("TRAINING", "pass"))
    assert demo_app("train", "trained", "--plugin-dir", tmp_path / "mine").code == 0
    assert (folder / "net.safetensors").is_file()


def test_hands_over_the_data_and_a_place_to_resume_from(
    demo_app: Run, write_trained: Run, root: Path
) -> None:
    write_trained("job.report(f'{job.model} {job.data}'); job.state.write_text('half way')")
    (root / "data").mkdir()
    assert demo_app("train", "trained", "--data", "data").out.startswith("net data\n")
    state = root / "state" / "demo_app" / "trained" / "net"
    assert state.read_text() == "half way"


def test_a_file_too_large_to_ship_is_pointed_out(
    demo_app: Run, write_trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("demo_app.surfaces.cli.train.MAX_CHECKPOINT_BYTES", 100)
    write_trained()
    ran = demo_app("train", "trained")
    assert (ran.code, ran.err) == (
        0,
        "demo-app: too large to ship: a file stays below 100 bytes\n",
    )


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ("job.state.touch(); ", "interrupted; the same command goes on from there"),
        ("", "interrupted; nothing was kept"),
    ],
)
def test_ctrl_c_says_whether_it_can_be_resumed(
    demo_app: Run, write_trained: Run, before: str, message: str
) -> None:
    write_trained(f"{before}raise KeyboardInterrupt")
    ran = demo_app("train", "trained")
    assert (ran.code, ran.err) == (130, f"\ndemo-app: {message}\n")


@pytest.mark.parametrize(
    ("training", "code", "message"),
    [
        ("return", 1, "demo_train() of trained ended without saving a checkpoint."),
        ("raise RuntimeError('no data')", 1, "RuntimeError: no data (--debug"),
        ("raise torch.OutOfMemoryError('72 GiB')", 5, "There is not enough memory"),
        ("job.checkpoint.parent.mkdir(parents=True); job.checkpoint.write_bytes(b'?'); return",
         4, "The checkpoint net.safetensors is damaged"),
    ],
    ids=["unsaved", "raises", "memory", "damaged"],
)  # fmt: skip
def test_a_failed_training_is_one_line(
    demo_app: Run, write_trained: Run, training: str, code: int, message: str
) -> None:
    write_trained(training)
    ran = demo_app("train", "trained")
    assert ran.code == code
    assert ran.err.startswith(f"demo-app: {message}")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["trained", "--model", "nte"], 3, "no model of trained named 'nte'. Did you mean 'net'?"),
        (["trained", "--model", "untrained"], 2, "untrained is deliberately untrained"),
        (["trained", "--data", "nowhere"], 2, "'nowhere' does not exist"),
        (["trained", "--out", "plugins/trained.py/x"], 2, "Nothing can be written to"),
        (["hookless"], 4, "hookless cannot be trained here: it has no demo_train hook."),
        (["broken"], 4, "broken: It raised an exception while it was imported"),
        ([], 2, "Missing argument 'plugin'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_trained_is_refused_with_the_reason(
    demo_app: Run,
    write_trained: Run,
    write_plugin: Run,
    words: list[str],
    code: int,
    message: str,
) -> None:
    write_trained()
    write_plugin("hookless", TRAINED.partition("@hookimpl\ndef demo_models")[0])
    write_plugin("broken", "1 / 0")
    ran = demo_app("train", *words)
    assert ran.code == code
    assert message in ran.err


def test_of_several_models_one_is_named(demo_app: Run, write_plugin: Run) -> None:
    write_plugin("trained", TRAINED.replace('"untrained"', '"other", checkpoint="b.safetensors"'))
    ran = demo_app("train", "trained")
    assert (ran.code, ran.err) == (
        2,
        "demo-app: trained has several models: choose with --model net, other\n",
    )
