"""Directions in the latents move what they are named for, and leave the other of a pair alone."""

import itertools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from demo_app import Context, Demo
from tests.plugins.mnist_gan.drawings import farthest, to_model

LOOKS = ("slant", "weight", "width")
SENSITIVE = ("first", "second", "third")


@pytest.fixture(scope="session")
def exploration(module: Callable[[str], ModuleType]) -> Any:
    return module("exploration")


@pytest.fixture(scope="session")
def looks(exploration: Any) -> Callable[..., Tensor]:
    """The looks of every picture that is given."""
    return lambda *pictures: exploration.measured_looks(torch.cat([to_model(p) for p in pictures]))


@pytest.fixture(scope="session")
def usual(demo: Demo, looks: Callable[..., Tensor]) -> Tensor:
    """How far looks are spread within the samples of one digit."""
    spreads = [
        looks(*(s.image for s in demo.call("sample", digit=digit, count=100, seed=1).samples)).std(
            0
        )
        for digit in range(10)
    ]
    return torch.stack(spreads).mean(0)


class TestExplore:
    @pytest.mark.parametrize("digit", [0, 7])
    @pytest.mark.parametrize("number", [0, 12])
    def test_at_the_origin_is_the_sample(self, demo: Demo, digit: int, number: int) -> None:
        drawn = demo.call("sample", digit=digit, count=number + 1, seed=5, scored=True)

        place = demo.call("explore", digit=digit, number=number, seed=5)

        assert farthest(place.image, drawn.samples[number].image) <= 1
        assert place.opinion.digit == drawn.samples[number].opinion.digit

    def test_begins_at_the_truncated_sample(self, demo: Demo) -> None:
        (drawn,) = demo.call("sample", digit=7, count=1, seed=5, truncation=0.4).samples

        place = demo.call("explore", digit=7, seed=5, truncation=0.4)

        assert farthest(place.image, drawn.image) <= 1
        assert 0 < place.length < 0.4 * 8

    def test_is_as_far_out_as_it_was_moved(self, demo: Demo) -> None:
        place = demo.call("explore", truncation=0, x=3.0, y=0.0, seed=5)

        assert place.length == pytest.approx(3, abs=1e-4)

    @pytest.mark.parametrize(
        ("along", "other"), [*itertools.permutations(LOOKS, 2), ("slant", "third")]
    )
    def test_moves_what_it_says_and_not_the_other(
        self,
        demo: Demo,
        looks: Callable[..., Tensor],
        usual: Tensor,
        along: str,
        other: str,
    ) -> None:
        def shown(x: float) -> Tensor:
            places = [
                demo.call(
                    "explore",
                    digit=digit,
                    number=number,
                    x=x,
                    x_direction=along,
                    y_direction=other,
                    seed=2,
                ).image
                for digit in range(10)
                for number in range(3)
            ]
            return looks(*places)

        moved = (shown(2) - shown(-2)) / usual
        wanted = moved[:, LOOKS.index(along)]
        assert (wanted > 0).float().mean() > 0.9
        assert wanted.mean() > 1.5
        if other in LOOKS:
            assert moved[:, LOOKS.index(other)].mean().abs() < 0.25 * wanted.mean()

    def test_moves_along_the_second_direction_as_along_the_first(self, demo: Demo) -> None:
        one = demo.call("explore", x=1.5, y=-2.0, seed=5)
        other = demo.call(
            "explore", x=-2.0, y=1.5, x_direction="weight", y_direction="slant", seed=5
        )

        assert farthest(one.image, other.image) <= 1
        assert one.length == pytest.approx(other.length, abs=1e-4)

    def test_changes_little_by_a_little_step(self, demo: Demo) -> None:
        steps = [
            np.asarray(demo.call("explore", x=x, seed=5).image, dtype=float)
            for x in np.linspace(-1, 1, 21)
        ]
        little = [float(abs(a - b).mean()) for a, b in itertools.pairwise(steps)]

        assert max(little) < 6
        assert abs(steps[0] - steps[-1]).mean() > 2 * max(little)

    @pytest.mark.parametrize(("x", "y"), [(-6.0, -6.0), (6.0, 6.0), (-6.0, 6.0)])
    def test_may_go_to_every_corner(self, demo: Demo, x: float, y: float) -> None:
        for pair in itertools.permutations((*LOOKS, *SENSITIVE), 2):
            place = demo.call("explore", x=x, y=y, x_direction=pair[0], y_direction=pair[1], seed=5)
            assert np.isfinite(place.length)
            assert sum(place.opinion.probabilities) == pytest.approx(1, abs=1e-4)


