"""Findings put together: by what they have in common, and those of one fault as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ..shacl.shapes import short
from .finding import SEVERITIES, Finding

_KEYS: dict[str, Callable[[Finding], tuple[str, ...]]] = {
    "shape": lambda finding: (finding.shape,),
    "property": lambda finding: (finding.path,),
    "kind": lambda finding: (finding.kind,),
    "severity": lambda finding: (finding.severity,),
    "document": lambda finding: (finding.document,),
    "annotator": lambda finding: finding.annotators or ("",),
}
GROUPINGS = tuple(_KEYS)
"""What findings can be grouped by."""

_NOTHING = {"property": "the node itself", "document": "no document", "annotator": "nobody named"}


@dataclass(frozen=True)
class Group:
    """Findings that have something in common.

    Attributes:
        key: what that is: an IRI, a path, a word; empty where they have nothing of the kind.
        name: what to call it.
        findings: in the order of the report.
    """

    key: str
    name: str
    findings: tuple[Finding, ...]

    @property
    def summary(self) -> str:
        """How many there are of each severity."""
        return counted(self.findings)


def groups(
    findings: Iterable[Finding], by: str, *, titles: Mapping[str, str], prefixes: Mapping[str, str]
) -> list[Group]:
    """Findings by what they have in common, the largest group first; two annotators of one text share its findings.

    Args:
        findings: some findings.
        by: one of :data:`GROUPINGS`.
        titles: what shapes are called.
        prefixes: for writing their IRIs short.

    Raises:
        ValueError: nothing is grouped by that.

    >>> odd = Finding("odd", "info", "urn:shape", "urn:node")
    >>> [(group.name, group.summary) for group in groups([odd, odd], "document", titles={}, prefixes={})]
    [('no document', '2 info')]
    """
    if by not in _KEYS:
        raise ValueError(f"findings can be grouped by {', '.join(GROUPINGS)}; not by {by!r}")
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        for key in _KEYS[by](finding):
            found.setdefault(key, []).append(finding)

    def name(key: str) -> str:
        if by == "shape":
            told = short(key, dict(prefixes)) or key
            return f"{told}, {titles[key]}" if titles.get(key) else told
        return key or _NOTHING.get(by, "of no kind")

    made = [Group(key, name(key), tuple(members)) for key, members in found.items()]
    return sorted(made, key=lambda group: (-len(group.findings), group.key))


def faults(findings: Iterable[Finding]) -> list[tuple[Finding, ...]]:
    """Findings of one fault together: the same demand of the same shape, not met in the same way.

    Where the value at fault is a thing that others share, such as a concept that there is not, it must be the same too.

    >>> one, other = (Finding("odd", "info", "urn:shape", node) for node in ("urn:a", "urn:b"))
    >>> [len(fault) for fault in faults([one, other])]
    [2]
    """
    found: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        value = finding.value or ""
        shared = value if ":" in value and not value.startswith("_:") and "/data/document/" not in value else ""
        key = (finding.shape, finding.component, finding.path, finding.severity, shared and finding.allowed and shared)
        found.setdefault(key, []).append(finding)
    return [tuple(fault) for fault in found.values()]


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each severity.

    >>> counts([])
    {'violation': 0, 'warning': 0, 'info': 0}
    """
    told = Counter(finding.severity for finding in findings)
    return {severity: told[severity] for severity in SEVERITIES}


def counted(findings: Iterable[Finding]) -> str:
    """The same in words.

    >>> counted([Finding("odd", "warning", "urn:shape", "urn:node")]), counted([])
    ('1 warning', 'no findings')
    """
    parts = (f"{n} {name}{'s' if n > 1 and name != 'info' else ''}" for name, n in counts(findings).items() if n)
    return ", ".join(parts) or "no findings"
