"""A safetensors upload, read by its header: what it tells, and every way in which it may lie."""

import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors import SafetensorError, deserialize
from torch import nn

from demo_app import File, InvalidInput
from tests.plugins.container_explainer.safetensors_files import entry, raw, stored

ONE = {"a": entry("F32", [1], 0, 4)}


@pytest.fixture(scope="module")
def read(module: Callable[[str], ModuleType]) -> Callable[[File], Any]:
    """Reads a file's header."""
    read: Callable[[File], Any] = module("stored.checkpoint_header").read_checkpoint
    return read


@pytest.fixture(scope="module")
def rows(module: Callable[[str], ModuleType]) -> Callable[..., Any]:
    """Lists the names in a header as a tree."""
    rows: Callable[..., Any] = module("stored.checkpoint_tree").stored_rows
    return rows


Read = Callable[[File], Any]

REFUSED = [
    (File(name="x", data=b""), "has 0 bytes"),
    (File(name="x", data=b"1234567"), "has 7 bytes"),
    (File(name="x", data=bytes(8)), "no safetensors file"),
    (File(name="x", data=b"PK\x03\x04" + bytes(100)), "A .pt or .pth file is a pickle"),
    (raw(ONE, bytes(4), length=10**6), "says that its header has 1,000,000 bytes, and after that"),
    (raw(ONE, bytes(4), length=2**64 - 1), "up to 10,000,000 are read"),
    (raw(ONE, bytes(4), length=100_000_000), "header has 100,000,000 bytes; up to 10,000,000"),
    (raw(ONE, bytes(4), length=20), "no JSON"),
    (raw(ONE, bytes(4), length=58), "no JSON"),
    (raw(b"{"), "no JSON"),
    (raw(b"{}\0"), "no JSON"),
    (raw(b" {}"), "no safetensors file"),
    (raw(b"\xef\xbb\xbf{}"), "no safetensors file"),
    (raw(b'{"a": NaN}'), "no JSON"),
    (raw(b'{"\xff": 1}'), "no JSON"),
    (raw(b"[]"), "no safetensors file"),
    (raw(b'{"a":' + b"[" * 100_000), "too deeply"),
    (raw(b'{"a":' * 100_000), "too deeply"),
    (raw(b'{"a":{"dtype":"F32","shape":[' + b"9" * 5000 + b"],"), "no JSON"),
    (raw(b'{"a": [' + b"{}," * 60_000 + b"{}]}"), "too many tensors; up to 50,000"),
    (raw(b'{"a":1,"b":2,"a":3}'), "has the name 'a' more than once"),
    (raw(b'{"a":{"dtype":"U8","dtype":"F32"}}'), "has the name 'dtype' more than once"),
    (raw(b'{"__metadata__":{"k":"1","k":"2"}}'), "has the name 'k' more than once"),
    (raw({"__metadata__": {"k": 1}}), "entry 'k' of its __metadata__ is a number"),
    (raw({"__metadata__": {"k": None}}), "entry 'k' of its __metadata__ is nothing"),
    (raw({"__metadata__": {"k": {"deep": "er"}}}), "entry 'k' of its __metadata__ is an object"),
    (raw({"__metadata__": []}), "__metadata__ is a list"),
    (raw({"__metadata__": "text"}), "__metadata__ is a text"),
    (raw({"__metadata__": {str(n): "" for n in range(501)}}), "has 501 entries; up to 500"),
    (raw({"a": 1}), "'a' does not say all of its dtype, shape"),
    (raw({"a": ["F32", [1], [0, 4]]}, bytes(4)), "'a' does not say all"),
    (raw({"a": {"dtype": "F32", "shape": [1]}}, bytes(4)), "'a' does not say all"),
    (raw({"a": entry("pickle", [1], 0, 4)}, bytes(4)), "does not know: 'pickle'"),
    (raw({"a": entry("f32", [1], 0, 4)}, bytes(4)), "does not know: 'f32'"),
    (raw({"a": {**ONE["a"], "dtype": ["F32"]}}, bytes(4)), "does not know: a list"),
    (raw({"a": entry("F32", [-1], 0, 4)}, bytes(4)), "no list of whole numbers"),
    (raw({"a": entry("F32", [True], 0, 4)}, bytes(4)), "no list of whole numbers"),
    (raw({"a": entry("F32", [1.0], 0, 4)}, bytes(4)), "no list of whole numbers"),
    (raw({"a": entry("F32", ["1"], 0, 4)}, bytes(4)), "no list of whole numbers"),
    (raw({"a": entry("F32", 1, 0, 4)}, bytes(4)), "no list of whole numbers"),
    (raw({"a": entry("F32", {"0": 1}, 0, 4)}, bytes(4)), "no list of whole numbers"),
    (raw({"a": entry("F32", [10**400], 0, 4)}, bytes(4)), "no list of whole numbers"),
    (raw({"a": entry("F32", [2**62] * 64, 0, 4)}, bytes(4)), "do not fit F32 of shape"),
    (raw({"a": entry("F32", [1] * 65, 0, 4)}, bytes(4)), "has 65 dimensions; up to 64"),
    (raw({"a": entry("F32", [2], 0, 4)}, bytes(4)), "has 4 bytes, which do not fit F32 of shape"),
    (raw({"a": entry("F32", [1], 0, 8)}, bytes(8)), "has 8 bytes, which do not fit F32"),
    (raw({"a": entry("F4", [3], 0, 2)}, bytes(2)), "has 2 bytes, which do not fit F4"),
    (raw({"a": entry("F32", [0], 0, 4)}, bytes(4)), "do not fit"),
    (raw({"a": entry("F32", [1], 4, 0)}, bytes(4)), "ends at byte 0, before it begins at 4"),
    (raw({"a": entry("F32", [1], -4, 0)}, bytes(4)), "no two whole numbers"),
    (raw({"a": entry("F32", [1], False, 4)}, bytes(4)), "no two whole numbers"),
    (raw({"a": {**ONE["a"], "data_offsets": [0, 4, 8]}}, bytes(8)), "no two whole numbers"),
    (raw({"a": {**ONE["a"], "data_offsets": None}}, bytes(8)), "no two whole numbers"),
    (raw(ONE, bytes(3)), "'a' ends at byte 4, and the file has 3 bytes of tensors"),
    (raw({"a": entry("U8", [2**40], 0, 2**40)}), "and the file has 0 bytes of tensors"),
    (raw(ONE, bytes(5)), "1 bytes at its end belong to no tensor"),
    (raw({"a": entry("F32", [1], 4, 8)}, bytes(8)), "4 bytes before the tensor 'a' belong to no"),
    (
        raw({"a": entry("F32", [2], 0, 8), "b": entry("F32", [2], 4, 12)}, bytes(12)),
        "tensors 'a' and 'b' overlap",
    ),
    (
        raw({"a": entry("F32", [1], 0, 4), "b": entry("F32", [1], 0, 4)}, bytes(4)),
        "tensors 'a' and 'b' overlap",
    ),
    (raw({"": entry("F32", [1], 0, 4)}, bytes(4)), "has an empty name"),
    (raw({"x" * 10_240: entry("F32", [1], 0, 4)}, bytes(4)), "has 10,240 characters; up to 1,000"),
    (raw({"a.\x1b[2J": entry("F32", [1], 0, 4)}, bytes(4)), "cannot be printed"),
    (raw({"a\u202eb": entry("F32", [1], 0, 4)}, bytes(4)), "cannot be printed"),
    (raw({"a\ud800": entry("F32", [1], 0, 4)}, bytes(4)), "cannot be printed"),
    (raw({"a" + ".a" * 100: entry("F32", [1], 0, 4)}, bytes(4)), "has 101 levels; up to 100"),
    (raw({f"{n}": entry("F32", [0], 0, 0) for n in range(50_003)}), "up to 50,000 are read"),
]


