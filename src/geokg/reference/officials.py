"""Officials with dated posts, from a table (CSV) with a heading.

| column | |
|---|---|
| ``person`` | the name; asked for |
| ``post`` | its name; asked for |
| ``organization`` | the body that the post is in |
| ``state`` | the three-letter code (ISO 3166-1) of the state whose organ that body is; without a body, its government |
| ``start``, ``end`` | EDTF: ``1950``, ``1950-03``, ``1950-03-14``, ``1950~``; empty if unknown; ``..`` if it goes on |
| ``source`` | on whose word |
| ``person_id`` | tells two people of one name apart; one person has the same in all rows |
| ``note`` | anything else |

People, bodies, and posts in one body are one if their names are; the same row twice is an error.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import io
import re
from pathlib import Path

from ..errors import ReadError
from ..files import read_bytes
from ..vocabulary import GK
from .statements import Statements

COLUMNS = ("person", "post", "organization", "state", "start", "end", "source", "person_id", "note")


def read(path: Path, said: Statements) -> None:
    """Read a table.

    Raises:
        ReadError: it is no CSV in UTF-8, lacks a column or has one that is not known, or a row is not as it should be.
    """
    try:
        lines = io.StringIO(read_bytes(path).decode("utf-8-sig"), newline="")
        rows = csv.DictReader(lines, strict=True)
        _check(rows.fieldnames or (), path)
        seen: dict[str, int] = {}
        for row in rows:
            line = rows.line_num
            if None in row or None in row.values():
                raise ReadError("the row has more or fewer cells than the heading", path=path, line=line)
            cells = {name: " ".join(value.split()) for name, value in row.items()}
            recipe = "\n".join(cells.get(name, "") for name in COLUMNS)
            if recipe in seen:
                raise ReadError(f"says the same as line {seen[recipe]}", path=path, line=line)
            seen[recipe] = line
            if any(cells.values()):
                _row(cells, recipe, said, path, line)
    except UnicodeDecodeError as error:
        raise ReadError(f"is not UTF-8 ({error.reason}); save it as UTF-8", path=path) from error
    except csv.Error as error:
        raise ReadError(f"is no CSV: {error}", path=path, line=rows.line_num + 1) from error


def _check(heading: object, path: Path) -> None:
    names = list(heading) if isinstance(heading, list | tuple) else []
    for name in names:
        if name not in COLUMNS:
            near = difflib.get_close_matches(name, COLUMNS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(COLUMNS)}"
            raise ReadError(f"unknown column {name!r}; {hint}", path=path, line=1)
    if len({*names}) < len(names):
        raise ReadError("a column stands twice in the heading", path=path, line=1)
    for name in ("person", "post"):
        if name not in names:
            raise ReadError(f"a table of officials needs the column {name!r}", path=path, line=1)


def _row(cells: dict[str, str], recipe: str, said: Statements, path: Path, line: int) -> None:
    for name in ("person", "post"):
        if not cells[name]:
            raise ReadError(f"the row has no {name}", path=path, line=line)
    organization, state = cells.get("organization", ""), cells.get("state", "")
    if state and not re.fullmatch("[A-Z]{3}", state):
        raise ReadError(f"state is a code of three letters such as CHN, not {state!r}", path=path, line=line)
    person = said.node("person", _slug(cells.get("person_id") or cells["person"]))
    said.thing(person, str(GK.Person), cells["person"])
    where = organization or (f"government of {state}" if state else "")
    post = said.node("post", *filter(None, (_slug(where), _slug(cells["post"]))))
    said.thing(post, str(GK.Position), cells["post"])
    if where:
        body = said.node("organization", _slug(where))
        said.thing(body, str(GK.StateOrgan if state else GK.Organization), where)
        said.add(post, GK.isPositionIn, body)
        if state:
            said.add(body, GK.isOrganOf, f"{said.base.data}state/{state}")
    tenure = said.node("tenure", hashlib.sha256(recipe.encode()).hexdigest()[:16])
    said.tenure(tenure, person, post, [cells.get("source", "")])
    said.date(tenure, cells.get("start", ""), cells.get("end", ""), path=path, line=line)
    said.note(tenure, cells.get("note", ""))


def _slug(name: str) -> str:
    return "-".join(name.casefold().split())
