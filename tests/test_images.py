"""Pictures from outside: every kind arrives as upright RGB, every bad one gets a clear sentence."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo_app import InvalidInput
from demo_app.images import MAX_PIXELS, as_rgb, encode_png, explain, open_image

RED, WHITE = (255, 0, 0), (255, 255, 255)
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
NOT_A_PICTURE = (
    r"^The file is not a picture that can be read\. JPEG, PNG, WebP, GIF and BMP work\.$"
)
DAMAGED = r"^The picture is damaged or incomplete\. Try saving or downloading it again\.$"
TOO_LARGE = r"^The picture is too large: the limit is 50 megapixels\.$"


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(image: Image.Image) -> list[Any]:
    assert image.mode == "RGB"
    return [image.getpixel((x, y)) for y in range(image.height) for x in range(image.width)]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(side: int) -> bytes:
    """A few dozen bytes that claim ``side`` × ``side`` black pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    end = chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + end


class TestKinds:
    @pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF"])
    def test_lossless_kinds_keep_their_pixels(self, kind: str) -> None:
        assert pixels(open_image(encoded(Image.new("RGB", (2, 1), RED), kind))) == [RED, RED]

    @pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
    def test_lossy_kinds_keep_their_colour(self, kind: str) -> None:
        ((red, green, blue),) = set(
            pixels(open_image(encoded(Image.new("RGB", (8, 8), RED), kind)))
        )
        assert red > 250
        assert max(green, blue) < 5

    def test_a_path_will_do(self, tmp_path: Path) -> None:
        Image.new("RGB", (1, 1), RED).save(tmp_path / "red.png")
        assert pixels(open_image(tmp_path / "red.png")) == [RED]

    def test_one_pixel_is_a_picture(self) -> None:
        assert open_image(encoded(Image.new("1", (1, 1), 1), "PNG")).getpixel((0, 0)) == WHITE

    def test_cmyk_becomes_rgb(self) -> None:
        image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
        red, green, blue = pixels(open_image(encoded(image, "JPEG", quality=100)))[0]
        assert red > 250
        assert max(green, blue) < 5

    @pytest.mark.parametrize("mode", ["LA", "RGBA", "PA", "RGBa", "La"])
    def test_transparent_pixels_show_white(self, mode: str) -> None:
        image = Image.new("RGBA", (1, 1), (255, 0, 0, 0))
        if mode != "RGBA":
            image = image.convert({"RGBa": "RGBa", "PA": "P"}.get(mode, "LA"))
        assert pixels(as_rgb(image)) == [WHITE]

    def test_half_transparent_pixels_are_laid_on_white(self) -> None:
        assert pixels(as_rgb(Image.new("RGBA", (1, 1), (255, 0, 0, 128)))) == [(255, 127, 127)]

    @pytest.mark.parametrize("kind", ["PNG", "GIF"])
    def test_a_palette_with_a_transparent_colour_is_laid_on_white(self, kind: str) -> None:
        image = Image.new("P", (2, 1))
        image.putpalette([0, 0, 0, *RED])
        image.putpixel((1, 0), 1)
        assert pixels(open_image(encoded(image, kind, transparency=0))) == [WHITE, RED]

    def test_a_transparent_grey_of_a_png_is_laid_on_white(self) -> None:
        assert pixels(open_image(encoded(Image.new("L", (1, 1), 9), "PNG", transparency=9))) == [
            WHITE
        ]

    @pytest.mark.parametrize(("value", "grey"), [(0, 0), (256, 1), (32768, 128), (65535, 255)])
    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    def test_sixteen_bits_are_scaled_not_clipped(self, kind: str, value: int, grey: int) -> None:
        image = Image.new("I;16", (1, 1), value)
        assert pixels(open_image(encoded(image, kind))) == [(grey, grey, grey)]

    def test_floating_point_greys_span_black_to_white(self) -> None:
        image = Image.new("F", (3, 1))
        for x, value in enumerate((-1.0, 0.0, 1.0)):
            image.putpixel((x, 0), value)
        low, middle, high = pixels(open_image(encoded(image, "TIFF")))
        assert (low, high) == ((0, 0, 0), WHITE)
        assert middle[0] in (127, 128)

    @pytest.mark.parametrize("value", [0.5, float("nan"), float("inf")])
    def test_floating_point_greys_of_one_value_are_a_picture(self, value: float) -> None:
        assert as_rgb(Image.new("F", (2, 2), value)).size == (2, 2)

    @pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
    def test_of_an_animation_the_first_frame_is_taken(self, kind: str) -> None:
        frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, WHITE)]
        options = {"lossless": True} if kind == "WEBP" else {}
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert set(pixels(open_image(content))) == {RED}

    def test_an_animation_that_was_played_is_rewound(self) -> None:
        frames = [Image.new("RGB", (1, 1), colour) for colour in (RED, WHITE)]
        content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
        with Image.open(io.BytesIO(content)) as image:
            first = pixels(as_rgb(image))
            image.seek(1)
            assert pixels(as_rgb(image)) == first