@pytest.mark.parametrize(("file", "text"), REFUSED, ids=range(len(REFUSED)))
def test_a_file_that_lies_is_refused_in_a_sentence(read: Read, file: File, text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(file)
    said = str(caught.value)
    assert text in said
    assert said.startswith(f"{file.name} cannot be read: ")
    assert len(said) < 400
    assert said.isprintable()


ACCEPTED = [
    raw({}),
    raw(b"{}      "),
    raw({"__metadata__": {}}),
    raw({"__metadata__": {"format": "pt"}, **ONE}, bytes(4)),
    raw({"a": entry("F32", [], 0, 4)}, bytes(4)),
    raw({"a": entry("F32", [0], 0, 0)}),
    raw({"a": entry("F32", [3, 0, 2], 0, 0), "b": entry("I64", [1], 0, 8)}, bytes(8)),
    raw({"a": entry("F32", [1], 4, 8), "b": entry("F32", [1], 0, 4)}, bytes(8)),
    raw({"a": entry("U8", [1], 0, 1), "b": entry("F32", [1], 1, 5)}, bytes(5)),
    raw({"a": {**ONE["a"], "more": "than asked"}}, bytes(4)),
    raw({"a": entry("F4", [4], 0, 2)}, bytes(2)),
    raw({"<img src=x onerror=alert(1)>": entry("F32", [1], 0, 4)}, bytes(4)),
]


@pytest.mark.parametrize("file", ACCEPTED, ids=range(len(ACCEPTED)))
def test_whatever_is_read_the_library_reads_alike(read: Read, file: File) -> None:
    theirs = {name: (t["dtype"], tuple(t["shape"])) for name, t in deserialize(file.data)}
    header = read(file)
    assert {name: (t.dtype, t.shape) for name, t in header.tensors.items()} == theirs


@pytest.mark.parametrize("dtype", ["F16", "F32", "I64", "U8", "BOOL", "F6_E2M3", "C64", "BF16"])
@pytest.mark.parametrize("shape", [[8], [3], [], [2, 4]])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 8, 16, 32, 64])
def test_a_size_is_believed_where_the_library_believes_it(
    read: Read, dtype: str, shape: list[int], size: int
) -> None:
    file = raw({"a": entry(dtype, shape, 0, size)}, bytes(size))
    try:
        deserialize(file.data)
    except SafetensorError:
        with pytest.raises(InvalidInput, match="do not fit"):
            read(file)
    else:
        assert read(file).bytes == size


