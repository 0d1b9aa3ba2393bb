"""Containers that could not be made at all: what torch's error means, and what to write."""

from __future__ import annotations

import re

from .findings import Finding
from .mending import quoted
from .registration import REFUSED, accepted_key

COLLECTIONS = ("list", "tuple", "dict", "OrderedDict", "dict_values", "set", "generator")
TAKES_LAYERS = (
    "nn.Sequential takes its layers one by one, or a single OrderedDict of them; ModuleList takes "
    "one list, and ModuleDict one dictionary."
)
NO_MODULE = "A container calls, trains and stores its members, which only modules can be."


def explain_refusal(error: Exception, container: str = "Sequential") -> Finding | None:
    """What is wrong where torch refused to make a container; None for any other error.

    Args:
        error: what ``nn.Sequential(…)``, ``nn.ModuleList(…)`` or ``nn.ModuleDict(…)`` raised.
        container: the name of its class.
    """
    text = str(error.args[0]) if error.args else ""
    if isinstance(error, KeyError):
        return _refused_key(text)
    if not isinstance(error, TypeError):
        return None
    if key := re.fullmatch(r"module name should be a string\. Got (\w+)", text):
        return _finding(
            "module-dict-key",
            f"A key of the {container} is of type {key[1]}, and keys are texts.",
            REFUSED,
            "nn.ModuleDict({str(key): layer for key, layer in layers.items()})",
        )
    if given := re.fullmatch(r"([\w.<>]+) is not a Module subclass", text):
        return _no_module(given[1], container)
    if container == "ModuleList" and ("an iterable" in text or "positional argument" in text):
        return _finding(
            "module-list-arguments",
            "nn.ModuleList was given layers one by one, and takes one list of them.",
            TAKES_LAYERS,
            "nn.ModuleList([first, second])",
        )
    if container == "ModuleDict" and ("sequence element" in text or "keyword argument" in text):
        return _finding(
            "module-dict-arguments",
            "nn.ModuleDict takes one dictionary, from names to layers.",
            TAKES_LAYERS,
            'nn.ModuleDict({"first": first, "second": second})',
        )
    return None


def _no_module(given: str, container: str) -> Finding:
    plain = given.rpartition(".")[2]
    if container == "Sequential" and (plain in COLLECTIONS or "genexpr" in given):
        is_mapping = "dict" in plain.casefold() and plain != "dict_values"
        article = "an" if plain[0] in "AEIOU" else "a"
        return _finding(
            "sequential-of-list",
            f"nn.Sequential was given {article} {'generator' if 'genexpr' in given else plain} "
            "in place of layers.",
            TAKES_LAYERS,
            "nn.Sequential(OrderedDict(layers))" if is_mapping else "nn.Sequential(*layers)",
        )
    # Of a class, torch names the class itself with its module; of a value, only its type.
    if given.startswith("torch.nn.modules."):
        return _finding(
            "class-for-layer",
            f"The {container} was given the class nn.{plain} in place of a layer.",
            NO_MODULE,
            f"nn.{plain}()",
        )
    return _finding(
        "no-module",
        f"The {container} was given a value of type {plain}, which is no module.",
        NO_MODULE,
        "nn.Identity()",
    )


def _refused_key(text: str) -> Finding | None:
    if taken := re.fullmatch(r"attribute '(.*)' already exists", text):
        key, message = taken[1], f"The key {taken[1]!r} is the name of an attribute or a method."
    elif dotted := re.fullmatch(r'module name can\'t contain "\.", got: (.*)', text):
        key, message = dotted[1], f"The key {dotted[1]!r} has a dot in it."
    elif text.startswith("module name can't be empty"):
        key, message = "", "A key is empty."
    else:
        return None
    return _finding("module-dict-key", message, REFUSED, f"{quoted(accepted_key(key))}: layer")


def _finding(rule: str, message: str, why: str, mend: str) -> Finding:
    return Finding(rule=rule, severity="error", path="", message=message, why=why, mend=mend)
