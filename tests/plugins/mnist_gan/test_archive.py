"""Pictures come back from an archive in 16 shades, or not at all."""

import lzma
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from demo_app import DemoError


@pytest.fixture(scope="session")
def archive(module: Callable[[str], ModuleType]) -> Any:
    return module("archive").PictureArchive


def noise(*shape: int) -> Tensor:
    draws = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, shape, generator=draws, dtype=torch.uint8)


def differences(one: Tensor, other: Tensor) -> Tensor:
    return (one.int() - other.int()).abs()


def test_pictures_come_back_in_their_order(archive: Any) -> None:
    pictures = noise(5, 28, 28)
    box = archive(5, 28, 28, capacity=5000)

    box.pack(pictures)

    returned = box.unpack()
    assert (returned.shape, returned.dtype) == ((5, 28, 28), torch.uint8)
    assert differences(returned, pictures).max() <= 8


def test_each_of_the_256_shades_moves_to_the_nearest_of_16(archive: Any) -> None:
    shades = torch.arange(256, dtype=torch.uint8).view(1, 16, 16)
    box = archive(1, 16, 16, capacity=1000)

    box.pack(shades)

    returned = box.unpack()
    kept = torch.arange(16) * 17
    assert returned.unique().tolist() == kept.tolist()
    assert differences(returned, shades).max() == 8
    nearest = (shades.flatten()[:, None].int() - kept).abs().min(1).values
    assert differences(returned, shades).flatten().equal(nearest.int())


def test_paper_stays_paper_and_full_ink_full_ink(archive: Any) -> None:
    box = archive(1, 1, 2, capacity=1000)

    box.pack(torch.tensor([[[0, 255]]], dtype=torch.uint8))

    assert box.unpack().flatten().tolist() == [0, 255]


def test_what_comes_back_can_be_told_before(archive: Any) -> None:
    pictures = noise(3, 9, 9)
    box = archive(3, 9, 9, capacity=1000)

    box.pack(pictures)

    assert box.unpack().equal(archive.shaded(pictures))


def test_packing_again_what_came_back_changes_nothing(archive: Any) -> None:
    box = archive(3, 8, 8, capacity=1000)
    box.pack(noise(3, 8, 8))
    once = box.unpack()

    box.pack(once)

    assert box.unpack().equal(once)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 3, 3), (3, 5, 7), (2, 1, 1), (1, 3, 2)])
def test_an_odd_number_of_pixels_is_kept_too(archive: Any, shape: tuple[int, int, int]) -> None:
    box = archive(*shape, capacity=1000)

    box.pack(noise(*shape))

    assert box.unpack().equal(archive.shaded(noise(*shape)))


def test_a_second_pack_leaves_nothing_of_the_first(archive: Any) -> None:
    box, fresh = archive(2, 20, 20, capacity=1000), archive(2, 20, 20, capacity=1000)
    box.pack(noise(2, 20, 20))
    blank = torch.zeros(2, 20, 20, dtype=torch.uint8)

    box.pack(blank)
    fresh.pack(blank)

    assert box.stream.equal(fresh.stream)
    assert box.unpack().equal(blank)


def test_more_than_the_capacity_is_refused_and_the_old_pictures_stay(archive: Any) -> None:
    box = archive(4, 28, 28, capacity=800)
    blank = torch.zeros(4, 28, 28, dtype=torch.uint8)
    box.pack(blank)

    with pytest.raises(DemoError, match=r"take 1,\d{3} bytes; there is room for 800"):
        box.pack(noise(4, 28, 28))

    assert box.unpack().equal(blank)


def test_an_empty_archive_is_said_to_be_damaged(archive: Any) -> None:
    with pytest.raises(DemoError, match="damaged"):
        archive(1, 2, 2, capacity=100).unpack()


def test_a_damaged_byte_anywhere_is_noticed(archive: Any) -> None:
    box = archive(2, 28, 28, capacity=2000)
    box.pack(noise(2, 28, 28))
    whole = box.stream.clone()
    length = int(whole.nonzero().max()) + 1

    for place in range(0, length, 7):
        box.stream.copy_(whole)
        box.stream[place] ^= 0x55
        with pytest.raises(DemoError, match=r"damaged|another number"):
            box.unpack()


def test_a_stream_that_is_cut_short_is_noticed(archive: Any) -> None:
    box = archive(2, 28, 28, capacity=2000)
    box.pack(noise(2, 28, 28))
    box.stream[len(box.stream) // 4 :] = 0

    with pytest.raises(DemoError, match=r"damaged|another number"):
        box.unpack()


@pytest.mark.parametrize("count", [1, 2, 4, 400])
def test_another_number_of_pictures_is_noticed(archive: Any, count: int) -> None:
    box, other = archive(3, 8, 8, capacity=20_000), archive(count, 8, 8, capacity=20_000)
    other.pack(noise(count, 8, 8))
    box.stream.copy_(other.stream)

    with pytest.raises(DemoError, match="another number of pictures"):
        box.unpack()


def test_a_stream_that_would_fill_the_memory_is_not_unpacked(archive: Any) -> None:
    bomb = lzma.compress(bytes(100_000_000), preset=1)
    box = archive(1, 2, 2, capacity=len(bomb))
    box.stream.copy_(torch.frombuffer(bytearray(bomb), dtype=torch.uint8))

    with pytest.raises(DemoError, match="another number of pictures"):
        box.unpack()


def test_pictures_and_labels_travel_in_the_state_dict(archive: Any) -> None:
    box, other = archive(3, 8, 8, capacity=1000), archive(3, 8, 8, capacity=1000)
    box.pack(noise(3, 8, 8))
    box.labels.copy_(torch.tensor([7, 1, 4]))

    other.load_state_dict(box.state_dict())

    assert other.unpack().equal(box.unpack())
    assert other.labels.tolist() == [7, 1, 4]


def test_without_labels_there_is_only_the_stream(archive: Any) -> None:
    box = archive(3, 8, 8, capacity=1000, labelled=False)

    assert list(box.state_dict()) == ["stream"]
    assert box.labels is None
