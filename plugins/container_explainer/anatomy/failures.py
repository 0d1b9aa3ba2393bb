"""Why a forward pass stopped, in words for whoever looks at the model."""

from demo_app.errors import shorten

from .trace import TooManyValues

NO_VALUES = ("meta tensor", "Meta tensor", "meta device type tensor", "register_meta")
"""What torch's errors say where numbers are needed and there are only shapes."""


def explain_failure(error: Exception, path: str, class_name: str, given: str) -> str:
    """Two sentences on an error: in which module, called with which shapes, and why."""
    place = f"in {path} ({class_name})" if path else f"in {class_name}.forward"
    called = f", called with {given}" if given else ""
    return f"The forward pass stopped {place}{called}. {_reason(error, class_name)}"


def _reason(error: Exception, class_name: str) -> str:
    text = str(error)
    if 'missing the required "forward"' in text:
        return (
            f"{class_name} has no forward of its own and cannot be called; a ModuleList or a "
            "ModuleDict only holds modules, and the module around it calls them."
        )
    if isinstance(error, TooManyValues):
        return "It looks at values in a loop, and to explain a model none are computed."
    if any(words in text for words in NO_VALUES):
        return "It needs the values in a tensor, and to explain a model none are computed."
    if "not on the expected device meta" in text:
        return (
            "It uses a tensor that is neither a parameter nor a buffer of the model, or that was "
            "made for one device. Registered with register_buffer, it moves along with the model."
        )
    # The text of an error of the operating system has paths of the server in it.
    said = "" if isinstance(error, OSError) else shorten(text.strip().partition("\n")[0], 300)
    return f"{type(error).__name__}: {said}" if said else f"It raised {type(error).__name__}."
