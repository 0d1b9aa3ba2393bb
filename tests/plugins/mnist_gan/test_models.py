"""The architectures: what they take and make, and that the shipped file is theirs."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn.functional import one_hot

from demo_app import DemoError

DIGITS = torch.tensor([3, 0, 9, 3])
LATENTS = torch.randn(4, 64, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="session")
def models(module: Callable[[str], ModuleType]) -> Any:
    return module("models")


def test_the_three_networks_stand_in_one_module(models: Any) -> None:
    networks = models.build_model("gan")

    assert isinstance(networks, nn.ModuleDict)
    assert {name: type(part) for name, part in networks.items()} == {
        "generator": models.Generator,
        "discriminator": models.Discriminator,
        "judge": models.Judge,
    }


@pytest.mark.parametrize("name", ["gan", "training_digits", "replay"])
def test_the_shipped_tensors_are_those_of_the_architecture(
    models: Any, checkpoints: Path, name: str
) -> None:
    stored = load_file(checkpoints / f"{name}.safetensors")
    built = models.build_model(name).state_dict()

    assert {n: t.shape for n, t in stored.items()} == {n: t.shape for n, t in built.items()}


@pytest.mark.parametrize("name", ["gan", "training_digits", "replay"])
def test_every_shipped_file_is_small_enough_for_plain_git(checkpoints: Path, name: str) -> None:
    assert (checkpoints / f"{name}.safetensors").stat().st_size < 10_000_000


def test_an_unknown_model_is_refused_with_those_that_there_are(models: Any) -> None:
    with pytest.raises(DemoError, match="no model cgan; there are: gan, training_digits, replay"):
        models.build_model("cgan")


def test_the_generator_makes_pictures_between_paper_and_ink(networks: Any) -> None:
    images = networks["generator"](LATENTS, DIGITS)

    assert images.shape == (4, 1, 28, 28)
    assert images.dtype == torch.float32
    assert images.min() >= -1
    assert images.max() <= 1


def test_a_digit_is_the_whole_share_of_that_digit(networks: Any) -> None:
    by_digit = networks["generator"](LATENTS, DIGITS)
    by_share = networks["generator"](LATENTS, one_hot(DIGITS, 10).float())

    assert by_digit.equal(by_share)


def test_the_generator_heeds_the_digit_and_the_latent(networks: Any) -> None:
    generator = networks["generator"]
    one = generator(LATENTS[:1], DIGITS[:1])

    assert (generator(LATENTS[:1], DIGITS[1:2]) - one).abs().max() > 0.1
    assert (generator(LATENTS[1:2], DIGITS[:1]) - one).abs().max() > 0.1


def test_between_two_digits_a_picture_changes_gradually(networks: Any) -> None:
    one, other = one_hot(torch.tensor([3, 8]), 10).float()
    shares = torch.linspace(0, 1, 401)[:, None]

    images = networks["generator"](LATENTS[:1].expand(401, -1), torch.lerp(one, other, shares))

    assert (images[1:] - images[:-1]).abs().max() < 0.1
    assert (images[-1] - images[0]).abs().max() > 0.5


def test_a_sample_does_not_depend_on_those_beside_it(networks: Any) -> None:
    together = networks["generator"](LATENTS, DIGITS)
    alone = networks["generator"](LATENTS[2:3], DIGITS[2:3])

    torch.testing.assert_close(together[2:3], alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("norm", ["norm1", "norm2"])
def test_each_digit_is_normalised_in_a_way_of_its_own(
    make_networks: Callable[..., Any], norm: str
) -> None:
    generator = make_networks()["generator"]
    before = generator(LATENTS, DIGITS)

    getattr(generator, norm).scale.weight[3] = 0

    after = generator(LATENTS, DIGITS)
    # Where nothing is left of what varies, all threes are alike; the others are as they were.
    assert after[0].equal(after[3])
    assert not before[0].equal(before[3])
    assert after[1:3].equal(before[1:3])


def test_the_discriminator_gives_a_number_to_each_picture_as_a_digit(networks: Any) -> None:
    discriminator = networks["discriminator"]
    images = networks["generator"](LATENTS, DIGITS)

    realness = discriminator(images, DIGITS)

    assert realness.shape == (4,)
    assert not realness.equal(discriminator(images, (DIGITS + 1) % 10))
    assert realness.equal(discriminator.realness_of(discriminator.features(images), DIGITS))


def test_the_judge_says_what_its_last_layer_makes_of_its_features(networks: Any) -> None:
    judge = networks["judge"]
    images = networks["generator"](LATENTS, DIGITS)

    logits = judge(images)

    assert logits.shape == (4, 10)
    assert logits.equal(judge.classifier(judge.features(images)))
    assert judge.features(images).shape == (4, 8)


def test_conditional_normalisation_begins_as_plain_normalisation(models: Any) -> None:
    images = torch.randn(6, 5, 4, 4, generator=torch.Generator().manual_seed(1))
    conditional = models.ConditionalBatchNorm2d(5, classes=3)
    plain = nn.BatchNorm2d(5)

    normal = conditional(images, one_hot(torch.arange(6) % 3, 3).float())

    torch.testing.assert_close(normal, plain(images))


def test_conditional_normalisation_scales_and_shifts_by_class(models: Any) -> None:
    images = torch.randn(2, 5, 4, 4, generator=torch.Generator().manual_seed(1))
    conditional = models.ConditionalBatchNorm2d(5, classes=2).eval()
    with torch.no_grad():
        conditional.scale.weight[1] = 3
        conditional.shift.weight[1] = 7

    first, second = conditional(images, torch.eye(2))
    (mixed,) = conditional(images[1:], torch.tensor([[0.5, 0.5]]))

    torch.testing.assert_close(first, images[0], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(second, 3 * images[1] + 7, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(mixed, 2 * images[1] + 3.5, rtol=1e-4, atol=1e-4)
