"""Values that cross between processes: copied, equal, with their tensors on the CPU."""

from dataclasses import dataclass
from enum import Enum

import pytest
import torch
from PIL import Image, ImageChops

from demo_app import File
from demo_app.transfer import pack, unpack


class Tone(Enum):
    WARM = "warm"


@dataclass(frozen=True)
class Result:
    label: str
    tone: Tone
    file: File


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1, 2.5, "drei", True],
        {"nested": {"tuple": (1, 2), "bytes": b"\x00"}},
        Result("cat", Tone.WARM, File(name="a.txt", data=b"a")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_plain_data_arrives_equal(value: object) -> None:
    assert unpack(pack(value)) == value


def test_a_picture_arrives_with_its_pixels() -> None:
    picture = Image.effect_noise((8, 8), 50).convert("RGB")
    arrived = unpack(pack(picture))
    assert ImageChops.difference(picture, arrived).getbbox() is None


def test_a_tensor_arrives_as_a_copy() -> None:
    tensor = torch.arange(6.0).view(2, 3)
    arrived = unpack(pack({"weights": tensor}))["weights"]
    assert torch.equal(arrived, tensor)
    arrived.zero_()
    assert tensor.sum() == 15


def test_a_module_arrives_with_its_parameters() -> None:
    head = torch.nn.Linear(3, 2)
    arrived = unpack(pack(head))
    assert isinstance(arrived.weight, torch.nn.Parameter)
    assert torch.equal(arrived(torch.ones(3)), head(torch.ones(3)))


def test_what_has_no_copy_is_refused() -> None:
    with pytest.raises(Exception, match="pickle"):
        pack({"generator": (n for n in range(3))})
