"""Label Studio's JSON (https://labelstud.io/guide/export): whole, as JSON-MIN, or either of them one task a line.

::

    {
        "id": 1,
        "data": {"text": "Hu met Li."},
        "annotations": [
            {
                "completed_by": 3,
                "result": [
                    {
                        "id": "a",
                        "type": "labels",
                        "to_name": "text",
                        "value": {"start": 0, "end": 2, "text": "Hu", "labels": ["Person"]},
                    },
                    {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["met"]},
                    {"type": "choices", "from_name": "tone", "value": {"choices": ["calm"]}},
                ],
            }
        ],
    }
    {
        "id": 1,
        "text": "Hu met Li.",
        "label": [{"start": 0, "end": 2, "text": "Hu", "labels": ["Person"]}],
        "annotator": 3,
    }

Each annotator of a task makes a document. A region makes a mention for each of its labels; relations and what else is
said of it stand on the first. What is said of the whole text becomes a note, whose kind is the name of the field.
Cancelled annotations, predictions, drafts, regions over anything but plain text, and tasks whose text stands elsewhere
are told, and left out.

Offsets are code points, CR LF two of them. Before version 1.4 they were UTF-16 units: where regions have quotes, and
all of them stand right only so, that is what they are taken for. ``offsets`` in ``source.toml`` overrules both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import ReadError
from ..text import Document, Source
from .given import AnnotationFile, Faults
from .json_lines import name_of, records, with_faults
from .label_studio_regions import Regions
from .placed import Placed
from .source import embedded, identify, read_source, read_unit
from .units import Unit

SUFFIXES = (".json", ".jsonl")
"""The endings of the files that this reader reads."""

_OWN = re.compile(
    r'"(?:annotations|completions|predictions)"\s*:\s*\[|"result"\s*:\s*\[|"(?:to_name|from_name)"\s*:\s*"'
)
_DATA = re.compile(r'"data"\s*:\s*\{')
_MIN = re.compile(
    r'"start"\s*:\s*\d+\s*,\s*"end"\s*:\s*\d+\s*,(?:\s*"text"\s*:\s*"(?:[^"\\]|\\.)*"\s*,)?\s*"labels"\s*:\s*\['
)
_LINE = ('"annotation_id"', '"annotator"', '"lead_time"')
_CUT = re.compile(r'\[?\s*\{\s*(?:"id"\s*:\s*\d+\s*,\s*)?"data"\s*:\s*\{\s*"text"\s*:\s*"(?:[^"\\]|\\.)*', re.DOTALL)
_ELSEWHERE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*://|/data/)\S+\s*")
_META = frozenset(
    ("id", "annotation_id", "annotator", "created_at", "updated_at", "lead_time", "agreement", "file_upload")
)


def recognizes(head: str) -> bool:
    """Whether a file that begins like this is Label Studio's.

    >>> recognizes('[{"id": 1, "data": {"text": "Hu."}, "annotations": []}]'), recognizes('{"text": "Hu."}')
    (True, False)
    """
    head = head.strip()
    if not head.startswith(("{", "[")) or not head[1:].lstrip().startswith(("{", '"')):
        return False
    if _MIN.search(head) or all(key in head for key in _LINE):
        return True
    return bool(_DATA.search(head) and (_OWN.search(head) or _CUT.fullmatch(head)))


def documents(given: AnnotationFile) -> Iterator[Document]:
    """Yield a document for each text and annotator.

    Raises:
        OffsetMismatch: a quote is not what stands in the text at its offsets.
        ReadError: anything else that is not as it should be.
    """
    faults = Faults(given.lenient)
    return with_faults(_File(given, faults).documents(), faults)


class _File:
    """One export: what is the same for all its tasks."""

    def __init__(self, given: AnnotationFile, faults: Faults) -> None:
        self.given = given
        self.faults = faults
        self.source: Source = read_source(given.folder)
        self.unit: Unit | None = read_unit(given.folder)
        self.seen: dict[str, int] = {}
        self.told: set[str] = set()
        self.ids: set[str] = set()

    def documents(self) -> Iterator[Document]:
        for number, record in enumerate(records(self.given.path, self.faults), start=1):
            task = record
            try:
                inner = task.get("task")
                if isinstance(inner, Placed) and "result" in task:  # as its storages keep an annotation
                    task = _made(inner, **inner, annotations=[task])
                whole = isinstance(task.get("data"), dict)
                # JSON-MIN has a task as often as it has annotators; its annotations have ids of their own.
                name = name_of(task, number, self.seen if whole and task is record else {}, self.given.path)
                yield from self._of_task(task, name) if whole else self._of_line(task, name)
            except ReadError as error:
                self.faults.refuse(error)

    def _of_task(self, task: Placed, name: str) -> Iterator[Document]:
        data = task["data"]
        texts = _texts(data) if isinstance(data, dict) else {}
        for key in ("predictions", "drafts"):
            if task.get(key):
                self._tell_once(f"{key} are no annotations; those of this file are left out", task.line)
        done = 0
        for annotation in _objects(task, "annotations") + _objects(task, "completions"):
            user = _user(annotation.get("completed_by"))
            if annotation.get("was_cancelled") or annotation.get("skipped"):
                message = f"the annotation of task {name} by {user or 'nobody'} was cancelled"
                self.faults.pass_over(ReadError(message, path=self.given.path, line=annotation.line))
                continue
            results = _objects(annotation, "result")
            yield from self._of_results(name, texts, results, user, str(annotation.get("id", "")), annotation.line)
            done += 1
        if not done:
            yield from self._of_results(name, texts, [], None, "", task.line)

    def _of_line(self, task: Placed, name: str) -> Iterator[Document]:
        texts = {key: value for key, value in _texts(task).items() if key not in _META}
        results: list[Placed] = []
        for key, value in task.items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, Placed):
                    results.append(_made(one, from_name=key, value=one, type=_kind(one)))
        # What is no region and no text might be a choice, which JSON-MIN writes as a bare word, or data of the task.
        main = _main(texts, [])
        for key in [key for key in texts if key != main]:
            results.append(_made(task, from_name=key, value={"choices": [texts.pop(key)]}, type="choices"))
        user = _user(task.get("annotator"))
        yield from self._of_results(name, texts, results, user, str(task.get("annotation_id", "")), task.line)

    def _of_results(
        self, name: str, texts: dict[str, str], results: list[Placed], user: str | None, own: str, line: int
    ) -> Iterator[Document]:
        """A document for each text that the results are over; what is said of the whole task stands on each."""
        main = _main(texts, results)
        if main is None:
            message = f"task {name} has no text in this file, and nothing is fetched"
            self.faults.pass_over(ReadError(message, path=self.given.path, line=line))
            return
        fields = {key for result in results if (key := _field(result, texts))} or {main}
        for key in sorted(fields):
            annotator = "-".join(filter(None, (self.given.annotator, user))) or None
            names = (self.given.path.stem, name, key if len(fields) > 1 else None)
            identifier = identify(self.source, *names, annotator)
            if identifier in self.ids:  # somebody annotated one text twice
                annotator = "-".join(filter(None, (annotator, own or str(line))))
                identifier = identify(self.source, *names, annotator)
            self.ids.add(identifier)
            text = embedded(texts[key], identifier, self.given.path, line=line)
            over = [result for result in results if _field(result, texts) in (key, None)]
            regions = Regions(self.given.path, text, self.faults)
            regions.take(over, self.unit)
            yield Document(
                text,
                mentions=tuple(regions.mentions),
                relations=tuple(regions.relations),
                attributes=tuple(regions.attributes),
                notes=tuple(regions.notes),
                source=self.source,
                annotator=annotator,
                path=self.given.path,
            )

    def _tell_once(self, message: str, line: int) -> None:
        if message not in self.told:
            self.told.add(message)
            self.faults.pass_over(ReadError(message, path=self.given.path, line=line))


def _texts(data: dict[str, object]) -> dict[str, str]:
    """The strings among the data of a task, but for addresses of what stands elsewhere."""
    return {key: value for key, value in data.items() if isinstance(value, str) and not _ELSEWHERE.fullmatch(value)}


def _objects(owner: Placed, key: str) -> list[Placed]:
    value = owner.get(key)
    return [one for one in value if isinstance(one, Placed)] if isinstance(value, list) else []


def _made(owner: Placed, **values: object) -> Placed:
    made = Placed(values)
    made.line = owner.line
    return made


def _kind(value: Placed) -> str:
    """The type of a result of which only the value is left."""
    return next((key for key in value if isinstance(value[key], list)), "labels")


def _field(result: Placed, texts: dict[str, str]) -> str | None:
    """The field of the task whose text a result is over; ``None`` where it is over none or does not tell."""
    source, to = result.get("source"), result.get("to_name")
    if isinstance(source, str) and source.removeprefix("$") in texts:
        return source.removeprefix("$")
    if isinstance(to, str) and to in texts:
        return to
    value = result.get("value")
    return _main(texts, [result]) if isinstance(value, dict) and "start" in value else None


def _main(texts: dict[str, str], results: list[Placed]) -> str | None:
    """The field that most likely holds the text: the one called so, or the only one, or the one that the quotes fit."""
    if "text" in texts or len(texts) < 2:
        return "text" if "text" in texts else next(iter(texts), None)
    quotes = [value.get("text") for result in results if isinstance(value := result.get("value"), dict)]
    fit = [key for key, text in texts.items() if all(isinstance(quote, str) and quote in text for quote in quotes)]
    return max(fit or texts, key=lambda key: len(texts[key]))


def _user(value: object) -> str | None:
    if isinstance(value, dict):
        value = next((value[key] for key in ("email", "username", "id") if value.get(key)), None)
    return None if value is None else str(value)
