"""What makes an app start fast."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from demo_app.collecting import resting, spare


@contextmanager
def without_collecting() -> Iterator[None]:
    """Do without the garbage collector while things are made that stay, and spare them later.

    Importing Gradio and building the page takes a quarter less time. What was made inside is not
    looked through again, which would hold up every call for a tenth of a second now and then. It
    concerns the whole process: for the start of an app, not for a part of a larger one.
    """
    with resting():
        try:
            yield
        finally:
            spare()
