"""Findings that are known and accepted: a file of their fingerprints, and what is new or fixed since."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import ReadError
from .finding import Finding

_VERSION = 1


@dataclass(frozen=True, order=True)
class Known:
    """A finding as a baseline keeps it.

    Attributes:
        fingerprint: what it is known by; the rest is for people.
        severity: ``violation``, ``warning`` or ``info``.
        shape: the IRI of its shape.
        message: what is wrong.
        place: the document and the words, or the node.
    """

    fingerprint: str
    severity: str = ""
    shape: str = ""
    message: str = ""
    place: str = ""


@dataclass(frozen=True)
class Difference:
    """What two runs found differently.

    Attributes:
        new: what the later one alone found.
        standing: what both found, as the later one tells it.
        fixed: what the earlier one alone found.
    """

    new: tuple[Finding, ...]
    standing: tuple[Finding, ...]
    fixed: tuple[Known, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.fixed)

    @property
    def summary(self) -> str:
        """The difference in one line.

        >>> Difference((), (), (Known("a"),)).summary
        '0 new, 1 fixed, 0 standing'
        """
        return f"{len(self.new)} new, {len(self.fixed)} fixed, {len(self.standing)} standing"


def known(findings: Iterable[Finding]) -> tuple[Known, ...]:
    """Findings as a baseline keeps them, sorted; a finding that is there twice is kept twice.

    >>> known([Finding("odd", "info", "urn:shape", "urn:node")])[0].message
    'odd'
    """
    return tuple(
        sorted(
            Known(
                finding.fingerprint,
                finding.severity,
                finding.shape,
                finding.message,
                f"{finding.document}: {finding.span.exact}" if finding.span else finding.name or finding.focus,
            )
            for finding in findings
        )
    )


def difference(old: Iterable[Known], findings: Iterable[Finding]) -> Difference:
    """What is new, what stands, what is fixed; findings alike are told apart by their number alone.

    >>> odd = Finding("odd", "info", "urn:shape", "urn:node")
    >>> difference(known([odd]), [odd, odd]).summary
    '1 new, 0 fixed, 1 standing'
    """
    before = list(old)
    left = Counter(one.fingerprint for one in before)
    new, standing = [], []
    for finding in findings:
        if left[finding.fingerprint]:
            left[finding.fingerprint] -= 1
            standing.append(finding)
        else:
            new.append(finding)
    fixed = []
    for one in before:
        if left[one.fingerprint]:
            left[one.fingerprint] -= 1
            fixed.append(one)
    return Difference(tuple(new), tuple(standing), tuple(fixed))


def write(findings: Iterable[Finding]) -> str:
    """A baseline file: JSON, one finding a line, so that people can read what changes in it.

    >>> print(write([]), end="")
    {"baseline": 1, "findings": [
    ]}
    """
    lines = [json.dumps(asdict(one), ensure_ascii=False) for one in known(findings)]
    return "\n".join([f'{{"baseline": {_VERSION}, "findings": [', *([",\n".join(lines)] if lines else []), "]}"]) + "\n"


def read(path: Path) -> tuple[Known, ...]:
    """The findings of a baseline file.

    Raises:
        ReadError: it cannot be read, or is no baseline; with its line where JSON breaks off.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ReadError(error.strerror or str(error), path=path) from error
    except UnicodeDecodeError as error:
        raise ReadError("not UTF-8", path=path) from error
    except json.JSONDecodeError as error:
        raise ReadError(f"not JSON: {error.msg}", path=path, line=error.lineno, column=error.colno) from error
    try:
        if content["baseline"] != _VERSION:
            raise ReadError(f"a baseline of version {content['baseline']}; write it anew", path=path)
        return tuple(Known(**one) for one in content["findings"])
    except (KeyError, TypeError) as error:
        raise ReadError("not a baseline as --write-baseline makes it", path=path) from error
