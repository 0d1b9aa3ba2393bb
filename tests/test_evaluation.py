"""A stored checkpoint is measured as it is; what the hook returns is checked before it is kept."""

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from demo_app import DemoError, EvaluationJob, Host, ModelSpec
from demo_app.checkpoints import CheckpointMetadata, read_header, save
from demo_app.errors import ActionFailed, CheckpointError
from demo_app.evaluation import Evaluation, evaluate, value_of
from tests.sources import module_of

LOSS = {"value": 0.5, "split": "test", "measured": "mean of 10 squared errors"}
SOURCE = "demo-app evaluate made --model net"
PUBLISHED = {"value": 0.75, "split": "val", "measured": "published", "source": "its paper"}
EARLIER = {**LOSS, "value": 0.75, "source": SOURCE}

Hook = Callable[[EvaluationJob], Any]
Measure = Callable[..., Evaluation]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return tmp_path / "made" / "net.safetensors"


@pytest.fixture
def measure(tmp_path: Path, checkpoint: Path, make_host: Callable[..., Host]) -> Measure:
    """Stores a ``Linear(2, 1)`` with these metrics and measures it with this hook."""

    def run(demo_evaluate: Hook, stored: dict[str, Any] | None = None, **given: Any) -> Evaluation:
        metadata = CheckpointMetadata(
            architecture="Linear", license="CC0-1.0", source="a test", metrics=stored or {}
        )
        tensors = {"weight": torch.tensor([[1.0, 2.0]]), "bias": torch.zeros(1)}
        save(checkpoint, tensors, metadata)
        module = module_of(
            demo_models=lambda: [ModelSpec(name="net", checkpoint="net.safetensors")],
            demo_build_model=lambda name: nn.Linear(2, 1),
            demo_evaluate=demo_evaluate,
        )
        host = make_host(modules={"made": module}, checkpoint_root=tmp_path)
        plugin = host.plugin("made")
        arguments = {"data": None, "report": print, **given}
        return evaluate(host, plugin, plugin.models["net"], **arguments)

    return run


def recorded(jobs: list[EvaluationJob]) -> Hook:
    def demo_evaluate(job: EvaluationJob) -> Any:
        jobs.append(job)
        return {"loss": LOSS}

    return demo_evaluate


