"""Photos as the page's scripts send them: JPEG files in data URLs."""

import base64

from tests.plugins.image_classifier.labelled_photos import encoded, picture

PREFIX = "data:image/jpeg;base64,"


def jpeg(colour: str, number: int) -> bytes:
    """A JPEG of one colour, another for each number."""
    return encoded(picture(colour, number), "JPEG")


def url(data: bytes) -> str:
    """A file as a script sends it."""
    return PREFIX + base64.b64encode(data).decode()
