"""Files as plain data: what an action takes or gives when it is no picture."""

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, kw_only=True)
class File:
    """A named run of bytes. Surfaces turn it into an upload, a download or a path of the caller's.

    ``name`` is a bare file name: folders are cut off, so that no action can be led elsewhere.
    """

    name: str
    data: bytes

    def __post_init__(self) -> None:
        bare = PurePosixPath(self.name.replace("\\", "/")).name
        shown = "".join(c for c in bare if c.isprintable())
        object.__setattr__(self, "name", shown if shown.strip(". ") else "file")

    def __repr__(self) -> str:
        return f"File({self.name!r}, {len(self.data):,} bytes)"
