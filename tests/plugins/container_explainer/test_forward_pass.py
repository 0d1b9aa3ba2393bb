"""What one forward pass shows of every module, and what is said where it cannot be run."""

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app import TensorSpec
from tests.plugins.container_explainer.architectures import Choices, Recurrent, Tied, Twice
from tests.plugins.container_explainer.rows import row, tokens

TakeApart = Callable[..., Any]
Pair = namedtuple("Pair", "one other")


class Calling(nn.Module):
    """A module that holds another and calls it as the given function does."""

    def __init__(self, call: Callable[..., Any], held: nn.Module | None = None) -> None:
        super().__init__()
        self.held = held or nn.Identity()
        self.call = call

    def forward(self, x: Tensor) -> Any:
        return self.call(self.held, x)


class TestParts:
    def pair(self) -> nn.Module:
        return nn.ModuleDict({"one": nn.Linear(3, 4), "other": nn.Sequential(nn.Linear(5, 6))})

    def test_each_part_is_called_with_inputs_of_its_own(self, take_apart: TakeApart) -> None:
        explanation = take_apart(self.pair, parts={"one": [(1, 3)], "other": [(2, 5)]})
        assert explanation.notes == []
        assert row(explanation, "one").output == "[1, 4]"
        assert row(explanation, "other.0").output == "[2, 6]"
        assert explanation.multiply_adds == 3 * 4 + 2 * 5 * 6
        assert explanation.input == "one: [1, 3]; other: [2, 5]"

    def test_a_part_that_nobody_calls_is_unused(self, take_apart: TakeApart) -> None:
        explanation = take_apart(self.pair, parts={"one": [(1, 3)]})
        assert row(explanation, "other").unused
        assert not row(explanation, "one").unused

    def test_where_a_part_fails_is_said_by_its_path(self, take_apart: TakeApart) -> None:
        explanation = take_apart(self.pair, parts={"one": [(1, 3)], "other": [(2, 7)]})
        assert explanation.stopped_in == "other.0"


class TestShapes:
    def test_each_module_has_what_went_in_and_what_came_out(self, take_apart: TakeApart) -> None:
        def architecture() -> nn.Module:
            return nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.Flatten(), nn.LazyLinear(10))

        explanation = take_apart(architecture, (2, 3, 9, 9))
        shapes = [(found.input, found.output) for found in explanation.modules]
        assert shapes == [
            ("[2, 3, 9, 9]", "[2, 10]"),
            ("[2, 3, 9, 9]", "[2, 8, 4, 4]"),
            ("[2, 8, 4, 4]", "[2, 128]"),
            ("[2, 128]", "[2, 10]"),
        ]
        assert (explanation.input, explanation.output) == ("[2, 3, 9, 9]", "[2, 10]")

    def test_whole_numbers_are_named(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Tied, tokens(2, 5))
        assert row(explanation, "embedding").input == "[2, 5] int64"

    def test_tuples_and_dictionaries_keep_their_form(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Recurrent, (2, 5, 6))
        assert row(explanation, "lstm").output == "([2, 5, 4], ([1, 2, 4], [1, 2, 4]))"
        assert explanation.output == "{hidden: [2, 5, 4], nothing: None}"

    @pytest.mark.parametrize(
        ("result", "shown"),
        [
            (lambda x: Pair(x, [x, x]), "([1, 2], ([1, 2], [1, 2]))"),
            (lambda x: {}, "{}"),
            (lambda x: "text", "str"),
            (lambda x: x.sum(), "[]"),
            (lambda x: [x] * 10, "(" + 8 * "[1, 2], " + "… 2 more)"),
            (lambda x: [[[[[x]]]]], "((((…))))"),
        ],
    )
    def test_any_result_is_told_in_one_line(
        self, take_apart: TakeApart, result: Callable[..., Any], shown: str
    ) -> None:
        explanation = take_apart(lambda: Calling(lambda _, x: result(x)), (1, 2))
        assert explanation.output == shown

    def test_arguments_by_name_are_shown_if_they_hold_tensors(self, take_apart: TakeApart) -> None:
        def call(attention: nn.Module, x: Tensor) -> Any:
            return attention(x, key=x, value=x, need_weights=False)

        explanation = take_apart(lambda: Calling(call, nn.MultiheadAttention(4, 2)), (3, 1, 4))
        assert row(explanation, "held").input == "[3, 1, 4], key=[3, 1, 4], value=[3, 1, 4]"

    def test_different_shapes_of_one_module_are_listed(self, take_apart: TakeApart) -> None:
        def call(held: nn.Module, x: Tensor) -> Any:
            return held(x), held(x[:1]), held(x)

        held = row(take_apart(lambda: Calling(call), (3, 2)), "held")
        assert (held.calls, held.input) == (3, "[3, 2]; [1, 2]")

    def test_only_some_of_many_different_shapes_are_kept(self, take_apart: TakeApart) -> None:
        def call(held: nn.Module, x: Tensor) -> Any:
            return [held(x[:n]) for n in range(1, 100)]

        held = row(take_apart(lambda: Calling(call), (100, 1)), "held")
        assert (held.calls, held.input) == (99, "[1, 1]; [2, 1]; [3, 1]; [4, 1]")


