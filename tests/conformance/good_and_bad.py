"""A plugin that passes every check, and for each check the change by which it fails it."""

GOOD = '''
from typing import Annotated

from pydantic import Field

from demo_app import Card, Context, ModelSpec, TensorSpec, action, hookimpl


@hookimpl
def demo_card():
    return Card(title="Scaler", summary="Scales numbers by what it learned.")


@hookimpl
def demo_models():
    inputs = (TensorSpec(shape=(1, 1)),)
    return [ModelSpec(name="net", checkpoint="net.safetensors", example_inputs=inputs)]


@hookimpl
def demo_build_model(name):
    import torch

    return torch.nn.Linear(1, 1)


Number = Annotated[float, Field(ge=-100, le=100, description="What to scale.")]


@action(seed=True)
def scale(ctx: Context, *, x: Number) -> dict[str, float]:
    """Scale a number, with a little noise."""
    import torch

    net = ctx.model()
    noise = torch.rand((), generator=ctx.rng).item()
    return {"scaled": net(torch.tensor([[x]], device=ctx.device)).item() + noise}


@hookimpl
def demo_actions():
    return [scale]


@hookimpl
def demo_examples():
    return {"scale": [{"x": 3.0}]}


@hookimpl
def demo_build_tab(demo):
    import gradio as gr

    x, scaled = gr.Number(3, label="x"), gr.JSON(label="scaled")
    x.change(lambda x: demo.call("scale", x=x), x, scaled)
'''

SCALED = '    return {"scaled": net(torch.tensor([[x]], device=ctx.device)).item() + noise}\n'
BEFORE = "    net = ctx.model()\n"

BAD = {
    "ready": ("@hookimpl\ndef demo_card", "def demo_card"),
    "card": ('title="Scaler"', 'title="A title that is by far too long for any tab there is"'),
    "fit": ("torch.nn.Linear(1, 1)", "torch.nn.Linear(1, 2)"),
    "forward": ("shape=(1, 1)", "shape=(1, 7)"),
    "declared": ("Field(ge=-100, le=100", "Field(ge=-100"),
    "examples": ('{"scale": [{"x": 3.0}]}', "{}"),
    "finite": (SCALED, '    return {"scaled": noise * float("inf")}\n'),
    "repeatable": ("generator=ctx.rng", "generator=torch.Generator().manual_seed(_count())"),
    "models-stay": (BEFORE, "    net = ctx.model().train()\n"),
    "random-state": (BEFORE, BEFORE + "    torch.manual_seed(torch.initial_seed() + 1)\n"),
    "files": (BEFORE, BEFORE + '    open(__file__ + ".log", "a").close()\n'),
    "network": (BEFORE, BEFORE + "    _ask()\n"),
    "bad-values": ("x: Number", "x: _Stubborn"),
    "tab": ("    x, scaled =", "    raise ValueError('no tab today')\n    x, scaled ="),
    "surfaces": (SCALED, '    return {"scaled": noise, "main": _in_main_thread()}\n'),
    "unload": (BEFORE, BEFORE + "    _begin()\n"),
    "ship": ('license="MIT"', 'license=" "'),
}
"""By check: what is replaced in ``GOOD`` (or in the checkpoint's metadata), and by what."""

FURTHER = """
import itertools
import socket
import threading

from pydantic import BeforeValidator

_count = itertools.count().__next__


def _ask():
    try:
        socket.create_connection(("192.0.2.1", 9), timeout=0.01)
    except OSError:
        pass


def _in_main_thread():
    return float(threading.current_thread() is threading.main_thread())


def _refuse(value):
    if not isinstance(value, float):
        raise TypeError("not what a validator raises")
    return value


_Stubborn = Annotated[Number, BeforeValidator(_refuse)]


def _begin():
    def wait():
        threading.Event().wait()

    threading.Thread(target=wait, daemon=True).start()
"""
"""What some of the bad ones need."""
