"""Teach a head from photos of 12 megapixels and print the most memory that the process held.

Run by ``head.py`` in a process of its own: ``head_memory.py FOLDER``, with a folder of JPEGs for
each class. Prints a line of JSON: bytes before the training, and at most.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from demo_app import File, Host
from demo_app.images import open_image


def main(folder: Path) -> None:
    """Read the files as an upload would hand them over, and train."""
    images = {
        inside.name: [File(name=p.name, data=p.read_bytes()) for p in sorted(inside.iterdir())]
        for inside in sorted(folder.iterdir())
    }
    with Host() as host:
        demo = host["image_classifier"]
        demo.call("classify", image=open_image(next(iter(images.values()))[0].data))
        before = peak()
        demo.call("train_head", images=images)
    print(json.dumps({"before": before, "peak": peak()}))


def peak() -> int:
    """The most memory that this process has held so far, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main(Path(sys.argv[1]))
