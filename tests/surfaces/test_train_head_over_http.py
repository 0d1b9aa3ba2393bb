"""Teaching a head through the API: photos are uploads, streams can be read, sessions are apart."""

from typing import Any

import pytest

from tests.plugins.image_classifier.labelled_photos import encoded, picture
from tests.surfaces.conftest import Refused


def uploaded(client: Any, colour: str) -> list[Any]:
    return [client.upload(encoded(picture(colour, n)), f"{n}.png") for n in range(3)]


def call(client: Any, action: str, **arguments: Any) -> list[Any]:
    return client.call("call", "image_classifier", action, arguments)  # type: ignore[no-any-return]


def test_a_head_is_taught_and_used_by_the_one_who_taught_it(client: Any) -> None:
    images = {"red": uploaded(client, "reds"), "blue": uploaded(client, "blues")}
    values = call(client, "train_head", images=images, seed=1)
    photo = client.upload(encoded(picture("blues", 50)), "photo.png")

    (named,) = call(client, "classify", image=photo, head="mine")

    assert values[-1]["report"]["classes"] == ["red", "blue"]
    assert named["predictions"][0]["class_name"] == "blue"
    other = client.another()
    with pytest.raises(Refused, match="no head named 'mine'"):
        call(other, "classify", image=photo, head="mine")


def test_a_path_on_the_server_is_not_read(client: Any) -> None:
    path = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}

    with pytest.raises(Refused):
        call(client, "train_head", images={"a": [path, path], "b": [path, path]})
    with pytest.raises(Refused):
        call(client, "train_head", archive=path)
