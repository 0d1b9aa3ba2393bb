"""What the page's rooms hand to its scripts, read for tests."""

import base64
import io

from PIL import Image


def decoded(source: str) -> Image.Image:
    """The picture in a data URL."""
    kind, data = source.split(",")
    assert kind == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))
