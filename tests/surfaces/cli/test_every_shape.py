"""Every shape of action through ``demo-app call``, with the results that pytest gets."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo_app import File
from demo_app.images import encode_png, open_image
from demo_app.surfaces.cli.actions import flag
from tests.shape_cases import CASES, REFUSALS, Case, plain

Run = Callable[..., Any]


def words(arguments: dict[str, Any], folder: Path) -> list[str]:
    """The arguments as somebody would type them; pictures and files are put into the folder."""
    typed = []
    for name, value in arguments.items():
        if isinstance(value, bool):
            typed.append(flag(name) if value else flag(name).replace("--", "--no-"))
            continue
        for member in value if isinstance(value, list) else [value]:
            if isinstance(member, Image.Image):
                member = folder / "in.png"
                member.write_bytes(encode_png(value))
            elif isinstance(member, File):
                (folder / member.name).write_bytes(member.data)
                member = folder / member.name
            typed += [flag(name), str(member)]
    return typed


def fetched(value: Any) -> Any:
    """A printed result with its pictures and files read back."""
    if isinstance(value, dict) and value.keys() == {"name", "bytes", "path"}:
        data = Path(value["path"]).read_bytes()
        return (
            open_image(data)
            if value["name"] == "image.png"
            else File(**{"name": value["name"], "data": data})
        )
    if isinstance(value, dict):
        return {name: fetched(member) for name, member in value.items()}
    return [fetched(member) for member in value] if isinstance(value, list) else value


def holds_file(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(holds_file, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Image.Image | File)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_call_gives_what_pytest_gets(
    demo_app: Run, shapes_dir: Path, tmp_path: Path, case: Case
) -> None:
    out = ["--out", f"{tmp_path / 'out'}/"] if holds_file(case.expected) else []
    ran = demo_app(
        "call", case.demo, case.action, "--json", *words(case.arguments, tmp_path), *out,
        "--plugin-dir", shapes_dir,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    documents = ran.out.splitlines() if case.stream else [ran.out]
    values = [plain(fetched(json.loads(document))) for document in documents]
    assert values == plain(case.stream or [case.expected])


@pytest.mark.parametrize(("action", "arguments", "message"), REFUSALS, ids=lambda v: str(v)[:20])
def test_a_refusal_reads_as_in_pytest(
    demo_app: Run,
    shapes_dir: Path,
    tmp_path: Path,
    action: str,
    arguments: dict[str, Any],
    message: str,
) -> None:
    if "nmae" in arguments:
        message = "No such option: --nmae (Possible options: --name"
    typed = words(arguments, tmp_path)
    ran = demo_app("call", "shapes", action, *typed, "--plugin-dir", shapes_dir)
    assert ran.code == (1 if "failed inside" in message else 2)
    assert ran.err.startswith(f"demo-app: {message}")
    assert ran.err.count("\n") == 1
