"""The training text: Tiny Shakespeare, its first nine tenths for training, the rest held out."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from demo_app import DemoError

from .vocabulary import Vocabulary

FILE = "input.txt"
URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
TRAINING_SHARE = 0.9


@dataclass(frozen=True)
class Corpus:
    """A text in two splits of ids, and the vocabulary of both."""

    vocabulary: Vocabulary
    training: Tensor
    validation: Tensor

    @classmethod
    def of(cls, text: str) -> Corpus:
        """Split a text: the first 90 % trains, the last 10 % validates."""
        vocabulary = Vocabulary.of(text)
        ids = torch.tensor(vocabulary.encode(text), dtype=torch.int64)
        cut = int(TRAINING_SHARE * len(ids))
        return cls(vocabulary, ids[:cut], ids[cut:])

    @classmethod
    def read(cls, folder: Path | None) -> Corpus:
        """Read ``input.txt`` from a folder, or download it where there is none.

        Raises:
            DemoError: the file is missing, too short or not UTF-8, or cannot be downloaded.
        """
        text = _download() if folder is None else _read(folder / FILE)
        if len(text) < 10_000:
            raise DemoError(f"{FILE} has {len(text)} characters: too few to learn from.")
        return cls.of(text)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DemoError(f"{path} cannot be read as a text ({error}).") from error


def _download() -> str:
    try:
        with urllib.request.urlopen(URL, timeout=60) as response:
            return str(response.read().decode("utf-8"))
    except OSError as error:
        raise DemoError(
            f"The text could not be downloaded ({error}). Save {URL} as {FILE} and give its "
            "folder with --data."
        ) from error
