"""JSON CAS 0.4 (https://github.com/apache/uima-uimaj-io-jsoncas): types, structures and views in one object."""

from __future__ import annotations

import base64
import binascii
import json
import re
from pathlib import Path
from typing import Any, TypeGuard

from .cas import Cas, Kind, Structure, View, text_of_bytes
from .cas_types import Types
from .given import Faults
from .placed import Placed, loads

_SOFA = "uima.cas.Sofa"


def read(content: str, path: Path, type_systems: dict[Path, bytes], faults: Faults) -> Cas:
    """What a JSON CAS holds.

    Args:
        content: its characters.
        path: the file, for messages.
        type_systems: the bytes of the type system files that belong to it.
        faults: takes what is left out.

    Raises:
        ReadError: it is not a JSON CAS, or, unless leniency was asked for, a structure of it is broken.

    >>> sofa = '{"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", "sofaString": "One."}'
    >>> [view.text for view in read(f'{{"%FEATURE_STRUCTURES": [{sofa}]}}', Path("a.json"), {}, Faults()).views]
    ['One.']
    """
    cas = Cas(path, faults)
    table = loads(content, path)
    if not isinstance(table, dict):
        raise cas.error("is not a JSON CAS: an object must hold it")
    own, stored, views = (table.get(key) for key in ("%TYPES", "%FEATURE_STRUCTURES", "%VIEWS"))
    if not all(part is None or isinstance(part, dict) for part in (own, views)):
        raise cas.error("is not a JSON CAS: %TYPES and %VIEWS must be objects")
    types = Types(path, own, type_systems)
    sofas: list[tuple[str, Placed]] = []
    numbers = set()
    for number, one in _structures(cas, stored):
        numbers.add(number)
        if one["%TYPE"] == _SOFA:
            sofas.append((number, one))
        else:
            _structure(cas, number, one, types)
    for number, one in sofas:
        cas.views.append(_view(cas, number, one))
    for name, view in (views or {}).items():
        members = view.get("%MEMBERS") if isinstance(view, dict) else None
        for member in members if isinstance(members, list) else ():
            if str(member) not in numbers:
                faults.refuse(cas.error(f"the view {name} has the member {member}, which is not in this file"))
    cas.unroll()
    types.tell(cas)
    return cas


def _structures(cas: Cas, stored: object) -> list[tuple[str, Placed]]:
    """The structures with their numbers, which stand inside or before them."""
    if isinstance(stored, dict):
        pairs = list(stored.items())
    elif isinstance(stored, list):
        pairs = [(one.get("%ID") if isinstance(one, Placed) else None, one) for one in stored]
    elif stored is None:
        pairs = []
    else:
        raise cas.error("is not a JSON CAS: %FEATURE_STRUCTURES must be a list or an object")
    found = []
    for place, (number, one) in enumerate(pairs, start=1):
        if not re.fullmatch("-?[0-9]+", str(number)):
            cas.faults.refuse(cas.error(f"structure {place} of %FEATURE_STRUCTURES has no %ID that is a number"))
        elif not isinstance(one, Placed) or not isinstance(one.get("%TYPE"), str):
            cas.faults.refuse(cas.error(f"structure {number} of %FEATURE_STRUCTURES has no %TYPE"))
        else:
            found.append((str(number), one))
    return found


def _structure(cas: Cas, number: str, one: Placed, types: Types) -> None:
    name, line = str(one["%TYPE"]), one.line
    kind = types.kind(name, line, looks_like_words=one.keys() >= {"@sofa", "begin", "end"})
    structure = Structure(number, name, kind, line)
    features = {key: value for key, value in one.items() if not key.startswith("%") and value is not None}
    if "@sofa" in features:
        structure.sofa = str(features.pop("@sofa"))
    if kind in (Kind.SPAN, Kind.DOCUMENT):
        begin, end = features.pop("begin", None), features.pop("end", None)
        if kind is Kind.SPAN:
            if not (_is_number(begin) and _is_number(end)):
                return cas.faults.refuse(cas.error(f"{structure.name} has no begin and end that are numbers", line))
            structure.begin, structure.end = begin, end
    elements = one.get("%ELEMENTS")
    if kind is Kind.LIST and elements is not None:
        # The elements of an array of structures are numbers of others; ``X[]`` is one unless X is a primitive type.
        several = elements if isinstance(elements, list) else [elements]
        if name == "uima.cas.FSArray" or (name.endswith("[]") and not types.is_primitive(name[:-2])):
            features["@elements"] = [element for element in several if element is not None]
        else:
            structure.values["elements"] = [_written(element) for element in several]
    for feature, value in features.items():
        if not feature.startswith("@"):
            structure.values[feature.removeprefix("#")] = [_written(value)]
            continue
        ids = value if isinstance(value, list) else [value]
        if not all(_is_number(number) for number in ids):
            message = f"{feature[1:]} of {structure.name} must refer to others by number, not {str(value)[:40]!r}"
            return cas.faults.refuse(cas.error(message, line))
        structure.references[feature[1:]] = [str(number) for number in ids]
    cas.add(structure)
    return None


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _written(value: Any) -> str:
    """A value as XMI would have it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _view(cas: Cas, number: str, one: Placed) -> View:
    text = one.get("sofaString")
    if text is not None and not isinstance(text, str):
        raise cas.error(f"the text {number} is no string", one.line)
    view = View(str(one.get("sofaID") or number), number, text, line=one.line)
    if text is None and (store := cas.structures.pop(str(one.get("@sofaArray")), None)):
        try:
            data = base64.b64decode("".join(store.values.get("elements", ())), validate=True)
        except binascii.Error as error:
            raise cas.error(f"the bytes of the text {number} are not Base64: {error}", store.line) from None
        view.text, view.reason = text_of_bytes(data, str(one.get("mimeType") or ""))
    elif text is None and (address := one.get("sofaURI")):
        view.reason = f"it is elsewhere, at {address}, and nothing is fetched"
    return view
