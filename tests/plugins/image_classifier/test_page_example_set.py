"""The drawn leaves: the same each time, alike but for their shape, two of them misplaced."""

import random
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from demo_app import Demo, File
from demo_app.images import open_image


@pytest.fixture(scope="session")
def leaves(module: Callable[[str], ModuleType]) -> ModuleType:
    return module("page.example_set")


def test_there_are_as_many_of_each_kind_and_two_lie_in_another_class(leaves: ModuleType) -> None:
    photos = leaves.example_photos()
    assert Counter(photo.kind for photo in photos) == dict.fromkeys(leaves.CLASSES, leaves.EACH)
    misplaced = [(p.kind, p.class_name) for p in photos if p.kind != p.class_name]
    assert misplaced == [("willow", "oak"), ("oak", "maple")]


def test_no_name_tells_the_kind_and_none_is_there_twice(leaves: ModuleType) -> None:
    names = [photo.name for photo in leaves.example_photos()]
    assert sorted(names) == [f"leaf {number:02}.jpg" for number in range(1, 49)]


def test_they_are_small_jpegs_of_one_size_and_no_two_are_alike(leaves: ModuleType) -> None:
    photos = leaves.example_photos()
    assert {open_image(photo.data).size for photo in photos} == {leaves.SIZE}
    assert len({photo.data for photo in photos}) == len(photos)
    assert sum(len(photo.data) for photo in photos) < 2_000_000


@pytest.mark.parametrize("kind", ["oak", "maple", "willow"])
def test_the_same_seed_draws_the_same_leaf_and_another_another(
    leaves: ModuleType, kind: str
) -> None:
    first, again, other = (leaves.draw_leaf(kind, random.Random(seed)) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes() != other.tobytes()


def test_with_the_page_s_defaults_the_misplaced_are_held_out_and_come_to_light(
    demo: Demo, leaves: ModuleType, module: Callable[[str], ModuleType]
) -> None:
    options: Any = module("page.teach_options")
    photos = leaves.example_photos()
    given: dict[str, list[File]] = {}
    mended: dict[str, list[File]] = {}
    for photo in photos:
        file = File(name=photo.name, data=photo.data)
        given.setdefault(photo.class_name, []).append(file)
        mended.setdefault(photo.kind, []).append(file)
    usual = {"validation_split": options.HELD_OUT / 100, "seed": options.SEED, "name": "leaves"}

    report = demo.call("train_head", images=given, **usual).report
    wrong = {one.name for one in report.judged if one.held_out and one.decided != one.class_name}
    assert wrong == {photo.name for photo in photos if photo.kind != photo.class_name}

    again = demo.call("train_head", images=mended, **usual).report
    assert again.computed == 0
    assert again.metrics.accuracy == 1.0
