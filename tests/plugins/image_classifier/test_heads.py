"""The head of any network is found, replaced alone, and fed by itself."""

from collections.abc import Callable
from typing import Any

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn

from demo_app import DemoError, InvalidInput
from demo_app.checkpoints import build_untrained
from demo_app.meta import build_on_meta

SMALL = ["resnet18", "mobilenet_v3_small", "shufflenet_v2_x0_5", "efficientnet_b0", "googlenet"]


class TestEveryBackbone:
    """Its head is replaced again and again."""

    @pytest.fixture
    def images(self, entry: Any) -> Tensor:
        side = entry.preprocessing.crop
        return torch.empty(2, 3, side, side, device="meta")

    def test_only_the_head_is_new(self, heads: Any, model: nn.Module) -> None:
        places = heads.find_head(model).names
        before = {**dict(model.named_parameters()), **dict(model.named_buffers())}
        old = [key for key in before if key.startswith(tuple(f"{place}." for place in places))]

        heads.replace_head(model, 7)

        after = {**dict(model.named_parameters()), **dict(model.named_buffers())}
        kept = {id(tensor) for tensor in before.values()}
        # MaxViT's own head is the one that has no bias.
        biases = [f"{place}.bias" for place in places]
        assert {key for key in after if id(after[key]) not in kept} == {*old, *biases}
        assert after.keys() == {*before, *biases}
        assert all(after[key] is before[key] for key in before if key not in old)

    def test_it_answers_with_a_logit_for_each_class(
        self, heads: Any, model: nn.Module, images: Tensor
    ) -> None:
        assert heads.replace_head(model, 7)(images).shape == (2, 7)

    def test_its_features_feed_any_kind_of_head(
        self, heads: Any, model: nn.Module, images: Tensor
    ) -> None:
        features = heads.backbone(model)(images)

        assert features.shape == (2, heads.in_features(model))
        for kind, width in (("mlp", 2), ("linear", 2), ("binary", 1)):
            heads.replace_head(model, 2, kind)
            assert heads.forward_head(model, features).shape == (2, width)


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("resnet18", ("fc",)),
        ("densenet121", ("classifier",)),
        ("efficientnet_b0", ("classifier.1",)),
        ("vgg11", ("classifier.6",)),
        ("maxvit_t", ("classifier.5",)),
        ("vit_b_16", ("heads.head",)),
        ("swin_t", ("head",)),
        ("squeezenet1_1", ("classifier.1",)),
        ("inception_v3", ("fc", "AuxLogits.fc")),
        ("googlenet", ("fc", "aux1.fc2", "aux2.fc2")),
        ("efficientnet_lite0", ("classifier",)),
        ("scratch_alexnet", ("classifier.6",)),
        ("convnet", ("classifier.3",)),
    ],
)
def test_the_head_is_where_the_logits_are_made(
    heads: Any, on_meta: Callable[[str], nn.Module], name: str, places: tuple[str, ...]
) -> None:
    assert heads.find_head(on_meta(name)).names == places


class TestKinds:
    def test_a_linear_head_is_one_layer(
        self, heads: Any, untrained: Callable[[str], nn.Module]
    ) -> None:
        head = heads.get_classifier(heads.replace_head(untrained("resnet18"), 5, "linear"))

        assert isinstance(head, nn.Linear)
        assert (head.in_features, head.out_features) == (512, 5)

    def test_squeezenets_head_stays_a_convolution(
        self, heads: Any, untrained: Callable[[str], nn.Module]
    ) -> None:
        head = heads.get_classifier(heads.replace_head(untrained("squeezenet1_1"), 5))

        assert isinstance(head, nn.Conv2d)
        assert head.weight.shape == (5, 512, 1, 1)

    def test_an_mlp_has_a_hidden_layer_and_dropout(
        self, heads: Any, untrained: Callable[[str], nn.Module]
    ) -> None:
        wanted = heads.Head(kind="mlp", hidden=64, dropout=0.4)

        head = heads.get_classifier(heads.replace_head(untrained("resnet18"), 5, wanted))

        assert (head.hidden.in_features, head.hidden.out_features) == (512, 64)
        assert (head.output.in_features, head.output.out_features) == (64, 5)
        assert head.dropout.p == 0.4

    def test_a_binary_head_has_one_logit_and_no_sigmoid(
        self, heads: Any, untrained: Callable[[str], nn.Module], small_photos: Tensor
    ) -> None:
        model = heads.replace_head(untrained("resnet18"), 2, "binary")
        heads.get_classifier(model).bias.data.fill_(1000.0)

        assert model(small_photos).shape == (2, 1)
        assert model(small_photos).min() > 900

    def test_a_head_of_another_kind_takes_its_place_as_a_whole(
        self, heads: Any, untrained: Callable[[str], nn.Module]
    ) -> None:
        model = heads.replace_head(untrained("squeezenet1_1"), 5, "mlp")
        heads.replace_head(model, 3, heads.Head(kind="mlp", hidden=8))
        assert heads.in_features(model) == 512
        assert heads.get_classifier(model).hidden.weight.shape == (8, 512, 1, 1)

        heads.replace_head(model, 4, "linear")

        assert heads.find_head(model).name == "classifier.1"
        assert heads.get_classifier(model).weight.shape == (4, 512, 1, 1)

    @pytest.mark.parametrize("name", ["googlenet", "inception_v3"])
    def test_auxiliary_heads_answer_for_the_same_classes(
        self, heads: Any, on_meta: Callable[[str], nn.Module], name: str
    ) -> None:
        model = heads.replace_head(on_meta(name), 7, "mlp").train()

        logits = model(torch.empty(2, 3, 299, 299, device="meta"))

        assert [output.shape for output in logits] == [(2, 7)] * len(heads.find_head(model).names)

    def test_squeezenets_logits_are_no_longer_clipped(
        self, heads: Any, untrained: Callable[[str], nn.Module], small_photos: Tensor
    ) -> None:
        model = untrained("squeezenet1_1")
        assert model(small_photos).min() >= 0

        heads.replace_head(model, 5)

        assert model(small_photos).min() < 0

    def test_a_network_that_counts_its_classes_counts_the_new_ones(
        self, heads: Any, untrained: Callable[[str], Any]
    ) -> None:
        assert heads.replace_head(untrained("squeezenet1_1"), 5).num_classes == 5


