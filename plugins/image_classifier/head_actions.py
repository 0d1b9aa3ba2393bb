"""Actions on heads of one's own: train one, save one to take home, load it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from PIL import Image
from pydantic import Field

from demo_app import Context, File, InvalidInput, action

from .results import HeadTraining, LoadedHead
from .shipped_heads import IMAGENET

Name = Annotated[
    str,
    Field(min_length=1, max_length=100, description="The name of the head in this session."),
]


Images = Annotated[
    dict[str, list[File | Image.Image]], Field(description="Photos by the name of their class.")
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
Split = Annotated[float, Field(ge=0, le=0.5, description="Share of each class that is held out.")]


@action(grad=True, seed=True)
def train_head(
    ctx: Context,
    *,
    images: Images | None = None,
    archive: Archive | None = None,
    name: Name = "mine",
    kind: HeadKind = "linear",
    hidden: Hidden = 256,
    dropout: Dropout = 0.2,
    optimizer: Optimizer | None = None,
    epochs: Epochs = 100,
    lr: Rate | None = None,
    weight_decay: WeightDecay = 0.01,
    label_smoothing: Smoothing = 0.0,
    validation_split: Split = 0.2,
) -> Iterator[HeadTraining]:
    """Teach a head your own classes from a handful of photos; stop keeps the best so far.

    The backbone stays as it is, so the features of each photo are computed once and kept in the
    session: adding five photos costs five passes. Classify and explain then take the head by name.

    Raises:
        InvalidInput: there are too few classes or photos, a photo is in two classes, a name cannot
            be taken, or the zip is not to be read.
    """
    from .fitting import Recipe
    from .gathering import gather
    from .heads import Head
    from .teaching import Lesson, teach

    chosen = optimizer or ("adamw" if kind == "mlp" else "lbfgs")
    if chosen == "lbfgs" and kind == "mlp":
        raise InvalidInput("optimizer: an mlp head has dropout, so it needs adamw, not lbfgs.")
    assert ctx.seed is not None
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
    )
    yield from teach(ctx, gather(images, archive), lesson)


@action
def export(
    ctx: Context,
    *,
    head: Annotated[
        str, Field(min_length=1, max_length=100, description="A head that ships, or your own.")
    ] = "mine",
    backbone: Annotated[
        bool, Field(description="With the backbone's weights (7 MB): complete in itself.")
    ] = True,
) -> File:
    """Save a head as a safetensors file that predicts the same anywhere; use_head.py runs it.

    Raises:
        InvalidInput: the head is imagenet, which is the backbone's own.
        Unknown: there is no head of that name.
    """
    from .exporting import export_head
    from .inference import find_head

    if head == IMAGENET:
        raise InvalidInput("head: imagenet is the backbone's own head; export another one.")
    return export_head(ctx, find_head(ctx, head), backbone=backbone)


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
    from .exporting import import_head
    from .session_heads import keep, require_name

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
