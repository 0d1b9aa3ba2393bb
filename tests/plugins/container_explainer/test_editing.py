"""What if I …: each edit is what its line of code does, and the remap loads an old checkpoint."""

import copy
from collections import OrderedDict
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from demo_app import InvalidInput
from demo_app.meta import build_on_meta
from tests.plugins.container_explainer.architectures import Tied

Edit = Any
Operation = Callable[..., Edit]


@pytest.fixture(scope="module")
def do(module: Callable[[str], ModuleType]) -> Operation:
    """Calls an edit by its name."""

    def do(operation: str, net: nn.Module, *arguments: Any, **options: Any) -> Edit:
        rooms = (module("altering.editing"), module("altering.rebuilding"))
        function = next(getattr(room, operation) for room in rooms if hasattr(room, operation))
        return function(net, *arguments, **options)

    return do


def numbered() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 3), nn.Linear(3, 3))


def named() -> nn.Sequential:
    names = ("first", "act", "middle", "last")
    return nn.Sequential(OrderedDict(zip(names, numbered(), strict=True)))


def layers() -> nn.ModuleList:
    return nn.ModuleList(numbered())


def choices() -> nn.ModuleDict:
    return nn.ModuleDict({"a b": nn.Linear(2, 2), "relu": nn.ReLU(), "prelu": nn.PReLU()})


def nested() -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            features=numbered(),
            stages=nn.ModuleList([named(), numbered()]),
            acts=choices(),
            head=nn.Linear(3, 1),
        )
    )


