"""The report: what the shapes find wrong in the data, what would mend it, and how it went on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from functools import partial

from flask import Blueprint, Response, redirect, request, url_for

from ...errors import Busy, QueryError
from ...validation import fixes
from .. import downloads
from ..access import FIELD
from ..changes import Change
from ..formats import CSV, HTML, JSONLD, TURTLE, Format, choose
from ..problems import ProtocolError
from ..protocol import FORM
from ..resources import conditional
from ..site import current
from ..standing import Judged, Look
from ..update import refuse_encodings, write, writer_for
from ..wording import gettext as _
from .findings import FIELDS, Listed
from .page import html, page
from .trend import Trend

WAITING, AFTER_FIX = 2.0, 5.0
"""Seconds that a program waits for a report that is being made, and a person who has mended something."""

FORMATS = {
    Format("txt", "text/plain"): "text",
    Format("json", "application/json"): "json",
    TURTLE: "turtle",
    JSONLD: "jsonld",
    CSV: "csv",
    Format("md", "text/markdown"): "markdown",
    Format("sarif", "application/sarif+json"): "sarif",
    Format("xml", "application/xml", ("text/xml",)): "junit",
    HTML: "html",
}
"""What the report comes in, with what ``geokg check`` calls it."""
_PIECE = 1 << 16
FIXES = Format("rq", "application/sparql-update")
"""All that would mend something, as one update."""
DOWNLOADS = (
    ("txt", "text"),
    ("json", "JSON"),
    ("csv", "CSV"),
    ("md", "Markdown"),
    ("html", "HTML"),
    ("ttl", "Turtle"),
    ("jsonld", "JSON-LD"),
    ("sarif", "SARIF"),
    ("xml", "JUnit"),
)
"""The endings of the formats in the order that the page names them in."""


def add_to(parts: Blueprint) -> None:
    """Add the addresses of the report."""
    parts.add_url_rule("/report", "report", report, strict_slashes=False)
    parts.add_url_rule("/report.<ending>", "report_as", report_as)
    parts.add_url_rule("/report/state", "report_state", state)
    parts.add_url_rule("/report/fix", "fix", fix, methods=["POST"])


def report() -> Response:
    """The findings, as a page or as the client would rather have them."""
    chosen = choose(request.accept_mimetypes, tuple(FORMATS), name=request.args.get("format"))
    if chosen is not HTML:
        return _send(chosen)
    site = current()
    look = site.findings.look()
    listed = None if look.judged is None else Listed(site, look.judged)
    is_writable = site.writer is not None and bool(site.token) and site.store.is_here
    trend = Trend([] if site.writer is None else site.writer.runs.read())
    shown = {"listed": listed, "trend": trend, "fields": FIELDS, "downloads": DOWNLOADS, "is_writable": is_writable}
    return html(page("report", look=look, **shown))


def report_as(ending: str) -> Response:
    """The findings in one format."""
    offers = (*FORMATS, FIXES)
    for offer in offers:
        if offer.name == ending:
            return _send(offer)
    raise ProtocolError(f"there is no report in .{ending}", 404, offers=[offer.name for offer in offers])


def _send(chosen: Format) -> Response:
    """The findings that the address asks for; the report that SHACL describes has all of them."""
    site = current()
    look = site.findings.look(WAITING)
    if look.judged is None or not look.is_current:
        raise _missing(look)
    listed = Listed(site, look.judged)
    if len(look.judged.report) >= downloads.LONG:
        return _send_file(look.judged, listed, chosen)
    shown = look.judged.report.only(listed.findings)
    if chosen is FIXES:
        body = fixes.script(shown)
    else:
        body = shown.serialize(FORMATS[chosen], group=listed.chosen.others.get("by"))
    return conditional(_response(body, chosen))


def _response(body: str | Iterable[bytes], chosen: Format) -> Response:
    response = Response(body, content_type=chosen.content_type)
    if chosen is HTML:  # it brings styles of its own, which a page of ours may not have
        response.headers["Content-Disposition"] = "attachment; filename=report.html"
    return response


def _send_file(judged: Judged, listed: Listed, chosen: Format) -> Response:
    """What is long comes out of a file, which another process writes."""
    places = None
    if listed.chosen.values and chosen not in (TURTLE, JSONLD):  # these are always whole
        wanted = set(map(id, listed.findings))
        places = tuple(place for place, one in enumerate(judged.report) if id(one) in wanted)
    name = downloads.FIXES if chosen is FIXES else FORMATS[chosen]
    asked = downloads.Asked(name, listed.chosen.others.get("by"), places)
    file = judged.downloads.get(judged.report, asked, wait=WAITING)
    response = _response(iter(partial(file.read, _PIECE), b""), chosen)
    response.call_on_close(file.close)
    response.content_length = os.fstat(file.fileno()).st_size
    response.set_etag(f"{judged.at:%Y%m%d%H%M%S%f}-{asked.key}")
    response.make_conditional(request)
    return response


def _missing(look: Look) -> QueryError:
    if look.failure:
        return ProtocolError(f"the data could not be judged: {look.failure}", 500)
    return Busy("the data are being judged; ask again in a moment", retry_after=5)


def state() -> Response:
    """Whether the report is of the data as they are now: for a page that waits for it."""
    look = current().findings.look()
    told = {"is_current": look.is_current, "failure": look.failure}
    return Response(json.dumps(told), content_type="application/json")


def fix() -> Response:
    """Carry out what the report offers, for who may write: the token is in the header, or in the form.

    What is carried out is what was seen: an update that the report no longer offers is refused.
    """
    site = current()
    if request.mimetype != FORM:
        raise ProtocolError(f"a fix is sent as {FORM}", 415, accepted=[FORM])
    refuse_encodings(request)
    writer = writer_for(site, posted=request.form.get(FIELD, ""))
    update = request.form.get("update", "").replace("\r\n", "\n")
    look = site.findings.look(WAITING)
    if look.judged is None or not look.is_current:
        raise _missing(look)
    if not any(one.fix is not None and one.fix.update == update for one in look.judged.report):
        raise ProtocolError(_("The report does not offer this any more: the data have changed. Look at it again."), 409)
    done = write(writer, Change("update", text=update, base_iri=request.base_url))
    if isinstance(done, Response):
        return done
    site.findings.look(AFTER_FIX)
    return redirect(url_for("geokg.report", _anchor="since"), 303)  # type: ignore[return-value]
