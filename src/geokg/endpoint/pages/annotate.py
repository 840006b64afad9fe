"""The page to annotate on, and the addresses that keep what is annotated: see :mod:`..annotating`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, cast

from flask import Blueprint, Response, request, url_for
from werkzeug.exceptions import NotFound

from ...bombs import json_depth
from ...claims import Notice
from ...readers.web_annotation import content
from ...readers.web_annotation.parts import CONTEXT
from ...tagset import Label, TagSet, tag_set
from ...text import Document
from ...validation import Finding
from ..access import FIELD
from ..annotating import Desk, Saved
from ..annotating_edits import Asked, added, attributes_for, removed
from ..annotating_files import Shelf, Way
from ..annotating_layers import Layer
from ..annotating_proposals import known_names, proposals
from ..problems import ProtocolError, problem
from ..resources import conditional
from ..site import Site, current
from ..update import refuse_encodings, writer_for
from ..wording import gettext as _
from ..writer import Refused
from .page import html, page

MAX_BODY = 4 << 20
"""Bytes of all annotations of one text by one annotator."""
MAX_DEPTH = 100
JSON = "application/json"
PAGE_TYPE = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'


def add_to(parts: Blueprint) -> None:
    """Add the addresses of the page, of what stands behind it, and of the tag set."""
    address = "/annotate/<path:path>"
    parts.add_url_rule("/scheme.json", "scheme", scheme)
    parts.add_url_rule(address, "annotate", show)
    parts.add_url_rule(address, "annotate_by_form", by_form, methods=["POST"])
    parts.add_url_rule(f"{address}.json", "annotations", kept)
    parts.add_url_rule(f"{address}.json", "put_annotations", put, methods=["PUT"])
    parts.add_url_rule(f"{address}.json/<any(undo, redo):way>", "annotations_back", go, methods=["POST"])
    parts.add_url_rule(f"{address}.proposals.json", "proposals", proposed)


# What there is


def scheme() -> Response:
    """The tag set for annotators."""
    response = Response(_scheme(), content_type=JSON)
    response.headers["Cache-Control"] = "max-age=3600"
    return conditional(response)


@cache
def _scheme() -> str:
    tags = _tags()
    labels = {one.name: asdict(one) | {"event": one in tags.events} for one in (*tags.mentions, *tags.events)}
    return json.dumps({"labels": labels, "attributes": [asdict(one) for one in tags.attributes]})


@cache
def _tags() -> TagSet:
    return tag_set()


def kept(path: str) -> Response:
    """A layer as a page of W3C Web Annotations, with the entity tag that a change of it must bring."""
    return _annotations(_desk().layers.layer(path, _annotator()))


def _annotations(layer: Layer) -> Response:
    found = json.loads(content(layer.document, layer.source))
    told: dict[str, Any] = {"@context": CONTEXT, "type": "AnnotationPage"}
    if layer.annotator:
        told["creator"] = {"type": "Person", "name": layer.annotator}
    told["items"] = found if isinstance(found, list) else []
    response = Response(json.dumps(told, ensure_ascii=False), content_type=PAGE_TYPE)
    response.set_etag(layer.tag)
    response.make_conditional(request)
    return response


def proposed(path: str) -> Response:
    """Marks that the text could have, by the names that the graph knows."""
    found = proposals(_desk().layers.layer(path, _annotator()).document, current().once(_names))
    return Response(json.dumps([asdict(one) for one in found], ensure_ascii=False), content_type=JSON)


def _names(site: Site) -> Any:
    return known_names(site.store)


# What becomes of it


def put(path: str) -> Response:
    """Let a layer be what is sent; a list of annotations, or a page of them."""
    _allow()
    if json_depth(request.get_data()) > MAX_DEPTH:
        raise ProtocolError(f"JSON that is nested more than {MAX_DEPTH} deep is not read", 413)
    sent = request.get_json(force=True)
    items = sent.get("items") if isinstance(sent, dict) else sent
    if not isinstance(items, list):
        raise ProtocolError("what is sent is a list of W3C Web Annotations, or a page of them with its items")
    return _answered(lambda desk: desk.save(path, _annotator(), _tag(), lambda layer: _page_of(layer, items)))


def _page_of(layer: Layer, items: list[Any]) -> bytes:
    made: dict[str, Any] = {"@context": CONTEXT, "type": "AnnotationPage", "items": items}
    if layer.annotator:
        made["creator"] = {"type": "Person", "name": layer.annotator}
    return json.dumps(made, ensure_ascii=False).encode("utf-8", "surrogatepass")


def go(path: str, way: Way) -> Response:
    """Undo the last change of a layer, or do it again."""
    _allow()
    return _answered(lambda desk: desk.go(way, path, _annotator(), _tag()))


def _answered(work: Any) -> Response:
    try:
        saved = cast(Saved, work(_desk()))
    except Refused as refusal:
        return problem(422, str(refusal), {"findings": [_finding(one) for one in refusal.verdict.added]})
    told = {
        "claims": saved.claims,
        "findings": [_finding(one) for one in saved.findings],
        "notices": [_notice(one) for one in saved.notices],
        **_ways(saved.layer),
    }
    response = Response(json.dumps(told, ensure_ascii=False), content_type=JSON)
    response.set_etag(saved.layer.tag)
    return response


def _finding(one: Finding) -> dict[str, Any]:
    place = {"start": one.span.start, "end": one.span.end, "words": one.span.exact} if one.span else {}
    return {"message": one.message, "severity": one.severity, "shape": one.shape, **place}


def _notice(one: Notice) -> dict[str, Any]:
    place = {"start": one.span.start, "end": one.span.end, "words": one.span.exact} if one.span else {}
    return {"message": one.message, **place}


def _ways(layer: Layer) -> dict[str, int]:
    shelf = None if layer.file is None else Shelf(layer.file)
    return {"undo": shelf.count("undo") if shelf else 0, "redo": shelf.count("redo") if shelf else 0}


def _allow(posted: str = "") -> None:
    """Nothing, if whoever asks may write.

    Raises:
        ProtocolError: nobody may here, or the page of somebody else asks.
        Unauthorized: the token is missing.
    """
    writer_for(current(), posted=posted)
    refuse_encodings(request)
    request.max_content_length = MAX_BODY


def _tag() -> str:
    tags = request.if_match.as_set()
    if len(tags) != 1:
        raise ProtocolError("say in If-Match which version you have seen: its ETag", 428)
    return next(iter(tags))


def _desk() -> Desk:
    desk = current().desk
    if desk is None:
        raise NotFound(_("This server was not told where texts come from: start it with --sources and their folder."))
    return desk


def _annotator() -> str | None:
    return " ".join(request.args.get("annotator", "").split()) or None


# The page


@dataclass(frozen=True)
class Row:
    """An annotation as the list shows it.

    Attributes:
        id: by which others refer to it.
        label: its class.
        words: its words.
        place: where they stand, as the fragment of an address.
        said: what else is said of it.
    """

    id: str
    label: str
    words: str
    place: str
    said: str


def show(path: str) -> Response:
    """The page to annotate on."""
    return _shown(_page(_desk().layers.layer(path, _annotator()), path))


def _shown(body: str) -> Response:
    """The page; a browser that may not say where a form comes from says that it comes from nowhere."""
    response = html(body)
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _page(layer: Layer, path: str, *, saved: Saved | None = None, refused: str = "", **more: Any) -> str:
    site = current()
    tags = _tags()
    names: dict[str, Any] = {"annotator": layer.annotator} if layer.file is not None and layer.annotator else {}
    return page(
        "annotate",
        layer=layer,
        path=path,
        rows=list(_rows(layer.document)),
        groups=[
            (_("Who and what"), _usable(tags.mentions)),
            (_("What happens, is said or owed"), _usable(tags.events)),
        ],
        attributes=[one for one in tags.attributes if one.name != "Draft"],
        annotations=url_for("geokg.annotations", path=path, **names),
        proposals=url_for("geokg.proposals", path=path, **names),
        is_writable=site.writer is not None and site.token is not None,
        document=site.address(site.base.document(layer.id)),
        original=site.address(site.base.document(path)),
        base=layer.base if layer.base and (layer.base.mentions or layer.base.events) else None,
        ways=_ways(layer),
        pairs=[found.start() for found in re.finditer(r"\r(?=\n)", layer.document.text)],
        saved=saved,
        refused=refused,
        **{"asked": {}, "findings": saved.findings if saved else ()} | more,
    )


def _usable(labels: Iterable[Label]) -> list[Label]:
    return sorted((one for one in labels if one.usable), key=lambda one: one.name)


def _rows(document: Document) -> Iterable[Row]:
    links = {one.target: f"{one.resource}:{one.key}" for one in document.normalizations}
    events = {event.id: event for event in document.events}
    marks = [(one, one.id, one.label) for one in document.mentions]
    marks += [(event.trigger, event.id, event.label) for event in document.events]
    for words, name, label in sorted(marks, key=lambda mark: (mark[0].start, mark[0].end)):
        said = [f"{one.name} {one.value}" if one.value else one.name for one in document.attributes_of(name)]
        said += [f"{one.role} {one.target}" for one in events[name].arguments] if name in events else []
        said += [links[name]] if name in links else []
        yield Row(name, label, words.text, f"char={words.start},{words.end}", ", ".join(said))


def by_form(path: str) -> Response:
    """What the form of the page asks for, without a script: one annotation more or less, undo, redo."""
    form = request.form
    _allow(form.get(FIELD, ""))
    desk, annotator, tag = _desk(), _annotator(), form.get("version", "")
    before = desk.layers.layer(path, annotator)
    try:
        if (way := form.get("go")) in ("undo", "redo"):
            saved = desk.go(cast(Way, way), path, annotator, tag)
        else:
            saved = desk.save(path, annotator, tag, _edited)
    except Refused as refusal:
        body = _page(before, path, refused=str(refusal), asked=form, findings=refusal.verdict.added)
    except ProtocolError as error:
        if error.status not in (409, 412, 422):
            raise
        body = _page(before, path, refused=str(error), asked=form)
    else:
        return _shown(_page(saved.layer, path, saved=saved))
    response = _shown(body)
    response.status_code = 422
    return response


def _edited(layer: Layer) -> bytes:
    form = request.form
    if form.get("go") == "copy" and layer.base is not None:
        document = replace(layer.base, annotator=layer.annotator, notes=())  # remarks are their writer's own
    elif identifier := form.get("delete"):
        document = removed(layer.document, identifier)
    else:
        flags = {one.name for one in _tags().attributes if one.kind == "flag"}
        start = "attribute."
        given = {name.removeprefix(start): value.strip() for name, value in form.items() if name.startswith(start)}
        asked = Asked(
            form.get("label", ""),
            form.get("words", ""),
            form.get("place", 1, type=int),
            form.get("roles", ""),
            form.get("reference", "").strip(),
            {name: None if name in flags else value for name, value in sorted(given.items()) if value},
        )
        document = added(layer.document, asked, attributes_for(_tags(), asked.label))
    return content(document, layer.source)
