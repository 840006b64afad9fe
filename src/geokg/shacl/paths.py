"""Property paths: the forms that SHACL has, as values, with their SPARQL.

>>> Sequence((Inverse(Step(ox.NamedNode("urn:p"))), ZeroOrMore(Step(ox.NamedNode("urn:q"))))).sparql()
'(^<urn:p>)/(<urn:q>*)'
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import pyoxigraph as ox


@dataclass(frozen=True)
class Path(ABC):
    """A property path."""

    @abstractmethod
    def sparql(self) -> str:
        """The path as SPARQL writes it."""

    @property
    def parts(self) -> tuple[Path, ...]:
        """The paths that it is made of."""
        return ()

    @property
    def is_step(self) -> bool:
        """Whether it is one property, or its inverse: what one triple can match."""
        return False

    def predicates(self) -> Iterator[ox.NamedNode]:
        """Every property that it can go along."""
        for part in self.parts:
            yield from part.predicates()


@dataclass(frozen=True)
class Step(Path):
    """Along one property."""

    predicate: ox.NamedNode

    def sparql(self) -> str:
        """Its IRI."""
        return str(self.predicate)

    @property
    def is_step(self) -> bool:
        """Always."""
        return True

    def predicates(self) -> Iterator[ox.NamedNode]:
        """The one."""
        yield self.predicate


@dataclass(frozen=True)
class Inverse(Path):
    """Against the direction of a path."""

    path: Path

    def sparql(self) -> str:
        """With a caret."""
        return f"^{_inside(self.path)}"

    @property
    def parts(self) -> tuple[Path, ...]:
        """The one inside."""
        return (self.path,)

    @property
    def is_step(self) -> bool:
        """Whether what it turns round is one property."""
        return isinstance(self.path, Step)


@dataclass(frozen=True)
class Sequence(Path):
    """One path after the other."""

    items: tuple[Path, ...]

    def sparql(self) -> str:
        """With slashes."""
        return "/".join(_inside(item) for item in self.items)

    @property
    def parts(self) -> tuple[Path, ...]:
        """Its members."""
        return self.items


@dataclass(frozen=True)
class Alternative(Path):
    """Any of some paths."""

    items: tuple[Path, ...]

    def sparql(self) -> str:
        """With bars."""
        return "|".join(_inside(item) for item in self.items)

    @property
    def parts(self) -> tuple[Path, ...]:
        """Its members."""
        return self.items


@dataclass(frozen=True)
class _Repeated(Path):
    path: Path

    @property
    def parts(self) -> tuple[Path, ...]:
        """The one inside."""
        return (self.path,)


@dataclass(frozen=True)
class ZeroOrMore(_Repeated):
    """A path any number of times; a node itself among the values."""

    def sparql(self) -> str:
        """With a star."""
        return f"{_inside(self.path)}*"


@dataclass(frozen=True)
class OneOrMore(_Repeated):
    """A path at least once."""

    def sparql(self) -> str:
        """With a plus."""
        return f"{_inside(self.path)}+"


@dataclass(frozen=True)
class ZeroOrOne(_Repeated):
    """A path once or not at all; a node itself among the values."""

    def sparql(self) -> str:
        """With a question mark."""
        return f"{_inside(self.path)}?"


def _inside(path: Path) -> str:
    """In brackets where SPARQL's own precedence might not do."""
    return path.sparql() if isinstance(path, Step) else f"({path.sparql()})"
