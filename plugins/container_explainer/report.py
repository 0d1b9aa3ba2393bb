"""What an explanation says, as plain data: one table of modules and one of tensors."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["Sequential", "ModuleList", "ModuleDict", "module", "layer"]
"""How a module holds others: in one of torch's containers, in attributes, or not at all."""

Role = Literal["parameter", "buffer", "extra state"]

Trained = Literal["all", "part", "none", "no parameters"]
"""How many of a module's parameters require gradients."""


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """A model that can be explained; ``model`` is what the other actions take."""

    model: str
    demo_title: str
    title: str


@dataclass(frozen=True, kw_only=True)
class ModuleRow:
    """One module, where it stands in the tree.

    Shapes and calls are those of one forward pass in evaluation mode. Of tensors that a module
    holds in several places, each counts once.

    Attributes:
        path: as ``get_submodule`` takes it; empty for the whole model.
        depth: how far below the whole model, 0 for that itself.
        class_name: the class, without its package.
        kind: how it holds its children; ``"layer"`` where it has none.
        own_forward: a container whose class has a ``forward`` of its own.
        arguments: what ``extra_repr()`` gives.
        input: the shapes that it was called with, ``"[1, 3, 224, 224]"``; where calls differed,
            each, separated by semicolons. Empty where it was not called.
        output: the shapes that it returned, in the same order; a dash for a call that failed.
        calls: how often it was called; None where there was no forward pass.
        unused: nothing of it took part in the forward pass, not even a parameter.
        own_parameters: numbers in the parameters that it holds itself.
        parameters: those of its children included.
        trainable: how many of ``parameters`` require gradients.
        trained: the same in a word.
        dtype: of its parameters, those of its children included: ``"float32"``; where they differ,
            each, separated by commas. Empty where it has none.
        share: of the model's parameters, 0…1. What appears in several places counts at the first.
        buffers: numbers in its buffers, those of its children included.
        bytes: of parameters and buffers, in the dtypes that the module is built with.
        multiply_adds: of all calls, those of its children included, and of a container that is
            not called itself, those of its children; None where not known.
        activation_bytes: of the tensors that it and the modules in it returned in that pass, each
            once, where it was first returned: nothing for what was changed in place or is a view of
            another, for parameters, and for the model's inputs. None where not known.
        state_dict_keys: those of its own tensors, without its children's.
        same_as: the path of the first place of this very module, if this is another.
    """

    path: str
    name: str
    depth: int
    class_name: str
    kind: Kind
    own_forward: bool
    arguments: str
    input: str
    output: str
    calls: int | None
    unused: bool
    own_parameters: int
    parameters: int
    trainable: int
    trained: Trained
    dtype: str
    share: float
    buffers: int
    bytes: int
    multiply_adds: int | None
    activation_bytes: int | None
    state_dict_keys: list[str]
    same_as: str | None


@dataclass(frozen=True, kw_only=True)
class TensorRow:
    """One name of a parameter or buffer.

    Attributes:
        key: its name from the whole model on, as in the ``state_dict``.
        module: the path of the module that holds it.
        shape: ``"[64, 3, 7, 7]"``; empty where it is only known after the first forward pass.
        in_state_dict: False for buffers that are registered with ``persistent=False``.
        tied_to: the first key of this very tensor, if this is another.
    """

    key: str
    module: str
    name: str
    role: Role
    shape: str
    dtype: str
    count: int
    bytes: int
    trainable: bool
    in_state_dict: bool
    tied_to: str | None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A model, taken apart.

    Attributes:
        model: its name here, ``"demo/model"``.
        title: its title, or its name.
        class_name: the class of the whole model.
        input: the shapes of the example inputs; empty where there are none.
        output: the shapes that came out.
        parameters: numbers in all parameters, each tensor counted once.
        trainable: how many of them are trained.
        buffers: numbers in all buffers.
        bytes: of parameters and buffers, in the dtypes that the model is built with.
        multiply_adds: half of the floating point operations that torch's ``FlopCounterMode``
            counts in the products of one forward pass; None where there was none.
        activation_bytes: of all tensors that modules returned in that pass, each once.
        module_count: modules, each counted once, the whole model included.
        depth: levels below the whole model.
        stopped_in: the path of the module in which the forward pass failed.
        notes: what the reader should know, in sentences: why there are no shapes, for instance.
        modules: in the order of ``print(model)``.
        tensors: in the order of the ``state_dict``.
    """

    model: str
    title: str
    class_name: str
    input: str
    output: str
    parameters: int
    trainable: int
    buffers: int
    bytes: int
    multiply_adds: int | None
    activation_bytes: int | None
    module_count: int
    depth: int
    stopped_in: str | None
    notes: list[str]
    modules: list[ModuleRow]
    tensors: list[TensorRow]
