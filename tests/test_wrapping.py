"""``from_module``: a module that somebody holds becomes a demo, typed and with clear errors."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import nn

from demo_app import (
    ClassLabels,
    DemoError,
    Host,
    ImageInput,
    ImageOutput,
    InvalidInput,
    NumberInputs,
    NumberOutput,
    TextInput,
    TextOutput,
    from_module,
)
from demo_app.conformance import outcomes
from demo_app.plugin import State
from tests.sources import module_of

Wrap = Callable[..., Any]
POINT = NumberInputs({"x": (-1, 1), "y": (-1, 1)})
SUM = nn.Linear(2, 1, bias=False)
nn.init.ones_(SUM.weight)
FROM_FILE = """
from demo_app import NumberInputs, NumberOutput, from_module

def network():
    from torch import nn
    return nn.Linear(2, 1)

plugin = from_module(network, checkpoint="{file}", title="Filed",
                     inputs=NumberInputs({{"x": (-1, 1), "y": (-1, 1)}}), outputs=NumberOutput())
"""


@pytest.fixture
def wrap(make_host: Callable[..., Host]) -> Wrap:
    """The demo of a wrapped module."""

    def wrap(module: Any, **options: Any) -> Any:
        given = {"title": "Wrapped", "inputs": POINT, "outputs": NumberOutput(), **options}
        wrapped = module_of()
        wrapped.plugin = from_module(module, **given)  # type: ignore[attr-defined]
        return make_host(modules={"wrapped": wrapped})["wrapped"]

    return wrap


def test_a_module_with_its_weights_is_served_as_it_is(wrap: Wrap) -> None:
    demo = wrap(SUM)
    assert demo.call("predict", x=0.5, y=0.25) == 0.75
    assert demo.card.title == "Wrapped"
    with pytest.raises(InvalidInput, match="x: Input should be less than or equal to 1"):
        demo.call("predict", x=7, y=0)


def test_the_host_has_a_copy_and_leaves_the_module_alone(wrap: Wrap) -> None:
    module = nn.Sequential(nn.Linear(2, 1), nn.Dropout()).train()
    wrap(module).call("predict", x=0, y=0)
    assert module.training
    assert all(parameter.requires_grad for parameter in module.parameters())


def test_a_picture_is_resized_cropped_and_normalised(wrap: Wrap) -> None:
    class Mean(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            assert x.shape == (1, 3, 8, 8)
            return x.mean(dim=(2, 3))

    labels = ClassLabels(["red", "green", "blue"], top_k=2)
    inputs = ImageInput(size=8, mean=(0, 0, 0), std=(0.1, 0.1, 0.1))
    demo = wrap(Mean(), inputs=inputs, outputs=labels)
    best, second = demo.call("predict", image=Image.new("RGB", (20, 30), (0, 255, 0)))
    assert (best.label, second.label) == ("green", "red")
    assert best.probability == pytest.approx(1, abs=1e-3)


def test_a_grey_picture_in_and_a_picture_out(wrap: Wrap) -> None:
    inputs = ImageInput(size=4, mean=(0,), std=(1,))
    demo = wrap(nn.Identity(), inputs=inputs, outputs=ImageOutput(), action_name="repeat")
    picture = demo.call("repeat", image=Image.new("RGB", (4, 4), (51, 51, 51)))
    assert (picture.size, picture.getpixel((0, 0))) == ((4, 4), 51)


def test_one_logit_is_that_of_the_second_class(wrap: Wrap) -> None:
    (best, other) = wrap(SUM, outputs=ClassLabels(["no", "yes"])).call("predict", x=1, y=1)
    assert (best.label, other.label) == ("yes", "no")
    assert best.probability == pytest.approx(torch.sigmoid(torch.tensor(2.0)).item())


def test_numbers_are_standardised(wrap: Wrap) -> None:
    inputs = NumberInputs({"body mass": (0, 10), "age": (0, 10)}, mean=(5, 5), std=(2, 4))
    assert wrap(SUM, inputs=inputs).call("predict", body_mass=7, age=9) == 2


def test_a_pipeline_is_served_by_its_labels_or_its_text(wrap: Wrap) -> None:
    scores = [[{"label": "GOOD", "score": 0.9}, {"label": "BAD", "score": 0.1}]]
    demo = wrap(lambda: lambda text: scores, inputs=TextInput(), outputs=ClassLabels())
    assert [p.label for p in demo.call("predict", text="a text")] == ["GOOD", "BAD"]
    told = wrap(
        lambda: lambda text: [{"generated_text": text.upper()}],
        inputs=TextInput(),
        outputs=TextOutput(),
    )
    assert told.call("predict", text="a text") == "A TEXT"


class TestFiles:
    @pytest.fixture
    def load(self, write: Callable[..., Path], make_host: Callable[..., Host]) -> Any:
        def load(file: str, save: Callable[[Path], None]) -> Any:
            path = write("filed.py", FROM_FILE.format(file=file))
            save(path.with_name(file))
            return make_host(path.parent)

        return load

    @pytest.mark.parametrize(
        ("file", "wrapped"),
        [("net.safetensors", False), ("net.pt", False), ("net.pth", True)],
    )
    def test_weights_come_from_a_file(self, load: Any, file: str, wrapped: bool) -> None:
        state = {"weight": torch.tensor([[1.0, 2.0]]), "bias": torch.tensor([0.5])}

        def save(path: Path) -> None:
            if path.suffix == ".safetensors":
                from safetensors.torch import save_file

                save_file(state, path)
            else:
                torch.save({"state_dict": state, "epoch": 3} if wrapped else state, path)

        assert load(file, save)["filed"].call("predict", x=1, y=1) == 3.5

    def test_one_that_is_not_there_is_on_the_card(self, load: Any) -> None:
        plugin = load("net.pt", lambda path: None).plugin("filed")
        assert plugin.state is State.CHECKPOINT_FAILED
        assert "There is no checkpoint" in str(plugin.problem)

    def test_one_that_does_not_fit_names_its_tensors(self, load: Any) -> None:
        host = load("net.pt", lambda path: torch.save({"weight": torch.zeros(3, 3)}, path))
        with pytest.raises(DemoError, match=r"missing: bias; wrong shape: weight is \[3, 3\]"):
            host["filed"].call("predict", x=0, y=0)

    def test_one_that_holds_code_is_not_run(self, load: Any) -> None:
        host = load("net.pt", lambda path: torch.save(nn.Linear(2, 1), path))
        with pytest.raises(DemoError, match="holds more than tensors"):
            host["filed"].call("predict", x=0, y=0)


@pytest.mark.parametrize(
    ("module", "options", "message"),
    [
        (nn.Linear(3, 1), {}, r"Linear did not take its input of shape \[1, 2\]"),
        (nn.Linear(2, 3), {"outputs": ClassLabels(["a", "b"])}, "3 logits, and there are 2 class"),
        (nn.Linear(2, 3), {}, "gave 3 numbers in place of one"),
        (nn.Linear(2, 3), {"outputs": ImageOutput()}, r"gave \[1, 3\], which is no picture"),
        (nn.Linear(2, 3), {"outputs": TextOutput()}, "gave a Tensor in place of a text"),
        (lambda: len, {}, "gave a int in place of a tensor"),
        (lambda: 3, {}, "the function gave a int, which cannot be called"),
    ],
)
def test_what_does_not_fit_together_is_said(
    wrap: Wrap, module: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(DemoError, match=message):
        wrap(module, **options).call("predict", x=0, y=0)


def test_not_a_number_is_an_error(wrap: Wrap) -> None:
    broken = nn.Linear(2, 1)
    nn.init.constant_(broken.weight, float("nan"))
    with pytest.raises(DemoError, match="not-a-number or infinity"):
        wrap(broken).call("predict", x=0, y=0)


def test_it_keeps_the_contract_and_says_where_its_weights_are_from(wrap: Wrap) -> None:
    demo = wrap(SUM, source="made by hand")
    host = demo._host
    with host:
        found = {o.check.name: o.text for o in outcomes(host, demo.plugin) if o.passed is False}
    assert found == {}
    assert demo.models["model"].source == "made by hand"
