"""What the actions of this demo return. Pictures are 28 x 28, white ink on black paper."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from demo_app import File


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What discriminator and judge think of a picture.

    Attributes:
        digit: what the judge sees in it.
        confidence: how sure it is of that, 0…1.
        probabilities: for each digit, 0…9.
        realness: the discriminator's output for the picture as that digit; it has no unit, and only
            differences mean something.
        more_real_than: the share of MNIST's test digits that look less real to it, 0…1; a picture
            as real as theirs has 0.5 on average. None where the checkpoint was not evaluated yet.
    """

    digit: int
    confidence: float
    probabilities: tuple[float, ...]
    realness: float
    more_real_than: float | None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A generated digit.

    Attributes:
        digit: what was asked for.
        number: which sample of its seed it is.
        image: the picture.
        opinion: of discriminator and judge; None unless asked for.
    """

    digit: int
    number: int
    image: Image.Image
    opinion: Opinion | None = None


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Digits drawn with one seed.

    Attributes:
        samples: in the order of their numbers.
        agreement: the share in which the judge sees the digit asked for; None unless asked for.
    """

    samples: tuple[Sample, ...]
    agreement: float | None


@dataclass(frozen=True, kw_only=True)
class Interpolation:
    """The way from one sample to another.

    Attributes:
        frames: the pictures, each with opinions, the first and last being the two samples.
        animation: there and back, enlarged.
        distances: how far apart two frames that follow each other are (root mean square over
            pixels, 0…1); jumps would mean that the generator has no in-between.
    """

    frames: tuple[Frame, ...]
    animation: File
    distances: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A picture on the way.

    Attributes:
        share: of the way, 0…1.
        image: the picture.
        opinion: of discriminator and judge.
    """

    share: float
    image: Image.Image
    opinion: Opinion


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Many samples in one picture.

    Attributes:
        image: all of them, without gaps: 28 pixels each.
        rows: how many there are below each other.
        columns: how many side by side.
        digits: for each row the digits that were asked for.
        explanation: what a step to the right, and one down, changes.
    """

    image: Image.Image
    rows: int
    columns: int
    digits: tuple[tuple[int, ...], ...]
    explanation: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place on the plane through the latents.

    Attributes:
        image: the picture there.
        opinion: of discriminator and judge.
        length: of the latent; about 8, the root of 64, is what draws have.
    """

    image: Image.Image
    opinion: Opinion
    length: float


@dataclass(frozen=True, kw_only=True)
class Inversion:
    """How near the generator came to a drawing.

    Attributes:
        step: of the search; the last is ``steps``.
        steps: how many there are.
        drawing: the drawing as the networks see it.
        image: the nearest that was found so far.
        residual: what is missing (orange) and what is too much (blue).
        error: root mean square difference over pixels, 0…1.
        explained: the share of the drawing's ink pattern that the picture accounts for, at most 1.
        digit: the digit that the generator was asked for.
        length: of the latent; about 8 is what draws have, longer is less likely.
        latent: what the generator was given.
        errors: the least so far after every step that was reported.
        opinion: of discriminator and judge on what was found.
        done: whether the search has ended.
    """

    step: int
    steps: int
    drawing: Image.Image
    image: Image.Image
    residual: Image.Image
    error: float
    explained: float
    digit: int
    length: float
    latent: tuple[float, ...]
    errors: tuple[float, ...]
    opinion: Opinion
    done: bool


@dataclass(frozen=True, kw_only=True)
class Score:
    """A picture as the networks see it, and what they think of it."""

    image: Image.Image
    opinion: Opinion


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A digit of the training split.

    Attributes:
        image: in 16 shades.
        label: what it is.
        place: its number in MNIST's training split, from 0.
        distance: root mean square difference over pixels, 0…1.
    """

    image: Image.Image
    label: int
    place: int
    distance: float


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The digits of the training split that are nearest to a picture.

    Attributes:
        image: the picture as it was compared.
        neighbours: the nearest first.
        farther_than: the share of MNIST's test digits, which nobody can have copied, whose nearest
            training digit is nearer than this one's; near 0 would mean a copy. None where the
            checkpoint was not evaluated yet.
    """

    image: Image.Image
    neighbours: tuple[Neighbour, ...]
    farther_than: float | None


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment of the training.

    Attributes:
        step: how many steps had been taken.
        steps: how many the training had.
        image: what the averaged generator drew then: a column for every digit, a row for a latent.
        discriminator_loss: the mean since the moment before.
        generator_loss: likewise.
        agreement: the share of samples in which the judge saw the digit asked for.
        distance: the Fréchet distance to the training split.
    """

    step: int
    steps: int
    image: Image.Image
    discriminator_loss: float
    generator_loss: float
    agreement: float
    distance: float


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that a tutorial gets wrong, tried out here and now.

    Attributes:
        name: a short title.
        published: what the published code does.
        consequence: what happens, in words.
        published_shape: of what the published generator makes of one latent.
        mended_shape: of what the mended one makes.
        expected_shape: of what the discriminator wants.
        error: what the published discriminator raises on it.
        mend: how it is mended.
    """

    name: str
    published: str
    consequence: str
    published_shape: tuple[int, ...]
    mended_shape: tuple[int, ...]
    expected_shape: tuple[int, ...]
    error: str
    mend: str
