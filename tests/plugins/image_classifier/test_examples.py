"""The example photos are small, carry nothing hidden, and say where they come from."""

from pathlib import Path

from PIL import Image


def test_there_are_three_to_six_and_each_has_its_origin_stated(examples: Path) -> None:
    photos = sorted(path.name for path in examples.glob("*.jpg"))

    origins = (examples / "README.md").read_text(encoding="utf-8")

    assert 3 <= len(photos) <= 6
    assert all(f"| `{name}` |" in origins for name in photos)


def test_each_is_small_and_without_metadata(examples: Path) -> None:
    for path in examples.glob("*.jpg"):
        assert path.stat().st_size < 100_000
        with Image.open(path) as photo:
            assert max(photo.size) <= 640
            assert not photo.getexif()
            assert not {"icc_profile", "comment", "xmp", "photoshop"} & photo.info.keys()
