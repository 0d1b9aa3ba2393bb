"""``demo-app train mnist_gan``: what each of the three checkpoints is made of."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from demo_app import DemoError, TrainJob
from demo_app.checkpoints import load, read_header
from tests.datasets.idx_files import bars, write_split

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def make_job(tmp_path: Path, tiny_mnist: Path) -> Callable[..., TrainJob]:
    """Makes a training whose files lie beside each other, as the command's do."""

    def make(model: str, report: Any = lambda line: None, data: Path = tiny_mnist) -> TrainJob:
        return TrainJob(
            model=model,
            data=data,
            checkpoint=tmp_path / f"{model}.safetensors",
            state=tmp_path / model,
            report=report,
        )

    return make


@pytest.fixture
def train(module: Callable[[str], ModuleType]) -> Callable[[TrainJob], None]:
    return module("train").train  # type: ignore[no-any-return]


class Interrupted:
    """Interrupts the training at its first step."""

    def __call__(self, line: str) -> None:
        if line.startswith("step 1/"):
            raise KeyboardInterrupt


def test_the_pairs_checkpoint_loads_strictly(
    train: Callable[[TrainJob], None],
    make_job: Callable[..., TrainJob],
    module: Callable[[str], ModuleType],
) -> None:
    job = make_job("gan")

    train(job)

    networks = module("models").build_model("gan")
    metadata = load(job.checkpoint, networks)
    rooms = module("train")
    assert metadata.training["recipe"] == asdict(rooms.GAN)
    assert metadata.training["judge_recipe"] == asdict(rooms.JUDGE)
    assert metadata.classes == [str(digit) for digit in range(10)]
    assert metadata.license == "Apache-2.0"
    assert "demo-app train mnist_gan --model gan" in metadata.source
    assert metadata.metrics == {}


def test_what_is_stored_is_the_calibrated_average_in_half_precision(
    train: Callable[[TrainJob], None],
    make_job: Callable[..., TrainJob],
    module: Callable[[str], ModuleType],
) -> None:
    job = make_job("gan")
    train(job)

    kept = torch.load(job.state, weights_only=True)
    stored = load_file(job.checkpoint)
    chosen = read_header(job.checkpoint).metadata.training["calibration"]
    average = module("models").Generator().eval()
    average.load_state_dict(kept["average"])
    adjusted = module("calibration").adjusted(average, chosen["sharpness"], chosen["emphasis"])
    parts = {
        "generator": adjusted.state_dict(),
        "discriminator": kept["discriminator"],
        "judge": kept["judge"],
    }
    for name, tensor in stored.items():
        part, _, rest = name.partition(".")
        expected = parts[part][rest]
        assert tensor.dtype == (torch.float16 if expected.is_floating_point() else torch.int64)
        assert tensor.equal(expected.to(tensor.dtype))
    begun = kept["generator"]["linear.weight"].half()
    assert not stored["generator.linear.weight"].equal(begun)


def test_the_same_command_makes_the_same_weights(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob], tmp_path: Path
) -> None:
    job = make_job("gan")
    again = replace(job, checkpoint=tmp_path / "again.safetensors", state=tmp_path / "again")
    train(job)
    torch.rand(3)
    train(again)

    one, other = load_file(job.checkpoint), load_file(again.checkpoint)
    assert all(tensor.equal(other[name]) for name, tensor in one.items())


def test_an_interrupted_training_writes_no_checkpoint_and_goes_on(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob], tmp_path: Path
) -> None:
    job = make_job("gan", Interrupted())
    whole = replace(
        job,
        checkpoint=tmp_path / "whole.safetensors",
        state=tmp_path / "whole",
        report=lambda line: None,
    )
    train(whole)
    with pytest.raises(KeyboardInterrupt):
        train(job)
    assert not job.checkpoint.exists()
    lines: list[str] = []

    train(replace(job, report=lines.append))

    assert lines[0] == "Going on after step 1."
    one, other = load_file(whole.checkpoint), load_file(job.checkpoint)
    assert all(tensor.equal(other[name]) for name, tensor in one.items())


