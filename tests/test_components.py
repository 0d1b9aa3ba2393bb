"""Components for tabs: what their scripts send, and what comes of it."""

import base64
import io
import json
import struct
import zlib
from typing import Any

import gradio as gr
import pytest
from PIL import Image, ImageChops

from demo_app import components

PREFIX = "data:image/png;base64,"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
STROKE = Image.linear_gradient("L").resize((280, 280)).convert("RGB")


def url(content: bytes, prefix: str = PREFIX) -> str:
    return prefix + base64.b64encode(content).decode()


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of few bytes that says it has so many pixels a side."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 1000)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


class TestSentPictures:
    def test_a_drawing_arrives_as_it_was_drawn(self) -> None:
        sent = components.sent_picture(url(encoded(STROKE)))
        assert sent is not None
        assert ImageChops.difference(sent, STROKE).getbbox() is None

    def test_a_photo_arrives_upright_and_in_colour(self) -> None:
        frame = url(encoded(STROKE, "JPEG"), "data:image/jpeg;base64,")
        sent = components.sent_picture(frame)
        assert sent is not None
        assert (sent.mode, sent.size) == ("RGB", (280, 280))

    def test_an_empty_text_is_none(self) -> None:
        assert components.sent_picture("") is None

    @pytest.mark.parametrize("value", [None, 7, True, [], {"path": "/etc/passwd"}, 1.5])
    def test_what_is_no_text_is_refused(self, value: Any) -> None:
        with pytest.raises(gr.Error, match="no picture from this page"):
            components.sent_picture(value)

    @pytest.mark.parametrize(
        "address",
        [
            "/etc/passwd",
            "file:///etc/passwd",
            "http://127.0.0.1/x.png",
            "data:image/svg+xml;base64," + base64.b64encode(SVG).decode(),
            "data:text/html;base64,PGI+",
            " " + PREFIX,
        ],
    )
    def test_another_kind_of_address_is_refused(self, address: str) -> None:
        with pytest.raises(gr.Error, match="no picture from this page"):
            components.sent_picture(address)

    def test_what_is_longer_than_any_picture_of_the_page_is_refused(self) -> None:
        with pytest.raises(gr.Error, match="no picture from this page"):
            components.sent_picture(PREFIX + "A" * components.MAX_PICTURE)

    @pytest.mark.parametrize(
        "address",
        [
            PREFIX,
            PREFIX + "not base64!",
            PREFIX + "ABC",
            PREFIX + "é",
            PREFIX + "\ud800",
            url(SVG),
            url(encoded(STROKE)[:400]),
            url(bomb(100_000)),
            url(bomb(7_500)),
        ],
        ids=["nothing", "no base64", "short", "é", "surrogate", "SVG", "cut", "bomb", "large"],
    )
    def test_what_is_no_whole_picture_is_said_to_be_none(self, address: str) -> None:
        with pytest.raises(gr.Error, match="did not arrive whole"):
            components.sent_picture(address)

    def test_what_a_sketch_pad_sends_is_within_the_limit(self) -> None:
        noise = Image.effect_noise((280, 280), 100).convert("RGB")
        assert len(url(encoded(noise))) < components.MAX_PICTURE


class TestAnswers:
    def test_a_live_component_is_told_what_was_answered(self) -> None:
        assert json.loads(components.answered(7)) == {"answered": 7}

    @pytest.mark.parametrize("number", [None, "7", "<b>", 1.5, [7], {"a": 1}])
    def test_what_is_no_number_is_not_handed_back(self, number: Any) -> None:
        assert json.loads(components.answered(number)) == {"answered": 0}
