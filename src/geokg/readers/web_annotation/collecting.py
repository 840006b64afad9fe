"""Every annotation that a JSON file holds: alone, in lists, pages and collections, and as Hypothes.is exports them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...errors import ReadError, Remark
from ..given import Faults
from ..placed import Placed
from .parts import CONTEXT, get, many, types

_STANDARD = (CONTEXT, CONTEXT.replace("http:", "https:"), CONTEXT.removesuffix(".jsonld"))


def annotations_in(value: object, path: Path, faults: Faults) -> Iterator[Placed]:
    """The annotations, in file order.

    Args:
        value: what the file holds.
        path: the file, for messages.
        faults: is told what is not there: pages and annotations of which only the address stands in the file, and
            contexts that are not the standard one; none of them is ever fetched.

    Raises:
        ReadError: the file holds something else.
    """
    told: set[str] = set()
    pages: set[str] = set()

    def tell(message: str, line: int, how: type[ReadError] = ReadError) -> None:
        if message not in told:
            told.add(message)
            faults.pass_over(how(message, path=path, line=line or None))

    def below(value: object, line: int) -> Iterator[Placed]:
        if isinstance(value, list):
            for item in value:
                yield from below(item, line)
            return
        if isinstance(value, str):
            if value not in pages:
                tell(f"{value} is only an address, which is not fetched: put what stands there into the file", line)
            return
        if not isinstance(value, Placed):
            raise ReadError(f"{value!r} stands where an annotation must stand", path=path, line=line or None)
        line = value.line
        for context in many(value.get("@context")):
            if context not in _STANDARD:
                which = context if isinstance(context, str) else "of the file's own"
                tell(f"the context {which} is not read: its terms are taken by their names", line, Remark)
        kinds = types(value)
        if kinds & {"AnnotationCollection", "AnnotationPage"} or "items" in value or "first" in value:
            if isinstance(page := get(value, "id"), str):
                if page in pages:
                    return
                pages.add(page)
            for key in ("first", "items", "next", "last"):
                # The last page may be the first; where only its address stands here, the one before has told.
                if key in value and not (key == "last" and isinstance(value[key], str)):
                    yield from below(value[key], line)
        elif "@graph" in value:
            yield from below(value["@graph"], line)
        elif "Annotation" in kinds or "target" in value:
            yield _from_hypothesis(value) if "Annotation" not in kinds and "tags" in value else value
        elif isinstance(rows := value.get("rows", value.get("annotations")), list):
            yield from below(rows, line)
        else:
            what = " and ".join(sorted(kinds)) or "an object without a type"
            raise ReadError(f"{what} stands where an annotation must stand", path=path, line=line or None)

    yield from below(value, 0)


def _from_hypothesis(row: Placed) -> Placed:
    """A row of the API or an export of Hypothes.is, with the names that the standard has for the same things."""
    bodies = [_placed(row, type="TextualBody", purpose="tagging", value=tag) for tag in many(row.get("tags"))]
    replied = many(row.get("references"))
    if row.get("text"):
        purpose = "replying" if replied else "commenting"
        bodies.append(_placed(row, type="TextualBody", purpose=purpose, value=row["text"]))
    found = _placed(row, type="Annotation", body=bodies, motivation="highlighting")
    # A reply is about what it replies to; its own target is the page and no more.
    found["target"] = replied[-1] if replied else row.get("target")
    for key, ours in (("id", "id"), ("user", "creator")):
        if get(row, key) is not None:
            found[ours] = get(row, key)
    return found


def _placed(around: Placed, **values: object) -> Placed:
    found = Placed(values)
    found.line = around.line
    return found
