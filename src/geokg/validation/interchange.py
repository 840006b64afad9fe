"""Reports for the programs that gather findings: SARIF 2.1.0 (code scanning, editors) and JUnit (build servers)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree

from ..shacl.shapes import short

if TYPE_CHECKING:
    from ..text import Span
    from .report import Finding, Report

_LEVELS = {"violation": "error", "warning": "warning", "info": "note"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def sarif(report: Report) -> str:
    """SARIF 2.1.0; columns and offsets are counted in Unicode code points, as everywhere here."""
    rules = sorted({finding.shape for finding in report.findings})
    run = {
        "tool": {
            "driver": {
                "name": "geokg",
                "informationUri": "https://w3id.org/geokg/",
                "rules": [{"id": _rule(report, shape), **_help(shape)} for shape in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            {
                "ruleId": _rule(report, finding.shape),
                "ruleIndex": rules.index(finding.shape),
                "level": _LEVELS[finding.severity],
                "message": {"text": finding.message},
                "locations": [_location(finding, report)],
            }
            for finding in report.findings
        ],
    }
    content = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _rule(report: Report, shape: str) -> str:
    return short(shape, dict(report.prefixes)) or shape


def _help(shape: str) -> dict[str, str]:
    return {"helpUri": shape} if shape.startswith(("http://", "https://")) else {}


def _location(finding: Finding, report: Report) -> dict[str, Any]:
    node = {"fullyQualifiedName": finding.focus, **({"name": finding.name} if finding.name else {})}
    location: dict[str, Any] = {"logicalLocations": [node]}
    span = finding.span
    if span:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(span.file or span.document)},
            "region": _region(span, report),
        }
    return location


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


def junit(report: Report) -> str:
    """JUnit XML: a test case for each shape, with what it found; warnings and remarks do not fail it."""
    found: dict[str, list[Finding]] = {run.shape: [] for run in report.shapes}
    for finding in report.findings:
        found.setdefault(finding.shape, []).append(finding)
    failures = sum(any(finding.severity == "violation" for finding in group) for group in found.values())
    totals = {"tests": str(len(found)), "failures": str(failures), "errors": "0"}
    suites = ElementTree.Element("testsuites", {"name": "geokg", **totals})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "shapes", "skipped": "0", **totals})
    for shape, group in sorted(found.items()):
        case = ElementTree.SubElement(suite, "testcase", classname="shapes", name=_xml(_rule(report, shape)))
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
        span = finding.span
        where = f"{span.file or span.document}:{span.line}:{span.column}" if span else finding.focus
        yield _xml(f"{where}: {finding.severity}: {finding.message}")


def _xml(words: str) -> str:
    """Words without the characters that no XML document can hold."""
    return _NOT_XML.sub("\ufffd", words)
