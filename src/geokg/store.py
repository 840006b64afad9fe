"""Where the quads live: in memory, or in a folder on disk (RocksDB), behind one small face over pyoxigraph.

Every query sees the union of all graphs as its default graph unless it is told otherwise, and needs to declare none of
the usual prefixes. Known and left as it is: the store respells literals (``007`` becomes ``7``, ``+00:00`` becomes
``Z``) and puts language tags in lower case.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeAlias

import pyoxigraph as ox

from . import canonical
from .bombs import bomb
from .errors import GeokgError, QuerySyntaxError, ReadError, UnknownFormat
from .files import beside, read_bytes, replace_folder, write_beside
from .vocabulary import Base, prefixes

Node: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Triple
Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Results: TypeAlias = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples
_PLACE = re.compile(r"error at (\d+):(\d+): ")
_ALTERNATIVES = 12
_NOTHING = ox.Store()
_GENERATION = "geokg-generation"
# A word of a query that is no part of an IRI, a string, a comment, a name with a prefix or a variable.
_TOKEN = re.compile(
    r"""<[^<>"{}|^`\\\s]*>|\#[^\n\r]*|\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|\'\'\'(?:[^'\\]|\\.|'(?!''))*\'\'\'
    |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*'|[?$@]\w+|[\w.-]*:[^\s;,(){}\[\]]*|(?P<word>[A-Za-z]+)""",
    re.VERBOSE | re.DOTALL,
)


def parse(path: Path, *, graph: str | None = None, base_iri: str | None = None) -> Iterator[ox.Quad]:
    """The quads of an RDF file, in file order, each literal as it is spelt there.

    Blank nodes get new labels, so that those of two files never meet.

    Args:
        path: Turtle, N-Triples, TriG, N-Quads, JSON-LD or RDF/XML, told by its ending.
        graph: the named graph for triples that stand in none.
        base_iri: what relative IRIs are relative to.

    Raises:
        UnknownFormat: the ending says nothing.
        ReadError: the file cannot be read, or does not parse; with its line.

    >>> from .vocabulary import packaged
    >>> len(list(parse(packaged("ontology") / "vocab" / "polarity.ttl"))) > 5
    True
    """
    rdf_format = ox.RdfFormat.from_extension(path.suffix.removeprefix("."))
    if rdf_format is None:
        raise UnknownFormat("not an RDF file; known are .ttl .nt .trig .nq .jsonld .rdf", path=path)
    default = ox.NamedNode(graph) if graph else None
    if why := bomb(partial(read_bytes, path), rdf_format):
        raise ReadError(why, path=path)
    try:
        for quad in ox.parse(path=str(path), format=rdf_format, base_iri=base_iri, rename_blank_nodes=True):
            if default is not None and isinstance(quad.graph_name, ox.DefaultGraph):
                yield ox.Quad(quad.subject, quad.predicate, quad.object, default)
            else:
                yield quad
    except SyntaxError as error:
        raise ReadError(error.msg, path=path, line=error.lineno, column=error.offset) from error
    except (OSError, ValueError) as error:
        raise ReadError(str(error), path=path) from error


