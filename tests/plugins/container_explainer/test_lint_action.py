"""``run_code`` and ``lint``: what was typed, and what is wrong with it at which line."""

from typing import Any

import pytest

from demo_app import Demo, InvalidInput

MISFIT = """\
net = nn.Sequential(
    nn.Linear(4, 8),
    nn.ReLU(),
    nn.Linear(16, 2),
)
"""
HIDDEN = """\
layers = [nn.Linear(4, 4), nn.Linear(4, 4)]
net = nn.Sequential(nn.Linear(4, 2))
"""
PLAIN_LIST = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4)]
    def forward(self, x):
        return self.layers[0](x)
net = Net()
"""


class TestRunCode:
    def test_it_tells_what_was_made_and_printed(self, demo: Demo) -> None:
        ran = demo.call("run_code", code="act = nn.ReLU()\nnet = nn.Linear(3, 2)\nprint(act)")

        assert ran.printed == "ReLU()\n"
        assert [(m.name, m.class_name, m.parameters) for m in ran.modules] == [
            ("act", "ReLU", 0),
            ("net", "Linear", 8),
        ]

    def test_it_tells_which_line_made_each_module(self, demo: Demo) -> None:
        ran = demo.call("run_code", code=MISFIT)
        assert ran.lines == {"": 1, "0": 2, "1": 3, "2": 4}

    def test_it_tells_of_modules_that_pytorch_does_not_see(self, demo: Demo) -> None:
        (holder,) = demo.call("run_code", code=HIDDEN).unregistered
        assert (holder.owner, holder.name, holder.kind) == ("", "layers", "list")
        assert holder.classes == ["Linear", "Linear"]

    def test_and_of_those_in_an_attribute(self, demo: Demo) -> None:
        (holder,) = demo.call("run_code", code=PLAIN_LIST).unregistered
        assert (holder.owner, holder.name, holder.line) == ("Net", "layers", 4)

    @pytest.mark.parametrize(
        ("code", "shape"),
        [
            ("net = nn.Linear(7, 2)", [1, 7]),
            ("net = nn.Sequential(nn.ReLU(), nn.Linear(7, 2))", [1, 7]),
            ("net = nn.Conv2d(3, 8, 3)", [1, 3, 224, 224]),
            ("net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(2704, 2))", None),
            ("net = nn.Embedding(50, 8)", [1, 16]),
            ("net = nn.LSTM(6, 8)", [1, 16, 6]),
            ("net = torchvision.models.alexnet()", [1, 3, 224, 224]),
        ],
    )
    def test_it_finds_an_input_that_fits(
        self, demo: Demo, code: str, shape: list[int] | None
    ) -> None:
        ran = demo.call("run_code", code=code)
        assert ran.input_fits
        # 26 x 26 of 4 channels come of MNIST's 28 x 28.
        assert ran.input_shape == ([1, 1, 28, 28] if shape is None else shape)

    def test_where_none_fits_it_guesses(self, demo: Demo) -> None:
        ran = demo.call("run_code", code=MISFIT)
        assert (ran.input_shape, ran.input_fits) == ([1, 4], False)

    def test_where_nothing_is_known_there_is_none(self, demo: Demo) -> None:
        ran = demo.call("run_code", code="net = nn.ReLU()")
        assert (ran.input_shape, ran.input_fits) == ([], False)

    def test_code_without_a_module_only_prints(self, demo: Demo) -> None:
        ran = demo.call("run_code", code="print(1 + 1)")
        assert (ran.printed, ran.class_name, ran.modules, ran.lines) == ("2\n", "", [], {})


def rules(report: Any) -> list[str]:
    return [finding.rule for finding in report.findings]


class TestLint:
    def test_a_finding_has_the_line_of_its_layer_and_what_mends_it(self, demo: Demo) -> None:
        report = demo.call("lint", code=MISFIT, input_shape=[1, 4])

        (finding,) = report.findings
        assert (finding.severity, finding.path, finding.line) == ("error", "2", 4)
        assert "write 8" in finding.message
        assert finding.mend == "net[2] = nn.Linear(8, 2)"
        assert report.counts == {"error": 1, "warning": 0, "hint": 0}
        assert not report.ran

    def test_modules_in_a_variable_are_found(self, demo: Demo) -> None:
        report = demo.call("lint", code=HIDDEN, input_shape=[1, 4])
        assert any("layers" in finding.message for finding in report.findings)
        assert report.ran

    def test_modules_in_an_attribute_are_found(self, demo: Demo) -> None:
        assert "hidden-module" in rules(demo.call("lint", code=PLAIN_LIST, input_shape=[1, 4]))

    def test_the_loss_matters(self, demo: Demo) -> None:
        code = "net = nn.Sequential(nn.Linear(4, 2), nn.Softmax(dim=1))"
        report = demo.call("lint", code=code, input_shape=[1, 4], loss="nn.CrossEntropyLoss()")
        assert report.counts == {"error": 0, "warning": 1, "hint": 0}

    def test_without_an_input_the_order_of_a_sequential_is_still_known(self, demo: Demo) -> None:
        report = demo.call("lint", code="net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))")

        assert not report.ran
        assert rules(report) == ["linear-after-linear"]
        assert "give the shape of its input" in report.notes[0]

    def test_a_list_in_a_sequential_is_a_finding_and_no_failure(self, demo: Demo) -> None:
        code = "layers = [nn.ReLU()]\nnet = nn.Sequential(layers)"
        report = demo.call("lint", code=code)

        (finding,) = report.findings
        assert (finding.rule, finding.line) == ("sequential-of-list", 2)
        assert finding.mend == "nn.Sequential(*layers)"
        assert not report.ran

    def test_a_reserved_key_is_a_finding_and_no_failure(self, demo: Demo) -> None:
        report = demo.call("lint", code='net = nn.ModuleDict({"train": nn.ReLU()})')
        assert rules(report) == ["module-dict-key"]

    def test_any_other_error_is_one(self, demo: Demo) -> None:
        with pytest.raises(InvalidInput, match=r"^Line 1, column \d+: "):
            demo.call("lint", code="net = nn.Linear(4)")

    def test_models_by_name_are_linted(self, demo: Demo) -> None:
        report = demo.call("lint", model="container_explainer/plain_list")

        assert report.model == "container_explainer/plain_list"
        assert "hidden-module" in rules(report)
        assert all(finding.line is None for finding in report.findings)

    def test_a_model_without_fault_has_none(self, demo: Demo) -> None:
        report = demo.call("lint", model="torchvision/resnet18")
        assert (report.counts["error"], report.counts["warning"], report.ran) == (0, 0, True)

    def test_a_sequence_that_is_too_long_is_linted_at_rest(self, demo: Demo) -> None:
        report = demo.call("lint", code="net = nn.LSTM(2, 2)", input_shape=[30_000, 1, 2])

        assert not report.ran
        assert "A shorter sequence helps" in report.notes[0]
