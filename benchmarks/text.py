"""How fast text is written, beside the loops that one would use instead.

Everything runs on the processor with one thread for each operation. The networks have the shipped
weights; the model of the same size in Hugging Face's transformers has random ones, which are as
fast. Every arm draws its characters: ours and the plain loops with the same sampler, transformers
with its own.
"""

from __future__ import annotations

import importlib
import operator
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from call import load_by_hand
from measure import Aim, Report, Spread, in_turns, options, paired
from torch import Tensor, nn
from visitors import Crowd, measure_crowd

from demo_app import Demo, Host

CONTEXT = 256
PROMPT, NEW = 128, 128
COUNT = 60
SLOW_COUNT = 12
CROWDS = (1, 4, 8)
OURS, LOOP = "Transformer, our decoder", "the same network, nanoGPT's loop"
WHOLE, OTHER = "Transformer, our decoder, prompt included", "transformers' generate, same size"
OURS_LSTM, PLAIN_LSTM = "LSTM, our decoder", "the same network, nn.LSTM step by step"

Step = Callable[[int], Tensor]
Arms = dict[str, Callable[[], float]]


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """The plugin's parts that the arms are made of."""

    decoder_of: Callable[[nn.Module], Any]
    sampler: Any
    transformer: nn.Module
    lstm: nn.Module

    @classmethod
    def of(cls, demo: Demo, host: Host) -> Rooms:
        """Load both networks outside of the host's own store."""
        # The plugin's own modules, because a drop-in has no name that could be imported above.
        rooms = partial(importlib.import_module, package=demo.module.__name__)
        return cls(
            decoder_of=rooms(".decoding").decoder_of,
            sampler=rooms(".sampling").Sampler(temperature=0.8),
            transformer=load_by_hand(host, demo.name, "transformer"),
            lstm=load_by_hand(host, demo.name, "lstm"),
        )


def text(length: int) -> list[int]:
    """Any characters: how long a step takes does not depend on them."""
    return torch.randint(65, (length,), generator=torch.Generator().manual_seed(0)).tolist()


def milliseconds(step: Step, sampler: Any, logits: Tensor, count: int) -> float:
    """How long a character takes, drawn and fed back so many times."""
    generator = torch.Generator().manual_seed(0)
    start = time.perf_counter()
    for _ in range(count):
        logits = step(sampler.draw(logits, (), generator))
    return (time.perf_counter() - start) * 1000 / count


def full_context(rooms: Rooms) -> Arms:
    """Each arm's milliseconds a character where the context is full."""
    decoder = rooms.decoder_of(rooms.transformer)
    first = decoder.read(text(CONTEXT + 1))[-1]
    ids = torch.tensor([text(CONTEXT + 1)])

    def reread(index: int) -> Tensor:
        nonlocal ids
        ids = torch.cat([ids, torch.tensor([[index]])], 1)
        logits: Tensor = rooms.transformer(ids[:, -CONTEXT:])[0, -1]
        return logits

    return {
        OURS: partial(milliseconds, decoder.step, rooms.sampler, first, COUNT),
        LOOP: partial(milliseconds, reread, rooms.sampler, first, SLOW_COUNT),
    }


def lstm_steps(rooms: Rooms) -> Arms:
    """Each arm's milliseconds a character; the network is as the tutorials step it."""
    decoder = rooms.decoder_of(rooms.lstm)
    first = decoder.read(text(CONTEXT))[-1]
    _, state = rooms.lstm(torch.tensor([text(CONTEXT)]))

    def plain(index: int) -> Tensor:
        nonlocal state
        logits, state = rooms.lstm(torch.tensor([[index]]), state)
        last: Tensor = logits[0, -1]
        return last

    return {
        OURS_LSTM: partial(milliseconds, decoder.step, rooms.sampler, first, COUNT),
        PLAIN_LSTM: partial(milliseconds, plain, rooms.sampler, first, COUNT),
    }


