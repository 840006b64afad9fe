"""The types of a UIMA CAS, as dkpro-cassis reads them from type system files and from JSON.

cassis is asked for types alone. Structures are read by ``cas_xmi`` and ``cas_json``, because its loaders (0.12) would

- leave an offset that falls into a surrogate pair or behind the text as it is, with a mere warning;
- convert the offsets of a structure that two views index twice, and of one that none indexes not at all (XMI);
- drop the address or the bytes of a text that is no string (XMI), and every structure whose type is not known;
- end in ``KeyError`` or ``TypeError``, without line or number, where a reference or a feature is not known.
"""

from __future__ import annotations

import io
import json
import warnings
from collections import defaultdict
from enum import Enum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import ReadError, Remark
from ..files import read_bytes
from .cas import Cas, Kind, short

_HINT = "reading and writing UIMA CAS needs dkpro-cassis and lxml: pip install 'geokg[formats]'"
_WITH_BLANKS = ("uima.cas.StringArray", "uima.cas.StringList", "uima.cas.ByteArray")
_METADATA = "de.tudarmstadt.ukp.dkpro.core.api.metadata.type.DocumentMetaData"  # which cassis's own list lacks
TYPE_SYSTEM = "TypeSystem.xml"
"""What the file is called that declares the types of those beside it."""

_FILES = (TYPE_SYSTEM, "typesystem.xml", "{stem}-typesystem.xml")


class Holds(Enum):
    """What an attribute of XMI holds."""

    VALUE = "one value"
    VALUES = "values with blanks between"
    REFERENCES = "numbers of other structures"


def cassis(path: Path) -> ModuleType:
    """The library.

    Raises:
        ReadError: it is not installed.
    """
    try:
        import cassis
        import lxml.etree  # noqa: F401 - cassis needs it too
    except ImportError as error:
        raise ReadError(_HINT, path=path) from error
    module: ModuleType = cassis
    return module


def parse(data: bytes, path: Path) -> Any:
    """The root element of XML that comes from anywhere.

    Raises:
        ReadError: it is not well-formed, too deep or too long for its parser, or has a document type: entities of
            others are neither fetched nor expanded.

    >>> parse(b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', Path("a.xmi"))
    Traceback (most recent call last):
    geokg.errors.ReadError: a.xmi:1: has a document type, which no CAS needs; take <!DOCTYPE ...> out
    """
    cassis(path)
    from lxml import etree

    if b"<!DOCTYPE" in data:
        line = data[: data.index(b"<!DOCTYPE")].count(b"\n") + 1
        raise ReadError("has a document type, which no CAS needs; take <!DOCTYPE ...> out", path=path, line=line)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        reason = str(error.msg).partition(", line ")[0].strip()
        if b'version="1.1"' in data[:60]:
            reason += "; XML 1.1 is not read: export XML 1.0 or JSON"
        raise ReadError(f"is not XML: {reason}", path=path, line=line or None, column=column or None) from error
    if root.getroottree().docinfo.internalDTD is not None:  # in an encoding in which the bytes do not show it
        raise ReadError("has a document type, which no CAS needs; take <!DOCTYPE ...> out", path=path, line=1)
    return root


def guard(load: Any, *arguments: Any, path: Path) -> Any:
    """Call cassis, and say in words what it raises."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features that are declared twice, the same way
            return load(*arguments)
    except RecursionError:
        raise ReadError("declares types too deep to read", path=path) from None
    except Exception as error:  # whatever cassis raises where types do not fit together: it has no error of its own
        reason = f"{error}".strip("'\" ") or type(error).__name__
        if isinstance(error, KeyError):
            reason = f"{reason} is used, but not declared"
        raise ReadError(f"does not declare types as UIMA has them: {reason}", path=path) from error


@cache
def _core() -> Any:
    """The types of DKPro Core, on which INCEpTION's own layers rest."""
    import cassis

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cassis opens its own file in a way that newer Pythons warn of
        return cassis.load_dkpro_core_typesystem()


