"""The code that renames a checkpoint: run on one, it does what was asked, and it is short."""

import random
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest

Code = Callable[[Mapping[str, Sequence[str]]], str]


@pytest.fixture(scope="module")
def code(module: Callable[[str], ModuleType]) -> Code:
    made: Code = module("stored.remapping").remapping_code
    return made


def renamed(code: str, names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What the code makes of a state dict in which every tensor is its own old name."""
    namespace: dict[str, Any] = {"state_dict": {name: name for name in names}}
    exec(code, namespace)
    result: dict[str, str] = namespace["state_dict"]
    return result


def wanted(names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {new: old for old, several in names.items() for new in several}


def linears(*paths: str) -> list[str]:
    return [f"{path}{leaf}" for path in paths for leaf in ("weight", "bias")]


CASES: list[tuple[dict[str, list[str]], str]] = [
    ({name: [name] for name in linears("0.", "1.")}, ""),
    (
        {f"module.{name}": [name] for name in linears("0.", "1.")},
        'state_dict = {name.removeprefix("module."): tensor for name, tensor in '
        "state_dict.items()}",
    ),
    (
        {name: [f"model.{name}"] for name in linears("0.", "1.")},
        'state_dict = {"model." + name: tensor for name, tensor in state_dict.items()}',
    ),
    (
        {f"module._orig_mod.{name}": [f"net.{name}"] for name in linears("0.", "1.")},
        "state_dict = {\n"
        '    "net." + name.removeprefix("module._orig_mod."): tensor\n'
        "    for name, tensor in state_dict.items()\n"
        "}",
    ),
    (
        {f"features._orig_mod.{n}": [f"features.{n}"] for n in linears("0.")}
        | {f"head._orig_mod.{n}": [f"head.{n}"] for n in linears("0.")},
        'state_dict = {name.replace("_orig_mod.", ""): tensor for name, tensor in '
        "state_dict.items()}",
    ),
    (
        {f"model.{name}": [name] for name in linears("0.", "1.")} | {"loss.weight": []},
        "state_dict = {\n"
        '    name.removeprefix("model."): tensor\n'
        "    for name, tensor in state_dict.items()\n"
        '    if name.startswith("model.")\n'
        "}",
    ),
    (
        {name: [name] for name in linears("a.", "b.")}
        | {"ema.a.weight": [], "ema.b.bias": []}
        | {"optimizer.step": [], "optimizer.lr": [], "lr_scheduler.last_epoch": []},
        "state_dict = {\n"
        "    name: tensor\n"
        "    for name, tensor in state_dict.items()\n"
        '    if not name.startswith(("ema.", "optimizer.", "lr_scheduler."))\n'
        "}",
    ),
    (
        dict(zip(linears("0.", "3."), ([n] for n in linears("conv.", "fc.")), strict=True)),
        "renames = {\n"
        '    "0.": "conv.",\n'
        '    "3.": "fc.",\n'
        "}\n\n\n"
        "def renamed(name):\n"
        "    for old, new in renames.items():\n"
        "        if name.startswith(old):\n"
        "            return new + name.removeprefix(old)\n"
        "    return name\n\n\n"
        "state_dict = {renamed(name): tensor for name, tensor in state_dict.items()}",
    ),
    (
        {"embedding.weight": ["embedding.weight", "head.weight"]},
        'state_dict["head.weight"] = state_dict["embedding.weight"]',
    ),
    (
        {"gamma": ["weight"], "beta": ["bias"]},
        "names = {\n"
        '    "gamma": "weight",\n'
        '    "beta": "bias",\n'
        "}\n"
        "state_dict = {new: state_dict[old] for old, new in names.items()}",
    ),
]


@pytest.mark.parametrize(("names", "expected"), CASES, ids=range(len(CASES)))
def test_it_is_as_short_as_the_names_allow(
    code: Code, names: dict[str, list[str]], expected: str
) -> None:
    made = code(names)
    assert made == expected
    assert renamed(made, names) == wanted(names)


def test_a_layer_that_moved_up_does_not_overwrite_the_next(code: Code) -> None:
    names = {f"{n}.weight": [f"{n + (n >= 3)}.weight"] for n in range(12)}
    names |= {f"{n}.bias": [f"{n + (n >= 3)}.bias"] for n in range(12)}
    made = code(names)
    assert '"10.": "11."' in made
    assert '"1.":' not in made
    assert renamed(made, names) == wanted(names)


def test_repeated_layers_are_copied_as_a_group(code: Code) -> None:
    names = {n: [n, f"1.{n[2:]}", f"2.{n[2:]}"] for n in linears("0.a.", "0.b.")}
    made = code(names)
    assert '"2.": "0."' in made
    assert renamed(made, names) == wanted(names)


def test_a_name_that_begins_another_is_not_mistaken(code: Code) -> None:
    names: dict[str, list[str]] = {"weight": ["g"], "weight_v": ["weight_v"], "weight_g": []}
    assert renamed(code(names), names) == wanted(names)


@pytest.mark.parametrize(
    "name", ['a"b', "a'b", "a'\"b", "a\\", "a\nb", "a{x}", '"+__import__("os")+"', "é\u202e", "\0"]
)
def test_names_are_only_ever_texts_in_the_code(code: Code, name: str) -> None:
    for names in ({f"{name}.w": ["w"], "v": ["v"]}, {"w": [f"{name}.w"]}, {name: [], "b": ["c"]}):
        assert renamed(code(names), names) == wanted(names)


@pytest.mark.parametrize("seed", range(60))
def test_any_renaming_is_carried_out(code: Code, seed: int) -> None:
    draw = random.Random(seed)
    parts = ["0", "1", "10", "a", "ab", "module", "weight", "weight_g"]

    def name() -> str:
        return ".".join(draw.choices(parts, k=draw.randint(1, 4)))

    old = list(dict.fromkeys(name() for _ in range(draw.randint(1, 25))))
    move = {part: draw.choice([*parts, part, part]) for part in parts}
    new = list(
        dict.fromkeys(".".join(move[p] for p in n.split(".")) if seed % 2 else name() for n in old)
    )
    names: dict[str, list[str]] = {n: [] for n in old}
    for fresh in new:
        names[draw.choice(old)].append(fresh)
    assert renamed(code(names), names) == wanted(names)
