"""What an action is, which arguments it takes, and what its caller reads about the others."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest
from PIL import Image
from pydantic import AfterValidator, Field

from demo_app import Context, File, InvalidInput, action
from demo_app.actions import MAX_SEED, Action
from demo_app.errors import ActionFailed


@dataclass(frozen=True)
class Point:
    """A place."""

    x: int
    tags: list[str] = field(default_factory=list)


@dataclass
class Circle:
    radius: float
    area: float = field(init=False)

    def __post_init__(self) -> None:
        self.area = 3 * self.radius**2


@dataclass
class Node:
    value: int
    children: "list[Node]" = field(default_factory=list)


@action
def everything(
    ctx: Context,
    *,
    text: Annotated[str, Field(max_length=5)],
    number: int = 1,
    ratio: float = 0.5,
    bounded: Annotated[int, Field(ge=1, le=9, description="How many.")] = 5,
    optional: Annotated[int, Field(ge=0)] | None = None,
    outer: Annotated[int | None, Field(ge=0, description="From outside.")] = None,
    choice: Literal["a", "b"] = "a",
    level: Literal[1, 2] = 1,
    switch: bool = False,
    several: Annotated[list[float], Field(max_length=3)] = [],  # noqa: B006
    either: int | str = "",
    point: Point | None = None,
    tree: Node | None = None,
    circle: Circle | None = None,
    table: dict[str, int] | None = None,
    image: Image.Image | None = None,
    file: File | None = None,
) -> str:
    """Take a bit of everything.

    The second paragraph is not the summary.
    """
    return ""


ACTION = Action(everything)


def validated(**arguments: Any) -> dict[str, Any]:
    return ACTION.validate({"text": "t", **arguments})


def test_a_marked_function_stays_a_plain_function() -> None:
    @action
    def double(ctx: Context, *, x: int) -> int:
        return 2 * x

    @action(seed=True)
    def triple(ctx: Context, *, x: int) -> int:
        return 3 * x

    context: Any = None
    assert (double(context, x=2), triple(context, x=2)) == (4, 6)


def test_an_action_knows_its_name_summary_and_parameters() -> None:
    assert (ACTION.name, ACTION.summary, ACTION.streaming) == (
        "everything",
        "Take a bit of everything.",
        False,
    )
    by_name = {parameter.name: parameter for parameter in ACTION.parameters}
    assert by_name["text"].required
    assert not by_name["bounded"].required
    assert by_name["bounded"].default == 5
    assert by_name["bounded"].help == "How many."
    assert by_name["outer"].help == "From outside."
    assert by_name["number"].help == ""


def test_a_generator_function_streams_and_returns_what_it_yields() -> None:
    @action
    def stream(ctx: Context) -> Iterator[int]:
        yield 1

    assert Action(stream).streaming
    assert Action(stream).returns is int


def test_a_function_that_only_returns_an_iterator_is_refused() -> None:
    @action
    def stream(ctx: Context) -> Iterator[int]:
        return iter([1])

    with pytest.raises(TypeError, match="a stream is a generator function"):
        Action(stream)


def test_a_seeded_action_has_a_seed_as_its_last_parameter() -> None:
    @action(seed=True)
    def draw(ctx: Context, *, count: int = 1) -> int:
        return count

    assert [parameter.name for parameter in Action(draw).parameters] == ["count", "seed"]
    assert Action(draw).validate({}) == {"count": 1, "seed": None}
    assert Action(draw).validate({"seed": MAX_SEED})["seed"] == MAX_SEED


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1, 0.5, True, "x", math.nan])
def test_a_seed_that_a_browser_cannot_carry_is_refused(seed: Any) -> None:
    @action(seed=True)
    def draw(ctx: Context) -> int:
        return 1

    with pytest.raises(InvalidInput, match=r"^seed: "):
        Action(draw).validate({"seed": seed})


def test_defaults_are_filled_in_and_belong_to_one_call() -> None:
    first = validated()
    first["several"].append(1.0)
    assert validated()["several"] == []
    assert set(first) == {parameter.name for parameter in ACTION.parameters}


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("number", "3", 3),
        ("number", 3.0, 3),
        ("ratio", "1e-3", 0.001),
        ("ratio", 2, 2.0),
        ("optional", None, None),
        ("optional", 0, 0),
        ("switch", "yes", True),
        ("several", (1, 2), [1.0, 2.0]),
        ("either", 3, 3),
        ("either", "3", "3"),
        ("level", 2, 2),
        ("point", {"x": 3}, Point(3)),
        ("point", {"x": "3", "tags": ["a"]}, Point(3, ["a"])),
        ("point", Point(3), Point(3)),
        ("tree", {"value": 1, "children": [{"value": 2}]}, Node(1, [Node(2)])),
        ("circle", {"radius": 2}, Circle(2.0)),
        ("circle", Circle(2.0), Circle(2.0)),
        ("table", {"a": "1"}, {"a": 1}),
        ("file", File(name="a", data=b""), File(name="a", data=b"")),
    ],
)
def test_what_fits_is_converted(name: str, given: Any, taken: Any) -> None:
    assert validated(**{name: given})[name] == taken


NUMBER = "Input should be a number, not true or false"


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("text", "longer", "text: String should have at most 5 characters"),
        ("text", 3, "text: Input should be a valid string"),
        ("text", None, "text: Input should be a valid string"),
        ("number", True, f"number: {NUMBER}"),
        ("number", 0.5, "number: Input should be a valid integer, got a number with a fract"),
        ("number", math.inf, "number: Input should be a finite number"),
        ("number", "1" * 5000, "number: Unable to parse input string as an integer"),
        ("ratio", False, f"ratio: {NUMBER}"),
        ("ratio", math.nan, "ratio: Input should be a finite number"),
        ("ratio", "nan", "ratio: Input should be a finite number"),
        ("ratio", "-Infinity", "ratio: Input should be a finite number"),
        ("bounded", 0, "bounded: Input should be greater than or equal to 1"),
        ("bounded", 10**9, "bounded: Input should be less than or equal to 9"),
        ("bounded", True, f"bounded: {NUMBER}"),
        ("optional", -1, "optional: Input should be greater than or equal to 0"),
        ("optional", True, f"optional: {NUMBER}"),
        ("outer", -1, "outer: Input should be greater than or equal to 0"),
        ("choice", "c", "choice: Input should be 'a' or 'b'"),
        ("level", True, f"level: {NUMBER}"),
        ("switch", "perhaps", "switch: Input should be a valid boolean"),
        ("several", [1, 2, 3, 4], "several: List should have at most 3 items, not 4"),
        ("several", [1, math.inf], "several.1: Input should be a finite number"),
        ("several", [True], f"several.0: {NUMBER}"),
        ("several", 1, "several: Input should be a valid list"),
        ("either", [], "either: Input should be a valid integer; either: Input should be a val"),
        ("point", {}, "point.x: is required"),
        ("point", {"x": 1, "y": 2}, "everything has no parameter 'point.y'."),
        ("point", Point("left"), "point.x: Input should be a valid integer"),  # type: ignore[arg-type]
        ("tree", {"value": 1, "children": [{}]}, "tree.children.0.value: is required"),
        ("table", {"a": True}, f"table.a: {NUMBER}"),
        ("image", "photo.jpg", "image: should be a picture"),
        ("file", b"bytes", "file: should be an uploaded file"),
    ],
)
def test_what_does_not_fit_is_named_with_the_reason(name: str, given: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        validated(**{name: given})
    assert str(caught.value).startswith(message)


def test_every_argument_that_does_not_fit_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        ACTION.validate({"number": "x", "bounded": 0})
    assert [part.split(":")[0] for part in str(caught.value).split("; ")] == [
        "text",
        "number",
        "bounded",
    ]


@pytest.mark.parametrize(
    ("name", "hint"), [("tex", "Did you mean 'text'?"), ("xyz", "It takes: text, number, ratio,")]
)
def test_an_unknown_parameter_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match=rf"everything has no parameter '{name}'\. ?") as caught:
        validated(**{name: 1})
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"number": "https://evil.example/<script>"},
        {"choice": "<script>evil</script>"},
        {"several": ["evil"]},
        {"either": ["evil"]},
        {"point": {"x": "evil"}},
        {"image": "evil"},
        {"table": {"k": "evil"}},
        {"text": "evil evil evil"},
    ],
)
def test_a_message_holds_no_address_and_nothing_of_the_input(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        validated(**arguments)
    assert "evil" not in str(caught.value)
    assert "://" not in str(caught.value)


def test_the_name_of_an_unknown_parameter_is_shortened_to_one_line() -> None:
    with pytest.raises(InvalidInput) as caught:
        validated(**{"line\n" * 1000: 1})
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["json", "copy", "schema", "dict", "model_config", "_private"])
def test_a_parameter_may_have_any_name(name: str) -> None:
    source = f"def act(ctx, *, {name}: int = 1) -> int: return {name}"
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    assert Action(action(namespace["act"])).validate({name: 3}) == {name: 3}


def test_a_check_of_the_authors_own_speaks_to_the_visitor() -> None:
    def even(value: int) -> int:
        if value % 2:
            raise InvalidInput("should be even")
        return value

    @action
    def halve(ctx: Context, *, x: Annotated[int, AfterValidator(even)]) -> int:
        return x // 2

    with pytest.raises(InvalidInput, match=r"^x: should be even$"):
        Action(halve).validate({"x": 3})


def test_a_check_of_the_authors_own_that_breaks_is_contained(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(value: int) -> int:
        raise KeyError("secret")

    @action
    def act(ctx: Context, *, x: Annotated[int, AfterValidator(broken)]) -> int:
        return x

    with pytest.raises(ActionFailed) as caught:
        Action(act).validate({"x": 3})
    assert str(caught.value) == "act could not check its arguments (KeyError)."
    assert "secret" in caplog.text


def test_a_picture_arrives_as_rgb() -> None:
    image = validated(image=Image.new("LA", (2, 3)))["image"]
    assert (image.mode, image.size) == ("RGB", (2, 3))
