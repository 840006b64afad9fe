"""The processes that queries of strangers run in: an owner, and the workers that it forks.

This file is a program of its own and needs pyoxigraph alone, so that a worker is small and starts at once. The owner
has one thread and does nothing but load, fork, kill and wait: forking a process of one thread is sound. A store in
memory is loaded by the owner, or it was there when the owner was forked, and it is shared with the workers, page by
page; a store on disk is never open in a process that forks: each worker opens it for itself, for reading.

A worker answers one query at a time, with a stack that no query the guard lets through can overflow, under limits of
memory and processor time, without core dumps. It reaches no network: the owner leaves it for an empty network
namespace where the system permits that, and the worker gives up the calls that open a socket or start a program, for
good (seccomp, on x86-64 and ARM64). Queries with a ``SERVICE`` that the operator allows have an owner and workers of
their own, which may open sockets. It ends with its owner, and the owner ends with whoever started it.

Everything here is Linux.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import resource
import select
import signal
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, cast

import pyoxigraph as ox

STACK = 256 << 20
"""Bytes of stack, reserved and not used: 20,000 levels of what the guard counts need less (measured)."""
FRAME = struct.Struct(">cI")
"""Before each piece between worker and pool: its kind and its length."""
READY, HEAD, DATA, END, ERROR = b"R", b"H", b"D", b"E", b"X"
ANYTHING = "urn:geokg:anything"
"""In a pattern of quads: whatever stands there."""
SHARE = 128 << 20
"""Bytes that workers may each have for themselves and stay, on the whole: one may have what others do not. Of a store
in memory they copy what they read, as that is counted; a store on disk they read through caches of their own; and not
all that a query took comes back from the allocator."""
FORMATS: dict[str, ox.QueryResultsFormat | ox.RdfFormat] = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "trig": ox.RdfFormat.TRIG,
    "nq": ox.RdfFormat.N_QUADS,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdf": ox.RdfFormat.RDF_XML,
}
FIRST, _PIECE = 4096, 1 << 16
"""Bytes of the first piece and of the others; an answer with less comes with its end behind it."""
_PANICS = "pyo3_runtime"  # where the exceptions are from that Rust code ends with when it finds itself at fault
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 1, 38, 22, 2
_SECCOMP_RET_EPERM = 0x00050000 | 1
_NICE, _TURN = 5, 20_000_000
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
# audit architecture; then the numbers of socket, execve, execveat, ptrace, io_uring_setup
_CALLS: dict[str, tuple[int, tuple[int, ...]]] = {
    "x86_64": (0xC000003E, (41, 59, 322, 101, 425)),
    "aarch64": (0xC00000B7, (198, 221, 281, 117, 425)),
}


@dataclass(frozen=True)
class Settings:
    """What an owner is told when it starts.

    Attributes:
        control: the number of the socket that it takes orders from.
        in_memory: whether a store comes in on its standard input.
        memory: bytes that a worker may take for its queries.
        longest: seconds that the longest query may take.
        prefixes: those that queries need not declare.
        is_connected: whether its workers may ask other servers.
    """

    control: int
    in_memory: bool
    memory: int
    longest: float
    prefixes: dict[str, str] = field(default_factory=dict)
    is_connected: bool = False

    def to_json(self) -> str:
        """As it is handed over.

        >>> Settings(3, True, 1 << 30, 60.0).to_json()
        '{"control": 3, "in_memory": true, ...}'
        """
        return json.dumps(asdict(self))


def own(settings: Settings, store: ox.Store | None = None) -> None:
    """Be an owner: fork a worker for each order, kill those that are to be killed; all end with the orders."""
    if not settings.is_connected:
        leave_network()
    if settings.in_memory and store is None:
        store = _load(cast("IO[bytes]", sys.stdin.buffer))
    control = socket.socket(fileno=settings.control)
    control.send(b"ready")
    poll = select.poll()
    poll.register(control, select.POLLIN)
    workers: dict[int, int] = {}
    while True:
        is_ordered = bool(poll.poll(1000))
        _reap(workers)
        if not is_ordered:
            continue
        message, handles, _, _ = socket.recv_fds(control, 1 << 16, 1)
        if not message:
            break
        order = json.loads(message)
        number = int(order["worker"])
        if order["do"] == "fork":
            process = os.fork()
            if process == 0:
                control.close()
                _work(handles[0], settings, store, order["folder"])
            workers[number] = process
            os.close(handles[0])
        elif number in workers:  # not waited for yet, so the number is still its own
            os.kill(workers[number], signal.SIGKILL)


def _load(file: IO[bytes]) -> ox.Store:
    """The names of all graphs on a line, for those that are empty; then the quads, blank nodes as they are called."""
    store = ox.Store()
    for name in json.loads(file.readline()):
        store.add_graph(ox.NamedNode(name))
    store.bulk_extend(ox.parse(file, format=ox.RdfFormat.N_QUADS, rename_blank_nodes=False))
    return store


def _reap(workers: dict[int, int]) -> None:
    while workers and (process := os.waitpid(-1, os.WNOHANG)[0]):
        for number in [number for number, known in workers.items() if known == process]:
            del workers[number]


def _work(handle: int, settings: Settings, store: ox.Store | None, folder: str) -> None:
    """Be a worker, and never return."""
    status = 1
    try:
        owner = os.getppid()
        _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != owner:
            return
        channel = socket.socket(fileno=handle)
        forbid_calls(but_sockets=settings.is_connected)
        opened = ox.Store.read_only(folder) if store is None else store
        be_patient()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if store is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        most = _size() + STACK + settings.memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # a worker is what we miss least
        threading.stack_size(STACK)
        thread = threading.Thread(target=_serve, args=(channel, opened, settings))
        thread.start()
        thread.join()
        status = 0
    finally:
        os._exit(status)


def _size() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def _serve(channel: socket.socket, store: ox.Store, settings: Settings) -> None:
    with suppress(ConnectionResetError, BrokenPipeError), channel, channel.makefile("rb") as incoming:
        channel.sendall(FRAME.pack(READY, 0))
        own = _Own()
        while head := incoming.read(FRAME.size):
            _, length = FRAME.unpack(head)
            used = resource.getrusage(resource.RUSAGE_SELF)
            seconds = int(used.ru_utime + used.ru_stime + 2 * settings.longest) + 2
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
            _answer(channel, store, json.loads(incoming.read(length)), settings.prefixes, own)


def _answer(channel: socket.socket, store: ox.Store, job: dict[str, Any], prefixes: dict[str, str], own: _Own) -> None:
    out = _Out(channel)
    try:
        _write(out, store, job, prefixes)
        out.end(own.told())
    except (BrokenPipeError, ConnectionResetError):
        raise SystemExit from None
    except SyntaxError as error:
        out.fail("syntax", str(error))
    except (RuntimeError, ValueError) as error:
        out.fail("evaluation", str(error))
    except MemoryError:
        out.fail("memory", "")
    except OSError as error:
        out.fail("evaluation" if job["is_federated"] else "reading", str(error))
    except BaseException as error:
        if type(error).__module__ != _PANICS:
            raise
        out.fail("evaluation", f"the engine gave up: {error}")
        raise SystemExit from None  # nobody knows what state it is in


def _write(out: _Out, store: ox.Store, job: dict[str, Any], prefixes: dict[str, str]) -> None:
    if job["quads"]:
        out.frame(HEAD, json.dumps({"kind": "quads", "format": "nq"}).encode())
        ox.serialize(_fitting(store, job["quads"]), cast("IO[bytes]", out), ox.RdfFormat.N_QUADS)
        return
    graphs: dict[str, Any] = {
        name: None if job[name] is None else [ox.NamedNode(iri) for iri in job[name]]
        for name in ("default_graphs", "named_graphs")
    }
    results = store.query(
        job["query"],
        base_iri=job["base_iri"],
        prefixes=prefixes,
        use_default_graph_as_union=job["union"],
        default_graph=graphs["default_graphs"],
        named_graphs=graphs["named_graphs"],
    )
    is_rdf = isinstance(results, ox.QueryTriples)
    kind = "triples" if is_rdf else "boolean" if isinstance(results, ox.QueryBoolean) else "rows"
    chosen = job["triples" if is_rdf else "rows"]
    out.frame(HEAD, json.dumps({"kind": kind, "format": chosen}).encode())
    if chosen == "html":
        out.write(_page(results, job["page_rows"]))
    elif chosen and isinstance(results, ox.QueryTriples):
        name = ox.NamedNode(job["graph"]) if job["graph"] else None
        placed = results if name is None else (ox.Quad(one.subject, one.predicate, one.object, name) for one in results)
        ox.serialize(placed, cast("IO[bytes]", out), cast(ox.RdfFormat, FORMATS[chosen]), prefixes=prefixes)
    elif isinstance(results, ox.QueryBoolean) and chosen in ("csv", "tsv"):
        out.write(b"true\n" if results else b"false\n")
    elif chosen and not isinstance(results, ox.QueryTriples):
        results.serialize(cast("IO[bytes]", out), cast(ox.QueryResultsFormat, FORMATS[chosen]))


def _fitting(store: ox.Store, patterns: str) -> Iterator[ox.Quad]:
    """The quads that fit one pattern after another; blank nodes are those of the store."""
    for pattern in ox.parse(patterns, format=ox.RdfFormat.N_QUADS, rename_blank_nodes=False):
        terms = (pattern.subject, pattern.predicate, pattern.object, pattern.graph_name)
        yield from store.quads_for_pattern(*(None if term == ox.NamedNode(ANYTHING) else term for term in terms))


class _Own:
    """The memory that this process has for itself; to look costs milliseconds, so that waits until pages have come."""

    def __init__(self) -> None:
        self._looked = 0

    def told(self) -> bytes:
        """How many bytes it is, in digits; nothing as long as it is about what was told before."""
        came = resource.getrusage(resource.RUSAGE_SELF).ru_minflt * resource.getpagesize()
        if came - self._looked < SHARE // 4:
            return b""
        self._looked, own = came, _private()
        if own > SHARE:
            _libc().malloc_trim(0)
            own = _private()
        return b"%d" % own


def _private() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:")) << 10


def _page(results: ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples, most: int) -> bytes:
    """The first rows, for a page, as JSON: each term as SPARQL results in JSON have it."""
    if isinstance(results, ox.QueryBoolean):
        return json.dumps({"boolean": bool(results)}).encode()
    is_rdf = isinstance(results, ox.QueryTriples)
    names = ["subject", "predicate", "object"]
    if isinstance(results, ox.QuerySolutions):
        names = [variable.value for variable in results.variables]
    rows = list(islice(results, most + 1))
    bindings = [
        {name: _term(term) for name, term in zip(names, row, strict=True) if term is not None} for row in rows[:most]
    ]
    head = {"head": {"vars": names}, "results": {"bindings": bindings}}
    return json.dumps({**head, "is_cut": len(rows) > most, "is_rdf": is_rdf}).encode()


def _term(term: object) -> dict[str, object]:
    if isinstance(term, ox.NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, ox.BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, ox.Literal):
        said: dict[str, object] = {"type": "literal", "value": term.value}
        if term.language:
            return said | {"xml:lang": term.language}
        return said | {"datatype": term.datatype.value}
    triple = cast(ox.Triple, term)
    parts = {"subject": triple.subject, "predicate": triple.predicate, "object": triple.object}
    return {"type": "triple", "value": {name: _term(part) for name, part in parts.items()}}


class _Out:
    """A file whose content goes to the pool in frames: the first early, the later ones large."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._frames = bytearray()
        self._data = bytearray()
        self._enough = FIRST

    def write(self, data: bytes) -> int:
        self._data += data
        if len(self._data) >= self._enough:
            self._enough = _PIECE
            self._send()
        return len(data)

    def flush(self) -> None:
        """Nothing: the engine does this at the end, which is sent with what stands before it."""

    def frame(self, kind: bytes, content: bytes = b"") -> None:
        self._frames += FRAME.pack(kind, len(content)) + content

    def end(self, told: bytes) -> None:
        self._send(FRAME.pack(END, len(told)) + told)

    def _send(self, more: bytes = b"") -> None:
        if self._data:
            self.frame(DATA, bytes(self._data))
            self._data.clear()
        self._channel.sendall(self._frames + more)
        self._frames.clear()

    def fail(self, what: str, words: str) -> None:
        self._data.clear()
        self.frame(ERROR, json.dumps({"what": what, "words": words}).encode())
        self._send()


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def leave_network() -> bool:
    """Go into a network namespace that holds nothing, if the system permits; whether it did.

    Permitted to root, and to others where they may make namespaces of their own.
    """
    libc = _libc()
    return any(libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def be_patient() -> None:
    """Give way to the server, and take turns of 20 ms (from Linux 6.12 on): caches are not filled for a moment."""
    os.nice(_NICE)
    if number := {"x86_64": 314, "aarch64": 274}.get(platform.machine()):  # of sched_setattr
        _libc().syscall(number, 0, struct.pack("=IIQiIQQQII", 56, os.SCHED_OTHER, 0, _NICE, 0, _TURN, 0, 0, 0, 0), 0)


def forbid_calls(*, but_sockets: bool = False, refuse: int = _SECCOMP_RET_EPERM) -> bool:
    """Give up, for good, the system calls that open a socket or start a program; whether the system knows how."""
    if platform.machine() not in _CALLS:
        return False
    architecture, calls = _CALLS[platform.machine()]
    calls = calls[1:] if but_sockets else calls
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    allow = 0x7FFF0000  # SECCOMP_RET_ALLOW
    rules = [(load, 0, 0, 4), (equal, 0, len(calls) + 3, architecture), (load, 0, 0, 0)]
    rules.append((at_least, len(calls) + 1, 0, 0x40000000))  # the same calls under x32 numbers
    rules += [(equal, len(calls) - n, 0, call) for n, call in enumerate(calls)]
    rules += [(give, 0, 0, allow), (give, 0, 0, refuse)]
    program = b"".join(struct.pack("HBBI", *rule) for rule in rules)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("HP", len(rules), ctypes.addressof(buffer)))
    libc = _libc()
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) == 0)


if __name__ == "__main__":
    own(Settings(**json.loads(sys.argv[1])))