class TestUpright:
    @pytest.mark.parametrize(
        ("orientation", "upright"),
        [(1, "abcd"), (2, "badc"), (3, "dcba"), (4, "cdab"), (6, "cadb"), (8, "bdac")],
    )
    def test_a_rotated_photo_is_turned(self, orientation: int, upright: str) -> None:
        greys = {"a": 0, "b": 80, "c": 160, "d": 240}
        image = Image.new("L", (2, 2))
        for i, grey in enumerate(greys.values()):
            image.putpixel((i % 2, i // 2), grey)
        exif = Image.Exif()
        exif[0x0112] = orientation
        turned = open_image(encoded(image, "PNG", exif=exif))
        assert [pixel[0] for pixel in pixels(turned)] == [greys[place] for place in upright]

    def test_width_and_height_change_places(self) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        assert open_image(encoded(Image.new("RGB", (4, 2)), "JPEG", exif=exif)).size == (2, 4)

    @pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"", b"Exif\0\0II*\0"])
    def test_garbage_for_exif_does_no_harm(self, exif: bytes) -> None:
        assert open_image(encoded(Image.new("RGB", (4, 2)), "JPEG", exif=exif)).size == (4, 2)


class TestRefused:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"just a text",
            b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>",
            b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF",
            b"PK\x03\x04 a zip",
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff\xe0",
        ],
    )
    def test_what_is_no_picture(self, content: bytes) -> None:
        with pytest.raises(InvalidInput, match=f"{NOT_A_PICTURE}|{DAMAGED}"):
            open_image(content)

    def test_a_program_in_place_of_a_picture_is_handed_to_no_interpreter(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started: list[Any] = []
        monkeypatch.setattr("subprocess.check_call", lambda *command, **_: started.append(command))
        with pytest.raises(InvalidInput, match=NOT_A_PICTURE):
            open_image(POSTSCRIPT)
        with Image.open(io.BytesIO(POSTSCRIPT)) as image, pytest.raises(OSError, match="Ghost"):
            image.load()
        assert started == []

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
    @pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
    def test_a_picture_that_is_cut_off(self, kind: str, part: float) -> None:
        noise = Image.effect_noise((64, 64), 90).convert("RGB")
        content = encoded(noise, kind)
        with pytest.raises(InvalidInput, match=f"{DAMAGED}|{NOT_A_PICTURE}"):
            open_image(content[: int(len(content) * part)])

    @pytest.mark.parametrize("side", [20_000, 10_100, 7_100])
    def test_a_small_file_that_claims_too_many_pixels(self, side: int) -> None:
        bomb = png_bomb(side)
        assert len(bomb) < 100
        with pytest.raises(InvalidInput, match=TOO_LARGE):
            open_image(bomb)

    def test_a_picture_with_too_many_pixels_from_a_caller_in_this_process(self) -> None:
        with pytest.raises(InvalidInput, match=TOO_LARGE):
            as_rgb(Image.new("1", (MAX_PIXELS + 1, 1)))

    def test_the_largest_picture_is_still_taken(self) -> None:
        assert as_rgb(Image.new("1", (1000, 50_000))).size == (1000, 50_000)

    def test_other_errors_are_none_of_pillows(self) -> None:
        assert explain(KeyError("x")) is None
        assert explain(None) is None


class TestPlain:
    def test_the_callers_picture_is_left_alone(self) -> None:
        image = Image.new("RGB", (1, 1), RED)
        as_rgb(image).putpixel((0, 0), WHITE)
        assert pixels(image) == [RED]

    def test_what_else_the_file_held_stays_behind(self) -> None:
        exif = Image.Exif()
        exif[0x010E] = "where it was taken"
        content = encoded(Image.new("CMYK", (8, 8)), "JPEG", exif=exif, icc_profile=b"of CMYK")
        image = open_image(content)
        assert image.info == {}
        assert b"taken" not in encode_png(image)

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
    def test_what_png_can_hold_is_saved_as_it_is(self, mode: str) -> None:
        with Image.open(io.BytesIO(encode_png(Image.new(mode, (2, 3))))) as image:
            assert (image.mode, image.size) == (mode, (2, 3))

    @pytest.mark.parametrize("mode", ["CMYK", "HSV", "YCbCr", "LAB", "F", "I", "RGBa"])
    def test_what_png_cannot_hold_is_saved_as_rgb(self, mode: str) -> None:
        with Image.open(io.BytesIO(encode_png(Image.new(mode, (2, 3))))) as image:
            assert (image.mode, image.size) == ("RGB", (2, 3))
