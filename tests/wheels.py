"""Builds the wheel, as pip would, without a network and without leaving anything behind."""

import subprocess
import sys
from pathlib import Path


def build_wheel(source: Path, folder: Path) -> Path:
    """Build the wheel of the project in ``source`` into ``folder``; returns the file."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel
