"""How the events of this page run."""

from __future__ import annotations

from typing import Any

TELLING: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "multiple"}
"""For events that carry data: one that was kept for later would be sent with the data of the one
before it (Gradio 6.31)."""

LIVE: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "always_last"}
"""While one is answered, of those that come meanwhile only the last is kept."""

QUIET: dict[str, Any] = {"show_progress": "hidden"}
