"""The page: a Gradio app with one tab a demo."""

import os

# Read by Gradio when it is imported: nothing leaves this machine.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
