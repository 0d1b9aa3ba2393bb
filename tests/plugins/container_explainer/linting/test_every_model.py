"""What is said of models that are known to be right: no error, no warning, and true hints only."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torchvision

from demo_app import Host
from demo_app.meta import build_on_meta
from tests.plugins.image_classifier.every_backbone import TORCHVISION

Lint = Callable[..., list[Any]]
VIDEO: list[str] = torchvision.models.list_models(module=torchvision.models.video)
# Their blocks make a StochasticDepth each, also those without a residual to drop.
SPARE_LAYERS = {
    **{f"efficientnet_b{number}": 7 for number in range(8)},
    **{"efficientnet_v2_s": 5, "efficientnet_v2_m": 6, "efficientnet_v2_l": 6},
}
# As in the paper, which is older than batch normalisation.
BIASES = {"vgg11_bn": 8, "vgg13_bn": 10, "vgg16_bn": 13, "vgg19_bn": 16}


@pytest.mark.parametrize("name", [*TORCHVISION, *VIDEO])
def test_nothing_but_true_hints_is_said_of_a_torchvision_model(lint: Lint, name: str) -> None:
    builder = torchvision.models.get_model_builder(name)
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    model = build_on_meta(lambda: builder(**options))
    findings = lint(model, _shape(name))
    expected: Counter[tuple[str, str]] = Counter()
    if name in SPARE_LAYERS:
        expected["hint", "never-called"] = SPARE_LAYERS[name]
    if name in BIASES:
        expected["hint", "bias-before-norm"] = BIASES[name]
    assert Counter((f.severity, f.rule) for f in findings) == expected
    assert all("stochastic_depth" in f.path for f in findings if f.rule == "never-called")


def _shape(name: str) -> tuple[int, ...]:
    if name in VIDEO:
        return 1, 3, 16, 224, 224
    # With 224, the auxiliary head of Inception has no room for its kernel in training.
    return (1, 3, 299, 299) if name == "inception_v3" else (1, 3, 224, 224)


@pytest.mark.parametrize("name", ["image_classifier", "text_generator", "mnist_gan"])
def test_of_the_other_demos_only_heads_for_training_are_a_warning(
    lint: Lint, host: Host, name: str
) -> None:
    worse = {}
    for spec in host[name].models.values():
        model = host[name].build_model(spec.name, meta=True)
        findings = lint(model, parts=dict(spec.inputs_of_parts))
        worse |= {(f.path, f.rule): f.severity for f in findings if f.severity != "hint"}
    # That of the discriminator names the digit for the loss of its training.
    heads = {("discriminator.digit", "never-called"): "warning"}
    assert worse == (heads if name == "mnist_gan" else {})