class TestInitialWeights:
    def test_they_are_those_of_the_generator(
        self, heads: Any, untrained: Callable[[str], nn.Module]
    ) -> None:
        def weights(seed: int) -> Tensor:
            generator = torch.Generator().manual_seed(seed)
            model = heads.replace_head(untrained("resnet18"), 5, "mlp", generator=generator)
            hidden: Tensor = heads.get_classifier(model).hidden.weight
            return hidden

        assert torch.equal(weights(3), weights(3))
        assert not torch.equal(weights(3), weights(4))

    def test_they_are_uniform_within_one_over_the_root_of_the_inputs(
        self, heads: Any, untrained: Callable[[str], nn.Module]
    ) -> None:
        weight = heads.get_classifier(heads.replace_head(untrained("resnet18"), 100)).weight

        bound = 512**-0.5
        assert weight.abs().max() <= bound
        assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.02)

    def test_the_global_random_state_is_left_as_it_was(
        self, heads: Any, untrained: Callable[[str], nn.Module]
    ) -> None:
        model = untrained("resnet18")
        before = torch.get_rng_state()

        heads.replace_head(model, 5, "mlp")

        assert torch.get_rng_state().equal(before)

    def test_a_head_is_of_its_networks_dtype_and_mode(self, heads: Any) -> None:
        model = nn.Module()
        model.fc = nn.Linear(3, 4, dtype=torch.float64)

        heads.replace_head(model.eval(), 2, "mlp")

        head = heads.get_classifier(model)
        assert head.output.weight.dtype == torch.float64
        assert not head.dropout.training
        assert head.output.weight.requires_grad


class TestFindingIt:
    def test_a_network_may_say_itself_where_it_is(self, heads: Any) -> None:
        class Odd(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.answer = nn.Linear(3, 4)
                self.fc = nn.Linear(9, 9)

            def get_classifier(self) -> nn.Module:
                return self.answer

        assert heads.find_head(Odd()).name == "answer"

    @pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "vit_tiny_patch16_224", "resnet26"])
    def test_timms_networks_do(self, heads: Any, name: str) -> None:
        model: Any = build_on_meta(lambda: timm.create_model(name)).eval()

        heads.replace_head(model, 3)

        assert model.get_classifier().out_features == model.num_classes == 3
        assert model(torch.empty(1, 3, 224, 224, device="meta")).shape == (1, 3)

    @pytest.mark.parametrize(
        "model",
        [
            nn.Sequential(nn.Conv2d(3, 8, 3), nn.Linear(8, 2)),
            nn.ModuleDict({"fc": nn.Conv2d(3, 8, 3)}),
            nn.ModuleDict({"head": nn.Identity()}),
            nn.ModuleDict({"classifier": nn.Sequential()}),
        ],
    )
    def test_a_network_without_one_is_refused_with_what_to_do(
        self, heads: Any, model: nn.Module
    ) -> None:
        with pytest.raises(DemoError, match=f"{type(model).__name__} has no head .*get_classifier"):
            heads.replace_head(model, 2)


class TestRefusals:
    @pytest.mark.parametrize(
        ("kind", "num_classes", "match"),
        [
            ("linear", 1, "two classes or more, not 1"),
            ("mlp", 0, "two classes or more, not 0"),
            ("binary", 1, "two classes or more, not 1"),
            ("binary", 3, "two classes apart, not 3.*linear"),
        ],
    )
    def test_a_number_of_classes_that_does_not_fit(
        self,
        heads: Any,
        on_meta: Callable[[str], nn.Module],
        kind: str,
        num_classes: int,
        match: str,
    ) -> None:
        model = on_meta("resnet18")
        before = model.get_submodule("fc")

        with pytest.raises(InvalidInput, match=match):
            heads.replace_head(model, num_classes, kind)

        assert model.get_submodule("fc") is before

    @pytest.mark.parametrize(
        ("values", "match"),
        [
            ({"kind": "sigmoid"}, "linear or mlp or binary, not 'sigmoid'"),
            ({"kind": "mlp", "hidden": 0}, "hidden must be at least 1, not 0"),
            ({"kind": "mlp", "dropout": 1.0}, "dropout must be"),
            ({"kind": "mlp", "dropout": -0.1}, "dropout must be"),
            ({"kind": "mlp", "dropout": float("nan")}, "dropout must be"),
        ],
    )
    def test_a_head_that_cannot_be(self, heads: Any, values: dict[str, Any], match: str) -> None:
        with pytest.raises(InvalidInput, match=match):
            heads.Head(**values)


def test_the_tutorial_way_of_torchvision_gives_the_same_network(
    heads: Any, untrained: Callable[[str], nn.Module], small_photos: Tensor
) -> None:
    """``model.fc = nn.Linear(model.fc.in_features, 2)``."""
    by_hand = build_untrained(torchvision.models.resnet18).eval()
    model = heads.replace_head(untrained("resnet18"), 2)
    by_hand.fc = nn.Linear(512, 2)
    by_hand.fc.load_state_dict(model.get_submodule("fc").state_dict())

    torch.testing.assert_close(model(small_photos), by_hand(small_photos))
