"""A build, step by step: documents to shards, shards to a store, rules on the store, the store to its place.

Each step leaves what the next one needs in a work folder, so that a build that is broken off, at whatever moment, goes
on from there. The same sources give the same quads, and the same bytes in a file, whoever does the work.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import GeokgError, UnknownFormat
from ..files import replace_folder, write_beside
from ..graph import KnowledgeGraph, is_address
from ..readers import AnnotationFile
from ..store import Store
from ..vocabulary import Base
from .crew import crew
from .loading import Loading
from .manifest import Manifest
from .plan import Item, Plan, found, items
from .shards import Shards, bulk_load, lines
from .worker import Batch, Told, work

FILES = 64
"""How many annotation files are one task."""

Report = Callable[[str, int, int], None]
"""Is told what is being done, and how much of how much is."""


class Builder:
    """One build; a context, at whose end the work folder goes unless it is wanted.

    Args:
        sources: folders, or single annotated texts, as for ``build``.
        target: a file ending in ``.trig``, ``.nq`` or ``.jsonld``, a folder for a store on disk, or the address of a
            SPARQL service; ``None`` to keep the graph in memory.
        base: where data and graphs are named.
        lenient: keep the good annotations of broken files.
        labels: what foreign labels mean: a file or the name of a shipped mapping, instead of ``scheme.toml``.
        accept_drafts: take what a program drafted, too, and nobody has looked at.
        strict: let the first document that fails stop the build.
        jobs: how many processes.
        dask: the address of a Dask scheduler, or ``local``.
        work: a folder for what is done, kept for the next build; unless given it stands beside the target, and goes
            when the target is written.
        report: is told how far it is.

    Attributes:
        manifest: what was done, and what a person should know of it.
        passed_over: files that look like annotated text and were left aside.
        remarks: what a person should know of what stewards wrote.
        quads: how many quads the graph has.

    >>> from geokg.vocabulary import packaged
    >>> with Builder([packaged("data")], None) as builder:
    ...     graph = builder.run()
    ...     builder.manifest.totals().documents
    1
    """

    def __init__(
        self,
        sources: Iterable[str | Path],
        target: str | Path | None,
        *,
        base: Base | None = None,
        lenient: bool = False,
        labels: str | None = None,
        accept_drafts: bool = False,
        strict: bool = False,
        jobs: int = 1,
        dask: str | None = None,
        work: Path | None = None,
        report: Report | None = None,
    ) -> None:
        self.sources = tuple(sources)
        self.target = target
        self.strict = strict
        self.passed_over: list[Told] = []
        self.remarks: list[Told] = []
        self.quads = 0
        self._base = base
        self._plan = partial(Plan.of, lenient=lenient, labels=labels, accept_drafts=accept_drafts)
        self._crew = partial(crew, jobs, dask)
        self._work = work
        self._report: Report = report or (lambda _doing, _done, _total: None)
        self._stack = ExitStack()
        self.folder = Path()
        self.finished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(self) -> KnowledgeGraph | None:
        """Do it.

        Returns:
            The graph, if it is in memory; nothing if it is where it was to go, or no document could be read.

        Raises:
            ReadError: there is nothing to read, or what stewards wrote cannot be; with ``strict``, the first document
                that fails.
            IdentityConflict: decisions about who is who that contradict each other.
            GeokgError: the target cannot be written, or a worker is lost; what was there before is still there, and
                what is done is kept.
        """
        try:
            return self._run()
        except (OSError, sqlite3.Error) as error:
            at = getattr(error, "filename", None) or (self.folder if self.folder.name else self.target)
            raise GeokgError(f"{at}: {getattr(error, 'strerror', None) or error}") from error

    def _run(self) -> KnowledgeGraph | None:
        files = found(self.sources, lambda error: self.passed_over.append(Told.of(error)))
        self._check_target()
        folders = [Path(source) for source in self.sources if Path(source).is_dir()]
        curated = KnowledgeGraph.empty(base=self._base)
        self.remarks += [Told(str(remark)) for remark in curated.curation.add_folders(folders)]
        curated.curation.register  # noqa: B018 - contradictions are told before the work
        plan = self._plan(folders, curated.store)
        self._open()
        self._report("Reading", 0, len(files))
        loading = Loading(self.folder, self.manifest, curated.store, plan.digest) if self._on_disk else None
        if loading:
            self._stack.callback(loading.close)
        shards = self._populated(plan, files)
        if loading:
            loading.load(shards)
        else:
            for _ in shards:
                pass
        self.manifest.forget_unwanted(self.folder / "shards")
        if self.strict and (told := next(self.manifest.failures(), None)):
            raise told.error()
        if files and not self.manifest.totals().documents:
            self.finished = True
            return None
        kg = KnowledgeGraph(loading.finish(self._tell_loaded) if loading else self._with_documents(curated.store))
        self._report("Applying rules", 0, 0)
        kg.apply_rules()
        self.quads = len(kg)
        self._report("Writing", 0, 0)
        self._write(kg)
        if self.target is None:
            self.finished = True
            return kg
        del kg  # closes the store, so that it can be moved
        if not is_address(self.target) and not Path(self.target).suffix:
            replace_folder(self.folder / "store", Path(self.target))
        self.finished = True
        return None

    # The work folder

    def _check_target(self) -> None:
        if self.target is not None and not is_address(self.target):
            target = Path(self.target)
            if target.suffix not in ("", ".trig", ".nq", ".jsonld"):
                raise UnknownFormat("can be written: .trig, .nq, .jsonld, or a folder without an ending", path=target)
            if not target.suffix and target.exists() and not (target / "CURRENT").exists():
                raise GeokgError(f"{target}: is there and is no store; choose another name or remove it")

    def _open(self) -> None:
        try:
            if self._work is not None:
                self.folder = self._work
            elif self.target is None or is_address(self.target):
                self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="geokg-")))
            else:
                target = Path(self.target)
                self.folder = target.with_name(f".{target.name}.building")
            (self.folder / "shards").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GeokgError(f"{self.target or self._work}: cannot be written: {error.strerror}") from error
        self.manifest = Manifest(self.folder)  # keeps others out, and is not ours to tidy if others are in
        self._stack.callback(self._tidy)
        self._stack.callback(self.manifest.close)

    @property
    def kept(self) -> bool:
        """Whether something is done that the next build can go on from."""
        lasts = self._work is not None or (self.target is not None and not is_address(self.target))
        return lasts and not self.finished and any(self.folder.glob("shards/*.nq"))

    def _tidy(self) -> None:
        """Take away what nobody needs any more."""
        if self._work is None and not self.kept:
            shutil.rmtree(self.folder, ignore_errors=True)

    # The steps

    def _populated(self, plan: Plan, files: list[AnnotationFile]) -> Iterator[str]:
        """Populate, and give the names of the shards as they come; empty where all was done before."""
        shards = self.folder / "shards"
        for left in shards.glob(".shard-*"):
            left.unlink()  # of a worker that was killed
        todo = items(files)
        task = partial(work, plan, uuid.uuid4().hex, shards)
        done = 0
        with self._crew() as workers:
            for batch in workers.map(task, self._batches(todo)):
                self.manifest.add(batch)
                self._stop_if_strict(batch)
                done += len(batch.done) + batch.unchanged
                self._report("Reading", done, len(files))
                yield batch.shard

    def _batches(self, todo: Iterator[Item]) -> Iterator[tuple[Item, ...]]:
        while some := tuple(islice(todo, FILES)):
            known = self.manifest.known([item.given.path for item in some])
            yield tuple(replace(item, known=key) for item, key in zip(some, known, strict=True))

    def _stop_if_strict(self, batch: Batch) -> None:
        told = next((told for one in batch.done for told in one.failures), None)
        if told and self.strict:
            raise told.error()

    @property
    def _on_disk(self) -> bool:
        """Whether the graph need not be in memory; TriG and JSON-LD are written from there."""
        return self.target is not None and (is_address(self.target) or Path(self.target).suffix in ("", ".nq"))

    def _shards(self, names: Iterable[str]) -> Shards:
        return ((self.folder / "shards" / name, self.manifest.places(name)) for name in names)

    def _with_documents(self, store: Store) -> Store:
        """A store in memory, with all documents now."""
        for shard in self._shards(self.manifest.shards()):
            bulk_load(store, [shard], self.folder / "shards")
        return store

    def _tell_loaded(self) -> None:
        self._report("Loading", self.manifest.loaded_quads(), self.manifest.totals().quads)

    def _write(self, kg: KnowledgeGraph) -> None:
        if self.target is None:
            return
        target = Path(self.target)
        if is_address(self.target):
            kg.save(self.target, progress=lambda done, total: self._report("Sending", done, total))
        elif target.suffix == ".nq":
            write_beside(target, lines(self._shards(self.manifest.shards()), kg.store, self.folder))
        elif target.suffix:
            kg.save(target)
        else:
            kg.store.ox.flush()
