"""Watches what a piece of code does to the rest of the machine: files it writes, places it calls.

Python tells its audit hooks of both, whatever library they go through. A hook cannot be taken out
again, so one is put in when it is first needed, and listens while a ``Watch`` is open.
"""

from __future__ import annotations

import ipaddress
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from demo_app.plugin import Plugin

_WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {
    "os.mkdir": 0,
    "os.remove": 0,
    "os.rmdir": 0,
    "os.rename": 1,
    "os.link": 1,
    "os.symlink": 1,
    "os.truncate": 0,
    "shutil.rmtree": 0,
}
"""Events that change the file system, and which of their arguments is the path."""
_open_watches: list[Watch] = []
_installed = False


class Watch:
    """Notes what happens in this process inside a ``with`` block, in every thread.

    Attributes:
        connections: addresses outside of this machine.
    """

    def __init__(self) -> None:
        self.connections: list[str] = []
        self._written: list[str] = []

    def __enter__(self) -> Watch:
        global _installed
        if not _installed:
            sys.addaudithook(_hear)
            _installed = True
        _open_watches.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _open_watches.remove(self)

    def written_outside(self, allowed: Path, plugin: Plugin) -> list[str]:
        """The paths that were written to, but for a plugin's data folder and temporary files."""
        own = plugin.folder or Path(plugin.origin)
        temporary = Path(tempfile.gettempdir()).resolve()
        found = []
        for text in dict.fromkeys(self._written):
            path = Path(text)
            if "__pycache__" in path.parts or path.is_relative_to(allowed):
                continue
            if path.is_relative_to("/dev") or path.is_relative_to("/proc"):
                continue
            if path.is_relative_to(own) or not path.is_relative_to(temporary):
                found.append(text)
        return found

    def note_write(self, path: Any) -> None:
        """Note a path that is written to."""
        if isinstance(path, str | bytes | os.PathLike):
            self._written.append(os.path.abspath(os.fsdecode(path)))

    def note_address(self, address: Any) -> None:
        """Note an address that is asked, unless it is this machine's."""
        host = address[0] if isinstance(address, tuple) and address else address
        if isinstance(host, bytes):
            host = host.decode("ascii", "replace")
        if isinstance(host, str) and not host.startswith("/") and not _is_here(host):
            self.connections.append(host)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if not _open_watches:
        return
    if event == "open":
        path, mode, flags = arguments
        writes = set(mode or "") & set("wax+") or (flags or 0) & _WRITING_FLAGS
        if writes and not isinstance(path, int):
            for watch in _open_watches:
                watch.note_write(path)
    elif event in _CHANGES:
        for watch in _open_watches:
            watch.note_write(arguments[_CHANGES[event]])
    elif event in ("socket.connect", "socket.sendto"):
        for watch in _open_watches:
            watch.note_address(arguments[1])
    elif event == "socket.getaddrinfo":
        for watch in _open_watches:
            watch.note_address(arguments[0])


def _is_here(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
