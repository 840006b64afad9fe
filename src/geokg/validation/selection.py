"""Some of the shapes: those that a person names, and those that have to run for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

import pyoxigraph as ox

from ..shacl import ShapesError, model
from ..shacl.shapes import short
from .lookup import Term
from .messages import closure, every
from .nearest import local


@dataclass(frozen=True)
class Selection:
    """Shapes that were chosen.

    Attributes:
        run: the IRIs of the shapes with targets that call one of them, or are one.
        told: their nodes, and those of all shapes that they call: whose findings are wanted.
    """

    run: frozenset[str]
    told: frozenset[Term]


def select(
    shapes: model.Model, names: Iterable[str], prefixes: Mapping[str, str], more: Iterable[str] = ()
) -> Selection:
    """The shapes of some names.

    Args:
        shapes: all there are.
        names: each an IRI, a short one, the last part of one, or a label.
        prefixes: for short IRIs.
        more: IRIs of rules that are no shapes, which can be named too.

    Raises:
        ShapesError: a name is nobody's; with those that are near it.
    """
    called = _names(shapes, dict(prefixes), more)
    chosen: set[Term] = set()
    for name in names:
        if name not in called:
            near = get_close_matches(name, called, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise ShapesError(f"there is no shape {name!r}{hint}")
        chosen |= called[name]
    inner = {shape.node for shape in closure(*(shape for shape in every(shapes) if shape.node in chosen))}
    run = {shape.node.value for shape in shapes.shapes if any(one.node in chosen for one in closure(shape))}
    return Selection(frozenset(run), frozenset(inner | chosen))


def _names(shapes: model.Model, prefixes: dict[str, str], more: Iterable[str]) -> dict[str, set[Term]]:
    called: dict[str, set[Term]] = {}
    labelled = [(shape.node, [name.value for name in shape.names]) for shape in every(shapes)]
    for node, labels in [*labelled, *((ox.NamedNode(iri), list[str]()) for iri in more)]:
        if isinstance(node, ox.NamedNode):
            labels += [node.value, short(node.value, prefixes), local(node)]
        for label in labels:
            called.setdefault(label, set()).add(node)
    return called
