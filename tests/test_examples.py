"""The examples: each a plugin of at most 25 lines, run as a reader would, without a network."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from demo_app import Host
from demo_app.conformance import outcomes
from demo_app.testing import host_of

EXAMPLES = Path(__file__).parents[1] / "examples"
PLUGINS = sorted(path for path in EXAMPLES.glob("*.py") if not path.name.startswith("_"))
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "what", "a", "good", "idea", "bad"]

Use = Callable[[str], Host]


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uploads: Path) -> Iterator[Use]:
    """A host with one example, what it downloads elsewhere already there."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("SENTIMENT", str(tmp_path / "sentiment"))
    monkeypatch.setenv("DEMO_APP_DATA_DIR", str(tmp_path / "data"))
    hosts = []

    def use(name: str) -> Host:
        {"torchvision_model": _torchvision, "transformers_pipeline": _transformers}.get(
            name, lambda folder: None
        )(tmp_path)
        hosts.append(host_of(EXAMPLES / f"{name}.py"))
        hosts[-1].start()
        return hosts[-1]

    yield use
    for host in hosts:
        host.close()


def _torchvision(folder: Path) -> None:
    """Untrained weights where torchvision keeps what it has downloaded."""
    from torchvision.models import get_model, get_model_weights

    url = get_model_weights("mobilenet_v3_small").DEFAULT.url
    cache = folder / "torch" / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    torch.manual_seed(0)
    torch.save(get_model("mobilenet_v3_small").state_dict(), cache / url.rpartition("/")[2])


def _transformers(folder: Path) -> None:
    """A tiny classifier, untrained, as ``save_pretrained`` writes one."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    (folder / "words.txt").write_text("\n".join(WORDS))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        id2label={0: "BAD", 1: "GOOD"},
        label2id={"BAD": 0, "GOOD": 1},
    )
    BertForSequenceClassification(config).save_pretrained(folder / "sentiment")
    BertTokenizer(str(folder / "words.txt")).save_pretrained(folder / "sentiment")


@pytest.mark.parametrize("path", PLUGINS, ids=[path.stem for path in PLUGINS])
def test_an_example_has_at_most_25_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 25


def test_these_are_the_examples() -> None:
    names = [path.stem for path in PLUGINS]
    assert names == ["own_model", "torchvision_model", "transformers_pipeline"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("path", PLUGINS, ids=[path.stem for path in PLUGINS])
def test_an_example_keeps_the_contract(use: Use, path: Path) -> None:
    host = use(path.stem)
    (plugin,) = (plugin for plugin in host.plugins if plugin.name == path.stem)
    found = {o.check.name: o.text for o in outcomes(host, plugin) if o.passed is False}
    assert found == {}


def test_the_first_tells_two_spirals_apart(use: Use) -> None:
    demo = use("own_model")["own_model"]
    angle = torch.tensor(0.5 * 3 * torch.pi)
    x, y = 0.5 * angle.cos().item(), 0.5 * angle.sin().item()
    assert demo.call("predict", x=x, y=y)[0].label == "red spiral"
    assert demo.call("predict", x=-x, y=-y)[0].label == "blue spiral"


def test_the_second_gives_what_torchvision_gives(use: Use) -> None:
    demo = use("torchvision_model")["torchvision_model"]
    predictions = demo.call("predict", image=Image.new("RGB", (300, 200), "orange"))
    assert len(predictions) == 5
    assert all(isinstance(prediction.label, str) for prediction in predictions)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_third_gives_what_the_pipeline_gives(use: Use, tmp_path: Path) -> None:
    demo = use("transformers_pipeline")["transformers_pipeline"]
    found = {p.label: p.probability for p in demo.call("predict", text="what a good idea")}
    from transformers import pipeline

    bare: Any = pipeline("text-classification", model=str(tmp_path / "sentiment"), top_k=None)
    expected = {row["label"]: row["score"] for row in bare(["what a good idea"])[0]}
    assert found == pytest.approx(expected)


def test_listing_them_imports_no_torch_and_they_are_not_loaded_by_default() -> None:
    script = (
        "import json, sys; from demo_app import Host; "
        f"names = [p.name for p in Host([{str(EXAMPLES)!r}], discover=False).plugins]; "
        "default = [p.name for p in Host().plugins]; "
        "print(json.dumps([sorted(names), 'torch' in sys.modules, 'own_model' in default]))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == [[path.stem for path in PLUGINS], False, False]
