"""A good plugin passes every check; for each there is a bad one that fails it, and says how."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from demo_app import Host, discovery
from demo_app.checkpoints import CheckpointMetadata, save
from demo_app.conformance import CHECKS, Outcome, outcomes
from demo_app.testing import write_plugin
from docs.checks import PAGE, page
from tests.conformance.good_and_bad import BAD, FURTHER, GOOD

ALSO = {"repeatable": {"surfaces"}, "random-state": set(), "files": set()}
"""What a bad plugin fails beside the check that it is made for."""
SAYS = {
    "ready": "demo_card is not marked with @hookimpl",
    "card": "title has 52 characters",
    "fit": "weight is [1, 1], the model has [2, 1]",
    "forward": "net: forward() raised RuntimeError",
    "declared": "scale(x) has no upper bound",
    "examples": 'scale needs x and has no example: let demo_examples() return {"scale": [{"x"',
    "finite": "result[0].scaled is no finite number",
    "repeatable": "result.scaled is",
    "models-stay": "net is in training mode",
    "random-state": "The global random state of torch changed",
    "files": "__init__.py.log",
    "network": "It asked 192.0.2.1",
    "bad-values": "raised ActionFailed",
    "tab": "demo_build_tab() raised ValueError: no tab today",
    "surfaces": "scale(x) by its endpoint: result.main is 1.0 and 0.0",
    "unload": "Its threads still run",
    "ship": "gives no license",
}

Judge = Callable[[str], dict[str, Outcome]]


@pytest.fixture
def judge(tmp_path: Path, uploads: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    """Writes a plugin, good or changed as a bad one, and runs every check on it."""
    monkeypatch.setenv("DEMO_APP_DATA_DIR", str(tmp_path / "data"))

    def run(bad: str = "") -> dict[str, Outcome]:
        old, new = BAD.get(bad, ("", ""))
        licence = " " if bad == "ship" else "MIT"
        if bad == "ship":
            monkeypatch.setattr(discovery, "is_built_in", lambda origin: True)
        source = GOOD if bad == "ship" else GOOD.replace(old, new) if old else GOOD
        assert bad in ("", "ship") or source != GOOD
        source = source.replace("@action", f"{FURTHER}\n\n@action", 1)
        folder = write_plugin(tmp_path / "plugins", "scaler", source)
        metadata = CheckpointMetadata(architecture="Linear", license=licence, source="a test")
        save(folder / "net.safetensors", torch.nn.Linear(1, 1).state_dict(), metadata)
        with Host([tmp_path / "plugins"], discover=False) as host:
            (plugin,) = host.plugins
            return {found.check.name: found for found in outcomes(host, plugin)}

    return run


def test_a_good_plugin_passes_every_check(judge: Judge) -> None:
    found = judge("")
    assert {name: outcome.text for name, outcome in found.items() if outcome.passed is False} == {}
    assert [name for name, outcome in found.items() if outcome.passed is None] == ["ship"]


def test_there_is_a_bad_plugin_for_every_check() -> None:
    assert BAD.keys() == SAYS.keys() == {check.name for check in CHECKS}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_plugin_fails_its_check_and_no_other(judge: Judge, name: str) -> None:
    found = judge(name)
    failed = {check for check, outcome in found.items() if outcome.passed is False}
    assert SAYS[name] in found[name].text
    assert failed - ALSO.get(name, set()) == {name}


@pytest.mark.parametrize("check", CHECKS, ids=[check.name for check in CHECKS])
def test_every_check_is_documented(check: object) -> None:
    assert check.reason  # type: ignore[attr-defined]
    assert len(check.paragraph.split()) > 20  # type: ignore[attr-defined]
    assert check.link == f"docs/checks.md#{check.name}"  # type: ignore[attr-defined]


def test_the_page_of_the_checks_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python docs/checks.py"
