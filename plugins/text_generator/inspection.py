"""How a model chooses what comes after a prompt, looked at from inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from .decoding import LSTMDecoder, decoder_of, receptive_field
from .lstm import LSTMLanguageModel
from .prompts import START
from .results import Attention, Inspection, Likelihood, Stage, Track
from .sampling import Sampler
from .transformer import TransformerLanguageModel, attention_maps
from .vocabulary import Vocabulary

SENTENCE_ENDS = ".!?:;,"


def look_inside(
    model: nn.Module,
    vocabulary: Vocabulary,
    prompt: str,
    *,
    sampler: Sampler,
    layer: int,
    characters: int,
    units: int,
) -> Inspection:
    """The sampler's stages after a prompt, and what the model did while it read the end of it.

    Args:
        model: an LSTM or a Transformer of this demo.
        vocabulary: its characters.
        prompt: in those characters only.
        sampler: whose stages are shown.
        layer: of the Transformer's attention, counted from 0; −1 is the last.
        characters: how many characters at the end of the prompt are looked at.
        units: how many units of the LSTM are shown.
    """
    ids = vocabulary.encode(START + prompt)
    seen = ids[-characters:]
    attention: Attention | None = None
    tracks: list[Track] = []
    if isinstance(model, LSTMLanguageModel):
        logits, cells = _cells(model, ids, len(seen))
        tracks = list(_tracks(cells, vocabulary.decode(seen), units))
    else:
        reach = receptive_field(model) or len(ids)
        logits = decoder_of(model).read(ids[-reach:])[-1]
    if isinstance(model, TransformerLanguageModel):
        attention = _attention(model, seen, layer)
    return Inspection(
        prompt=prompt,
        stages=tuple(
            _stage(name, probabilities, vocabulary)
            for name, probabilities in sampler.stages(logits, ids)
        ),
        seen=vocabulary.decode(seen),
        attention=attention,
        tracks=tuple(tracks),
    )


def _stage(name: str, probabilities: Tensor, vocabulary: Vocabulary) -> Stage:
    kept = probabilities[probabilities > 0]
    return Stage(
        name=name,
        kept=len(kept),
        entropy=-(kept * kept.log2()).sum().item() + 0.0,
        distribution=tuple(
            Likelihood(character=character, probability=probability)
            for character, probability in zip(
                vocabulary.characters, probabilities.tolist(), strict=True
            )
        ),
    )


def _attention(model: TransformerLanguageModel, seen: list[int], layer: int) -> Attention:
    """The maps over the end of the prompt, which the model is given alone for this."""
    device = model.embedding.weight.device
    maps = attention_maps(model, torch.tensor(seen, device=device))
    layer %= len(maps)
    heads = maps[layer].cpu().double()
    return Attention(
        layer=layer,
        layers=len(maps),
        heads=tuple(
            tuple(tuple(round(weight, 4) for weight in row) for row in head)
            for head in heads.tolist()
        ),
    )


def _cells(model: LSTMLanguageModel, ids: list[int], count: int) -> tuple[Tensor, Tensor]:
    """Logits after the last character, and tanh of the cells after each of the last ``count``.

    Returns:
        ``(vocab_size,)``, and ``(layers, hidden, count)`` of float64 on the CPU.
    """
    decoder = LSTMDecoder(model)
    decoder.read(ids[:-count])
    steps = []
    for index in ids[-count:]:
        logits = decoder.step(index)
        steps.append(torch.cat([cell for _, cell in decoder.state]))
    return logits, torch.stack(steps, -1).tanh().cpu().double()


def _tracks(cells: Tensor, seen: str, units: int) -> Iterator[Track]:
    """The units whose cells move most over the end of the prompt, the liveliest first."""
    liveliness = cells.std(-1, correction=0).flatten()
    features = text_features(seen)
    for place in liveliness.topk(min(units, len(liveliness))).indices.tolist():
        layer, unit = divmod(place, cells.shape[1])
        values = cells[layer, unit]
        follows, correlation = likeliest_feature(values, features)
        yield Track(
            layer=layer,
            unit=unit,
            values=tuple(round(value, 4) for value in values.tolist()),
            follows=follows,
            correlation=correlation,
        )


def text_features(text: str) -> dict[str, Tensor]:
    """What a reader could keep count of, for each character of a text, ``(length,)`` each."""

    def since(ends: str) -> list[float]:
        counts, count = [], 0
        for character in text:
            count = 0 if character in ends else count + 1
            counts.append(float(count))
        return counts

    def where(test: Sequence[bool]) -> list[float]:
        return [float(value) for value in test]

    features = {
        "length of the line so far": since("\n"),
        "length of the word so far": since(" \n" + SENTENCE_ENDS),
        "length of the clause so far": since(SENTENCE_ENDS),
        "capital letters": where([c.isupper() for c in text]),
        "vowels": where([c.lower() in "aeiou" for c in text]),
        "ends of words": where([c in " \n" for c in text]),
        "ends of lines": where([c == "\n" for c in text]),
        "punctuation": where([c in SENTENCE_ENDS for c in text]),
    }
    return {name: torch.tensor(values, dtype=torch.float64) for name, values in features.items()}


def likeliest_feature(values: Tensor, features: dict[str, Tensor]) -> tuple[str, float]:
    """The feature that a track goes along with most, and Pearson's r; nothing for a flat track."""
    best = ("", 0.0)
    for name, feature in features.items():
        spread = values.std(correction=0) * feature.std(correction=0)
        if len(values) < 2 or spread <= 1e-12:
            continue
        covariance = ((values - values.mean()) * (feature - feature.mean())).mean()
        correlation = (covariance / spread).item()
        if abs(correlation) > abs(best[1]):
            best = (name, correlation)
    return best