def test_a_file_cut_off_anywhere_is_refused(read: Read) -> None:
    whole = stored({"weight": torch.ones(2, 3), "bias": torch.ones(2)}, {"format": "pt"})
    for length in range(len(whole.data)):
        with pytest.raises(InvalidInput):
            read(File(name="part.safetensors", data=whole.data[:length]))


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_file_is_read_only_where_the_library_reads_it(read: Read, seed: int) -> None:
    whole = stored({"a.w": torch.ones(2, 3), "a.b": torch.ones(2).half()}, {"k": "v"}).data
    draw = random.Random(seed)
    for _ in range(50):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 3)):
            place = draw.randrange(8, len(whole) - 30)
            data[place : place + draw.randint(0, 1)] = draw.choices(b'019{}[],:"-.eF \xff', k=1)
        length = int.from_bytes(whole[:8], "little") + len(data) - len(whole)
        data[:8] = length.to_bytes(8, "little")
        try:
            read(File(name="net.safetensors", data=bytes(data)))
        except InvalidInput:
            continue
        deserialize(bytes(data))


class TestWhatItTells:
    def test_names_shapes_dtypes_and_sizes(self, read: Read) -> None:
        net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))
        header = read(stored(net.state_dict(), {"architecture": "LeNet"}))
        assert {n: t.shape for n, t in header.tensors.items()} == {
            n: tuple(t.shape) for n, t in net.state_dict().items()
        }
        assert header.tensors["1.num_batches_tracked"].dtype == "I64"
        assert header.tensors["0.weight"].bytes == 8 * 3 * 9 * 4
        assert header.count == sum(t.numel() for t in net.state_dict().values())
        assert header.bytes == sum(t.nbytes for t in net.state_dict().values())
        assert header.metadata == {"architecture": "LeNet"}

    def test_numbers_in_names_are_in_their_own_order(self, read: Read) -> None:
        layers = {f"layers.{n}.weight": torch.ones(1) for n in range(12)}
        assert list(read(stored(layers)).tensors) == list(layers)

    def test_metadata_is_bounded_and_can_be_shown(self, read: Read) -> None:
        texts = {"long": "x" * 20_000, "lines": "a\nb", "odd": "a\x1b[2J\u202e"}
        metadata = read(raw({"__metadata__": texts})).metadata
        assert len(metadata["long"]) == 10_000
        assert metadata["lines"] == "a\nb"
        assert metadata["odd"] == "a�[2J�"

    def test_every_dtype_of_the_library_has_its_size(
        self, module: Callable[[str], ModuleType]
    ) -> None:
        for dtype, bits in module("stored.checkpoint_header").BITS.items():
            deserialize(raw({"a": entry(dtype, [8], 0, bits)}, bytes(bits)).data)


class TestTree:
    def test_groups_hold_the_sums_of_what_is_in_them(self, read: Read, rows: Any) -> None:
        net = nn.Sequential(nn.Sequential(nn.Linear(4, 2), nn.ReLU()), nn.Linear(2, 1).half())
        found = rows(read(stored(net.state_dict())))
        assert [(r.path, r.depth, r.is_tensor) for r in found] == [
            ("0", 1, False),
            ("0.0", 2, False),
            ("0.0.bias", 3, True),
            ("0.0.weight", 3, True),
            ("1", 1, False),
            ("1.bias", 2, True),
            ("1.weight", 2, True),
        ]
        first, last = found[0], found[4]
        assert (first.tensors, first.count, first.bytes, first.dtype) == (2, 10, 40, "F32")
        assert (last.tensors, last.count, last.bytes, last.dtype) == (2, 3, 6, "F16")
        assert first.share + last.share == 1
        assert found[3].shape == "[2, 4]"

    def test_a_depth_leaves_out_what_is_below(self, read: Read, rows: Any) -> None:
        header = read(stored({"a.b.c": torch.ones(2), "d": torch.ones(1)}))
        assert [(r.path, r.count) for r in rows(header, depth=1)] == [("a", 2), ("d", 1)]

    def test_a_name_may_be_a_tensor_and_a_group(self, read: Read, rows: Any) -> None:
        found = rows(read(stored({"a": torch.ones(2), "a.b": torch.ones(3)})))
        assert [(r.path, r.is_tensor, r.count) for r in found] == [("a", True, 5), ("a.b", True, 3)]

    def test_a_file_without_tensors_has_no_rows(self, read: Read, rows: Any) -> None:
        assert rows(read(raw({}))) == []

    def test_names_that_make_too_many_groups_are_refused(self, read: Read, rows: Any) -> None:
        names = [".".join([f"{n}", *["x"] * 90]) for n in range(700)]
        header = read(raw({name: entry("F32", [0], 0, 0) for name in names}))
        with pytest.raises(InvalidInput, match="more than 50,000 rows"):
            rows(header)
        assert len(rows(header, depth=2)) == 1400
