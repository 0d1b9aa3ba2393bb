"""Shapes that do not fit: the layer, what it got, what it wants, and the number to write."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app import TensorSpec
from tests.plugins.container_explainer.linting.calling import Calling
from tests.plugins.container_explainer.linting.mends import (
    mended,
    of_rule,
    only,
    rules,
    run_in_forward,
)
from tests.plugins.container_explainer.rows import tokens

Lint = Callable[..., list[Any]]


def until_it_runs(lint: Lint, model: nn.Module, *inputs: Any) -> list[str]:
    """Mends one error after the other; the lines that it took."""
    lines: list[str] = []
    while errors := [f for f in lint(model, *inputs) if f.severity == "error"]:
        lines.append(errors[0].mend)
        assert len(lines) < 5, lines
        model = mended(model, errors[0])
    model.eval()(*(torch.zeros(shape) for shape in inputs))
    return lines


def test_the_classic_number_of_features_is_given(lint: Lint) -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1352, 10)
    )
    found = only(lint(model, (1, 3, 32, 32)), "shape")
    assert (found.severity, found.path) == ("error", "4")
    assert found.message == "4 (Linear) got [1, 1800], and takes in_features=1352: write 1800."
    assert found.mend == "self[4] = nn.Linear(1800, 10)"
    assert lint(mended(model, found), (1, 3, 32, 32)) == []


LAYERS: list[tuple[str, Callable[[], nn.Module], tuple[int, ...], str]] = [
    ("linear", lambda: nn.Linear(8, 3, bias=False), (2, 5), "nn.Linear(5, 3, bias=False)"),
    (
        "convolution",
        lambda: nn.Conv2d(3, 8, (3, 5), stride=2, padding_mode="reflect"),
        (2, 4, 9, 9),
        'nn.Conv2d(4, 8, (3, 5), stride=2, padding_mode="reflect")',
    ),
    ("one axis", lambda: nn.Conv1d(3, 8, 3), (2, 4, 9), "nn.Conv1d(4, 8, 3)"),
    ("three axes", lambda: nn.Conv3d(3, 8, 3), (2, 4, 9, 9, 9), "nn.Conv3d(4, 8, 3)"),
    (
        "depthwise",
        lambda: nn.Conv2d(4, 8, 3, groups=4),
        (2, 6, 9, 9),
        "nn.Conv2d(6, 12, 3, groups=6)",
    ),
    ("grouped", lambda: nn.Conv2d(8, 8, 3, groups=4), (2, 6, 9, 9), "nn.Conv2d(6, 8, 3, groups=2)"),
    (
        "transposed",
        lambda: nn.ConvTranspose2d(8, 3, 4, 2, 1),
        (1, 4, 7, 7),
        "nn.ConvTranspose2d(4, 3, 4, stride=2, padding=1)",
    ),
    ("batch norm", lambda: nn.BatchNorm2d(8), (2, 4, 5, 5), "nn.BatchNorm2d(4)"),
    ("batch norm of rows", lambda: nn.BatchNorm2d(4), (2, 4), "nn.BatchNorm1d(4)"),
    ("batch norm of pictures", lambda: nn.BatchNorm1d(8), (2, 4, 5, 5), "nn.BatchNorm2d(4)"),
    ("layer norm", lambda: nn.LayerNorm(8, eps=1e-6), (2, 4), "nn.LayerNorm(4, eps=1e-06)"),
    ("layer norm of two", lambda: nn.LayerNorm((4, 4)), (2, 5, 5), "nn.LayerNorm((5, 5))"),
    ("group norm", lambda: nn.GroupNorm(4, 8), (2, 6, 5), "nn.GroupNorm(2, 6)"),
    ("lstm", lambda: nn.LSTM(8, 4, 2), (5, 2, 6), "nn.LSTM(6, 4, num_layers=2)"),
    (
        "gru",
        lambda: nn.GRU(8, 4, bidirectional=True),
        (5, 2, 6),
        "nn.GRU(6, 4, bidirectional=True)",
    ),
    (
        "rnn",
        lambda: nn.RNN(8, 4, nonlinearity="relu"),
        (5, 2, 6),
        'nn.RNN(6, 4, nonlinearity="relu")',
    ),
    ("padding", lambda: nn.Conv2d(3, 8, 5), (1, 3, 2, 9), "nn.Conv2d(3, 8, 5, padding=(2, 0))"),
    ("max pooling", lambda: nn.MaxPool2d(2), (1, 8, 1, 1), "nn.Identity()"),
    ("mean pooling", lambda: nn.AvgPool2d(7), (1, 8, 6, 6), "nn.Identity()"),
]


@pytest.mark.parametrize(
    ("layer", "shape", "written"), [case[1:] for case in LAYERS], ids=[case[0] for case in LAYERS]
)
def test_each_layer_is_written_anew_with_the_right_number(
    lint: Lint, layer: Callable[[], nn.Module], shape: tuple[int, ...], written: str
) -> None:
    model = nn.Sequential(layer())
    (found,) = (f for f in lint(model, shape) if f.severity == "error")
    assert found.mend == f"self[0] = {written}"
    with pytest.raises((RuntimeError, ValueError)):
        model.eval()(torch.zeros(shape))
    mended(model, found).eval()(torch.zeros(shape))


@pytest.mark.parametrize("layer", [case[1] for case in LAYERS], ids=[case[0] for case in LAYERS])
def test_a_whole_model_of_one_layer_is_named_as_the_visitor_does(
    lint: Lint, layer: Callable[[], nn.Module]
) -> None:
    shape = next(case[2] for case in LAYERS if case[1] is layer)
    (found,) = (f for f in lint(layer(), shape, name="net") if f.severity == "error")
    assert found.path == ""
    assert found.message.startswith("The whole (")
    assert found.mend.startswith("net = ")


@pytest.mark.parametrize(
    "pooling",
    [
        nn.MaxPool2d(2, ceil_mode=True),
        nn.MaxPool2d(3, padding=1),
        nn.AvgPool2d(1),
        nn.AdaptiveAvgPool2d(7),
    ],
)
def test_a_pooling_that_leaves_something_is_fine(lint: Lint, pooling: nn.Module) -> None:
    pooling(torch.zeros(1, 8, 1, 1))
    assert lint(pooling, (1, 8, 1, 1)) == []


def test_a_class_derived_from_a_layer_is_replaced_by_the_layer(lint: Lint) -> None:
    class Pool(nn.MaxPool2d):
        pass

    class Dense(nn.Linear):
        pass

    assert only(lint(nn.Sequential(Pool(2)), (1, 8, 1, 1)), "too-small").path == "0"
    assert (
        only(lint(nn.Sequential(Dense(8, 2)), (1, 4)), "shape").mend == "self[0] = nn.Linear(4, 2)"
    )


class TestFlatten:
    def test_a_missing_one_is_put_before_the_linear_layer(self, lint: Lint) -> None:
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(4 * 36, 10))
        found = only(lint(model, (2, 3, 8, 8)), "missing-flatten")
        assert (found.severity, found.mend) == ("error", "self.insert(2, nn.Flatten())")
        assert "which is 4 × 6 × 6" in found.message
        assert until_it_runs(lint, model, (2, 3, 8, 8)) == [found.mend]

    def test_in_any_other_module_it_is_put_around_the_layer(self, lint: Lint) -> None:
        conv, head = nn.Conv2d(3, 4, 3), nn.Linear(4 * 36, 10)
        model = Calling(lambda m, x: m.head(torch.relu(m.conv(x))), conv=conv, head=head)
        found = only(lint(model, (2, 3, 8, 8)), "missing-flatten")
        assert found.mend == "self.head = nn.Sequential(nn.Flatten(), self.head)"
        assert lint(mended(model, found), (2, 3, 8, 8)) == []

    def test_with_the_wrong_number_too_both_are_mended(self, lint: Lint) -> None:
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(100, 10))
        assert until_it_runs(lint, model, (2, 3, 8, 8)) == [
            "self[2] = nn.Sequential(nn.Flatten(), nn.Linear(144, 10))"
        ]

    def test_where_the_width_fits_by_accident_it_is_a_hint(self, lint: Lint) -> None:
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Linear(6, 10))
        found = only(lint(model, (2, 3, 8, 8)), "missing-flatten")
        assert (found.severity, found.path) == ("hint", "2")

    def test_channels_that_were_moved_last_are_meant(self, lint: Lint) -> None:
        model = Calling(
            lambda m, x: m.head(torch.relu(m.conv(x)).permute(0, 2, 3, 1)),
            conv=nn.Conv2d(3, 4, 3),
            head=nn.Linear(4, 10),
        )
        assert lint(model, (2, 3, 8, 8)) == []


class TestInputs:
    def test_a_picture_with_its_channels_last_is_turned(self, lint: Lint) -> None:
        conv = nn.Conv2d(3, 8, 3)
        found = only(lint(conv, (1, 9, 9, 3)), "channels-last")
        assert conv(run_in_forward(found, torch.zeros(1, 9, 9, 3))).shape == (1, 8, 7, 7)

    def test_whole_numbers_are_made_floating(self, lint: Lint) -> None:
        layer = nn.Linear(4, 2)
        found = only(lint(layer, tokens(2, 4)), "dtype")
        assert found.message == (
            "The whole (Linear) got [2, 4] int64, and takes floating-point numbers."
        )
        layer(run_in_forward(found, torch.zeros(2, 4, dtype=torch.int64)))

    def test_numbers_to_look_up_are_made_whole(self, lint: Lint) -> None:
        layer = nn.Embedding(9, 4)
        found = only(lint(layer, (2, 4)), "dtype")
        layer(run_in_forward(found, torch.zeros(2, 4)))

    def test_a_missing_channel_is_added(self, lint: Lint) -> None:
        conv = nn.Conv1d(1, 8, 3)
        found = only(lint(conv, (9,)), "shape")
        assert found.severity == "error"
        assert conv(run_in_forward(found, torch.zeros(4, 9))).shape == (4, 8, 7)

    def test_a_batch_is_not_taken_for_the_channels(self, lint: Lint) -> None:
        conv = nn.Conv2d(1, 8, 3)
        found = only(lint(conv, (4, 9, 9)), "shape")
        assert conv(run_in_forward(found, torch.zeros(4, 9, 9))).shape == (4, 8, 7, 7)

    def test_a_flat_picture_gets_its_sides_back(self, lint: Lint) -> None:
        model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
        found = only(lint(model, (4, 75)), "shape")
        assert found.mend == "self.insert(0, nn.Unflatten(1, (3, 5, 5)))"
        assert lint(mended(model, found), (4, 75)) == []

    def test_impossible_ones_are_no_fault_of_the_module(self, lint: Lint) -> None:
        for wrong in (TensorSpec(shape=(1, -4)), TensorSpec(shape=(1, 4), dtype="nn")):
            found = only(lint(nn.Linear(4, 2), wrong), "not-run")
            assert found.severity == "hint"
            assert "Its example inputs cannot be made: " in found.message

    def test_tensors_are_taken_as_well(self, linting: Any) -> None:
        assert linting.lint(nn.Linear(4, 2), [torch.zeros(2, 4)]) == []
        assert rules(linting.lint(nn.Linear(4, 2), [torch.zeros(2, 5)])) == {"shape"}


class TestOtherFailures:
    @pytest.mark.parametrize("container", [nn.ModuleList, nn.ModuleDict])
    def test_a_container_that_is_called_becomes_a_sequential(
        self, lint: Lint, container: Any
    ) -> None:
        held = [nn.Linear(4, 4), nn.ReLU()]
        layers = container(
            held if container is nn.ModuleList else dict(zip("ab", held, strict=True))
        )
        model = Calling(lambda m, x: m.layers(x), layers=layers)
        found = only(lint(model, (2, 4)), "container-called")
        assert (found.severity, found.path) == ("error", "layers")
        assert lint(mended(model, found), (2, 4)) == []

    def test_a_module_without_a_forward_is_explained(self, lint: Lint) -> None:
        (found,) = lint(nn.Module(), (2, 4))
        assert (found.rule, found.severity) == ("forward-fails", "error")

    def test_a_function_that_fails_is_named_with_its_shapes(self, lint: Lint) -> None:
        model = Calling(lambda m, x: x + m.layer(x), layer=nn.Linear(4, 3))
        found = only(lint(nn.Sequential(model), (2, 4)), "forward-fails")
        assert (found.severity, found.path) == ("error", "0")
        assert "stops in add of [2, 4] and [2, 3]" in found.message

    def test_a_layer_of_two_inputs_in_a_sequential_is_explained(self, lint: Lint) -> None:
        found = only(lint(nn.Sequential(nn.Bilinear(4, 4, 2)), (2, 4)), "forward-fails")
        assert found.path == "0"
        assert found.mend.endswith("a Sequential passes one.")

    @pytest.mark.parametrize("looks", [lambda x: x.tolist(), lambda x: x[x > 0]])
    def test_a_need_for_values_is_no_fault(
        self, lint: Lint, looks: Callable[[Tensor], Any]
    ) -> None:
        (found,) = lint(Calling(lambda m, x: looks(x)), (2, 4))
        assert (found.rule, found.severity) == ("not-run", "hint")

    def test_a_module_that_cannot_be_copied_is_no_fault(self, lint: Lint) -> None:
        model = nn.Linear(4, 2)
        model.generator = (number for number in range(3))
        (found,) = lint(model, (2, 4))
        assert (found.rule, found.severity) == ("not-run", "hint")

    def test_files_of_the_server_are_not_named(self, lint: Lint) -> None:
        def call(m: Any, x: Tensor) -> Any:
            raise FileNotFoundError(2, "No such file", "/srv/secret")

        found = only(lint(Calling(call), (2, 4)), "forward-fails")
        assert "secret" not in repr(found)

    def test_after_a_failure_a_sequential_is_still_read(self, lint: Lint) -> None:
        model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2), nn.Linear(3, 2), nn.ReLU())
        findings = lint(model, (2, 4))
        assert only(findings, "shape").path == "2"
        assert of_rule(findings, "linear-after-linear")


class TestModule:
    def test_it_is_left_as_it_was(self, lint: Lint) -> None:
        model = nn.Sequential(nn.LazyLinear(3), nn.BatchNorm1d(3), nn.Dropout())
        model[2].eval()
        before = torch.get_rng_state()
        assert of_rule(lint(model, (2, 4)), "forward-fails") == []
        assert isinstance(model[0], nn.LazyLinear)
        assert [part.training for part in model.modules()] == [True, True, True, False]
        assert not any(part._forward_hooks or part._forward_pre_hooks for part in (model[1], model))
        assert torch.equal(torch.get_rng_state(), before)

    def test_modules_in_plain_lists_are_run_as_well(self, lint: Lint) -> None:
        model = Calling(lambda m, x: m.layers[1](m.layers[0](x)))
        model.layers = [nn.Linear(4, 4), nn.ReLU()]
        assert rules(lint(model, (2, 4))) == {"hidden-module"}

    def test_it_may_be_called_where_inference_mode_is_on(self, lint: Lint) -> None:
        with torch.inference_mode():
            model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Linear(4, 2))
            assert lint(model, (2, 4)) == []

    def test_parts_are_run_with_inputs_of_their_own(self, lint: Lint) -> None:
        model = nn.ModuleDict({"one": nn.Linear(3, 4), "other": nn.Linear(5, 6)})
        parts = {"one": [TensorSpec(shape=(1, 3))], "other": [TensorSpec(shape=(2, 7))]}
        assert only(lint(model, parts=parts), "shape").mend == 'self["other"] = nn.Linear(7, 6)'

    def test_the_worst_comes_first_and_then_the_order_of_print(self, lint: Lint) -> None:
        model = nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8)
        )
        model.spare = [nn.Linear(2, 2)]
        model.append(nn.Linear(4, 2))
        found = [(f.severity, f.path) for f in lint(model)]
        assert found == [("error", "spare"), ("hint", "0"), ("hint", "2")]