class Types:
    """What is known of the types of one file.

    Args:
        path: the file.
        own: the types that it declares itself, in the form of JSON.
        beside: the bytes of type system files that belong to it, by the name that messages give them.
    """

    def __init__(self, path: Path, own: dict[str, Any] | None = None, beside: dict[Path, bytes] | None = None) -> None:
        cassis(path)
        self._systems = [_declared(own, path)] if own else []
        self._systems += [_load(data, place) for place, data in (beside or {}).items()]
        self._systems = self._systems or [cassis(path).TypeSystem()]
        self._types: dict[str, Any | None] = {}
        self._holds: dict[tuple[str, str], Holds | None] = {}
        self._borrowed: set[str] = set()
        self._unknown: dict[str, int] = {}
        self._left_out: defaultdict[str, set[str]] = defaultdict(set)

    def _find(self, name: str) -> Any | None:
        """The type of a name, from the first who declares it: the file, those beside, DKPro Core."""
        if name not in self._types:
            system = next((one for one in self._systems if one.contains_type(name, True)), None)
            if system is None and _core().contains_type(name, True):
                system = _core()
                self._borrowed.add(name)
            self._types[name] = system.get_type(name) if system else None
        return self._types[name]

    def kind(self, name: str, line: int, *, looks_like_words: bool) -> Kind:
        """What structures of a type are.

        Args:
            name: its full name.
            line: where it stands, for what is told.
            looks_like_words: whether the one at hand has a text, begin and end; decides where the type is not known.
        """
        if name.endswith("[]") or (name.startswith("uima.cas.") and name.endswith(("Array", "List"))):
            return Kind.LIST
        found = self._find(name)
        if found is None and name == _METADATA:
            self._borrowed.add(name)
            return Kind.DOCUMENT
        if found is None:
            self._unknown.setdefault(name, line)
            return Kind.SPAN if looks_like_words else Kind.OTHER
        parents = _parents(found)
        if "uima.tcas.DocumentAnnotation" in parents:
            return Kind.DOCUMENT
        return Kind.SPAN if "uima.tcas.Annotation" in parents else Kind.OTHER

    def is_primitive(self, name: str) -> bool:
        """Whether a type is one of plain values: strings, numbers, truth."""
        found = self._find(name)
        return found is not None and bool(self._systems[0].is_primitive(found))

    def holds(self, name: str, feature: str) -> Holds | None:
        """What a feature of a type holds; ``None`` if nobody says."""
        if (name, feature) not in self._holds:
            self._holds[name, feature] = self._look_up(name, feature)
        return self._holds[name, feature]

    def _look_up(self, name: str, feature: str) -> Holds | None:
        if feature == "elements" and name.endswith("Array"):
            one_each = ("uima.cas.StringArray", "uima.cas.ByteArray")
            return Holds.REFERENCES if name == "uima.cas.FSArray" else Holds.VALUE if name in one_each else Holds.VALUES
        if feature == "tail" and name.startswith("uima.cas.NonEmpty"):
            return Holds.REFERENCES
        found = self._find(name)
        for one in found.all_features if found is not None else ():
            # cassis puts a line behind names that mean something in Python.
            if one.name == feature or (one._has_reserved_name and one.name[:-1] == feature):
                system, kind = self._systems[0], one.rangeType
                if kind is None:
                    return None  # the declaration is broken
                if system.is_primitive(kind):
                    return Holds.VALUE
                several = system.is_primitive_array(kind) or system.is_primitive_list(kind)
                if not several or one.multipleReferencesAllowed:
                    return Holds.REFERENCES
                return Holds.VALUES if kind.name not in _WITH_BLANKS else Holds.VALUE
        return None

    def leave_out(self, name: str, feature: str) -> None:
        """Nobody says what a feature holds, and it may be numbers of other structures."""
        self._left_out[name].add(feature)

    def tell(self, cas: Cas) -> None:
        """Tell what was not known of the types."""
        if self._borrowed:
            names = ", ".join(sorted(map(short, self._borrowed)))
            message = f"no type system declares {names}: taken as DKPro Core has them"
            cas.faults.pass_over(Remark(message, path=cas.path))
        for name in sorted(self._unknown.keys() | self._left_out.keys()):
            features = ", ".join(sorted(self._left_out.get(name, ())))
            what = f"{features} of {name}, which may refer to others" if features else f"what {name} may refer to"
            reason = "the type is not known" if name in self._unknown else "the type does not declare it"
            message = f"{what}: {reason}; put TypeSystem.xml beside it"
            cas.faults.pass_over(cas.error(message, self._unknown.get(name, 0)))


def join(types: Any, data: bytes, path: Path) -> Any:
    """A type system together with that of a file.

    Raises:
        ReadError: the file is none, or the two do not fit together.
    """
    return guard(cassis(path).merge_typesystems, _load(data, path), types, path=path)


def _load(data: bytes, path: Path) -> Any:
    parse(data, path)
    return guard(cassis(path).load_typesystem, io.BytesIO(data), path=path)


def _declared(own: dict[str, Any], path: Path) -> Any:
    # A CAS without structures: cassis has no other way into its reading of types.
    content = json.dumps({"%TYPES": own, "%FEATURE_STRUCTURES": [], "%VIEWS": {}})
    return guard(cassis(path).load_cas_from_json, content, path=path).typesystem


def _parents(found: Any) -> set[str]:
    names = set()
    while found is not None and found.name not in names:
        names.add(found.name)
        found = found.supertype
    return names


def beside(path: Path) -> dict[Path, bytes]:
    """The type system file that belongs to a file: beside it, or in the folder above.

    >>> beside(Path("no/such.xmi"))
    {}
    """
    for folder in (path.parent, path.parent.parent):
        for name in _FILES:
            candidate = folder / name.format(stem=path.stem)
            if candidate.is_file():
                return {candidate: read_bytes(candidate)}
    return {}
