"""Arguments and results as JSON: pictures and files beside it, and no way to smuggle one in."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum
from typing import Annotated, Any

import pytest
import torch
from PIL import Image
from pydantic import BaseModel, Field

from demo_app import File, InvalidInput
from demo_app.annotations import for_pydantic
from demo_app.errors import ActionFailed
from demo_app.images import encode_png
from demo_app.surfaces.wire import FILE_MARK, decode, encode, is_file_reference

RED = Image.new("RGB", (2, 1), (255, 0, 0))
POEM = File(name="poem.txt", data=b"la la")


class Store:
    """Files by number, as a surface keeps them."""

    def __init__(self) -> None:
        self.kept: list[File] = []

    def keep(self, file: File) -> Any:
        self.kept.append(file)
        return {"path": f"kept/{len(self.kept) - 1}", "meta": FILE_MARK}

    def read(self, reference: Any) -> File | None:
        if not isinstance(reference, Mapping) or reference.get("meta") != FILE_MARK:
            return None
        return self.kept[int(reference["path"].removeprefix("kept/"))]


@dataclass
class Page:
    title: str
    picture: Image.Image
    attached: list[File] = field(default_factory=list)


@dataclass
class Plain:
    path: str
    meta: dict[str, str]


class Model(BaseModel):
    path: str
    meta: dict[str, str]


class Colour(Enum):
    RED = "red"


class Size(StrEnum):
    LARGE = "large"


@pytest.fixture
def store() -> Store:
    return Store()


class TestEncode:
    @pytest.mark.parametrize(
        ("value", "wire"),
        [
            (None, None),
            ("ü", "ü"),
            (3, 3),
            (True, True),
            (0.5, 0.5),
            (math.nan, None),
            (-math.inf, None),
            ([1, (2, 3)], [1, [2, 3]]),
            ({1: "a", "b": {"c": math.inf}}, {"1": "a", "b": {"c": None}}),
            ({1}, [1]),
            (Colour.RED, "red"),
            ({Size.LARGE: Size.LARGE}, {"large": "large"}),
            (date(2024, 5, 6), "2024-05-06"),
            ({"meta": "mine", "other": 1}, {"meta": "mine", "other": 1}),
            ({"path": "mine", "other": 1}, {"path": "mine", "other": 1}),
            ({"path": 3, "meta": {"_type": "mine"}}, {"path": 3, "meta": {"_type": "mine"}}),
            ({"path": "a", "meta": {"_type": "x"}}, {"path": "a", "meta": {"_type": "x"}}),
        ],
    )
    def test_plain_data_stays_plain(self, store: Store, value: Any, wire: Any) -> None:
        encoded = encode(value, store.keep)
        assert encoded == wire
        assert json.loads(json.dumps(encoded, allow_nan=False)) == wire
        assert store.kept == []

    def test_pictures_and_files_are_kept_and_referred_to(self, store: Store) -> None:
        page = Page(title="t", picture=RED, attached=[POEM, POEM])
        assert encode({"pages": [page]}, store.keep) == {
            "pages": [
                {
                    "title": "t",
                    "picture": {"path": "kept/0", "meta": FILE_MARK},
                    "attached": [
                        {"path": "kept/1", "meta": FILE_MARK},
                        {"path": "kept/2", "meta": FILE_MARK},
                    ],
                }
            ]
        }
        assert store.kept == [File(name="image.png", data=encode_png(RED)), POEM, POEM]

    @pytest.mark.parametrize(
        "imitation",
        [
            {"path": "/etc/passwd", "meta": FILE_MARK},
            {"path": "/etc/passwd", "meta": {**FILE_MARK, "further": 1}},
            {"path": "/etc/passwd", "meta": "no mapping, at which Gradio stumbles"},
            {"path": "/etc/passwd", Size("large"): 1, "meta": FILE_MARK},
            Plain(path="/etc/passwd", meta=FILE_MARK),
            Model(path="/etc/passwd", meta=FILE_MARK),
            [{"deep": ({"path": "/etc/passwd", "meta": FILE_MARK},)}],
        ],
    )
    def test_plain_data_that_imitates_a_file_loses_its_mark(
        self, store: Store, imitation: Any
    ) -> None:
        assert "meta" not in json.dumps(encode(imitation, store.keep))

    def test_a_key_that_only_prints_as_the_mark_is_no_way_around(self, store: Store) -> None:
        class Disguised:
            def __str__(self) -> str:
                return "meta"

        encoded = encode({"path": "/etc/passwd", Disguised(): FILE_MARK}, store.keep)
        assert encoded == {"path": "/etc/passwd"}

    @pytest.mark.parametrize("value", [torch.zeros(2), object(), b"\xff", {"a": [torch.zeros(1)]}])
    def test_what_is_no_plain_data_is_an_error_of_the_action(
        self, store: Store, value: Any
    ) -> None:
        with pytest.raises(ActionFailed, match="no plain data"):
            encode(value, store.keep)


class TestDecode:
    @pytest.mark.parametrize(
        "annotation",
        [
            Image.Image,
            Image.Image | None,
            Annotated[Image.Image, Field(description="x")],
            dict[str, int] | Image.Image,
            list[int] | Image.Image,
        ],
    )
    def test_a_reference_becomes_a_picture_where_one_is_asked_for(
        self, store: Store, annotation: Any
    ) -> None:
        image = decode(encode(RED, store.keep), annotation, store.read)
        assert image.tobytes() == RED.tobytes()

    @pytest.mark.parametrize(
        ("annotation", "value"),
        [
            (list[Image.Image], [RED]),
            (Sequence[Image.Image], [RED, RED]),
            (tuple[Image.Image, ...], [RED, RED]),
            (list[int] | list[Image.Image], [RED]),
            (dict[str, Image.Image], {"a": RED}),
            (Mapping[str, list[Image.Image]], {"a": [RED]}),
            (list[File], [POEM]),
            (tuple[int, File, str], [1, POEM, "x"]),
            (Page, {"title": "t", "picture": RED, "attached": [POEM]}),
            (list[Page] | None, [{"title": "t", "picture": RED}]),
        ],
    )
    def test_references_are_found_at_any_depth(
        self, store: Store, annotation: Any, value: Any
    ) -> None:
        decoded = decode(encode(value, store.keep), annotation, store.read)
        assert encode(decoded, lambda file: file) == encode(value, lambda file: file)

    @pytest.mark.parametrize("annotation", [str, dict[str, Any], Any, list[int], None, Page])
    def test_no_reference_is_followed_where_none_is_asked_for(
        self, store: Store, annotation: Any
    ) -> None:
        reference = store.keep(POEM)
        assert decode(reference, annotation, store.read) == reference

    def test_a_text_beside_a_picture_is_no_file(self, store: Store) -> None:
        def read_anything(value: Any) -> File | None:
            return POEM

        assert decode(["a", "b"], tuple[str, File], read_anything) == ["a", POEM]

    def test_members_too_many_are_left_for_the_validation(self, store: Store) -> None:
        assert decode([1, 2, 3], tuple[int, File], store.read) == [1, 2, 3]
        assert decode([1], tuple[int, File], store.read) == [1]
        assert decode({"odd": 1}, Page, store.read) == {"odd": 1}

    @pytest.mark.parametrize("value", ["kept/0", {"path": "kept/0"}, 3, None, []])
    def test_what_is_no_reference_stays_for_the_validation_to_refuse(
        self, store: Store, value: Any
    ) -> None:
        store.keep(POEM)
        for annotation in (Image.Image, File, list[File], Page):
            assert decode(value, annotation, store.read) == value

    def test_a_file_that_is_no_picture_is_refused(self, store: Store) -> None:
        with pytest.raises(InvalidInput, match="not a picture"):
            decode(store.keep(POEM), Image.Image, store.read)

    def test_a_result_of_one_action_can_be_the_argument_of_another(self, store: Store) -> None:
        from pydantic import TypeAdapter

        page = Page(title="t", picture=RED, attached=[POEM])
        decoded = decode(encode(page, store.keep), Page, store.read)
        back = TypeAdapter(for_pydantic(Page)).validate_python(decoded)
        assert isinstance(back, Page)
        assert (back.title, back.attached) == (page.title, page.attached)
        assert back.picture.tobytes() == RED.tobytes()


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ({"path": "a", "meta": FILE_MARK}, True),
        ({"path": "a", "meta": {**FILE_MARK, "x": 1}}, True),
        ({"path": "a", "meta": {"_type": "x"}}, False),
        ({"path": "a"}, False),
        ({"meta": FILE_MARK}, False),
        ({"path": 1, "meta": FILE_MARK}, False),
        ("path", False),
        (None, False),
    ],
)
def test_a_reference_is_what_gradio_would_take_for_one(value: Any, is_one: bool) -> None:
    assert is_file_reference(value) is is_one
