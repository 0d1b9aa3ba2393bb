"""The kit for the tests of plugin authors."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from demo_app import Host
from demo_app.checkpoints import CheckpointMetadata
from demo_app.conformance import Finding
from demo_app.errors import Unknown
from demo_app.testing import context, parametrize_with_checks, write_plugin
from tests.plugins_for_tests.shapes import actions
from tests.sources import GREETER, LINEAR, MINIMAL

MakeHost = Callable[..., Host]
METADATA = CheckpointMetadata(
    architecture="linear", license="CC0-1.0", source="by hand", classes=["a", "b"]
)


def linear() -> torch.nn.Module:
    return torch.nn.Linear(2, 3)


class TestContext:
    def test_it_calls_a_plain_action(self) -> None:
        assert actions.greet(context(), name="Ada") == "hello Ada"

    def test_it_lends_the_given_models_and_metadata(self) -> None:
        ctx = context(models={"scorer": linear()}, metadata={"scorer": METADATA})
        result = actions.score(ctx, values=[0.0, 0.0])
        assert result.classes == ["a", "b"]
        assert result.logits == ctx.model("scorer").bias.tolist()

    def test_models_are_frozen_and_in_eval_mode_as_in_the_app(self) -> None:
        model = context(models={"net": linear()}).model()
        assert not model.training
        assert not any(parameter.requires_grad for parameter in model.parameters())

    def test_a_trainable_model_is_a_private_copy(self) -> None:
        ctx = context(models={"net": linear()})
        copy = ctx.model(trainable=True)
        with torch.no_grad():
            copy.weight.zero_()
        assert copy.weight.requires_grad
        assert ctx.model().weight.any()

    @pytest.mark.parametrize("name", [None, "nte"])
    def test_a_model_that_was_not_given_is_unknown(self, name: str | None) -> None:
        with pytest.raises(Unknown, match="no model in this context"):
            context(models={"net": linear(), "other": linear()}).model(name)

    def test_metadata_may_be_given_without_a_model(self) -> None:
        ctx = context(metadata={"net": METADATA})
        assert ctx.metadata() == METADATA
        with pytest.raises(Unknown):
            ctx.model()

    def test_it_carries_seed_session_stop_and_progress(self) -> None:
        session: dict[str, int] = {}
        stopped = threading.Event()
        reports: list[str] = []
        ctx = context(
            seed=3,
            session=session,
            stopped=stopped,
            progress=lambda fraction, text: reports.append(text),
        )
        assert actions.visit(ctx) == 1
        assert list(actions.walk(ctx, steps=2)) == list(actions.walk(context(seed=3), steps=2))
        actions.work(ctx, parts=1)
        stopped.set()
        assert [best.finished for best in actions.climb(ctx)] == [True]
        assert (session, reports) == ({"visits": 1}, ["part 1"])

    def test_a_host_will_do_for_the_other_demos(self, shapes_host: Host) -> None:
        assert context(demos=shapes_host).demos["shapes"].call("greet") == "hello you"


class TestWritePlugin:
    def test_it_makes_the_folder_and_removes_common_indentation(self, tmp_path: Path) -> None:
        folder = write_plugin(
            tmp_path / "new" / "plugins",
            "one",
            """
            from .rest import *
            x = 1
            """,
        )
        assert folder == tmp_path / "new" / "plugins" / "one"
        assert (folder / "__init__.py").read_text() == "\nfrom .rest import *\nx = 1\n"

    def test_it_writes_files_by_name(self, tmp_path: Path, make_host: MakeHost) -> None:
        files = {"__init__.py": "from .deep.er import *", "deep/er.py": GREETER}
        write_plugin(tmp_path, "one", files)
        assert make_host(tmp_path)["one"].call("greet") == "hello you"

    def test_it_writes_a_single_file(self, tmp_path: Path) -> None:
        assert write_plugin(tmp_path, "one.py", MINIMAL) == tmp_path / "one.py"
        assert (tmp_path / "one.py").read_text() == MINIMAL


class TestChecks:
    def test_each_check_of_each_plugin_has_a_name(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            write_plugin(tmp_path, name, MINIMAL)
        mark = parametrize_with_checks(Host([tmp_path], discover=False)).mark
        assert mark.args[0] == "check"
        ids = [case.id for case in mark.args[1]]
        assert {"one-ready", "one-fit", "two-ready"} <= set(ids)
        assert len(set(ids)) == len(ids)

    def test_a_blocked_plugin_is_not_checked(self, tmp_path: Path) -> None:
        write_plugin(tmp_path, "one", MINIMAL)
        mark = parametrize_with_checks(Host([tmp_path], discover=False, disable=["one"])).mark
        assert mark.args[1] == []

    def test_a_broken_plugin_fails_one_check_that_says_why(self, tmp_path: Path) -> None:
        write_plugin(tmp_path, "one", "1 / 0")
        (case,) = parametrize_with_checks(Host([tmp_path], discover=False)).mark.args[1]
        (check,) = case.values
        with pytest.raises(Finding, match="ZeroDivisionError"):
            check()

    def test_a_checkpoint_that_does_not_fit_fails_its_check(self, tmp_path: Path) -> None:
        from demo_app.checkpoints import save

        folder = write_plugin(tmp_path, "one", LINEAR)
        save(folder / "net.safetensors", {"weight": torch.zeros(1, 3)}, METADATA)
        mark = parametrize_with_checks(Host([tmp_path], discover=False)).mark
        checks = {case.id: case.values[0] for case in mark.args[1]}
        checks["one-ready"]()
        with pytest.raises(Finding, match="does not fit Linear: missing: bias"):
            checks["one-fit"]()


def test_a_host_made_in_a_test_sees_what_it_is_given_only(make_host: MakeHost) -> None:
    assert make_host().plugins == []


def test_pytest_is_imported_by_this_module_only() -> None:
    script = (
        "import sys, demo_app, demo_app.host, demo_app.conformance; print('pytest' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
