"""A zip of class folders is read in place, and hostile ones are refused."""

import io
import stat
import zipfile
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from demo_app import File, InvalidInput


@pytest.fixture(scope="session")
def rooms(module: Callable[[str], ModuleType]) -> Any:
    return module("photographs.zip_folders")


def zipped(entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> File:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return File(name="photos.zip", data=buffer.getvalue())


def test_photos_are_found_by_the_folder_of_their_class(rooms: Any) -> None:
    folders = rooms.ZipFolders(zipped({"b/2.JPG": b"2", "a/1.png": b"1", "b/1.jpg": b"3"}))

    assert folders.members == {"a": ["a/1.png"], "b": ["b/1.jpg", "b/2.JPG"]}
    assert folders.read("b/2.JPG") == b"2"
    assert folders.others == []


def test_a_folder_around_the_class_folders_is_passed_over(rooms: Any) -> None:
    folders = rooms.ZipFolders(zipped({"all/data/a/1.png": b"1", "all/data/b/1.png": b"2"}))

    assert set(folders.members) == {"a", "b"}


@pytest.mark.parametrize("name", ["readme.txt", "loose.png", "docs/old/notes.txt"])
def test_what_lies_beside_that_folder_does_not_hide_it(rooms: Any, name: str) -> None:
    folders = rooms.ZipFolders(
        zipped({"flowers/a/1.jpg": b"1", "flowers/b/1.jpg": b"2", name: b"3"})
    )

    assert set(folders.members) == {"a", "b"}
    assert [other for other, _ in folders.others] == [name]


def test_a_colon_in_a_name_is_text_like_any_other(rooms: Any) -> None:
    folders = rooms.ZipFolders(zipped({"mood: happy/1.png": b"1", "b/12:30.png": b"2"}))

    assert folders.members == {"mood: happy": ["mood: happy/1.png"], "b": ["b/12:30.png"]}


def test_what_systems_add_of_their_own_is_passed_over(rooms: Any) -> None:
    extra = {"__MACOSX/a/._1.png": b"", "a/.DS_Store": b"", ".git/x.png": b""}

    folders = rooms.ZipFolders(zipped({"a/1.png": b"1", "b/1.png": b"2", **extra}))

    assert set(folders.members) == {"a", "b"}
    assert folders.others == []


def test_files_that_are_no_photos_in_a_class_folder_are_named(rooms: Any) -> None:
    more = {"a/notes.txt": b"", "a/old/2.png": b"", "loose.png": b""}

    folders = rooms.ZipFolders(zipped({"a/1.png": b"1", **more}))

    assert [name for name, _ in folders.others] == ["a/notes.txt", "a/old/2.png", "loose.png"]
    assert ["no photo" in reason for _, reason in folders.others] == [True, False, False]


@pytest.mark.parametrize(
    "name", ["../x.png", "a/../../x.png", "/etc/x.png", "C:/x.png", "a\\..\\x.png"]
)
def test_a_name_that_leads_outside_is_refused(rooms: Any, name: str) -> None:
    with pytest.raises(InvalidInput, match="outside of itself"):
        rooms.ZipFolders(zipped({"a/1.png": b"1", name: b"2"}))


def test_a_link_is_refused(rooms: Any) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("a/1.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    with pytest.raises(InvalidInput, match="holds a link"):
        rooms.ZipFolders(File(name="x.zip", data=buffer.getvalue()))


def test_an_encrypted_zip_is_refused(rooms: Any) -> None:
    data = bytearray(zipped({"a/1.png": b"1"}).data)
    # The first bit of the flags, in the entry's own header and in the list of entries.
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(InvalidInput, match="encrypted"):
        rooms.ZipFolders(File(name="x.zip", data=bytes(data)))


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x03\x04" + b"\0" * 40])
def test_what_is_no_zip_is_refused(rooms: Any, data: bytes) -> None:
    with pytest.raises(InvalidInput, match="no zip"):
        rooms.ZipFolders(File(name="x.zip", data=data))


def test_a_zip_that_is_too_large_unpacked_is_refused(
    rooms: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "MAX_TOTAL_BYTES", 1_000_000)
    bomb = zipped({"a/1.png": bytes(2_000_000)}, zipfile.ZIP_DEFLATED)

    assert len(bomb.data) < 10_000
    with pytest.raises(InvalidInput, match="too large once it is unpacked"):
        rooms.ZipFolders(bomb)


def test_an_entry_is_read_up_to_the_limit_only(rooms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MAX_PHOTO_BYTES", 1_000_000)
    folders = rooms.ZipFolders(zipped({"a/1.png": bytes(2_000_000)}, zipfile.ZIP_DEFLATED))

    with pytest.raises(InvalidInput, match="larger than 1 MB"):
        folders.read("a/1.png")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_cannot_be_read_in_pieces_is_refused(
    rooms: Any, compression: int
) -> None:
    bomb = bytearray(zipped({"a/1.png": bytes(2_000_000)}, compression).data)
    # The list of entries claims a size of 100 bytes.
    place = bomb.index(b"PK\x01\x02") + 24
    bomb[place : place + 4] = (100).to_bytes(4, "little")

    assert len(bomb) < 1000
    with pytest.raises(InvalidInput, match="usual compression"):
        rooms.ZipFolders(File(name="x.zip", data=bytes(bomb)))


def test_too_many_entries_are_refused(rooms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MAX_ENTRIES", 3)

    with pytest.raises(InvalidInput, match="4 entries"):
        rooms.ZipFolders(zipped({f"a/{number}.png": b"" for number in range(4)}))


def test_an_entry_that_is_damaged_is_refused_when_it_is_read(rooms: Any) -> None:
    file = zipped({"a/1.png": b"the content of a photo"})
    data = bytearray(file.data)
    data[data.index(b"the content")] ^= 255
    folders = rooms.ZipFolders(File(name="x.zip", data=bytes(data)))

    with pytest.raises(InvalidInput, match="damaged in the zip"):
        folders.read("a/1.png")


def header_of(data: bytearray) -> None:
    data[0] ^= 255


def name_that_is_no_text(data: bytearray) -> None:
    data[7] |= 8  # UTF-8, says the entry's own header.
    data[30] = 255


def place_in_the_file(data: bytearray) -> None:
    place = data.index(b"PK\x01\x02") + 42
    data[place : place + 4] = b"\xfe\xff\xff\xff"


def compressed_content(data: bytearray) -> None:
    place = 30 + len("a/1.png")
    data[place : place + 8] = b"\xff" * 8


@pytest.mark.parametrize(
    "damage",
    [header_of, name_that_is_no_text, place_in_the_file, compressed_content],
)
def test_damage_of_every_kind_is_met_with_a_sentence(
    rooms: Any, damage: Callable[[bytearray], None]
) -> None:
    data = bytearray(zipped({"a/1.png": b"photo" * 100}, zipfile.ZIP_DEFLATED).data)
    damage(data)

    with pytest.raises(InvalidInput, match="damaged"):
        rooms.ZipFolders(File(name="x.zip", data=bytes(data))).read("a/1.png")
