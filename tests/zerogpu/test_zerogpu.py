"""Actions on a ZeroGPU Space, played on the CPU: each call runs in a forked process with the GPU.

One Space is started for all of these tests; ``space.py`` beside this file makes the calls.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo_app import hf_space
from demo_app.engine import LocalEngine
from demo_app.errors import ConfigurationError
from tests.shape_cases import CASES, REFUSALS, Case, plain

ROOT = Path(__file__).parents[2]
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
STREAMS = [case for case in CASES if case.stream is not None]


@pytest.fixture(scope="module")
def outcomes(shapes_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of the calls."""
    folder = tmp_path_factory.mktemp("space")
    kept = {k: v for k, v in os.environ.items() if k.lower() not in PROXIES}
    ran = subprocess.run(
        [
            sys.executable,
            Path(__file__).with_name("space.py"),
            shapes_dir,
            folder / "outcomes.json",
        ],
        env={**kept, "PYTHONPATH": str(ROOT), "GRADIO_TEMP_DIR": str(folder), "HOME": str(folder)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    return json.loads((folder / "outcomes.json").read_text())


def test_elsewhere_calls_run_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    assert hf_space.engine() is LocalEngine


def test_zero_gpu_without_its_package_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", None)
    monkeypatch.delitem(sys.modules, "demo_app.zerogpu", raising=False)
    with pytest.raises(ConfigurationError, match="pip install spaces"):
        hf_space.engine()


class TestStart:
    def test_the_engine_names_the_gpu_and_says_that_it_is_lent(
        self, outcomes: dict[str, Any]
    ) -> None:
        name, described = outcomes["engine"]
        assert name == "ZeroGPUEngine"
        assert described == "NVIDIA H200, lent for each call"

    def test_every_model_is_loaded_onto_cuda_before_any_call(
        self, outcomes: dict[str, Any]
    ) -> None:
        assert outcomes["models"] == {
            "shapes.scorer": "cuda",
            "shapes.doubler": "cuda",
            "shapes.untrained": "cuda",
            "next_door.adder": "cuda",
            "made.linear": "cuda",
        }
        assert outcomes["asked at start"] == []

    def test_the_wrapped_entries_are_reported_when_the_page_is_launched(
        self, outcomes: dict[str, Any]
    ) -> None:
        assert outcomes["asked"].count("/startup-report") == 1


class TestCalls:
    def test_they_run_in_a_process_of_their_own_which_is_used_again(
        self, outcomes: dict[str, Any]
    ) -> None:
        first, second = outcomes["processes"]
        assert first == second != outcomes["here"]

    def test_tensors_go_to_the_lent_gpu(self, outcomes: dict[str, Any]) -> None:
        assert outcomes["device"] == ["cuda", "cuda"]
        assert outcomes["mixed"].startswith("ActionFailed: mix failed inside the demo")

    def test_a_demo_without_models_asks_for_no_gpu(self, outcomes: dict[str, Any]) -> None:
        assert outcomes["modelless"] == [outcomes["here"], ["cpu", "cpu"]]

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
    def test_results_are_those_of_any_other_surface(
        self, outcomes: dict[str, Any], case: Case
    ) -> None:
        assert outcomes["cases"][case.id] == json.loads(json.dumps(plain(case.expected)))

    @pytest.mark.parametrize("case", STREAMS, ids=lambda case: case.id)
    def test_streams_give_every_value(self, outcomes: dict[str, Any], case: Case) -> None:
        assert outcomes["streams"][case.id] == plain(case.stream)

    @pytest.mark.parametrize("number", range(len(REFUSALS)))
    def test_errors_reach_the_caller_with_their_text(
        self, outcomes: dict[str, Any], number: int
    ) -> None:
        _, _, message = REFUSALS[number]
        assert outcomes["refusals"][number].partition(": ")[2].startswith(message)

    def test_an_error_of_a_plugins_own_keeps_its_kind(self, outcomes: dict[str, Any]) -> None:
        assert outcomes["own error"] == "Teapot: I am a teapot of 3 cups."

    @pytest.mark.parametrize("what", ["kept lock", "given function"])
    def test_what_cannot_be_pickled_is_a_clear_error(
        self, outcomes: dict[str, Any], what: str
    ) -> None:
        told = "ActionFailed: The result cannot leave the process that has the GPU"
        assert outcomes[what].startswith(told)

    def test_without_a_gpu_the_visitor_reads_why(self, outcomes: dict[str, Any]) -> None:
        assert outcomes["page"]["no gpu"] == "ZeroGPU client error: No GPU was available"

    def test_a_lock_that_was_held_at_the_fork_stops_nobody(self, outcomes: dict[str, Any]) -> None:
        assert outcomes["locks"] == {"built": "Linear", "logits": [3.0, 4.0, 3.75]}


class TestSession:
    def test_what_an_action_keeps_is_carried_back_and_there_again(
        self, outcomes: dict[str, Any]
    ) -> None:
        assert outcomes["sessions"]["sums"] == [["cpu", 1.0], ["cpu", 3.0]]

    def test_visitors_do_not_meet_in_the_worker(self, outcomes: dict[str, Any]) -> None:
        assert outcomes["sessions"]["sum of another visitor"] == ["cpu", 5.0]

    def test_what_an_action_forgets_is_gone(self, outcomes: dict[str, Any]) -> None:
        assert outcomes["sessions"]["sum after it was forgotten"] == ["cpu", 7.0]

    def test_a_stream_carries_changes_with_each_value(self, outcomes: dict[str, Any]) -> None:
        assert outcomes["sessions"]["written"] == [[1, 1], [2, 2]]
        assert outcomes["sessions"]["written after the last value"] == [[], 3]


class TestStop:
    @pytest.mark.parametrize("how", ["stopped", "stopped by name"])
    def test_a_stopped_stream_ends_with_its_best(self, outcomes: dict[str, Any], how: str) -> None:
        best = outcomes["stops"][how]
        assert best["finished"]
        assert best["step"] < 1_000_000
        assert outcomes["stops"]["calls stopped by name"] == 1

    def test_a_stream_that_is_left_frees_the_worker(self, outcomes: dict[str, Any]) -> None:
        assert outcomes["stops"]["after one that was left"] == 2


class TestPage:
    def test_a_stream_reaches_the_browser(self, outcomes: dict[str, Any]) -> None:
        assert outcomes["page"]["stream"] == 3

    def test_progress_reaches_the_browser_and_stop_the_worker(
        self, outcomes: dict[str, Any]
    ) -> None:
        told = outcomes["page"]["announcement"]
        assert told == {"values": ["stopped"], "progress": ["halfway"], "error": None}
