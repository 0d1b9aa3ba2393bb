"""``python -m demo_app`` is ``demo-app``."""

import sys

from demo_app.surfaces.cli import main

if __name__ == "__main__":
    sys.exit(main())
