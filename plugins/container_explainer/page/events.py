"""How the events of this page run."""

from __future__ import annotations

from typing import Any

LIVE: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "always_last"}
"""While one is answered, of those that come meanwhile only the last is kept. Controls of one thing
share an event (``gr.on``), or the answer to an older one could come last."""

TELLING: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "multiple"}
"""For events that carry data: one that was kept for later would be sent with the data of the one
before it (Gradio 6.31)."""

QUIET: dict[str, Any] = {"show_progress": "hidden"}
