"""Which annotation is of which text, and by whom: each text, and each annotator, gives a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ...errors import ReadError, Remark
from ...text import Document, Source, Text
from ..given import AnnotationFile, Faults
from ..source import identify
from ..units import Unit
from .building import Builder, Link, Part, Piece
from .parts import Annotation, Target, identifier
from .selectors import Selection, kinds_of, selects_words


@dataclass(frozen=True)
class Place:
    """A text that annotations are about.

    Attributes:
        text: its characters.
        source: what is known of it.
        names: what its id has behind that of the source.
        unit: what offsets into it count, where ``source.toml`` says so.
    """

    text: Text
    source: Source
    names: tuple[str | None, ...]
    unit: Unit | None = None


_Owner = tuple[str, str | None]
"""A text, by its key, and who annotated it: what one document is of."""


@dataclass(frozen=True)
class _Placed:
    """An annotation as one annotator's piece of one text, whose key is empty where it is about other annotations."""

    number: int
    text: str
    creator: str | None
    piece: Piece


class Sorting:
    """Sorts the annotations of a file by text and annotator.

    Args:
        given: the file.
        annotations: what it holds.
        faults: what becomes of what is not as it should be.
        keys: for each source of words the key of its text, or why there is none.
        places: the texts by their keys.
        whole: the key of the text that a target without selectors is the whole of, if it is that.
    """

    def __init__(
        self,
        given: AnnotationFile,
        annotations: list[Annotation],
        faults: Faults,
        *,
        keys: Mapping[str | None, str | ReadError],
        places: Mapping[str, Place],
        whole: Callable[[Target], str | None],
    ) -> None:
        self._given = given
        self._annotations = annotations
        self._faults = faults
        self._keys = keys
        self._places = places
        self._whole = whole
        self._ids = {
            name
            for one in annotations
            for name in (one.id, *(target.id for target in one.targets), *(body.id for body in one.bodies))
            if name is not None
        }
        targets: dict[str, list[Target]] = {key: [] for key in places}
        for target in (target for one in annotations for target in one.targets if selects_words(target)):
            if isinstance(key := keys.get(target.iri), str):
                targets[key].append(target)
        self._selections = {
            key: Selection(place.text, targets[key], given.path, place.unit) for key, place in places.items()
        }
        for key, selection in self._selections.items():
            if selection.unit not in (Unit.CODE_POINTS, places[key].unit):
                name = places[key].text.file if len(places) == 1 else key
                message = f"its quotes fit {name} only where offsets count {selection.unit.value}: they are taken so"
                faults.pass_over(Remark(message, path=given.path))

    def documents(self, creator: str | None) -> Iterator[Document]:
        """The documents; one that says nothing is by the creator given."""
        owners = self._owners()
        nobody = [self._given.annotator or creator]
        faults = Faults(self._given.lenient, self._faults.found)
        for key, place in self._places.items():
            for annotator in [by for where, by in owners if where == key] or nobody:
                text = Text(identify(place.source, *place.names, annotator), place.text.content, place.text.file)
                builder = Builder(text, owners.get((key, annotator), []), faults, self._given.path)
                yield builder.document(place.source, annotator)
                faults = Faults(self._given.lenient)
        if not self._places:
            raise next(error for error in self._keys.values() if isinstance(error, ReadError))

    def _owners(self) -> dict[_Owner, list[Piece]]:
        """The pieces of each document, in file order."""
        placed: list[_Placed] = []
        homes: dict[str, set[_Owner]] = {}
        waiting: list[_Placed] = []
        for number, one in enumerate(self._annotations):
            try:
                found = self._place(number, one)
            except ReadError as error:
                self._faults.refuse(error)
                continue
            for piece in found:
                (placed if piece.text else waiting).append(piece)
        for piece in placed:
            self._settle(piece, homes)
        # What is about other annotations belongs where they are; some are about such as these.
        while True:
            known = [piece.piece.links[0].id in homes for piece in waiting]
            if not any(known):
                break
            settled = [piece for piece, is_known in zip(waiting, known, strict=True) if is_known]
            waiting = [piece for piece, is_known in zip(waiting, known, strict=True) if not is_known]
            for piece in settled:
                homes_of = homes[piece.piece.links[0].id]
                key, creator = next(iter(homes_of))
                # What does not say by whom it is, is by whoever made what it is about.
                creator = creator if piece.creator is None and len(homes_of) == 1 else piece.creator
                if (key, creator) in homes_of:
                    placed.append(replace(piece, text=key, creator=creator))
                    self._settle(placed[-1], homes)
                else:
                    whose = " and ".join(sorted(creator or "nobody" for _, creator in homes_of))
                    self._tell(piece.piece, f"is about an annotation by {whose}, and annotators stay apart")
        for piece in waiting:
            message = f"is about {piece.piece.links[0].id}, which is not in this file"
            self._faults.refuse(self._error(piece.piece, message))
        owners: dict[_Owner, list[Piece]] = {}
        for piece in sorted(placed, key=lambda piece: piece.number):
            owners.setdefault((piece.text, piece.creator), []).append(piece.piece)
        return owners

    def _settle(self, placed: _Placed, homes: dict[str, set[_Owner]]) -> None:
        piece = placed.piece
        for name in (piece.id, *(part.id for part in piece.parts), *(body.id for body in piece.bodies)):
            if name is not None:
                homes.setdefault(name, set()).add((placed.text, placed.creator))

    def _place(self, number: int, one: Annotation) -> list[_Placed]:
        """An annotation as pieces, one for each who wrote at it; none where it has nothing that a text has."""
        parts: list[Part] = []
        links: list[Link] = []
        found: set[str] = set()
        for target in one.targets:
            if target.selectors:
                if not selects_words(target):
                    self._tell(one, f"selects no words of a text, but has {kinds_of(target)}")
                    return []
                key = self._keys.get(target.iri)
                if key is None:
                    raise self._error(one, f"is about words of {target.iri}, which is no text of this file")
                if isinstance(key, ReadError):
                    raise key
                start, end = self._selections[key].span(one.id, target)
                parts.append(Part(start, end, target.id))
                found.add(key)
            elif (name := identifier(target.iri or "")) in self._ids or (target.iri or "").startswith("#"):
                links.append(Link(name, target.label, target.position))
            elif (whole := self._whole(target)) is not None:
                links.append(Link(""))
                found.add(whole)
            else:
                self._tell(one, f"is about the whole of {target.iri}, and selects no words of it")
                return []
        if len(found) > 1:
            names = " and ".join(sorted(self._places[key].text.file for key in found))
            self._tell(one, f"is about words of several texts, {names}")
            return []
        if not parts and not links:
            return []
        where = next(iter(found), "")
        creators = dict.fromkeys(
            [*([one.creator] if one.creator or not one.bodies else []), *(b.creator or one.creator for b in one.bodies)]
        )
        if self._given.annotator is not None:
            piece = Piece(one.id, one.motivations, one.bodies, tuple(parts), tuple(links), one.line)
            return [_Placed(number, where, self._given.annotator, piece)]
        pieces = []
        for creator in creators:
            bodies = tuple(body for body in one.bodies if (body.creator or one.creator) == creator)
            piece = Piece(one.id, one.motivations, bodies, tuple(parts), tuple(links), one.line)
            pieces.append(_Placed(number, where, creator, piece))
        return pieces

    def _error(self, one: Annotation | Piece, message: str) -> ReadError:
        return ReadError(f"{one.id}: {message}", path=self._given.path, line=one.line or None)

    def _tell(self, one: Annotation | Piece, message: str) -> None:
        self._faults.pass_over(self._error(one, message))
