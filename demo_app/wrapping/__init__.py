"""``from_module``: a demo of a module that somebody holds, in one call."""

from demo_app.wrapping.inputs import ImageInput, Input, NumberInputs, TextInput
from demo_app.wrapping.outputs import ClassLabels, ImageOutput, NumberOutput, Output, TextOutput
from demo_app.wrapping.wrapped import WrappedModule, from_module

__all__ = [
    "ClassLabels",
    "ImageInput",
    "ImageOutput",
    "Input",
    "NumberInputs",
    "NumberOutput",
    "Output",
    "TextInput",
    "TextOutput",
    "WrappedModule",
    "from_module",
]