class Store:
    """Quads, and SPARQL over them.

    Attributes:
        ox: the pyoxigraph store itself, for whatever is not here.
        base: where data and graphs are named.
        generation: a number that no earlier state of the data had; whoever changes a served store otherwise than by
            ``extend``, ``remove`` and ``drop`` raises it. A store on disk has the one that ``keep_generation`` wrote
            down.

    >>> store = Store.memory()
    >>> store.extend([ox.Quad(ox.NamedNode("x:s"), ox.NamedNode("x:p"), ox.Literal("o"), ox.NamedNode("x:g"))])
    >>> [row["o"].value for row in store.query("SELECT ?o { ?s ?p ?o }")]
    ['o']
    """

    is_here: ClassVar[bool] = True
    """Whether the quads are on this machine, and are read as SPARQL wants them read."""

    @property
    def reads_alike(self) -> bool:
        """Whether it makes of every query what the engine here does."""
        return self.is_here

    def __init__(self, store: ox.Store, *, base: Base | None = None) -> None:
        self.ox = store
        self.base = base or Base.from_environment()
        self.generation = time.time_ns()
        self._prefixes = prefixes(self.base)

    @classmethod
    def memory(cls, *, base: Base | None = None) -> Store:
        """An empty store in memory."""
        return cls(ox.Store(), base=base)

    @classmethod
    def at(cls, folder: Path, *, read_only: bool = False, base: Base | None = None) -> Store:
        """A store on disk.

        Args:
            folder: the store's folder; made if it is not there, unless ``read_only``.
            read_only: open it for reading, beside a process that writes.
            base: where data and graphs are named.

        Raises:
            ReadError: the folder is no store, or another process has it open.
        """
        generation = _kept_generation(folder)
        try:
            store = cls(ox.Store.read_only(str(folder)) if read_only else ox.Store(str(folder)), base=base)
        except (OSError, ValueError) as error:
            raise ReadError(f"cannot be opened as a store: {error}", path=folder) from error
        store.generation = generation or store.generation
        return store

    def keep_generation(self, folder: Path) -> None:
        """Write the generation beside the files of a store on disk, for whoever opens it next.

        It counts only until somebody writes there and does not do this: what the files are is written down with it.
        """
        write_beside(folder / _GENERATION, [f"{self.generation}\n", *_files(folder)])

    @classmethod
    def load(cls, path: Path, *, base: Base | None = None) -> Store:
        """A store in memory with the content of an RDF file.

        Triples that stand in no named graph stand in the store's unnamed one.

        Raises:
            ReadError: the file does not parse; with its line.
        """
        store = cls.memory(base=base)
        store.extend(parse(path))
        return store

    def __len__(self) -> int:
        return len(self.ox)

    def extend(self, quads: Iterable[ox.Quad]) -> None:
        """Add quads, all or nothing."""
        self.ox.extend(quads)
        self.generation += 1

    def remove(self, quads: Iterable[ox.Quad]) -> None:
        """Take quads away; no error where one is not there."""
        for quad in list(quads):
            self.ox.remove(quad)
        self.generation += 1

    def quads(self, graph: str | None = None) -> Iterator[ox.Quad]:
        """All quads, or those of one named graph."""
        return self.ox.quads_for_pattern(None, None, None, ox.NamedNode(graph) if graph else None)

    def match(
        self,
        subject: Node | None = None,
        predicate: ox.NamedNode | None = None,
        object: Term | None = None,
        graph: ox.NamedNode | None = None,
    ) -> Iterator[ox.Quad]:
        """The quads that fit; what is not given fits all.

        >>> list(Store.memory().match(predicate=ox.NamedNode("x:p")))
        []
        """
        return self.ox.quads_for_pattern(subject, predicate, object, graph)

    def contains(
        self,
        subject: Node | None = None,
        predicate: ox.NamedNode | None = None,
        object: Term | None = None,
        graph: ox.NamedNode | None = None,
    ) -> bool:
        """Whether any quad fits; what is not given fits all."""
        return next(iter(self.match(subject, predicate, object, graph)), None) is not None

    def unknown(self, triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
        """Those triples that stand in no graph, each once."""
        for triple in dict.fromkeys(triples):
            if not self.contains(triple.subject, triple.predicate, triple.object):
                yield triple

    def has_graph(self, graph: str) -> bool:
        """Whether there is a named graph, be it empty."""
        return self.ox.contains_named_graph(ox.NamedNode(graph))

    def graphs(self) -> list[str]:
        """The IRIs of the named graphs, sorted."""
        return sorted(graph.value for graph in self.ox.named_graphs() if isinstance(graph, ox.NamedNode))

    def sizes(self) -> dict[str, int]:
        """How many triples stand in each named graph.

        >>> Store.memory().sizes()
        {}
        """
        return {name: sum(1 for _ in self.quads(name)) for name in self.graphs()}

    def drop(self, graph: str) -> None:
        """Remove a named graph with all that it holds; no error when it is not there."""
        self.ox.remove_graph(ox.NamedNode(graph))
        self.generation += 1

    def query(
        self,
        sparql: str,
        *,
        default_graph: str | Iterable[str] | None = None,
        named_graphs: Iterable[str] | None = None,
        base_iri: str | None = None,
        substitutions: Mapping[str, ox.NamedNode | ox.BlankNode | ox.Literal] | None = None,
        union: bool = True,
    ) -> Results:
        """Run a SPARQL 1.1 query.

        Args:
            sparql: the query; the usual prefixes are declared.
            default_graph: the IRI, or IRIs, of what stands for the default graph.
            named_graphs: the IRIs of the graphs that ``GRAPH`` may see; all unless given.
            base_iri: what relative IRIs in the query are relative to.
            substitutions: values for variables, which the results then no longer hold.
            union: whether all graphs together stand for the default graph where nobody names one; else the unnamed one.

        Raises:
            QuerySyntaxError: the query does not parse; with line and column.

        >>> bool(Store.memory().query("ASK { ?s ?p ?o }"))
        False
        """
        chosen = [default_graph] if isinstance(default_graph, str) else default_graph
        # A dataset that is named in part is that part alone (SPARQL 1.1 Protocol 2.1.4).
        narrowed = chosen is not None or named_graphs is not None
        try:
            return self.ox.query(
                sparql,
                base_iri=base_iri,
                prefixes=self._prefixes,
                # pyoxigraph's union would silently overrule FROM, so it is asked for only where there is none.
                use_default_graph_as_union=union and not narrowed and not has_dataset(sparql),
                default_graph=[ox.NamedNode(iri) for iri in chosen or ()] if narrowed else None,
                named_graphs=[ox.NamedNode(iri) for iri in named_graphs or ()] if narrowed else None,
                substitutions={ox.Variable(name): value for name, value in (substitutions or {}).items()},
            )
        except SyntaxError as error:
            raise syntax_error(str(error)) from error

    def check(self, sparql: str, *, base_iri: str | None = None) -> Results:
        """Raise ``QuerySyntaxError`` unless a query parses; what comes back is empty, and of the kind of its answer."""
        try:
            return _NOTHING.query(sparql, prefixes=self._prefixes, base_iri=base_iri)
        except SyntaxError as error:
            raise syntax_error(str(error)) from error

    def solutions(
        self, sparql: str, substitutions: Mapping[str, ox.NamedNode | ox.BlankNode | ox.Literal] | None = None
    ) -> ox.QuerySolutions:
        """The rows of a ``SELECT`` query over the union of all graphs."""
        results = self.query(sparql, substitutions=substitutions)
        if not isinstance(results, ox.QuerySolutions):
            raise GeokgError("this needs a SELECT query")
        return results

    def save(self, target: Path) -> None:
        """Write all quads: the same quads give the same bytes.

        Args:
            target: a file ending in ``.trig``, ``.nq`` or ``.jsonld``, or a folder (no ending) for a store on disk.

        Raises:
            UnknownFormat: another ending.
            GeokgError: the target cannot be written; what was there before is still there.
        """
        writers: dict[str, Callable[[], Iterator[str]]] = {
            ".trig": self.trig,
            ".nq": lambda: iter(canonical.nquads(self.quads())),
            ".jsonld": self._jsonld,
        }
        if not target.suffix:
            self._save_folder(target)
        elif target.suffix in writers:
            write_beside(target, writers[target.suffix]())
        else:
            raise UnknownFormat("can be written: .trig, .nq, .jsonld, or a folder without an ending", path=target)

    def trig(self) -> Iterator[str]:
        """All quads as TriG, in pieces: the same quads give the same text."""
        return iter(canonical.trig(self.quads(), self._prefixes))

    def _jsonld(self) -> Iterator[str]:
        ordered = ox.parse("".join(canonical.nquads(self.quads())), format=ox.RdfFormat.N_QUADS)
        written = ox.serialize(ordered, format=ox.RdfFormat.JSON_LD, prefixes=self._prefixes)
        yield written.decode("utf-8") if written else ""

    def _save_folder(self, target: Path) -> None:
        if target.exists() and not (target / "CURRENT").exists():
            raise GeokgError(f"{target}: is there and is no store; choose another name or remove it")
        try:
            with beside(target, folder=True) as new:
                store = ox.Store(str(new))
                store.bulk_extend(self.quads())
                store.flush()
                del store
                replace_folder(new, target)
        except OSError as error:
            raise GeokgError(f"{target}: cannot be written: {error.strerror or error}") from error


def _kept_generation(folder: Path) -> int | None:
    """The generation that was written down in a store's folder, if it is still the one of what is there."""
    try:
        number, *files = (folder / _GENERATION).read_text(encoding="utf-8").splitlines(keepends=True)
        return int(number) if files == _files(folder) else None
    except (OSError, ValueError):
        return None


def _files(folder: Path) -> list[str]:
    """What tells whether anybody has written: whoever opens a store for writing makes CURRENT anew, and logs grow."""
    found = []
    for path in [folder / "CURRENT", *sorted(folder.glob("*.log"))]:
        about = path.stat()
        found.append(f"{path.name} {about.st_ino} {about.st_size} {about.st_mtime_ns}\n")
    return found


def has_dataset(sparql: str) -> bool:
    """Whether a query names its own dataset with ``FROM``.

    >>> has_dataset("SELECT * FROM <x:g> { ?s ?p ?o }"), has_dataset("SELECT ?from { ?s x:from 'FROM' } # FROM")
    (True, False)
    """
    return any((found["word"] or "").upper() == "FROM" for found in _TOKEN.finditer(sparql))


def syntax_error(message: str) -> QuerySyntaxError:
    """Oxigraph's complaint about a query, with its place told apart and its endless alternatives cut.

    >>> error = syntax_error('error at 2:12: expected one of "a", "b"')
    >>> error.line, error.column, str(error)
    (2, 12, 'line 2, column 12: expected one of "a", "b"')
    """
    found = _PLACE.match(message)
    if found is None:
        return QuerySyntaxError(message)
    line, column = int(found[1]), int(found[2])
    rest = message[found.end() :]
    if rest.startswith("expected one of Prefix not found"):
        rest = "this prefix is not declared"
    elif "[_]" in rest or rest.count(", ") > _ALTERNATIVES:
        rest = "this cannot stand here"
    return QuerySyntaxError(f"line {line}, column {column}: {rest}", line=line, column=column)
