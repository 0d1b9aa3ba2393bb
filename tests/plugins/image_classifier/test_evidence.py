"""The evidence map adds up to the logit, and the overlay shows what the map says."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn


@pytest.mark.parametrize("class_index", [0, 281, 517, 967, 999])
def test_bias_and_mean_of_cells_are_the_logit(
    network: Any, random_images: Tensor, module: Callable[[str], ModuleType], class_index: int
) -> None:
    evidence = module("explaining.evidence")
    features = network.forward_features(random_images[:1])
    classifier = network.get_classifier()

    cells = evidence.class_evidence(features, classifier, class_index)

    assert cells.shape == (7, 7)
    total = evidence.class_bias(classifier, class_index) + cells.mean().item()
    logit = network(random_images[:1])[0, class_index].item()
    assert total == pytest.approx(logit, abs=1e-4)


def test_evidence_keeps_its_place(module: Callable[[str], ModuleType]) -> None:
    features = torch.zeros(1, 4, 2, 3)
    features[0, :, 1, 2] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    classifier = nn.Linear(4, 2)
    nn.init.constant_(classifier.weight, 0.5)

    cells = module("explaining.evidence").class_evidence(features, classifier, 1)

    assert cells.tolist() == [[0, 0, 0], [0, 0, 5.0]]


def test_a_classifier_without_bias_starts_from_zero(module: Callable[[str], ModuleType]) -> None:
    assert module("explaining.evidence").class_bias(nn.Linear(4, 2, bias=False), 0) == 0.0


@pytest.fixture
def draw(module: Callable[[str], ModuleType]) -> Callable[..., Image.Image]:
    return module("explaining.overlay").draw_overlay


GREY = Image.new("RGB", (70, 70), (128, 128, 128))


def colours(overlay: Image.Image, row: int, column: int, cells: int = 7) -> tuple[float, float]:
    """Mean red and blue of a cell of a square overlay."""
    side = overlay.width / cells
    cell = overlay.crop(
        (
            round(column * side),
            round(row * side),
            round((column + 1) * side),
            round((row + 1) * side),
        )
    )
    red, _, blue = np.asarray(cell).reshape(-1, 3).mean(axis=0)
    return red, blue


def test_evidence_for_is_orange_and_evidence_against_is_blue(
    draw: Callable[..., Image.Image],
) -> None:
    cells = np.zeros((7, 7))
    cells[1, 1], cells[5, 5] = 20.0, -20.0

    overlay = draw(GREY, cells, scale=20.0)

    red, blue = colours(overlay, 1, 1)
    assert red > blue + 50
    red, blue = colours(overlay, 5, 5)
    assert blue > red + 50


def test_without_evidence_the_photo_is_grey(draw: Callable[..., Image.Image]) -> None:
    photo = Image.effect_noise((64, 64), 80).convert("RGB")

    pixels = np.asarray(draw(photo, np.zeros((2, 2)), scale=0.0), dtype=int)

    assert np.ptp(pixels, axis=-1).max() <= 1


def test_evidence_leaves_the_photo_as_light_as_it_was(module: Callable[[str], ModuleType]) -> None:
    overlay = module("explaining.overlay")
    greys = np.tile(np.linspace(0.3, 0.7, 50, dtype=np.float32), (3, 1))
    strength = np.repeat(np.array([[-0.4], [0.0], [0.4]], dtype=np.float32), 50, axis=1)

    tinted = np.asarray(overlay.tint(greys, strength).convert("L"), dtype=int)

    assert np.abs(tinted - tinted[1]).max() <= 12


def test_weak_evidence_looks_weak(draw: Callable[..., Image.Image]) -> None:
    strong = colours(draw(GREY, np.full((7, 7), 20.0), scale=20.0), 3, 3)
    weak = colours(draw(GREY, np.full((7, 7), 2.0), scale=20.0), 3, 3)

    assert 0 < weak[0] - weak[1] < (strong[0] - strong[1]) / 4


def test_the_overlay_is_the_crop_magnified(draw: Callable[..., Image.Image]) -> None:
    overlay = draw(Image.new("RGB", (224, 192)), np.ones((6, 7)), scale=1.0, magnify=3)

    assert (overlay.mode, overlay.size) == ("RGB", (672, 576))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_a_map_of_any_shape_can_be_drawn(
    draw: Callable[..., Image.Image], shape: tuple[int, int]
) -> None:
    assert draw(GREY, np.ones(shape), scale=1.0).size == (140, 140)
