"""The demos that prove every shape, called from pytest: the reference for all other surfaces."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_app import DemoError, Host
from demo_app.conformance import CHECKS, outcome
from demo_app.context import Session
from demo_app.errors import ActionFailed
from demo_app.plugin import State
from tests.shape_cases import CASES, REFUSALS, Case, plain

STREAMS = [case for case in CASES if case.stream is not None]


@pytest.fixture(scope="module")
def shapes_host(shapes_dir: Path) -> Iterator[Host]:
    """One host for all the calls of this file."""
    with Host([shapes_dir], discover=False) as host:
        yield host


def test_the_demos_are_ready(shapes_host: Host) -> None:
    assert {p.name: (p.state, p.problem) for p in shapes_host.plugins} == {
        "shapes": (State.READY, None),
        "next_door": (State.READY, None),
    }


@pytest.mark.parametrize("name", ["shapes", "next_door"])
def test_the_demos_load_fit_and_show(shapes_host: Host, name: str) -> None:
    """What they do when they are called is meant to be odd."""
    plugin = shapes_host.plugin(name)
    for check in CHECKS:
        if check.name in ("ready", "card", "fit", "forward", "tab"):
            assert outcome(check, shapes_host, plugin).passed is not False, check.name


def test_every_action_is_called_by_a_test() -> None:
    """An action that is in no table below would prove its shape on no surface."""
    from tests.plugins_for_tests.shapes import actions

    tested = {case.action for case in CASES} | {action for action, _, _ in REFUSALS}
    by_hand = {"departures", "guess", "linger", "visit"}
    assert tested | by_hand == {*actions.__all__, "relay", "sum_up"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_call_gives_what_the_table_says(shapes_host: Host, case: Case) -> None:
    assert plain(shapes_host[case.demo].call(case.action, **case.arguments)) == plain(case.expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_stream_ends_with_what_the_call_gives(shapes_host: Host, case: Case) -> None:
    with shapes_host[case.demo].stream(case.action, **case.arguments) as values:
        results = list(values)
    assert plain(results[-1]) == plain(case.expected)
    assert plain(results) == plain(case.stream if case in STREAMS else [case.expected])


@pytest.mark.parametrize(("action", "arguments", "message"), REFUSALS)
def test_a_refusal_says_why(
    shapes_host: Host, action: str, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(DemoError) as caught:
        shapes_host["shapes"].call(action, **arguments)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("action", ["crash", "stumble"])
def test_what_nobody_foresaw_stays_in_the_log(
    shapes_host: Host, caplog: pytest.LogCaptureFixture, action: str
) -> None:
    with pytest.raises(ActionFailed) as caught:
        shapes_host["shapes"].call(action)
    assert "secret" not in str(caught.value)
    assert "the secret is in /srv/private" in caplog.text


def test_a_stream_that_fails_has_given_its_values_before(shapes_host: Host) -> None:
    values = shapes_host["shapes"].stream("stumble")
    assert [next(values), next(values)] == [1, 2]
    with pytest.raises(ActionFailed):
        next(values)


def test_a_stream_that_is_stopped_keeps_its_best(shapes_host: Host) -> None:
    with shapes_host["shapes"].stream("climb") as values:
        heights = [next(values).height for _ in range(20)]
        values.stop()
        (last,) = list(values)
    assert last.finished
    assert last.height == max([*heights, last.height])


def test_a_visitor_who_leaves_ends_the_stream(shapes_host: Host) -> None:
    demo = shapes_host["shapes"]
    with demo.stream("linger") as values:
        assert [next(values), next(values)] == [1, 2]
        assert demo.call("departures") == 0
    assert demo.call("departures") == 1
    assert list(values) == []


def test_each_visitor_has_values_of_their_own(shapes_host: Host) -> None:
    ada, grace = (shapes_host.visit("shapes", Session()) for _ in range(2))
    assert [ada.call("visit"), ada.call("visit"), grace.call("visit")] == [1, 2, 1]


def test_an_untrained_model_is_the_same_in_every_host(shapes_dir: Path) -> None:
    guesses = []
    for _ in range(2):
        with Host([shapes_dir], discover=False) as host:
            guesses.append(host["shapes"].call("guess", values=[3.0, 4.0]))
    assert guesses[0] == guesses[1] != [0.0, 0.0, 0.0]


def test_progress_is_reported_to_the_caller(shapes_host: Host) -> None:
    reports: list[tuple[float | None, str]] = []
    demo = shapes_host["shapes"].on_progress(lambda *report: reports.append(report))
    demo.call("work", parts=2)
    assert reports == [(0.0, "part 1"), (0.5, "part 2")]


def test_a_seed_that_is_left_out_is_drawn(shapes_host: Host) -> None:
    draws = [tuple(shapes_host["shapes"].call("draw", count=5)) for _ in range(2)]
    assert draws[0] != draws[1]
