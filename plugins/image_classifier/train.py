"""How each checkpoint of this demo is made: ``demo-app train image_classifier --model NAME``."""

from collections.abc import Callable

from torch import Tensor

from demo_app import DemoError, TrainJob
from demo_app.checkpoints import CheckpointMetadata

from .architectures.conversion import convert_efficientnet_lite0
from .architectures.scratch_networks import train_from_scratch
from .lessons.head_training import train_shipped_head
from .shipped_heads import SHIPPED_HEADS
from .shipped_networks import SHIPPED_NETWORKS

Made = tuple[dict[str, Tensor], CheckpointMetadata]


def train(job: TrainJob) -> None:
    """Make the checkpoint of ``job.model`` and hand it to ``job.save``.

    Raises:
        DemoError: there is no recipe of that name, or a package or data that it needs is missing.
    """
    recipe = RECIPES.get(job.model)
    if recipe is None:
        raise DemoError(f"{job.model} cannot be made here; these can: {', '.join(RECIPES)}.")
    tensors, metadata = recipe(job)
    size = sum(tensor.nbytes for tensor in tensors.values())
    job.report(f"{metadata.architecture}: {len(tensors)} tensors, {size / 1e6:.2f} MB.")
    job.save(tensors, metadata)


def _convert(job: TrainJob) -> Made:
    if job.data is not None:
        job.report("The weights are converted from a package; the data folder is not used.")
    return convert_efficientnet_lite0()


RECIPES: dict[str, Callable[[TrainJob], Made]] = {
    "efficientnet_lite0": _convert,
    **dict.fromkeys(SHIPPED_HEADS, train_shipped_head),
    **dict.fromkeys(SHIPPED_NETWORKS, train_from_scratch),
}
