"""Features that were computed once stay in the visitor's session, by the content of the photo.

So whoever adds five photos and trains again waits for five passes through the backbone. Photos
themselves are not kept: what stays of each is a hash and 1280 numbers, a multiple of them where
several views of it were asked for.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from PIL import Image
from torch import Tensor, nn

from demo_app import Context, InvalidInput

from ..results import SkippedPhoto
from .features import BATCH, extract
from .gathering import Gathered
from .photos import Photo, content_hash, crop_for, picture_of
from .preprocessing import Preprocessing

MAX_BYTES = 60_000_000
"""Of features in a session: those of 11,718 views of photos with the backbone that ships."""

Views = Callable[[Image.Image, Preprocessing, str], list[Image.Image]]
"""From a photo and its hash to what the network sees of it."""
Key = tuple[str, str]

_KEY = "features"


@dataclass(frozen=True, kw_only=True)
class Hashed:
    """A photo, the hash of its content, and its place among those of the request."""

    photo: Photo
    sha256: str
    index: int


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Photos that are ready for the network.

    Attributes:
        crops: what it sees, one or several of each photo.
        hashes: of the photos.
        end: place of the first photo that comes after them.
    """

    crops: list[Image.Image]
    hashes: list[str]
    end: int


@dataclass(kw_only=True)
class Features:
    """The features of this session by one backbone and one way to look at photos.

    Attributes:
        known: for each content hash one vector ``(in_features,)``, or a row for each of the views.
        source: the backbone and the way, in a few characters; empty for the middle of the photo and
            the backbone that ships.
        computed: photos that went through the backbone.
        damaged: photos that could not be opened, with the reason, by their hash.
    """

    known: dict[str, Tensor]
    source: str = ""
    computed: int = 0
    damaged: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, ctx: Context, source: str = "") -> Features:
        """Those that this visitor's session keeps."""
        kept: dict[Key, Tensor] = ctx.session.get(_KEY, {})
        return cls(
            known={sha256: row for (of, sha256), row in kept.items() if of == source},
            source=source,
        )

    def keep(self, ctx: Context) -> None:
        """Leave them to the session, the newest if there are too many."""
        kept: dict[Key, Tensor] = ctx.session.get(_KEY, {})
        rows = {key: row for key, row in kept.items() if key[0] != self.source}
        rows |= {(self.source, sha256): row for sha256, row in self.known.items()}
        newest: list[tuple[Key, Tensor]] = []
        left = MAX_BYTES
        for key, row in reversed(rows.items()):
            left -= row.nbytes
            if left < 0:
                break
            newest.append((key, row))
        # A new dictionary: a session that travels between processes notices it.
        ctx.session[_KEY] = dict(reversed(newest))

    def missing(self, photos: Sequence[Hashed]) -> list[Hashed]:
        """The photos that have not been computed."""
        return [photo for photo in photos if photo.sha256 not in self.known]

    def compute(
        self,
        photos: Sequence[Hashed],
        network: nn.Module,
        preprocessing: Preprocessing,
        views: Views | None = None,
    ) -> Iterator[int]:
        """Compute those that are missing, in batches; yields how many photos are done.

        Args:
            photos: which ones.
            network: on the device, in eval mode; its head is not used.
            preprocessing: how photos become its inputs.
            views: what the network sees of a photo, as many for each; the middle if left out.
        """
        device = next(network.parameters()).device
        missing = self.missing(photos)
        read = functools.partial(self._read, missing, preprocessing, views)
        # The next batch is decoded while the network works on this one.
        with ThreadPoolExecutor(1) as decoder:
            waiting = decoder.submit(read, 0) if missing else None
            while waiting is not None:
                batch = waiting.result()
                waiting = decoder.submit(read, batch.end) if batch.end < len(missing) else None
                if batch.crops:
                    rows = extract(network, batch.crops, preprocessing, device)
                    if views is not None:
                        rows = rows.unflatten(0, (len(batch.hashes), -1))
                    # Rows of their own, or each would keep the whole batch in memory.
                    of_each = zip(batch.hashes, rows, strict=True)
                    self.known |= {sha256: row.clone() for sha256, row in of_each}
                    self.computed += len(batch.hashes)
                yield batch.end

    def _read(
        self,
        photos: Sequence[Hashed],
        preprocessing: Preprocessing,
        views: Views | None,
        start: int,
    ) -> Batch:
        """Read and crop photos from a place on, until a batch is full."""
        crops: list[Image.Image] = []
        hashes: list[str] = []
        end = start
        while end < len(photos) and len(crops) < BATCH:
            hashed, end = photos[end], end + 1
            try:
                source = hashed.photo.read()
                if views is None:
                    crops.append(crop_for(source, preprocessing))
                else:
                    picture = picture_of(source, preprocessing.resize)
                    crops += views(picture, preprocessing, hashed.sha256)
                hashes.append(hashed.sha256)
            except InvalidInput as error:
                self.damaged[hashed.sha256] = str(error)
        return Batch(crops=crops, hashes=hashes, end=end)


def hash_photos(gathered: Gathered) -> Iterator[tuple[Gathered, list[Hashed]]]:
    """Read every photo once; yields, after each, what is left and the hashes so far.

    A photo that is twice in a class counts once, and one that cannot be read is skipped.

    Raises:
        InvalidInput: the same photo is in two classes.
    """
    seen: dict[str, Photo] = {}
    hashes: list[Hashed] = []
    for index, photo in enumerate(gathered.photos):
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
                hashes.append(Hashed(photo=photo, sha256=sha256, index=index))
            else:
                reason = f"It is the same photo as {twin.name!r}."
        if reason:
            skipped = SkippedPhoto(class_name=class_name, name=photo.name, reason=reason)
            gathered = replace(gathered, skipped=[*gathered.skipped, skipped])
        yield gathered, hashes
