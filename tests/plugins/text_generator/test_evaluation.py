"""The loss on held-out text counts every character once, with the context that it names."""

import math
import random
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from demo_app import Demo, DemoError, EvaluationJob
from demo_app.checkpoints import CheckpointMetadata

DrawIds = Callable[..., list[int]]


@pytest.fixture(scope="session")
def evaluation(module: Callable[[str], ModuleType]) -> Any:
    return module("evaluation")


def nats_one_by_one(
    network: Any, logits_of: Callable[..., Tensor], ids: list[int], start_of: Callable[[int], int]
) -> float:
    """Mean nats of all but the first id, each from a pass that begins where ``start_of`` says."""
    nats = [
        -logits_of(network, ids[start_of(place) : place])[-1].double().log_softmax(-1)[ids[place]]
        for place in range(1, len(ids))
    ]
    return math.fsum(nats) / len(nats)


@pytest.mark.parametrize("count", [2, 6, 7, 8, 20, 31])
@pytest.mark.parametrize("window", [1, 6])
def test_windows_score_every_character_once_without_memory(
    network: Any,
    evaluation: Any,
    draw_ids: DrawIds,
    logits_of: Callable[..., Tensor],
    count: int,
    window: int,
) -> None:
    ids = draw_ids(count)

    loss = evaluation.windowed_loss(network, torch.tensor(ids), window, batch=2)

    expected = nats_one_by_one(
        network, logits_of, ids, lambda place: (place - 1) // window * window
    )
    assert loss == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("count", [2, 8, 9, 40])
def test_in_one_go_every_character_has_all_that_the_model_remembers(
    network: Any,
    evaluation: Any,
    draw_ids: DrawIds,
    logits_of: Callable[..., Tensor],
    count: int,
) -> None:
    ids = draw_ids(count)

    loss = evaluation.sliding_loss(network, torch.tensor(ids))

    expected = nats_one_by_one(network, logits_of, ids, lambda place: 0)
    assert loss == pytest.approx(expected, abs=1e-5)


def test_the_counts_are_measured_by_the_same_functions(
    trigram: Any, evaluation: Any, draw_ids: DrawIds
) -> None:
    ids = torch.tensor(draw_ids(30))
    table = trigram.trigram()
    first = -trigram.unigram()[ids[1]].log()
    rest = [-table[ids[i - 2], ids[i - 1], ids[i]].log() for i in range(2, 30)]

    loss = evaluation.sliding_loss(trigram, ids)

    assert loss == pytest.approx((first + sum(rest)).item() / 29, rel=1e-5)


@pytest.fixture
def make_job(
    transformer: Any, tmp_path: Path, module: Callable[[str], ModuleType]
) -> Callable[..., EvaluationJob]:
    """Makes a measurement of the small Transformer on a text."""

    def make(text: str, vocabulary: str | None = None) -> EvaluationJob:
        (tmp_path / "input.txt").write_text(text, "utf-8")
        characters = vocabulary or module("corpus").Corpus.of(text).vocabulary.characters
        return EvaluationJob(
            model="transformer",
            data=tmp_path,
            module=transformer,
            metadata=CheckpointMetadata(
                architecture="small", license="", source="", extra={"vocabulary": characters}
            ),
            report=lambda line: None,
        )

    return make


def noise(count: int = 10_000) -> str:
    return "".join(random.Random(0).choices("\n !,.Tabdeghinorstu", k=count))


def test_the_last_tenth_is_scored_with_the_character_before_it(
    evaluation: Any,
    make_job: Callable[..., EvaluationJob],
    module: Callable[[str], ModuleType],
    transformer: Any,
) -> None:
    text = noise()
    vocabulary = module("vocabulary").Vocabulary.of(text)
    ids = torch.tensor(vocabulary.encode(text[8999:]))

    metrics = evaluation.evaluate(make_job(text))

    losses = {name: metric["value"] for name, metric in metrics.items()}
    assert losses == {
        "validation_loss": evaluation.windowed_loss(transformer, ids, 256),
        "validation_loss_sliding": evaluation.sliding_loss(transformer, ids),
    }
    assert len(ids) == 1001


def test_each_metric_says_what_was_measured_and_how(
    evaluation: Any, make_job: Callable[..., EvaluationJob]
) -> None:
    for metric in evaluation.evaluate(make_job(noise())).values():
        assert metric["bits_per_character"] == pytest.approx(metric["value"] / math.log(2))
        assert metric["unit"] == "nats per character"
        assert metric["split"] == "Tiny Shakespeare, the last 10 % of its characters"
        assert metric["measured"].endswith("every character scored once, in fp32")


def test_a_text_with_other_characters_is_refused(
    evaluation: Any, make_job: Callable[..., EvaluationJob]
) -> None:
    with pytest.raises(DemoError, match="other characters than this checkpoint's vocabulary"):
        evaluation.evaluate(make_job(noise(), vocabulary="abc"))


@pytest.mark.parametrize(("name", "most"), [("transformer", 1.44), ("lstm", 1.50)])
def test_the_shipped_files_state_a_loss_that_the_command_measured(
    demo: Demo, name: str, most: float
) -> None:
    metadata = demo.metadata(name)

    assert metadata is not None
    metric = metadata.metrics["validation_loss"]
    assert metric["source"] == f"demo-app evaluate text_generator --model {name}"
    assert metric["measured"].startswith("non-overlapping windows of 256 characters")
    assert metric["value"] <= most


@pytest.mark.parametrize(
    ("row", "name"), [("Transformer", "transformer"), ("LSTM", "lstm"), ("trigram", "trigram")]
)
def test_the_readme_states_what_the_files_state(demo: Demo, row: str, name: str) -> None:
    assert demo.module.__file__ is not None
    readme = Path(demo.module.__file__).with_name("README.md").read_text("utf-8")
    metadata = demo.metadata(name)

    assert metadata is not None
    (line,) = re.findall(rf"^\| {row} \| .*e14|^\| {row} \| none.*", readme, re.MULTILINE)
    cells = [cell.strip() for cell in line.split("|")]
    stated = [metadata.metrics[m]["value"] for m in ("validation_loss", "validation_loss_sliding")]
    assert cells[3:5] == [f"{value:.4f}" for value in stated]
