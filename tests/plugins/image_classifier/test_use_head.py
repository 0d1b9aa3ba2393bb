"""The snippet that uses an exported head without demo_app, run in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from demo_app import Demo, File, Host
from demo_app.context import Session
from demo_app.images import open_image
from tests.plugins.image_classifier.labelled_photos import photo_files


@pytest.fixture
def source(module: Callable[[str], ModuleType]) -> Path:
    return Path(str(module("carrying.exporting").__file__)).with_name("use_head.py")


HEADS: dict[str, dict[str, Any]] = {
    "mlp": {"kind": "mlp", "epochs": 5},
    "binary, ten crops": {"kind": "binary", "ten_crop": True},
    "trained on": {"unfreeze": "last_stage", "tuning_epochs": 1, "validation_split": 0},
    "torchvision's": {"backbone": "squeezenet1_1", "pretrained": False},
    "written here": {
        "backbone": "scratch_resnet18",
        "pretrained": False,
        "kind": "mlp",
        "epochs": 5,
    },
}


def predicted_elsewhere(source: Path, head: File, photo: Path, folder: Path) -> dict[str, float]:
    """What the snippet says of a photo in a process of its own, away from the plugin."""
    path, script = folder / "head.safetensors", folder / "use_head.py"
    path.write_bytes(head.data)
    script.write_text(source.read_text("utf-8"), "utf-8")
    ran = subprocess.run(
        [sys.executable, "-I", script, path, photo], capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout)  # type: ignore[no-any-return]


def require_same(shares: dict[str, float], result: Any) -> None:
    for prediction in result.predictions:
        assert shares[prediction.class_name] == pytest.approx(prediction.probability, abs=0.01)


@pytest.mark.parametrize("kind", HEADS)
def test_without_demo_app_it_predicts_the_same(
    host: Host, examples: Path, source: Path, tmp_path: Path, kind: str
) -> None:
    visitor = host.visit("image_classifier", Session())
    images = {"red": photo_files("reds", 3), "<b>blue": photo_files("blues", 3)}
    visitor.call("train_head", images=images, seed=1, **HEADS[kind])
    photo = examples / "espresso.jpg"

    shares = predicted_elsewhere(source, visitor.call("export"), photo, tmp_path)

    require_same(shares, visitor.call("classify", image=open_image(photo), head="mine"))


def test_it_is_short_and_knows_nothing_of_demo_app(source: Path) -> None:
    text = source.read_text("utf-8")

    assert "demo_app" not in text
    assert len(text.splitlines()) <= 35


def on_its_side(image: Image.Image, folder: Path) -> Path:
    photo, exif = folder / "photo.jpg", Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image.save(photo, exif=exif)
    return photo


def transparent(image: Image.Image, folder: Path) -> Path:
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    image.save(folder / "photo.png")
    return folder / "photo.png"


def grey_in_16_bits(image: Image.Image, folder: Path) -> Path:
    grey = np.asarray(image.convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save(folder / "photo.png")
    return folder / "photo.png"


@pytest.mark.parametrize("save", [on_its_side, transparent, grey_in_16_bits])
def test_it_sees_photos_as_the_app_does(
    demo: Demo, examples: Path, source: Path, tmp_path: Path, save: Callable[..., Path]
) -> None:
    photo = save(open_image(examples / "espresso.jpg"), tmp_path)

    shares = predicted_elsewhere(source, demo.call("export", head="flowers"), photo, tmp_path)

    require_same(shares, demo.call("classify", image=open_image(photo), head="flowers"))
