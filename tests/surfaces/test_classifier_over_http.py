"""The image classifier as a client meets it: right answers, and clear ones to bad input."""

import io
import re
import struct
import subprocess
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

NAMED = "image_classifier__classify"
HEAD = "imagenet"


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that decodes to ``width x height`` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    rows = zlib.compress(bytes((1 + width // 8) * height), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def photo() -> Image.Image:
    return Image.effect_mandelbrot((320, 240), (-2, -1, 1, 1), 50).convert("RGB")


UNREADABLE = {
    "no picture": (b"hello, this is text", "not a picture"),
    "0 bytes": (b"", "not a picture"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
    "truncated JPEG": (encoded(photo(), "JPEG")[:2000], "damaged or incomplete"),
    "truncated PNG": (encoded(photo(), "PNG")[:2000], "damaged or incomplete"),
    "bomb": (bomb(20_000, 20_000), "too large"),
}

READABLE = {
    "1x1": encoded(Image.new("RGB", (1, 1), "red"), "PNG"),
    "16-bit": encoded(Image.new("I;16", (64, 64), 30_000), "PNG"),
    "CMYK": encoded(photo().convert("CMYK"), "JPEG"),
    "palette with transparency": encoded(photo().convert("P"), "PNG", transparency=0),
    "animated GIF": encoded(
        photo(), "GIF", save_all=True, append_images=[Image.new("RGB", (320, 240))]
    ),
    "one pixel high": encoded(Image.new("RGB", (5000, 1)), "PNG"),
}


def test_it_names_a_photo(client: Any, espresso: bytes) -> None:
    (result,) = client.call(NAMED, client.upload(espresso), 3, HEAD)
    assert len(result["predictions"]) == 3
    assert result["predictions"][0]["class_name"] == "espresso"


def test_the_named_endpoint_the_generic_one_and_pytest_agree(
    client: Any, host: Any, espresso: bytes
) -> None:
    direct = host["image_classifier"].call(
        "classify", image=Image.open(io.BytesIO(espresso)), top_k=5
    )
    expected = [(p.class_name, p.probability) for p in direct.predictions]
    (named,) = client.call(NAMED, client.upload(espresso), 5, HEAD)
    (generic,) = client.call(
        "call", "image_classifier", "classify", {"image": client.upload(espresso), "top_k": 5}
    )
    for result in (named, generic):
        assert [(p["class_name"], p["probability"]) for p in result["predictions"]] == expected


def test_an_explanation_comes_with_pictures_that_can_be_fetched(
    client: Any, espresso: bytes
) -> None:
    (result,) = client.call("image_classifier__explain", client.upload(espresso), None, HEAD)
    response = client.http.get(result["overlay"]["url"])
    assert Image.open(io.BytesIO(response.content)).size == (448, 448)


@pytest.mark.parametrize("kind", UNREADABLE)
def test_an_unreadable_picture_is_refused_with_a_sentence(
    client: Any, refused: type[Exception], kind: str, espresso: bytes
) -> None:
    content, message = UNREADABLE[kind]
    with pytest.raises(refused, match=message):
        client.call(NAMED, client.upload(content), 5, HEAD)
    (result,) = client.call(NAMED, client.upload(espresso), 1, HEAD)
    assert result["predictions"][0]["class_name"] == "espresso"


@pytest.mark.parametrize("kind", READABLE)
def test_an_unusual_picture_is_named(client: Any, kind: str) -> None:
    (result,) = client.call(NAMED, client.upload(READABLE[kind]), 5, HEAD)
    assert len(result["predictions"]) == 5


def test_a_photo_with_an_orientation_is_turned_upright(client: Any, espresso: bytes) -> None:
    upright = Image.open(io.BytesIO(espresso))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: 90 degrees clockwise make it upright
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    as_taken = encoded(turned, "PNG", exif=exif)
    (expected,) = client.call(NAMED, client.upload(encoded(upright, "PNG")), 5, HEAD)
    (result,) = client.call(NAMED, client.upload(as_taken), 5, HEAD)
    assert result == expected


@pytest.mark.parametrize(
    ("top_k", "message"),
    [
        (0, "top_k: Input should be greater than or equal to 1"),
        (-1, "top_k: Input should be greater than or equal to 1"),
        (10**9, "top_k: Input should be less than or equal to 1000"),
        ("x", "top_k: Input should be a valid integer"),
        (True, "top_k: Input should be a number, not true or false"),
        ([5], "top_k: Input should be a valid integer"),
        (None, "top_k: Input should be a valid integer"),
    ],
)
def test_a_bad_count_is_refused_by_every_endpoint(
    client: Any, refused: type[Exception], espresso: bytes, top_k: Any, message: str
) -> None:
    image = client.upload(espresso)
    with pytest.raises(refused, match=message):
        client.call(NAMED, image, top_k, HEAD)
    with pytest.raises(refused, match=message):
        client.call("call", "image_classifier", "classify", {"image": image, "top_k": top_k})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("image_classifer", "classify", {}), "Did you mean 'image_classifier'"),
        (("image_classifier", "clasify", {}), "Did you mean 'classify'"),
        (("image_classifier", "classify", {"picture": 1}), "no parameter 'picture'"),
        (("image_classifier", "classify", {}), "image: is required"),
        (("image_classifier", "classify", "x"), "arguments: should be an object"),
        ((None, "classify", {}), "plugin and action are names"),
        (("image_classifier", 3, {}), "plugin and action are names"),
        (("<script>", "classify", {}), "There is no plugin named '<script>'"),
    ],
)
def test_the_generic_endpoint_says_what_it_did_not_understand(
    client: Any, refused: type[Exception], arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(refused, match=message):
        client.call("call", *arguments)


def test_an_unknown_class_name_is_answered_with_suggestions(
    client: Any, refused: type[Exception], espresso: bytes
) -> None:
    with pytest.raises(refused, match=r"Did you mean .*espresso"):
        client.call("image_classifier__explain", client.upload(espresso), "expresso", HEAD)


def test_two_hundred_calls_at_once_are_all_answered(client: Any, espresso: bytes) -> None:
    image = client.upload(espresso)
    with ThreadPoolExecutor(50) as pool:
        results = list(
            pool.map(lambda _: client.another().call(NAMED, image, 1, HEAD)[0], range(200))
        )
    assert {result["predictions"][0]["class_name"] for result in results} == {"espresso"}


def test_a_client_that_leaves_in_the_middle_harms_nobody(client: Any, espresso: bytes) -> None:
    image = client.upload(espresso)
    start = client.http.post(f"/gradio_api/call/{NAMED}", json={"data": [image, 5, HEAD]})
    with client.http.stream("GET", f"/gradio_api/call/{NAMED}/{start.json()['event_id']}"):
        pass
    (result,) = client.call(NAMED, image, 1, HEAD)
    assert result["predictions"][0]["class_name"] == "espresso"


def test_the_curl_commands_in_the_readme_name_a_photo(
    served: Any, tmp_path: Path, espresso: bytes
) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (script,) = re.findall(r"```bash\n(# the same with curl.*?)```", readme, re.DOTALL)
    (tmp_path / "photo.jpg").write_bytes(espresso)
    script = script.replace("http://127.0.0.1:7860/", served.local_url)
    answer = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "event: complete" in answer
    assert '"class_name": "espresso"' in answer
