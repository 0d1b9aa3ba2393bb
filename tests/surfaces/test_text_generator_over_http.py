"""The text generator as a client meets it: one seed, one text, on every surface."""

import json
import math
import threading
from typing import Any

import pytest

from demo_app import Host
from demo_app.surfaces.cli import main
from demo_app.surfaces.visitors import PageDemo, Visitors

NAMED = "text_generator__generate"
ARGUMENTS = {
    "prompt": "ROMEO:\n",
    "model": "lstm",
    "max_new_characters": 25,
    "temperature": 0.9,
    "top_k": 30,
    "top_p": 0.95,
    "min_p": 0.01,
    "repetition_penalty": 1.1,
    "stop": None,
    "alternatives": 2,
    "seed": 7,
}


@pytest.fixture(scope="module")
def direct(host: Host) -> Any:
    """What pytest gets."""
    return host["text_generator"].call("generate", **ARGUMENTS)


def test_the_named_endpoint_streams_what_pytest_gets(client: Any, host: Host, direct: Any) -> None:
    names = [parameter.name for parameter in host["text_generator"].actions["generate"].parameters]

    values = client.call(NAMED, *(ARGUMENTS[name] for name in names))

    assert [len(value["text"]) for value in values] == list(range(1, 26))
    assert values[-1]["text"] == direct.text
    assert values[-1]["bits_per_character"] == direct.bits_per_character
    assert [c["probability"] for c in values[-1]["characters"]] == [
        c.probability for c in direct.characters
    ]


def test_the_generic_endpoint_streams_what_pytest_gets(client: Any, direct: Any) -> None:
    *_, value = client.call("call", "text_generator", "generate", ARGUMENTS)

    assert (value["text"], value["finished"]) == (direct.text, "length")


def test_the_command_line_writes_what_pytest_gets(
    direct: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    options = [
        word
        for name, value in ARGUMENTS.items()
        if value is not None
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]

    assert main(["call", "text_generator", "generate", *options, "--json"]) == 0

    *_, line = capfd.readouterr().out.splitlines()
    value = json.loads(line)
    assert (value["text"], value["bits_per_character"]) == (direct.text, direct.bits_per_character)


def test_a_tab_writes_what_pytest_gets(host: Host, direct: Any) -> None:
    demo = PageDemo(host, host.plugin("text_generator"), Visitors())

    assert demo.call("generate", **ARGUMENTS) == direct


def test_a_stopped_stream_ends_with_what_is_written(client: Any) -> None:
    arguments = ARGUMENTS | {"max_new_characters": 5000, "alternatives": 0}
    visitor = client.another()
    values: list[Any] = []
    thread = threading.Thread(
        target=lambda: values.extend(visitor.call("call", "text_generator", "generate", arguments))
    )
    thread.start()
    stopped = 0
    while not stopped and thread.is_alive():
        answer = client.http.post(
            "/gradio_api/run/call",
            json={"data": ["text_generator", "stop", {}], "session_hash": visitor.session},
        )
        stopped = answer.json()["data"][0]["stopped"] if answer.is_success else 0
    thread.join()

    assert values[-1]["finished"] == "stopped"
    assert len(values[-1]["text"]) < 5000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"prompt": "<script>alert(1)</script>"},
            r"^prompt: .* < \(less-than sign\)",
        ),
        ({"prompt": "\0"}, r"^prompt: .* U\+0000"),
        ({"prompt": "a" * 1_000_000}, "^prompt: String should have at most 10000 characters"),
        ({"max_new_characters": 10**9}, "^max_new_characters: "),
        ({"temperature": math.inf}, "^temperature: "),
        ({"model": "gpt"}, "^model: "),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_argument_is_refused_by_its_name(
    client: Any, refused: type[Exception], arguments: dict[str, Any], message: str
) -> None:
    sent = json.loads(json.dumps(arguments).replace("Infinity", '"Infinity"'))

    with pytest.raises(refused, match=message):
        client.call("call", "text_generator", "generate", sent)
