"""MNIST's files are read wherever they usually lie, and refused where they are not its."""

import gzip
from pathlib import Path

import pytest
import torch

from demo_app import DemoError
from demo_app.datasets import mnist
from tests.datasets.idx_files import bars, idx, write_split

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.mark.parametrize("gz", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("place", [".", "MNIST/raw", "raw"])
def test_a_split_is_read_from_where_it_lies(tmp_path: Path, place: str, gz: bool) -> None:
    pictures, labels = bars(20)
    write_split(tmp_path / place, "train", pictures, labels, gz=gz)

    digits = mnist.read(tmp_path, "train")

    assert len(digits) == 20
    assert digits.images.equal(pictures)
    assert digits.images.dtype == torch.uint8
    assert digits.labels.equal(labels)
    assert digits.labels.dtype == torch.int64


def test_the_two_splits_are_two_pairs_of_files(tiny_mnist: Path) -> None:
    train, test = mnist.read(tiny_mnist, "train"), mnist.read(tiny_mnist, "test")

    assert (len(train), len(test)) == (200, 100)
    assert not train.images[:100].equal(test.images)


def test_what_is_read_may_be_changed(tiny_mnist: Path) -> None:
    mnist.read(tiny_mnist, "train").images.fill_(7)

    assert mnist.read(tiny_mnist, "train").images.max() > 100


def test_a_missing_file_is_named_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(DemoError) as missing:
        mnist.read(tmp_path, "test")

    assert str(missing.value) == f"There is no t10k-images-idx3-ubyte (plain or .gz) in {tmp_path}."


def test_missing_labels_are_named_too(tmp_path: Path) -> None:
    write_split(tmp_path, "train", *bars(3))
    (tmp_path / LABELS).unlink()

    with pytest.raises(DemoError, match=f"There is no {LABELS} "):
        mnist.read(tmp_path, "train")


@pytest.mark.parametrize("left", [-1, 16, 10, 4])
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, left: int) -> None:
    write_split(tmp_path, "train", *bars(3))
    whole = (tmp_path / IMAGES).read_bytes()
    (tmp_path / IMAGES).write_bytes(whole[:left])

    with pytest.raises(DemoError, match=f"{IMAGES} is empty, cut short, or longer than it says"):
        mnist.read(tmp_path, "train")


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    write_split(tmp_path, "train", *bars(3))
    with (tmp_path / LABELS).open("ab") as file:
        file.write(b"\1")

    with pytest.raises(DemoError, match=f"{LABELS} is empty, cut short, or longer"):
        mnist.read(tmp_path, "train")


def test_a_file_of_no_pictures_is_refused(tmp_path: Path) -> None:
    write_split(tmp_path, "train", *bars(0))

    with pytest.raises(DemoError, match=f"{IMAGES} is empty"):
        mnist.read(tmp_path, "train")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\0\0\x08", id="three bytes"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(3000), id="a picture"),
        pytest.param(idx((3, 28, 28), bytes(4 * 3 * 784), kind=0x0D), id="floats"),
    ],
)
def test_what_is_no_idx_file_of_bytes_is_refused(tmp_path: Path, content: bytes) -> None:
    write_split(tmp_path, "train", *bars(3))
    (tmp_path / IMAGES).write_bytes(content)

    with pytest.raises(DemoError, match=f"{IMAGES} is no idx file of bytes"):
        mnist.read(tmp_path, "train")


@pytest.mark.parametrize("broken", ["cut", "flipped", "not gzip"])
def test_a_damaged_gzip_file_is_refused(tmp_path: Path, broken: str) -> None:
    write_split(tmp_path, "train", *bars(3), gz=True)
    path = tmp_path / f"{IMAGES}.gz"
    content = bytearray(path.read_bytes())
    match broken:
        case "cut":
            del content[-20:]
        case "flipped":
            content[len(content) // 2] ^= 0xFF
        case _:
            content = bytearray(gzip.decompress(content))
    path.write_bytes(content)

    with pytest.raises(DemoError, match=f"{IMAGES}.gz cannot be read "):
        mnist.read(tmp_path, "train")


def test_a_gzip_file_whose_stream_makes_no_sense_is_refused(tmp_path: Path) -> None:
    write_split(tmp_path, "train", *bars(3), gz=True)
    path = tmp_path / f"{IMAGES}.gz"
    # Ten bytes of header, then a block of the kind that does not exist.
    path.write_bytes(path.read_bytes()[:10] + b"\7" * 50)

    with pytest.raises(DemoError, match=f"{IMAGES}.gz cannot be read "):
        mnist.read(tmp_path, "train")


@pytest.mark.parametrize(
    ("shape", "count"),
    [((3, 28, 27), 3), ((3, 32, 32), 3), ((3, 784), 3), ((3,), 3), ((3, 28, 28), 4)],
)
def test_files_of_another_shape_are_not_mnists(
    tmp_path: Path, shape: tuple[int, ...], count: int
) -> None:
    pictures = torch.zeros(shape, dtype=torch.uint8)
    write_split(tmp_path, "train", pictures, torch.zeros(count))

    with pytest.raises(DemoError, match=r"The train files in .* are not MNIST's: \(3"):
        mnist.read(tmp_path, "train")


def test_the_networks_see_paper_as_minus_one_and_ink_as_one() -> None:
    pixels = torch.tensor([0, 51, 255], dtype=torch.uint8).view(3, 1, 1).expand(3, 28, 28)

    images = mnist.to_model(pixels)

    assert images.shape == (3, 1, 28, 28)
    torch.testing.assert_close(images[:, 0, 0, 0], torch.tensor([-1.0, -0.6, 1.0]))


def test_pixels_come_back_from_what_the_networks_see() -> None:
    every = torch.arange(256, dtype=torch.uint8).repeat(4)[: 28 * 28].view(1, 28, 28)

    assert mnist.to_pixels(mnist.to_model(every)).equal(every)


def test_what_goes_beyond_ink_and_paper_is_clipped() -> None:
    beyond = torch.tensor([-1.5, 1.5]).view(2, 1, 1, 1)

    assert mnist.to_pixels(beyond).flatten().tolist() == [0, 255]
