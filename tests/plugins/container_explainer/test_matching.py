"""A checkpoint beside a model: what fits, and code that, when it is run, makes the names fit."""

import copy
from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest
import torch
import torchvision
from safetensors.torch import load
from torch import Tensor, nn

from demo_app import File
from demo_app.meta import build_on_meta
from tests.plugins.container_explainer.architectures import Tied, Twice
from tests.plugins.container_explainer.safetensors_files import stored


@pytest.fixture(scope="module")
def match(module: Callable[[str], ModuleType]) -> Callable[[File, nn.Module], Any]:
    """Matches a file with a model, as the page does: with the model on the meta device."""

    def match(file: File, model: nn.Module) -> Any:
        header = module("stored.checkpoint_header").read_checkpoint(file)
        return module("stored.matching").match(header, build_on_meta(lambda: copy.deepcopy(model)))

    return match


Matcher = Callable[[File, nn.Module], Any]


def lenet() -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            features=nn.Sequential(
                OrderedDict(conv1=nn.Conv2d(3, 4, 3), relu=nn.ReLU(), conv2=nn.Conv2d(4, 4, 3))
            ),
            classifier=nn.Sequential(OrderedDict(fc1=nn.Linear(8, 6), fc2=nn.Linear(6, 2))),
        )
    )


