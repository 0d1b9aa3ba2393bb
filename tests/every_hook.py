"""A plugin with every hook there is; each writes down what it was called with."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from demo_app import Card, Context, EvaluationJob, ModelSpec, TrainJob, action, hookimpl


def called(hook: str, **arguments: Any) -> None:
    """Append the hook and the names of what it was given to a file."""
    with Path(os.environ["EVERY_HOOK"]).open("a") as file:
        file.write(json.dumps([hook, [name for name in arguments if arguments[name] is not None]]))
        file.write("\n")


@dataclass(frozen=True)
class Settings:
    amount: Annotated[int, Field(ge=1, le=9)] = 2


@hookimpl
def demo_card() -> Card:
    called("demo_card")
    return Card(title="Every hook", summary="Writes down who calls.")


@hookimpl
def demo_settings() -> type:
    called("demo_settings")
    return Settings


@hookimpl
def demo_models() -> Sequence[ModelSpec]:
    called("demo_models")
    return [ModelSpec(name="net", checkpoint="net.safetensors")]


@hookimpl
def demo_build_model(name: str) -> Any:
    import torch

    called("demo_build_model", name=name)
    return torch.nn.Linear(1, 1)


@action
def scale(ctx: Context, *, x: Annotated[float, Field(ge=-9, le=9)] = 1) -> float:
    """Multiply."""
    import torch

    return float(ctx.model()(torch.tensor([[x]])).item()) * ctx.settings.amount


@hookimpl
def demo_actions() -> Sequence[Any]:
    called("demo_actions")
    return [scale]


@hookimpl
def demo_examples() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    called("demo_examples")
    return {"scale": [{"x": 2}]}


@hookimpl
def demo_build_tab(demo: Any) -> None:
    called("demo_build_tab", demo=demo)


@hookimpl
def demo_train(job: TrainJob) -> None:
    import torch

    from demo_app.checkpoints import CheckpointMetadata

    called("demo_train", job=job)
    metadata = CheckpointMetadata(architecture="Linear", license="MIT", source="demo-app train")
    job.save({"weight": torch.ones(1, 1), "bias": torch.zeros(1)}, metadata)


@hookimpl
def demo_evaluate(job: EvaluationJob) -> Mapping[str, Any]:
    called("demo_evaluate", job=job)
    return {"error": {"value": 0.0, "split": "none", "measured": "by definition"}}


@hookimpl
def demo_register_commands(cli: Any) -> None:
    called("demo_register_commands", cli=cli)

    @cli.command()
    def greet() -> None:
        """Greet."""
        print("greetings")


@hookimpl
def demo_startup(host: Any, demo: Any) -> None:
    called("demo_startup", host=host, demo=demo)


@hookimpl
def demo_shutdown(host: Any, demo: Any) -> None:
    called("demo_shutdown", host=host, demo=demo)


@hookimpl(wrapper=True)
def demo_call(demo: Any, action: str, arguments: Mapping[str, Any]) -> Any:
    called("demo_call", demo=demo, action=action, arguments=arguments)
    return (yield)
