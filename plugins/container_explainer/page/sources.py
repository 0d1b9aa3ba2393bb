"""Where a model comes from: a demo, torchvision, the gallery, or what the visitor types."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import Demo
from demo_app.components import plain, scripted

from . import exhibits
from .events import LIVE, QUIET, TELLING

HERE = Path(__file__).parent
OF_DEMO, OF_TORCHVISION = "A model of a demo", "torchvision"
OF_GALLERY, OF_CODE = "The gallery", "Your own code"
SOURCES = [OF_DEMO, OF_TORCHVISION, OF_GALLERY, OF_CODE]
TORCHVISION = "torchvision/"
CODE = """\
# A network of your own. Change a number and see what becomes of it.
features = nn.Sequential(
    nn.Conv2d(3, 16, kernel_size=3, padding=1),
    nn.ReLU(),
    nn.MaxPool2d(2),
)
head = nn.Sequential(OrderedDict([
    ("flatten", nn.Flatten()),
    ("hidden", nn.Linear(16 * 16 * 16, 64)),
    ("relu", nn.ReLU()),
    ("out", nn.Linear(64, 10)),
]))
net = nn.Sequential(OrderedDict(features=features, head=head))

print(net.head.out)
net.features.append(nn.Dropout(0.2))  # a container can be changed
"""
SHAPE = "1, 3, 32, 32"
CODE_HINT = (
    "<p class='remark'>PyTorch's layers and containers, lists, loops, classes with a forward; "
    "<code>nn</code>, <code>torch</code> and <code>OrderedDict</code> are there. It is read by a "
    "small interpreter and never executed by Python. It runs as you type, or with Run.</p>"
)


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The components of the chooser.

    Attributes:
        source: one of ``SOURCES``.
        model: of a demo, ``"demo/model"``.
        name: of torchvision.
        cards: the gallery; it sends ``choose`` and ``edit`` with a model.
        picked: the model chosen there.
        code: what is typed.
        run: runs it.
        problem: what is wrong with it.
        printed: what it printed.
        shape: of the input, as text.
        parts: for each source, what is shown for it.
    """

    source: gr.Radio
    model: gr.Dropdown
    name: gr.Dropdown
    cards: gr.HTML
    picked: gr.State
    code: gr.Code
    run: gr.Button
    problem: gr.HTML
    printed: gr.HTML
    shape: gr.Textbox
    parts: dict[str, gr.Column]

    @property
    def inputs(self) -> list[Any]:
        """What says which model is meant."""
        return [self.source, self.model, self.name, self.picked, self.code, self.shape]


def build_sources(demo: Demo) -> Sources:
    """Lay out the chooser; what is for one source only is hidden with the others."""
    with gr.Row(elem_classes="choosing"):
        source = gr.Radio(
            SOURCES, value=OF_DEMO, label="Take apart", scale=3, elem_id="explainer-source"
        )
        shape = gr.Textbox(
            label="Input shape",
            placeholder="its own example",
            max_lines=1,
            scale=1,
            min_width=170,
            elem_id="explainer-shape",
        )
    parts = {}
    with gr.Column() as parts[OF_DEMO]:
        model = gr.Dropdown([], label="Model", elem_id="explainer-model")
    with gr.Column(visible=False) as parts[OF_TORCHVISION]:
        name = gr.Dropdown([], label="Model of torchvision", elem_id="explainer-torchvision")
    with gr.Column(visible=False) as parts[OF_GALLERY]:
        cards = scripted("explainer-gallery", HERE / "gallery.js")
    with gr.Column(visible=False) as parts[OF_CODE]:
        code = gr.Code(
            CODE, language="python", label="Your code", lines=12, max_lines=24,
            elem_id="explainer-code",
        )  # fmt: skip
        problem = plain(elem_id="explainer-problem")
        with gr.Row(elem_classes="running"):
            run = gr.Button("Run", variant="primary", size="sm", elem_id="explainer-run")
            plain(CODE_HINT)
        printed = plain(elem_id="explainer-output")
    made = Sources(
        source=source, model=model, name=name, cards=cards, picked=gr.State(None), code=code,
        run=run, problem=problem, printed=printed, shape=shape, parts=parts,
    )  # fmt: skip
    _connect(demo, made)
    return made


def _connect(demo: Demo, sources: Sources) -> None:
    def reveal(source: str) -> list[Any]:
        return [gr.Column(visible=source == each) for each in sources.parts]

    def torchvision(source: str, name: str | None) -> Any:
        if source != OF_TORCHVISION or name:
            return gr.skip()
        names = [
            choice.model.removeprefix(TORCHVISION)
            for choice in demo.call("models", torchvision=True)
            if choice.model.startswith(TORCHVISION)
        ]
        return gr.Dropdown(names, value="resnet18")

    def pick(event: gr.EventData) -> str:
        return str(event.model)

    def edit(event: gr.EventData) -> tuple[Any, ...]:
        found = next((one for one in demo.call("gallery") if one.model == event.model), None)
        if found is None or not found.code:
            return (gr.skip(),) * (2 + len(sources.parts))
        return OF_CODE, found.code, *reveal(OF_CODE)

    sources.source.input(reveal, sources.source, list(sources.parts.values()), **QUIET)
    sources.source.input(torchvision, [sources.source, sources.name], sources.name, **QUIET)
    sources.cards.seen(lambda: exhibits.shown(demo.call("gallery")), None, sources.cards, **LIVE)
    sources.cards.choose(pick, None, sources.picked, **TELLING)
    sources.cards.edit(
        edit,
        None,
        [sources.source, sources.code, *sources.parts.values()],
        **TELLING,
    )


def list_models(demo: Demo, model: str | None) -> gr.Dropdown:
    """The models of all demos as the choices; the one chosen stays, if it is still there."""
    choices = [
        (f"{choice.demo_title} · {choice.title or choice.model.partition('/')[2]}", choice.model)
        for choice in demo.call("models")
    ]
    names = [name for _, name in choices]
    kept = model if model in names else next(iter(names), None)
    return gr.Dropdown(choices, value=kept)
