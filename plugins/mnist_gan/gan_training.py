"""The game of generator and discriminator, kept so that it can go on where it was interrupted."""

from __future__ import annotations

import copy
import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, softplus

from demo_app.datasets.mnist import Digits, to_model, to_pixels
from demo_app.training import autocast

from .frechet import frechet_distance, judged
from .judge_training import train_judge
from .models import DIGITS, GRID_ROWS, LATENT, SNAPSHOTS, Discriminator, Generator, Judge
from .recipes import GanRecipe, JudgeRecipe, frozen

KEEP_EVERY_SECONDS = 120.0
MEASURED = 5_000
"""Generated pictures, and real ones of the training split, that a snapshot is measured with."""


@dataclass
class Progress:
    """Where a training is.

    Attributes:
        step: how many are done.
        seconds: how long they took.
        curve: at each snapshot its step, the mean losses of discriminator and generator since the
            one before, the judge's agreement and the Fréchet distance to the training split.
        losses: of discriminator and generator in every step since the last snapshot.
    """

    step: int = 0
    seconds: float = 0.0
    curve: list[tuple[int, float, float, float, float]] = field(default_factory=list)
    losses: list[tuple[float, float]] = field(default_factory=list)


class Run:
    """One training: both networks, their optimisers, the generator's average, and where it is."""

    def __init__(
        self,
        state: Path,
        digits: Digits,
        recipe: GanRecipe,
        judge_recipe: JudgeRecipe,
        report: Callable[[str], None],
        snapshots: int = SNAPSHOTS,
    ) -> None:
        self.state, self.digits, self.report = state, digits, report
        self.recipe, self.judge_recipe = recipe, judge_recipe
        self.judge: Judge | None = None
        torch.default_generator.manual_seed(recipe.seed)
        self.generator, self.discriminator = Generator(), Discriminator()
        self.average = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self.optimizers = [
            torch.optim.Adam(network.parameters(), rate, betas=(0.0, 0.99))
            for network, rate in (
                (self.generator, recipe.generator_rate),
                (self.discriminator, recipe.discriminator_rate),
            )
        ]
        self.order = torch.randperm(len(digits))
        self.place = 0
        self.grid_latents = torch.randn(GRID_ROWS, LATENT)
        self.snapshots: list[Tensor] = []
        self.snapshot_steps = snapshot_steps(recipe.steps, snapshots)
        self.progress = Progress()

    def train(self) -> Judge:
        """Train the judge, if there is none yet, and take the steps that are left."""
        if self.judge is None:
            random = torch.get_rng_state()
            torch.default_generator.manual_seed(self.judge_recipe.seed)
            self.judge = train_judge(self.digits, self.judge_recipe, self.report)
            torch.set_rng_state(random)
            self._keep()
        progress, kept = self.progress, time.monotonic()
        real = to_model(self.digits.images[:MEASURED])
        self.judge.requires_grad_(False)
        self.real_features, _ = judged(self.judge, real)
        while True:
            if len(self.snapshots) < len(self.snapshot_steps) and (
                progress.step == self.snapshot_steps[len(self.snapshots)]
            ):
                self._snapshot()
            if progress.step == self.recipe.steps:
                break
            start = time.monotonic()
            progress.losses.append(self._step())
            progress.step += 1
            progress.seconds += time.monotonic() - start
            if time.monotonic() - kept > KEEP_EVERY_SECONDS:
                self._keep()
                kept = time.monotonic()
        self._keep()
        return self.judge

    def _step(self) -> tuple[float, float]:
        factor = self.recipe.rate_factor(self.progress.step)
        rates = self.recipe.generator_rate, self.recipe.discriminator_rate
        for optimizer, rate in zip(self.optimizers, rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * factor
        images, digits = self._batch()
        losses = (
            self._improve_discriminator(images, digits),
            self._improve_generator(images, digits),
        )
        # While the average is young it follows the weights closely.
        step = self.progress.step
        decay = min(self.recipe.average, (1 + step) / (10 + step))
        for kept, now in zip(
            self.average.state_dict().values(), self.generator.state_dict().values(), strict=True
        ):
            if kept.is_floating_point():
                kept.lerp_(now, 1 - decay)
            else:
                kept.copy_(now)
        return losses

    def _batch(self) -> tuple[Tensor, Tensor]:
        if self.place + self.recipe.batch > len(self.order):
            self.order, self.place = torch.randperm(len(self.digits)), 0
        chosen = self.order[self.place : self.place + self.recipe.batch]
        self.place += self.recipe.batch
        return to_model(self.digits.images[chosen]), self.digits.labels[chosen]

    def _improve_discriminator(self, images: Tensor, digits: Tensor) -> float:
        with torch.no_grad(), autocast():
            fakes = self.generator(torch.randn(len(digits), LATENT), digits)
        both, of_both = torch.cat([images, fakes]), digits.repeat(2)
        steepness = torch.zeros(())
        if self.progress.step % self.recipe.penalty_every:
            with autocast():
                features = self.discriminator.features(both)
                realness = self.discriminator.realness_of(features, of_both)
        else:
            # The slope of a slope is taken in fp32: in bf16 it is mostly rounding.
            both.requires_grad_()
            features = self.discriminator.features(both)
            realness = self.discriminator.realness_of(features, of_both)
            (slopes,) = torch.autograd.grad(realness.sum(), both, create_graph=True)
            weight = self.recipe.penalty * self.recipe.penalty_every
            # Half the weight times the mean at real pictures plus the mean at generated ones.
            steepness = weight * slopes.square().sum((1, 2, 3)).mean()
        real, fake = realness.chunk(2)
        named = self.discriminator.digit(features[: len(digits)].float())
        loss = softplus(fake - real).mean()
        total = loss + self.recipe.digit_weight * cross_entropy(named, digits) + steepness
        self.optimizers[1].zero_grad()
        total.backward()
        self.optimizers[1].step()
        return loss.item()

    def _improve_generator(self, images: Tensor, digits: Tensor) -> float:
        with frozen(self.discriminator), autocast():
            fakes = self.generator(torch.randn(len(digits), LATENT), digits)
            features = self.discriminator.features(fakes)
            fake = self.discriminator.realness_of(features, digits)
            named = self.discriminator.digit(features)
            with torch.no_grad():
                real = self.discriminator(images, digits)
            loss = softplus(real - fake).mean()
            total = loss + self.recipe.digit_weight * cross_entropy(named.float(), digits)
            self.optimizers[0].zero_grad()
            total.backward()
        self.optimizers[0].step()
        return loss.item()

    @torch.no_grad()
    def _snapshot(self) -> None:
        """Draw the grid, and measure where the training is, with draws of its own."""
        assert self.judge is not None
        latents = self.grid_latents.repeat_interleave(DIGITS, 0)
        digits = torch.arange(DIGITS).repeat(GRID_ROWS)
        self.snapshots.append(grid(to_pixels(self.average(latents, digits)), DIGITS))
        draws = torch.Generator().manual_seed(self.recipe.seed)
        digits = torch.arange(MEASURED) % DIGITS
        latents = torch.randn(MEASURED, LATENT, generator=draws)
        images = torch.cat(
            [
                to_model(to_pixels(self.average(z, y)))
                for z, y in zip(latents.split(1000), digits.split(1000), strict=True)
            ]
        )
        features, answers = judged(self.judge, images)
        agreement = (answers == digits).double().mean().item()
        distance = frechet_distance(features, self.real_features)
        progress = self.progress
        losses = progress.losses or [(0.0, 0.0)]
        of_discriminator, of_generator = (
            sum(each) / len(losses) for each in zip(*losses, strict=True)
        )
        progress.curve.append((progress.step, of_discriminator, of_generator, agreement, distance))
        progress.losses.clear()
        left = progress.seconds / max(1, progress.step) * (self.recipe.steps - progress.step)
        self.report(
            f"step {progress.step}/{self.recipe.steps}  losses {of_discriminator:.3f} "
            f"{of_generator:.3f}  agreement {agreement:.4f}  Fréchet distance {distance:.2f}  "
            f"{left / 60:.0f} min left"
        )

    def _keep(self) -> None:
        """Write the state to a file beside, then put it in place: never half a state."""
        assert self.judge is not None
        temporary = self.state.with_name(f"{self.state.name}.part")
        state = {
            "recipe": fingerprint(self.recipe, self.judge_recipe, self.snapshot_steps),
            "judge": self.judge.state_dict(),
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "order": self.order,
            "place": self.place,
            "snapshots": self.snapshots,
            "progress": asdict(self.progress),
            "random": torch.get_rng_state(),
        }
        torch.save(state, temporary)
        temporary.replace(self.state)

    def resume(self) -> None:
        """Go on where an interrupted training of the same recipe was; keep at least its judge."""
        if not self.state.exists():
            return
        kept = torch.load(self.state, weights_only=True)
        judge, pair = fingerprint(self.recipe, self.judge_recipe, self.snapshot_steps)
        if kept["recipe"][0] == judge:
            with torch.random.fork_rng(devices=[]):
                self.judge = Judge()
            self.judge.load_state_dict(kept["judge"])
            self.judge.eval()
        if kept["recipe"] != [judge, pair]:
            self.report("What was kept is of another recipe; the pair begins anew.")
            return
        for name in ("generator", "discriminator", "average"):
            getattr(self, name).load_state_dict(kept[name])
        for optimizer, state in zip(self.optimizers, kept["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.order, self.place, self.snapshots = kept["order"], kept["place"], kept["snapshots"]
        self.progress = Progress(**kept["progress"])
        torch.set_rng_state(kept["random"])
        self.report(f"Going on after step {self.progress.step}.")

    def record(self) -> dict[str, Any]:
        """The record of the training, for the checkpoint."""
        return {
            "recipe": asdict(self.recipe),
            "judge_recipe": asdict(self.judge_recipe),
            "kept": "moving average of the generator's weights at the last step; the "
            "discriminator of the last step; the judge, which was trained before both",
            "epochs": round(self.progress.step * self.recipe.batch / len(self.digits), 1),
            "seconds": round(self.progress.seconds),
            "processor": f"{torch.get_num_threads()} threads of {platform.machine()}",
            "curve": [
                [step, *(round(value, 4) for value in values)]
                for step, *values in self.progress.curve
            ],
        }


def fingerprint(recipe: GanRecipe, judge_recipe: JudgeRecipe, moments: Sequence[int]) -> list[str]:
    """What a kept state has to agree with: the judge's recipe, and the pair's and its moments."""
    pair = asdict(recipe) | {"snapshots": list(moments)}
    return [json.dumps(each, sort_keys=True) for each in (asdict(judge_recipe), pair)]


def snapshot_steps(steps: int, count: int) -> list[int]:
    """Moments of a training: close together at first, when most happens; the last is its end."""
    return sorted({round(steps * (place / (count - 1)) ** 2) for place in range(count)})


def grid(pictures: Tensor, columns: int) -> Tensor:
    """Pictures ``(rows * columns, 28, 28)`` as one of ``(rows * 28, columns * 28)``."""
    rows = len(pictures) // columns
    side = pictures.shape[-1]
    squares = pictures.view(rows, columns, side, side)
    return squares.permute(0, 2, 1, 3).reshape(rows * side, columns * side)
