"""An explanation as text, HTML, and files."""
