"""What a program gives: its variables, the module it is about, and what lint needs to know."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from demo_app import TensorSpec

Run = Callable[..., Any]
Module = Callable[[str], ModuleType]


class TestNames:
    def test_they_are_the_variables_without_imports_functions_and_classes(self, run: Run) -> None:
        program = run(
            "import torch.nn as nn\nn = 3\nnet = nn.ReLU()\ndef f():\n    return n\n"
            "class A(nn.Module):\n    pass\nsizes = [n, f()]"
        )
        assert set(program.names) == {"n", "net", "sizes"}
        assert program.names["sizes"] == [3, 3]
        assert set(program.modules) == {"net"}

    def test_a_loop_of_a_comprehension_leaves_no_name(self, run: Run) -> None:
        assert set(run("x = [i for i in range(3)]").names) == {"x"}

    def test_an_empty_program_is_about_nothing(self, run: Run) -> None:
        program = run("# nothing\n")
        assert (program.result, program.result_name, program.printed) == (None, "", "")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("net = nn.ReLU()", "net"),
        ("a = nn.ReLU()\nb = nn.Tanh()", "b"),
        ("a = nn.ReLU()\nb = nn.Tanh()\na", "a"),
        ("a = nn.ReLU()\nb = nn.Tanh()\nprint(a)", "a"),
        ("a = nn.Sequential()\nb = nn.Tanh()\na.append(b)", "a"),
        ("a = nn.Sequential(nn.ReLU())\nb = nn.Tanh()\na.pop(0)", "a"),
        ("a = nn.Sequential(nn.ReLU())\nb = nn.Tanh()\na[0] = b", "a"),
        ("a = nn.Sequential(nn.ReLU())\nb = nn.Tanh()\ndel a[0]", "a"),
        ("a = nn.ModuleDict()\nb = nn.Tanh()\na.update({'x': b})", "a"),
        ("a = nn.Sequential()\nb = nn.Tanh()\nfor i in range(2):\n    a.append(b)", "a"),
        ("a = nn.Sequential()\nb = nn.Tanh()\na += nn.Sequential(b)", "a"),
        ("a = models.alexnet()\nb = nn.Tanh()\na.classifier[6] = b", "a"),
        ("a = nn.ReLU()\nb = nn.Tanh()\ny = a(torch.zeros(2))\na(y)", "a"),
        ("a = nn.ReLU()\nlayers = [nn.Tanh()]\nlayers.append(a)\nx = 3", "a"),
    ],
)
def test_the_result_is_the_module_that_the_last_statement_is_about(
    run: Run, code: str, name: str
) -> None:
    program = run(code)
    assert program.result_name == name
    assert program.result is program.modules[name]


def test_a_result_without_a_name(run: Run) -> None:
    program = run("net = nn.Sequential(nn.ReLU(), nn.Tanh())\nnet[1:]")
    assert program.result_name == ""
    assert list(program.result._modules) == ["1"]


def test_a_class_that_is_only_written_is_made(run: Run) -> None:
    program = run("class Net(nn.Module):\n    def __init__(self, n=3):\n"
                  "        super().__init__()\n        self.fc = nn.Linear(n, n)")  # fmt: skip
    assert str(program.result).startswith("Net(\n  (fc): Linear(in_features=3")


def test_a_class_that_needs_arguments_says_how_to_make_it(refused: Callable[[str], Any]) -> None:
    error = refused("class Net(nn.Module):\n    def __init__(self, n):\n        pass")
    assert "Add a line: net = Net(...)." in error.reason


class TestModules:
    def test_they_are_pytorchs_own_without_numbers(self, run: Run) -> None:
        net = run("net = nn.Sequential(nn.Linear(10**6, 10**6), nn.BatchNorm1d(5))").result
        assert type(net) is nn.Sequential
        assert type(net[0]) is nn.Linear
        assert all(t.is_meta for t in (*net.parameters(), *net.buffers()))
        assert not any(t.is_inference() for t in net.parameters())
        assert sum(p.numel() for p in net.parameters()) == 10**12 + 10**6 + 10

    def test_a_trillion_parameters_are_fine(self, run: Run) -> None:
        net = run("net = nn.Sequential(*[nn.Linear(10**5, 10**5) for i in range(100)])").result
        assert sum(p.numel() for p in net.parameters()) == 100 * (10**10 + 10**5)

    def test_repeating_shares_them(self, run: Run) -> None:
        net = run("net = nn.Sequential(nn.Linear(2, 2)) * 3").result
        assert net[0] is net[2]

    def test_inside_an_action_they_are_made_as_outside(self, run: Run) -> None:
        with torch.inference_mode():
            net = run("net = nn.Linear(2, 2)").result
        assert not net.weight.is_inference()

    @pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
    def test_a_lazy_layer_learns_its_size(self, run: Run) -> None:
        net = run("net = nn.LazyLinear(4)\nnet(torch.zeros(2, 7))").result
        assert net.weight.shape == (4, 7)


def test_every_module_knows_the_line_that_made_it(run: Run) -> None:
    code = (
        "layers = [nn.ReLU()]\n"
        "net = nn.Sequential(\n"
        "    nn.Linear(2, 3),\n"
        "    nn.Sequential(nn.Tanh()),\n"
        ")\n"
        "net.append(layers[0])\n"
        "encoder = nn.TransformerEncoderLayer(4, 2)\n"
    )
    program = run(code)
    net = program.modules["net"]
    assert [program.lines[m] for m in (net, net[0], net[1], net[1][0], net[2])] == [2, 3, 4, 4, 1]
    encoder = program.modules["encoder"]
    assert program.lines[encoder.self_attn.out_proj] == 7


HIDDEN = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 2)]
        self.pair = (nn.ReLU(), nn.Tanh())
        self.named = {"a": [nn.GELU()]}
        self.registered = nn.ModuleList(self.layers[:0])
        self.kept = [nn.Sigmoid()]
        self.body = nn.Sequential(*self.kept)
net = Net()
"""


