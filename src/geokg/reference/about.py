"""Where a set of reference data comes from: ``reference/<name>.toml`` beside it."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from ..errors import ReadError
from ..files import is_there, read_bytes


@dataclass(frozen=True)
class About:
    """What a set of reference data is; all but the name is optional.

    Attributes:
        name: the last part of its graph's name; that of its file or folder.
        title: what people call it.
        description: what is in it.
        publisher: who keeps it.
        source: where it is from, in words.
        url: where it is from, as an address.
        licence: an IRI or a name.
        language: the language of its names, a BCP 47 tag.
        path: where its files are, seen from the folder of the ``.toml``, if they are elsewhere.
    """

    name: str
    title: str = ""
    description: str = ""
    publisher: str = ""
    source: str = ""
    url: str = ""
    licence: str = ""
    language: str = "en"
    path: str = ""


def read_about(path: Path) -> About:
    """Read the ``.toml`` that belongs to a file or folder of reference data; without one, only the name is known.

    Args:
        path: the file or folder itself, or the ``.toml`` of data that are elsewhere.

    Raises:
        ReadError: it is no TOML, or has a key that is not known.

    >>> read_about(Path("reference/officials.csv"))
    About(name='officials', ...)
    """
    name = path.name if path.is_dir() else path.stem
    toml = path.with_name(f"{name}.toml")
    if not is_there(toml) or toml.is_dir():
        return About(name)
    try:
        table = tomllib.loads(read_bytes(toml).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReadError(f"is not TOML in UTF-8: {error}", path=toml) from error
    known = [field.name for field in fields(About) if field.name != "name"]
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            raise ReadError(f"unknown key {key!r}; {hint}", path=toml)
        if not isinstance(value, str) or not value.strip():
            raise ReadError(f"{key} must be a text with something in it", path=toml)
    return About(name, **table)
