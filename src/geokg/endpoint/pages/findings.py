"""What the report shows of findings: those that an address asks for, in groups, each with its words and its mending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import groupby
from typing import TypeVar, cast

import pyoxigraph as ox
from rdflib.namespace import DCTERMS

from ...text import Span
from ...validation import GROUPINGS, SEVERITIES, Finding, Fix
from ...validation.demands import Rule
from ...validation.fixes import moved
from ...validation.grouping import Group, groups
from ...validation.layout import Layout, brief, causes, place, rule
from ...vocabulary import GKS
from ..site import Site
from ..standing import Judged, demands
from ..wording import gettext as _
from .filters import Choice, Chosen, Filter, Pages
from .reading import Reading
from .shown import RIGHT_TO_LEFT, Value, marked

T = TypeVar("T")
FOLD = 10
"""Of one fault that is found more often, only the first finding is shown in full."""
OTHERS = 20
"""As many of the others are named."""
_SENTENCES, _AROUND, _ALLOWED, _STATEMENTS = 3, 300, 8, 12

_HELD: dict[str, Callable[[Finding], tuple[str, ...]]] = {
    "severity": lambda finding: (finding.severity,),
    "shape": lambda finding: (finding.shape.removeprefix(str(GKS)),),
    "property": lambda finding: (finding.path,) if finding.path else (),
    "kind": lambda finding: (finding.kind,) if finding.kind else (),
    "document": lambda finding: (finding.document,) if finding.document else (),
    "annotator": lambda finding: finding.annotators,
    "finding": lambda finding: (finding.fingerprint,),
}
FIELDS = (*list(_HELD)[:-1], "since")
"""The filters that the page has fields for."""


@dataclass(frozen=True)
class Held(Filter):
    """A filter by what findings hold. Any value may be asked for: what none holds any more has been mended.

    Attributes:
        labels: how values are read, where that is not as they are.
    """

    labels: Mapping[str, str] = field(default_factory=dict)

    def check(self, value: str) -> None:
        """Nothing is wrong with any value."""

    def label_of(self, value: str) -> str:
        """How a value is read.

        >>> Held("shape", "shape", labels={"Labels": "has a name"}).label_of("Labels")
        'has a name'
        """
        return self.labels.get(value, value)


@dataclass(frozen=True)
class Sentence:
    """A sentence with the words of a finding in it.

    Attributes:
        pieces: its text, each piece with whether it is under the words.
        span: the first of these words.
        href: where the reader shows them.
        language: of the text.
    """

    pieces: tuple[tuple[str, bool], ...]
    span: Span
    href: str
    language: str

    @property
    def direction(self) -> str:
        """``rtl`` for languages that are written so."""
        return "rtl" if self.language.split("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True)
class Mending:
    """A fix with what it does, in words.

    Attributes:
        fix: its words and the update.
        removed: what it takes away, each a subject, a property and a value.
        added: what it adds.
    """

    fix: Fix
    removed: tuple[tuple[Value, ...], ...] = ()
    added: tuple[tuple[Value, ...], ...] = ()


@dataclass(frozen=True)
class Fault:
    """A finding as the page shows it, with those of the same fault.

    Attributes:
        finding: the first.
        focus: the node that was judged.
        value: the value at fault, if one is.
        sentences: the words behind it.
        causes: what is wrong inside it, each with how deep it lies.
        proof: the statements that show it.
        is_new: whether it was not there before; ``None`` if that is not known.
        mending: what would mend it.
        others: where the others are: the place, and its address if it has one.
        left: how many more there are.
    """

    finding: Finding
    focus: Value
    value: Value | None
    sentences: tuple[Sentence, ...]
    causes: tuple[tuple[int, str], ...]
    proof: tuple[str, ...]
    is_new: bool | None
    mending: Mending | None
    others: tuple[tuple[str, str | None], ...] = ()
    left: int = 0

    @property
    def count(self) -> int:
        """How many findings this stands for."""
        return 1 + len(self.others) + self.left

    @property
    def allowed(self) -> tuple[str, ...]:
        """What the shape would take instead, the first of it."""
        return self.finding.allowed[:_ALLOWED]

    @property
    def more_allowed(self) -> int:
        """How much more of that there is."""
        return len(self.finding.allowed) - len(self.allowed)


@dataclass(frozen=True)
class Section:
    """Faults that have something in common.

    Attributes:
        group: what that is, and all findings of it.
        name: what to call it.
        rule: what is demanded, where it is a shape.
        href: the page of that shape.
        faults: those on this part of the list.
    """

    group: Group
    name: str
    rule: Rule | None
    href: str | None
    faults: tuple[Fault, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity, of those that have any."""
        found = Counter(finding.severity for finding in self.group.findings)
        return {severity: found[severity] for severity in SEVERITIES if found[severity]}


