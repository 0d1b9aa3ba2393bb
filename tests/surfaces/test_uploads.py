"""Which inputs of an event may name files: uploads, in Gradio's own wording only."""

from pathlib import Path
from typing import Any

import pytest
from gradio import utils

from demo_app import InvalidInput
from demo_app.surfaces.uploads import read_upload, refuse_foreign_files

MARK = {"_type": "gradio.FileData"}


@pytest.fixture
def upload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a file that was uploaded."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    folder = Path(utils.get_upload_folder())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "poem.txt").write_text("la la")
    return str(folder / "poem.txt")


@pytest.mark.parametrize("opens_files", [True, False])
@pytest.mark.parametrize(
    "reference",
    [
        {"path": "http://localhost:1/x.png", "meta": MARK},
        {"path": "http://localhost:1/x.png", "meta": {**MARK, "further": 1}},
        {"path": "/etc/passwd", "meta": {"further": 1, **MARK}},
        {"path": "/etc/passwd", "meta": "no mapping"},
        [{"deep": [{"path": "/etc/passwd", "meta": MARK}]}],
    ],
)
def test_a_mark_that_gradio_would_follow_is_refused(reference: Any, opens_files: bool) -> None:
    with pytest.raises(InvalidInput, match="uploaded first"):
        refuse_foreign_files(reference, opens_files=opens_files)


def test_an_upload_may_be_named(upload: str) -> None:
    reference = {"path": upload, "meta": MARK, "orig_name": "../mine.txt"}
    refuse_foreign_files(reference, opens_files=True)
    file = read_upload(reference)
    assert file is not None
    assert (file.name, file.data) == ("mine.txt", b"la la")


def test_plain_data_with_a_path_is_nobodys_file() -> None:
    refuse_foreign_files({"path": "/home", "meta": {"_type": "mine"}}, opens_files=False)
    assert read_upload({"path": "/home"}) is None
