"""The command line, ``demo-app``; ``demo-app --help`` says what it does."""

from demo_app.surfaces.cli.entry import main

__all__ = ["main"]
