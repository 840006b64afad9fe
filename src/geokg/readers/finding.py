"""Every annotated text that files and folders hold: beside a text, paired by a rule, or whole in one file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import ReadError, UnknownFormat
from .given import AnnotationFile
from .pairs import Pairs, partner
from .registry import format_of, may_read, named, recognized_by, suffixes
from .source import NAME

PassedOver = Callable[[ReadError], None]
"""Is told a file that is left aside, and why."""

_STEWARDS = frozenset({"reference", "entities.ttl", "judgements.jsonl"})
"""What stewards keep in a source beside the texts; it is never a text."""

_BIONLP = (".a1", ".a2")


def find(
    *sources: str | Path | AnnotationFile, format: str | None = None, passed_over: PassedOver | None = None
) -> Iterator[AnnotationFile]:
    """Every annotation file that the sources hold, sorted, each once.

    Args:
        sources: annotation files, texts that have one, or folders with any number of them at any depth. Files and
            folders whose name starts with a dot are passed over.
        format: the name of the reader, where the files do not tell.
        passed_over: is told each file in a folder that has an ending of ours, but is none of ours; each half of a pair
            that has no other half; each ``source.toml`` whose rule is none; and each folder with files of BioNLP-ST.

    Raises:
        UnknownFormat: a source is a file that no reader knows, or that two readers claim; of a file in a folder, that
            is said when it is read.
        ReadError: a source does not exist, or a folder holds nothing that is annotated.

    >>> from geokg.vocabulary import packaged
    >>> [given.path.name for given in find(packaged("data") / "china-taliban")]
    ['article.ann']
    """
    found: dict[str, AnnotationFile] = {}
    for source in sources:
        if isinstance(source, AnnotationFile):
            given = [replace(source, format=source.format or format)]
        elif not (path := Path(source)).exists():
            raise ReadError("there is no such file or folder", path=path)
        elif path.is_dir():
            given = _below(path, format, passed_over or (lambda _: None))
        else:
            given = given_by(path, format)
        found.update((_key(one.path), one) for one in given)
    yield from (found[key] for key in sorted(found))


def given_by(path: Path, format: str | None) -> list[AnnotationFile]:
    """The annotation files that one path means: itself, what stands beside a text, or what a rule pairs with it.

    Raises:
        UnknownFormat: no reader knows this kind of file.
        ReadError: there is none, or more than one could be meant.
    """
    if format is not None:
        named(format, path)
    if misnamed := _misnamed(path):
        raise misnamed
    if path.suffix == ".txt" and (format is None or path.suffix not in named(format, path).SUFFIXES):
        if recognized_by(path):
            return [AnnotationFile(path, format=format_of(path))]
        pairs = Pairs.of(path.parent)
        if pairs and (paired := pairs.over(path)):
            return [replace(given, format=format or format_of(given.path)) for given in paired]
        path = _beside(path)
    return [replace(partner(path) or AnnotationFile(path), format=format or format_of(path))]


def _beside(text: Path) -> Path:
    """The annotation file that stands beside a text of that name."""
    beside = [text.with_suffix(suffix) for suffix in sorted(suffixes()) if suffix != ".txt"]
    there = [candidate for candidate in beside if candidate.is_file() and recognized_by(candidate)]
    if len(there) == 1:
        return there[0]
    if there:
        names = " and ".join(candidate.name for candidate in there)
        raise ReadError(f"{names} both stand beside this text; name the one that is meant", path=text)
    raise ReadError(
        f"no annotations stand beside this text; an empty {text.stem}.ann says that nothing is annotated", path=text
    )


def _below(folder: Path, format: str | None, passed_over: PassedOver) -> list[AnnotationFile]:
    places: list[tuple[Path, list[str]]] = []
    for root, folders, names in os.walk(folder):
        kept = _STEWARDS if Path(root) == folder else frozenset()
        folders[:] = [name for name in folders if not name.startswith(".") and name not in kept]
        places.append((Path(root), [name for name in names if not name.startswith(".") and name not in kept]))
    found: dict[str, AnnotationFile] = {}
    wrong: list[ReadError] = []
    for place, names in places:
        try:
            if NAME in names and (pairs := Pairs.of(place)):
                paired, alone = pairs.find()
                wrong += alone
                found.update((_key(one.path), one) for one in paired)
        except ReadError as error:  # of one folder; the others are as they should be
            wrong.append(error)
    known = tuple(suffixes())
    endings = known if format is None else named(format, folder).SUFFIXES
    for place, names in places:
        standoff = [name for name in names if name.endswith(_BIONLP) and not name.endswith(known)]
        if unread := [name for name in standoff if f"{name[:-3]}.ann" not in names]:
            message = f"{len(unread)} .a1 and .a2 of BioNLP-ST are not read; as one file they are brat's: "
            wrong.append(ReadError(message + "cat x.a1 x.a2 > x.ann", path=place))
        stems = {name.rpartition(".")[0] for name in names if name.endswith(known) and not name.endswith(".txt")}
        for name in names:
            # A text is only looked into where nothing stands beside it that could be over it.
            if not name.endswith(endings) or (name.endswith(".txt") and name.removesuffix(".txt") in stems):
                continue
            path = place / name
            found.setdefault(_key(path), AnnotationFile(path))
    given = []
    for one in found.values():
        if misnamed := _misnamed(one.path):
            wrong.append(misnamed)
            continue
        try:
            readers = recognized_by(one.path)
        except ReadError:  # it cannot be read, and is refused as such when somebody tries
            given.append(replace(one, format=format))
            continue
        if one.text is not None or (readers if format is None else format in readers):
            # Where nobody or more than one would read it, that is said when it is read.
            given.append(replace(one, format=format or (readers[0] if len(readers) == 1 else None)))
        elif one.path.suffix != ".txt":
            formats = " or ".join(may_read(one.path))
            wrong.append(UnknownFormat(f"begins like nothing that {formats} reads", path=one.path))
    if not given:
        none = ReadError(f"holds no annotated text; known endings are: {', '.join(sorted(known))}", path=folder)
        raise next((one for one in wrong if not isinstance(one, UnknownFormat)), none)
    for one_more in wrong:
        passed_over(one_more)
    return given


def _key(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links


def _misnamed(path: Path) -> ReadError | None:
    """What is wrong with a name that is no text, as names of files need not be: no graph could have it."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        return ReadError("its name has bytes that are not UTF-8; rename the file, or its folder", path=path)
    return None
