"""What a visitor types, in the characters that the models know."""

from __future__ import annotations

import unicodedata

from demo_app import InvalidInput

from .vocabulary import Vocabulary

START = "\n"
"""Every text is read as if a line had just ended: so the empty prompt works."""

REPLACEMENTS = {
    "\r\n": "\n",
    "\r": "\n",
    "\t": " ",
    "\N{NO-BREAK SPACE}": " ",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": "'",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "'",
    '"': "'",
    "`": "'",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "--",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{LATIN SMALL LETTER SHARP S}": "ss",
}
_LISTED = 8


def adapt(text: str, vocabulary: Vocabulary, *, parameter: str, limit: int) -> str:
    """Write a text in the characters of a vocabulary.

    Line ends become ``\\n``, tabs spaces; typographic quotes and dashes become plain
    ones; letters lose their accents.

    Args:
        text: any text.
        vocabulary: the characters to write it in.
        parameter: what an error is about.
        limit: how long the result may be: a dash becomes two characters, a ligature up to three.

    Raises:
        InvalidInput: characters remain that were never seen in training, which the text names,
            or the result is too long.
    """
    for known, plain in REPLACEMENTS.items():
        if known in text and not set(known) <= set(vocabulary.characters):
            text = text.replace(known, plain)
    text = "".join(
        _plain(character, vocabulary)
        for before, character in zip(" " + text, text, strict=False)
        if not _is_accent(character, before)
    )
    unknown = dict.fromkeys(character for character in text if character not in vocabulary.ids)
    if unknown:
        raise InvalidInput(f"{parameter}: {_refusal(list(unknown), vocabulary)}")
    if len(text) > limit:
        raise InvalidInput(
            f"{parameter}: written in plain characters it has {len(text):,}; {limit:,} are the most"
        )
    return text


def _is_accent(character: str, before: str) -> bool:
    """Whether it is an accent on the character before, and not part of the same character."""
    combining = unicodedata.combining
    return bool(combining(character)) and (before.isalpha() or bool(combining(before)))


def _plain(character: str, vocabulary: Vocabulary) -> str:
    """The character, or its letters without accents and ligatures, if those are known."""
    if character in vocabulary.ids:
        return character
    parts = unicodedata.normalize("NFKD", character)
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return bare if bare and all(part in vocabulary.ids for part in bare) else character


def _refusal(unknown: list[str], vocabulary: Vocabulary) -> str:
    more = len(unknown) - _LISTED
    names = ", ".join(_named(character) for character in unknown[:_LISTED])
    if more > 0:
        names += f" and {more} more"
    others = "".join(c for c in vocabulary.characters if not c.isalpha() and not c.isspace())
    return (
        f"the models have never seen {names}. They know {len(vocabulary)} characters: "
        f"the letters A to Z and a to z, space, new line and {' '.join(others)}"
    )


def _named(character: str) -> str:
    """A character as people can read it: itself, or its code point where it has no picture."""
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    if not name or unicodedata.category(character)[0] in "CMZ":
        return f"{code} {name.lower()}".strip() if name else code
    return f"{character} ({name.lower()})"
