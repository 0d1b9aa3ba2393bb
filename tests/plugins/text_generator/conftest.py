"""The plugin's modules, small networks with random weights, and the networks that ship."""

import functools
import importlib
import random
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app import Context, Demo, Host
from demo_app.checkpoints import CheckpointMetadata, load
from demo_app.testing import context

ALPHABET = "\n !,.Tabdeghinorstu"
WORDS = ["the", "and", "rose", "night", "dust", "ear", "Troth,", "no.", "beast!", "not", "ring\n"]
NETWORKS = ("transformer", "lstm")


@pytest.fixture(scope="session")
def demo(host: Host) -> Demo:
    return host["text_generator"]


@pytest.fixture(scope="session")
def module(demo: Demo) -> Callable[[str], ModuleType]:
    """A module of the plugin by its bare name, as the host imported it."""
    return lambda name: importlib.import_module(f"{demo.module.__name__}.{name}")


@pytest.fixture(scope="session")
def vocabulary(module: Callable[[str], ModuleType]) -> Any:
    """19 characters."""
    return module("vocabulary").Vocabulary(ALPHABET)


@pytest.fixture(scope="session")
def made_up_text() -> str:
    """5,000 characters of made-up words."""
    words = random.Random(0).choices(WORDS, k=2000)
    return " ".join(words).replace("\n ", "\n")[:5000]


@pytest.fixture(scope="session")
def make_network(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Makes a small network by its name, with weights of its own for every seed.

    The Transformer sees 8 characters; ``options`` are further arguments of the architecture.
    """

    def make(name: str, seed: int = 0, **options: Any) -> nn.Module:
        rooms = module("models")
        network: nn.Module
        if name == "transformer":
            sizes = {"context": 8, "width": 16, "layers": 3, "heads": 2, "hidden": 24}
            network = rooms.TransformerLanguageModel(len(ALPHABET), **(sizes | options))
        else:
            sizes = {"embedding_width": 6, "hidden": 12, "layers": 2}
            network = rooms.LSTMLanguageModel(len(ALPHABET), **(sizes | options))
        # Branches and the head begin at zero, and would hide every fault.
        generator = torch.Generator().manual_seed(seed)
        for parameter in network.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            spread = parameter.shape[-1] ** -0.5 if parameter.ndim > 1 else 0.3
            parameter.data = spread * noise + (parameter.data if parameter.ndim == 1 else 0)
        return network.eval().requires_grad_(False)

    return make


@pytest.fixture(scope="session")
def transformer(make_network: Callable[..., Any]) -> Any:
    return make_network("transformer")


@pytest.fixture(scope="session")
def lstm(make_network: Callable[..., Any]) -> Any:
    return make_network("lstm")


@pytest.fixture(scope="session", params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Any:
    """Each of the two small networks."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def trigram(module: Callable[[str], ModuleType], vocabulary: Any, made_up_text: str) -> Any:
    """Counts in the made-up text."""
    counts = module("models").TrigramLanguageModel(len(ALPHABET), len(made_up_text))
    counts.text.copy_(torch.tensor(vocabulary.encode(made_up_text)))
    return counts.eval()


@pytest.fixture(scope="session")
def shipped(host: Host, module: Callable[[str], ModuleType]) -> Callable[[str], Any]:
    """A network with the weights that ship, by its name."""

    @functools.cache
    def loaded(name: str) -> nn.Module:
        network: nn.Module = module("models").build_model(name)
        load(host.checkpoint_root / "text_generator" / f"{name}.safetensors", network)
        return network.eval().requires_grad_(False)

    return loaded


@pytest.fixture(scope="session")
def checkpoints(host: Host) -> Path:
    return host.checkpoint_root / "text_generator"


@pytest.fixture(scope="session")
def training_text(demo: Demo, shipped: Callable[[str], Any]) -> str:
    """The first nine tenths of Tiny Shakespeare, from the checkpoint of the counts."""
    metadata = demo.metadata("trigram")
    assert metadata is not None
    characters = metadata.extra["vocabulary"]
    return "".join(characters[index] for index in shipped("trigram").text.tolist())


@pytest.fixture
def small(transformer: Any, lstm: Any, trigram: Any) -> Callable[..., Context]:
    """Makes a context with the small models, to call actions as plain functions."""

    def make(seed: int | None = None, stopped: threading.Event | None = None) -> Context:
        models = {"transformer": transformer, "lstm": lstm, "trigram": trigram}
        metadata = CheckpointMetadata(
            architecture="small", license="CC0-1.0", source="", extra={"vocabulary": ALPHABET}
        )
        known = dict.fromkeys(models, metadata)
        return context(models=models, metadata=known, seed=seed, stopped=stopped)

    return make


@pytest.fixture(scope="session")
def logits_of() -> Callable[[Any, list[int]], Tensor]:
    """Logits after every character of a text, from one forward pass over all of it."""

    def logits(network: Any, ids: list[int]) -> Tensor:
        output = network(torch.tensor([ids]))
        return output[0][0] if isinstance(output, tuple) else output[0]

    return logits


@pytest.fixture(scope="session")
def draw_ids() -> Callable[..., list[int]]:
    """Draws so many ids below a number, the same for the same seed."""

    def draw(count: int, below: int = len(ALPHABET), seed: int = 0) -> list[int]:
        return random.Random(seed).choices(range(below), k=count)

    return draw
