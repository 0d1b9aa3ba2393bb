"""Entry point of ``python app.py`` and of Hugging Face Spaces: every demo, on one page."""

from demo_app.surfaces.startup import without_collecting

if __name__ == "__main__":
    with without_collecting():
        from demo_app import Host, hf_space
        from demo_app.surfaces.page.launch import serve

    serve(Host(engine=hf_space.engine()), watch=True)
