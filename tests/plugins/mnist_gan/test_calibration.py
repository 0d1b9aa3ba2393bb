"""The calibration: two numbers worked into the weights, chosen by the distance to a split."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from demo_app.datasets import mnist


@pytest.fixture
def calibration(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("calibration")


@pytest.fixture
def generator(module: Callable[[str], ModuleType]) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        made = module("models").Generator().eval().requires_grad_(False)
        for norm in (made.norm1, made.norm2):
            norm.shift.weight.normal_()
    return made


def outputs(generator: Any, latents: Tensor, digits: Tensor) -> Tensor:
    """What the generator gives to tanh."""
    drawn: Tensor = generator(latents, digits)
    return drawn.atanh()


def test_one_and_one_change_nothing(calibration: ModuleType, generator: Any) -> None:
    same = calibration.adjusted(generator, 1.0, 1.0)
    for name, tensor in generator.state_dict().items():
        torch.testing.assert_close(same.state_dict()[name], tensor, msg=name)


def test_sharpness_multiplies_what_tanh_gets(calibration: ModuleType, generator: Any) -> None:
    latents, digits = (
        torch.randn(5, 64, generator=torch.Generator().manual_seed(0)),
        torch.arange(5),
    )
    before = outputs(generator, latents, digits)
    after = outputs(calibration.adjusted(generator, 1.3, 1.0), latents, digits)
    torch.testing.assert_close(after, 1.3 * before, rtol=1e-3, atol=1e-4)


def test_emphasis_is_the_same_as_shares_beyond_one(calibration: ModuleType, generator: Any) -> None:
    latents, digits = torch.randn(3, 64, generator=torch.Generator().manual_seed(0)), torch.eye(10)
    shares = digits[:3] * 1.1 - 0.01
    torch.testing.assert_close(
        calibration.adjusted(generator, 1.0, 1.1)(latents, torch.arange(3)),
        generator(latents, shares),
        rtol=1e-4,
        atol=1e-5,
    )


def test_the_generator_itself_stays_as_it_is(calibration: ModuleType, generator: Any) -> None:
    before = {name: tensor.clone() for name, tensor in generator.state_dict().items()}
    calibration.adjusted(generator, 2.0, 2.0)
    assert all(tensor.equal(before[n]) for n, tensor in generator.state_dict().items())


def test_what_comes_nearest_to_the_split_is_chosen(
    calibration: ModuleType,
    generator: Any,
    module: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The real pictures are the adjusted generator's, so that the best adjustment is known."""
    monkeypatch.setattr(calibration, "SHARPNESS", (1.0, 3.0))
    monkeypatch.setattr(calibration, "EMPHASIS", (1.0, 2.0))
    monkeypatch.setattr(calibration, "PICTURES", 400)
    models = module("models")
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(1)
        judge = models.Judge().eval().requires_grad_(False)
    labels = torch.arange(400) % 10
    latents = torch.randn(400, 64, generator=torch.Generator().manual_seed(7))
    wanted = calibration.adjusted(generator, 3.0, 2.0)
    digits = mnist.Digits(images=mnist.to_pixels(wanted(latents, labels)), labels=labels)
    lines: list[str] = []
    found, choice = calibration.calibrated(generator, judge, digits, lines.append)
    assert (choice["sharpness"], choice["emphasis"]) == (3.0, 2.0)
    assert choice["frechet_distance"] < choice["before"]
    assert len(lines) == 4
    torch.testing.assert_close(found(latents, labels), wanted(latents, labels))
