"""Files as plain data."""

import pytest

from demo_app import File


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("poem.txt", "poem.txt"),
        ("/etc/passwd", "passwd"),
        ("../../up.txt", "up.txt"),
        ("..\\..\\windows.ini", "windows.ini"),
        ("C:\\Users\\ada\\poem.txt", "poem.txt"),
        ("a\0b\n.txt", "ab.txt"),
        ("..", "file"),
        (".\0.", "file"),
        (" ", "file"),
        (".bashrc", ".bashrc"),
        (".", "file"),
        ("", "file"),
        ("/", "file"),
        ("Über 東京.txt", "Über 東京.txt"),
    ],
)
def test_a_name_is_a_bare_file_name(given: str, name: str) -> None:
    assert File(name=given, data=b"").name == name


def test_its_content_is_not_printed() -> None:
    assert repr(File(name="a", data=b"secret" * 1000)) == "File('a', 6,000 bytes)"
