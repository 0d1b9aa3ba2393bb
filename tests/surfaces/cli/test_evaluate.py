"""``demo-app evaluate``: measures what is stored, writes it into the file, or checks its claims."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from demo_app.checkpoints import read_header, rewrite_metrics

Run = Callable[..., Any]

DOUBLER = """
from demo_app import Card, ModelSpec, hookimpl
from demo_app.checkpoints import CheckpointMetadata

@hookimpl
def demo_card():
    return Card(title="Doubler", summary="Learns to double a number.")

@hookimpl
def demo_models():
    return [
        ModelSpec(name="net", checkpoint="net.safetensors"),
        ModelSpec(name="coarse", checkpoint="coarse.safetensors"),
        ModelSpec(name="untrained"),
    ]

@hookimpl
def demo_build_model(name):
    import torch
    return torch.nn.Linear(1, 1, bias=False)

def read(data, name):
    import torch
    return torch.tensor([[float(line)] for line in (data / name).read_text().split()])

@hookimpl
def demo_train(job):
    import torch
    x = read(job.data, "train.txt")
    weight = torch.linalg.lstsq(x, 2 * x).solution
    metadata = CheckpointMetadata(architecture="Linear", license="CC0-1.0", source="a test")
    job.save({"weight": weight.round(decimals=job.model == "net" and 6) + 0.5}, metadata)

@hookimpl
def demo_evaluate(job):
    x = read(job.data, "test.txt")
    job.report(f"{len(x)} numbers")
    BEFORE
    error = (job.module(x) - 2 * x).abs().mean().item()
    return {
        "mean_error": {"value": error, "split": "test.txt", "measured": f"{len(x)} numbers"},
    }
"""

TABLE = [
    "metric      value  before  change  split",
    "mean_error  1      –       new     test.txt",
]


@pytest.fixture
def write_doubler(write_plugin: Run, root: Path) -> Callable[..., None]:
    """Writes the plugin ``doubler``, whose evaluation does this first, and its data."""
    (root / "data").mkdir()
    (root / "data" / "train.txt").write_text("1 2 3")
    (root / "data" / "test.txt").write_text("1 2 3")

    def write(before: str = "pass") -> None:
        write_plugin("doubler", DOUBLER.replace("BEFORE", before))

    return write


@pytest.fixture
def make_net(write_doubler: Run, demo_app: Run, root: Path) -> Callable[..., Path]:
    """Makes the checkpoint of ``doubler``'s model ``net``, trained and not yet evaluated."""

    def make(before: str = "pass") -> Path:
        write_doubler(before)
        words = ["--model", "net", "--data", "data", "--no-evaluate"]
        assert demo_app("train", "doubler", *words).code == 0
        return root / "checkpoints" / "doubler" / "net.safetensors"

    return make


@pytest.fixture
def net(make_net: Callable[..., Path]) -> Path:
    return make_net()


@pytest.fixture
def evaluate(demo_app: Run) -> Run:
    """Evaluates the model ``net``."""

    def run(*words: str | Path) -> Any:
        return demo_app("evaluate", "doubler", "--model", "net", "--data", "data", *words)

    return run


def metrics(path: Path) -> dict[str, Any]:
    return read_header(path).metadata.metrics


def test_a_plugin_is_trained_and_evaluated_from_end_to_end(
    demo_app: Run, write_doubler: Run, root: Path
) -> None:
    write_doubler()
    ran = demo_app("train", "doubler", "--model", "net", "--data", "data")
    path = root / "checkpoints" / "doubler" / "net.safetensors"
    assert (ran.code, ran.err) == (0, "3 numbers\n")
    assert ran.out.splitlines() == [*TABLE, f"{path}: {path.stat().st_size:,} bytes"]
    assert metrics(path) == {
        "mean_error": {
            "value": 1.0,
            "split": "test.txt",
            "measured": "3 numbers",
            "source": "demo-app evaluate doubler --model net",
        }
    }
    confirmed = demo_app("evaluate", "doubler", "--data", "data", "--check")
    assert (confirmed.code, confirmed.out.splitlines()[-1]) == (0, f"{path}: metrics confirmed")


