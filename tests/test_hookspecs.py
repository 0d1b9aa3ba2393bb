"""The plugin contract is small, documented and typed."""

import inspect

import pytest

import demo_app
from demo_app import hookspecs, loading

SPECS = {name: getattr(hookspecs, name) for name in loading.HOOKS}


def test_it_fits_on_one_screen() -> None:
    assert len(inspect.getsource(hookspecs).splitlines()) <= 110


def test_these_are_the_hooks() -> None:
    assert list(SPECS) == [
        "demo_card",
        "demo_settings",
        "demo_models",
        "demo_build_model",
        "demo_actions",
        "demo_examples",
        "demo_build_tab",
        "demo_train",
        "demo_evaluate",
        "demo_register_commands",
        "demo_startup",
        "demo_shutdown",
        "demo_call",
    ]


@pytest.mark.parametrize("name", SPECS)
def test_every_hook_is_documented_and_typed(name: str) -> None:
    spec = SPECS[name]
    assert inspect.getdoc(spec)
    assert "return" in spec.__annotations__
    assert set(inspect.signature(spec).parameters) == spec.__annotations__.keys() - {"return"}


def test_all_that_a_plugin_needs_is_at_the_top() -> None:
    for name in ("hookimpl", "Card", "ModelSpec", "Context", "action", "Host"):
        assert name in demo_app.__all__
    assert all(hasattr(demo_app, name) for name in demo_app.__all__)


def test_the_public_names_are_documented() -> None:
    documented = (getattr(demo_app, name) for name in demo_app.__all__)
    classes = [member for member in documented if inspect.isclass(member)]
    assert all(inspect.getdoc(member) for member in classes)
