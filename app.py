"""Entry point of ``python app.py`` and of Hugging Face Spaces: every demo, on one page."""

from demo_app import Host
from demo_app.surfaces.page.launch import serve

if __name__ == "__main__":
    serve(Host())
