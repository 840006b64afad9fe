"""What people type, to IRIs: names in any language, prefixed names, whole IRIs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import pyoxigraph as ox
from rdflib.namespace import RDF, SKOS

from .errors import GeokgError, UnknownTerm
from .store import Store
from .vocabulary import GK, prefixes


class Names:
    """The names in a store.

    Args:
        store: where to look.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def find(self, name: str) -> list[str]:
        """The IRIs of whatever has a name, in any language and case; an IRI or a prefixed name gives itself.

        Raises:
            UnknownTerm: nothing has it; with the nearest names.

        >>> from geokg import sample
        >>> sample().names.find("塔利班")
        ['https://w3id.org/geokg/data/entity/taliban']
        """
        iri = self.expand(name)
        if iri is not None:
            return [iri]
        wanted = " ".join(name.split()).casefold()
        found = {iri for label, iri in self._labels() if label.casefold() == wanted}
        if not found:
            labels = {label.casefold(): label for label, _ in self._labels()}
            near = difflib.get_close_matches(wanted, labels, n=3)
            raise UnknownTerm(name, did_you_mean=tuple(labels[one] for one in near), kind="name")
        return sorted(found)

    def triple(self, subject: str, predicate: str, value: str) -> ox.Triple:
        """A triple that the store holds, as people say it.

        Args:
            subject: whatever ``find`` takes.
            predicate: likewise, or the last part of a term of ours, or ``a``.
            value: likewise, or the text of a literal.

        Raises:
            UnknownTerm: nothing goes by that name.
            GeokgError: the store does not say so.

        >>> from geokg import sample
        >>> sample().names.triple("Taliban", "controls", "territory of Afghanistan").object.value
        'https://w3id.org/geokg/data/entity/territory-of-afghanistan'
        """
        ours = ox.NamedNode(str(GK) + predicate) if predicate.isalnum() else None
        if predicate == "a":
            properties = [str(RDF.type)]
        else:
            properties = [ours.value] if ours and self.store.contains(ours) else self.find(predicate)
        try:
            values = {value, *self.find(value)}
        except UnknownTerm:
            values = {value}  # a literal, then
        for one in self.find(subject):
            node = ox.BlankNode(one[2:]) if one.startswith("_:") else ox.NamedNode(one)
            for quad in (quad for name in properties for quad in self.store.match(node, ox.NamedNode(name))):
                if getattr(quad.object, "value", "") in values:
                    return quad.triple
        raise GeokgError(f"the graph does not say that {subject} {predicate} {value}")

    def expand(self, name: str) -> str | None:
        """The IRI that a string is, whole or with one of the usual prefixes; ``None`` if it is neither.

        >>> Names(Store.memory()).expand("gk:Claim")
        'https://w3id.org/geokg/ontology/Claim'
        """
        name = name.strip().removeprefix("<").removesuffix(">")
        prefix, colon, local = name.partition(":")
        if not colon or " " in name:
            return None
        if local.startswith("//") or prefix in ("urn", "_"):
            return name
        namespace = prefixes(self.store.base).get(prefix)
        return namespace + local if namespace else None

    def _labels(self) -> Iterator[tuple[str, str]]:
        for predicate in (SKOS.prefLabel, SKOS.altLabel):
            for quad in self.store.match(predicate=ox.NamedNode(predicate)):
                if isinstance(quad.object, ox.Literal) and isinstance(quad.subject, ox.NamedNode):
                    yield quad.object.value, quad.subject.value

    def whoever(self, name: str) -> set[str]:
        """What has a name, and the groups within it."""
        found = set(self.find(name))
        values = " ".join(f"<{iri}>" for iri in sorted(found))
        rows = self.store.solutions(f"SELECT ?group {{ VALUES ?whole {{ {values} }} ?group gk:isGroupWithin+ ?whole }}")
        return found | {row["group"].value for row in rows}
