"""What this demo can do with a text: write it on, score it, look inside, look for copies."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from demo_app import Context, InvalidInput, action

from .results import Fault, Generation, Inspection, Originality, Score

if TYPE_CHECKING:
    from .trigram import TrigramLanguageModel
    from .vocabulary import Vocabulary

ModelName = Literal["lstm", "transformer"]
BASELINE = "trigram"

MAX_PROMPT = 10_000
MAX_NEW_CHARACTERS = 5_000
MAX_TEXT = 10_000
MAX_STOP = 100

Model = Annotated[ModelName, Field(description="Which model.")]
Prompt = Annotated[str, Field(max_length=MAX_PROMPT, description="How the text begins.")]
Temperature = Annotated[
    float,
    Field(ge=0, le=100, description="Below 1 safer, above 1 bolder; 0 takes the likeliest."),
]
TopK = Annotated[
    int, Field(ge=0, le=1000, description="Draw among so many likeliest characters; 0: all.")
]
TopP = Annotated[
    float,
    Field(ge=0, le=1, description="Draw among the likeliest that together reach this probability."),
]
MinP = Annotated[
    float,
    Field(ge=0, le=1, description="Drop what has less than this share of the likeliest's chance."),
]
RepetitionPenalty = Annotated[
    float,
    Field(ge=1, le=10, description="Make characters of the last 64 less likely; 1: no penalty."),
]


@action(seed=True)
def generate(
    ctx: Context,
    *,
    prompt: Prompt = "",
    model: Model = "transformer",
    max_new_characters: Annotated[
        int, Field(ge=1, le=MAX_NEW_CHARACTERS, description="How many characters to write.")
    ] = 400,
    temperature: Temperature = 0.8,
    top_k: TopK = 0,
    top_p: TopP = 1.0,
    min_p: MinP = 0.0,
    repetition_penalty: RepetitionPenalty = 1.0,
    stop: Annotated[str, Field(max_length=MAX_STOP, description="A text that ends the writing.")]
    | None = None,
    alternatives: Annotated[
        int,
        Field(ge=0, le=20, description="Report so many likeliest characters at each place."),
    ] = 0,
) -> Iterator[Generation]:
    """Write a text on, character by character, as one of the models trained on Shakespeare would.

    Models with the same seed meet the same luck: one random number for each character.

    Raises:
        InvalidInput: the prompt or the stop text has characters that the models have never seen.
    """
    from .generation import write
    from .prompts import adapt
    from .sampling import Sampler

    vocabulary = _vocabulary(ctx, model)
    yield from write(
        ctx.model(model),
        vocabulary,
        adapt(prompt, vocabulary, parameter="prompt", limit=MAX_PROMPT),
        sampler=Sampler(
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
            repetition_penalty=repetition_penalty,
        ),
        generator=ctx.rng,
        max_new_characters=max_new_characters,
        stop=adapt(stop or "", vocabulary, parameter="stop", limit=MAX_STOP),
        alternatives=alternatives,
        stopped=lambda: ctx.stopped,
    )


@action
def score(
    ctx: Context,
    *,
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT, description="The text to read.")],
    model: Model = "transformer",
) -> Score:
    """Say how much every character of a text surprises a model, in bits, beside simpler ways.

    Raises:
        InvalidInput: the text has characters that the models have never seen.
    """
    from .prompts import adapt
    from .scoring import score_text

    vocabulary = _vocabulary(ctx, model)
    text = adapt(text, vocabulary, parameter="text", limit=MAX_TEXT)
    return score_text(ctx.model(model), _counts(ctx), vocabulary, text)


@action
def inspect(
    ctx: Context,
    *,
    prompt: Prompt = "",
    model: Model = "transformer",
    temperature: Temperature = 0.8,
    top_k: TopK = 0,
    top_p: TopP = 1.0,
    min_p: MinP = 0.0,
    repetition_penalty: RepetitionPenalty = 1.0,
    layer: Annotated[
        int,
        Field(ge=-1, le=63, description="The Transformer's layer, counted from 0; -1: the last."),
    ] = -1,
    characters: Annotated[
        int, Field(ge=1, le=128, description="How many characters before the next one to show.")
    ] = 48,
    units: Annotated[
        int, Field(ge=1, le=256, description="How many of the LSTM's units to show.")
    ] = 24,
) -> Inspection:
    """Show how a model chooses the next character: the sampler's stages, attention, memory.

    Raises:
        InvalidInput: the prompt has characters that the models have never seen, or the model has
            no such layer.
    """
    from .inspection import look_inside
    from .prompts import adapt
    from .sampling import Sampler

    vocabulary = _vocabulary(ctx, model)
    module = ctx.model(model)
    layers = len(getattr(module, "blocks", ())) or layer + 1
    if layer >= layers:
        raise InvalidInput(f"layer: this model has {layers} layers, counted from 0")
    return look_inside(
        module,
        vocabulary,
        adapt(prompt, vocabulary, parameter="prompt", limit=MAX_PROMPT),
        sampler=Sampler(
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
            repetition_penalty=repetition_penalty,
        ),
        layer=layer,
        characters=characters,
        units=units,
    )


@action
def originality(
    ctx: Context,
    *,
    text: Annotated[str, Field(max_length=MAX_TEXT, description="The text to look up.")],
    minimum: Annotated[
        int, Field(ge=5, le=1000, description="How long a run must be to be listed.")
    ] = 20,
) -> Originality:
    """Find what of a text stands word for word in the text that the models were trained on.

    Raises:
        InvalidInput: the text has characters that the training text has not.
    """
    from .originality import find_runs
    from .prompts import adapt

    vocabulary = _vocabulary(ctx, BASELINE)
    text = adapt(text, vocabulary, parameter="text", limit=MAX_TEXT)
    return find_runs(_counts(ctx), vocabulary, text, minimum)


@action
def tutorial_faults(ctx: Context) -> list[Fault]:
    """Try out what tutorials get wrong about language models, and measure it (untrained models)."""
    from .tutorials import faults

    return list(faults())


def _counts(ctx: Context) -> "TrigramLanguageModel":
    from .trigram import TrigramLanguageModel

    counts = ctx.model(BASELINE)
    assert isinstance(counts, TrigramLanguageModel)
    return counts


def _vocabulary(ctx: Context, model: str) -> "Vocabulary":
    from .vocabulary import Vocabulary

    metadata = ctx.metadata(model)
    assert metadata is not None
    return Vocabulary(metadata.extra["vocabulary"])
