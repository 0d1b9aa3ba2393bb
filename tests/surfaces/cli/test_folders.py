"""``demo-app call``: a folder of folders stands for files by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo_app.actions import Parameter
from demo_app.errors import InvalidInput
from demo_app.files import File
from demo_app.surfaces.cli.arguments import Reader, parse


def parameter(annotation: Any) -> Parameter:
    return Parameter(name="images", annotation=annotation, required=True, default=None, help="")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("cats/2.txt", "cats/1.txt", "cats/.hidden", "dogs/3.txt", ".git/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "readme.txt").write_text("beside the folders")
    return tmp_path


@pytest.mark.parametrize("annotation", [dict[str, list[File]], Mapping[str, list[File]] | None])
def test_each_folder_in_it_is_a_name_with_its_files_in_order(folder: Path, annotation: Any) -> None:
    given = parse(parameter(annotation), str(folder), Reader())

    names = {name: [file.name for file in files] for name, files in given.items()}
    assert names == {"cats": ["1.txt", "2.txt"], "dogs": ["3.txt"]}
    assert given["dogs"][0].data == b"dogs/3.txt"


def test_pictures_are_taken_as_well(tmp_path: Path) -> None:
    (tmp_path / "red").mkdir()
    Image.new("RGB", (3, 2)).save(tmp_path / "red" / "one.png")

    given = parse(parameter(dict[str, list[Image.Image]]), str(tmp_path), Reader())

    assert list(given) == ["red"]
    assert len(given["red"]) == 1


def test_a_folder_without_folders_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"images: .*there is no folder in it"):
        parse(parameter(dict[str, list[File]]), str(tmp_path), Reader())


def test_json_is_read_as_before(folder: Path) -> None:
    text = f'{{"mine": ["{folder / "dogs" / "3.txt"}"]}}'

    given = parse(parameter(dict[str, list[File]]), text, Reader())

    assert [file.name for file in given["mine"]] == ["3.txt"]


def test_other_mappings_take_no_folder(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="should be JSON"):
        parse(parameter(dict[str, float]), str(folder), Reader())
