"""What the host adds to a call, beside the same work without a host.

Everything runs on the processor in one thread, call by call in turns. The network is the shipped
EfficientNet-Lite0. The last table is for information: round trips over HTTP, on a connection that
stays open, to the endpoint of an action and to that of a function in a stock Gradio app.
"""

from __future__ import annotations

import importlib
import operator
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import torch
from dropped_in import drop_in
from measure import Aim, Report, Spread, in_turns, options, paired
from PIL import Image
from server import ROOT, Server, served
from torch import Tensor, nn

from demo_app import Card, Context, Demo, Host, ModelSpec, action, checkpoints, hookimpl

LARGEST_OVERHEAD_MILLISECONDS = 1.0
TRIVIAL_CALLS = 200
FORWARD, FORWARD_ACTION = "bare forward", "the same forward, as an action"
PLAIN, ACTION = "photo to names, plain function", "photo to names, classify"
PLAIN_LARGE, ACTION_LARGE = "12-megapixel photo, plain function", "12-megapixel photo, classify"
NOTHING = "an action that does nothing"
STOCK_HTTP, REPEAT_HTTP = "stock Gradio: repeat a text", "the same repeat, as an action"
CLASSIFY_HTTP = "classify an uploaded photo"
COMPARED = (
    (FORWARD_ACTION, FORWARD),
    (ACTION, PLAIN),
    (ACTION_LARGE, PLAIN_LARGE),
    (REPEAT_HTTP, STOCK_HTTP),
)
PHOTO = ROOT / "plugins" / "image_classifier" / "examples" / "tripod.jpg"
LARGE_SIZE = (4000, 3000)

STOCK_APP = """
import gradio as gr

with gr.Blocks(analytics_enabled=False) as page:
    text = gr.Textbox(label="Text")
    times = gr.Slider(1, 9, value=2, step=1, label="Times")
    button = gr.Button("Repeat")
    result = gr.Textbox(label="Result")
    button.click(
        lambda text, times: text * times, [text, times], result, api_name="repeat"
    )
page.launch(ssr_mode=False, share=False, enable_monitoring=False)
"""
"""The action of ``dropped_in`` as one would write it without demo_app."""


def minimal_plugin(module: nn.Module, tensor: Tensor) -> ModuleType:
    """A plugin whose actions add nothing of their own: what is left of a call is the host's."""

    @action
    def forward(ctx: Context) -> int:
        """Run the network on a picture that is prepared already."""
        return int(ctx.model()(tensor).argmax())

    @action
    def nothing(ctx: Context, *, number: int = 0) -> int:
        """Return the number."""
        return number

    plugin = ModuleType("minimal")
    hooks: dict[str, Callable[..., Any]] = {
        "demo_card": lambda: Card(title="Minimal", summary="Adds nothing."),
        "demo_models": lambda: [ModelSpec(name="shared")],
        "demo_build_model": lambda name: module,
        "demo_actions": lambda: [forward, nothing],
    }
    for name, hook in hooks.items():
        hook.__name__ = name
        setattr(plugin, name, hookimpl(hook))
    return plugin


def timed(work: Callable[[], object], calls: int = 1) -> float:
    """Milliseconds that one of so many calls takes."""
    started = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - started) * 1000 / calls


def by_hand(module: nn.Module, preprocessing: Any, classes: Sequence[str]) -> Callable[[Path], Any]:
    """``classify`` as one would write it without a host, from the file to names."""

    def classify(path: Path) -> list[tuple[str, float]]:
        with Image.open(path) as image, torch.inference_mode():
            picture = image.convert("RGB")
            tensor = preprocessing.to_tensor(preprocessing.crop_picture(picture))
            probabilities, indices = module(tensor)[0].softmax(dim=0).topk(5)
        pairs = zip(indices.tolist(), probabilities.tolist(), strict=True)
        return [(classes[index], probability) for index, probability in pairs]

    return classify


def by_host(demo: Demo) -> Callable[[Path], Any]:
    """``classify`` as an action."""

    def classify(path: Path) -> Any:
        with Image.open(path) as image:
            return demo.call("classify", image=image)

    return classify


