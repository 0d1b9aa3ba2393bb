"""How the checkpoints of this demo are made: ``demo-app train text_generator --model NAME``."""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from demo_app import DemoError, TrainJob
from demo_app.checkpoints import CheckpointMetadata
from demo_app.training import autocast

from .batches import Batches
from .corpus import Corpus
from .evaluation import WINDOW, windowed_loss
from .lstm import LSTMLanguageModel
from .models import CONFIGS
from .recipes import RECIPES, Recipe, learning_rate_factor, noise_factor, optimizers

VALIDATE_EVERY = 100
KEEP_EVERY_SECONDS = 120.0
LICENSE = "Apache-2.0"


def train(job: TrainJob) -> None:
    """Make the checkpoint of ``job.model`` and hand it to ``job.save``.

    An interrupted training goes on from ``job.state``, where there is one of the same recipe.

    Raises:
        DemoError: there is no model of that name, or no text to learn from.
    """
    if job.model not in CONFIGS:
        raise DemoError(f"{job.model} cannot be made here; these can: {', '.join(CONFIGS)}.")
    corpus = Corpus.read(job.data)
    if job.model == "trigram":
        save_counts(job, corpus)
        return
    with torch.random.fork_rng(devices=[]):
        run = Run(job, RECIPES[job.model], corpus)
        run.resume()
        run.train()
        run.save()


def save_counts(job: TrainJob, corpus: Corpus) -> None:
    """The baseline: the training text itself, which is what there is to count in.

    Raises:
        DemoError: the text has more characters than fit into a byte.
    """
    if len(corpus.vocabulary) > 256:
        raise DemoError(
            f"The text has {len(corpus.vocabulary)} different characters; 256 are the most."
        )
    ids = corpus.training.to(torch.uint8)
    job.report(f"{len(ids):,} characters.")
    metadata = _describe(
        job,
        corpus,
        "TrigramLanguageModel",
        {"vocab_size": len(corpus.vocabulary), "length": len(ids)},
        {"method": "the text is stored and counted when it is loaded; nothing is fitted"},
    )
    job.save({"text": ids}, metadata)


