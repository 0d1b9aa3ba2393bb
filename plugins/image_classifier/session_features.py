"""Features that were computed once stay in the visitor's session, by the content of the photo.

So whoever adds five photos and trains again waits for five passes through the backbone. Photos
themselves are not kept: what stays of each is a hash and 1280 numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from PIL import Image
from torch import Tensor, nn

from demo_app import Context, InvalidInput

from .features import BATCH, extract
from .gathering import Gathered
from .photos import Photo, content_hash, crop_for
from .preprocessing import Preprocessing
from .results import SkippedPhoto

MAX_BYTES = 20_000_000
"""Of features in a session: those of 3906 photos."""

_KEY = "features"


@dataclass(frozen=True, kw_only=True)
class Hashed:
    """A photo and the hash of its content."""

    photo: Photo
    sha256: str


@dataclass(kw_only=True)
class Features:
    """The features of this session, and those that a training adds to them.

    Attributes:
        known: one vector ``(in_features,)`` for each content hash.
        computed: photos that went through the backbone.
        damaged: photos that could not be opened, with the reason, by their hash.
    """

    known: dict[str, Tensor]
    computed: int = 0
    damaged: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, ctx: Context) -> Features:
        """Those that this visitor's session keeps."""
        return cls(known=dict(ctx.session.get(_KEY, {})))

    def keep(self, ctx: Context) -> None:
        """Leave them to the session, the newest if there are too many."""
        newest: list[tuple[str, Tensor]] = []
        left = MAX_BYTES
        for sha256, row in reversed(self.known.items()):
            left -= row.nbytes
            if left < 0:
                break
            newest.append((sha256, row))
        # A new dictionary: a session that travels between processes notices it.
        ctx.session[_KEY] = dict(reversed(newest))

    def compute(
        self, photos: Sequence[Hashed], network: nn.Module, preprocessing: Preprocessing
    ) -> Iterator[int]:
        """Compute those that are missing, in batches; yields how many photos are done."""
        device = next(network.parameters()).device
        missing = [photo for photo in photos if photo.sha256 not in self.known]
        for start in range(0, len(missing), BATCH):
            crops: list[Image.Image] = []
            hashes: list[str] = []
            for hashed in missing[start : start + BATCH]:
                try:
                    crops.append(crop_for(hashed.photo.read(), preprocessing))
                    hashes.append(hashed.sha256)
                except InvalidInput as error:
                    self.damaged[hashed.sha256] = str(error)
            if crops:
                rows = extract(network, crops, preprocessing, device)
                # Rows of their own, or each would keep the whole batch in memory.
                self.known |= {h: row.clone() for h, row in zip(hashes, rows, strict=True)}
                self.computed += len(crops)
            yield min(start + BATCH, len(missing))


def hash_photos(gathered: Gathered) -> Iterator[tuple[Gathered, list[Hashed]]]:
    """Read every photo once; yields, after each, what is left and the hashes so far.

    A photo that is twice in a class counts once, and one that cannot be read is skipped.

    Raises:
        InvalidInput: the same photo is in two classes.
    """
    seen: dict[str, Photo] = {}
    hashes: list[Hashed] = []
    for photo in gathered.photos:
        class_name = gathered.classes[photo.label]
        reason = ""
        try:
            sha256 = content_hash(photo.read())
        except InvalidInput as error:
            reason = str(error)
        else:
            twin = seen.setdefault(sha256, photo)
            if twin.label != photo.label:
                raise InvalidInput(
                    f"The same photo is in two classes: {twin.name!r} in "
                    f"{gathered.classes[twin.label]!r} and {photo.name!r} in {class_name!r}. "
                    "Remove it from one of them."
                )
            if twin is photo:
                hashes.append(Hashed(photo=photo, sha256=sha256))
            else:
                reason = f"It is the same photo as {twin.name!r}."
        if reason:
            skipped = SkippedPhoto(class_name=class_name, name=photo.name, reason=reason)
            gathered = replace(gathered, skipped=[*gathered.skipped, skipped])
        yield gathered, hashes
