"""A secret does not leave the host, however a plugin tries."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from demo_app import Host, redaction
from demo_app.errors import DemoError
from demo_app.surfaces.cli import main
from demo_app.surfaces.page.launch import launch
from tests.sources import MINIMAL

SECRET = "hunter2-hunter2"
LEAKY = (
    MINIMAL.replace('title="', 'title=os.environ.get("DEMO_APP_LEAKY__KEY", "") + "')
    + """
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import SecretStr

from demo_app import InvalidInput

@dataclass(frozen=True)
class Settings:
    key: SecretStr
    copy: str = os.environ["DEMO_APP_LEAKY__KEY"]

@hookimpl
def demo_settings():
    return Settings

@action
def give(ctx: Context, *, text: str = os.environ["DEMO_APP_LEAKY__KEY"]) -> dict[str, list[str]]:
    key = ctx.settings.key.get_secret_value()
    return {f"in a name {key}": [f"the key is {key}", str(ctx.settings.key)]}

@action
def stream(ctx: Context) -> Iterator[str]:
    yield ctx.settings.key.get_secret_value()

@action
def refuse(ctx: Context) -> str:
    raise InvalidInput(f"not with {ctx.settings.key.get_secret_value()}")

@action
def fail(ctx: Context) -> str:
    raise ValueError(f"failed with {ctx.settings.key.get_secret_value()}")

@action
def log(ctx: Context) -> str:
    logging.getLogger(__name__).warning("the key is %s", ctx.settings.key.get_secret_value())
    return "logged"

@hookimpl
def demo_actions():
    return [give, stream, refuse, fail, log]

@hookimpl
def demo_build_tab(demo):
    import gradio as gr

    key = demo.settings.key.get_secret_value()
    gr.Markdown(f"the key is {key}")
    said = gr.Textbox()
    button = gr.Button()
    button.click(lambda: key, None, said, api_name="tell")

    def fail():
        raise ValueError(f"the key is {key}")

    button.click(fail, None, said, api_name="break")
"""
)


@pytest.fixture
def host(
    write: Callable[..., Path],
    make_host: Callable[..., Host],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Host]:
    factory = logging.getLogRecordFactory()
    monkeypatch.setattr(redaction, "_secrets", set())
    monkeypatch.setenv("DEMO_APP_LEAKY__KEY", SECRET)
    yield make_host(write("leaky", "import os\n" + LEAKY).parent)
    logging.setLogRecordFactory(factory)


def test_the_plugin_itself_reads_it(host: Host) -> None:
    assert host["leaky"].settings.key.get_secret_value() == SECRET


def test_not_in_its_card_or_report(host: Host) -> None:
    plugin = host.plugin("leaky")
    plugin.fail(plugin.state, f"with {SECRET}", SECRET, ValueError(SECRET))
    report = f"{plugin.report()} {plugin.card} {plugin.traceback} {plugin.settings.listed}"
    assert redaction.DOTS in report
    assert SECRET not in report


@pytest.mark.parametrize("action", ["fail", "log"])
def test_not_in_the_log(host: Host, caplog: pytest.LogCaptureFixture, action: str) -> None:
    caplog.set_level("WARNING")
    with contextlib.suppress(DemoError):
        host["leaky"].call(action)
    assert redaction.DOTS in caplog.text
    assert SECRET not in caplog.text


def test_not_on_the_page_or_in_the_api(
    host: Host, uploads: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    page = launch(host, quiet=True)
    try:
        client = Client(page.local_url, verbose=False)
        seen = [
            client.predict(api_name="/leaky__give"),
            client.predict("leaky", "give", {}, api_name="/call"),
            client.predict(api_name="/leaky__stream"),
            page.config,
            client.view_api(return_format="dict"),
        ]
        for name in ("refuse", "fail"):
            with pytest.raises(AppError) as raised:
                client.predict(api_name=f"/leaky__{name}")
            seen.append(str(raised.value))
        for event in list(page.fns.values()):
            if event.api_name in ("tab/tell", "tab/break"):
                seen.append(_by_number(page.local_url, event._id))
        client.close()
    finally:
        page.close()
    seen += capfd.readouterr()
    assert all(SECRET not in str(part) for part in seen)
    assert sum(redaction.DOTS in str(part) for part in seen) >= 6


def _by_number(address: str, number: int) -> str:
    import httpx

    answer = httpx.post(
        f"{address}gradio_api/run/predict", json={"data": [], "fn_index": number}, timeout=60
    )
    return answer.text


@pytest.mark.parametrize("action", ["give", "stream", "refuse", "fail", "log"])
def test_not_on_the_command_line(
    host: Host, plugins: Path, capfd: pytest.CaptureFixture[str], action: str
) -> None:
    for further in ([], ["--json"], ["--debug"]):
        main(["call", "leaky", action, "--plugin-dir", str(plugins), *further])
        printed = "".join(capfd.readouterr())
        assert redaction.DOTS in printed
        assert SECRET not in printed


def test_a_short_one_is_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", set())
    redaction.remember("abc")
    assert redaction.redact("abc") == "abc"
    assert not redaction.is_active()
