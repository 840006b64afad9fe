"""Makes data/reference/former-states.ttl from pycountry: ``python tests/former_states.py``, offline, always the same.

Of the entries that ISO 3166-1 once had, as ISO 3166-3 keeps them, those that are an entry of today under an older name:
that name is given to it; and former states, which are things of their own. A state is who was a member or observer of
the United Nations, as in ``states.py``. Codes of territories, islands and zones that are gone are left out.

ISO says when it withdrew a code, which is some days to two years after what it stood for had ended. So that day is an
upper bound, and written as about (``~``), to a year where ISO gives no more.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from importlib.metadata import version

from pyoxigraph import Literal, NamedNode, Quad
from rdflib.namespace import DCTERMS, RDF, SKOS, VOID, XSD

from geokg.canonical import turtle
from geokg.dates import Interval
from geokg.vocabulary import DEFAULT_BASE, GK, Base, prefixes
from states import CATALOGUES, Silent
from states import TARGET as STATES
from states import quads as states

TARGET = STATES.with_name("former-states.ttl")
BASE = Base(DEFAULT_BASE)

# The same land and people as an entry of today, under an older name.
RENAMED = {
    "AIDJ": "DJI",
    "BUMM": "MMR",
    "BYAA": "BLR",
    "DYBJ": "BEN",
    "HVBF": "BFA",
    "NHVU": "VUT",
    "RHZW": "ZWE",
    "TPTL": "TLS",
    "ZRCD": "COD",
}

# Once members or observer states of the United Nations.
STATES_ONCE = ["CSHH", "CSXX", "DDDE", "SUHH", "VDVN", "YDYE", "YUCS"]

# Those whose short name is that of a state of today.
NAMESAKES = ["DDDE", "VDVN", "YDYE"]

# Everyday English names that ISO does not have.
AS_SAID = {"DDDE": "East Germany", "SUHH": "Soviet Union", "VDVN": "North Vietnam", "YDYE": "South Yemen"}

# ISO turns a name round for its alphabetical list, so that the part behind the comma ends in one of these.
_TURNED = re.compile(r"(?: of| of the| de| del| du|[’'])$")

ABOUT = (
    "Of the entries that ISO 3166-1 once had, those that are an entry of today under an older name, which is given to "
    "it, and former members and observer states of the United Nations, which are described for themselves. This rule "
    "types a file and takes no view on anybody's standing. A date is that on which ISO withdrew the code: what it "
    "stood for had ended by then. Made by tests/former_states.py; do not edit."
)


def names(entry: str, *, namesake: bool = False) -> list[str]:
    """The names in an entry of ISO's list: as it stands before the comma, and what follows turned round again.

    >>> names("Burma, Socialist Republic of the Union of")
    ['Burma', 'Socialist Republic of the Union of Burma']
    >>> names("USSR, Union of Soviet Socialist Republics")
    ['USSR', 'Union of Soviet Socialist Republics']
    >>> names("Viet-Nam, Democratic Republic of", namesake=True)
    ['Democratic Republic of Viet-Nam']
    """
    first, *rest = re.split("[,،] ", re.sub("[()]", "", entry))
    turned = [f"{part} {first}" if _TURNED.search(part) or " " not in part else part for part in rest]
    # What begins small describes, and is no name.
    return [*([] if namesake and rest else [first]), *(name for name in turned if not name[0].islower())]


def quads() -> Iterator[Quad]:
    """Every triple of the file.

    Raises:
        ModuleNotFoundError: pycountry is not installed.
    """
    import pycountry

    def quad(subject: NamedNode, predicate: str, value: str | NamedNode | Literal) -> Quad:
        return Quad(subject, NamedNode(str(predicate)), Literal(value) if isinstance(value, str) else value)

    graph = NamedNode(BASE.graph + "reference/former-states")
    yield quad(graph, RDF.type, NamedNode(str(VOID.Dataset)))
    yield quad(graph, DCTERMS.title, Literal("Former states and territories of ISO 3166-3", language="en"))
    yield quad(graph, DCTERMS.description, Literal(ABOUT, language="en"))
    yield quad(graph, DCTERMS.source, "ISO 3166-3, in the Debian project iso-codes")
    yield quad(graph, DCTERMS.provenance, f"pycountry {version('pycountry')}")
    yield quad(graph, DCTERMS.rights, "Codes: ISO 3166-3. Names and their translations: Debian iso-codes, LGPL-2.1+.")

    today = {quad.object for quad in states() if quad.predicate.value in (str(SKOS.prefLabel), str(SKOS.altLabel))}
    catalogues = {}
    for tag, name in CATALOGUES.items():
        catalogues[tag] = gettext.translation("iso3166-3", pycountry.LOCALES_DIR, languages=[name])
        catalogues[tag].add_fallback(Silent())

    for entry in pycountry.historic_countries:
        code = entry.alpha_4
        renamed = RENAMED.get(code)
        if not renamed and code not in STATES_ONCE:
            continue
        node = NamedNode(f"{BASE.data}state/{renamed or code}")
        codes = f"{entry.alpha_2}, {entry.alpha_3} and {code}"
        note = f"ISO withdrew the codes {codes} ({entry.name}): {entry.withdrawal_date}."
        yield quad(node, SKOS.historyNote, Literal(note, language="en"))
        if not renamed:
            yield quad(node, RDF.type, NamedNode(str(GK.State)))
            yield quad(node, GK.iso3166Alpha3, entry.alpha_3)
            date = f"/{entry.withdrawal_date}~"
            yield quad(node, GK.edtf, date)
            end = Interval.from_edtf(date).end or ""
            yield quad(node, GK.validTo, Literal(end, datatype=NamedNode(str(XSD.dateTime))))
        for tag in ("en", *CATALOGUES):
            translate = catalogues[tag].gettext if tag in catalogues else str
            said = [AS_SAID[code]] if tag == "en" and code in AS_SAID else []
            # Stress marks as in a dictionary, as in states.py.
            entered = translate(entry.name).replace("\u0301", "")
            said += names(entered, namesake=code in NAMESAKES) if entered else []
            labels = [Literal(name, language=tag) for name in dict.fromkeys(said)]
            for place, label in enumerate(label for label in labels if label not in today):
                yield quad(node, SKOS.altLabel if renamed or place else SKOS.prefLabel, label)


def text() -> str:
    """The file, as canonical Turtle."""
    return turtle(quads(), prefixes(BASE))


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8", newline="\n")
