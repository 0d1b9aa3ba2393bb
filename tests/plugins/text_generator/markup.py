"""HTML that a page's room wrote, taken apart for tests."""

from html.parser import HTMLParser

VOID = {"br", "img", "input", "circle", "path", "rect"}


class Markup(HTMLParser):
    """The text, the elements and their attributes, in order.

    Raises ``AssertionError`` where an element is not closed, or in the wrong order.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self._open == []

    def all(self, tag: str, of_class: str = "") -> list[dict[str, str]]:
        """The attributes of every element of a tag, or of those with a class."""
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and (not of_class or of_class in attributes.get("class", "").split())
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