@pytest.mark.parametrize("interrupted", [False, True])
def test_global_random_state_is_as_it_was(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob], interrupted: bool
) -> None:
    before = torch.get_rng_state()

    if interrupted:
        with pytest.raises(KeyboardInterrupt):
            train(make_job("gan", Interrupted()))
    else:
        train(make_job("gan"))

    assert torch.get_rng_state().equal(before)


class TestReplay:
    def test_holds_the_snapshots_of_the_training_beside_it(
        self,
        train: Callable[[TrainJob], None],
        make_job: Callable[..., TrainJob],
        module: Callable[[str], ModuleType],
    ) -> None:
        pair, job = make_job("gan"), make_job("replay")
        train(pair)

        train(job)

        archive = module("models").build_archive("replay")
        metadata = load(job.checkpoint, archive)
        kept = torch.load(pair.state, weights_only=True)
        assert archive.unpack().equal(archive.shaded(torch.stack(kept["snapshots"])))
        assert [point[0] for point in metadata.training["curve"]] == [0, 1, 4, 10]
        assert metadata.training["recipe"] == asdict(module("train").GAN)

    def test_of_no_training_is_refused_with_the_command_that_makes_one(
        self, train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob]
    ) -> None:
        with pytest.raises(DemoError) as refused:
            train(make_job("replay"))

        assert str(refused.value) == (
            "There is no training to replay on this machine. Train the pair first: "
            "demo-app train mnist_gan --model gan."
        )

    def test_of_a_training_that_has_not_ended_is_refused(
        self, train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob]
    ) -> None:
        with pytest.raises(KeyboardInterrupt):
            train(make_job("gan", Interrupted()))
        job = make_job("replay")

        with pytest.raises(DemoError, match=r"training of gan has not ended, or was"):
            train(job)

        assert not job.checkpoint.exists()


class TestTrainingDigits:
    @pytest.fixture
    def few(self, module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
        """A training split of 200 digits is whole."""
        monkeypatch.setattr(module("models"), "TRAINING_DIGITS", 200)

    @pytest.mark.usefixtures("few")
    def test_are_the_split_in_16_shades_with_its_labels(
        self,
        train: Callable[[TrainJob], None],
        make_job: Callable[..., TrainJob],
        module: Callable[[str], ModuleType],
    ) -> None:
        job = make_job("training_digits")

        train(job)

        archive = module("models").build_archive("training_digits")
        metadata = load(job.checkpoint, archive)
        pictures, labels = bars(200)
        assert archive.unpack().equal(archive.shaded(pictures))
        assert archive.labels.tolist() == labels.tolist()
        assert metadata.license == "CC-BY-SA-3.0"

    def test_of_another_number_are_refused(
        self, train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob]
    ) -> None:
        with pytest.raises(DemoError, match=r"training split has 60,000 digits, not 200\."):
            train(make_job("training_digits"))


def test_missing_data_is_refused(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob], tmp_path: Path
) -> None:
    with pytest.raises(DemoError, match="There is no train-images-idx3-ubyte"):
        train(make_job("gan", data=tmp_path))


def test_a_model_that_is_not_made_here_is_refused(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob]
) -> None:
    with pytest.raises(DemoError, match="vae cannot be made here"):
        train(make_job("vae"))


def test_a_gzipped_split_trains_the_same(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob], tmp_path: Path
) -> None:
    write_split(tmp_path / "gz" / "MNIST" / "raw", "train", *bars(200), gz=True)
    plain = make_job("gan")
    gzipped = replace(
        plain,
        data=tmp_path / "gz",
        checkpoint=tmp_path / "gz.safetensors",
        state=tmp_path / "gz.state",
    )
    train(plain)
    train(gzipped)

    one, other = load_file(plain.checkpoint), load_file(gzipped.checkpoint)
    assert all(tensor.equal(other[name]) for name, tensor in one.items())
    assert read_header(gzipped.checkpoint).metadata.training["epochs"] == 0.6