class TestWriting:
    def test_prints_the_metrics_and_stores_them(self, evaluate: Run, net: Path) -> None:
        ran = evaluate()
        assert (ran.code, ran.err) == (0, "3 numbers\n")
        assert ran.out.splitlines() == [*TABLE, f"{net}: metrics written"]
        assert metrics(net)["mean_error"]["value"] == 1.0

    def test_shows_the_difference_to_what_the_file_said(self, evaluate: Run, net: Path) -> None:
        published = {"value": 0.25, "split": "all", "measured": "published", "source": "a paper"}
        own = {"value": 1.5, "split": "", "source": "demo-app evaluate doubler --model net"}
        rewrite_metrics(net, {"mean_error": {"value": 0.75}, "theirs": published, "old": own})
        assert evaluate().out.splitlines()[:-1] == [
            "metric      value  before  change              split",
            "mean_error  1      0.75    +0.25               test.txt",
            "theirs      –      0.25    not measured        all",
            "old         –      1.5     no longer measured",
        ]
        assert metrics(net).keys() == {"mean_error", "theirs"}

    def test_measures_what_is_stored(self, evaluate: Run, net: Path, root: Path) -> None:
        (root / "data" / "test.txt").write_text("10")
        assert evaluate().out.splitlines()[1].split()[:2] == ["mean_error", "5"]

    def test_leaves_the_tensors_as_they_are(self, evaluate: Run, net: Path) -> None:
        def tensors() -> bytes:
            content = net.read_bytes()
            return content[8 + int.from_bytes(content[:8], "little") :]

        before = tensors()
        evaluate()
        assert tensors() == before

    def test_a_second_time_changes_nothing(self, evaluate: Run, net: Path) -> None:
        evaluate()
        once = net.read_bytes()
        evaluate()
        assert net.read_bytes() == once

    def test_a_model_of_which_nothing_is_measured_is_said_and_left_alone(
        self, evaluate: Run, make_net: Run
    ) -> None:
        net = make_net("return {}")
        content = net.read_bytes()
        for words in ([], ["--check"]):
            ran = evaluate(*words)
            assert (ran.code, ran.out) == (0, f"{net}: nothing is measured of net\n")
        assert net.read_bytes() == content

    def test_ctrl_c_leaves_the_file_whole(self, evaluate: Run, make_net: Run) -> None:
        net = make_net("raise KeyboardInterrupt")
        before = net.read_bytes()
        assert (ran := evaluate()).code == 130
        assert ran.err.endswith("demo-app: interrupted\n")
        assert net.read_bytes() == before
        assert [path.name for path in net.parent.iterdir()] == [net.name]

    def test_nothing_is_measured_where_nothing_can_be_written(
        self, evaluate: Run, net: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)
        ran = evaluate()
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == (
            f"demo-app: Nothing can be written to {net.parent}. Measure without writing: --check.\n"
        )
        assert evaluate("--check").out.splitlines() == TABLE


class TestCheck:
    @pytest.fixture(autouse=True)
    def stored(self, evaluate: Run, net: Path) -> None:
        evaluate()

    def test_confirms_what_is_true_and_writes_nothing(self, evaluate: Run, net: Path) -> None:
        inode = net.stat().st_ino
        ran = evaluate("--check")
        assert (ran.code, ran.err) == (0, "3 numbers\n")
        assert ran.out.splitlines()[-1] == f"{net}: metrics confirmed"
        assert net.stat().st_ino == inode

    def test_fails_where_the_file_states_another_value(self, evaluate: Run, net: Path) -> None:
        claimed = {"mean_error": metrics(net)["mean_error"] | {"value": 0.5}}
        rewrite_metrics(net, claimed)
        ran = evaluate("--check")
        assert ran.code == 1
        assert ran.err == "3 numbers\ndemo-app: net: mean_error is 1, the file says 0.5\n"
        assert metrics(net) == claimed

    @pytest.mark.parametrize(("tolerance", "code"), [("0.005", 1), ("0.02", 0)])
    def test_allows_as_much_difference_as_one_says(
        self, evaluate: Run, net: Path, tolerance: str, code: int
    ) -> None:
        rewrite_metrics(net, {"mean_error": metrics(net)["mean_error"] | {"value": 0.99}})
        assert evaluate("--check", "--tolerance", tolerance).code == code


