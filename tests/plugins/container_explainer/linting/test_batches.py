"""Layers that take the sequence first, and get the batch first."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.plugins.container_explainer.linting.calling import Calling
from tests.plugins.container_explainer.linting.mends import mended, of_rule, only
from tests.plugins.container_explainer.rows import tokens

Lint = Callable[..., list[Any]]
RULE = "batch-first"


def layer(**options: Any) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(8, 2, 16, **options)


def language_model(core: nn.Module, call: Callable[[Any, Tensor], Any] | None = None) -> nn.Module:
    """Tokens (batch, sequence) in, logits out."""
    default = call or (lambda m, x: m.head(m.core(m.embedding(x))))
    return Calling(default, embedding=nn.Embedding(9, 8), core=core, head=nn.Linear(8, 9))


@pytest.mark.parametrize(
    ("core", "mend"),
    [
        (layer, "self.core.self_attn.batch_first = True"),
        (
            lambda: nn.TransformerEncoder(layer(), 3, enable_nested_tensor=False),
            "for layer in self.core.layers: layer.self_attn.batch_first = True",
        ),
    ],
)
def test_tokens_by_batch_are_a_warning_until_the_batch_is_first(
    lint: Lint, core: Callable[[], nn.Module], mend: str
) -> None:
    model = language_model(core())
    found = only(lint(model, tokens(4, 7)), RULE)
    assert (found.severity, found.path, found.mend) == ("warning", "core", mend)
    assert "it takes the batch, 4, for the sequence, and the sequence, 7, for the batch" in (
        found.message
    )
    assert lint(mended(model, found), tokens(4, 7)) == []


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
def test_a_whole_transformer_is_made_anew(lint: Lint) -> None:
    core = nn.Transformer(8, 2, 1, 2, 16, 0.2, batch_first=False)
    model = language_model(core, lambda m, x: m.head(m.core(m.embedding(x), m.embedding(x))))
    found = only(lint(model, tokens(4, 7)), RULE)
    assert found.mend == "self.core = nn.Transformer(8, 2, 1, 2, 16, 0.2, batch_first=True)"
    assert lint(mended(model, found), tokens(4, 7)) == []


@pytest.mark.parametrize("recurrent", [nn.LSTM, nn.GRU, nn.RNN])
def test_recurrent_layers_step_along_the_same_mistake(lint: Lint, recurrent: Any) -> None:
    model = language_model(recurrent(8, 8), lambda m, x: m.head(m.core(m.embedding(x))[0]))
    found = only(lint(model, tokens(4, 7)), RULE)
    assert (found.severity, found.mend) == ("warning", "self.core.batch_first = True")
    assert lint(mended(model, found), tokens(4, 7)) == []


def test_the_examples_of_a_batch_do_see_each_other(lint: Lint) -> None:
    torch.manual_seed(0)
    model = language_model(layer(dropout=0.0)).eval()
    one, other = torch.zeros(2, 7, dtype=torch.int64), torch.zeros(2, 7, dtype=torch.int64)
    other[1] = 5
    assert not torch.allclose(model(one)[0], model(other)[0])
    repaired = mended(model, only(lint(model, tokens(2, 7)), RULE))
    assert torch.allclose(repaired(one)[0], repaired(other)[0], atol=1e-6)


def test_patches_of_pictures_are_a_warning(lint: Lint) -> None:
    model = Calling(
        lambda m, x: m.attention(*3 * [torch.relu(m.patches(x)).flatten(2).mT])[0],
        patches=nn.Conv2d(3, 8, 4, 4),
        attention=nn.MultiheadAttention(8, 2),
    )
    found = only(lint(model, (1, 3, 16, 16)), RULE)
    assert (found.severity, found.path) == ("warning", "attention")


def test_what_comes_with_a_width_may_be_meant_as_it_is(lint: Lint) -> None:
    found = only(lint(layer(), (4, 7, 8)), RULE)
    assert found.severity == "hint"
    assert found.message.endswith("If the inputs are (sequence, batch), this is as it should be.")


def test_a_batch_of_one_is_a_batch(lint: Lint) -> None:
    assert only(lint(layer(), (1, 7, 8)), RULE).severity == "warning"


@pytest.mark.parametrize(
    "model",
    [
        language_model(layer(batch_first=True)),
        language_model(layer(), lambda m, x: m.head(m.core(m.embedding(x).transpose(0, 1)))),
        language_model(layer(), lambda m, x: m.head(m.core(m.embedding(x.T)))),
    ],
    ids=["batch first", "turned", "tokens turned"],
)
def test_a_model_that_minds_it_is_fine(lint: Lint, model: nn.Module) -> None:
    assert of_rule(lint(model, tokens(4, 7)), RULE) == []
