"""What is done in the background once a page is open, so that the first call does not wait."""

from __future__ import annotations

import logging
import threading

from demo_app import loading
from demo_app.host import Host
from demo_app.plugin import Plugin, State

logger = logging.getLogger(__name__)


class WarmUp:
    """Imports torch and checks that every checkpoint fits its architecture, once."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Start in the background, unless that has been done; returns at once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self.run, name="warm-up", daemon=True)
                self._thread.start()

    def run(self) -> None:
        """Do the work in this thread; a failure is logged and noted on the plugin it concerns."""
        for plugin in self._host.plugins:
            self._check(plugin)

    def check(self, plugin: Plugin) -> None:
        """The same for a plugin that came later; before the first page is open, nothing."""
        if self._thread is not None:
            self._check(plugin)

    def _check(self, plugin: Plugin) -> None:
        if plugin.state is not State.READY or not plugin.models:
            return
        _, error = loading.contained(lambda: self._host.check_fit(plugin))
        if error is not None:
            logger.error("Checking the models of %s", plugin.name, exc_info=error)
        elif plugin.problem is not None:
            logger.error("%s: %s %s", plugin.name, plugin.problem, plugin.remedy)