class TestWhichModels:
    def test_all_whose_checkpoints_are_there_unless_one_is_named(
        self, demo_app: Run, net: Path
    ) -> None:
        coarse = net.with_name("coarse.safetensors")
        ran = demo_app("evaluate", "doubler", "--data", "data")
        assert (ran.code, ran.out.count("metrics written")) == (0, 1)
        assert ran.err.startswith("demo-app: coarse has no checkpoint yet: left out\n")
        coarse.write_bytes(net.read_bytes())
        ran = demo_app("evaluate", "doubler", "--data", "data")
        assert (ran.code, ran.out.count("metrics written")) == (0, 2)
        assert metrics(coarse)["mean_error"]["source"].endswith("--model coarse")

    def test_a_file_made_elsewhere(self, evaluate: Run, net: Path, root: Path) -> None:
        interim = net.rename(root / "interim.safetensors")
        ran = evaluate("--checkpoint", "interim.safetensors")
        assert (ran.code, ran.out.splitlines()[-1]) == (0, "interim.safetensors: metrics written")
        assert metrics(interim)["mean_error"]["value"] == 1.0
        assert not net.exists()

    @pytest.mark.parametrize(
        ("words", "code", "message"),
        [
            (["doubler", "--model", "nte"], 3, "named 'nte'. Did you mean 'net'?"),
            (["doubler", "--model", "untrained"], 2, "untrained is deliberately untrained"),
            (["doubler", "--model", "coarse"], 4,
             "There is no checkpoint to measure. Make it again: demo-app train doubler --model"),
            (["doubler", "--checkpoint", "data/test.txt"], 2,
             "doubler has several models: choose with --model net, coarse"),
            (["doubler", "--checkpoint", "data/test.txt", "--model", "net"], 4,
             "The checkpoint test.txt is damaged"),
            (["doubler", "--checkpoint", "nowhere"], 2, "'nowhere' does not exist"),
            (["hookless"], 4, "hookless cannot be evaluated here: it has no demo_evaluate hook."),
            (["modelless"], 2, "modelless has no model with a checkpoint."),
            (["broken"], 4, "broken: It raised an exception while it was imported"),
            ([], 2, "Missing argument 'plugin'"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else None,
    )  # fmt: skip
    def test_what_cannot_be_evaluated_is_refused_with_the_reason(
        self,
        demo_app: Run,
        write_plugin: Run,
        net: Path,
        words: list[str],
        code: int,
        message: str,
    ) -> None:
        card, _, rest = DOUBLER.partition("@hookimpl\ndef demo_models")
        write_plugin("hookless", card)
        write_plugin("modelless", card + "@hookimpl\ndef demo_evaluate" + rest.split("evaluate")[1])
        write_plugin("broken", "1 / 0")
        ran = demo_app("evaluate", *words)
        assert ran.code == code
        assert message in ran.err


@pytest.mark.parametrize(
    ("before", "code", "message"),
    [
        ("return {'mean_error': 1.0}", 1, "demo_evaluate() of doubler returned the metric 'mean_"),
        ("raise RuntimeError('no data')", 1, "RuntimeError: no data (--debug"),
        ("import torch; raise torch.OutOfMemoryError('72')", 5, "There is not enough memory"),
    ],
    ids=["refused", "raises", "memory"],
)
class TestFailure:
    def test_is_one_line_and_leaves_the_file_as_it_was(
        self, evaluate: Run, make_net: Run, before: str, code: int, message: str
    ) -> None:
        net = make_net(before)
        content = net.read_bytes()
        ran = evaluate()
        assert (ran.code, ran.out) == (code, "")
        assert ran.err.startswith(f"3 numbers\ndemo-app: {message}")
        assert net.read_bytes() == content

    def test_after_training_it_says_how_to_measure_what_was_saved(
        self, demo_app: Run, write_doubler: Run, root: Path, before: str, code: int, message: str
    ) -> None:
        write_doubler(before)
        ran = demo_app("train", "doubler", "--model", "net", "--data", "data")
        path = root / "checkpoints" / "doubler" / "net.safetensors"
        command = f"demo-app evaluate doubler --model net --checkpoint {path} --data data"
        assert ran.code == code
        assert f"demo-app: saved, but not measured; that is: {command}\n" in ran.err
        assert message in ran.err
        assert metrics(path) == {}


class TestAfterTraining:
    def test_the_table_compares_with_the_checkpoint_before(
        self, demo_app: Run, evaluate: Run, net: Path
    ) -> None:
        evaluate()
        claimed = {"mean_error": metrics(net)["mean_error"] | {"value": 1.25}}
        rewrite_metrics(net, claimed)
        ran = demo_app("train", "doubler", "--model", "net", "--data", "data")
        assert ran.out.splitlines()[1].split()[:4] == ["mean_error", "1", "1.25", "-0.25"]

    def test_another_place_is_measured_there(
        self, demo_app: Run, write_doubler: Run, root: Path
    ) -> None:
        write_doubler()
        out = root / "elsewhere.safetensors"
        assert (
            demo_app("train", "doubler", "--model", "net", "--data", "data", "--out", out).code == 0
        )
        assert json.dumps(metrics(out)).count('"value": 1.0') == 1

    def test_it_can_be_left_out(self, net: Path) -> None:
        assert metrics(net) == {}
