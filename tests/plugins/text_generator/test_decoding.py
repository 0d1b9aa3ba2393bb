"""Decoders, which keep what they have read, give the same logits as a pass over all of it."""

import gc
import itertools
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

DrawIds = Callable[..., list[int]]
LogitsOf = Callable[[Any, list[int]], Tensor]
NETWORKS = ("transformer", "lstm")


@pytest.fixture(scope="session")
def decoding(module: Callable[[str], ModuleType]) -> Any:
    return module("decoding")


def stepped(decoder: Any, ids: list[int]) -> Tensor:
    return torch.stack([decoder.step(index) for index in ids])


def largest_difference(one: Tensor, other: Tensor) -> float:
    assert one.shape == other.shape
    return (one - other).abs().max().item()


def tensors_of(decoder: Any) -> Iterator[Tensor]:
    """Every tensor that belongs to this decoder alone."""
    for layer in getattr(decoder, "layers", ()):
        yield from (layer.keys, layer.values)
    yield from itertools.chain.from_iterable(getattr(decoder, "state", ()))


@pytest.mark.parametrize("length", [1, 7, 8, 9, 16, 100])
def test_steps_agree_with_one_pass_also_far_past_the_context(
    network: nn.Module, decoding: Any, draw_ids: DrawIds, logits_of: LogitsOf, length: int
) -> None:
    ids = draw_ids(length)

    logits = stepped(decoding.decoder_of(network), ids)

    assert largest_difference(logits, logits_of(network, ids)) < 1e-5


@pytest.mark.parametrize("length", [1, 7, 8, 9, 16, 100])
def test_reading_at_once_agrees_with_one_pass(
    network: nn.Module, decoding: Any, draw_ids: DrawIds, logits_of: LogitsOf, length: int
) -> None:
    ids = draw_ids(length)

    logits = decoding.decoder_of(network).read(ids)

    assert largest_difference(logits, logits_of(network, ids)) < 1e-5


@pytest.mark.parametrize("seed", range(8))
def test_any_mixture_of_pieces_and_steps_agrees_with_one_pass(
    network: nn.Module, decoding: Any, draw_ids: DrawIds, logits_of: LogitsOf, seed: int
) -> None:
    ids = draw_ids(60, seed=seed)
    decoder = decoding.decoder_of(network)
    pieces, start = [], 0
    for size in draw_ids(100, below=14, seed=seed):
        if start >= len(ids):
            break
        some = ids[start : start + size]
        pieces.append(stepped(decoder, some) if some and size % 2 else decoder.read(some))
        start += size

    assert largest_difference(torch.cat(pieces), logits_of(network, ids)) < 1e-5


def test_a_text_longer_than_a_chunk_is_read_in_chunks(
    network: nn.Module, decoding: Any, draw_ids: DrawIds, logits_of: LogitsOf
) -> None:
    ids = draw_ids(2 * decoding.CHUNK + 3)

    logits = decoding.decoder_of(network).read(ids)

    assert largest_difference(logits, logits_of(network, ids)) < 1e-5


def test_steps_go_on_past_the_prepared_rotations(
    transformer: Any, decoding: Any, draw_ids: DrawIds, logits_of: LogitsOf
) -> None:
    ids = draw_ids(2 * decoding.CHUNK + 5)

    logits = stepped(decoding.decoder_of(transformer), ids)

    assert largest_difference(logits[-9:], logits_of(transformer, ids)[-9:]) < 1e-5


def test_at_the_millionth_character_it_is_as_exact_as_at_the_first(
    transformer: Any, decoding: Any, draw_ids: DrawIds
) -> None:
    ids = draw_ids(40)
    near, far = decoding.decoder_of(transformer), decoding.decoder_of(transformer)
    far.length = 1_000_000

    # Nothing was read before, but the far one takes the zeros of its ring for characters; they
    # are forgotten after as many characters as can reach the last.
    difference = stepped(far, ids)[-10:] - stepped(near, ids)[-10:]

    assert difference.abs().max() < 1e-4


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("reader", ["steps", "pieces"])
def test_the_shipped_weights_agree_to_a_ten_thousandth_past_the_context(
    shipped: Callable[[str], Any],
    decoding: Any,
    demo: Any,
    training_text: str,
    logits_of: LogitsOf,
    name: str,
    reader: str,
) -> None:
    characters = demo.metadata(name).extra["vocabulary"]
    ids = [characters.index(character) for character in training_text[:550]]
    decoder = decoding.decoder_of(shipped(name))

    if reader == "steps":
        logits = stepped(decoder, ids)
    else:
        logits = torch.cat([decoder.read(ids[:100]), decoder.read(ids[100:])])

    assert largest_difference(logits, logits_of(shipped(name), ids)) < 1e-4


