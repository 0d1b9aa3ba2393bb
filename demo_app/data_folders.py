"""A folder for the data of each plugin, apart from its code and from the other plugins' data."""

from __future__ import annotations

import os
from pathlib import Path

from demo_app.errors import ConfigurationError

VARIABLE = "DEMO_APP_DATA_DIR"


def made(plugin: str) -> Path:
    """The folder of a plugin, for this user alone: ``plugins/NAME`` in the user's data directory.

    ``DEMO_APP_DATA_DIR`` names another place than that directory. On Hugging Face Spaces what is
    written there is gone at the next start.

    Raises:
        ConfigurationError: it is not there and cannot be made.
    """
    from platformdirs import user_data_path

    named = os.environ.get(VARIABLE)
    root = Path(named).expanduser() if named else user_data_path("demo_app", appauthor=False)
    folder = root.absolute() / "plugins" / plugin
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The data of {plugin} cannot be kept in {folder} ({error.strerror}). "
            f"Name another place in {VARIABLE}."
        ) from error
    return folder
