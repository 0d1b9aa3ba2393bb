"""Pictures inside a page's own values."""

from __future__ import annotations

import base64
import io

from PIL import Image


def data_url(image: Image.Image) -> str:
    """The picture as a PNG in a URL: a few hundred bytes for a digit, and no file to clean up."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