@dataclass
class Progress:
    """Where a training is.

    Attributes:
        step: how many are done.
        seconds: how long they took.
        best_loss: the lowest validation loss so far, in nats per character.
        best_step: after which step that was.
        curve: step, training loss and validation loss, both in nats, at each validation.
        losses: the training loss of every step since the last of those.
    """

    step: int = 0
    seconds: float = 0.0
    best_loss: float = math.inf
    best_step: int = 0
    curve: list[tuple[int, float, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)


class Run:
    """One training: the network, its optimisers, the average of its weights, and where it is."""

    def __init__(self, job: TrainJob, recipe: Recipe, corpus: Corpus) -> None:
        torch.default_generator.manual_seed(recipe.seed)
        architecture, config = CONFIGS[job.model]
        self.job, self.recipe, self.corpus = job, recipe, corpus
        self.config = config | {"vocab_size": len(corpus.vocabulary)}
        self.model = architecture(**self.config, **recipe.regularisation)
        self.dropouts = {
            module: module.p for module in self.model.modules() if isinstance(module, nn.Dropout)
        }
        self.average = _weights(self.model)
        self.best = _weights(self.model)
        self.optimizers = list(optimizers(self.model, recipe))
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["initial_lr"] = group["lr"]
        self.batches = Batches(corpus.training, recipe.batch, recipe.length, recipe.carried)
        self.progress = Progress()

    def train(self) -> None:
        """Take the steps that are left; keep the state every two minutes."""
        kept = time.monotonic()
        progress = self.progress
        while progress.step < self.recipe.steps:
            start = time.monotonic()
            progress.losses.append(self._step())
            progress.step += 1
            progress.seconds += time.monotonic() - start
            last = progress.step == self.recipe.steps
            if last or progress.step % VALIDATE_EVERY == 0:
                self._validate(math.fsum(progress.losses) / len(progress.losses))
                progress.losses.clear()
            if last or time.monotonic() - kept > KEEP_EVERY_SECONDS:
                self._keep()
                kept = time.monotonic()

    def _step(self) -> float:
        factor = learning_rate_factor(self.progress.step, self.recipe)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * factor
        noise = noise_factor(self.progress.step, self.recipe)
        for module, probability in self.dropouts.items():
            module.p = probability * noise
        inputs, targets = self.batches.draw()
        self.model.train()
        with autocast():
            logits = self._forward(inputs, self.recipe.hidden_characters * noise)
        loss = cross_entropy(logits.float().flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        # While the average is young it follows the weights closely.
        decay = min(self.recipe.average, (1 + self.progress.step) / (10 + self.progress.step))
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                self.average[name].lerp_(parameter, 1 - decay)
        return loss.item()

    def _forward(self, inputs: Tensor, hidden: float) -> Tensor:
        embedding = self.model.get_submodule("embedding")
        kept = (torch.rand(inputs.shape) >= hidden)[..., None] if hidden else None
        hook = embedding.register_forward_hook(
            lambda _module, _inputs, output: output if kept is None else output * kept
        )
        try:
            if not isinstance(self.model, LSTMLanguageModel):
                logits: Tensor = self.model(inputs)
                return logits
            logits, (state, cell) = self.model(inputs, self.batches.state)
            self.batches.state = (state.detach(), cell.detach())
            return logits
        finally:
            hook.remove()

    def _validate(self, training_loss: float) -> None:
        current = _weights(self.model)
        _assign(self.model, self.average)
        # The character before the first that is scored is the last of the training split.
        ids = torch.cat([self.corpus.training[-1:], self.corpus.validation])
        with torch.no_grad(), autocast():
            loss = windowed_loss(self.model.eval(), ids, WINDOW)
        _assign(self.model, current)
        progress, steps = self.progress, self.recipe.steps
        progress.curve.append((progress.step, training_loss, loss))
        if loss < progress.best_loss:
            progress.best_loss, progress.best_step = loss, progress.step
            self.best = {name: tensor.clone() for name, tensor in self.average.items()}
        left = progress.seconds / progress.step * (steps - progress.step)
        self.job.report(
            f"step {progress.step}/{steps}  training {training_loss:.4f}  validation {loss:.4f}  "
            f"best {progress.best_loss:.4f}  {left / 60:.0f} min left"
        )

    def _keep(self) -> None:
        """Write the state to a file beside, then put it in place: never half a state."""
        temporary = self.job.state.with_name(f"{self.job.state.name}.part")
        state = {
            "recipe": _fingerprint(self.recipe, self.config),
            "model": self.model.state_dict(),
            "average": self.average,
            "best": self.best,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "batches": self.batches.state_dict(),
            "progress": asdict(self.progress),
            "random": torch.get_rng_state(),
        }
        torch.save(state, temporary)
        temporary.replace(self.job.state)

    def resume(self) -> None:
        """Go on where an interrupted training of the same recipe was."""
        if not self.job.state.exists():
            return
        kept = torch.load(self.job.state, weights_only=True)
        if kept["recipe"] != _fingerprint(self.recipe, self.config):
            self.job.report("What was kept is of another recipe; this training begins anew.")
            return
        self.model.load_state_dict(kept["model"])
        self.average, self.best = kept["average"], kept["best"]
        for optimizer, state in zip(self.optimizers, kept["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.batches.load_state_dict(kept["batches"])
        self.progress = Progress(**kept["progress"])
        torch.set_rng_state(kept["random"])
        self.job.report(f"Going on after step {self.progress.step}.")

    def save(self) -> None:
        """Write the best average as fp16."""
        recipe, progress = self.recipe, self.progress
        characters = progress.step * recipe.batch * recipe.length
        parameters = sum(tensor.numel() for tensor in self.best.values())
        metadata = _describe(
            self.job,
            self.corpus,
            type(self.model).__name__,
            self.config,
            {
                "recipe": asdict(recipe),
                "parameters": parameters,
                "kept": f"moving average of the weights after step {progress.best_step}, the one "
                "with the lowest validation loss",
                "characters": characters,
                "floating_point_operations": 6 * parameters * characters,
                "seconds": round(progress.seconds),
                "processor": f"{torch.get_num_threads()} threads of {platform.machine()}",
                "curve": [
                    [step, round(training, 4), round(validation, 4)]
                    for step, training, validation in progress.curve
                ],
            },
        )
        self.job.save({name: tensor.half() for name, tensor in self.best.items()}, metadata)


def _describe(
    job: TrainJob,
    corpus: Corpus,
    architecture: str,
    config: dict[str, int],
    training: dict[str, object],
) -> CheckpointMetadata:
    return CheckpointMetadata(
        architecture=architecture,
        license=LICENSE,
        source=f"demo-app train text_generator --model {job.model}; text: Tiny Shakespeare, "
        "public domain, from https://github.com/karpathy/char-rnn",
        config=config,
        training=training,
        extra={"vocabulary": corpus.vocabulary.characters},
    )


def _weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.named_parameters()}


def _assign(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights[name])


def _fingerprint(recipe: Recipe, config: Mapping[str, int]) -> str:
    return json.dumps({"recipe": asdict(recipe), "config": dict(config)}, sort_keys=True)
