"""JSON schemas of annotations: what surfaces show of parameters and results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest
from PIL import Image
from pydantic import Field
from typing_extensions import TypedDict

from demo_app import File, Host
from demo_app.annotations import holds, is_plain, json_schema

FILE = {"path": {"type": "string"}}


@dataclass
class Scores:
    """Names and numbers."""

    labels: list[str]
    best: Annotated[float, Field(ge=0, le=1)]
    json: str = ""


@dataclass
class Tree:
    leaf: Image.Image
    children: "list[Tree]" = field(default_factory=list)


class Named(TypedDict):
    name: str


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None, {"type": "null"}),
        (Any, {}),
        (Literal["a", "b"], {"enum": ["a", "b"], "type": "string"}),
        (
            Annotated[int, Field(ge=1, le=9, description="How many.")],
            {"description": "How many.", "maximum": 9, "minimum": 1, "type": "integer"},
        ),
        (
            Annotated[float, Field(gt=0, lt=1, multiple_of=0.5)],
            {"exclusiveMaximum": 1, "exclusiveMinimum": 0, "multipleOf": 0.5, "type": "number"},
        ),
        (
            Annotated[int, Field(ge=0)] | None,
            {"anyOf": [{"minimum": 0, "type": "integer"}, {"type": "null"}]},
        ),
        (
            Annotated[int | None, Field(ge=0)],
            {"anyOf": [{"minimum": 0, "type": "integer"}, {"type": "null"}]},
        ),
        (int | str, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        (
            Annotated[list[Annotated[int, Field(le=3)]], Field(min_length=1, max_length=4)],
            {
                "items": {"maximum": 3, "type": "integer"},
                "maxItems": 4,
                "minItems": 1,
                "type": "array",
            },
        ),
        (Annotated[str, Field(pattern="^a")], {"pattern": "^a", "type": "string"}),
        (Sequence[int], {"items": {"type": "integer"}, "type": "array"}),
        (
            Mapping[str, Annotated[int, Field(ge=0)]],
            {"additionalProperties": {"minimum": 0, "type": "integer"}, "type": "object"},
        ),
    ],
)
def test_a_schema_carries_types_bounds_and_help(annotation: Any, schema: dict[str, Any]) -> None:
    assert json_schema(annotation) == schema


def test_a_dataclass_is_described_by_its_fields() -> None:
    schema = json_schema(Scores)
    assert schema["title"] == "Scores"
    assert schema["description"] == "Names and numbers."
    assert schema["required"] == ["labels", "best"]
    assert schema["properties"]["best"] | {"title": ""} == {
        "maximum": 1,
        "minimum": 0,
        "title": "",
        "type": "number",
    }


def test_a_dataclass_may_hold_itself() -> None:
    schema = json_schema(Tree)
    children = schema["$defs"]["Tree"]["properties"]["children"]
    assert children["items"] == {"$ref": "#/$defs/Tree"}


def test_a_typed_dict_is_described() -> None:
    assert json_schema(Named)["properties"] == {"name": {"title": "Name", "type": "string"}}


@pytest.mark.parametrize(("annotation", "title"), [(Image.Image, "ImageData"), (File, "FileData")])
def test_pictures_and_files_appear_as_gradios_file_data(annotation: Any, title: str) -> None:
    schema = json_schema(annotation)
    assert (schema["title"], schema["required"]) == (title, ["path", "meta"])
    assert json_schema(list[annotation])["items"] == schema
    assert schema in json_schema(annotation | None)["anyOf"]


@pytest.mark.parametrize(
    ("annotation", "found"),
    [
        (Image.Image, True),
        (Image.Image | None, True),
        (dict[str, list[Image.Image]], True),
        (Annotated[Image.Image, Field(description="x")], True),
        (Tree, True),
        (list[Scores], False),
        (int, False),
        (File, False),
    ],
)
def test_a_picture_is_found_at_any_depth(annotation: Any, found: bool) -> None:
    assert holds(annotation, Image.Image) is found


def test_the_schemas_of_an_action_are_those_of_its_annotations(host: Host) -> None:
    for plugin in host.plugins:
        for action in plugin.actions.values():
            assert action.schemas.result == json_schema(action.returns)
            for p in action.parameters:
                told = {"description": p.help} if p.help else {}
                schema = action.schemas.parameters[p.name]
                assert schema | told == json_schema(p.annotation) | told


@pytest.mark.parametrize("annotation", [bytearray, list[bytearray], dict[str, bytearray | None]])
def test_what_may_have_no_schema_is_not_taken_for_plain(annotation: Any) -> None:
    assert not is_plain(annotation)
    assert is_plain(dict[str, list[int | None]])
