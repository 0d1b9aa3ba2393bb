"""The two networks see what they should and nothing else; they are as small as they say."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app import Demo, DemoError

LENGTH = 30
DrawIds = Callable[..., list[int]]
LogitsOf = Callable[[Any, list[int]], Tensor]


def changed(ids: list[int], place: int) -> list[int]:
    """The same ids with another one at a place."""
    return [*ids[:place], (ids[place] + 1) % 19, *ids[place + 1 :]]


def largest_difference(one: Tensor, other: Tensor) -> float:
    return (one - other).abs().max().item()


@pytest.mark.parametrize("place", [0, 1, 7, 8, 20, LENGTH - 1])
def test_a_character_changes_nothing_that_was_predicted_before_it(
    network: nn.Module, draw_ids: DrawIds, logits_of: LogitsOf, place: int
) -> None:
    ids = draw_ids(LENGTH)

    before, after = logits_of(network, ids), logits_of(network, changed(ids, place))

    assert before[:place].equal(after[:place])
    assert largest_difference(before[place], after[place]) > 1e-3


def test_texts_of_one_batch_do_not_see_each_other(network: nn.Module, draw_ids: DrawIds) -> None:
    one, two, three = (draw_ids(12, seed=seed) for seed in range(3))

    def first(batch: list[list[int]]) -> Tensor:
        output = network(torch.tensor(batch))
        return (output[0] if isinstance(output, tuple) else output)[0]

    torch.testing.assert_close(first([one, two]), first([one, three]), rtol=0, atol=1e-6)


class TestTransformer:
    def test_attention_reaches_its_context_back_and_no_further(
        self, make_network: Callable[..., Any], draw_ids: DrawIds, logits_of: LogitsOf
    ) -> None:
        network = make_network("transformer", layers=1)
        ids = draw_ids(LENGTH)
        difference = logits_of(network, ids) - logits_of(network, changed(ids, 5))

        reached = difference.abs().amax(-1) > 1e-6

        assert reached.nonzero().flatten().tolist() == list(range(5, 5 + network.context))

    def test_each_further_layer_sees_a_context_further(
        self,
        transformer: Any,
        module: Callable[[str], ModuleType],
        draw_ids: DrawIds,
        logits_of: LogitsOf,
    ) -> None:
        reach = module("decoding").receptive_field(transformer)
        ids = draw_ids(reach + 1)
        difference = logits_of(transformer, ids) - logits_of(transformer, changed(ids, 0))

        reached = difference.abs().amax(-1) > 0

        assert reached.nonzero().max() == reach - 1 == 3 * 7

    def test_attention_sees_distances_not_places(
        self, transformer: Any, draw_ids: DrawIds, module: Callable[[str], ModuleType]
    ) -> None:
        rotations = module("transformer").rotations
        x = torch.randn(1, 6, 16, generator=torch.Generator().manual_seed(0))
        attention = transformer.blocks[0].attention

        near, far = (
            attention(x, rotations(torch.arange(start, start + 6), 8), None)
            for start in (0, 1_000_000)
        )

        torch.testing.assert_close(near, far, rtol=0, atol=1e-5)

    def test_order_matters(self, transformer: Any, logits_of: LogitsOf) -> None:
        one, other = logits_of(transformer, [1, 2, 3]), logits_of(transformer, [2, 1, 3])

        assert largest_difference(one[-1], other[-1]) > 1e-2

    def test_a_closed_gate_silences_its_head(
        self, make_network: Callable[..., Any], draw_ids: DrawIds, logits_of: LogitsOf
    ) -> None:
        network = make_network("transformer", layers=1)
        attention = network.blocks[0].attention
        ids = draw_ids(6)
        with_both = logits_of(network, ids)
        attention.gate.weight[0], attention.gate.bias[0] = 0, -100
        closed = logits_of(network, ids)
        attention.out.weight[:, : attention.head_width] = 0

        assert largest_difference(with_both, closed) > 1e-3
        torch.testing.assert_close(logits_of(network, ids), closed)

    def test_rows_of_attention_sum_to_one_within_the_window(
        self, transformer: Any, module: Callable[[str], ModuleType], draw_ids: DrawIds
    ) -> None:
        maps = module("transformer").attention_maps(transformer, torch.tensor(draw_ids(12)))

        place = torch.arange(12)
        distance = place[:, None] - place
        seen = (distance >= 0) & (distance < transformer.context)
        assert maps.shape == (3, 2, 12, 12)
        torch.testing.assert_close(maps.sum(-1), torch.ones(3, 2, 12))
        assert maps[:, :, ~seen].max() == 0
        assert maps[:, :, seen].min() > 0

    def test_the_maps_are_those_that_attention_used(
        self, transformer: Any, module: Callable[[str], ModuleType], draw_ids: DrawIds
    ) -> None:
        ids = torch.tensor(draw_ids(12))
        rooms = module("transformer")
        angles = rooms.rotations(torch.arange(12), transformer.head_width)
        block = transformer.blocks[0]
        entered = block.attention_norm(transformer.embedding(ids[None]))
        value = block.attention.project(entered, angles)[2]

        maps = rooms.attention_maps(transformer, ids)

        mask = rooms.sliding_window(12, transformer.context, torch.device("cpu"))
        expected = block.attention(entered, angles, mask)
        mixed = block.attention.merge(maps[0] @ value, entered)
        torch.testing.assert_close(mixed, expected)

    def test_it_begins_as_the_uniform_distribution(
        self, module: Callable[[str], ModuleType]
    ) -> None:
        network = module("models").TransformerLanguageModel(19, width=16, layers=1, heads=2)

        assert network(torch.tensor([[1, 2, 3]])).abs().max() == 0

    @pytest.mark.parametrize(("width", "heads"), [(10, 4), (12, 4)])
    def test_heads_that_do_not_fit_are_refused(
        self, module: Callable[[str], ModuleType], width: int, heads: int
    ) -> None:
        with pytest.raises(ValueError, match=f"a width of {width} has no {heads} heads"):
            module("models").TransformerLanguageModel(19, width=width, heads=heads)


class TestLSTM:
    @pytest.mark.parametrize("cut", [1, 7, LENGTH - 1])
    def test_going_on_from_a_state_is_the_same_as_one_go(
        self, lstm: Any, draw_ids: DrawIds, cut: int
    ) -> None:
        ids = torch.tensor([draw_ids(LENGTH)])
        together, last = lstm(ids)

        first, state = lstm(ids[:, :cut])
        second, end = lstm(ids[:, cut:], state)

        torch.testing.assert_close(torch.cat([first, second], 1), together)
        torch.testing.assert_close(end, last)

    def test_no_state_is_a_state_of_zeros(self, lstm: Any, draw_ids: DrawIds) -> None:
        ids = torch.tensor([draw_ids(5)])
        zeros = torch.zeros(2, 1, 12)

        torch.testing.assert_close(lstm(ids)[0], lstm(ids, (zeros, zeros))[0])

    def test_it_begins_by_remembering(self, module: Callable[[str], ModuleType]) -> None:
        network = module("models").LSTMLanguageModel(19, 6, 12, 2)

        for layer in range(2):
            enter, forget, candidate, leave = network.lstm.get_parameter(f"bias_ih_l{layer}").chunk(
                4
            )
            assert forget.eq(1).all()
            assert not torch.cat([enter, candidate, leave]).any()
            assert not network.lstm.get_parameter(f"bias_hh_l{layer}").any()

    def test_recurrent_weights_and_no_others_are_dropped_in_training(
        self, make_network: Callable[..., Any], draw_ids: DrawIds
    ) -> None:
        network = make_network("lstm", weight_dropout=0.5)
        ids = torch.tensor([draw_ids(5)])
        whole = network(ids)[0]

        with torch.random.fork_rng(devices=[]):
            dropped = network.train()(ids)[0]

        # The first character meets a state of zeros, to which recurrent weights do nothing.
        torch.testing.assert_close(dropped[:, 0], whole[:, 0])
        assert largest_difference(dropped[:, 1], whole[:, 1]) > 1e-3
        torch.testing.assert_close(network.eval()(ids)[0], whole)


@pytest.mark.parametrize("name", ["transformer", "lstm"])
class TestShipped:
    def test_it_has_at_most_4_95_million_parameters(
        self, shipped: Callable[[str], Any], name: str
    ) -> None:
        assert sum(p.numel() for p in shipped(name).parameters()) <= 4_950_000

    def test_its_file_has_less_than_ten_million_bytes(self, checkpoints: Path, name: str) -> None:
        assert (checkpoints / f"{name}.safetensors").stat().st_size < 10_000_000

    def test_its_metadata_says_what_it_is(
        self, demo: Demo, module: Callable[[str], ModuleType], name: str
    ) -> None:
        metadata = demo.metadata(name)

        assert metadata is not None
        architecture, config = module("models").CONFIGS[name]
        assert metadata.architecture == architecture.__name__
        assert metadata.config == config
        assert metadata.license == "Apache-2.0"
        assert "Tiny Shakespeare, public domain" in metadata.source
        assert len(metadata.extra["vocabulary"]) == 65
        assert metadata.training["recipe"]["steps"] > 0


def test_an_unknown_architecture_is_refused(module: Callable[[str], ModuleType]) -> None:
    with pytest.raises(DemoError, match="no model gru; there are: lstm, transformer, trigram"):
        module("models").build_model("gru")
