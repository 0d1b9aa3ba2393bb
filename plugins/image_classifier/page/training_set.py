"""A visitor's classes and photos as the page keeps them: bounded, in order, gone with the session.

The actions take photos with each call and keep none. So that a visitor can look at photos again,
move one to another class and train once more, the page keeps them, in the visitor's session.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
import uuid
import weakref
from dataclasses import dataclass, field, replace

from demo_app import Demo, File, InvalidInput
from demo_app.errors import shorten
from demo_app.images import open_image

from ..photographs.class_names import checked
from ..results import HeadReport
from .training_set_photos import MAX_PHOTO_BYTES, KeptPhoto

MAX_PHOTOS = 1_000
MAX_BYTES = 100_000_000
MAX_BYTES_OF_ALL = 2_000_000_000
"""Of all visitors together."""

MAX_CLASSES = 100
FEWEST_CLASSES = 2


@dataclass(kw_only=True)
class PhotoClass:
    """A class: its number never changes, whatever its name.

    Attributes:
        number: of the class.
        name: of the class.
        is_named: whether somebody gave it that name.
        photos: in the order in which they came.
    """

    number: int
    name: str
    is_named: bool = False
    photos: list[KeptPhoto] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a training left on the page.

    Attributes:
        report: of the head.
        numbers: of the photos that were sent to it, class by class.
        places: numbers of the classes, in the order of the report's.
        made: counts the trainings.
    """

    report: HeadReport
    numbers: list[int]
    places: list[int]
    made: int


@dataclass(frozen=True, kw_only=True)
class HeadAtHand:
    """The head that the page tries out: trained here, or loaded from a file.

    Attributes:
        name: in the session.
        kind: linear, mlp or binary.
        classes: in the order of the logits.
        made: counts the heads; a script sees by it that there is another one.
    """

    name: str
    kind: str
    classes: list[str]
    made: int


