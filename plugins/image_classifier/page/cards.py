"""The classes as cards: what a visitor changes there, and how it is shown."""

from __future__ import annotations

import base64
import html
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from demo_app import File, InvalidInput
from demo_app.components import payload, scripted
from demo_app.errors import shorten

from ..photographs.zip_folders import ZipFolders
from .training_set import TrainingSet
from .training_set_photos import SIDE, KeptPhoto, reduced

HERE = Path(__file__).parent
SCRIPTS = ("teach_photos", "cards_adding", "cards_camera", "cards_strip", "cards")
PREFIX = "data:image/jpeg;base64,"
MOST_AT_ONCE = 16
"""Photos that one event may bring, and pictures that it may ask for; the script sends less."""

MOST_PICTURES = 64
MOST_NAMED = 5


def build_cards() -> gr.HTML:
    """The component; its event ``alter`` carries what the visitor wants changed."""
    return scripted("teach-cards", *(HERE / f"{name}.js" for name in SCRIPTS), side=SIDE)


def altered(kept: TrainingSet, change: Mapping[str, Any]) -> str:
    """Do what the script asks for, and give the cards' new value.

    A change that cannot be made is said in a toast, and changes nothing.

    Raises:
        gr.Error: it is nothing that the script would ask for.
    """
    change_it = CHANGES.get(str(change.get("kind")))
    if change_it is None:
        raise gr.Error("That is no change that this page knows.")
    with kept.lock:
        try:
            return shown(kept, **change_it(kept, change))
        except InvalidInput as error:
            gr.Warning(html.escape(str(error)), title="Not changed")
            return shown(kept)


def shown(
    kept: TrainingSet,
    *,
    pictures: Iterable[KeptPhoto] = (),
    added: Mapping[str, Any] | None = None,
    focus: int | None = None,
) -> str:
    """The classes for the script.

    Args:
        kept: whose classes.
        pictures: photos whose small pictures go with them; the script keeps them.
        added: what became of the photos that it sent.
        focus: the class whose name the visitor will want to write.
    """
    return payload(
        {
            "set": kept.key,
            # What is refused leaves all as it was; yet the script has to show the old name again.
            "answer": time.time_ns(),
            "version": kept.version,
            "undo": kept.undoable,
            "classes": [
                {
                    "number": each.number,
                    "name": each.name,
                    "photos": [photo.number for photo in each.photos],
                }
                for each in kept.classes
            ],
            "pictures": {
                photo.number: {"src": jpeg_url(photo.thumbnail()), "name": photo.name}
                for photo in pictures
            },
            "added": added,
            "focus": focus,
        }
    )


def add_zip(kept: TrainingSet, archive: File) -> str:
    """Add the class folders of a zip, and say what came of it.

    Raises:
        InvalidInput: the zip is not to be read, or holds no class folder.
    """
    folders = ZipFolders(archive)
    if not folders.members:
        raise InvalidInput(
            "There is no folder with photos in the zip. Make a folder for each class, put its "
            "photos into it, and zip the folders."
        )
    refused = [f"{shorten(name)}: {reason}" for name, reason in folders.others]
    count = 0
    with kept.lock:
        for name, members in folders.members.items():
            into = class_named(kept, name)
            for member in members:
                try:
                    kept.add(into, Path(member).name, reduced(folders.read(member)))
                    count += 1
                except InvalidInput as error:
                    refused.append(f"{shorten(member)}: {error}")
        kept.drop_unused()
    return in_words(count, refused)


def class_named(kept: TrainingSet, name: str) -> int:
    """The number of the class of that name, a new one if there is none."""
    for each in kept.classes:
        if each.name.casefold() == name.casefold():
            return each.number
    return kept.add_class(name).number


def in_words(count: int, refused: Sequence[str]) -> str:
    """How many photos were added, and which were not and why."""
    text = f"{count} photo{'s' if count != 1 else ''} added."
    for reason in refused[:MOST_NAMED]:
        text += f" {reason}"
    if len(refused) > MOST_NAMED:
        text += f" And {len(refused) - MOST_NAMED} more were not added."
    return text


def jpeg_url(data: bytes) -> str:
    """A JPEG file in a URL."""
    return PREFIX + base64.b64encode(data).decode()


def decoded(url: object) -> bytes:
    """The JPEG file in a URL that a script of this page made.

    Raises:
        InvalidInput: it is none.
    """
    if not isinstance(url, str) or not url.startswith(PREFIX):
        raise InvalidInput("It did not come from this page's scripts.")
    try:
        return base64.b64decode(url.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise InvalidInput("It did not arrive whole. Add it once more.") from None


def _add(kept: TrainingSet, change: Mapping[str, Any]) -> dict[str, Any]:
    photos = _list_of(change, "photos")[:MOST_AT_ONCE]
    added: list[KeptPhoto] = []
    refused: list[str] = []
    for photo in photos:
        name = shorten(photo.get("name") if isinstance(photo, Mapping) else "")
        try:
            added.append(kept.add(change.get("number"), name, decoded(photo.get("data"))))
        except (InvalidInput, AttributeError) as error:
            refused.append(f"{name}: {error}")
    told = {"batch": change.get("batch"), "kept": len(added), "refused": refused}
    return {"pictures": added, "added": told}


def _create(kept: TrainingSet, change: Mapping[str, Any]) -> dict[str, Any]:
    return {"focus": kept.add_class().number}


def _rename(kept: TrainingSet, change: Mapping[str, Any]) -> dict[str, Any]:
    kept.rename(change.get("number"), str(change.get("name")))
    return {}


def _remove(kept: TrainingSet, change: Mapping[str, Any]) -> dict[str, Any]:
    kept.remove_class(change.get("number"))
    return {}


def _move(kept: TrainingSet, change: Mapping[str, Any]) -> dict[str, Any]:
    kept.move(change.get("photo"), change.get("number"))
    return {}


def _delete(kept: TrainingSet, change: Mapping[str, Any]) -> dict[str, Any]:
    kept.delete(change.get("photo"))
    return {}


def _undo(kept: TrainingSet, change: Mapping[str, Any]) -> dict[str, Any]:
    kept.undo()
    return {}


def _want(kept: TrainingSet, change: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {n for n in _list_of(change, "numbers")[:MOST_PICTURES] if isinstance(n, int)}
    return {"pictures": [photo for photo in kept.photos if photo.number in wanted]}


CHANGES: Mapping[str, Callable[[TrainingSet, Mapping[str, Any]], dict[str, Any]]] = {
    "add": _add,
    "create": _create,
    "rename": _rename,
    "remove": _remove,
    "move": _move,
    "delete": _delete,
    "undo": _undo,
    "want": _want,
}


def _list_of(change: Mapping[str, Any], key: str) -> list[Any]:
    value = change.get(key)
    return value if isinstance(value, list) else []
