"""The MNIST GAN as a client meets it: one seed, the same digits, on every surface."""

import io
import json
import threading
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo_app import Host
from demo_app.surfaces.cli import main
from demo_app.surfaces.visitors import PageDemo, Visitors
from tests.plugins.mnist_gan.drawings import drawn, pixels

PLUGIN = "mnist_gan"
SAMPLE = {"digit": 7, "count": 4, "truncation": 1.5, "scored": True, "seed": 3}
SAVE = {"digit": 7, "count": 3, "seed": 3, "format": "zip"}
SEVEN = drawn(7)
WAY = {"start": {"digit": 7, "seed": 3}, "end": {"digit": 9, "seed": 4}, "steps": 3}


def png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def shades(picture: Any) -> list[list[int]]:
    """The pixels of a picture, or of a file that holds one."""
    if isinstance(picture, Image.Image):
        return pixels(picture).tolist()
    with Image.open(io.BytesIO(picture.data)) as opened:
        return pixels(opened.convert("L")).tolist()


@pytest.fixture(scope="module")
def direct(host: Host) -> Any:
    """What pytest gets."""
    return host[PLUGIN].call("sample", **SAMPLE)


def named(host: Host, action: str, arguments: dict[str, Any]) -> list[Any]:
    """The arguments in the order in which a named endpoint takes them."""
    parameters = host[PLUGIN].actions[action].parameters
    return [arguments.get(parameter.name, parameter.default) for parameter in parameters]


def assert_same_samples(answer: Any, direct: Any) -> None:
    assert answer["agreement"] == direct.agreement
    assert len(answer["samples"]) == len(direct.samples)
    for got, expected in zip(answer["samples"], direct.samples, strict=True):
        assert (got["digit"], got["number"]) == (expected.digit, expected.number)
        assert got["opinion"]["realness"] == expected.opinion.realness
        assert got["opinion"]["probabilities"] == list(expected.opinion.probabilities)
        assert shades(got["image"]) == shades(expected.image)