def measure_calls(rounds: int, large: Path) -> dict[str, list[float]]:
    """Milliseconds of every way to call, by its name, for a photo as shipped and a large one."""
    with Host() as host:
        demo = host["image_classifier"]
        metadata = demo.metadata()
        assert metadata is not None
        module = load_by_hand(host, "image_classifier")
        # The plugin's own module, because a drop-in has no name that could be imported above.
        rooms = importlib.import_module(f"{demo.module.__name__}.preprocessing")
        preprocessing = rooms.Preprocessing.from_metadata(metadata.preprocessing)
        with Image.open(PHOTO) as image:
            tensor = preprocessing.to_tensor(preprocessing.crop_picture(image.convert("RGB")))
        plain, hosted = by_hand(module, preprocessing, metadata.classes), by_host(demo)
        minimal = Host(discover=False, modules={"minimal": minimal_plugin(module, tensor)})

        @torch.inference_mode()
        def bare_forward() -> int:
            return int(module(tensor).argmax())

        nothing = partial(minimal["minimal"].call, "nothing", number=1)
        pairs: list[dict[str, Callable[[], float]]] = [
            {
                FORWARD: partial(timed, bare_forward),
                FORWARD_ACTION: partial(timed, partial(minimal["minimal"].call, "forward")),
            },
            {
                PLAIN: partial(timed, partial(plain, PHOTO)),
                ACTION: partial(timed, partial(hosted, PHOTO)),
            },
            {
                PLAIN_LARGE: partial(timed, partial(plain, large)),
                ACTION_LARGE: partial(timed, partial(hosted, large)),
            },
            {NOTHING: partial(timed, nothing, TRIVIAL_CALLS)},
        ]
        # Pair by pair: what follows the large photo finds a heap that was just given back.
        turns = [in_turns(pair, rounds) for pair in pairs]
        return {name: several for turn in turns for name, several in turn.items()}


def load_by_hand(host: Host, name: str) -> nn.Module:
    """The only model of a demo, loaded outside of the host's own store."""
    plugin = host.plugin(name)
    spec = plugin.model(None)
    module: nn.Module = host.build_model(plugin, spec.name)
    checkpoints.load(host.checkpoint_path(plugin, spec), module)
    return module.eval().requires_grad_(False)


def measure_http(rounds: int, folder: Path) -> dict[str, list[float]]:
    """Milliseconds of a round trip to each endpoint."""
    stock, plugins = folder / "stock.py", folder / "plugins"
    stock.write_text(STOCK_APP)
    plugins.mkdir()
    drop_in(plugins, 1)
    environment = {"DEMO_APP_PLUGIN_DIRS": str(plugins), "OMP_NUM_THREADS": "1"}
    with ExitStack() as stack:
        theirs = stack.enter_context(client(stack.enter_context(served([str(stock)]))))
        ours = stack.enter_context(client(stack.enter_context(served(["app.py"], environment))))
        upload = ours.post("/gradio_api/upload", files={"files": PHOTO.open("rb")})
        photo = {"path": upload.json()[0], "meta": {"_type": "gradio.FileData"}}
        return in_turns(
            {
                STOCK_HTTP: partial(timed, partial(ask, theirs, "repeat", "ab", 2)),
                REPEAT_HTTP: partial(timed, partial(ask, ours, "dropped_in_0__repeat", "ab", 2)),
                CLASSIFY_HTTP: partial(
                    timed, partial(ask, ours, "image_classifier__classify", photo, 5)
                ),
            },
            rounds,
        )


def client(server: Server) -> httpx.Client:
    """A client that keeps its connection."""
    return httpx.Client(base_url=server.url, timeout=60, trust_env=False)


def ask(client: httpx.Client, endpoint: str, *values: Any) -> Any:
    """The answer of an endpoint, to a client with a session, as Gradio's own clients have one.

    Raises:
        httpx.HTTPStatusError: it answered with an error.
    """
    request = {"data": values, "session_hash": "benchmark"}
    answer = client.post(f"/gradio_api/run/{endpoint}", json=request)
    return answer.raise_for_status().json()["data"][0]


def run(rounds: int) -> Report:
    """Call in every way ``rounds`` times."""
    torch.set_num_threads(1)
    os.environ["DEMO_APP_DEVICE"] = "cpu"
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large.jpg")
        with Image.open(PHOTO) as image:
            image.resize(LARGE_SIZE).save(large, quality=90)
        calls = measure_calls(rounds, large)
        trips = measure_http(rounds, Path(folder))
    measured = calls | trips
    overheads = {
        ours: paired(operator.sub, measured[ours], measured[theirs]) for ours, theirs in COMPARED
    }
    in_process = {ours: overhead for ours, overhead in overheads.items() if ours in calls}
    in_process[NOTHING] = Spread.of(calls[NOTHING])
    limit = LARGEST_OVERHEAD_MILLISECONDS
    return Report(
        title="A call of an action",
        tables={
            caption: [row(name, several, overheads.get(name)) for name, several in group.items()]
            for caption, group in (
                (f"Medians and quartiles of {rounds} calls", calls),
                (f"Over HTTP, {rounds} round trips", trips),
            )
        },
        aims=[
            Aim(what=f"overhead, {name}", value=overhead.median, limit=limit, unit=" ms")
            for name, overhead in in_process.items()
        ],
        raw={"calls": calls, "http": trips},
    )


def row(name: str, milliseconds: Sequence[float], overhead: Spread | None = None) -> dict[str, str]:
    """One way to call; the overhead over the row above, call by call."""
    return {
        "call": name,
        "ms": Spread.of(milliseconds).text(3),
        "over the row above, ms": overhead.text(3) if overhead else "",
    }


if __name__ == "__main__":
    arguments = options(__doc__, rounds=100).parse_args()
    run(arguments.rounds).publish(arguments.json)
