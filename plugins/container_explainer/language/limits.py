"""How much a visitor's program may take, and the account that is kept while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Refusal


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds of one program; each is far above what a network that people write needs.

    Attributes:
        characters: of the code.
        nesting: brackets in brackets.
        words: in one expression between two commas, those around it included.
        steps: of the run; every expression is one, whatever takes longer is several.
        later_steps: of all forward passes together that are started after the run.
        depth: expressions and calls inside one another while it runs.
        modules: made in all, those inside of others included.
        places: of one module's tree, where a module that is held twice has two.
        levels: of one module's tree.
        parameters: numbers in all parameters made. On the meta device they take no memory.
        size: the largest argument of a layer, and the largest dimension of a tensor.
        elements: numbers in one tensor of a forward pass.
        real_elements: those of one that is computed with numbers.
        integer: the largest whole number, positive or negative.
        text: characters of one string.
        length: members of one list, tuple or dict.
        printed: characters printed in all.
        pieces: tensors that one call may split a tensor into.
    """

    characters: int = 20_000
    nesting: int = 30
    words: int = 300
    steps: int = 100_000
    later_steps: int = 1_000_000
    depth: int = 80
    modules: int = 20_000
    places: int = 20_000
    levels: int = 40
    parameters: int = 10**13
    size: int = 10**9
    elements: int = 10**13
    real_elements: int = 10**8
    integer: int = 10**18
    text: int = 1_000
    length: int = 20_000
    printed: int = 500_000
    pieces: int = 1_000


LIMITS = Limits()


class Budget:
    """What is left of the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._steps = limits.steps
        self._modules = limits.modules
        self._parameters = limits.parameters
        self._depth = 0

    def end_run(self) -> None:
        """The program has ended: what follows are forward passes, with steps of their own."""
        self._steps = self.limits.later_steps

    def start_pass(self) -> None:
        """A forward pass begins, whatever the one before ended with."""
        self._depth = 0

    def step(self, count: int = 1) -> None:
        """Take as many steps.

        Raises:
            Refusal: there are not as many left.
        """
        self._steps -= count
        if self._steps < 0:
            raise Refusal(
                "this takes more steps than are allowed here: "
                f"{self.limits.steps:,} for a program. Loop or repeat fewer times."
            )

    def enter(self) -> None:
        """Go one level deeper; every call is followed by one of ``leave``."""
        self._depth += 1
        if self._depth > self.limits.depth:
            raise Refusal(
                "too much is nested here, or a function calls itself. Give the inner parts names "
                "of their own on lines above, and write calls of itself as a for loop."
            )

    def leave(self) -> None:
        """Come back from a level."""
        self._depth -= 1

    def modules(self, count: int) -> None:
        """Take as many modules.

        Raises:
            Refusal: there are not as many left.
        """
        self.room_for(count)
        self._modules -= count

    def room_for(self, count: int) -> None:
        """Refuse to make so many modules if there are not as many left."""
        if count > self._modules:
            raise Refusal(
                f"this makes more than {self.limits.modules:,} modules, which is the limit here. "
                "Make fewer layers."
            )

    def parameters(self, count: int) -> None:
        """Take as many parameters.

        Raises:
            Refusal: there are not as many left.
        """
        if count > self._parameters:
            raise Refusal(
                f"with this the program has more than {self.limits.parameters:,} parameters, "
                "which is the limit here. Make the layers smaller."
            )
        self._parameters -= count

    def length(self, count: int) -> None:
        """Refuse so many members of one list, tuple or dict, or take a step for each 16 of them."""
        if count > self.limits.length:
            raise Refusal(
                f"this has {count:,} members, and {self.limits.length:,} are the limit here."
                if count < 10**12
                else f"this has far more than the {self.limits.length:,} members allowed here."
            )
        self.step(count // 16)
