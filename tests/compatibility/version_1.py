"""A plugin as it was written for version 1 of the plugin API. It is never changed."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from demo_app import (
    API_VERSION,
    Card,
    Context,
    DemoError,
    EvaluationJob,
    File,
    InvalidInput,
    ModelSpec,
    TensorSpec,
    TrainJob,
    action,
    hookimpl,
)

EVENTS: list[str] = []


@hookimpl
def demo_card() -> Card:
    return Card(
        title="Of version 1",
        summary="Uses every hook that there was.",
        icon="🕰️",
        order=7,
        data=("numbers",),
        task=("classify into two",),
        architecture="A linear layer.",
        loss="Binary cross-entropy.",
        why="It is old.",
    )


@hookimpl
def demo_models() -> list[ModelSpec]:
    spec = TensorSpec(shape=(1, 2))
    return [ModelSpec(name="net", checkpoint="net.safetensors", example_inputs=(spec,))]


@hookimpl
def demo_build_model(name: str) -> Any:
    import torch

    return torch.nn.Linear(2, 1)


@action
def add(ctx: Context, *, x: Annotated[float, Field(ge=-9, le=9, description="A number.")]) -> float:
    """Add one."""
    import torch

    if x == 9:
        raise InvalidInput("x: nine is too much")
    ctx.session["calls"] = ctx.session.get("calls", 0) + 1
    ctx.progress(0.5, "half")
    with torch.inference_mode():
        net = ctx.model()
    assert ctx.metadata() is not None
    assert not net.training
    return float(net(torch.tensor([[x, 1.0]], device=ctx.device)).item())


@action(seed=True)
def draw(ctx: Context, *, count: Annotated[int, Field(ge=1, le=5)] = 3) -> Iterator[list[int]]:
    """Draw numbers, one after the other."""
    import torch

    drawn: list[int] = []
    for _ in range(count):
        drawn.append(int(torch.randint(100, (), generator=ctx.rng)))
        yield list(drawn)
        if ctx.stopped:
            return


@action
def pack(ctx: Context, *, file: File | None = None) -> File:
    """A file with the names of the other demos."""
    given = file.data if file is not None else b""
    return File(name="demos.txt", data=given + "\n".join(sorted(ctx.demos)).encode())


@hookimpl
def demo_actions() -> list[Any]:
    return [add, draw, pack]


@hookimpl
def demo_build_tab(demo: Any) -> None:
    import gradio as gr

    x = gr.Number(1, label="x")
    said = gr.Number(label="plus one")
    x.change(lambda x: demo.call("add", x=x), x, said)


@hookimpl
def demo_train(job: TrainJob) -> None:
    import torch

    from demo_app.checkpoints import CheckpointMetadata

    job.report("training")
    metadata = CheckpointMetadata(architecture="Linear", license="MIT", source="demo-app train")
    tensors = {"weight": torch.tensor([[1.0, 1.0]]), "bias": torch.zeros(1)}
    job.save(tensors, metadata)


@hookimpl
def demo_evaluate(job: EvaluationJob) -> dict[str, dict[str, Any]]:
    job.report("measuring")
    return {"error": {"value": 0.0, "split": "none", "measured": "by definition"}}


@hookimpl
def demo_register_commands(cli: Any) -> None:
    @cli.command()
    def version() -> None:
        """Print the version of the API."""
        print(API_VERSION)


@hookimpl
def demo_startup(host: Any) -> None:
    EVENTS.append(f"started with {len(host.plugins)}")


@hookimpl
def demo_shutdown(host: Any) -> None:
    EVENTS.append("shut down")


@hookimpl(wrapper=True)
def demo_call(demo: Any, action: str, arguments: Any) -> Any:
    EVENTS.append(f"{demo.name}.{action} {sorted(arguments)}")
    try:
        return (yield)
    except DemoError:
        EVENTS.append("refused")
        raise
