"""Actions on heads: train one of your own, list and forget them, take one home, load it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

from PIL import Image
from pydantic import Field

from demo_app import Context, File, InvalidInput, action

from .results import HeadReport, HeadSummary, HeadTraining, LoadedHead
from .shipped_heads import BACKBONE, IMAGENET
from .shipped_networks import SHIPPED_NETWORKS

Name = Annotated[
    str,
    Field(min_length=1, max_length=100, description="The name of the head in this session."),
]


Images = Annotated[
    dict[str, Annotated[list[File | Image.Image], Field(max_length=5000)]],
    Field(
        max_length=1000,
        description="Photos by the name of their class; on a command line also a folder with a "
        "folder of photos for each.",
    ),
]
Archive = Annotated[
    File, Field(description="Instead: a zip with a folder of photos for each class.")
]
HeadKind = Annotated[
    Literal["linear", "mlp", "binary"],
    Field(description="One layer; a hidden layer before it; or one logit for two classes."),
]
Hidden = Annotated[int, Field(ge=1, le=1024, description="Hidden units of an mlp.")]
Dropout = Annotated[float, Field(ge=0, lt=1, description="Of an mlp's hidden units.")]
Optimizer = Annotated[
    Literal["lbfgs", "adamw"], Field(description="lbfgs if left out, of an mlp adamw.")
]
Epochs = Annotated[int, Field(ge=1, le=300, description="Passes, at most.")]
Rate = Annotated[float, Field(gt=0, le=10, description="Step size; 1 of lbfgs, 0.001 of adamw.")]
WeightDecay = Annotated[float, Field(ge=0, le=10, description="Of weights, not of biases.")]
Smoothing = Annotated[
    float, Field(ge=0, lt=1, description="Share of each label spread over all classes.")
]
Backbone = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="The network under the head: efficientnet_lite0, a name of torchvision's such "
        "as resnet18 (its weights are downloaded, in a local app only), or scratch_resnet18.",
    ),
]
Pretrained = Annotated[
    bool, Field(description="With pre-trained weights; otherwise the definition only.")
]
Unfreeze = Annotated[
    Literal["none", "last_stage", "all"],
    Field(description="What of the backbone is trained on together with the head."),
]
Augment = Annotated[
    bool, Field(description="Learn from mirrored, cropped and recoloured photos as well.")
]
TenCrop = Annotated[
    bool,
    Field(
        description="Average over ten crops of a photo in use, as AlexNet did; ten times slower."
    ),
]
TuningEpochs = Annotated[int, Field(ge=1, le=50, description="Passes of the fine-tuning.")]
TuningRate = Annotated[
    float,
    Field(
        gt=0,
        le=1,
        description="Step size of the backbone; 0.0001, from scratch 0.001. A pre-trained one's "
        "head takes ten times as large steps.",
    ),
]
Split = Annotated[float, Field(ge=0, le=0.5, description="Share of each class that is held out.")]


WithFile = Annotated[
    bool,
    Field(
        description="Return the head as a file, too, as export does. On a command line it lives no "
        "longer than its call."
    ),
]


@action(grad=True, seed=True)
def train_head(
    ctx: Context,
    *,
    images: Images | None = None,
    archive: Archive | None = None,
    name: Name = "mine",
    backbone: Backbone = BACKBONE,
    pretrained: Pretrained = True,
    unfreeze: Unfreeze = "none",
    augment: Augment = False,
    ten_crop: TenCrop = False,
    kind: HeadKind = "linear",
    hidden: Hidden = 256,
    dropout: Dropout = 0.2,
    optimizer: Optimizer | None = None,
    epochs: Epochs = 100,
    lr: Rate | None = None,
    weight_decay: WeightDecay = 0.01,
    label_smoothing: Smoothing = 0.0,
    validation_split: Split = 0.2,
    tuning_epochs: TuningEpochs = 5,
    tuning_lr: TuningRate | None = None,
    with_file: WithFile = False,
) -> Iterator[HeadTraining]:
    """Teach a head your own classes from a handful of photos; stop keeps the best so far.

    The backbone stays as it is unless ``unfreeze`` says otherwise, so the features of each photo
    are computed once and kept in the session: adding five photos costs five passes. Classify and
    explain then take the head by name.

    Raises:
        InvalidInput: there are too few classes or photos, a photo is in two classes, a name cannot
            be taken, the zip is not to be read, or the backbone is too large to be kept.
        Unknown: there is no such backbone.
        DemoError: the backbone's weights cannot be had.
    """
    from .lessons.fine_tuning import TuningRecipe
    from .lessons.fitting import Recipe
    from .lessons.teaching import Lesson, teach
    from .photographs.gathering import gather
    from .transfer.heads import Head

    chosen = optimizer or ("adamw" if kind == "mlp" else "lbfgs")
    if chosen == "lbfgs" and kind == "mlp":
        raise InvalidInput("optimizer: an mlp head has dropout, so it needs adamw, not lbfgs.")
    assert ctx.seed is not None
    rate = tuning_lr or (1e-4 if pretrained else 1e-3)
    tuning = TuningRecipe(
        extent=unfreeze,
        epochs=tuning_epochs,
        lr=rate,
        head_lr=10 * rate if pretrained else rate,
        weight_decay=weight_decay,
        label_smoothing=label_smoothing,
        augment=augment,
        keep_statistics=pretrained,
    )
    lesson = Lesson(
        name=name,
        head=Head(kind=kind, hidden=hidden, dropout=dropout),
        recipe=Recipe(
            optimizer=chosen,
            epochs=epochs,
            lr=lr or (1.0 if chosen == "lbfgs" else 1e-3),
            weight_decay=weight_decay,
            label_smoothing=label_smoothing,
        ),
        validation_split=validation_split,
        seed=ctx.seed,
        backbone=backbone,
        pretrained=pretrained,
        augment=augment,
        ten_crop=ten_crop,
        tuning=None if unfreeze == "none" else tuning,
    )
    for now in teach(ctx, gather(images, archive), lesson):
        yield _with_file(ctx, now, now.report) if with_file and now.report else now


def _with_file(ctx: Context, now: HeadTraining, report: HeadReport) -> HeadTraining:
    from .carrying.exporting import export_head
    from .explaining.inference import trained_head

    file = export_head(ctx, trained_head(ctx, report.name), backbone=True)
    return replace(now, report=replace(report, file=file))


@action
def export(
    ctx: Context,
    *,
    head: Annotated[
        str, Field(min_length=1, max_length=100, description="A head that ships, or your own.")
    ] = "mine",
    backbone: Annotated[
        bool, Field(description="With the backbone's weights (7 MB and up): complete in itself.")
    ] = True,
) -> File:
    """Save a head as a safetensors file that predicts the same anywhere; use_head.py runs it.

    Raises:
        InvalidInput: the head is a network's own, or its backbone is nowhere but in the file.
        Unknown: there is no head of that name.
    """
    from .carrying.exporting import export_head
    from .explaining.inference import trained_head

    if head == IMAGENET or head in SHIPPED_NETWORKS:
        raise InvalidInput(
            f"head: {head} is its backbone's own head, and ships with it; export another one."
        )
    return export_head(ctx, trained_head(ctx, head), backbone=backbone)


@action
def load_head(
    ctx: Context,
    *,
    file: Annotated[File, Field(description="What export saved.")],
    name: Name = "mine",
) -> LoadedHead:
    """Load an exported head, and make sure that it predicts as it did where it was exported.

    Raises:
        InvalidInput: the file is no exported head, damaged, or from a newer version.
        DemoError: the head belongs to another backbone, or predicts otherwise here.
    """
    from .carrying.importing import import_head
    from .carrying.session_heads import keep, require_name

    require_name(name)
    trained, difference = import_head(ctx, file)
    keep(ctx, name, trained)
    return LoadedHead(
        name=name,
        kind=trained.head.kind,
        classes=list(trained.classes),
        largest_difference=difference,
        training=dict(trained.training),
    )


@action
def heads(ctx: Context) -> list[HeadSummary]:
    """All heads that classify takes: those that ship, and your own in this session."""
    from .carrying.head_list import summaries

    return summaries(ctx)


@action
def forget_head(ctx: Context, *, name: Name) -> list[HeadSummary]:
    """Drop a head of your own, with the network that was fine-tuned with it; returns what is left.

    Raises:
        Unknown: you have no head of that name.
    """
    from .carrying.head_list import summaries
    from .carrying.session_heads import forget

    forget(ctx, name)
    return summaries(ctx)
