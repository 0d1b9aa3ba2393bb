"""Training learns, resumes exactly where it was, and writes checkpoints that load strictly."""

import random
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from demo_app import DemoError, TrainJob
from demo_app.checkpoints import load, read_header

NETWORKS = ("transformer", "lstm")
both = pytest.mark.parametrize("model", NETWORKS)
SMALL = {
    "transformer": {"context": 16, "width": 16, "layers": 2, "heads": 2, "hidden": 32},
    "lstm": {"embedding_width": 8, "hidden": 24, "layers": 2},
}
WORDS = ["the", "and", "rose", "night", "dust", "ear", "troth,", "no.", "beast!", "ring\n"]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a text of made-up words."""
    folder = tmp_path_factory.mktemp("text")
    text = " ".join(random.Random(1).choices(WORDS, k=2500))
    (folder / "input.txt").write_text(text, "utf-8")
    return folder


@pytest.fixture(autouse=True)
def quick(module: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """Small networks, few steps, and a state that is kept after each of them."""
    models, rooms = module("models"), module("train")
    for name, config in SMALL.items():
        architecture, _ = models.CONFIGS[name]
        monkeypatch.setitem(models.CONFIGS, name, (architecture, config))
        recipe = replace(rooms.RECIPES[name], steps=15, batch=4, length=32, warmup=2, average=0.5)
        monkeypatch.setitem(rooms.RECIPES, name, recipe)
    monkeypatch.setattr(rooms, "VALIDATE_EVERY", 5)
    monkeypatch.setattr(rooms, "KEEP_EVERY_SECONDS", -1.0)


@pytest.fixture
def make_job(tmp_path: Path, data: Path) -> Callable[..., TrainJob]:
    """Makes a training whose files are its own, by its folder's name."""

    def make(model: str, folder: str = "one", report: Any = lambda line: None) -> TrainJob:
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        return TrainJob(
            model=model,
            data=data,
            checkpoint=place / f"{model}.safetensors",
            state=place / "state",
            report=report,
        )

    return make


@pytest.fixture
def train(module: Callable[[str], ModuleType]) -> Callable[[TrainJob], None]:
    return module("train").train  # type: ignore[no-any-return]


class Interrupting:
    """Reports nothing, and interrupts the training when it reports for the nth time."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, line: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def outcome(job: TrainJob) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tensors and the record of a training, without how long it took."""
    training = read_header(job.checkpoint).metadata.training
    return load_file(job.checkpoint), training | {"seconds": None}


@both
def test_the_loss_falls(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob], model: str
) -> None:
    lines: list[str] = []
    job = make_job(model, report=lines.append)

    train(job)

    curve = read_header(job.checkpoint).metadata.training["curve"]
    assert [step for step, _, _ in curve] == [5, 10, 15]
    assert curve[0][1] > curve[1][1] > curve[2][1]
    assert curve[0][2] > curve[1][2] > curve[2][2]
    assert lines[-1].startswith("step 15/15  training ")
    assert lines[0].endswith(" min left")


def test_dropout_is_eased_as_the_recipe_says(
    make_job: Callable[..., TrainJob], module: Callable[[str], ModuleType]
) -> None:
    rooms = module("train")
    recipe = replace(rooms.RECIPES["transformer"], eased_from=0.5, eased_to=0.0)
    job = make_job("transformer")
    corpus = module("corpus").Corpus.read(job.data)
    with torch.random.fork_rng(devices=[]):
        run = rooms.Run(job, recipe, corpus)
        run.train()

    left = module("recipes").noise_factor(recipe.steps - 1, recipe)
    dropouts = [m for m in run.model.modules() if isinstance(m, torch.nn.Dropout)]
    assert 0 < left < 0.2
    assert dropouts
    assert all(m.p == pytest.approx(recipe.regularisation["dropout"] * left) for m in dropouts)


@both
@pytest.mark.parametrize("at", [1, 2])
def test_an_interrupted_training_that_goes_on_ends_as_one_that_was_not(
    train: Callable[[TrainJob], None],
    make_job: Callable[..., TrainJob],
    model: str,
    at: int,
) -> None:
    whole, broken = make_job(model, "whole"), make_job(model, "broken", Interrupting(at))
    train(whole)

    with pytest.raises(KeyboardInterrupt):
        train(broken)
    assert not broken.checkpoint.exists()
    lines: list[str] = []
    train(replace(broken, report=lines.append))

    assert lines[0] == f"Going on after step {5 * at - 1}."
    expected, resumed = outcome(whole), outcome(broken)
    assert resumed[1] == expected[1]
    assert all(tensor.equal(resumed[0][name]) for name, tensor in expected[0].items())


