"""``explain`` for people who hold a module: what it prints, and that it leaves no trace."""

import resource
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from types import ModuleType
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn

from demo_app import Host, InvalidInput, TensorSpec, discovery, explain
from demo_app.errors import DemoUnavailable
from tests.plugins.container_explainer.architectures import Choices, Recurrent, Tied, Twice
from tests.plugins.container_explainer.rows import row


@pytest.fixture(scope="module")
def columns_of(module: Callable[[str], ModuleType]) -> Callable[[str], int]:
    """How wide a line is in a terminal."""
    counted: Callable[[str], int] = module("telling.text_table").columns_of
    return counted


class Page(HTMLParser):
    """The tags and texts of some HTML, every tag closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def hostile() -> nn.Module:
    net = nn.Sequential()
    net.add_module("<script>alert(1)</script>", nn.ReLU())
    net.add_module("a\x1b[2J\nb", nn.ReLU())
    net.add_module("'\" onmouseover='x", nn.ReLU())
    net.add_module("層" * 60, nn.ReLU())
    return net


class TestInputs:
    @pytest.mark.parametrize(
        "given",
        [
            torch.ones(1, 3, 64, 64),
            TensorSpec(shape=(1, 3, 64, 64)),
            (1, 3, 64, 64),
            [1, 3, 64, 64],
            torch.Size([1, 3, 64, 64]),
        ],
    )
    def test_a_tensor_a_spec_or_a_shape_says_the_same(self, given: Any) -> None:
        explanation = explain(torchvision.models.resnet18(), given).explanation
        assert explanation.input == "[1, 3, 64, 64]"
        assert explanation.output == "[1, 1000]"

    def test_several_inputs_are_the_positional_arguments(self) -> None:
        explanation = explain(nn.Bilinear(2, 3, 4), (5, 2), torch.ones(5, 3)).explanation
        assert (explanation.input, explanation.output) == ("[5, 2], [5, 3]", "[5, 4]")

    def test_a_tensor_keeps_its_dtype(self) -> None:
        assert explain(Tied(), torch.zeros(2, 3, dtype=torch.int64)).explanation.output == (
            "[2, 3, 10]"
        )

    def test_a_shape_takes_the_dtype_of_the_parameters(self) -> None:
        explanation = explain(nn.Linear(3, 2).bfloat16(), (1, 3)).explanation
        assert (explanation.output, explanation.notes) == ("[1, 2]", [])

    def test_without_inputs_it_says_how_to_give_some(self) -> None:
        (note,) = explain(nn.Linear(3, 2)).explanation.notes
        assert "explain(net, (1, 3, 224, 224))" in note

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            ((nn.Linear,), "not the class Linear. Call it first: it is a class."),
            (("resnet18",), "explain takes an nn.Module, not a str."),
            ((None,), "explain takes an nn.Module, not None."),
            ((nn.ReLU(), 1, 3), "Input 1 is a int. Give a tensor"),
            ((nn.ReLU(), (1, -3)), "Input 1 is a tuple"),
            ((nn.ReLU(), (1, True)), "Input 1 is a tuple"),
            ((nn.ReLU(), (1, 2), "x"), "Input 2 is a str"),
        ],
    )
    def test_anything_else_is_refused(self, arguments: Any, text: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            explain(*arguments)
        assert text in str(caught.value)

    @pytest.mark.parametrize("depth", [-1, True, 1.0, "1", 1001])
    def test_a_depth_is_a_whole_number(self, depth: Any) -> None:
        with pytest.raises(InvalidInput, match=r"^depth: "):
            explain(nn.ReLU(), depth=depth)


class TestNoTrace:
    def test_the_module_keeps_its_mode_hooks_numbers_and_gradients(self) -> None:
        net = torchvision.models.resnet18()
        net.train()
        net.layer1.eval()
        net.conv1.weight.grad = torch.ones_like(net.conv1.weight)
        modes = [part.training for part in net.modules()]
        before = {key: tensor.clone() for key, tensor in net.state_dict().items()}
        explain(net, (2, 3, 64, 64))
        assert [part.training for part in net.modules()] == modes
        assert all(not part._forward_hooks | part._forward_pre_hooks for part in net.modules())
        assert all(torch.equal(before[key], tensor) for key, tensor in net.state_dict().items())
        assert all(not parameter.is_meta for parameter in net.parameters())
        assert net.conv1.weight.grad is not None

    def test_the_random_state_is_left_alone(self) -> None:
        net = torchvision.models.alexnet()
        before = torch.get_rng_state()
        explain(net, (1, 3, 224, 224))
        assert torch.equal(torch.get_rng_state(), before)

    def test_a_large_module_is_not_copied(self) -> None:
        net = nn.Sequential(*[nn.Linear(4_000, 4_000, bias=False) for _ in range(2)])
        net.hidden = [nn.Linear(4_000, 4_000)]  # type: ignore[assignment]
        net.plain = torch.ones(16_000_000)  # type: ignore[assignment]
        explain(nn.Linear(2, 2), (1, 2))
        unit = 1 if sys.platform == "darwin" else 1024
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        assert explain(net, (1, 4_000)).explanation.parameters == 32_000_000
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - before
        assert grown < 32_000_000

    def test_it_works_in_inference_mode_and_on_what_was_made_there(self) -> None:
        with torch.inference_mode():
            net = nn.Sequential(nn.Linear(2, 2))
            assert explain(net, torch.ones(1, 2)).explanation.output == "[1, 2]"

    def test_a_module_on_meta_needs_no_numbers(self) -> None:
        with torch.device("meta"):
            net = nn.Sequential(*[nn.Linear(50_000, 50_000) for _ in range(20)])
        assert explain(net, (1, 50_000)).explanation.multiply_adds == 20 * 50_000**2

    def test_a_failing_forward_pass_is_told_and_not_raised(self) -> None:
        report = explain(nn.Sequential(nn.Linear(3, 2), nn.Linear(3, 2)), (1, 3))
        assert report.explanation.stopped_in == "1"
        assert "The forward pass stopped in 1 (Linear)" in repr(report)


ARCHITECTURES: list[tuple[Callable[[], nn.Module], tuple[int, ...]]] = [
    (torchvision.models.resnet18, (1, 3, 224, 224)),
    (lambda: torchvision.models.squeezenet1_1(), (1, 3, 64, 64)),
    (Choices, (1, 4)),
    (Twice, (1, 4)),
    (Recurrent, (5, 3, 6)),
    (hostile, (1,)),
    (nn.ReLU, (1,)),
    (lambda: nn.Sequential(), (1,)),
]


class TestInATerminal:
    @pytest.mark.parametrize(("architecture", "shape"), ARCHITECTURES)
    @pytest.mark.parametrize("width", [60, 100])
    def test_every_line_fits(
        self, architecture: Any, shape: Any, width: int, columns_of: Callable[[str], int]
    ) -> None:
        report = explain(architecture(), shape)
        lines = report.text(width).splitlines()
        assert max(map(columns_of, lines)) <= width
        assert len(lines) >= len(report.explanation.modules) + 5
        assert all(line.isprintable() for line in lines)

    def test_repr_fits_a_hundred_columns(self) -> None:
        report = explain(torchvision.models.resnet18(), (1, 3, 64, 64))
        assert repr(report) == str(report) == report.text(100)

    def test_it_reads_as_a_tree_with_numbers_in_columns(self) -> None:
        net = nn.Sequential(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), nn.Linear(3, 2))
        assert repr(explain(net, (5, 4))).splitlines() == [
            "Sequential: 23 parameters, 5 modules, 90 multiply-adds.",
            "Input [5, 4], output [5, 2].",
            "",
            "module                                                      output  parameters   share"
            "  mult-adds",
            "─" * 97,
            "Sequential                                                  [5, 2]          23  100.0%"
            "         90",
            "├── 0: Sequential                                           [5, 3]          15   65.2%"
            "         60",
            "│  ├── 0: Linear(in_features=4, out_features=3, bias=True)  [5, 3]          15   65.2%"
            "         60",
            "│  └── 1: ReLU                                              [5, 3]           0",
            "└── 1: Linear(in_features=3, out_features=2, bias=True)     [5, 2]           8   34.8%"
            "         30",
        ]

    def test_without_a_run_there_are_no_empty_columns(self) -> None:
        text = repr(explain(nn.Linear(3, 2)))
        assert "output" not in text.splitlines()[2]
        assert "mult-adds" not in text

    def test_what_is_odd_is_marked(self) -> None:
        text = repr(explain(Twice(), (1, 4)))
        assert "← same as first" in text
        assert "← called 3×" in text
        assert "not used" in repr(explain(Choices(), (1, 4)))

    def test_a_depth_is_said_to_leave_something_out(self) -> None:
        report = explain(torchvision.models.resnet18(), depth=1)
        assert len(report.explanation.modules) == 11
        assert repr(report).endswith("Modules further down are counted, and not listed.")

    def test_a_very_deep_tree_still_shows_its_layers(self) -> None:
        net: nn.Module = nn.Linear(2, 2)
        for _ in range(60):
            net = nn.Sequential(net)
        last = repr(explain(net, (1, 2))).splitlines()[-1]
        assert "0: Linear(" in last


class TestInANotebook:
    @pytest.mark.parametrize(("architecture", "shape"), ARCHITECTURES)
    def test_the_html_is_well_formed_and_brings_no_script(
        self, architecture: Any, shape: Any
    ) -> None:
        report = explain(architecture(), shape)
        page = Page(report._repr_html_())
        assert page.tags.count("tr") == 1 + len(report.explanation.modules)
        assert set(page.tags) <= {
            "div", "p", "strong", "br", "table", "thead", "tbody", "tr", "th", "td", "span",
            "em", "ul", "li",
        }  # fmt: skip
        assert set(page.attributes) <= {"style", "scope", "title"}

    def test_it_has_the_numbers(self) -> None:
        texts = Page(explain(nn.Linear(3, 2), (1, 3))._repr_html_()).texts
        for text in ("Linear", "(in_features=3, out_features=2, bias=True)", "[1, 2]", "8", "6"):
            assert text in texts

    def test_a_long_model_is_cut_and_says_so(self) -> None:
        net = nn.Sequential(*[nn.Identity() for _ in range(2_100)])
        page = Page(explain(net)._repr_html_())
        assert page.tags.count("tr") == 2_001
        assert "101 more modules are not shown." in page.texts


def test_compiled_models_are_explained_through_the_modules_they_hold() -> None:
    net = torch.compile(nn.Sequential(nn.Linear(3, 4)))
    explanation = explain(net, (1, 3)).explanation
    assert row(explanation, "_orig_mod.0").calls == 1
    assert explanation.output == "[1, 4]"


class TestWithoutAHost:
    def test_it_is_imported_without_torch_and_starts_no_host(self) -> None:
        code = (
            "import sys\n"
            "from demo_app import explain\n"
            "assert 'torch' not in sys.modules\n"
            "import torch\n"
            "from demo_app import Host\n"
            "def started(*_, **__): raise AssertionError('a host was started')\n"
            "Host.__init__ = started\n"
            "report = explain(torch.nn.Linear(3, 2), (1, 3))\n"
            "assert 'gradio' not in sys.modules\n"
            "print(report)"
        )
        ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        assert ran.stdout.decode().startswith("Linear: 8 parameters, 1 module, 6 multiply-adds.")

    def test_it_is_the_code_that_a_host_runs(self, host: Host) -> None:
        report: Any = explain(nn.ReLU())
        plugin = host["container_explainer"].module.__name__
        assert type(report).__module__ == f"{plugin}.telling.notebook"

    def test_where_the_plugin_was_deleted_it_says_so(
        self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "plugins").mkdir()
        monkeypatch.setattr(discovery, "built_in_root", lambda: tmp_path)
        with pytest.raises(DemoUnavailable, match="whose folder is not here"):
            explain(nn.ReLU())


class Counting(nn.Module):
    """A module that keeps what it saw."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.calls = 0
        self.kept: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.kept.append(x)
        result: Tensor = self.layer(x)
        return result


def test_what_a_forward_pass_keeps_is_not_kept_by_the_module_given() -> None:
    net = Counting()
    explain(net, (1, 2))
    assert (net.calls, net.kept) == (0, [])