class Plain(nn.Module):
    """Layers where PyTorch does not look for them."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(3, 3), nn.ReLU()]
        self.pair = (nn.Linear(3, 3),)
        self.named = {"one": nn.Linear(3, 3)}
        self.mixed = [nn.Linear(3, 3), "text"]
        self.last = nn.Linear(3, 1)


class Backwards(nn.Sequential):
    def __init__(self, count: int) -> None:
        super().__init__(*[nn.Linear(2, 2) for _ in range(count)])

    def forward(self, input: Tensor) -> Tensor:
        return input


EDITS: list[tuple[Callable[[], nn.Module], str, tuple[Any, ...], dict[str, Any]]] = [
    (numbered, "append", (nn.Linear(3, 2),), {}),
    (numbered, "append", (nn.Linear(3, 2),), {"name": "last"}),
    (named, "append", (nn.Linear(3, 2),), {}),
    (named, "append", (nn.Linear(3, 2),), {"name": "more"}),
    (layers, "append", (nn.Conv2d(3, 2, 3),), {}),
    (choices, "append", (nn.ELU(),), {"name": "elu"}),
    (nested, "append", (nn.Linear(3, 3),), {"at": "stages.0", "name": "more"}),
    (numbered, "insert", (1, nn.BatchNorm1d(3)), {}),
    (numbered, "insert", (-1, nn.Linear(3, 3)), {}),
    (numbered, "insert", (4, nn.Linear(3, 3)), {}),
    (layers, "insert", (-1, nn.Linear(3, 3)), {}),
    (layers, "insert", (0, nn.Linear(3, 3)), {}),
    (named, "insert", (1, nn.BatchNorm1d(3)), {"name": "norm"}),
    (nested, "insert", (0, nn.Linear(3, 3)), {"at": "features"}),
    (nested, "insert", (0, nn.Linear(3, 3)), {"at": "stages.1"}),
    (numbered, "delete", (0,), {}),
    (numbered, "delete", ("0",), {}),
    (numbered, "delete", (-1,), {}),
    (named, "delete", (0,), {}),
    (named, "delete", ("first",), {}),
    (layers, "delete", (1,), {}),
    (choices, "delete", ("a b",), {}),
    (nested, "delete", (1,), {"at": "features"}),
    (numbered, "slice_children", (2, None), {}),
    (numbered, "slice_children", (None, -1), {}),
    (numbered, "slice_children", (None, None, 2), {}),
    (layers, "slice_children", (2, None), {}),
    (named, "slice_children", (1, 3), {}),
    (nested, "slice_children", (2, None), {"at": "stages.1"}),
    (numbered, "repeat", (3,), {}),
    (named, "repeat", (2,), {}),
    (named, "repeat", (1,), {}),
    (layers, "repeat", (2,), {}),
    (numbered, "repeat", (2,), {"shared": False}),
    (layers, "repeat", (2,), {"shared": False}),
    (nested, "repeat", (2,), {"at": "features"}),
    (numbered, "wrap", (), {}),
    (numbered, "wrap", (), {"name": "net"}),
    (nested, "wrap", (), {"at": "features.2"}),
    (nested, "wrap", (), {"at": "acts.a b", "name": "linear"}),
    (Tied, "wrap", (), {}),
    (named, "rename_child", ("first", "stem"), {}),
    (numbered, "rename_child", ("2", "middle"), {}),
    (choices, "rename_child", ("a b", "ab"), {}),
    (nested, "rename_child", ("head", "classifier"), {}),
    (numbered, "name_children", (["conv", "act", "left", "right"],), {}),
    (numbered, "name_children", (["3", "2", "1", "0"],), {}),
    (nested, "name_children", (["a", "b", "c", "d"],), {"at": "features"}),
    (named, "number_children", (), {}),
    (nested, "number_children", (), {"at": "stages.0"}),
    (Plain, "list_to_module_list", ("layers",), {}),
    (Plain, "list_to_module_list", ("pair",), {}),
    (Plain, "list_to_module_list", ("named",), {}),
    (lambda: nn.Sequential(Plain()), "list_to_module_list", ("layers",), {"at": "0"}),
]
every_edit = pytest.mark.parametrize(
    ("architecture", "operation", "arguments", "options"),
    EDITS,
    ids=[f"{number}-{edit[1]}" for number, edit in enumerate(EDITS)],
)


@every_edit
def test_it_is_what_its_line_of_code_does(
    do: Operation, architecture: Any, operation: str, arguments: Any, options: Any
) -> None:
    net = architecture()
    edit = do(operation, net, *arguments, **options)
    namespace = {"net": copy.deepcopy(net), "nn": nn, "OrderedDict": OrderedDict, "copy": copy}
    exec(edit.code, namespace)
    by_code = namespace["net"]
    assert isinstance(by_code, nn.Module)
    assert str(by_code) == str(edit.after)
    assert list(by_code.state_dict()) == list(edit.after.state_dict())


@every_edit
def test_the_remap_loads_an_old_checkpoint(
    do: Operation, architecture: Any, operation: str, arguments: Any, options: Any
) -> None:
    net = architecture()
    edit = do(operation, net, *arguments, **options)
    namespace: dict[str, Any] = {"state_dict": {k: t.clone() for k, t in net.state_dict().items()}}
    exec(edit.remap, namespace)
    after = copy.deepcopy(edit.after)
    with torch.no_grad():
        for tensor in after.parameters():
            tensor.fill_(7)
    result = after.load_state_dict(namespace["state_dict"], strict=not edit.missing)
    assert result.unexpected_keys == []
    # Of a checkpoint in a plain dictionary, BatchNorm does without this one and begins at 0.
    assert result.missing_keys == [n for n in edit.missing if "num_batches_tracked" not in n]
    for key, tensor in after.state_dict().items():
        if key not in edit.missing:
            assert torch.equal(tensor, edit.after.state_dict()[key]), key


@every_edit
def test_the_module_given_is_left_as_it_was(
    do: Operation, architecture: Any, operation: str, arguments: Any, options: Any
) -> None:
    net = architecture()
    text, keys, modules = str(net), list(net.state_dict()), list(net.modules())
    tensors = list(map(id, net.parameters()))
    edit = do(operation, net, *arguments, **options)
    assert edit.before is net
    assert (str(net), list(net.state_dict()), list(net.modules())) == (text, keys, modules)
    assert list(map(id, net.parameters())) == tensors
    assert not set(edit.after.modules()) & set(modules)


@every_edit
def test_every_name_before_and_after_is_accounted_for(
    do: Operation, architecture: Any, operation: str, arguments: Any, options: Any
) -> None:
    net = architecture()
    edit = do(operation, net, *arguments, **options)
    assert [c.new for c in edit.changes if c.new is not None] == list(edit.after.state_dict())
    assert {c.old for c in edit.changes if c.old is not None} == set(net.state_dict())
    for change in edit.changes:
        assert (change.what == "kept") == (change.old == change.new)
        assert (change.what == "added") == (change.old is None)
        assert (change.what == "removed") == (change.new is None)


def moved(edit: Edit) -> dict[str, str]:
    return {c.old: c.new for c in edit.changes if c.what == "moved"}


class TestWhatPeopleTripOver:
    def test_inserting_into_numbers_moves_all_that_follow(self, do: Operation) -> None:
        edit = do("insert", numbered(), 1, nn.BatchNorm1d(3))
        assert moved(edit) == {
            "2.weight": "3.weight",
            "2.bias": "3.bias",
            "3.weight": "4.weight",
            "3.bias": "4.bias",
        }
        assert edit.missing[:2] == ("1.weight", "1.bias")

    def test_inserting_into_names_moves_nothing(self, do: Operation) -> None:
        edit = do("insert", named(), 1, nn.BatchNorm1d(3), name="norm")
        assert (moved(edit), edit.remap) == ({}, "")

    def test_deleting_by_index_loses_names_and_by_name_does_not(self, do: Operation) -> None:
        by_index, by_name = do("delete", named(), 0), do("delete", named(), "first")
        assert list(by_index.after._modules) == ["0", "1", "2"]
        assert list(by_name.after._modules) == ["act", "middle", "last"]
        assert "names are lost" in by_index.notes[0]
        assert by_name.notes == ()

    def test_a_slice_of_a_sequential_keeps_its_numbers(self, do: Operation) -> None:
        edit = do("slice_children", numbered(), 2, None)
        assert next(iter(edit.after.state_dict())) == "2.weight"
        assert "keeps the names" in edit.notes[0]

    def test_a_slice_of_a_list_does_not(self, do: Operation) -> None:
        edit = do("slice_children", layers(), 2, None)
        assert moved(edit)["2.weight"] == "0.weight"
        assert edit.notes == ()

    def test_appending_to_a_slice_would_replace_a_layer(self, do: Operation) -> None:
        part = do("slice_children", numbered(), 2, None).after
        with pytest.raises(InvalidInput, match="append\\(\\) would write to '2', which"):
            do("append", part, nn.ReLU())

    def test_times_n_shares_the_weights(self, do: Operation) -> None:
        edit = do("repeat", numbered(), 3)
        assert len(list(edit.after.parameters())) == len(list(numbered().parameters()))
        assert {c.what for c in edit.changes} == {"kept", "shared"}
        assert "share their weights" in edit.notes[0]

    def test_copies_have_weights_of_their_own_that_begin_alike(self, do: Operation) -> None:
        edit = do("repeat", numbered(), 2, shared=False)
        first, second = edit.after[0].weight, edit.after[4].weight
        assert first is not second
        assert torch.equal(first, second)
        assert set(edit.missing) == {
            f"{n}.{leaf}" for n in (4, 6, 7) for leaf in ("weight", "bias")
        }

    def test_a_plain_list_was_never_saved(self, do: Operation) -> None:
        edit = do("list_to_module_list", Plain(), "layers")
        assert edit.missing == ("layers.0.weight", "layers.0.bias")
        assert "An old checkpoint has no weights of theirs" in edit.notes[0]

    def test_a_list_of_layers_that_are_registered_too_gives_them_a_second_name(
        self, do: Operation
    ) -> None:
        net = Plain()
        net.again = [net.last]  # type: ignore[assignment]
        edit = do("list_to_module_list", net, "again")
        assert {c.new: c.old for c in edit.changes if c.what == "shared"} == {
            "again.0.weight": "last.weight",
            "again.0.bias": "last.bias",
        }
        assert edit.missing == ()

    def test_tied_tensors_stay_tied(self, do: Operation) -> None:
        after = do("wrap", Tied()).after
        assert after[0].head.weight is after[0].embedding.weight


REFUSED: list[tuple[Callable[[], nn.Module], str, tuple[Any, ...], dict[str, Any], str]] = [
    (numbered, "append", (nn.ReLU(),), {"at": "7"}, "There is no module at '7'"),
    (nested, "append", (nn.ReLU(),), {"at": "feature"}, "Did you mean 'features'?"),
    (nested, "append", (nn.ReLU(),), {"at": "head"}, "Linear is no container to append to"),
    (choices, "append", (nn.ReLU(),), {}, "has a name for each child"),
    (choices, "append", (nn.ReLU(),), {"name": "relu"}, "There is a child named 'relu'"),
    (choices, "append", (nn.ReLU(),), {"name": "keys"}, "has an attribute of that name"),
    (choices, "append", (nn.ReLU(),), {"name": "type"}, "has an attribute of that name"),
    (numbered, "append", (nn.ReLU(),), {"name": "a.b"}, "no dot, which separates"),
    (numbered, "append", (nn.ReLU(),), {"name": ""}, "at least one character"),
    (numbered, "append", (nn.ReLU(),), {"name": "a\n"}, "characters that can be printed"),
    (numbered, "append", (nn.ReLU(),), {"name": "x" * 101}, "up to 100 characters"),
    (numbered, "append", (nn.ReLU(),), {"name": "forward"}, "has an attribute of that name"),
    (layers, "append", (nn.ReLU(),), {"name": "x"}, "numbered and take no name"),
    (numbered, "insert", (5, nn.ReLU()), {}, "with 4 children it is -4 to 4"),
    (numbered, "insert", (-5, nn.ReLU()), {}, "-5 is no index"),
    (named, "insert", (0, nn.ReLU()), {}, "PyTorch raises a KeyError"),
    (choices, "insert", (0, nn.ReLU()), {}, "no place in a ModuleDict to insert into"),
    (numbered, "delete", (4,), {}, "no child 4 in the Sequential, which has 4"),
    (named, "delete", ("frist",), {}, "Did you mean 'first'?"),
    (choices, "delete", (0,), {}, "have no index"),
    (Tied, "delete", ("head",), {}, "Tied is no container to delete from"),
    (choices, "slice_children", (0, 1), {}, "no place in a ModuleDict to slice"),
    (numbered, "slice_children", (0, 3, 0), {}, "at least 1"),
    (lambda: Backwards(3), "slice_children", (0, 1), {}, "PyTorch cannot slice the Backwards"),
    (numbered, "repeat", (0,), {}, "once at least"),
    (numbered, "repeat", (10**9,), {}, "4,000,000,000 children; up to 10,000"),
    (choices, "repeat", (2,), {}, "no place in a ModuleDict to repeat"),
    (numbered, "wrap", (), {"name": "a.b"}, "no dot"),
    (named, "rename_child", ("first", "last"), {}, "There is a child named 'last'"),
    (named, "rename_child", ("frist", "x"), {}, "Did you mean 'first'?"),
    (layers, "rename_child", ("0", "x"), {}, "have their numbers and cannot be renamed"),
    (Tied, "rename_child", ("head", "x"), {}, "they are attributes that its own code uses"),
    (numbered, "name_children", (["a"],), {}, "1 names were given, and the Sequential has 4"),
    (numbered, "name_children", (["a", "b", "a", "c"],), {}, "'a' was given more than once"),
    (choices, "name_children", (["a", "b", "c"],), {}, "they have names"),
    (choices, "number_children", (), {}, "found by name"),
    (lambda: Backwards(2), "number_children", (), {}, "has a forward of its own"),
    (Plain, "list_to_module_list", ("layer",), {}, "Did you mean 'layers'?"),
    (Plain, "list_to_module_list", ("last",), {}, "There is no list 'last' in the Plain"),
    (Plain, "list_to_module_list", ("mixed",), {}, "holds also a str"),
]


@pytest.mark.parametrize(
    ("architecture", "operation", "arguments", "options", "text"), REFUSED, ids=range(len(REFUSED))
)
def test_what_cannot_be_done_is_said_in_plain_words(
    do: Operation, architecture: Any, operation: str, arguments: Any, options: Any, text: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        do(operation, architecture(), *arguments, **options)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "arguments", "options", "title"),
    [
        ("insert", (1, nn.ReLU()), {"at": "features"}, "Insert ReLU at 1 (features)"),
        ("delete", (0,), {"at": "stages"}, "Delete 0 (stages)"),
        ("wrap", (), {"at": "head"}, "Wrap Linear in a Sequential (head)"),
        ("repeat", (2,), {"at": "features"}, "Repeat 2 times (features)"),
    ],
)
def test_a_title_says_what_was_done_and_where(
    do: Operation, operation: str, arguments: Any, options: Any, title: str
) -> None:
    assert do(operation, nested(), *arguments, **options).title == title


def test_names_are_suggested_from_the_classes(module: Callable[[str], ModuleType]) -> None:
    net = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.Conv2d(1, 1, 1), nn.Flatten())
    suggested = module("altering.rebuilding").suggested_names
    assert suggested(net) == ["conv1", "relu1", "conv2", "flatten1"]


def test_it_is_done_on_meta_at_any_size(do: Operation) -> None:
    net = build_on_meta(lambda: nn.Sequential(*[nn.Linear(100_000, 100_000) for _ in range(5)]))
    edit = do("insert", net, 1, build_on_meta(lambda: nn.Linear(100_000, 100_000)))
    assert all(parameter.is_meta for parameter in edit.after.parameters())
    assert sum(p.numel() for p in edit.after.parameters()) > 6 * 10**10
    assert all(p.is_meta for p in do("repeat", net, 2, shared=False).after.parameters())


def test_lazy_layers_can_be_moved_about(do: Operation) -> None:
    edit = do("insert", nn.Sequential(nn.LazyLinear(3)), 0, nn.ReLU())
    assert edit.after(torch.ones(2, 5)).shape == (2, 3)
    assert moved(edit) == {"0.weight": "1.weight", "0.bias": "1.bias"}
