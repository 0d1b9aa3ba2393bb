"""Whatever a visitor brings is met with a sentence, or is skipped and named; nothing breaks."""

import io
import os
import re
import signal
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo_app import Demo, File, Host, InvalidInput
from demo_app.context import Session
from tests.plugins.image_classifier.labelled_photos import encoded, picture

ACTIONS = ("train_head", "evaluate", "learning_curve", "compare")
NAMES = ["<img src=x onerror=alert(1)>", "👩\u200d🚀 🌹", "a.b", "..", "x" * 100]


def photos(colour: str, count: int = 4, first: int = 0) -> list[Any]:
    numbers = range(first, first + count)
    return [File(name=f"{n}.png", data=encoded(picture(colour, n))) for n in numbers]


@pytest.fixture
def visitor(host: Host) -> Demo:
    """The demo as seen by a visitor who has nothing yet."""
    return host.visit("image_classifier", Session())


@pytest.fixture(scope="session")
def teacher(host: Host) -> Demo:
    """The demo as seen by a visitor who has a head for red and blue."""
    visitor = host.visit("image_classifier", Session())
    visitor.call("train_head", images={"red": photos("reds"), "blue": photos("blues")}, seed=1)
    return visitor


def zipped(entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def two_folders(**more: bytes) -> dict[str, bytes]:
    entries = {
        f"{name}/{photo.name}": photo.data
        for name, colour in (("red", "reds"), ("blue", "blues"))
        for photo in photos(colour)
    }
    return {**entries, **more}


def bomb() -> bytes:
    """A zip whose list of entries announces two gigabytes and more."""
    data = bytearray(zipped(two_folders()))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (2_100_000_000).to_bytes(4, "little")
    return bytes(data)


def encrypted() -> bytes:
    data = bytearray(zipped(two_folders()))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def with_a_link() -> bytes:
    buffer = io.BytesIO(zipped(two_folders()))
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo("red/link.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


BAD_ZIPS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (bomb, "too large once it is unpacked; the limit is 2 GB"),
    "a way out": (lambda: zipped(two_folders(**{"../x.png": b"x"})), "outside of itself"),
    "a link": (with_a_link, "holds a link"),
    "a password": (encrypted, "encrypted"),
    "another compression": (lambda: zipped(two_folders(), zipfile.ZIP_BZIP2), "usual compression"),
    "no zip": (lambda: encoded(picture("reds", 0)), "no zip"),
    "cut off": (lambda: zipped(two_folders())[:-400], "no zip, or a damaged one"),
    "a name of 300 characters": (
        lambda: zipped(two_folders(**{f"{'x' * 300}/1.png": b"x", f"{'x' * 300}/2.png": b"y"})),
        "300 characters; the limit is 100",
    ),
    "equal names": (
        lambda: zipped(two_folders(**{"RED/1.png": b"x", "RED/2.png": b"y"})),
        "Two classes have the name 'red'",
    ),
    "1,001 classes": (
        lambda: zipped({f"{n}/{i}.png": b"" for n in range(1001) for i in (1, 2, 3)}),
        "1,001 classes; the limit is 1,000",
    ),
    "5,001 photos": (
        lambda: zipped({f"{n % 2}/{n}.png": b"" for n in range(5001)}, zipfile.ZIP_STORED),
        "5,001 photos; the limit is 5,000",
    ),
}


@pytest.mark.parametrize("kind", BAD_ZIPS)
@pytest.mark.parametrize("action", ACTIONS)
def test_a_zip_that_is_not_right_is_refused(teacher: Demo, action: str, kind: str) -> None:
    make, message = BAD_ZIPS[kind]

    with pytest.raises(InvalidInput, match=message):
        teacher.call(action, archive=File(name="photos.zip", data=make()))


def same(*names: str) -> dict[str, list[Any]]:
    return {name: photos("reds", 3, first=10 * place) for place, name in enumerate(names)}


BAD_IMAGES: dict[str, tuple[dict[str, Any], str]] = {
    "a path separator": (same("red", "a/b"), "holds a slash"),
    "the other one": (same("red", "..\\b"), "holds a slash"),
    "300 characters": (same("red", "x" * 300), "300 characters; the limit is 100"),
    "equal names": (same("red", "Red "), "Two classes have the name 'Red'"),
    "no name": (same("red", " "), "A class has no name"),
    "turned letters": (same("red", "b\u202ec"), "characters that show nothing"),
    "in two classes": ({"red": photos("reds"), "blue": photos("reds")}, "in two classes"),
    "1,001 classes": (
        {str(n): photos("reds", 1) for n in range(1001)},
        "images: Dictionary should have at most 1000 items, not more",
    ),
    "5,001 photos": (
        {"red": photos("reds", 1) * 2501, "blue": photos("blues", 1) * 2500},
        "5,001 photos; the limit is 5,000",
    ),
    "a path": ({"red": ["/etc/passwd"] * 3, "blue": photos("blues")}, "images"),
    "a reference to a path": (
        {"red": [{"path": "/etc/passwd"}] * 3, "blue": photos("blues")},
        "images",
    ),
}


@pytest.mark.parametrize("kind", BAD_IMAGES)
@pytest.mark.parametrize("action", ACTIONS)
def test_photos_that_are_not_right_are_refused(teacher: Demo, action: str, kind: str) -> None:
    images, message = BAD_IMAGES[kind]

    with pytest.raises(InvalidInput, match=message):
        teacher.call(action, images=images)


TOO_FEW = {
    "one class": ({"red": photos("reds")}, "two classes or more"),
    "an empty class": ({"red": photos("reds"), "blue": []}, "'blue' has no photos"),
    "one photo a class": (
        {"red": photos("reds", 1), "blue": photos("blues", 1)},
        "'red' has one photo only",
    ),
    "one photo that can be read": (
        {"red": photos("reds"), "blue": [*photos("blues", 1), File(name="x.png", data=b"x")]},
        "'blue' has (one photo|2 photos) only",
    ),
}


@pytest.mark.parametrize("kind", TOO_FEW)
@pytest.mark.parametrize("action", ["train_head", "learning_curve", "compare"])
def test_too_few_to_learn_from_are_refused(visitor: Demo, action: str, kind: str) -> None:
    images, message = TOO_FEW[kind]

    with pytest.raises(InvalidInput, match=message):
        visitor.call(action, images=images)


@pytest.mark.parametrize("name", NAMES)
def test_any_text_is_a_class_and_comes_back_as_it_was(visitor: Demo, name: str) -> None:
    images = {name: photos("reds"), "other": photos("blues")}

    report = visitor.call("train_head", images=images, seed=1).report

    named = visitor.call("classify", image=picture("reds", 50), head="mine").predictions[0]
    measured = visitor.call("evaluate", images={name: photos("reds", 2, first=50)}).report
    assert report.classes[0] == named.class_name == measured.classes[0] == name
    assert measured.metrics.accuracy == 1.0


def png_of(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is that large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


SKIPPED: dict[str, tuple[bytes, str]] = {
    "no picture": (b"no picture", "not a picture"),
    "nothing": (b"", "not a picture"),
    "cut off": (encoded(picture("reds", 70), "JPEG")[:-200], "damaged"),
    "cut off early": (encoded(picture("reds", 70))[:40], "not a picture|damaged"),
    "a gigapixel": (png_of(60_000, 60_000), "too large"),
    "more than is decoded": (png_of(9_000, 9_000), "too large"),
    "51 MB": (bytes(51_000_000), "larger than 50 MB"),
}


@pytest.mark.parametrize("kind", SKIPPED)
@pytest.mark.parametrize("as_zip", [False, True], ids=["files", "zip"])
def test_what_cannot_be_read_is_named_and_skipped(teacher: Demo, kind: str, as_zip: bool) -> None:
    data, reason = SKIPPED[kind]
    arguments: dict[str, Any]
    if as_zip:
        entries = {"red/1.5.png": data, **two_folders()}
        arguments = {"archive": File(name="x.zip", data=zipped(entries))}
    else:
        red = photos("reds")
        red.insert(2, File(name="1.5.png", data=data))
        arguments = {"images": {"red": red, "blue": photos("blues")}}

    trained = teacher.call("train_head", **arguments, name="other").report
    measured = teacher.call("evaluate", **arguments).report

    assert sorted(trained.photos) == [4, 4]
    assert measured.metrics.count == 8
    for skipped in (trained.skipped, measured.skipped):
        (one,) = skipped
        assert one.class_name == "red"
        assert one.name.endswith("1.5.png")
        assert re.search(reason, one.reason)


def test_what_is_no_photo_in_a_zip_is_named_and_skipped(teacher: Demo) -> None:
    others = {
        "red/inner.zip": zipped(two_folders()),
        "red/deep/1.png": encoded(picture("reds", 80)),
        "red/program.exe": b"MZ",
        "loose.png": encoded(picture("reds", 81)),
    }

    report = teacher.call(
        "train_head",
        archive=File(name="x.zip", data=zipped(two_folders(**others))),
        name="other",
    ).report

    assert report.photos == [4, 4]
    assert sorted(skipped.name for skipped in report.skipped) == sorted(others)


def test_two_visitors_who_train_at_once_get_their_own(host: Host) -> None:
    one, other, third = (host.visit("image_classifier", Session()) for _ in range(3))
    training = [
        iter(one.stream("train_head", images=same_colours("red", "blue"), seed=1)),
        iter(other.stream("train_head", images=same_colours("warm", "cold"), seed=1)),
    ]
    last: list[Any] = [None, None]
    named = 0
    running = [0, 1]
    while running:
        for place in list(running):
            try:
                last[place] = next(training[place])
            except StopIteration:
                running.remove(place)
        if named < 3:
            third.call("classify", image=Image.new("RGB", (8, 8)), head="flowers")
            named += 1

    assert [value.report.classes for value in last] == [["red", "blue"], ["warm", "cold"]]
    for visitor, expected in ((one, "red"), (other, "warm")):
        result = visitor.call("classify", image=picture("reds", 50), head="mine")
        assert result.predictions[0].class_name == expected


def same_colours(red: str, blue: str) -> dict[str, list[Any]]:
    return {red: photos("reds"), blue: photos("blues")}


KILLED_WHILE_IT_WRITES = """
import os, signal, sys
from pathlib import Path
from demo_app.surfaces.cli import main

def killed(self, data):
    with self.open("wb") as file:
        file.write(data[: len(data) // 2])
    os.kill(os.getpid(), signal.SIGKILL)

Path.write_bytes = killed
sys.argv = ["demo-app", *sys.argv[1:]]
main()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
def test_a_process_killed_while_it_exports_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "head.safetensors"
    path.write_bytes(b"the head of last week")
    export = ["call", "image_classifier", "export", "--head", "flowers", "--no-backbone"]

    ran = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_IT_WRITES, *export, "--out", str(path)],
        capture_output=True,
        env={**os.environ, "DEMO_APP_DEVICE": "cpu"},
        check=False,
    )

    assert ran.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"the head of last week"
