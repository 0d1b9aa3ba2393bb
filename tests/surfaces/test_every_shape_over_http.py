"""Every shape of action through its named endpoint and through ``/call``, with equal results."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from demo_app import File, Host
from demo_app.images import encode_png
from tests.shape_cases import CASES, REFUSALS, Case, plain


def named(client: Any, case: Case, arguments: dict[str, Any], host: Host) -> list[Any]:
    """Call through the action's own endpoint; the rest is filled in as a client would."""
    parameters = sorted(
        host[case.demo].actions[case.action].parameters, key=lambda p: not p.required
    )
    data = [arguments.get(p.name, p.default) for p in parameters]
    return client.call(f"{case.demo}__{case.action}", *data)


def generic(client: Any, case: Case, arguments: dict[str, Any], host: Host) -> list[Any]:
    """Call through ``/call``."""
    return client.call("call", case.demo, case.action, arguments)


def uploaded(client: Any, value: Any) -> Any:
    """An argument as it goes over the wire."""
    if isinstance(value, Image.Image):
        return client.upload(encode_png(value), "picture.png")
    return client.upload(value.data, value.name) if isinstance(value, File) else value


both = pytest.mark.parametrize("call", [named, generic], ids=lambda call: call.__name__)


@both
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_call_over_http_gives_what_pytest_gets(
    shapes_client: Any, shapes_host: Host, case: Case, call: Callable[..., list[Any]]
) -> None:
    arguments = {n: uploaded(shapes_client, v) for n, v in case.arguments.items()}
    values = [
        plain(shapes_client.fetch(value))
        for value in call(shapes_client, case, arguments, shapes_host)
    ]
    expected = shapes_host[case.demo].call(case.action, **case.arguments)
    assert values[-1] == plain(expected)
    if case.stream:
        assert values == plain(case.stream)


@both
@pytest.mark.parametrize(("action", "arguments", "message"), REFUSALS, ids=lambda v: str(v)[:20])
def test_a_refusal_over_http_reads_as_in_pytest(
    shapes_client: Any,
    shapes_host: Host,
    refused: type[Exception],
    action: str,
    arguments: dict[str, Any],
    message: str,
    call: Callable[..., list[Any]],
) -> None:
    known = {p.name for p in shapes_host["shapes"].actions[action].parameters}
    if not arguments.keys() <= known:
        call = generic  # a named endpoint takes its data by position and cannot be misnamed
    with pytest.raises(refused) as caught:
        call(shapes_client, Case(action=action, expected=None), arguments, shapes_host)
    assert str(caught.value).startswith(message)
    assert "/srv" not in str(caught.value)


def test_a_session_value_is_kept_for_its_visitor_alone(shapes_client: Any) -> None:
    other = shapes_client.another()
    assert [shapes_client.call("shapes__visit")[0] for _ in range(3)] == [1, 2, 3]
    assert other.call("shapes__visit") == [1]
    assert shapes_client.call("call", "shapes", "visit", {}) == [4]


def test_two_seeded_streams_at_once_give_what_each_gives_alone(
    shapes_client: Any, shapes_host: Host
) -> None:
    alone = [list(shapes_host["shapes"].stream("walk", steps=60, seed=s)) for s in (1, 2)]
    together: dict[int, list[Any]] = {}
    start = threading.Barrier(2)

    def stream(seed: int) -> None:
        visitor = shapes_client.another()
        start.wait()
        together[seed] = visitor.call("shapes__walk", 60, seed)

    threads = [threading.Thread(target=stream, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[1], together[2]] == alone


def test_a_stopped_stream_ends_with_its_best(shapes_client: Any) -> None:
    visitor = shapes_client.another()
    values: list[Any] = []
    thread = threading.Thread(target=lambda: values.extend(visitor.call("shapes__climb", 10**9)))
    thread.start()
    same_visitor = shapes_client.another()
    same_visitor.session = visitor.session
    stopped = 0
    while not stopped and thread.is_alive():
        start = same_visitor.http.post(
            "/gradio_api/run/call",
            json={"data": ["shapes", "stop", {}], "session_hash": visitor.session},
        )
        stopped = start.json()["data"][0]["stopped"] if start.is_success else 0
    thread.join()
    assert values[-1]["finished"] is True
    assert values[-1]["step"] < 10**9
