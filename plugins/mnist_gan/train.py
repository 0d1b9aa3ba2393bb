"""How the checkpoints of this demo are made: ``demo-app train mnist_gan --model NAME``."""

from __future__ import annotations

from dataclasses import asdict

import torch

from demo_app import DemoError, TrainJob
from demo_app.checkpoints import CheckpointMetadata
from demo_app.datasets import mnist

from .calibration import calibrated
from .gan_training import Run, fingerprint, snapshot_steps
from .models import build_archive, build_model
from .recipes import GAN, JUDGE

SOURCE = (
    "demo-app train mnist_gan --model {model}; digits: MNIST, Y. LeCun, C. Cortes, C. Burges, "
    "http://yann.lecun.com/exdb/mnist/"
)


def train(job: TrainJob) -> None:
    """Make the checkpoint of ``job.model`` and hand it to ``job.save``.

    ``gan`` trains the judge, then the pair, and goes on from ``job.state`` if it was interrupted.
    ``replay`` collects the snapshots that this training left there. ``training_digits`` packs
    MNIST's training split.

    Raises:
        DemoError: there is no model of that name, no MNIST, or no training to replay.
    """
    match job.model:
        case "gan":
            with torch.random.fork_rng(devices=[]):
                _train_pair(job)
        case "replay":
            _collect_snapshots(job)
        case "training_digits":
            _pack_digits(job)
        case _:
            raise DemoError(f"{job.model} cannot be made here.")


def _train_pair(job: TrainJob) -> None:
    run = Run(job.state, mnist.read(job.data, "train"), GAN, JUDGE, job.report)
    run.resume()
    judge = run.train()
    job.report("Calibrating the generator on the training split …")
    generator, calibration = calibrated(run.average, judge, run.digits, job.report)
    models = build_model("gan")
    models.load_state_dict(
        {
            f"{part}.{name}": tensor
            for part, module in (
                ("generator", generator),
                ("discriminator", run.discriminator),
                ("judge", judge),
            )
            for name, tensor in module.state_dict().items()
        }
    )
    tensors = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in models.state_dict().items()
    }
    job.save(
        tensors,
        CheckpointMetadata(
            architecture="conditional GAN with a judge",
            license="Apache-2.0",
            source=SOURCE.format(model=job.model),
            classes=[str(digit) for digit in range(10)],
            preprocessing={"size": [28, 28], "range": [-1, 1], "ink": 1, "paper": -1},
            training=run.record() | {"calibration": calibration},
        ),
    )


def _collect_snapshots(job: TrainJob) -> None:
    state = job.state.with_name("gan")
    if not state.exists():
        raise DemoError(
            "There is no training to replay on this machine. Train the pair first: "
            "demo-app train mnist_gan --model gan."
        )
    kept = torch.load(state, weights_only=True)
    archive = build_archive("replay")
    grids = torch.stack(kept["snapshots"]) if kept["snapshots"] else torch.empty(0)
    moments = snapshot_steps(GAN.steps, archive.count)
    if len(grids) != archive.count or kept["recipe"] != fingerprint(GAN, JUDGE, moments):
        raise DemoError(
            "The training of gan has not ended, or was of another recipe. Run its command again; "
            "it goes on, or begins anew."
        )
    archive.pack(grids)
    job.save(
        archive.state_dict(),
        CheckpointMetadata(
            architecture="PictureArchive",
            license="Apache-2.0",
            source=SOURCE.format(model="gan") + "; snapshots of that training",
            training={"recipe": asdict(GAN), "curve": kept["progress"]["curve"]},
        ),
    )


def _pack_digits(job: TrainJob) -> None:
    digits = mnist.read(job.data, "train")
    archive = build_archive("training_digits")
    assert archive.labels is not None
    if len(digits) != archive.count:
        raise DemoError(
            f"MNIST's training split has {archive.count:,} digits, not {len(digits):,}."
        )
    job.report(f"Packing {len(digits):,} digits …")
    archive.pack(digits.images)
    archive.labels.copy_(digits.labels)
    job.save(
        archive.state_dict(),
        CheckpointMetadata(
            architecture="PictureArchive",
            license="CC-BY-SA-3.0",
            source=SOURCE.format(model=job.model) + "; in 16 shades of grey",
            classes=[str(digit) for digit in range(10)],
            training={"method": "the training split is stored; nothing is fitted"},
        ),
    )
