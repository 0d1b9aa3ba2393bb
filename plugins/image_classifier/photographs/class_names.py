"""Names of classes as visitors give them: any text that can be shown, and no two alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from demo_app import InvalidInput
from demo_app.errors import shorten

MAX_CLASSES = 1000
MAX_LENGTH = 100
JOINER = "\N{ZERO WIDTH JOINER}"


def checked(names: Sequence[str], *, least: int = 2) -> list[str]:
    """The names without spaces around them, in Unicode's composed form.

    HTML and emoji are text like any other. What a name is shown in escapes it.

    Args:
        names: as they were given.
        least: how many classes there have to be.

    Raises:
        InvalidInput: fewer classes than that or more than 1,000, or a name that is empty, too long,
            holds a path separator or what cannot be shown, or is that of two classes.
    """
    if not names and least == 1:
        raise InvalidInput("There are no photos in folders named as classes. Give some.")
    if len(names) < least:
        raise InvalidInput(
            "A classifier tells classes apart: give photos of two classes or more. A class of "
            "everything else will do as the second."
        )
    if len(names) > MAX_CLASSES:
        raise InvalidInput(f"There are {len(names):,} classes; the limit is {MAX_CLASSES:,}.")
    known: dict[str, str] = {}
    for given in names:
        name = unicodedata.normalize("NFC", given.strip())
        _check(name)
        # As find_class compares them.
        if name.casefold() in known:
            raise InvalidInput(
                f"Two classes have the name {shorten(name)!r}; upper and lower case do not count. "
                "Join their photos, or give one another name."
            )
        known[name.casefold()] = name
    return list(known.values())


def _check(name: str) -> None:
    if not name:
        raise InvalidInput("A class has no name. Give it one.")
    if len(name) > MAX_LENGTH:
        raise InvalidInput(
            f"The class name {shorten(name, 30)!r} has {len(name)} characters; the limit is "
            f"{MAX_LENGTH}."
        )
    # The joiner, which makes one emoji of several, is the one invisible character of use.
    visible = name.replace(JOINER, "")
    if not visible or not visible.isprintable():
        raise InvalidInput(f"The class name {shorten(name)!r} holds characters that show nothing.")
    if "/" in name or "\\" in name:
        raise InvalidInput(
            f"The class name {shorten(name)!r} holds a slash, which is for folders. Write it "
            "another way."
        )
