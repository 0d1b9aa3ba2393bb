"""A ZeroGPU Space on a machine without a GPU: a program that writes down what came of its calls.

    python tests/zerogpu/space.py PLUGIN_DIR OUTCOMES.json

The package ``spaces`` is the real one, with its forked workers, its pickling and its stand-in for
CUDA. Played are the device API of Hugging Face, and the GPU of a worker: there the stand-in stays
in place, which refuses to mix tensors of "cuda" and of the CPU as a GPU does.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import torch

from demo_app import Context, DemoError, Host, ModelSpec, action, hf_space
from demo_app.context import Session
from tests.shape_cases import CASES, REFUSALS, plain
from tests.sources import module_of


class DeviceAPI(ThreadingHTTPServer):
    """Lends GPUs that are not there.

    Attributes:
        asked: the paths that were asked for, in order.
        idle: whether the worker of the last call may be used again.
        status: what the next requests for a GPU are answered with.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Lender)
        self.asked: list[str] = []
        self.idle = True
        self.status = 200
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Lender(BaseHTTPRequestHandler):
    server: DeviceAPI

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        self.server.asked.append(path)
        lent = {"nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": "token"}
        body = json.dumps({**lent, "idle": self.server.idle}).encode()
        self.send_response(self.server.status if path == "/schedule" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing on the terminal."""


def become_a_space() -> DeviceAPI:
    """Set what Hugging Face sets, and let the workers keep the stand-in for CUDA."""
    api = DeviceAPI()
    os.environ["SPACES_ZERO_GPU"] = "true"
    os.environ["SPACES_ZERO_DEVICE_API_URL"] = f"http://127.0.0.1:{api.server_port}"
    from spaces.zero import torch as stand_in
    from spaces.zero import wrappers

    for step in ("init", "move", "unpatch"):
        setattr(stand_in, step, lambda *_, **__: None)
    for size in ("pack", "size"):
        setattr(stand_in, size, lambda: 0)
    wrappers.ThreadPoolExecutor = partial(ThreadPoolExecutor, initializer=stand_in.enter_mode)
    return api


class Teapot(DemoError):
    """An error of a plugin's own, made from something else than its text."""

    def __init__(self, *, cups: int) -> None:
        super().__init__(f"I am a teapot of {cups} cups.")


@action
def process(ctx: Context) -> int:
    return os.getpid()


@action
def device(ctx: Context) -> list[str]:
    return [str(ctx.device), torch.zeros(1, device=ctx.device).device.type]


@action
def mix(ctx: Context) -> float:
    return (torch.zeros(1, device=ctx.device) + torch.zeros(1)).item()


@action
def add(ctx: Context, *, x: float) -> list[str | float]:
    """Keep a sum on the GPU; say where it was found, and what it is now."""
    kept = ctx.session.get("sum", torch.zeros(1))
    ctx.session["sum"] = kept.to(ctx.device) + x
    return [kept.device.type, ctx.session["sum"].item()]


@action
def forget(ctx: Context) -> None:
    ctx.session.clear()


@action
def write(ctx: Context) -> Iterator[int]:
    for n in (1, 2):
        ctx.session["written"] = n
        yield n
    ctx.session["written"] = 3


@action
def brew(ctx: Context) -> None:
    raise Teapot(cups=3)


@action
def keep_a_lock(ctx: Context) -> int:
    ctx.session["lock"] = threading.Lock()
    return 1


@action
def give_a_function(ctx: Context) -> dict[str, Any]:
    return {"function": lambda: 1}


@action
def build(ctx: Context) -> str:
    return type(ctx.demos["shapes"].build_model("scorer")).__name__


@action
def announce(ctx: Context) -> str:
    """Say that it is halfway, and wait until told to stop."""
    ctx.progress(0.5, "halfway")
    while not ctx.stopped:
        pass
    return "stopped"


ACTIONS = (
    *(process, device, mix, add, forget, write, brew),
    *(keep_a_lock, give_a_function, build, announce),
)


def told(call: Callable[[], Any]) -> str:
    """The kind and the text of the error that a call ends with."""
    try:
        call()
    except DemoError as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


def outcomes_of_sessions(host: Host) -> dict[str, Any]:
    ours, theirs = (host.visit("made", Session()) for _ in range(2))
    found: dict[str, Any] = {"sums": [ours.call("add", x=1), ours.call("add", x=2)]}
    found["sum of another visitor"] = theirs.call("add", x=5)
    ours.call("forget")
    found["sum after it was forgotten"] = ours.call("add", x=7)
    values = ours.stream("write")
    found["written"] = [(next(values), ours.session.part("made")["written"]) for _ in range(2)]
    found["written after the last value"] = (list(values), ours.session.part("made")["written"])
    return found


def outcomes_of_streams(host: Host) -> dict[str, Any]:
    climb = host["shapes"].stream("climb")
    next(climb)
    climb.stop()
    found: dict[str, Any] = {"stopped": plain(list(climb)[-1])}
    climb = host["shapes"].stream("climb")
    next(climb)
    found["calls stopped by name"] = host["shapes"].stop("climb")
    found["stopped by name"] = plain(list(climb)[-1])
    with host["shapes"].stream("climb") as climb:
        next(climb)
    found["after one that was left"] = host["shapes"].call("count", to=2)
    return found


def outcomes_of_locks(host: Host, api: DeviceAPI) -> dict[str, Any]:
    """Fork while another thread holds every lock that a call takes in the worker."""
    from demo_app import checkpoints

    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with checkpoints._BUILDING, host.engine.models._lock:
            held.set()
            done.wait()

    api.idle = False
    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    found = {
        "built": host["made"].call("build"),
        "logits": host["shapes"].call("score", values=[3.0, 4.0]).logits,
    }
    done.set()
    holder.join()
    api.idle = True
    return found


def outcomes_of_page(host: Host, api: DeviceAPI) -> dict[str, Any]:
    from demo_app.surfaces.page.launch import launch

    def stop() -> None:
        for call, _ in list(host.engine._running.values()):
            call.stopped.set()

    # The worker learns of the page, to which progress is reported, when it is forked.
    api.idle = False
    page = launch(host, quiet=True)
    with httpx.Client(base_url=page.local_url, trust_env=False, timeout=60) as http:
        found = {
            "stream": event(http, "shapes__count", 3)["values"][-1],
            "announcement": event(http, "made__announce", at_progress=stop),
        }
        api.status = 503
        found["no gpu"] = event(http, "shapes__work", 2)["error"]
        api.status = 200
    page.close()
    return found


def event(
    http: httpx.Client, name: str, *data: Any, at_progress: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """What the browser is told of a call: its values, its progress, its error."""
    names = [dependency["api_name"] for dependency in http.get("/config").json()["dependencies"]]
    session = {"session_hash": name}
    body = {"data": data, "fn_index": names.index(name), **session}
    http.post("/gradio_api/queue/join", json=body).raise_for_status()
    told: dict[str, Any] = {"values": [], "progress": [], "error": None}
    with http.stream("GET", "/gradio_api/queue/data", params=session) as lines:
        for line in lines.iter_lines():
            message = json.loads(line.removeprefix("data:")) if line else {}
            if message.get("msg") == "progress":
                told["progress"] = [unit["desc"] for unit in message["progress_data"]]
                at_progress()
            elif message.get("msg") == "process_completed":
                told["error"] = message["output"].get("error")
                told["values"] = message["output"].get("data")
            elif message.get("msg") == "close_stream":
                break
    return told


def main(plugin_dir: Path) -> dict[str, Any]:
    api = become_a_space()
    model = {
        "demo_models": lambda: [ModelSpec(name="linear")],
        "demo_build_model": lambda name: torch.nn.Linear(1, 1),
    }
    modules = {"made": module_of(*ACTIONS, **model), "modelless": module_of(process, device)}
    with Host([plugin_dir], discover=False, modules=modules, engine=hf_space.engine()) as host:
        made, shapes, engine = host["made"], host["shapes"], host.engine
        names = {plugin.generation: plugin.name for plugin in host.plugins}
        found = {
            "engine": [type(engine).__name__, engine.describe()],
            "models": {
                f"{names[generation]}.{model}": next(loaded.module.parameters()).device.type
                for (generation, model), loaded in engine._loaded.items()
            },
            "asked at start": list(api.asked),
            "here": os.getpid(),
            "processes": [made.call("process") for _ in range(2)],
            "device": made.call("device"),
            "modelless": [host["modelless"].call(name) for name in ("process", "device")],
            "mixed": told(lambda: made.call("mix")),
            "cases": {c.id: plain(host[c.demo].call(c.action, **c.arguments)) for c in CASES},
            "streams": {
                c.id: plain(list(host[c.demo].stream(c.action, **c.arguments)))
                for c in CASES
                if c.stream is not None
            },
            "refusals": [told(partial(shapes.call, name, **given)) for name, given, _ in REFUSALS],
            "own error": told(lambda: made.call("brew")),
            "kept lock": told(lambda: host.visit("made", Session()).call("keep_a_lock")),
            "given function": told(lambda: made.call("give_a_function")),
            "sessions": outcomes_of_sessions(host),
            "stops": outcomes_of_streams(host),
            "locks": outcomes_of_locks(host, api),
            "page": outcomes_of_page(host, api),
        }
    return found | {"asked": api.asked}


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(main(Path(sys.argv[1]))))
