"""All rules on one module: those on how it is put together, and those on what a pass shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn

from demo_app import TensorSpec

from .batches import find_batches_as_sequences
from .failures import find_failure, find_pictures_on_linear, not_run
from .findings import Finding, in_order
from .flow import Run, copy_on_meta, run
from .losses import Loss, find_endings, find_relu_before_softmax, loss_held, loss_named
from .norms import find_dropout_before_norm, find_needless_biases, find_norm_after_output
from .order import Order, order_of_container
from .registration import find_hidden, find_unregistered
from .repeats import find_linear_pairs
from .sequences import find_tuples
from .sharing import find_shared
from .softmaxes import find_softmax_without_dim
from .usage import find_dead, find_uncalled

Input = TensorSpec | Tensor
Inputs = Sequence[Input] | Mapping[str, Sequence[Input]]


def lint(
    module: nn.Module,
    inputs: Inputs | None = None,
    *,
    hidden: Iterable[tuple[str, object]] = (),
    loss: str | None = None,
    name: str = "self",
) -> list[Finding]:
    """What is wrong, doubtful or needless in a module, the worst first.

    Nothing is computed: a copy without weights is run on the meta device, so the module stays as
    it is, on any device and of any size.

    Args:
        module: any module; of a lazy one, shapes become known in the copy.
        inputs: the positional arguments of ``forward``, by shape; of a module whose parts are
            called apart, those of each part by its path. Without them, rules on the order of calls
            are for a Sequential only, whose order is known.
        hidden: variables of the code that made the module, as (name, value): modules in plain lists
            and dictionaries among them are reported if they are no part of it.
        loss: what it is trained with: ``"CrossEntropyLoss"``, ``"F.nll_loss"`` … If left out, and
            the module holds a loss as a part, that one. Names without a rule are passed over.
        name: what the module is called in the lines that mend it.
    """
    # Tensors made in inference mode have no version, which is how writing to them is seen.
    with torch.inference_mode(False):
        findings = list(_of_structure(module, hidden, name))
        stated = loss_named(loss) if loss is not None else loss_held(module)
        seen = _run(module, inputs) if inputs else None
        if isinstance(seen, Finding):
            findings.append(seen)
        elif seen is not None:
            assert inputs
            findings += _of_run(module, seen, _tensors(inputs), findings, name)
        whole = seen.order if isinstance(seen, Run) and seen.error is None else None
        order = whole or order_of_container(module)
        if order is not None:
            findings += _of_order(module, order, stated, name)
    return in_order(findings, [path for path, _ in module.named_modules()])


def _of_structure(
    module: nn.Module, hidden: Iterable[tuple[str, object]], name: str
) -> Iterator[Finding]:
    yield from find_hidden(module, name)
    yield from find_unregistered(module, hidden)
    yield from find_tuples(module, name)
    yield from find_shared(module, name)
    yield from find_softmax_without_dim(module, name)


def _of_order(module: nn.Module, order: Order, loss: Loss | None, name: str) -> Iterator[Finding]:
    yield from find_endings(module, order, loss, name)
    yield from find_relu_before_softmax(module, order, name)
    yield from find_linear_pairs(module, order, name)
    yield from find_needless_biases(module, order, name)
    yield from find_norm_after_output(module, order, name)
    yield from find_dropout_before_norm(module, order, name)


def _of_run(
    module: nn.Module,
    seen: Run,
    inputs: Mapping[str, Sequence[Tensor]],
    before: Sequence[Finding],
    name: str,
) -> Iterator[Finding]:
    if seen.error is not None and any(f.rule == "tuple-in-sequential" for f in before):
        # The layer after the tuple is where it stops; the finding on the tuple says why.
        return
    failures = list(find_failure(module, seen, name))
    yield from failures
    if seen.error is not None:
        return
    yield from find_pictures_on_linear(module, seen, name)
    yield from find_dead(seen, name)
    yield from find_batches_as_sequences(module, seen, inputs, name)
    # Some parts are for training alone, such as the auxiliary heads of GoogLeNet.
    uncalled = list(find_uncalled(module, [seen], name))
    if uncalled:
        trained = _in_training(seen, inputs)
        if trained is not None:
            yield from find_uncalled(module, [seen, trained], name)


def _run(module: nn.Module, inputs: Inputs) -> Run | Finding:
    """A pass in evaluation mode, or why there is none."""
    try:
        tensors = _tensors(inputs)
    except (TypeError, RuntimeError) as error:
        return not_run(f"Its example inputs cannot be made: {error}")
    try:
        copied = copy_on_meta(module)
    except Exception as error:
        return not_run(f"It cannot be copied: {type(error).__name__}.")
    return run(copied, tensors)


def _in_training(seen: Run, inputs: Mapping[str, Sequence[Tensor]]) -> Run | None:
    """A pass in training mode; None if there can be none, and nothing is known of that mode.

    It is one of two examples at least, without which a batch has no variance.
    """
    doubled = {
        path: [t.new_empty((max(2, t.shape[0]), *t.shape[1:])) if t.dim() else t for t in given]
        for path, given in inputs.items()
    }
    for tensors in (doubled, inputs):
        trained = run(seen.model, tensors, training=True)
        if trained.error is None:
            return trained
    return None


def _tensors(inputs: Inputs) -> dict[str, list[Tensor]]:
    of_parts = inputs if isinstance(inputs, Mapping) else {"": inputs}
    return {path: [_tensor(given) for given in each] for path, each in of_parts.items()}


def _tensor(given: Input) -> Tensor:
    if isinstance(given, Tensor):
        return torch.empty_like(given, device="meta")
    dtype = getattr(torch, given.dtype, None)
    if not isinstance(dtype, torch.dtype):
        raise TypeError(f"torch has no dtype {given.dtype!r}.")
    return torch.empty(given.shape, dtype=dtype, device="meta")
