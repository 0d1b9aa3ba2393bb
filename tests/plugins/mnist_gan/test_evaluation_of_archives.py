"""What is measured of the archives: that they hold what they should."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.datasets.idx_files import bars


class TestTrainingDigits:
    @pytest.fixture
    def archive(self, module: Callable[[str], ModuleType]) -> Any:
        archive = module("archive").PictureArchive(200, 28, 28, capacity=50_000)
        pictures, labels = bars(200)
        archive.pack(pictures)
        archive.labels.copy_(labels)
        return archive

    def test_differ_by_8_of_255_at_most(
        self, evaluate: Callable[..., Any], archive: Any, tiny_mnist: Path
    ) -> None:
        metrics = evaluate("training_digits", archive, tiny_mnist)

        assert 0 < metrics["largest_difference"]["value"] <= 8 / 255
        assert metrics["wrong_labels"]["value"] == 0

    def test_wrong_labels_and_pictures_are_noticed(
        self, evaluate: Callable[..., Any], archive: Any, tiny_mnist: Path
    ) -> None:
        archive.labels[:3] += 1
        archive.pack(archive.unpack().roll(1, 0))

        metrics = evaluate("training_digits", archive, tiny_mnist)

        assert metrics["wrong_labels"]["value"] == 3
        assert metrics["largest_difference"]["value"] > 0.5


class TestReplay:
    def archive(self, module: Callable[[str], ModuleType], last: Tensor) -> Any:
        archive = module("archive").PictureArchive(2, 56, 280, capacity=20_000, labelled=False)
        archive.pack(torch.stack([torch.zeros_like(last), last]))
        return archive

    @pytest.fixture
    def last(self, module: Callable[[str], ModuleType]) -> Tensor:
        """Two rows of all ten bars."""
        pictures, _ = bars(20, seed=1)
        grid: Tensor = module("gan_training").grid(pictures, 10)
        return grid

    def test_whose_last_moment_shows_the_digits_is_like_them(
        self,
        evaluate: Callable[..., Any],
        module: Callable[[str], ModuleType],
        last: Tensor,
        tiny_mnist: Path,
    ) -> None:
        metric = evaluate("replay", self.archive(module, last), tiny_mnist)

        likeness = metric["likeness_of_last_moment"]
        assert likeness["value"] > 0.85
        assert len(likeness["by_digit"]) == 10

    def test_whose_columns_are_mixed_up_is_not(
        self,
        evaluate: Callable[..., Any],
        module: Callable[[str], ModuleType],
        last: Tensor,
        tiny_mnist: Path,
    ) -> None:
        mixed = self.archive(module, last.roll(28, 1))

        assert evaluate("replay", mixed, tiny_mnist)["likeness_of_last_moment"]["value"] < 0.3
