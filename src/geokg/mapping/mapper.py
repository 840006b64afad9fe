"""Which ``scheme.toml`` a document is read with: one that is given, else the nearest beside its file or above it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..files import is_there
from ..scheme import Scheme
from ..text import Document
from ..vocabulary import packaged
from .applying import apply
from .reading import NAME, load
from .rule import LabelMap
from .usage import Usage


def find(path: Path, within: Iterable[Path] = ()) -> Path | None:
    """The ``scheme.toml`` of a file: that of its folder, else of the nearest folder above.

    What comes with geokg is in its own labels, whatever stands above the place where it is installed.

    Args:
        path: the file.
        within: folders that were given as sources. No folder above them is looked into, unless they are in a Git
            checkout: then none above its root.

    >>> from geokg.vocabulary import packaged
    >>> find(packaged("data") / "china-taliban" / "article.ann", [packaged("data")])
    """
    folder = _absolute(path).parent
    folders = [folder, *folder.parents]
    given = set(map(_absolute, within))
    checkout = next((one for one in folders if (one / ".git").exists()), folder)
    top = max(number for number, one in enumerate(folders) if one in (folder, checkout) or one in given)
    if packaged("data") in folders:
        top = folders.index(packaged("data"))
    return next((one / NAME for one in folders[: top + 1] if is_there(one / NAME)), None)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links out of the corpus


class Mapper:
    """Says documents in our labels; without any ``scheme.toml`` they are left as they are.

    It may go to another process.

    Args:
        given: a file, or the name of a shipped scheme, for all documents; else each has the nearest.
        within: folders that were given as sources, above which none is looked for; as for ``find``.
        scheme: the ontology's labels.

    Raises:
        UnknownTerm: the file given names a term that the ontology does not have.
        ReadError: it is not what it claims to be.

    >>> from geokg.readers import read
    >>> from geokg.vocabulary import packaged
    >>> article = read(packaged("data") / "china-taliban" / "article.ann")
    >>> mapper = Mapper()
    >>> mapper(article)[0] is article, mapper(article)[1].summary
    (True, '')
    """

    def __init__(
        self, given: str | Path | None = None, *, within: Iterable[Path] = (), scheme: Scheme | None = None
    ) -> None:
        self._scheme = scheme
        self._within = tuple(within)
        self._given = None if given is None else load(given, self.scheme)
        self._folders: dict[Path, Path | None] = {}
        self._found: dict[Path, LabelMap] = {}

    @property
    def scheme(self) -> Scheme:
        """The ontology's labels."""
        return self._scheme or Scheme.packaged()

    def labels(self, path: Path | None) -> LabelMap | None:
        """What the labels of a file mean; ``None`` where no ``scheme.toml`` says it.

        Raises:
            UnknownTerm, ReadError: as for the one that is given.
        """
        if self._given is not None or path is None:
            return self._given
        if path.parent not in self._folders:
            self._folders[path.parent] = find(path, self._within)
        found = self._folders[path.parent]
        if found is None:
            return None
        if found not in self._found:
            self._found[found] = load(found, self.scheme)
        return self._found[found]

    def digest(self, path: Path | None) -> str:
        """What the mapping of a file depends on, besides the ontology; empty without a ``scheme.toml``.

        Raises:
            UnknownTerm, ReadError: as for the one that is given.
        """
        labels = self.labels(path)
        return labels.digest if labels else ""

    def __call__(self, document: Document) -> tuple[Document, Usage]:
        """A document in our labels, and what became of each of its annotations.

        Raises:
            UnknownTerm, ReadError: as for the one that is given.
        """
        labels = self.labels(document.path)
        return (document, Usage()) if labels is None else apply(document, labels, self.scheme)
