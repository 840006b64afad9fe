"""What a build is made from: the files, in their order, and a digest of all that the graph of each hangs on.

The graph of a document is a function of its files, of what stands in the same folders, of what stewards wrote, of the
ontology, of the settings, and of the code. Where the digest of all these is the same, nothing need be done again.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points, version
from pathlib import Path

from .. import canonical
from ..errors import ReadError
from ..mapping import Mapper
from ..readers import AnnotationFile, find, readers
from ..readers.registry import GROUP
from ..store import Store
from ..vocabulary import Base, packaged

_CURATED = ("entities.ttl", "judgements.jsonl", "reference")
_LIBRARIES = ("pyoxigraph", "rdflib", "edtf")


@dataclass(frozen=True)
class Plan:
    """What is the same for every document of a build; small, since each worker is sent it.

    Attributes:
        folders: those sources that are folders; what stewards wrote stands there.
        base: where data and graphs are named.
        lenient: keep the good annotations of broken files.
        labels: what foreign labels mean: a file, a shipped mapping, or ``None`` for the ``scheme.toml`` beside a text.
        accept_drafts: take what a program drafted, too.
        digest: of all that every document hangs on.
    """

    folders: tuple[Path, ...]
    base: Base
    lenient: bool = False
    labels: str | None = None
    accept_drafts: bool = False
    digest: str = ""

    @classmethod
    def of(
        cls,
        folders: Iterable[Path],
        curated: Store,
        *,
        lenient: bool = False,
        labels: str | None = None,
        accept_drafts: bool = False,
    ) -> Plan:
        """The plan for some folders.

        Args:
            folders: where stewards wrote.
            curated: what they wrote, and the ontology.
            lenient: keep the good annotations of broken files.
            labels: what foreign labels mean.
            accept_drafts: take what a program drafted, too.

        >>> plan = Plan.of([], Store.memory())
        >>> len(plan.digest), plan == Plan.of([], Store.memory())
        (64, True)
        """
        found = hashlib.sha256(f"{_program()}\n{curated.base.iri}\n{lenient}\n{labels}\n{accept_drafts}\n".encode())
        for line in canonical.nquads(curated.quads()):
            found.update(line.encode())
        return cls(tuple(folders), curated.base, lenient, labels, accept_drafts, found.hexdigest())


@dataclass(frozen=True)
class Item:
    """One annotation file of a build.

    Attributes:
        given: the file, with what is known of it.
        inputs: the files that are its alone: itself, its text, and whatever else has its name.
        common: a digest of the files around it that belong to none alone, such as ``source.toml``.
        known: the digest under which it was done before; empty if it was not.
    """

    given: AnnotationFile
    inputs: tuple[Path, ...]
    common: str
    known: str = ""

    def key(self, plan: Plan, mapper: Mapper) -> str:
        """The digest of all that the graphs of this file hang on.

        Raises:
            ReadError: what its labels mean cannot be read.
        """
        found = hashlib.sha256(f"{plan.digest}\n{self.common}\n{self.given}\n".encode())
        for place in dict.fromkeys(_around(self.given)):
            found.update(mapper.digest(place / self.given.path.name).encode())
        # A reader may say which other files it looks at; what stands in the same folder is looked at anyway.
        reader = readers().get(self.given.format or "")
        beside: Callable[[Path], Iterable[Path]] | None = getattr(reader, "beside", None)
        for path in (*self.inputs, *(beside(self.given.path) if beside else ())):
            found.update(f"\n{path.name} {_file(path)}".encode())
        return found.hexdigest()


def found(sources: Sequence[str | Path], passed_over: Callable[[ReadError], None]) -> list[AnnotationFile]:
    """The annotation files of some sources, sorted; a folder may hold what stewards wrote alone.

    Args:
        sources: folders, or single annotated texts.
        passed_over: is told what is left aside, and why.

    Raises:
        UnknownFormat: a source is a file that no reader knows, or two readers claim one file.
        ReadError: a source does not exist, or a folder holds nothing that is of use.
    """
    with_texts = list(sources)
    while with_texts:
        aside: list[ReadError] = []
        try:
            files = list(find(*with_texts, passed_over=aside.append))
        except ReadError as error:
            bare = [source for source in with_texts if Path(source) == error.path and _is_curated(Path(source))]
            if not bare:
                raise
            with_texts = [source for source in with_texts if source not in bare]
        else:
            for one in aside:
                passed_over(one)
            return files
    return []


def _is_curated(folder: Path) -> bool:
    return folder.is_dir() and any((folder / name).exists() for name in _CURATED)


def items(found: Iterable[AnnotationFile]) -> Iterator[Item]:
    """Each annotation file, in the order given, with what else its graphs hang on.

    >>> from geokg.readers import find
    >>> [[path.name for path in item.inputs] for item in items(find(packaged("data")))]
    [['article.ann', 'article.txt']]
    """
    everything = list(found)
    claimed: defaultdict[Path, list[str]] = defaultdict(list)
    last: dict[Path, int] = {}
    for number, one in enumerate(everything):
        last |= dict.fromkeys(_around(one), number)
        for path in dict.fromkeys((one.path, one.text or one.path)):
            claimed[path.parent].append(path.name)
    folders: dict[Path, _Folder] = {}
    for number, one in enumerate(everything):
        for place in _around(one):
            if place not in folders:
                folders[place] = _Folder(place, claimed.pop(place, ()))
        here, there = (folders[place] for place in _around(one))
        inputs = dict.fromkeys([*here.named(one.path), *([one.text] if one.text else there.named(one.path))])
        yield Item(one, tuple(inputs), here.common if here is there else f"{here.common} {there.common}")
        for place in _around(one):
            if last[place] == number:
                folders.pop(place, None)


def _around(one: AnnotationFile) -> tuple[Path, Path]:
    return one.path.parent, one.folder


class _Folder:
    """The files of one folder: those that belong to one annotation file, and the rest.

    Args:
        place: the folder.
        claimed: the names of its annotation files and texts.
    """

    def __init__(self, place: Path, claimed: Iterable[str]) -> None:
        self._place = place
        self._by_stem: dict[str, list[str]] = {}
        with os.scandir(place) as entries:
            names = sorted(entry.name for entry in entries if entry.is_file() and not entry.name.startswith("."))
        for name in names:
            self._by_stem.setdefault(name.rpartition(".")[0], []).append(name)
        self._claimed = {name.rpartition(".")[0] for name in claimed}
        self._common = ""

    def named(self, path: Path) -> list[Path]:
        """The files that have a name, whatever their endings."""
        return [self._place / name for name in self._by_stem.get(path.name.rpartition(".")[0], ())]

    @property
    def common(self) -> str:
        """A digest of what nobody claimed."""
        if not self._common:
            rest = [name for stem, names in self._by_stem.items() if stem not in self._claimed for name in names]
            told = "\n".join(f"{name} {_file(self._place / name)}" for name in rest)
            self._common = hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()
        return self._common


def _file(path: Path) -> str:
    """The digest of a file; a file that cannot be read has one of its own, since reading it will say why."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return str(error.errno)


def _tree(place: Path, pattern: str = "*") -> str:
    """The digest of a file, or of all files below a folder."""
    paths = sorted(path for path in place.rglob(pattern) if path.is_file()) if place.is_dir() else [place]
    told = "\n".join(f"{path.relative_to(place.parent).as_posix()} {_file(path)}" for path in paths)
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()


@cache
def _program() -> str:
    """What the code is: ours, that of readers which others added, and what it stands on."""
    code = _tree(Path(__file__).resolve().parents[1], "*.py")
    versions = [f"{name} {version(name)}" for name in _LIBRARIES]
    others = [f"{one.name} {one.value} {one.dist.version if one.dist else ''}" for one in entry_points(group=GROUP)]
    return "\n".join([platform.python_version(), code, _tree(packaged("ontology")), *versions, *others])