class TrainingSet:
    """The classes of one visitor. Events of one page run side by side, so each holds the lock.

    Attributes:
        classes: in order; two at least.
        key: tells this set from those of other sessions.
        version: counts the changes.
        undoable: what ``undo`` would take back, in words; empty if there is nothing.
        trained: by the last training, if there was one.
        head: the newest, if there is one.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.key = uuid.uuid4().hex
        self.version = 0
        self.undoable = ""
        self._before: list[PhotoClass] = []
        self.trained: Trained | None = None
        self.head: HeadAtHand | None = None
        self._numbers = itertools.count(1)
        self.classes = [
            PhotoClass(number=next(self._numbers), name=f"Class {letter}") for letter in "AB"
        ]
        _every_set.add(self)

    @property
    def photos(self) -> list[KeptPhoto]:
        """All of them, class by class."""
        return [photo for each in self.classes for photo in each.photos]

    @property
    def nbytes(self) -> int:
        """Bytes of all photos."""
        return sum(len(photo.data) for photo in self.photos)

    def find_class(self, number: object) -> PhotoClass:
        """A class by its number.

        Raises:
            InvalidInput: there is none.
        """
        for each in self.classes:
            if each.number == number:
                return each
        raise InvalidInput("That class is no longer here.")

    def find(self, number: object) -> tuple[PhotoClass, KeptPhoto]:
        """A photo by its number, and the class that it lies in.

        Raises:
            InvalidInput: there is none.
        """
        for each in self.classes:
            for photo in each.photos:
                if photo.number == number:
                    return each, photo
        raise InvalidInput("That photo is no longer here.")

    def add_class(self, name: str = "") -> PhotoClass:
        """A new class at the end; without a name it gets the next letter.

        Raises:
            InvalidInput: there are too many, or the name is taken or cannot be one.
        """
        if len(self.classes) >= MAX_CLASSES:
            raise InvalidInput(f"The page takes {MAX_CLASSES} classes; train_head takes more.")
        others = [each.name for each in self.classes]
        added = PhotoClass(
            number=next(self._numbers),
            name=checked([*others, name or self._next_name()])[-1],
            is_named=bool(name),
        )
        self.classes.append(added)
        self._changed()
        return added

    def rename(self, number: object, name: str) -> None:
        """Give a class another name.

        Raises:
            InvalidInput: there is no such class, or the name is taken or cannot be one.
        """
        found = self.find_class(number)
        others = [each.name for each in self.classes if each is not found]
        found.name, found.is_named = checked([*others, name])[-1], True
        self._changed()

    def remove_class(self, number: object) -> None:
        """Remove a class with its photos.

        Raises:
            InvalidInput: there is no such class, or only two are left.
        """
        found = self.find_class(number)
        if len(self.classes) <= FEWEST_CLASSES:
            raise InvalidInput("A classifier tells classes apart: two have to stay.")
        many = f" with {_photos(len(found.photos))}" if found.photos else ""
        self._changed(f"{found.name} removed{many}.")
        self.classes.remove(found)

    def add(self, number: object, name: str, data: bytes) -> KeptPhoto:
        """Put a photo into a class.

        Raises:
            InvalidInput: there is no such class, the photo is there already, is no picture, or the
                set is full.
        """
        into = self.find_class(number)
        name = shorten(name) or "photo"
        self._require_room(len(data))
        sha256 = hashlib.sha256(data).hexdigest()
        for each in self.classes:
            for photo in each.photos:
                if photo.sha256 == sha256:
                    where = "in this class" if each is into else f"in {shorten(each.name)!r}"
                    raise InvalidInput(f"It is {where} already, as {photo.name!r}.")
        open_image(data)
        added = KeptPhoto(number=next(self._numbers), name=name, data=data, sha256=sha256)
        into.photos.append(added)
        self._changed()
        return added

    def holds(self, data: bytes) -> bool:
        """Whether a photo of that content lies in any class."""
        sha256 = hashlib.sha256(data).hexdigest()
        return any(photo.sha256 == sha256 for photo in self.photos)

    def move(self, number: object, to: object) -> None:
        """Put a photo into another class: its label was wrong.

        Raises:
            InvalidInput: there is no such photo or class.
        """
        into = self.find_class(to)
        found, photo = self.find(number)
        self._changed(f"{photo.name} moved from {found.name} to {into.name}.")
        found.photos.remove(photo)
        into.photos.append(photo)

    def delete(self, number: object) -> None:
        """Forget a photo.

        Raises:
            InvalidInput: there is no such photo.
        """
        found, photo = self.find(number)
        self._changed(f"{photo.name} deleted from {found.name}.")
        found.photos.remove(photo)

    def clear(self) -> None:
        """Forget all photos and classes; two empty ones are left, and no head."""
        self._changed(f"Started over: {_photos(len(self.photos))} removed.")
        self.key = uuid.uuid4().hex
        self.classes = []
        for letter in "AB":
            self.classes.append(PhotoClass(number=next(self._numbers), name=f"Class {letter}"))
        self.trained = self.head = None

    def drop_unused(self) -> None:
        """Forget classes without photos that nobody named, as long as two are left."""
        for each in [each for each in self.classes if not each.photos and not each.is_named]:
            if len(self.classes) > FEWEST_CLASSES:
                self.classes.remove(each)
                self._changed()

    def undo(self) -> None:
        """Take back the last removal or move, if nothing else was changed since."""
        if self.undoable:
            self.classes = self._before
            self._changed()

    def images(self) -> dict[str, list[File]]:
        """The photos by the name of their class, as ``train_head`` takes them."""
        return {
            each.name: [File(name=photo.name, data=photo.data) for photo in each.photos]
            for each in self.classes
        }

    def _changed(self, undoable: str = "") -> None:
        """Count a change; one that can be undone is announced before it is made."""
        self.version += 1
        self.undoable = undoable
        self._before = (
            [replace(each, photos=list(each.photos)) for each in self.classes] if undoable else []
        )

    def _next_name(self) -> str:
        taken = {each.name.casefold() for each in self.classes}
        letters = (f"Class {chr(ord('A') + place)}" for place in range(26))
        numbers = (f"Class {number}" for number in itertools.count(27))
        return next(n for n in itertools.chain(letters, numbers) if n.casefold() not in taken)

    def _require_room(self, size: int) -> None:
        if size > MAX_PHOTO_BYTES:
            raise InvalidInput(f"It is larger than {MAX_PHOTO_BYTES // 1_000_000} MB.")
        if len(self.photos) >= MAX_PHOTOS:
            raise InvalidInput(f"The page keeps {MAX_PHOTOS:,} photos; delete some first.")
        if self.nbytes + size > MAX_BYTES:
            raise InvalidInput(
                f"The page keeps {MAX_BYTES // 1_000_000} MB of photos; delete some first."
            )
        if sum(each.nbytes for each in list(_every_set)) + size > MAX_BYTES_OF_ALL:
            raise InvalidInput("This server is full of photos at the moment. Try again later.")


_every_set: weakref.WeakSet[TrainingSet] = weakref.WeakSet()


def training_set(demo: Demo) -> TrainingSet:
    """The set of the visitor of the current event; it goes with the visitor's session.

    It has a part of the session to itself: the part of the demo goes with every call to wherever
    that runs, and these are up to 100 MB.
    """
    part = demo.session.part(f"{demo.name} page")
    # Not setdefault with a new one each time: of two first events, both take the same.
    found: TrainingSet = part.get("set") or part.setdefault("set", TrainingSet())
    return found


def _photos(count: int) -> str:
    return "1 photo" if count == 1 else f"{count} photos"
