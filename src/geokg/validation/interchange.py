"""Reports for programs that gather findings: SARIF 2.1.0 (code scanning, editors), JUnit (build servers), GitHub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree

from .layout import Layout, causes, place, rule

if TYPE_CHECKING:
    from ..text import Span
    from .finding import Finding
    from .report import Report

_LEVELS = {"violation": "error", "warning": "warning", "info": "note"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sarif(report: Report, layout: Layout) -> str:
    """SARIF 2.1.0; columns and offsets are counted in Unicode code points, as everywhere here."""
    findings = layout.findings(report)
    rules = sorted({finding.shape for finding in findings})
    run = {
        "tool": {
            "driver": {
                "name": "geokg",
                "informationUri": "https://w3id.org/geokg/",
                "rules": [_rule(report, shape) for shape in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(report, finding, rules) for finding in findings],
    }
    content = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _rule(report: Report, shape: str) -> dict[str, Any]:
    title = report.titles.get(shape)
    return {
        "id": rule(report, shape),
        **({"shortDescription": {"text": title}} if title else {}),
        **_help(shape),
    }


def _result(report: Report, finding: Finding, rules: list[str]) -> dict[str, Any]:
    beside = {
        "kind": finding.kind,
        "path": finding.path,
        "value": finding.value,
        "allowed": list(finding.allowed),
        "nearest": finding.nearest,
        "proof": list(finding.proof),
        "fix": finding.fix.update if finding.fix else "",
    }
    related = [_physical(span, report) for span in finding.spans[1:]]
    return {
        "ruleId": rule(report, finding.shape),
        "ruleIndex": rules.index(finding.shape),
        "level": _LEVELS[finding.severity],
        "message": {"text": _with_causes(finding)},
        "locations": [_location(finding, report)],
        **({"relatedLocations": [{"physicalLocation": one} for one in related]} if related else {}),
        "partialFingerprints": {"geokg/v1": finding.fingerprint},
        "properties": {key: value for key, value in beside.items() if value},
    }


def _with_causes(finding: Finding) -> str:
    return "\n".join([finding.message, *(f"{'  ' * depth}- {words}" for depth, words in causes(finding.causes))])


def _help(shape: str) -> dict[str, str]:
    return {"helpUri": shape} if shape.startswith(("http://", "https://")) else {}


def _location(finding: Finding, report: Report) -> dict[str, Any]:
    node = {"fullyQualifiedName": finding.focus, **({"name": finding.name} if finding.name else {})}
    location: dict[str, Any] = {"logicalLocations": [node]}
    span = finding.span
    if span:
        location["physicalLocation"] = _physical(span, report)
    return location


def _physical(span: Span, report: Report) -> dict[str, Any]:
    return {"artifactLocation": {"uri": quote(span.file or span.document)}, "region": _region(span, report)}


def _region(span: Span, report: Report) -> dict[str, Any]:
    last_line, last_column = report.texts[span.document].position(span.end)
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": last_line,
        "endColumn": last_column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
        "snippet": {"text": span.exact},
    }


def junit(report: Report, layout: Layout) -> str:
    """JUnit XML: a test case for each shape, with what it found; warnings and remarks do not fail it."""
    found: dict[str, list[Finding]] = {run.shape: [] for run in report.shapes}
    for finding in layout.findings(report):
        found.setdefault(finding.shape, []).append(finding)
    failures = sum(any(finding.severity == "violation" for finding in group) for group in found.values())
    totals = {"tests": str(len(found)), "failures": str(failures), "errors": "0"}
    suites = ElementTree.Element("testsuites", {"name": "geokg", **totals})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "shapes", "skipped": "0", **totals})
    for shape, group in sorted(found.items()):
        case = ElementTree.SubElement(suite, "testcase", classname="shapes", name=_xml(rule(report, shape)))
        bad = [finding for finding in group if finding.severity == "violation"]
        mild = [finding for finding in group if finding.severity != "violation"]
        if bad:
            failure = ElementTree.SubElement(case, "failure", type="violation", message=_xml(bad[0].message))
            failure.text = "\n".join(_lines(bad))
        if mild:
            ElementTree.SubElement(case, "system-out").text = "\n".join(_lines(mild))
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _lines(findings: list[Finding]) -> Iterator[str]:
    for finding in findings:
        yield _xml(f"{place(finding)}: {finding.severity}: {_with_causes(finding)}")


def _xml(words: str) -> str:
    """Words without the characters that no XML document can hold."""
    return _NOT_XML.sub("\ufffd", words)


def github(report: Report, layout: Layout) -> str:
    """Workflow commands, which GitHub shows beside the changed lines."""
    levels = {"violation": "error", "warning": "warning", "info": "notice"}
    lines = []
    for finding in layout.findings(report):
        span = finding.span
        where = {"file": span.file, "line": str(span.line), "col": str(span.column)} if span else {}
        where["title"] = rule(report, finding.shape)
        told = ",".join(f"{key}={_property(value)}" for key, value in where.items())
        words = _with_causes(finding) if span else f"{place(finding)}: {_with_causes(finding)}"
        lines.append(f"::{levels[finding.severity]} {told}::{_data(words)}\n")
    return "".join(lines)


def _data(words: str) -> str:
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _data(words).replace(":", "%3A").replace(",", "%2C")