def numbered_lenet() -> nn.Sequential:
    """The same layers, in one Sequential with numbers."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Linear(8, 6), nn.Linear(6, 2)
    )


def named(change: Callable[[str], str], state_dict: Mapping[str, Tensor]) -> File:
    return stored({change(name): tensor for name, tensor in state_dict.items()})


def loaded(code: str, file: File, model: nn.Module) -> nn.Module:
    """A copy of the model, all its numbers lost, into which the code loaded the file."""
    fresh = copy.deepcopy(model)
    with torch.no_grad():
        for tensor in [*fresh.parameters(), *fresh.buffers()]:
            tensor.fill_(7)
    exec(code, {"state_dict": load(file.data), "model": fresh})
    return fresh


def same(one: nn.Module, other: nn.Module) -> bool:
    """Whether both have the same numbers, tensor by tensor in the order of their modules."""
    ours, theirs = one.state_dict().values(), other.state_dict().values()
    return all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


class TestAsItIs:
    def test_a_model_s_own_checkpoint_fits(self, match: Matcher) -> None:
        model = lenet()
        found = match(stored(model.state_dict()), model)
        assert found.verdict == "Fits as it is."
        assert set(found.as_it_is.matched) == set(model.state_dict())
        assert found.way.code == "model.load_state_dict(state_dict)"
        assert (found.way.renaming, found.alternatives, found.undecided) == (None, (), ())

    def test_missing_and_unexpected_names_are_listed(self, match: Matcher) -> None:
        model = lenet()
        tensors = dict(model.state_dict())
        del tensors["classifier.fc2.bias"]
        tensors["step"] = torch.ones(5, 5)
        file = stored(tensors)
        found = match(file, model)
        assert found.as_it_is.missing == ("classifier.fc2.bias",)
        assert found.as_it_is.unexpected == ("step",)
        assert found.verdict == "Fits in part: 7 tensors fit, 1 missing, 1 unexpected."
        assert "strict=False" in found.way.code
        assert torch.equal(
            loaded(found.way.code, file, model).state_dict()["features.conv1.weight"],
            tensors["features.conv1.weight"],
        )

    def test_what_is_too_much_is_left_out_by_the_code(self, match: Matcher) -> None:
        model = lenet()
        file = stored(model.state_dict() | {"optimizer.momentum": torch.ones(3, 3)})
        found = match(file, model)
        assert found.verdict == "Fits, 1 unexpected left out."
        assert "strict" not in found.way.code
        assert same(loaded(found.way.code, file, model), model)

    def test_a_wrong_shape_is_told_with_both_shapes(self, match: Matcher) -> None:
        model, other = lenet(), lenet()
        other.classifier.fc2 = nn.Linear(6, 10)
        file = stored(other.state_dict())
        found = match(file, model)
        weight = next(w for w in found.as_it_is.wrong_shapes if w.name.endswith("weight"))
        assert (weight.stored, weight.expected) == ((10, 6), (2, 6))
        assert weight.remark == "The file has 10 outputs, the model 2: other classes, say."
        assert "2 of another shape" in found.verdict
        result = loaded(found.way.code, file, model)
        assert torch.equal(result.features.conv1.weight, other.features.conv1.weight)
        assert bool((result.classifier.fc2.weight == 7).all())

    @pytest.mark.parametrize(
        ("shape", "remark"),
        [
            ((6, 8), ""),
            ((8, 6), "The file has the transpose."),
            ((6, 8, 1), "dimensions of size 1"),
        ],
    )
    def test_a_wrong_shape_that_is_a_habit_is_named(
        self, match: Matcher, shape: tuple[int, ...], remark: str
    ) -> None:
        file = stored({"weight": torch.ones(shape), "bias": torch.ones(6)})
        (*wrong,) = match(file, nn.Linear(8, 6)).as_it_is.wrong_shapes
        assert [remark in w.remark for w in wrong] == ([True] if remark else [])

    def test_other_dtypes_fit_and_are_told(self, match: Matcher) -> None:
        model = lenet()
        file = stored({n: t.half() for n, t in model.state_dict().items()})
        found = match(file, model)
        assert found.verdict == "Fits as it is."
        assert {(d.stored, d.expected) for d in found.as_it_is.other_dtypes} == {
            ("float16", "float32")
        }
        assert len(found.as_it_is.other_dtypes) == 8

    def test_a_lazy_layer_takes_any_shape(self, match: Matcher) -> None:
        file = stored({"weight": torch.ones(6, 8), "bias": torch.ones(6)})
        assert match(file, nn.LazyLinear(6)).verdict == "Fits as it is."

    def test_nothing_in_common_is_said_plainly(self, match: Matcher) -> None:
        found = match(stored({"x": torch.ones(3, 2, 1)}), lenet())
        assert found.verdict == (
            "Does not fit: 8 missing, 1 unexpected. No name or shape tells which tensor belongs "
            "where."
        )

    def test_an_empty_file_and_an_empty_model_are_no_trouble(self, match: Matcher) -> None:
        assert match(stored({}), nn.ReLU()).verdict == "Fits as it is."
        assert match(stored({}), lenet()).verdict.startswith("Does not fit: 8 missing.")
        assert match(stored({"a": torch.ones(1)}), nn.ReLU()).as_it_is.unexpected == ("a",)


class TestTiedTensors:
    def test_one_name_stands_for_all(self, match: Matcher) -> None:
        model = Tied()
        file = stored({"embedding.weight": model.embedding.weight})
        found = match(file, model)
        assert [(a.name, a.same_as) for a in found.as_it_is.aliases] == [
            ("head.weight", "embedding.weight")
        ]
        assert found.as_it_is.missing == ()
        assert found.verdict == "Fits as it is."
        assert same(loaded(found.way.code, file, model), model)

    def test_either_name_will_do(self, match: Matcher) -> None:
        model = Tied()
        file = stored({"head.weight": model.embedding.weight})
        assert same(loaded(match(file, model).way.code, file, model), model)

    def test_a_shared_layer_under_a_prefix(self, match: Matcher) -> None:
        model = Twice()
        file = named(
            lambda name: f"module.{name}", nn.ModuleDict({"second": model.first}).state_dict()
        )
        found = match(file, model)
        assert {a.name for a in found.way.comparison.aliases} == {"first.weight", "first.bias"}
        assert same(loaded(found.way.code, file, model), model)

    def test_both_names_under_a_prefix_are_both_used(self, match: Matcher) -> None:
        model = Tied()
        weight = model.embedding.weight.detach()
        file = stored({"module.embedding.weight": weight, "module.head.weight": weight.clone()})
        found = match(file, model)
        assert found.way.comparison.unexpected == ()
        assert same(loaded(found.way.code, file, model), model)


PREFIXES: list[tuple[str, Callable[[str], str]]] = [
    (prefix, lambda name, prefix=prefix: prefix + name)  # type: ignore[misc]
    for prefix in (
        "module.",
        "_orig_mod.",
        "model.",
        "0.",
        "_forward_module.",
        "base_model.",
        "any.thing.",
        "module._orig_mod.",
        "model.module.",
        "features.",
    )
] + [
    ("taken off", lambda name: name.removeprefix("features.")),
    ("within", lambda name: name.replace("conv", "_orig_mod.conv")),
    ("twice", lambda name: "module." + name.replace("features.", "features._orig_mod.")),
]


class TestPrefixes:
    @pytest.mark.parametrize(("change"), [c for _, c in PREFIXES], ids=[n for n, _ in PREFIXES])
    def test_one_too_many_is_taken_off(self, match: Matcher, change: Callable[[str], str]) -> None:
        model = lenet()
        file = named(change, model.state_dict())
        found = match(file, model)
        assert found.way.renaming.confidence == "high"
        assert found.verdict.startswith("Fits once its names are changed.")
        assert found.way.comparison.is_complete
        assert not found.as_it_is.is_complete
        assert same(loaded(found.way.code, file, model), model)

    @pytest.mark.parametrize("wrap", ["module", "_orig_mod", "0", "backbone"])
    def test_one_too_few_is_put_on(self, match: Matcher, wrap: str) -> None:
        model = nn.Sequential(OrderedDict({wrap: lenet()}))
        file = stored(model[0].state_dict())
        found = match(file, model)
        assert found.way.renaming.confidence == "high"
        assert same(loaded(found.way.code, file, model), model)

    def test_one_may_stand_for_another(self, match: Matcher) -> None:
        model = nn.Sequential(OrderedDict(net=lenet()))
        file = named(lambda name: f"module.{name}", lenet().state_dict())
        found = match(file, model)
        assert found.way.renaming.because == (
            "With 'net.' in the place of 'module.', 8 tensors have the name and the shape of one "
            "in the model."
        )
        assert '"net." + name.removeprefix("module.")' in found.way.code
        assert set(loaded(found.way.code, file, model).state_dict()) == set(model.state_dict())

    def test_a_model_inside_a_larger_checkpoint_is_found(self, match: Matcher) -> None:
        model = torchvision.models.resnet18(weights=None)
        whole = {f"student.backbone.{n}": t for n, t in model.state_dict().items()}
        whole |= {f"student.neck.{n}.weight": torch.ones(7, n + 1) for n in range(300)}
        file = stored(whole)
        found = match(file, model)
        assert found.way.comparison.is_complete
        assert len(found.way.comparison.unexpected) == 300
        assert 'if name.startswith("student.backbone.")' in found.way.code
        assert same(loaded(found.way.code, file, model), model)

    def test_weights_that_are_there_twice_are_not_chosen_between(self, match: Matcher) -> None:
        model, average = lenet(), lenet()
        tensors = {f"model.{n}": t for n, t in model.state_dict().items()}
        tensors |= {f"ema.{n}": t for n, t in average.state_dict().items()}
        file = stored(tensors)
        found = match(file, model)
        assert found.way is None
        assert found.verdict.startswith("Ambiguous: 2 ways to rename fit equally well")
        results = [loaded(way.code, file, model) for way in found.alternatives]
        assert [same(results[0], average), same(results[1], model)] == [True, True]

    def test_one_layer_that_fits_in_several_places_is_not_put_into_the_first(
        self, match: Matcher
    ) -> None:
        model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
        found = match(stored(nn.Linear(4, 4).state_dict()), model)
        assert len(found.alternatives) == 3

    def test_wrong_shapes_do_not_hide_a_prefix(self, match: Matcher) -> None:
        other = lenet()
        other.classifier.fc2 = nn.Linear(6, 10)
        found = match(named(lambda name: f"module.{name}", other.state_dict()), lenet())
        assert [w.stored_name for w in found.way.comparison.wrong_shapes] == [
            "module.classifier.fc2.weight",
            "module.classifier.fc2.bias",
        ]
        assert found.way.comparison.missing == ()


class TestNumbersAndNames:
    def test_numbers_become_names_where_no_shape_repeats(self, match: Matcher) -> None:
        model = lenet()
        file = stored(dict(numbered_lenet().state_dict()))
        found = match(file, model)
        assert found.way.renaming.confidence == "high"
        assert '"2.": "features.conv2."' in found.way.code
        result = loaded(found.way.code, file, model)
        assert torch.equal(result.classifier.fc1.weight, load(file.data)["3.weight"])

    def test_where_a_shape_repeats_the_order_decides_and_it_is_said(self, match: Matcher) -> None:
        layers = [nn.Linear(4, 4) for _ in range(12)]
        model = nn.Sequential(
            OrderedDict((name, layer) for name, layer in zip("abcdefghijkl", layers, strict=True))
        )
        file = stored(nn.Sequential(*layers).state_dict())
        found = match(file, model)
        assert found.way.renaming.confidence == "medium"
        assert "only the order of their numbers decides" in found.verdict
        assert found.way.code.startswith("# Matched by the order of equal shapes")
        assert same(loaded(found.way.code, file, model), model)

    def test_names_have_no_order_so_that_shapes_alone_decide(self, match: Matcher) -> None:
        model = numbered_lenet()
        file = stored(lenet().state_dict())
        found = match(file, model)
        assert found.way.renaming.confidence == "low"
        assert "only their shapes decide" in found.verdict
        assert found.way.code.startswith("# Matched by shapes alone")
        result = loaded(found.way.code, file, model)
        assert torch.equal(result[2].weight, load(file.data)["features.conv2.weight"])

    def test_names_of_equal_shapes_are_left_undecided(self, match: Matcher) -> None:
        model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 1))
        words = ("into", "left", "right", "out")
        file = stored(nn.Sequential(OrderedDict(zip(words, model, strict=True))).state_dict())
        found = match(file, model)
        (undecided,) = found.undecided
        assert (undecided.stored, undecided.places) == (("left", "right"), ("1", "2"))
        assert found.way.comparison.missing == ("1.weight", "1.bias", "2.weight", "2.bias")
        assert "strict=False" in found.way.code

    def test_shapes_against_the_order_are_no_high_confidence(self, match: Matcher) -> None:
        model = nn.Sequential(OrderedDict(a=nn.Linear(4, 3), b=nn.Linear(3, 2)))
        file = stored(nn.Sequential(nn.Linear(3, 2), nn.Linear(4, 3)).state_dict())
        assert match(file, model).way.renaming.confidence == "low"

    def test_a_head_of_another_name_is_found_beside_a_prefix(self, match: Matcher) -> None:
        model = lenet()
        file = named(
            lambda name: f"module.{name}".replace("classifier.fc2", "head"), model.state_dict()
        )
        found = match(file, model)
        assert found.way.renaming.confidence == "low"
        assert "Without the prefix 'module.'" in found.verdict
        assert same(loaded(found.way.code, file, model), model)

    def test_another_model_s_checkpoint_is_not_forced_into_place(self, match: Matcher) -> None:
        file = stored(torchvision.models.resnet18(weights=None).state_dict())
        found = match(file, torchvision.models.squeezenet1_1(weights=None))
        assert not found.way.comparison.is_complete
        assert found.verdict.startswith("Does not fit")


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize(
    "name", ["resnet18", "mobilenet_v3_small", "squeezenet1_1", "shufflenet_v2_x0_5"]
)
def test_a_torchvision_checkpoint_comes_back_whole(match: Matcher, name: str, prefix: str) -> None:
    model = torchvision.models.get_model(name)
    file = named(lambda key: prefix + key, model.state_dict())
    found = match(file, model)
    assert found.way.comparison.is_complete
    assert same(loaded(found.way.code, file, model), model)


def test_hostile_names_reach_the_code_as_texts_only(match: Matcher) -> None:
    evil = '"]; raise SystemExit("hacked") #'
    model = lenet()
    file = named(lambda name: f"{evil}.{name}", model.state_dict())
    assert same(loaded(match(file, model).way.code, file, model), model)
