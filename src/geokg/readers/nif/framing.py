"""Web Annotations in RDF, as the JSON that they would be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from ..placed import Placed
from .graph import Graph, Literal, Term
from .names import KEYS, OA, PAGE, TYPE
from .strings import Strings

_NESTS = (KEYS["value"], KEYS["source"], KEYS["selector"], KEYS["name"], KEYS["exact"], KEYS["start"])


class Framing:
    """The annotations of a graph, as JSON objects.

    Args:
        graph: the graph.
        strings: the strings in it, which are what annotations are about.
        local: makes the IRIs of annotations and bodies relative, where they can be.
    """

    def __init__(self, graph: Graph, strings: Strings, local: Callable[[str], str]) -> None:
        self._graph = graph
        self._strings = strings
        self._local = local
        self._annotations = dict.fromkeys(one for one in graph if OA + "Annotation" in graph.nodes(one, TYPE))
        self._aims = Counter(target for one in self._annotations for target in graph.nodes(one, KEYS["target"]))

    def apart(self) -> set[str]:
        """The strings that are only where annotations point to."""
        direct = {target for one in self._annotations for target in self._graph.nodes(one, KEYS["target"])}
        return direct | {source for one in direct for source in self._graph.nodes(one, KEYS["source"])}

    def annotations(self) -> Iterator[Placed]:
        """The annotations, in file order."""
        for one in self._annotations:
            found = self._object(one, {one}, leave=("target",))
            found["type"] = "Annotation"
            defines = OA + "describing" in self._graph.nodes(one, KEYS["motivation"])
            found["target"] = [self._target(value, defines) for value in self._graph.nodes(one, KEYS["target"])]
            yield found

    def creator(self) -> object:
        """Who made a page of annotations, for one that is empty."""
        for one in self._graph:
            if PAGE in self._graph.nodes(one, TYPE):
                return self._object(one, {one}).get("creator")
        return None

    def _object(self, node: str, seen: set[str], leave: tuple[str, ...] = ()) -> Placed:
        found = Placed() if node.startswith("_:") else Placed(id=self._local(node))
        found["type"] = [kind.removeprefix(OA) for kind in self._graph.nodes(node, TYPE)]
        for key, predicate in KEYS.items():
            values = self._graph.of(node).get(predicate)
            if values and key not in leave:
                framed = [self._value(key, value, seen) for value in values]
                found[key] = framed if len(framed) > 1 else framed[0]
        return found

    def _value(self, key: str, value: Term, seen: set[str]) -> object:
        if isinstance(value, Literal):
            return int(value.value) if value.integer and value.value.lstrip("+-").isdecimal() else value.value
        if key in ("motivation", "purpose"):
            return value.removeprefix(OA)
        # An annotation, a string and what a resource is made from are named; the rest stands in place.
        nests = value.startswith("_:") or any(predicate in self._graph.of(value) for predicate in _NESTS)
        if key == "source" or value in seen or value in self._annotations or not nests:
            return self._local(value)
        return self._object(value, seen | {value})

    def _target(self, node: str, defines: bool) -> object:
        if node in self._strings.targets:
            return self._words(node, Placed())
        if node in self._strings.contexts:
            return Placed(source=node)
        sources = self._graph.nodes(node, KEYS["source"])
        # A resource that several annotations are about is made by the one that describes it, and named by the others.
        if not sources or (self._aims[node] > 1 and not defines and not node.startswith("_:")):
            return self._local(node)
        found = self._object(node, {node})
        if sources[0] in self._strings.targets:
            return self._words(sources[0], found)
        found["source"] = sources[0] if sources[0] in self._strings.contexts else self._local(sources[0])
        return found

    def _words(self, string: str, found: Placed) -> Placed:
        target = self._strings.targets[string]
        inner = found.get("selector")
        selectors = list(target.selectors)
        if inner is not None:
            selectors = [_refined(selectors[-1], inner)]
        found["source"], found["selector"] = target.iri, selectors
        return found


def _refined(selector: Placed, inner: object) -> Placed:
    found = Placed(selector)
    found["refinedBy"] = inner
    return found