class TestCalls:
    def test_calls_are_counted_over_all_places_of_a_module(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Twice, (2, 4))
        assert row(explanation, "first").calls == row(explanation, "second").calls == 3

    def test_what_no_call_reached_is_marked(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Choices, (2, 4))
        assert [r.path for r in explanation.modules if r.unused] == [
            "activations.prelu",
            "forgotten",
        ]

    def test_a_container_whose_children_are_called_is_used(self, take_apart: TakeApart) -> None:
        layers = row(take_apart(Choices, (2, 4)), "layers")
        assert (layers.calls, layers.unused, layers.input) == (0, False, "")

    def test_a_layer_whose_weight_is_used_without_a_call_is_used(
        self, take_apart: TakeApart
    ) -> None:
        explanation = take_apart(lambda: nn.MultiheadAttention(4, 2), *3 * [(3, 1, 4)])
        assert row(explanation, "out_proj").calls == 0
        assert not row(explanation, "out_proj").unused

    def test_a_layer_whose_buffer_is_used_without_a_call_is_used(
        self, take_apart: TakeApart
    ) -> None:
        class Positions(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.register_buffer("table", torch.zeros(9, 4))

        def call(held: nn.Module, x: Tensor) -> Any:
            return x + held.get_buffer("table")[: len(x)]

        assert not row(take_apart(lambda: Calling(call, Positions()), (3, 4)), "held").unused

    def test_it_runs_in_evaluation_mode(self, take_apart: TakeApart) -> None:
        def call(held: nn.Module, x: Tensor) -> Any:
            return held(x) if held.training else x

        assert row(take_apart(lambda: Calling(call, nn.Dropout()), (1, 2)), "held").unused

    def test_an_exception_that_the_model_catches_does_no_harm(self, take_apart: TakeApart) -> None:
        def call(held: nn.Module, x: Tensor) -> Any:
            try:
                return held(x[:, :1])
            except RuntimeError:
                return held(x)

        explanation = take_apart(lambda: Calling(call, nn.Sequential(nn.Linear(2, 3))), (1, 2))
        assert explanation.notes == []
        assert row(explanation, "held.0").calls == 1
        assert [r.multiply_adds for r in explanation.modules] == [6, 6, 6]
        assert [r.input for r in explanation.modules] == ["[1, 2]"] * 3


class TestWithoutInputs:
    def test_there_is_a_tree_without_shapes_and_it_says_why(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Twice)
        assert explanation.parameters == 20
        assert (explanation.input, explanation.output, explanation.multiply_adds) == ("", "", None)
        assert {r.multiply_adds for r in explanation.modules} == {None}
        assert {r.calls for r in explanation.modules} == {None}
        assert not any(r.unused for r in explanation.modules)
        (note,) = explanation.notes
        assert "names no example inputs" in note

    def test_inputs_of_a_dtype_that_torch_lacks_are_none(self, take_apart: TakeApart) -> None:
        explanation = take_apart(Twice, TensorSpec(shape=(1, 4), dtype="nn"))
        assert explanation.notes == ["Its example inputs cannot be made: torch has no dtype 'nn'."]

    def test_inputs_of_an_impossible_shape_are_none(self, take_apart: TakeApart) -> None:
        (note,) = take_apart(Twice, (1, -4)).notes
        assert note.startswith("Its example inputs cannot be made: ")


class TestFailures:
    def test_the_module_is_named_and_what_it_was_called_with(self, take_apart: TakeApart) -> None:
        def architecture() -> nn.Module:
            return nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(100, 10)))

        explanation = take_apart(architecture, (1, 3, 8, 8))
        assert explanation.stopped_in == "1.0"
        (note,) = explanation.notes
        assert note.startswith(
            "The forward pass stopped in 1.0 (Linear), called with [1, 192]. RuntimeError: "
        )
        assert "[100, 10]" in note

    def test_the_tree_stays_with_the_shapes_so_far(self, take_apart: TakeApart) -> None:
        explanation = take_apart(
            lambda: nn.Sequential(nn.Linear(2, 3), nn.Linear(2, 3), nn.ReLU()), (1, 2)
        )
        shapes = [(r.input, r.output, r.calls) for r in explanation.modules[1:]]
        assert shapes == [("[1, 2]", "[1, 3]", 1), ("[1, 3]", "–", 0), ("", "", 0)]
        assert explanation.parameters == 18

    def test_half_a_count_of_multiply_adds_is_none(self, take_apart: TakeApart) -> None:
        explanation = take_apart(lambda: nn.Sequential(nn.Linear(2, 3), nn.Linear(2, 3)), (1, 2))
        assert explanation.multiply_adds is None
        assert {r.multiply_adds for r in explanation.modules} == {None}
        assert not any(r.unused for r in explanation.modules)

    @pytest.mark.parametrize("container", [nn.ModuleList, nn.ModuleDict])
    def test_a_container_without_a_forward_is_explained(
        self, take_apart: TakeApart, container: Any
    ) -> None:
        (note,) = take_apart(container, (1, 2)).notes
        assert f"{container.__name__} has no forward of its own and cannot be called" in note

    @pytest.mark.parametrize(
        "looks",
        [
            lambda x: x.tolist(),
            lambda x: x[x > 0],
            lambda x: x.nonzero(),
            lambda x: x.numpy(),
            lambda x: torch.equal(x, x),
        ],
    )
    def test_a_need_for_values_is_explained(
        self, take_apart: TakeApart, looks: Callable[[Tensor], Any]
    ) -> None:
        (note,) = take_apart(lambda: Calling(lambda _, x: looks(x)), (2, 2)).notes
        assert note.endswith(
            "It needs the values in a tensor, and to explain a model none are computed."
        )

    def test_a_tensor_that_does_not_move_with_the_model_is_explained(
        self, take_apart: TakeApart
    ) -> None:
        elsewhere = torch.ones(2)
        (note,) = take_apart(lambda: Calling(lambda _, x: x + elsewhere), (1, 2)).notes
        assert "neither a parameter nor a buffer" in note
        assert "register_buffer" in note

    def test_files_of_the_server_are_not_named(self, take_apart: TakeApart) -> None:
        def call(held: nn.Module, x: Tensor) -> Any:
            raise FileNotFoundError(2, "No such file", "/srv/secret")

        (note,) = take_apart(lambda: Calling(call), (1, 2)).notes
        assert note.endswith("It raised FileNotFoundError.")

    def test_a_long_text_is_cut(self, take_apart: TakeApart) -> None:
        def call(held: nn.Module, x: Tensor) -> Any:
            raise ValueError("x" * 10_000 + "\nsecond line")

        (note,) = take_apart(lambda: Calling(call), (1, 2)).notes
        assert len(note) < 400


