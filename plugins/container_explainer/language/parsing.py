"""From text to a syntax tree, refused before Python's parser sees what could exhaust it.

Python warns that its parser can be brought down by deep nesting. Tokens are read without any
recursion, so how deep the tree will be is bounded by counting them first.
"""

from __future__ import annotations

import ast
import io
import keyword
import tokenize

from .errors import CodeError
from .limits import Limits

MAX_LEVELS = 15
"""Blocks in blocks."""
MAX_ELIFS = 50
MAX_NUMBER = 25
MAX_F_STRING = 300
WHERE_THE_DEPTH_STARTS_AGAIN = {",", ";"}


def parse(code: str, limits: Limits) -> ast.Module:
    """The syntax tree of a program; what it means is not looked at.

    Raises:
        CodeError: it is no Python, or longer or deeper than the limits.
    """
    if len(code) > limits.characters:
        raise CodeError(
            f"the code has {len(code):,} characters, and {limits.characters:,} are the limit. "
            "Repeat layers with a for loop or a comprehension.",
            line=1,
            column=1,
        )
    code = code.replace("\r\n", "\n").replace("\r", "\n")
    _check_characters(code)
    _check_tokens(code, limits)
    try:
        return ast.parse(code)
    except SyntaxError as error:
        raise CodeError(
            f"this is not Python: {error.msg}.", line=error.lineno or 1, column=error.offset or 1
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise CodeError(
            "Python cannot read this. Write it in smaller parts.", line=1, column=1
        ) from None


def column_of(code_line: str, offset: int) -> int:
    """The column in characters, from 1, of an offset in bytes as the syntax tree has it."""
    return len(code_line.encode()[:offset].decode(errors="ignore")) + 1


def _check_characters(code: str) -> None:
    line, column = 1, 0
    for character in code:
        column += 1
        if character == "\n":
            line, column = line + 1, 0
        elif not character.isprintable() and character != "\t":
            raise CodeError(
                f"there is an invisible character here (U+{ord(character):04X}). Delete it, or "
                "type a normal space.",
                line=line,
                column=column,
            )


def _check_tokens(code: str, limits: Limits) -> None:
    depth = _Depth(limits)
    elifs = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            _check_token(token)
            depth.read(token)
            elifs += token.string == "elif"
            if elifs > MAX_ELIFS:
                raise _at(token, f"there are more than {MAX_ELIFS} elifs. Look the value up in a "
                          "dict instead.")  # fmt: skip
    except tokenize.TokenError as error:
        if depth.opened:
            raise _at(depth.opened[-1], "this bracket is never closed.") from None
        line, column = error.args[1]
        raise CodeError(
            "a quotation mark that was opened is never closed.",
            line=line,
            column=column + 1,
        ) from None
    except SyntaxError as error:
        raise CodeError(
            f"this is not Python: {error.msg}.", line=error.lineno or 1, column=error.offset or 1
        ) from None


def _check_token(token: tokenize.TokenInfo) -> None:
    text = token.string
    if token.type == tokenize.NAME and not text.isascii():
        raise _at(
            token,
            "names only have the letters a to z, digits and underscores. This one "
            "has a letter that only looks like one of them, or of another alphabet.",
        )
    if token.type == tokenize.ERRORTOKEN and not text.isspace():
        raise _at(token, "this character does not belong here, or a quotation mark is not closed.")
    if token.type == tokenize.NUMBER and len(text) > MAX_NUMBER:
        raise _at(token, "this number has too many digits.")
    if token.type == tokenize.STRING:
        # Before Python 3.12 an f-string is one token, with expressions that nobody counted.
        prefix = text[: min(text.find(quote) for quote in "'\"" if quote in text)].casefold()
        if "f" in prefix and len(text) > MAX_F_STRING:
            raise _at(token, f"an f-string may have {MAX_F_STRING} characters here.")


class _Depth:
    """How deep the syntax tree can be at most, by the words of the expressions around a token."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._words = [0]
        self._levels = 0
        self.opened: list[tokenize.TokenInfo] = []

    def read(self, token: tokenize.TokenInfo) -> None:
        text = token.string
        if token.type == tokenize.INDENT:
            self._levels += 1
            if self._levels > MAX_LEVELS:
                raise _at(token, "too many blocks are inside one another. Use fewer.")
        elif token.type == tokenize.DEDENT:
            self._levels -= 1
        elif token.type == tokenize.NEWLINE:
            self._words = [0]
            self.opened = []
        elif token.type == tokenize.OP and text in WHERE_THE_DEPTH_STARTS_AGAIN:
            self._words[-1] = 0
        elif token.type == tokenize.OP and text in {"(", "[", "{"}:
            self._add_word(token)
            self._words.append(0)
            self.opened.append(token)
            if len(self._words) > self._limits.nesting:
                raise _at(token, "too many brackets are inside one another. Give the inner parts "
                          "names of their own on lines above.")  # fmt: skip
        elif token.type == tokenize.OP and text in {")", "]", "}"}:
            if len(self._words) == 1:
                raise _at(token, "this bracket was never opened.")
            self._words.pop()
            self.opened.pop()
        elif token.type in (tokenize.OP, tokenize.NUMBER) or keyword.iskeyword(text):
            self._add_word(token)

    def _add_word(self, token: tokenize.TokenInfo) -> None:
        self._words[-1] += 1
        if sum(self._words) > self._limits.words:
            raise _at(
                token,
                "this expression is too long. Give parts of it names of their own on lines above.",
            )


def _at(token: tokenize.TokenInfo, reason: str) -> CodeError:
    line, column = token.start
    return CodeError(reason, line=line, column=column + 1)
