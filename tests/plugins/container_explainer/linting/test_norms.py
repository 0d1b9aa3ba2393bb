"""Batch normalisation: needless biases, and wrong places."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.plugins.container_explainer.linting.calling import Calling
from tests.plugins.container_explainer.linting.mends import mended, of_rule, only, rules

Lint = Callable[..., list[Any]]


class TestNeedlessBias:
    RULE = "bias-before-norm"

    @pytest.mark.parametrize(
        ("layers", "shape", "mend"),
        [
            (
                lambda: [nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()],
                (2, 3, 8, 8),
                "self[0] = nn.Conv2d(3, 8, 3, padding=1, bias=False)",
            ),
            (
                lambda: [nn.ConvTranspose2d(3, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.ReLU()],
                (2, 3, 8, 8),
                "self[0] = nn.ConvTranspose2d(3, 8, 4, stride=2, padding=1, bias=False)",
            ),
            (
                lambda: [nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU()],
                (2, 4),
                "self[0] = nn.Linear(4, 8, bias=False)",
            ),
            (
                lambda: [nn.Conv1d(4, 8, 3), nn.Identity(), nn.InstanceNorm1d(8), nn.ReLU()],
                (2, 4, 9),
                "self[0] = nn.Conv1d(4, 8, 3, bias=False)",
            ),
        ],
    )
    def test_it_is_a_hint_until_it_is_left_out(
        self, lint: Lint, layers: Callable[[], Any], shape: tuple[int, ...], mend: str
    ) -> None:
        model = nn.Sequential(*layers())
        found = only(lint(model, shape), self.RULE)
        assert (found.severity, found.path, found.mend) == ("hint", "0", mend)
        assert lint(mended(model, found), shape) == []

    def test_of_a_lazy_layer_it_is_known_after_a_pass(self, lint: Lint) -> None:
        model = nn.Sequential(nn.LazyLinear(8), nn.BatchNorm1d(8), nn.ReLU())
        assert lint(model) == []
        assert only(lint(model, (2, 4)), self.RULE).mend == "self[0] = nn.Linear(4, 8, bias=False)"

    def test_it_changes_nothing_in_training(self) -> None:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
        x = torch.randn(4, 3, 8, 8)
        before = model(x)
        model[0].bias = None
        assert torch.allclose(model(x), before, atol=1e-5)

    def test_it_is_seen_without_inputs_in_a_sequential(self, lint: Lint) -> None:
        model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
        assert only(lint(model), self.RULE).path == "0"

    @pytest.mark.parametrize(
        ("model", "shape"),
        [
            (nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8)), (2, 3, 8, 8)),
            (nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.BatchNorm2d(8)), (2, 3, 8, 8)),
            (nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8)), (2, 3, 8, 8)),
            (nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8)), (2, 4)),
            (nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(5)), (2, 5, 4)),
            (
                Calling(
                    lambda m, x: m.norm(m.conv(x)) + m.conv(x).mean(),
                    norm=nn.BatchNorm2d(8),
                    conv=nn.Conv2d(3, 8, 3, bias=False),
                ),
                (2, 3, 8, 8),
            ),
        ],
        ids=["none", "activation", "groups", "layer norm", "other dimension", "none in forward"],
    )
    def test_a_bias_that_matters_is_not_mentioned(
        self, lint: Lint, model: nn.Module, shape: tuple[int, ...]
    ) -> None:
        assert of_rule(lint(model, shape), self.RULE) == []

    def test_one_that_is_also_used_elsewhere_matters(self, lint: Lint) -> None:
        def call(m: Any, x: Tensor) -> Tensor:
            y = m.conv(x)
            result: Tensor = m.norm(y) + y
            return result

        model = Calling(call, conv=nn.Conv2d(3, 8, 3), norm=nn.BatchNorm2d(8))
        assert lint(model, (2, 3, 8, 8)) == []

    def test_the_order_is_that_of_the_calls(self, lint: Lint) -> None:
        model = Calling(
            lambda m, x: m.conv(m.norm(x)), conv=nn.Conv2d(3, 8, 3), norm=nn.BatchNorm2d(3)
        )
        assert lint(model, (2, 3, 8, 8)) == []


class TestAfterOutput:
    RULE = "norm-after-output"

    def test_after_a_linear_layer_it_is_a_warning_until_it_is_gone(self, lint: Lint) -> None:
        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2), nn.BatchNorm1d(2))
        found = only(lint(model, (2, 4)), self.RULE)
        assert (found.severity, found.path) == ("warning", "3")
        assert lint(mended(model, found), (2, 4)) == []

    def test_a_block_of_convolution_and_norm_gets_a_hint(self, lint: Lint) -> None:
        model = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8))
        assert only(lint(model, (2, 3, 8, 8)), self.RULE).severity == "hint"

    def test_with_a_layer_after_it_is_fine(self, lint: Lint) -> None:
        model = nn.Sequential(nn.Linear(4, 8, bias=False), nn.BatchNorm1d(8), nn.Linear(8, 2))
        assert lint(model, (2, 4)) == []

    def test_the_layer_norm_of_a_transformer_is_fine(self, lint: Lint) -> None:
        assert lint(nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8)), (2, 4)) == []


class TestDropoutBefore:
    RULE = "dropout-before-norm"

    @pytest.mark.parametrize(
        ("layers", "shape"),
        [
            (lambda: [nn.Dropout(0.2), nn.BatchNorm1d(4), nn.Linear(4, 2)], (2, 4)),
            (
                lambda: [
                    nn.Dropout(0.2),
                    nn.Linear(4, 4, bias=False),
                    nn.BatchNorm1d(4),
                    nn.ReLU(),
                ],
                (2, 4),
            ),
        ],
    )
    def test_it_is_a_hint_until_it_is_gone(
        self, lint: Lint, layers: Callable[[], Any], shape: tuple[int, ...]
    ) -> None:
        model = nn.Sequential(*layers())
        found = only(lint(model, shape), self.RULE)
        assert (found.severity, found.path) == ("hint", "0")
        assert "arXiv:1801.05134" in found.why
        assert lint(mended(model, found), shape) == []

    @pytest.mark.parametrize(
        "layers",
        [
            [nn.BatchNorm1d(4), nn.Dropout(0.2), nn.Linear(4, 2)],
            [nn.Dropout(0.0), nn.BatchNorm1d(4), nn.Linear(4, 2)],
            [nn.Dropout(0.2), nn.LayerNorm(4), nn.Linear(4, 2)],
        ],
        ids=["after", "of nothing", "layer norm"],
    )
    def test_elsewhere_it_is_fine(self, lint: Lint, layers: list[nn.Module]) -> None:
        assert lint(nn.Sequential(*layers), (2, 4)) == []


def test_the_order_of_densenet_is_fine(lint: Lint) -> None:
    layers = (nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Conv2d(8, 4, 1))
    norm, act, conv = layers

    def call(m: Any, x: Tensor) -> Tensor:
        return torch.cat([x, m.conv(m.act(m.norm(x)))], 1)

    assert rules(lint(Calling(call, norm=norm, act=act, conv=conv), (2, 8, 8, 8))) == set()