def with_transformers(rooms: Rooms) -> Arms:
    """Each arm's milliseconds a character for a prompt and what follows, up to a full context.

    Empty where transformers is not installed.
    """
    try:
        from transformers import LlamaConfig, LlamaForCausalLM
    except ImportError:
        return {}
    config = LlamaConfig(
        vocab_size=65,
        hidden_size=256,
        intermediate_size=688,
        num_hidden_layers=6,
        num_attention_heads=8,
        max_position_embeddings=512,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
    )
    model = LlamaForCausalLM(config).eval().requires_grad_(False)
    prompt = text(PROMPT)
    ids = torch.tensor([prompt])

    def theirs() -> float:
        start = time.perf_counter()
        written = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            temperature=0.8,
            max_new_tokens=NEW,
            min_new_tokens=NEW,
            use_cache=True,
        )
        assert written.shape == (1, PROMPT + NEW)
        return (time.perf_counter() - start) * 1000 / NEW

    def ours() -> float:
        start = time.perf_counter()
        decoder = rooms.decoder_of(rooms.transformer)
        milliseconds(decoder.step, rooms.sampler, decoder.read(prompt)[-1], NEW)
        return (time.perf_counter() - start) * 1000 / NEW

    return {WHOLE: ours, OTHER: theirs}


def first_characters(demo: Demo) -> Arms:
    """Milliseconds to the first streamed character of a short prompt, through the host."""

    def first(model: str) -> float:
        start = time.perf_counter()
        with demo.stream("generate", prompt="ROMEO:\n", model=model, seed=0) as stream:
            next(stream)
            return (time.perf_counter() - start) * 1000

    return {f"{model}, first character": partial(first, model) for model in ("transformer", "lstm")}


def run(rounds: int) -> Report:
    """Write in every way ``rounds`` times, then with several visitors."""
    torch.set_num_threads(1)
    os.environ["DEMO_APP_DEVICE"] = "cpu"
    with Host() as host:
        demo = host["text_generator"]
        rooms = Rooms.of(demo, host)
        with torch.inference_mode():
            pairs = [full_context(rooms), with_transformers(rooms), lstm_steps(rooms)]
            turns = [in_turns(arms, rounds) for arms in pairs if arms]
        first = in_turns(first_characters(demo), rounds)
        crowds = {
            model: [measure_crowd(demo, model, size) for size in CROWDS]
            for model in ("transformer", "lstm")
        }
    times = {name: values for turn in turns for name, values in turn.items()}
    return Report(
        title="Writing text",
        tables={
            f"Medians and quartiles of {rounds} rounds": list(compared(times)),
            f"First character, {rounds} calls through the host": [
                {"call": name, "ms": Spread.of(values).text(1)} for name, values in first.items()
            ],
            "Visitors at once, through the host, a thread each": [
                crowd.row(model) for model, several in crowds.items() for crowd in several
            ],
        },
        aims=[*aims(times, first), *(crowd_aim(m, several[-1]) for m, several in crowds.items())],
        raw={
            "milliseconds": times | first,
            "visitors": {m: [crowd.raw() for crowd in several] for m, several in crowds.items()},
        },
    )


def compared(times: dict[str, list[float]]) -> Iterator[dict[str, str]]:
    """A row for each way, and how many times as long the second of each pair takes."""
    for name, values in times.items():
        pair = {LOOP: OURS, OTHER: WHOLE, PLAIN_LSTM: OURS_LSTM}.get(name)
        yield {
            "way": name,
            "ms a character": Spread.of(values).text(2),
            "characters/s": f"{1000 / Spread.of(values).median:.0f}",
            "× the row above": ratio(times, name, pair).text(1) if pair else "",
        }


def ratio(times: dict[str, list[float]], slow: str, fast: str) -> Spread:
    """How many times as long one way takes as another."""
    return paired(operator.truediv, times[slow], times[fast])


def aims(times: dict[str, list[float]], first: dict[str, list[float]]) -> Iterator[Aim]:
    """What was to be reached, for the ways that were measured."""
    for what, slow, fast, least in (
        ("Transformer at full context over nanoGPT's loop", LOOP, OURS, 15.0),
        ("Transformer over transformers' generate", OTHER, WHOLE, 1.0),
        ("LSTM over nn.LSTM step by step", PLAIN_LSTM, OURS_LSTM, 5.0),
    ):
        if slow in times:
            times_as_fast = ratio(times, slow, fast).median
            yield Aim(what=what, value=times_as_fast, limit=least, unit=" ×", more_is_better=True)
    for name, values in first.items():
        yield Aim(what=name, value=Spread.of(values).median, limit=50.0, unit=" ms")


def crowd_aim(model: str, crowd: Crowd) -> Aim:
    """Nobody may wait until another is done: the slowest gets about as much as the fastest."""
    what = f"{model}, {crowd.size} visitors, the slowest one's share of the fastest one's"
    return Aim(what=what, value=crowd.fairness, limit=0.5, more_is_better=True)


if __name__ == "__main__":
    arguments = options(__doc__, rounds=15).parse_args()
    run(arguments.rounds).publish(arguments.json)