class TestValues:
    def test_one_that_is_looked_at_is_taken_as_zero_and_this_is_said(
        self, take_apart: TakeApart
    ) -> None:
        def call(held: nn.Module, x: Tensor) -> Any:
            return held(x) if x.sum() > 0 or x.max().item() or int(x.long()[0]) else x

        explanation = take_apart(lambda: Calling(call), (3,))
        assert row(explanation, "held").unused
        (note,) = explanation.notes
        assert note.startswith("Its forward pass looks at values (3×).")

    def test_a_mask_that_a_transformer_looks_at_is_no_hindrance(
        self, take_apart: TakeApart
    ) -> None:
        def call(encoder: nn.Module, x: Tensor) -> Any:
            return encoder(x, mask=nn.Transformer.generate_square_subsequent_mask(5))

        def architecture() -> nn.Module:
            layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
            return Calling(call, nn.TransformerEncoder(layer, 2))

        explanation = take_apart(architecture, (1, 5, 8))
        assert explanation.multiply_adds == 2 * (4 * 5 * 64 + 2 * 25 * 8 + 2 * 5 * 8 * 16)

    def test_a_loop_until_a_value_changes_ends(self, take_apart: TakeApart) -> None:
        def call(held: nn.Module, x: Tensor) -> Any:
            while not x.sum() > 0:
                x = x + 1
            return x

        (note,) = take_apart(lambda: Calling(call), (3,)).notes
        assert "It looks at values in a loop" in note


class TestRandomState:
    def test_the_global_one_is_left_alone(self, take_apart: TakeApart) -> None:
        torch.manual_seed(3)
        before = torch.get_rng_state()

        def call(held: nn.Module, x: Tensor) -> Any:
            torch.randn(5, device="cpu")
            return x + torch.randn(2)

        def architecture() -> nn.Module:
            torch.randn(3)
            return nn.Sequential(nn.Linear(2, 2), Calling(call))

        assert take_apart(architecture, (1, 2)).notes == []
        assert torch.equal(torch.get_rng_state(), before)

    def test_it_is_left_alone_by_a_pass_that_fails(self, take_apart: TakeApart) -> None:
        before = torch.get_rng_state()

        def call(held: nn.Module, x: Tensor) -> Any:
            torch.randn(5, device="cpu")
            raise ValueError

        assert take_apart(lambda: Calling(call), (1, 2)).stopped_in == ""
        assert torch.equal(torch.get_rng_state(), before)