@both
def test_a_training_that_is_done_is_only_saved_again(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob], model: str
) -> None:
    job = make_job(model)
    train(job)
    expected = outcome(job)
    job.checkpoint.unlink()

    train(job)

    tensors, record = outcome(job)
    assert record == expected[1]
    assert all(tensor.equal(tensors[name]) for name, tensor in expected[0].items())


def test_the_state_of_another_recipe_begins_anew(
    train: Callable[[TrainJob], None],
    make_job: Callable[..., TrainJob],
    module: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipes = module("train").RECIPES
    lines: list[str] = []
    job = make_job("lstm", report=lines.append)
    train(job)
    monkeypatch.setitem(recipes, "lstm", replace(recipes["lstm"], steps=10))
    lines.clear()

    train(job)

    assert lines[0] == "What was kept is of another recipe; this training begins anew."
    assert lines[1].startswith("step 5/10 ")


def test_a_state_from_before_losses_were_kept_is_still_resumed(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob]
) -> None:
    job = make_job("lstm", report=Interrupting(2))
    with pytest.raises(KeyboardInterrupt):
        train(job)
    state = torch.load(job.state, weights_only=True)
    del state["progress"]["losses"]
    torch.save(state, job.state)

    train(replace(job, report=lambda line: None))

    assert outcome(job)[1]["characters"] == 15 * 4 * 32


@both
def test_the_checkpoint_loads_strictly_and_says_how_it_was_made(
    train: Callable[[TrainJob], None],
    make_job: Callable[..., TrainJob],
    module: Callable[[str], ModuleType],
    data: Path,
    model: str,
) -> None:
    job = make_job(model)
    train(job)
    architecture, config = module("models").CONFIGS[model]
    characters = "".join(sorted(set((data / "input.txt").read_text("utf-8"))))

    network = architecture(vocab_size=len(characters), **config)
    metadata = load(job.checkpoint, network)

    count = sum(parameter.numel() for parameter in network.parameters())
    assert metadata.architecture == architecture.__name__
    assert metadata.config == config | {"vocab_size": len(characters)}
    assert metadata.extra["vocabulary"] == characters
    assert metadata.license == "Apache-2.0"
    assert metadata.training["recipe"] == asdict(module("train").RECIPES[model])
    assert metadata.training["parameters"] == count
    assert metadata.training["characters"] == 15 * 4 * 32
    assert metadata.training["floating_point_operations"] == 6 * count * 15 * 4 * 32
    assert metadata.metrics == {}
    assert all(t.dtype == torch.float16 for t in load_file(job.checkpoint).values())


def test_what_is_kept_is_the_average_that_validated_best(
    train: Callable[[TrainJob], None],
    make_job: Callable[..., TrainJob],
    module: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    losses = iter([3.0, 1.0, 2.0])
    monkeypatch.setattr(module("train"), "windowed_loss", lambda *_: next(losses))
    job = make_job("lstm")

    train(job)

    _, record = outcome(job)
    best = torch.load(job.state, weights_only=True)
    assert record["kept"].startswith("moving average of the weights after step 10,")
    assert not all(t.equal(best["average"][name]) for name, t in best["best"].items())
    assert all(t.equal(best["best"][name].half()) for name, t in load_file(job.checkpoint).items())


@both
def test_global_random_state_is_as_it_was(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob], model: str
) -> None:
    before = torch.get_rng_state()

    train(make_job(model))

    assert torch.get_rng_state().equal(before)


def test_the_counts_are_the_training_text_itself(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob], data: Path
) -> None:
    job = make_job("trigram")

    train(job)

    text = (data / "input.txt").read_text("utf-8")
    metadata = read_header(job.checkpoint).metadata
    ids = load_file(job.checkpoint)["text"].tolist()
    assert "".join(metadata.extra["vocabulary"][i] for i in ids) == text[: int(0.9 * len(text))]
    size = len(metadata.extra["vocabulary"])
    assert metadata.config == {"vocab_size": size, "length": len(ids)}


def test_a_model_that_is_not_made_here_is_refused(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob]
) -> None:
    with pytest.raises(DemoError, match="gru cannot be made here; these can: lstm"):
        train(make_job("gru"))


def test_a_text_with_too_many_characters_to_count_is_refused(
    train: Callable[[TrainJob], None], make_job: Callable[..., TrainJob], tmp_path: Path
) -> None:
    (tmp_path / "input.txt").write_text("".join(map(chr, range(0x4E00, 0x4F10))) * 40, "utf-8")

    with pytest.raises(DemoError, match="272 different characters; 256 are the most"):
        train(replace(make_job("trigram"), data=tmp_path))