class TestSample:
    def test_of_the_named_endpoint_is_pytests(self, client: Any, host: Host, direct: Any) -> None:
        (answer,) = client.call(f"{PLUGIN}__sample", *named(host, "sample", SAMPLE))

        assert_same_samples(client.fetch(answer), direct)

    def test_of_the_generic_endpoint_is_pytests(self, client: Any, direct: Any) -> None:
        (answer,) = client.call("call", PLUGIN, "sample", SAMPLE)

        assert_same_samples(client.fetch(answer), direct)

    def test_of_a_tab_is_pytests(self, host: Host, direct: Any) -> None:
        demo = PageDemo(host, host.plugin(PLUGIN), Visitors())

        assert demo.call("sample", **SAMPLE) == direct

    def test_of_the_command_line_is_pytests(
        self, direct: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        words = ["--digit", "7", "--count", "4", "--truncation", "1.5", "--scored", "--seed", "3"]
        out = str(tmp_path / "digits.png")

        assert main(["call", PLUGIN, "sample", *words, "--out", out, "--json"]) == 0

        answer = json.loads(capfd.readouterr().out)
        for got, expected in zip(answer["samples"], direct.samples, strict=True):
            with Image.open(got["image"]["path"]) as written:
                assert shades(written.convert("L")) == shades(expected.image)
            assert got["opinion"]["realness"] == expected.opinion.realness
        assert len(list(tmp_path.iterdir())) == 4

    def test_without_a_seed_is_told_apart(self, client: Any) -> None:
        arguments = {"digit": 7, "count": 1}
        one, other = (
            client.fetch(client.call("call", PLUGIN, "sample", arguments)[0]) for _ in range(2)
        )

        assert shades(one["samples"][0]["image"]) != shades(other["samples"][0]["image"])


class TestSave:
    def test_over_http_is_a_file_with_the_same_digits(self, client: Any, host: Host) -> None:
        (answer,) = client.call("call", PLUGIN, "save", SAVE)

        file = client.fetch(answer)
        assert file.name == "digits-seed-3.zip"
        assert file.data == host[PLUGIN].call("save", **SAVE).data

    def test_on_the_command_line_writes_the_same_file(self, host: Host, tmp_path: Path) -> None:
        out = tmp_path / "sevens.zip"
        words = ["--digit", "7", "--count", "3", "--seed", "3", "--format", "zip"]

        assert main(["call", PLUGIN, "save", *words, "--out", str(out)]) == 0

        assert out.read_bytes() == host[PLUGIN].call("save", **SAVE).data
        assert zipfile.is_zipfile(out)


def test_an_interpolation_is_the_same_over_http(client: Any, host: Host) -> None:
    expected = host[PLUGIN].call("interpolate", **WAY)

    (answer,) = client.call("call", PLUGIN, "interpolate", WAY)

    got = client.fetch(answer)
    assert got["distances"] == list(expected.distances)
    assert got["animation"].data == expected.animation.data
    assert [shades(frame["image"]) for frame in got["frames"]] == [
        shades(frame.image) for frame in expected.frames
    ]


@pytest.mark.parametrize("action", ["explore", "grid"])
def test_a_seed_is_the_same_place_over_http(client: Any, host: Host, action: str) -> None:
    arguments = {"digit": 4, "seed": 11} | ({"x": 1.5} if action == "explore" else {"side": 3})

    (answer,) = client.call("call", PLUGIN, action, arguments)

    expected = host[PLUGIN].call(action, **arguments)
    assert shades(client.fetch(answer)["image"]) == shades(expected.image)


class TestUpload:
    @pytest.fixture
    def drawing(self, client: Any) -> Any:
        return client.upload(png(SEVEN), "seven.png")

    def test_is_scored_by_the_named_endpoint(self, client: Any, host: Host, drawing: Any) -> None:
        (answer,) = client.call(f"{PLUGIN}__score", drawing)

        expected = host[PLUGIN].call("score", image=SEVEN)
        got = client.fetch(answer)
        assert got["opinion"]["digit"] == expected.opinion.digit == 7
        assert got["opinion"]["realness"] == expected.opinion.realness
        assert shades(got["image"]) == shades(expected.image)

    def test_is_scored_by_the_generic_endpoint(self, client: Any, host: Host, drawing: Any) -> None:
        (answer,) = client.call("call", PLUGIN, "score", {"image": drawing})

        expected = host[PLUGIN].call("score", image=SEVEN)
        assert client.fetch(answer)["opinion"]["realness"] == expected.opinion.realness

    def test_has_the_same_neighbours(self, client: Any, host: Host, drawing: Any) -> None:
        (answer,) = client.call(f"{PLUGIN}__nearest", drawing, 3)

        expected = host[PLUGIN].call("nearest", image=SEVEN, count=3).neighbours
        assert [one["place"] for one in answer["neighbours"]] == [one.place for one in expected]
        assert [one["distance"] for one in answer["neighbours"]] == [
            one.distance for one in expected
        ]

    @pytest.mark.parametrize("generic", [False, True])
    def test_is_inverted_step_by_step(
        self, client: Any, host: Host, drawing: Any, generic: bool
    ) -> None:
        arguments = {"drawing": drawing, "digit": 7, "steps": 9}

        values = (
            client.call("call", PLUGIN, "invert", arguments)
            if generic
            else client.call(f"{PLUGIN}__invert", *named(host, "invert", arguments))
        )

        expected = list(host[PLUGIN].stream("invert", drawing=SEVEN, digit=7, steps=9))
        assert [value["step"] for value in values] == [value.step for value in expected]
        assert [value["error"] for value in values] == [value.error for value in expected]
        assert values[-1]["done"]
        assert values[-1]["latent"] == list(expected[-1].latent)
        assert shades(client.fetch(values[-1])["image"]) == shades(expected[-1].image)

    def test_of_a_photo_is_refused_in_words(
        self, client: Any, refused: type[Exception], espresso: bytes
    ) -> None:
        photo = client.upload(espresso)

        with pytest.raises(refused, match=r"^image: That does not look like a digit on plain"):
            client.call(f"{PLUGIN}__score", photo)

    def test_of_an_empty_paper_is_refused_in_words(
        self, client: Any, refused: type[Exception]
    ) -> None:
        paper = client.upload(png(Image.new("RGBA", (280, 280))), "paper.png")

        with pytest.raises(refused, match=r"^drawing: There is nothing on the paper yet"):
            client.call("call", PLUGIN, "invert", {"drawing": paper})


def test_a_stopped_search_ends_with_its_best(client: Any) -> None:
    drawing = client.upload(png(SEVEN), "seven.png")
    visitor = client.another()
    arguments = {"drawing": drawing, "digit": 7, "steps": 1000}
    values: list[Any] = []
    thread = threading.Thread(
        target=lambda: values.extend(visitor.call("call", PLUGIN, "invert", arguments))
    )
    thread.start()
    stopped = 0
    while not stopped and thread.is_alive():
        answer = client.http.post(
            "/gradio_api/run/call",
            json={"data": [PLUGIN, "stop", {}], "session_hash": visitor.session},
        )
        stopped = answer.json()["data"][0]["stopped"] if answer.is_success else 0
    thread.join()

    assert values[-1]["done"]
    assert values[-1]["step"] < 1000
    assert values[-1]["error"] == min(value["error"] for value in values)


@pytest.mark.parametrize(
    ("action", "arguments", "message"),
    [
        ("sample", {"count": 0}, "^count: "),
        ("sample", {"count": 10**6}, "^count: "),
        ("sample", {"digit": 10}, "^digit: "),
        ("sample", {"digit": "x"}, "^digit: "),
        ("sample", {"digit": True}, "^digit: "),
        ("sample", {"truncation": "NaN"}, "^truncation: "),
        ("sample", {"truncation": -1}, "^truncation: "),
        ("sample", {"truncation": "Infinity"}, "^truncation: "),
        ("sample", {"seed": -1}, "^seed: "),
        ("sample", {"seed": 2**64}, "^seed: "),
        ("interpolate", WAY | {"start": {"digit": 1, "latent": [0.0]}}, r"^start\.latent: "),
        ("replay", {"step": 10**6}, "^step: the training had "),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_argument_is_refused_by_its_name(
    client: Any, refused: type[Exception], action: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(refused, match=message):
        client.call("call", PLUGIN, action, arguments)


def test_fifty_visitors_at_once_get_what_each_gets_alone(client: Any, host: Host) -> None:
    answers: dict[int, Any] = {}

    def visit(seed: int) -> None:
        (answers[seed],) = client.another().call(
            "call", PLUGIN, "sample", {"seed": seed, "count": 1}
        )

    threads = [threading.Thread(target=visit, args=(seed,)) for seed in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for seed in range(50):
        (expected,) = host[PLUGIN].call("sample", seed=seed, count=1).samples
        (got,) = client.fetch(answers[seed])["samples"]
        assert (got["digit"], shades(got["image"])) == (expected.digit, shades(expected.image))


@pytest.mark.parametrize("words", [["--count", "0"], ["--digit", "10"], ["--truncation", "nan"]])
def test_the_command_line_refuses_a_bad_argument_by_its_name(
    words: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["call", PLUGIN, "sample", *words]) == 2

    assert words[0].removeprefix("--") in capfd.readouterr().err


def test_the_command_line_inverts_a_file(tmp_path: Path, host: Host, capfd: Any) -> None:
    path = tmp_path / "seven.png"
    SEVEN.save(path)

    assert main(["call", PLUGIN, "invert", "--drawing", str(path), "--steps", "5", "--json"]) == 0

    *_, line = capfd.readouterr().out.splitlines()
    *_, expected = host[PLUGIN].stream("invert", drawing=SEVEN, steps=5)
    assert json.loads(line)["error"] == expected.error
