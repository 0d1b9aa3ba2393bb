"""Modules that are never called, and those whose results nobody uses."""

from collections.abc import Callable
from typing import Any

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional

from tests.plugins.container_explainer.architectures import Choices
from tests.plugins.container_explainer.linting.calling import Calling
from tests.plugins.container_explainer.linting.mends import mended, of_rule, only, rules

Lint = Callable[..., list[Any]]


class TestNeverCalled:
    def test_a_layer_with_parameters_is_a_warning_until_it_goes(self, lint: Lint) -> None:
        model = Calling(lambda m, x: m.used(x), used=nn.Linear(4, 4), spare=nn.Linear(4, 2))
        never = only(lint(model, (2, 4)), "never-called")
        assert (never.severity, never.path) == ("warning", "spare")
        assert "its 10 parameters" in never.message
        assert lint(mended(model, never), (2, 4)) == []

    def test_one_without_parameters_is_a_hint(self, lint: Lint) -> None:
        model = Calling(lambda m, x: m.used(x), used=nn.Linear(4, 4), act=nn.ReLU())
        assert only(lint(model, (2, 4)), "never-called").severity == "hint"

    def test_only_the_outermost_of_a_branch_is_named(self, lint: Lint) -> None:
        spare = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
        model = Calling(lambda m, x: m.used(x), used=nn.Linear(4, 4), spare=spare)
        assert only(lint(model, (2, 4)), "never-called").path == "spare"

    def test_one_of_a_module_list_is_named_by_its_number(self, lint: Lint) -> None:
        layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        model = Calling(lambda m, x: m.layers[0](x), layers=layers)
        never = only(lint(model, (2, 4)), "never-called")
        assert (never.path, never.severity) == ("layers.1", "warning")
        assert never.mend.startswith("del self.layers[1]")
        assert lint(mended(model, never), (2, 4)) == []

    def test_a_member_of_a_module_dict_may_have_its_turn_later(self, lint: Lint) -> None:
        never = {f.path: f.severity for f in of_rule(lint(Choices(), (2, 4)), "never-called")}
        assert never == {"activations.prelu": "hint", "forgotten": "warning"}

    def test_without_inputs_nothing_is_known(self, lint: Lint) -> None:
        assert of_rule(lint(Choices()), "never-called") == []

    def test_after_a_failure_nothing_is_known(self, lint: Lint) -> None:
        assert of_rule(lint(Choices(), (2, 5)), "never-called") == []

    def test_a_layer_whose_weight_is_used_without_a_call_is_used(self, lint: Lint) -> None:
        def call(m: Any, x: Tensor) -> Tensor:
            return functional.linear(x, m.layer.weight, m.layer.bias)

        assert lint(Calling(call, layer=nn.Linear(4, 3)), (2, 4)) == []

    def test_the_projection_of_an_attention_is_used(self, lint: Lint) -> None:
        attention = nn.MultiheadAttention(8, 2, batch_first=True)
        model = Calling(lambda m, x: m.attention(x, x, x)[0], attention=attention)
        assert lint(model, (2, 5, 8)) == []

    def test_one_that_is_called_in_training_alone_is_used(self, lint: Lint) -> None:
        def call(m: Any, x: Tensor) -> Any:
            return (m.main(x), m.auxiliary(x)) if m.training else m.main(x)

        heads = {"main": nn.Linear(4, 2), "auxiliary": nn.Linear(4, 2)}
        assert lint(Calling(call, **heads), (1, 4)) == []

    def test_auxiliary_heads_behind_a_batch_norm_are_used(self, lint: Lint) -> None:
        model = torchvision.models.googlenet(init_weights=False)
        assert lint(model, (1, 3, 224, 224)) == []

    def test_a_loss_and_an_identity_are_no_steps_of_forward(self, lint: Lint) -> None:
        held = {"used": nn.Linear(4, 4), "loss": nn.MSELoss(), "gap": nn.Identity()}
        assert lint(Calling(lambda m, x: m.used(x), **held), (2, 4)) == []

    def test_where_values_decide_it_is_a_hint(self, lint: Lint) -> None:
        def call(m: Any, x: Tensor) -> Tensor:
            result: Tensor = m.large(x) if x.sum() > 0 else m.small(x)
            return result

        model = Calling(call, large=nn.Linear(4, 4), small=nn.Linear(4, 4))
        never = only(lint(model, (2, 4)), "never-called")
        assert (never.path, never.severity) == ("large", "hint")
        assert "values taken as 0" in never.message


class TestDeadBranch:
    def test_a_result_that_nobody_uses_is_a_warning(self, lint: Lint) -> None:
        def call(m: Any, x: Tensor) -> Any:
            torch.relu(m.dead(x) * 2)
            return m.alive(x)

        model = Calling(call, dead=nn.Linear(4, 4), alive=nn.Linear(4, 4))
        dead = only(lint(model, (2, 4)), "dead-branch")
        assert (dead.severity, dead.path) == ("warning", "dead")
        model.call = lambda m, x: m.alive(x) + torch.relu(m.dead(x) * 2)
        assert lint(model, (2, 4)) == []

    def test_whatever_holds_the_result_returns_it(self, lint: Lint) -> None:
        model = Calling(lambda m, x: {"out": [(m.layer(x),)]}, layer=nn.Linear(4, 4))
        assert lint(model, (2, 4)) == []

    def test_what_is_written_in_place_is_used(self, lint: Lint) -> None:
        def call(m: Any, x: Tensor) -> Tensor:
            out = torch.zeros(2, 8)
            out[:, :4] = m.layer(x)
            return out

        assert lint(Calling(call, layer=nn.Linear(4, 4)), (2, 4)) == []

    def test_what_is_added_in_place_is_used(self, lint: Lint) -> None:
        def call(m: Any, x: Tensor) -> Tensor:
            y = x * 1
            y += m.layer(x)
            return y

        assert lint(Calling(call, layer=nn.Linear(4, 4)), (2, 4)) == []

    def test_what_is_kept_in_an_attribute_is_used(self, lint: Lint) -> None:
        def call(m: Any, x: Tensor) -> Tensor:
            m.features = m.layer(x)
            return x

        assert "dead-branch" not in rules(lint(Calling(call, layer=nn.Linear(4, 4)), (2, 4)))

    def test_one_of_two_calls_is_enough(self, lint: Lint) -> None:
        def call(m: Any, x: Tensor) -> Tensor:
            m.layer(x)
            result: Tensor = m.layer(x)
            return result

        assert lint(Calling(call, layer=nn.Linear(4, 4)), (2, 4)) == []
