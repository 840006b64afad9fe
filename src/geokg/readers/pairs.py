"""Texts and annotation files that stand apart, paired by the rule ``pairs`` of the texts' ``source.toml``.

``pairs = "attributions/{stem}_*.ann"`` says: the annotations over ``x.txt`` are in ``attributions/x_….ann``, and what
the star stands for names the annotator. The path starts at the folder of the ``source.toml`` and may lead out of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from glob import escape
from pathlib import Path

from ..errors import ReadError
from .given import AnnotationFile
from .source import NAME, read_pairs


@dataclass(frozen=True)
class Pairs:
    """The rule of one folder of texts.

    Attributes:
        folder: where the texts and their ``source.toml`` are.
        rule: the path of the annotation files, with ``{stem}`` and at most one star.
    """

    folder: Path
    rule: str

    @classmethod
    def of(cls, folder: Path) -> Pairs | None:
        """The rule that a folder has.

        Raises:
            ReadError: its ``source.toml`` is not as it should be.
        """
        rule = read_pairs(folder)
        return None if rule is None else cls(folder, rule)

    def find(self) -> tuple[list[AnnotationFile], list[ReadError]]:
        """Every annotation file over a text of the folder, sorted; and what has no partner.

        Raises:
            ReadError: the rule pairs nothing.
        """
        found, alone = [], []
        left = set(self._stems)
        for path in sorted(self._paths()):
            given = self.match(path)
            if given is None or given.text is None:
                alone.append(ReadError(f"fits the rule {self.rule!r}, but no text of {self.folder}", path=path))
            else:
                found.append(given)
                left.discard(given.text.stem)
        if not found:
            raise ReadError(f"pairs = {self.rule!r} pairs no text with any file", path=self.folder / NAME)
        alone += [ReadError(f"no file fits the rule {self.rule!r}", path=self._stems[stem]) for stem in sorted(left)]
        return found, alone

    def match(self, path: Path) -> AnnotationFile | None:
        """The pair that an annotation file is half of; where two texts would do, it goes to the longer name."""
        longest = len(path.name)
        while longest and (found := self._pattern(longest).fullmatch(path.as_posix())):
            stem = found["stem"]
            if stem in self._stems:
                return AnnotationFile(path, self._stems[stem], found.groupdict().get("annotator"))
            longest = len(stem) - 1
        return None

    def over(self, text: Path) -> list[AnnotationFile]:
        """The annotation files over one text, sorted."""
        pairs = [self.match(path) for path in sorted(self._paths(text.stem))]
        return [
            given for given in pairs if given is not None and given.text is not None and given.text.name == text.name
        ]

    @cached_property
    def _stems(self) -> dict[str, Path]:
        return {path.stem: path for path in self.folder.glob("*.txt") if not path.name.startswith(".")}

    def _paths(self, stem: str | None = None) -> Iterator[Path]:
        parts = [escape(part) for part in re.split(r"(\*|\{stem\})", self.rule)]
        name = "*" if stem is None else escape(stem)
        pattern = "".join({"[*]": "*", "{stem}": name}.get(part, part) for part in parts)
        return self.folder.glob(pattern)

    def _pattern(self, longest: int) -> re.Pattern[str]:
        if longest in self._patterns:
            return self._patterns[longest]
        first = True
        pattern = re.escape((self.folder / "x").as_posix()[:-1])
        for part in re.split(r"(\*|\{stem\})", self.rule):
            if part == "{stem}":
                pattern += f"(?P<stem>[^/]{{1,{longest}}})" if first else "(?P=stem)"
                first = False
            else:
                pattern += "(?P<annotator>[^/]+)" if part == "*" else re.escape(part)
        return self._patterns.setdefault(longest, re.compile(pattern))

    @cached_property
    def _patterns(self) -> dict[int, re.Pattern[str]]:
        return {}


def partner(path: Path) -> AnnotationFile | None:
    """The pair that an annotation file is half of, by the rule of a folder above it.

    Raises:
        ReadError: a ``source.toml`` above it is not as it should be.
    """
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    for folder in absolute.parents:
        if (pairs := Pairs.of(folder)) and (found := pairs.match(absolute)):
            return replace(found, path=path)
    return None
