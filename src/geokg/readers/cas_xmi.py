"""XMI, the XML form of a UIMA CAS: an element for each structure, attributes for its features."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .cas import Cas, Kind, Structure, View, text_of_bytes
from .cas_types import Holds, Types, parse
from .given import Faults

_XMI = "{http://www.omg.org/XMI}"
_CAS = "{http:///uima/cas.ecore}"
_TYPE = re.compile(r"\{http:///(?:(?P<package>.*)\.ecore)\}(?P<name>.+)")
_NUMBER = re.compile(r"[0-9]{1,10}")


def read(data: bytes, path: Path, type_systems: dict[Path, bytes], faults: Faults) -> Cas:
    """What an XMI file holds.

    Args:
        data: its bytes.
        path: the file, for messages.
        type_systems: the bytes of the type system files that belong to it.
        faults: takes what is left out.

    Raises:
        ReadError: it is not XMI, or, unless leniency was asked for, a structure of it is broken.

    >>> read(b"<a/>", Path("a.xmi"), {}, Faults())
    Traceback (most recent call last):
    geokg.errors.ReadError: a.xmi:1: is not XMI: it begins with <a>
    """
    root = parse(data, path)
    cas = Cas(path, faults)
    if root.tag != f"{_XMI}XMI":
        raise cas.error(f"is not XMI: it begins with <{root.tag}>", root.sourceline)
    types = Types(path, beside=type_systems)
    sofas = []
    numbers = set()
    for element in root.iterchildren("*"):
        if element.tag in (f"{_CAS}NULL", f"{_CAS}View"):
            continue
        number = element.get(f"{_XMI}id") or ""
        if not _NUMBER.fullmatch(number):
            faults.refuse(cas.error(f"<{element.tag}> has no xmi:id that is a number", element.sourceline))
            continue
        numbers.add(number)
        if element.tag == f"{_CAS}Sofa":
            sofas.append((number, element))
        else:
            _structure(cas, element, number, types)
    for number, element in sofas:
        cas.views.append(_view(cas, element, number))
    _members(cas, root, numbers)
    cas.unroll()
    types.tell(cas)
    return cas


def _structure(cas: Cas, element: Any, number: str, types: Types) -> None:
    found = _TYPE.fullmatch(element.tag)
    if not found:
        return cas.faults.refuse(cas.error(f"<{element.tag}> names no type of UIMA", element.sourceline))
    package = found["package"].replace("/", ".")
    name = found["name"] if package == "uima.noNamespace" else f"{package}.{found['name']}"
    attributes = {key: [value] for key, value in element.attrib.items() if not key.startswith(_XMI)}
    for child in element.iterchildren("*"):
        attributes.setdefault(child.tag, []).append(child.text or "")
    kind = types.kind(name, element.sourceline, looks_like_words=attributes.keys() >= {"sofa", "begin", "end"})
    structure = Structure(number, name, kind, element.sourceline)
    if kind in (Kind.SPAN, Kind.DOCUMENT) or "sofa" in attributes:
        structure.sofa = attributes.pop("sofa", [""])[0]
    if kind in (Kind.SPAN, Kind.DOCUMENT):
        offsets = [attributes.pop(feature, [""])[0] for feature in ("begin", "end")]
        if kind is Kind.SPAN:
            if not all(_NUMBER.fullmatch(offset) for offset in offsets):
                return cas.faults.refuse(
                    cas.error(f"{structure.name} has no begin and end that are numbers", structure.line)
                )
            structure.begin, structure.end = map(int, offsets)
    for feature, values in attributes.items():
        _fill(cas, structure, feature, values, types)
    cas.add(structure)


def _fill(cas: Cas, structure: Structure, feature: str, written: list[str], types: Types) -> None:
    """A feature's values, or the numbers that it refers to."""
    holds = types.holds(structure.type, feature)
    parts = [part for value in written for part in value.split()]
    numbers = all(_NUMBER.fullmatch(part) for part in parts)
    if holds is Holds.REFERENCES and not numbers:
        message = f"{feature} of {structure.name} must refer to others by number, not {written[0][:40]!r}"
        return cas.faults.refuse(cas.error(message, structure.line))
    if holds is Holds.REFERENCES:
        structure.references[feature] = [number for number in parts if number != "0"]  # 0 is nothing
    elif holds is None and parts and numbers:
        types.leave_out(structure.type, feature)
    else:
        structure.values[feature] = parts if holds is Holds.VALUES else written
    return None


def _view(cas: Cas, element: Any, number: str) -> View:
    view = View(element.get("sofaID") or number, number, element.get("sofaString"), line=element.sourceline)
    if view.text is None and (store := cas.structures.pop(element.get("sofaArray") or "", None)):
        try:
            data = bytes.fromhex("".join(store.values.get("elements", ())))
        except ValueError:
            raise cas.error(f"the bytes of the text {number} are not hexadecimal", store.line) from None
        view.text, view.reason = text_of_bytes(data, element.get("mimeType") or "")
    elif view.text is None and (address := element.get("sofaURI")):
        view.reason = f"it is elsewhere, at {address}, and nothing is fetched"
    return view


def _members(cas: Cas, root: Any, numbers: set[str]) -> None:
    """Refuse a view that indexes what the file does not have."""
    for element in root.iterchildren(f"{_CAS}View"):
        if element.get("sofa") not in numbers:
            message = f"a view is over the text {element.get('sofa')}, which is not in this file"
            cas.faults.refuse(cas.error(message, element.sourceline))
        for number in (element.get("members") or "").split():
            if number not in numbers:
                message = f"the view of text {element.get('sofa')} has the member {number}, which is not in this file"
                cas.faults.refuse(cas.error(message, element.sourceline))