class TestUnregistered:
    def test_attributes_that_hide_modules(self, run: Run) -> None:
        program = run(HIDDEN)
        found = {u.name: u for u in program.unregistered}
        assert set(found) == {"layers", "pair", "named"}
        assert all(u.owner is program.result for u in program.unregistered)
        assert [found[n].kind for n in ("layers", "pair", "named")] == ["list", "tuple", "dict"]
        assert [type(m) for m in found["pair"].modules] == [nn.ReLU, nn.Tanh]
        assert [type(m) for m in found["named"].modules] == [nn.GELU]
        assert found["layers"].line == 5

    def test_a_list_that_went_into_a_module_hides_nothing(self, run: Run) -> None:
        assert run("layers = [nn.ReLU()]\nnet = nn.Sequential(*layers)").unregistered == []

    def test_a_list_that_did_not(self, run: Run) -> None:
        (found,) = run("net = nn.ReLU()\nlayers = [nn.Tanh(), net]").unregistered
        assert (found.owner, found.name, found.kind, found.line) == (None, "layers", "list", 2)
        assert [type(m) for m in found.modules] == [nn.Tanh]


CHOICES = """
class Choices(nn.Module):
    def __init__(self):
        super().__init__()
        self.choices = nn.ModuleDict({"conv": nn.Conv2d(10, 10, 3), "pool": nn.MaxPool2d(3)})
        self.activations = nn.ModuleDict([["relu", nn.ReLU()], ["prelu", nn.PReLU()]])
        self.layers = nn.ModuleList([nn.Conv2d(10, 10, 1) for _ in range(3)])

    def forward(self, x, choice="conv", act="prelu"):
        for i, layer in enumerate(self.layers):
            x = self.layers[i // 2](x) + layer(x)
        x = self.choices[choice](x)
        noise = torch.zeros(1, 10, 1, 1)
        x = F.max_pool2d(self.activations[act](x), 2) + noise
        return x.flatten(1) if x.dim() == 4 else x
net = Choices()
"""


class TestForward:
    def test_the_explanation_is_that_of_the_real_class(
        self, run: Run, take_apart: Callable[..., Any], module: Module
    ) -> None:
        names: dict[str, Any] = {"nn": nn, "torch": torch, "F": nn.functional}
        exec(CHOICES, names)
        real = take_apart(names["Choices"], (1, 10, 16, 16))
        ours = module("anatomy.explanation").explain_module(
            run(CHOICES).result,
            {"": [TensorSpec(shape=(1, 10, 16, 16))]},
            model="some/model",
            title="Some model",
        )
        assert ours.notes == []
        assert ours == real

    @pytest.mark.parametrize("choice", ["conv", "pool"])
    @pytest.mark.parametrize("act", ["relu", "prelu"])
    def test_with_numbers_it_computes_what_the_real_class_computes(
        self, run: Run, choice: str, act: str
    ) -> None:
        names: dict[str, Any] = {"nn": nn, "torch": torch, "F": nn.functional}
        exec(CHOICES, names)
        torch.manual_seed(0)
        real = names["Choices"]()
        ours = run(CHOICES).result.to_empty(device="cpu")
        ours.load_state_dict(real.state_dict())
        x = torch.randn(2, 10, 12, 12)
        assert torch.equal(ours(x, choice, act=act), real(x, choice, act=act))

    def test_with_numbers_nothing_grows_too_large(self, run: Run, module: Module) -> None:
        net = run(
            "class Large(nn.Module):\n    def forward(self, x):\n"
            "        return x.repeat(10**6, 10**3)\nnet = Large()"
        ).result
        assert net(torch.zeros(1, 1, device="meta")).shape == (10**6, 10**3)
        with pytest.raises(module("language.errors").CodeError, match="would make more than"):
            net(torch.zeros(1, 1))

    def test_an_error_in_it_has_its_line(self, run: Run, module: Module) -> None:
        net = run(CHOICES).result
        with pytest.raises(module("language.errors").CodeError) as caught:
            net(torch.zeros(1, 10, 9, 9, device="meta"), "cnov")
        assert caught.value.line == 12
        assert "Did you mean 'conv'?" in caught.value.reason

    def test_all_passes_after_the_run_are_bounded_together(self, run: Run, module: Module) -> None:
        limits = module("language.limits").Limits(later_steps=2_000)
        net = run(
            "class Slow(nn.Module):\n    def forward(self, x):\n"
            "        for i in range(900):\n            pass\n        return x\n"
            "net = nn.Sequential(Slow(), Slow(), Slow())",
            limits=limits,
        ).result
        with pytest.raises(module("language.errors").CodeError, match="more steps"):
            net(torch.zeros(1))


def test_limits_can_be_chosen(run: Run, module: Module) -> None:
    limits = module("language.limits").Limits(modules=3)
    assert run("net = nn.Sequential(nn.ReLU(), nn.ReLU())", limits=limits).result is not None
    with pytest.raises(module("language.errors").CodeError, match="more than 3 modules"):
        run("net = nn.Sequential(nn.ReLU(), nn.ReLU(), nn.ReLU())", limits=limits)
