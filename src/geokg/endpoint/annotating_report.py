"""What the shapes say of one document, judged with what stewards wrote and without the other documents."""

from __future__ import annotations

from ..graph import KnowledgeGraph
from ..store import Store
from ..validation import Finding, validate


def findings_of(store: Store, document: str) -> tuple[Finding, ...]:
    """The findings about one document: quick, however many others there are.

    Args:
        store: the graph.
        document: the id of the document.

    >>> import geokg
    >>> findings_of(geokg.sample().store, "china-taliban/article")
    ()
    """
    base = store.base
    alone = Store.memory(base=base)
    own = base.document_graph(document)
    left_out = (base.graph + "document/", base.graph + "accepted/", base.graph + "inferred", base.graph + "report")
    for graph in store.graphs():
        if graph == own or not graph.startswith(left_out):
            alone.extend(store.quads(graph))
    return tuple(one for one in validate(KnowledgeGraph(alone)).findings if one.document == document)