class TestJob:
    def test_holds_the_stored_model_frozen_and_in_eval_mode(self, measure: Measure) -> None:
        jobs: list[EvaluationJob] = []
        measure(recorded(jobs))
        (job,) = jobs
        assert job.model == "net"
        assert job.module.weight.tolist() == [[1.0, 2.0]]
        assert not job.module.training
        assert not any(parameter.requires_grad for parameter in job.module.parameters())

    def test_holds_the_metadata_the_data_and_a_way_to_report(
        self, measure: Measure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        jobs: list[EvaluationJob] = []
        measure(recorded(jobs), {"loss": PUBLISHED}, data=tmp_path)
        jobs[0].report("half way")
        assert jobs[0].metadata.metrics == {"loss": PUBLISHED}
        assert jobs[0].data == tmp_path
        assert capsys.readouterr().out == "half way\n"

    def test_another_file_may_be_measured(self, measure: Measure, tmp_path: Path) -> None:
        jobs: list[EvaluationJob] = []
        interim = tmp_path / "interim.safetensors"
        metadata = CheckpointMetadata(architecture="Linear", license="CC0-1.0", source="interim")
        save(interim, {"weight": torch.zeros(1, 2), "bias": torch.zeros(1)}, metadata)
        evaluation = measure(recorded(jobs), checkpoint=interim)
        assert jobs[0].metadata.source == "interim"
        assert evaluation.path == interim

    def test_a_file_that_does_not_fit_is_not_measured(
        self, measure: Measure, tmp_path: Path
    ) -> None:
        jobs: list[EvaluationJob] = []
        other = tmp_path / "other.safetensors"
        metadata = CheckpointMetadata(architecture="Linear", license="CC0-1.0", source="other")
        save(other, {"weight": torch.zeros(1, 2)}, metadata)
        with pytest.raises(CheckpointError, match="missing: bias"):
            measure(recorded(jobs), checkpoint=other)
        assert jobs == []


class TestSurroundings:
    def test_gradients_are_off_and_can_be_turned_on(self, measure: Measure) -> None:
        seen = []

        def demo_evaluate(job: EvaluationJob) -> Any:
            seen.append(torch.is_grad_enabled())
            with torch.enable_grad():
                judge = nn.Linear(1, 1)
                judge(torch.ones(1, 1)).sum().backward()
                seen.append(judge.weight.grad is not None)
            return {"loss": LOSS}

        measure(demo_evaluate)
        assert seen == [False, True]

    def test_what_is_drawn_is_the_same_each_time(self, measure: Measure) -> None:
        drawn = []

        def demo_evaluate(job: EvaluationJob) -> Any:
            drawn.append((torch.rand(1).item(), random.random(), np.random.rand()))
            return {"loss": LOSS}

        measure(demo_evaluate)
        torch.rand(1), random.random(), np.random.rand()
        measure(demo_evaluate)
        assert drawn[0] == drawn[1]

    @pytest.mark.parametrize("fails", [False, True])
    def test_the_global_random_state_is_left_as_it_was(self, measure: Measure, fails: bool) -> None:
        def demo_evaluate(job: EvaluationJob) -> Any:
            torch.rand(3), random.random(), np.random.rand()
            if fails:
                raise DemoError("no data")
            return {"loss": LOSS}

        torch.rand(9), random.random(), np.random.rand(9)
        torch_state, python_state = torch.get_rng_state(), random.getstate()
        _, keys, position, *_ = np.random.get_state()
        if fails:
            with pytest.raises(DemoError, match="no data"):
                measure(demo_evaluate)
        else:
            measure(demo_evaluate)
        assert torch.equal(torch.get_rng_state(), torch_state)
        assert random.getstate() == python_state
        _, now, at, *_ = np.random.get_state()
        assert (now.tolist(), at) == (keys.tolist(), position)


class TestWhatTheHookReturns:
    def test_names_the_command_as_its_source(self, measure: Measure) -> None:
        assert measure(lambda job: {"loss": LOSS}).measured == {"loss": {**LOSS, "source": SOURCE}}

    def test_may_name_its_own_source_and_hold_more(self, measure: Measure) -> None:
        more = {**LOSS, "source": "a benchmark", "interval": [0.25, 0.75], "samples": 10}
        assert measure(lambda job: {"loss": more}).measured == {"loss": more}

    def test_may_be_empty_where_nothing_is_measured_of_a_model(self, measure: Measure) -> None:
        assert measure(lambda job: {}).measured == {}

    @pytest.mark.parametrize(
        ("returned", "problem"),
        [
            (None, "returned nothing, not a dict of metrics by name"),
            ([("loss", LOSS)], "returned a list, not a dict of metrics by name"),
            ({1: LOSS}, "returned a metric whose name is no text: 1"),
            ({" ": LOSS}, "returned a metric whose name is no text: ' '"),
            ({"loss": 0.5}, "the metric 'loss' as a float, not a dict with value, split and"),
            ({"loss": {"value": 0.5}}, "the metric 'loss' without its split and measured"),
            ({"loss": LOSS | {"value": "0.5"}}, "the metric 'loss' with a str as its value"),
            ({"loss": LOSS | {"value": True}}, "the metric 'loss' with a bool as its value"),
            ({"loss": LOSS | {"value": torch.ones(())}}, "'loss' with a Tensor as its value"),
            ({"loss": LOSS | {"value": float("nan")}}, "the value nan, which is not finite"),
            ({"loss": LOSS | {"value": float("-inf")}}, "the value -inf, which is not finite"),
            ({"loss": LOSS | {"split": ""}}, "the metric 'loss' with a split that is no text"),
            ({"loss": LOSS | {"measured": 3}}, "'loss' with a measured that is no text: 3"),
            ({"loss": LOSS | {"source": None}}, "'loss' with a source that is no text: None"),
            ({"loss": LOSS | {"low": float("inf")}}, "'loss' with something that is no JSON"),
            ({"loss": LOSS | {"data": Path()}}, "'loss' with something that is no JSON"),
            ({"good": LOSS, "bad": {}}, "the metric 'bad' without its value and split and meas"),
        ],
    )  # fmt: skip
    def test_is_refused_where_it_is_no_metric(
        self, measure: Measure, checkpoint: Path, returned: Any, problem: str
    ) -> None:
        with pytest.raises(ActionFailed, match=re.escape(problem)) as caught:
            measure(lambda job: returned, {"loss": PUBLISHED})
        assert str(caught.value).startswith("demo_evaluate() of made returned ")
        assert read_header(checkpoint).metadata.metrics == {"loss": PUBLISHED}


class TestStore:
    def test_replaces_what_was_measured_and_keeps_what_was_published(
        self, measure: Measure, checkpoint: Path
    ) -> None:
        evaluation = measure(lambda job: {"loss": LOSS}, {"loss": EARLIER, "top1": PUBLISHED})
        evaluation.store()
        assert read_header(checkpoint).metadata.metrics == {
            "loss": {**LOSS, "source": SOURCE},
            "top1": PUBLISHED,
        }

    def test_drops_what_the_command_once_measured_and_does_no_longer(
        self, measure: Measure, checkpoint: Path
    ) -> None:
        evaluation = measure(lambda job: {"loss": LOSS}, {"error": EARLIER, "noted": 3})
        evaluation.store()
        assert evaluation.outdated == ["error"]
        assert read_header(checkpoint).metadata.metrics.keys() == {"loss", "noted"}

    def test_writes_nothing_where_nothing_changed(self, measure: Measure, checkpoint: Path) -> None:
        evaluation = measure(lambda job: {"loss": LOSS}, {"loss": {**LOSS, "source": SOURCE}})
        inode = checkpoint.stat().st_ino
        evaluation.store()
        assert checkpoint.stat().st_ino == inode

    def test_refuses_a_file_that_was_changed_while_it_was_measured(
        self, measure: Measure, checkpoint: Path
    ) -> None:
        metadata = CheckpointMetadata(architecture="Linear", license="CC0-1.0", source="meanwhile")

        def demo_evaluate(job: EvaluationJob) -> Any:
            save(checkpoint, {"weight": torch.zeros(1, 2), "bias": torch.zeros(1)}, metadata)
            return {"loss": LOSS}

        evaluation = measure(demo_evaluate)
        with pytest.raises(CheckpointError, match="changed while it was measured"):
            evaluation.store()
        assert read_header(checkpoint).metadata == metadata


class TestDisagreements:
    @pytest.mark.parametrize(
        ("stored", "tolerance", "found"),
        [
            ({"loss": LOSS}, 0.0, []),
            ({"loss": LOSS | {"value": 0.5004}}, 1e-3, []),
            ({"loss": LOSS, "top1": PUBLISHED}, 0.0, []),
            ({"loss": LOSS | {"value": 0.502}}, 1e-3, ["loss is 0.5, the file says 0.502"]),
            ({"loss": 0.25}, 1e-3, ["loss is 0.5, the file says 0.25"]),
            ({}, 1.0, ["loss is 0.5, the file does not state it"]),
            ({"loss": {"value": "half"}}, 1.0, ["loss is 0.5, the file does not state it"]),
            ({"loss": LOSS | {"split": "val"}}, 1e-3,
             ["loss was measured on test, the file says val"]),
            ({"loss": LOSS, "error": EARLIER}, 1e-3,
             ["error is in the file, but is not measured any more"]),
        ],
        ids=["equal", "close", "published", "far", "bare", "absent", "no number", "split", "gone"],
    )  # fmt: skip
    def test_are_said_beyond_the_tolerance(
        self, measure: Measure, stored: dict[str, Any], tolerance: float, found: list[str]
    ) -> None:
        evaluation = measure(lambda job: {"loss": LOSS}, stored)
        assert evaluation.disagreements(tolerance) == found


@pytest.mark.parametrize(
    ("entry", "value"),
    [({"value": 2}, 2), (0.5, 0.5), ({}, None), (None, None), (True, None), ("0.5", None)],
)
def test_the_value_of_what_others_wrote_is_a_number_or_none(entry: Any, value: Any) -> None:
    assert value_of(entry) == value