def test_what_lies_beyond_the_receptive_field_need_not_be_read(
    transformer: Any, decoding: Any, draw_ids: DrawIds
) -> None:
    ids = draw_ids(80)
    reach = decoding.receptive_field(transformer)

    whole = decoding.decoder_of(transformer).read(ids)[-1]
    end = decoding.decoder_of(transformer).read(ids[-reach:])[-1]
    too_little = decoding.decoder_of(transformer).read(ids[-reach + 1 :])[-1]

    assert reach == 3 * (8 - 1) + 1
    assert largest_difference(end, whole) < 1e-5
    assert largest_difference(too_little, whole) > 1e-5


def test_an_lstm_remembers_without_an_end(lstm: Any, decoding: Any) -> None:
    assert decoding.receptive_field(lstm) is None


def test_a_decoder_does_not_grow(network: nn.Module, decoding: Any, draw_ids: DrawIds) -> None:
    decoder = decoding.decoder_of(network)
    decoder.step(0)
    sizes = [tensor.numel() for tensor in tensors_of(decoder)]

    stepped(decoder, draw_ids(50))
    after_steps = [tensor.numel() for tensor in tensors_of(decoder)]
    decoder.read(draw_ids(50))
    after_reading = [tensor.numel() for tensor in tensors_of(decoder)]

    assert sizes
    assert after_steps == after_reading == sizes


def test_decoders_of_one_model_share_its_prepared_weights(
    network: nn.Module, decoding: Any
) -> None:
    one, other = decoding.decoder_of(network), decoding.decoder_of(network)

    assert one._weights is other._weights


def test_prepared_weights_go_with_their_model(
    make_network: Callable[..., Any], decoding: Any
) -> None:
    network = make_network("lstm", seed=5)
    weights = decoding.decoder_of(network)._weights
    kept = weakref.ref(weights.embedded)
    del network, weights
    gc.collect()

    assert kept() is None


def test_two_decoders_in_turn_do_not_disturb_each_other(
    network: nn.Module, decoding: Any, draw_ids: DrawIds
) -> None:
    texts = [draw_ids(20, seed=seed) for seed in (1, 2)]
    alone = [stepped(decoding.decoder_of(network), ids) for ids in texts]
    decoders = [decoding.decoder_of(network) for _ in texts]

    in_turn = [
        [decoder.step(index) for decoder, index in zip(decoders, pair, strict=True)]
        for pair in zip(*texts, strict=True)
    ]

    for logits, together in zip(alone, zip(*in_turn, strict=True), strict=True):
        assert torch.stack(together).equal(logits)


def test_reading_nothing_gives_no_logits(network: nn.Module, decoding: Any) -> None:
    assert decoding.decoder_of(network).read([]).shape == (0, 19)


def test_weights_that_could_learn_leave_no_graph_behind(
    make_network: Callable[..., Any], decoding: Any
) -> None:
    network = make_network("transformer").requires_grad_(True)
    decoder = decoding.decoder_of(network)

    logits = [decoder.read([1, 2])[-1], decoder.step(3)]

    assert not any(tensor.requires_grad for tensor in [*logits, *tensors_of(decoder)])


def test_weights_prepared_in_inference_mode_serve_outside_of_it(
    make_network: Callable[..., Any], decoding: Any, draw_ids: DrawIds, logits_of: LogitsOf
) -> None:
    network = make_network("transformer", seed=3)
    with torch.inference_mode():
        decoding.decoder_of(network)

    logits = stepped(decoding.decoder_of(network), draw_ids(9))

    assert not logits.is_inference()
    assert largest_difference(logits, logits_of(network, draw_ids(9))) < 1e-5


@pytest.mark.parametrize("name", NETWORKS)
def test_on_an_accelerator_no_tensor_is_left_on_the_processor(
    make_network: Callable[..., Any], decoding: Any, name: str
) -> None:
    """Fake tensors have a device and no numbers, and refuse to be mixed as real ones would."""
    network = make_network(name)
    # torch 2.14 makes a plain tensor of torch.tensor(…, device="meta"); it is let in as a fake one.
    with FakeTensorMode(allow_non_fake_inputs=True):
        for part in network.modules():
            for field, parameter in list(part.named_parameters(recurse=False)):
                elsewhere = torch.empty(parameter.shape, device="meta")
                setattr(part, field, nn.Parameter(elsewhere, requires_grad=False))
        decoder = decoding.decoder_of(network)
        logits = [decoder.read([1] * 10), decoder.step(3), decoder.read([4])]

    assert {tensor.device.type for tensor in logits} == {"meta"}


def test_a_model_of_another_kind_is_refused(decoding: Any) -> None:
    with pytest.raises(TypeError, match="Linear is no language model of this demo"):
        decoding.decoder_of(nn.Linear(1, 1))
