"""From a file of annotations to documents: which text each is about, by whom it is, and where its words stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import ReadError
from ...text import Document, Text
from ..given import AnnotationFile, Faults
from ..placed import Placed, loads
from ..source import decode, identify, read_bytes, read_source, read_text
from ..units import Unit
from .building import Builder, Link, Part, Piece
from .collecting import annotations_in
from .parts import Annotation, Parser, Target, identifier, name_of
from .selectors import Selection, kinds_of, selects_words
from .sources import text_of, texts

_Owner = tuple[Path, str | None]
"""A text and who annotated it: what one document is of."""


def read(given: AnnotationFile) -> Iterator[Document]:
    """The documents that a file of annotations makes; see the package."""
    faults = Faults(given.lenient)
    value = loads(decode(read_bytes(given.path), given.path), given.path)
    annotations = Parser(given.path, faults).all(annotations_in(value, given.path, faults))
    # Who made a page or a collection made what is in it, where that does not say otherwise.
    creator = name_of(value.get("creator")) if isinstance(value, Placed) and "target" not in value else None
    annotations = [one if one.creator else replace(one, creator=creator) for one in annotations]
    yield from _Reading(given, annotations, faults).documents(creator)


@dataclass(frozen=True)
class _Placed:
    """An annotation as one annotator's piece of one text; ``text`` is not known where it is about other annotations."""

    number: int
    text: Path | None
    creator: str | None
    piece: Piece


class _Reading:
    def __init__(self, given: AnnotationFile, annotations: list[Annotation], faults: Faults) -> None:
        self._given = given
        self._annotations = annotations
        self._faults = faults
        self._ids = {
            name
            for one in annotations
            for name in (one.id, *(target.id for target in one.targets), *(body.id for body in one.bodies))
            if name is not None
        }
        words = [target for one in annotations for target in one.targets if selects_words(target)]
        self._texts = texts(given, [target.iri for target in words] or [None])
        self._selections: dict[Path, Selection] = {}
        self._contents: dict[Path, Text] = {}
        for path in dict.fromkeys(path for path in self._texts.values() if isinstance(path, Path)):
            text = read_text(path, read_source(path.parent))
            self._contents[path] = text
            self._selections[path] = Selection(
                text, [target for target in words if self._texts[target.iri] == path], given.path
            )
            if (unit := self._selections[path].unit) is not Unit.CODE_POINTS:
                message = f"its quotes fit {text.file} only where offsets count {unit.value}: they are taken so"
                faults.pass_over(ReadError(message, path=given.path))

    def documents(self, creator: str | None) -> Iterator[Document]:
        """The documents; one that says nothing is by the creator given."""
        owners = self._owners()
        nobody = [self._given.annotator or creator]
        faults = Faults(self._given.lenient, self._faults.found)
        for path, text in self._contents.items():
            source = read_source(path.parent)
            for annotator in [by for where, by in owners if where == path] or nobody:
                own = Text(identify(source, path.stem, annotator), text.content, text.file)
                builder = Builder(own, owners.get((path, annotator), []), faults, self._given.path)
                yield builder.document(source, annotator)
                faults = Faults(self._given.lenient)
        if not self._contents:
            missing = [error for error in self._texts.values() if isinstance(error, ReadError)]
            raise (self._faults.found or missing)[0]

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
                (waiting if piece.text is None else placed).append(piece)
        for piece in placed:
            self._settle(piece, homes)
        # What is about other annotations belongs where they are; some are about such as these.
        while settled := [piece for piece in waiting if piece.piece.links[0].id in homes]:
            waiting = [piece for piece in waiting if piece not in settled]
            for piece in settled:
                homes_of = homes[piece.piece.links[0].id]
                path = next(iter(homes_of))[0]
                if (path, piece.creator) in homes_of:
                    placed.append(replace(piece, text=path))
                    self._settle(placed[-1], homes)
                else:
                    whose = " and ".join(sorted(creator or "nobody" for _, creator in homes_of))
                    self._tell(piece.piece, f"is about an annotation by {whose}, and annotators stay apart")
        for piece in waiting:
            message = f"is about {piece.piece.links[0].id}, which is not in this file"
            self._faults.refuse(self._error(piece.piece, message))
        owners: dict[_Owner, list[Piece]] = {}
        for piece in sorted(placed, key=lambda piece: piece.number):
            if piece.text is not None:
                owners.setdefault((piece.text, piece.creator), []).append(piece.piece)
        return owners

    def _settle(self, placed: _Placed, homes: dict[str, set[_Owner]]) -> None:
        if placed.text is None:
            return
        piece = placed.piece
        for name in (piece.id, *(part.id for part in piece.parts), *(body.id for body in piece.bodies)):
            if name is not None:
                homes.setdefault(name, set()).add((placed.text, placed.creator))

    def _place(self, number: int, one: Annotation) -> list[_Placed]:
        """An annotation as pieces, one for each who wrote at it; none where it has nothing that a text has."""
        parts: list[Part] = []
        links: list[Link] = []
        found: set[Path] = set()
        for target in one.targets:
            if target.selectors:
                if not selects_words(target):
                    self._tell(one, f"selects no words of a text, but has {kinds_of(target)}")
                    return []
                path = self._texts[target.iri]
                if isinstance(path, ReadError):
                    raise path
                start, end = self._selections[path].span(one.id, target)
                parts.append(Part(start, end, target.id))
                found.add(path)
            elif (name := identifier(target.iri or "")) in self._ids or (target.iri or "").startswith("#"):
                links.append(Link(name, target.label, target.position))
            elif (whole := self._whole(target)) is not None:
                links.append(Link(""))
                found.add(whole)
            else:
                self._tell(one, f"is about the whole of {target.iri}, and selects no words of it")
                return []
        if len(found) > 1:
            names = " and ".join(sorted(path.name for path in found))
            self._tell(one, f"is about words of several texts, {names}")
            return []
        if not parts and not links:
            return []
        where = next(iter(found), None)
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

    def _whole(self, target: Target) -> Path | None:
        """The text that a target is the whole of, where it is named as a file."""
        iri = target.iri or ""
        if "://" in iri:
            return None
        path = text_of(self._given, iri)
        if path is None and self._given.text is not None and identifier(iri) == self._given.text.name:
            path = self._given.text
        return path if path in self._contents else None

    def _error(self, one: Annotation | Piece, message: str) -> ReadError:
        return ReadError(f"{one.id}: {message}", path=self._given.path, line=one.line or None)

    def _tell(self, one: Annotation | Piece, message: str) -> None:
        self._faults.pass_over(self._error(one, message))
