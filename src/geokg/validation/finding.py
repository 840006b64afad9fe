"""One finding: what is wrong, where, why, and what would mend it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from typing import Any, Literal, get_args

from ..text import Span

Severity = Literal["violation", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the worst to the mildest."""

_FINGERPRINT = 16


@dataclass(frozen=True)
class Cause:
    """Why something inside a finding fails.

    Attributes:
        message: what is wrong, in plain words.
        causes: what is wrong inside it.
    """

    message: str
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class Fix:
    """A change that would mend a finding, for a person to look at and apply.

    Attributes:
        words: what it does.
        update: the change, as a SPARQL update without prefixes.
    """

    words: str
    update: str


@dataclass(frozen=True)
class Finding:
    """Something in the data that a shape asks to be otherwise.

    Attributes:
        message: what is wrong, in plain words.
        severity: ``violation``, ``warning`` or ``info``.
        shape: the IRI of the shape, for a nameless one that of the shape that it belongs to.
        focus: the IRI of the node that was judged; a blank node as ``_:...``, a literal as it is written.
        name: what a person would call that node.
        path: the property, or the path in SPARQL's notation; empty for a node shape.
        value: the value at fault, if one is, as an IRI, ``_:...`` or the literal's text.
        component: the IRI of the kind of constraint.
        spans: the words in the texts behind the finding, best first.
        document: the id of the document that it belongs to, or nothing.
        excerpt: the line of the text that the first span begins in.
        causes: what is wrong inside it, for shapes that ask for other shapes.
        value_name: what a person would call that value.
        allowed: what the shape would take instead, in words.
        nearest: what of that was probably meant.
        proof: the statements that show it, as N-Quads.
        annotators: who annotated the words, as the data has it.
        fix: a change that would mend it, where there is only one that could be meant.
    """

    message: str
    severity: Severity
    shape: str
    focus: str
    name: str = ""
    path: str = ""
    value: str | None = None
    component: str = ""
    spans: tuple[Span, ...] = ()
    document: str = ""
    excerpt: str = ""
    causes: tuple[Cause, ...] = ()
    value_name: str = ""
    allowed: tuple[str, ...] = ()
    nearest: str = ""
    proof: tuple[str, ...] = ()
    annotators: tuple[str, ...] = ()
    fix: Fix | None = None

    @property
    def span(self) -> Span | None:
        """The words that the finding is about, if any are known."""
        return self.spans[0] if self.spans else None

    @property
    def kind(self) -> str:
        """The kind of constraint, as SHACL calls its parameter.

        >>> iri = "http://www.w3.org/ns/shacl#MinCountConstraintComponent"
        >>> Finding("odd", "info", "urn:shape", "urn:node", component=iri).kind
        'minCount'
        """
        name = self.component.removeprefix("http://www.w3.org/ns/shacl#").removesuffix("ConstraintComponent")
        return name if name == self.component else {"SPARQL": "sparql"}.get(name, name[:1].lower() + name[1:])

    @cached_property
    def fingerprint(self) -> str:
        """What tells this finding from others, whenever and wherever the graph is judged again.

        A node of a document has an IRI that hangs on its offsets, and a blank node one that hangs on nothing: their
        words stand for them, or else their name. So a finding stays the same when lines are added above it.

        >>> low, high = (Span("a", n, n + 3, "Two") for n in (5, 50))
        >>> one = Finding("odd", "info", "urn:shape", "x:/data/document/a/1", spans=(low,), document="a")
        >>> other = Finding("odd", "info", "urn:shape", "x:/data/document/a/2", spans=(high,), document="a")
        >>> one.fingerprint == other.fingerprint
        True
        """
        if self.focus.startswith("_:"):
            focus = self.name
        elif self.spans and _is_local(self.focus):
            focus = "\n".join(span.exact for span in self.spans)
        else:
            focus = self.focus
        value = "" if self.value is None or _is_local(self.value) else self.value
        told = (self.shape, self.component, self.path, self.document, focus, value)
        return hashlib.sha256("\x00".join(told).encode("utf-8", "replace")).hexdigest()[:_FINGERPRINT]


class LateFinding(Finding):
    """A finding whose words are looked up when somebody asks for them; the data must be the same until then.

    Args:
        words: gives the fields that are not there yet.
        known: those that are.

    >>> known = {"severity": "info", "shape": "urn:shape", "focus": "urn:node"}
    >>> LateFinding(lambda: {"message": "odd"}, known).message
    'odd'
    """

    def __init__(self, words: Callable[[], dict[str, Any]], known: dict[str, Any]) -> None:
        vars(self).update(known, _words=words)


class _Late:
    """A field of a :class:`LateFinding`: once it is asked for, all of them are there, before this."""

    def __init__(self, name: str, otherwise: object) -> None:
        self._name = name
        self._otherwise = otherwise

    def __get__(self, finding: LateFinding | None, owner: type) -> object:
        if finding is None:
            return self._otherwise
        own = vars(finding)
        if words := own.pop("_words", None):
            own.update(words())
        return own.get(self._name, self._otherwise)


for _field in fields(Finding):
    setattr(LateFinding, _field.name, _Late(_field.name, None if _field.default is MISSING else _field.default))


def _is_local(node: str) -> bool:
    return node.startswith("_:") or "/data/document/" in node
