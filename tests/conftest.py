"""Fixtures shared by all tests: the app as it ships, the demos that prove every shape, and more."""

import functools
import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.pop("DEMO_APP_PLUGIN_DIRS", None)
os.environ.pop("DEMO_APP_DEVICE", None)
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    # Workers that look for a free port at the same moment would find the same one.
    os.environ["GRADIO_SERVER_PORT"] = str(7860 + 200 * (1 + int(worker.removeprefix("gw"))))
    os.environ["OMP_NUM_THREADS"] = "1"

from demo_app import Host, TrainJob, collecting
from demo_app.engine import LocalEngine
from demo_app.testing import make_host, write_plugin
from tests.datasets.idx_files import bars, write_split
from tests.scaffold.new_plugins import new_plugins
from tests.sources import module_of

__all__ = ["make_host", "new_plugins"]

FOR_TESTS = Path(__file__).parent / "plugins_for_tests"


@pytest.fixture(scope="session", autouse=True)
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where Gradio keeps uploads and results during the tests."""
    folder = tmp_path_factory.mktemp("uploads")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module", autouse=True)
def unburdened() -> None:
    """What earlier tests left is not looked through again: that would take seconds each time."""
    collecting._spared = False
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """The app as it ships, for the local user."""
    with Host() as host:
        yield host


@pytest.fixture(scope="session")
def shapes_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin directory with the demos ``shapes`` and ``next_door``, their models trained.

    Their checkpoints are inside their folders, so that a host needs this directory only.
    """
    directory = tmp_path_factory.mktemp("shapes") / "plugins"
    shutil.copytree(FOR_TESTS, directory, ignore=shutil.ignore_patterns("__pycache__"))
    for plugin in Host([directory], discover=False).plugins:
        assert plugin.folder is not None
        for spec in plugin.models.values():
            if spec.checkpoint is not None:
                job = TrainJob(
                    model=spec.name,
                    data=None,
                    checkpoint=plugin.folder / spec.checkpoint,
                    state=directory.parent / "state",
                    report=lambda line: None,
                )
                plugin.call_hook("demo_train", job=job)
    return directory


@pytest.fixture
def shapes_host(shapes_dir: Path) -> Iterator[Host]:
    """A host with the demos ``shapes`` and ``next_door`` alone."""
    with Host([shapes_dir], discover=False) as host:
        yield host


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """An empty plugin directory."""
    directory = tmp_path / "plugins"
    directory.mkdir()
    return directory


@pytest.fixture
def write(plugins: Path) -> Callable[..., Path]:
    """Writes a plugin into ``plugins`` by name and source."""
    return functools.partial(write_plugin, plugins)


@pytest.fixture
def host_of(make_host: Callable[..., Host]) -> Callable[..., Host]:
    """Makes a host whose one demo, ``made``, has the given actions, and hooks by name."""

    def make(*actions: Callable[..., Any], engine: Any = LocalEngine, **hooks: Any) -> Host:
        return make_host(modules={"made": module_of(*actions, **hooks)}, engine=engine)

    return make


@pytest.fixture(scope="session")
def tiny_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with idx files: 200 bars to train with, 100 to test with."""
    folder = tmp_path_factory.mktemp("mnist")
    write_split(folder, "train", *bars(200))
    write_split(folder, "t10k", *bars(100, seed=1))
    return folder
