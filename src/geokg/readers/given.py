"""What a reader is given, and what becomes of annotations that are not as they should be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ReadError


@dataclass(frozen=True)
class AnnotationFile:
    """One file of annotations, and what is known of it from outside.

    Attributes:
        path: the file.
        text: the text that it is over, where a rule pairs the two; ``None`` where the reader knows where to look.
        annotator: who wrote the annotations, where a rule tells.
        lenient: keep the good annotations of a broken file.
        format: the name of the reader; ``None`` to let the file tell.
    """

    path: Path
    text: Path | None = None
    annotator: str | None = None
    lenient: bool = False
    format: str | None = None

    @property
    def folder(self) -> Path:
        """The folder whose ``source.toml`` speaks of this file: the text's.

        >>> AnnotationFile(Path("marks/a_ann.ann"), Path("wire/a.txt")).folder.name
        'wire'
        """
        return (self.text or self.path).parent


@dataclass
class Faults:
    """The annotations of one file that are left out, each with the reason; and what else a person should know.

    Args:
        lenient: whether a bad annotation is left out; otherwise it refuses the file.

    >>> faults = Faults(lenient=True)
    >>> faults.refuse(ReadError("'Hu' does not stand there", path="a.ann", line=3))
    >>> [str(fault) for fault in faults.found]
    ["a.ann:3: 'Hu' does not stand there"]
    """

    lenient: bool = False
    found: list[ReadError] = field(default_factory=list)

    def refuse(self, error: ReadError) -> None:
        """An annotation is bad.

        Raises:
            ReadError: the one given, unless leniency was asked for.
        """
        if not self.lenient:
            raise error
        self.found.append(error)

    def pass_over(self, error: ReadError) -> None:
        """An annotation is well and good, but nothing that a text has: it is left out of any file, and told.

        A ``Remark`` is told too, and nothing is left out for it.
        """
        self.found.append(error)