class Listed:
    """The findings that the address of the request at hand asks for.

    Args:
        site: the site.
        judged: the report.

    Raises:
        ProtocolError: 400; the address asks for what there is not.

    Attributes:
        chosen: what the address says.
        findings: those that it asks for, in the order of the report.
    """

    def __init__(self, site: Site, judged: Judged) -> None:
        self.site, self.judged, self.report = site, judged, judged.report
        self._reading = Reading(site)
        self._languages: dict[str, str] = {}
        severities = {"violation": _("violation"), "warning": _("warning"), "info": _("remark")}
        titles = {iri.removeprefix(str(GKS)): title for iri, title in self.report.titles.items()}
        filters: list[Filter] = [
            Filter("severity", _("Severity"), choices=tuple(Choice(*item) for item in severities.items())),
            Held("shape", _("Shape"), labels=titles),
            Held("property", _("Property")),
            Held("kind", _("Kind of fault")),
            Held("document", _("Document")),
            Held("annotator", _("Annotator")),
            Held("finding", _("Finding")),
        ]
        since = {"new": _("new"), "standing": _("standing")}
        others = {"by": GROUPINGS, "fold": ("0",), "format": (), "since": tuple(since)}
        if judged.difference is not None:
            choices = tuple(Choice(*item) for item in since.items())
            label = _("Since the check before") if site.findings.known is None else _("Against the baseline")
            filters.append(Filter("since", label, choices=choices, is_single=True))
        self.chosen = Chosen.read(filters, others=others)
        self.findings = tuple(self._asked()) if self.chosen.values else self.report.findings

    @cached_property
    def _new(self) -> frozenset[int]:
        difference = self.judged.difference
        return frozenset() if difference is None else frozenset(map(id, difference.new))

    def _asked(self, without: str = "") -> Iterator[Finding]:
        wanted = {name: set(values) for name, values in self.chosen.values.items() if name != without}
        since = wanted.pop("since", None)
        for finding in self.report:
            if since is not None and ("new" in since) != (id(finding) in self._new):
                continue
            if all(not values.isdisjoint(_HELD[name](finding)) for name, values in wanted.items()):
                yield finding

    @cached_property
    def options(self) -> dict[str, list[tuple[str, str]]]:
        """The values of each filter among the findings that all others leave, the most frequent first, with counts."""
        made = {}
        for one in self.chosen.filters:
            if one.name not in FIELDS or one.name == "since":
                continue
            found = self._once(("counts", one.name), partial(self._counted, one.name))
            ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
            made[one.name] = [(value, f"{one.label_of(value) or value} ({count})") for value, count in ordered]
        return made

    def _counted(self, name: str) -> Counter[str]:
        chosen = self.chosen.values.get(name, ())
        findings = self._asked(name) if chosen else self.findings
        found = Counter(value for finding in findings for value in _HELD[name](finding))
        found.update(dict.fromkeys(chosen, 0))  # what is chosen is there to be chosen, if nobody has it any more
        return found

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is made of all findings is made once, of some each time."""
        if self.chosen.values:
            return make()
        memory = self.judged.memory
        if key not in memory:
            memory[key] = make()
        return cast(T, memory[key])

    @property
    def arguments(self) -> dict[str, list[str]]:
        """What is chosen, for addresses of the same in other formats."""
        return {name: list(values) for name, values in self.chosen.values.items()}

    @property
    def has_fixes(self) -> bool:
        """Whether anything would mend one of them."""
        return self._once("fixes", lambda: any(finding.fix for finding in self.findings))

    @property
    def by(self) -> str:
        """What findings are put together by."""
        return self.chosen.other("by", "shape")

    @cached_property
    def pages(self) -> Pages:
        """Which part of the faults is shown."""
        return Pages(len(self._faults), self.chosen.page)

    @cached_property
    def _faults(self) -> list[tuple[Group, tuple[Finding, ...]]]:
        fold = int(self.chosen.other("fold", str(FOLD)))
        return self._once(("faults", self.by, fold), partial(self._grouped, fold))

    def _grouped(self, fold: int) -> list[tuple[Group, tuple[Finding, ...]]]:
        layout = Layout(fold=fold)
        made = groups(self.findings, self.by, titles=self.report.titles, prefixes=self.report.prefixes)
        return [(group, fault) for group in made for fault in layout.faults(group)]

    @cached_property
    def sections(self) -> list[Section]:
        """What this part of the list shows."""
        shown = self._faults[self.pages.offset : self.pages.offset + self.pages.size]
        documents = {span.document for _group, fault in shown for span in fault[0].spans}
        self._reading.expect(map(self.site.base.document, documents))
        fixed = [one for _group, (first, *_rest) in shown if first.fix for some in moved(first.fix) for one in some]
        self._reading.expect(term.value for one in fixed for term in one.triple if isinstance(term, ox.NamedNode))
        made = []
        for _key, some in groupby(shown, key=lambda pair: pair[0].key):
            pairs = list(some)
            group = pairs[0][0]
            is_shape = self.by == "shape"
            named = demands().get(group.key) if is_shape else None
            href = self.site.link(group.key) if is_shape else None
            faults = tuple(self._fault(fault) for _group, fault in pairs)
            made.append(Section(group, self._name(group), named, href, faults))
        return made

    def _name(self, group: Group) -> str:
        if self.by == "shape":
            return self.report.titles.get(group.key) or rule(self.report, group.key)
        label = next((one.label_of(group.key) for one in self.chosen.filters if one.name == self.by), None)
        return label or group.key or _("none named")

    def _fault(self, fault: tuple[Finding, ...]) -> Fault:
        first = fault[0]
        others = fault[1 : 1 + OTHERS]
        return Fault(
            first,
            self._node(first.focus, first.name),
            None if first.value is None else self._node(first.value, first.value_name),
            tuple(self._sentences(first)),
            tuple(causes(first.causes)),
            tuple(brief(self.report, line) for line in first.proof),
            None if self.judged.difference is None else id(first) in self._new,
            self._mending(first.fix) if first.fix else None,
            tuple((place(one) if one.span else one.name or place(one), self._at(one)) for one in others),
            len(fault) - 1 - len(others),
        )

    def _node(self, node: str, name: str) -> Value:
        """A node or a literal as a finding holds it."""
        return Value(name or node, self.site.link(node), node if "://" in node else "")

    def _at(self, finding: Finding) -> str | None:
        """Where a finding can be looked at: its words in the reader, or else its node."""
        return self._reader(finding.span) if finding.span else self.site.link(finding.focus)

    def _reader(self, span: Span) -> str:
        return f"{self.site.address(self.site.base.document(span.document)) or ''}#{span.fragment}"

    def _sentences(self, finding: Finding) -> Iterator[Sentence]:
        """The sentences around the words of a finding, the first of them; of a long one what stands near."""
        found: dict[tuple[str, int, int], list[Span]] = {}
        for span in finding.spans:
            around = self.report.texts[span.document].sentence(span)
            found.setdefault((span.document, around.start, around.end), []).append(span)
        for (document, start, end), spans in list(found.items())[:_SENTENCES]:
            text = self.report.texts[document].content
            low = max(start, spans[0].start - _AROUND)
            high = min(end, spans[-1].end + _AROUND, low + 4 * _AROUND)
            pieces = list(marked(text[low:high], low, spans))
            pieces = [("…", False)] * (low > start) + pieces + [("…", False)] * (high < end)
            yield Sentence(tuple(pieces), spans[0], self._reader(spans[0]), self._language(document))

    def _language(self, document: str) -> str:
        if document not in self._languages:
            found = self._reading.views.literal(self.site.base.document(document), str(DCTERMS.language))
            self._languages[document] = found or ""
        return self._languages[document]

    def _mending(self, mended: Fix) -> Mending:
        removed, added = moved(mended)
        return Mending(mended, self._statements(removed), self._statements(added))

    def _statements(self, quads: Iterable[ox.Quad]) -> tuple[tuple[Value, ...], ...]:
        ordered = sorted(quads, key=str)[:_STATEMENTS]
        value = self._reading.value
        return tuple(
            (value(one.subject), self._reading.name(one.predicate.value), value(one.object)) for one in ordered
        )

    @property
    def vacuous(self) -> list[Value]:
        """The shapes that judged nothing."""
        iris = sorted(self.report.vacuous)
        return [Value(self.report.titles.get(iri) or iri, self.site.link(iri), iri) for iri in iris]