class TestDirections:
    def test_have_names_and_length_1(self, exploration: Any, shipped: Any) -> None:
        known = exploration.directions(shipped["generator"])

        assert tuple(known) == (*LOOKS, *SENSITIVE)
        for direction in known.values():
            assert direction.shape == (64,)
            assert direction.norm().item() == pytest.approx(1, abs=1e-5)

    def test_that_are_sensitive_are_at_right_angles(self, exploration: Any, shipped: Any) -> None:
        known = exploration.directions(shipped["generator"])

        three = torch.stack([known[name] for name in SENSITIVE])
        torch.testing.assert_close(three @ three.T, torch.eye(3), atol=1e-5, rtol=0)

    def test_that_are_sensitive_move_the_first_layer_most(
        self, exploration: Any, shipped: Any
    ) -> None:
        known = exploration.directions(shipped["generator"])
        weight = shipped["generator"].linear.weight[:, :64]

        moved = [(weight @ known[name]).norm() for name in SENSITIVE]
        draws = torch.randn(200, 64, generator=torch.Generator().manual_seed(0))
        others = (draws / draws.norm(dim=1, keepdim=True) @ weight.T).norm(dim=1)
        assert moved == sorted(moved, reverse=True)
        assert moved[0] > others.max()

    def test_are_computed_once_for_a_generator(self, exploration: Any, networks: Any) -> None:
        generator = networks["generator"]

        assert exploration.directions(generator) is exploration.directions(generator)

    def test_do_not_depend_on_global_random_state(
        self, exploration: Any, make_networks: Callable[..., Any]
    ) -> None:
        one = exploration.directions(make_networks()["generator"])
        torch.rand(5)
        other = exploration.directions(make_networks()["generator"])

        assert all(one[name].equal(other[name]) for name in one)


class TestIndependent:
    def test_directions_step_along_one_without_changing_the_other(self, exploration: Any) -> None:
        pair = torch.randn(2, 64, generator=torch.Generator().manual_seed(0))
        pair[1] += 2 * pair[0]

        turned = exploration.independent(pair)

        along = turned @ pair.T
        torch.testing.assert_close(turned.norm(dim=1), torch.ones(2))
        assert along[0, 1].abs() < 1e-4
        assert along[1, 0].abs() < 1e-4
        assert along[0, 0] > 0
        assert along[1, 1] > 0

    def test_directions_at_right_angles_are_left_as_they_are(self, exploration: Any) -> None:
        pair = torch.eye(64)[[3, 8]]

        torch.testing.assert_close(exploration.independent(pair), pair)

    def test_directions_stay_in_their_plane(self, exploration: Any) -> None:
        pair = torch.randn(2, 64, generator=torch.Generator().manual_seed(0))

        turned = exploration.independent(pair)

        assert torch.linalg.matrix_rank(torch.cat([pair, turned]), tol=1e-4) == 2


class TestMeasuredLooks:
    """Of bars whose looks are known."""

    @staticmethod
    def bar(*, lean: float = 0.0, thick: float = 3.0) -> Tensor:
        """An upright bar in the middle, sheared to the right by ``lean``."""
        y, x = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij")
        across = (x - 13.5 + lean * (y - 13.5)).abs()
        ink = (0.5 + thick / 2 - across).clamp(0, 1)
        ink[:6] = ink[22:] = 0
        return (2 * ink - 1)[None, None]

    @pytest.mark.parametrize("lean", [-0.5, -0.2, 0.0, 0.3, 0.6])
    def test_slant_is_how_far_it_leans_to_the_right(self, exploration: Any, lean: float) -> None:
        slant, _, _ = exploration.measured_looks(self.bar(lean=lean))[0].tolist()

        assert slant == pytest.approx(lean, abs=0.02)

    def test_weight_grows_with_the_stroke(self, exploration: Any) -> None:
        weights = [
            exploration.measured_looks(self.bar(thick=thick))[0, 1].item() for thick in (2, 3, 4)
        ]

        assert weights == pytest.approx([2, 3, 4], rel=0.35)
        assert weights == sorted(weights)

    def test_width_does_not_grow_with_the_slant(self, exploration: Any) -> None:
        upright, leaning = (
            exploration.measured_looks(self.bar(lean=lean))[0, 2].item() for lean in (0.0, 0.6)
        )

        assert leaning == pytest.approx(upright, rel=0.1)

    def test_width_of_two_bars_is_half_their_distance(self, exploration: Any) -> None:
        image = torch.full((1, 1, 28, 28), -1.0)
        image[..., 6:22, 8] = image[..., 6:22, 20] = 1

        assert exploration.measured_looks(image)[0, 2].item() == pytest.approx(6)

    def test_where_it_stands_does_not_matter(self, exploration: Any) -> None:
        bar = self.bar(lean=0.3)

        one, other = exploration.measured_looks(torch.cat([bar, bar.roll((2, -3), (2, 3))]))

        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)

    def test_of_empty_paper_is_finite(self, exploration: Any) -> None:
        assert exploration.measured_looks(torch.full((1, 1, 28, 28), -1.0)).isfinite().all()


def test_as_a_plain_function_it_moves_the_small_generators_latent(
    small: Callable[..., Context], module: Callable[[str], ModuleType], networks: Any
) -> None:
    rooms = module("exploration")
    known = rooms.directions(networks["generator"])
    basis = rooms.independent(torch.stack([known["first"], known["width"]]))
    latents, _ = module("latents").draw(4, [2])

    place = module("actions").explore(
        small(seed=4), digit=3, number=2, x=1.0, y=-2.0, x_direction="first", y_direction="width"
    )

    moved = latents + basis[0] - 2 * basis[1]
    image = networks["generator"](moved, torch.tensor([3]))
    assert (to_model(place.image) - image).abs().max() <= 1 / 127.5
    assert place.length == pytest.approx(moved.norm().item(), abs=1e-4)
