"""What visitors type is written in known characters, or refused with a sentence that names why."""

import unicodedata
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from demo_app import Demo, InvalidInput

KNOWN = "\n !&'-,.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="session")
def adapt(module: Callable[[str], ModuleType]) -> Callable[..., str]:
    rooms, vocabulary = module("prompts"), module("vocabulary").Vocabulary(KNOWN)

    def adapt(text: str, limit: int = 100) -> str:
        adapted: str = rooms.adapt(text, vocabulary, parameter="prompt", limit=limit)
        return adapted

    return adapt


def test_known_characters_stay_as_they_are(adapt: Callable[..., str]) -> None:
    assert adapt(KNOWN) == KNOWN


def test_an_empty_text_stays_empty(adapt: Callable[..., str]) -> None:
    assert adapt("") == ""


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("a\tb\N{NO-BREAK SPACE}c", "a b c"),
        ("\N{LEFT DOUBLE QUOTATION MARK}Ay\N{RIGHT DOUBLE QUOTATION MARK}", "'Ay'"),
        ("o\N{RIGHT SINGLE QUOTATION MARK}er", "o'er"),
        ('"`', "''"),
        ("one\N{EN DASH}two\N{EM DASH}three\N{HORIZONTAL ELLIPSIS}", "one-two--three..."),
        ("Caf\N{LATIN SMALL LETTER E WITH ACUTE}", "Cafe"),
        ("Stra\N{LATIN SMALL LETTER SHARP S}e", "Strasse"),
        ("\N{LATIN SMALL LIGATURE FI}ne", "fine"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER A}", "A"),
        ("\N{MATHEMATICAL BOLD SMALL A}", "a"),
    ],
)
def test_what_has_a_plain_form_is_written_in_it(
    adapt: Callable[..., str], typed: str, written: str
) -> None:
    assert adapt(typed) == written


@pytest.mark.parametrize("word", ["élan", "Ångström", "naïve", "x̂y", "Z͑ͫ̓a̴l"])
def test_accents_go_whether_or_not_they_are_characters_of_their_own(
    adapt: Callable[..., str], word: str
) -> None:
    composed, apart = (unicodedata.normalize(form, word) for form in ("NFC", "NFD"))

    assert adapt(composed) == adapt(apart)
    assert adapt(apart).isascii()


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ("4", "4 (digit four)"),
        ("\N{LATIN SMALL LETTER O WITH STROKE}", "ø (latin small letter o with stroke)"),
        ("😀", "😀 (grinning face)"),
        ("שלום", "ש (hebrew letter shin), ל (hebrew letter lamed), ו (hebrew letter vav)"),
        ("\0", "U+0000"),
        ("\x1b", "U+001B"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}", "U+202E right-to-left override"),
        ("\N{ZERO WIDTH SPACE}", "U+200B zero width space"),
        ("\N{COMBINING ACUTE ACCENT}e", "U+0301 combining acute accent"),
        ("\ud800", "U+D800"),
        ("<b>", "< (less-than sign), > (greater-than sign)"),
        ("漢", "漢 (cjk unified ideograph-6f22)"),
    ],
)
def test_what_was_never_seen_is_refused_by_name(
    adapt: Callable[..., str], typed: str, named: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        adapt(f"To be {typed}, or not")

    assert str(refusal.value).startswith("prompt: the models have never seen ")
    assert named in str(refusal.value)


def test_what_cannot_be_seen_does_not_reach_the_message(adapt: Callable[..., str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        adapt("\0\x1b\N{RIGHT-TO-LEFT OVERRIDE}\ud800\N{COMBINING ACUTE ACCENT}")

    assert str(refusal.value).isprintable()


def test_each_character_is_named_once_and_only_the_first_eight(adapt: Callable[..., str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        adapt("0124567" * 3 + "89@#")

    assert str(refusal.value).count("(digit ") == 8
    assert "8 (digit eight) and 3 more. They know 64 characters" in str(refusal.value)


def test_the_refusal_says_what_is_known(adapt: Callable[..., str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        adapt("%")

    assert str(refusal.value).endswith(
        "the letters A to Z and a to z, space, new line and ! & ' - , . 3 : ; ?"
    )


def test_a_text_that_grows_beyond_the_limit_is_refused(adapt: Callable[..., str]) -> None:
    with pytest.raises(InvalidInput, match=r"^prompt: written in plain characters it has 3,000; "):
        adapt("\N{HORIZONTAL ELLIPSIS}" * 1000, limit=1000)


def test_a_text_that_shrinks_may_have_been_longer(adapt: Callable[..., str]) -> None:
    assert adapt("\r\n" * 100, limit=100) == "\n" * 100


@pytest.mark.parametrize(("action", "parameter"), [("generate", "prompt"), ("score", "text")])
@pytest.mark.parametrize("character", ["a", "é", "😀", "\0"])
def test_a_megabyte_is_refused_by_its_length(
    demo: Demo, action: str, parameter: str, character: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        demo.call(action, **{parameter: character * 1_000_000})

    assert str(refusal.value) == f"{parameter}: String should have at most 10000 characters"


def test_a_lone_surrogate_is_refused_by_the_host(demo: Demo) -> None:
    with pytest.raises(InvalidInput, match=r"^prompt: .*unicode"):
        demo.call("generate", prompt="\ud800")


def test_every_way_in_refuses_by_the_name_of_its_own_parameter(demo: Demo) -> None:
    ways: list[tuple[str, dict[str, Any]]] = [
        ("generate", {"prompt": "€"}),
        ("generate", {"stop": "€"}),
        ("inspect", {"prompt": "€"}),
        ("score", {"text": "€"}),
        ("originality", {"text": "€"}),
    ]
    for action, arguments in ways:
        (parameter,) = arguments
        with pytest.raises(InvalidInput, match=rf"^{parameter}: .* € \(euro sign\)"):
            demo.call(action, **arguments)
