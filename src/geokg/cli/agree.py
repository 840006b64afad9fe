"""``geokg agree``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from ..agreement import Agreement, Figures, agreement
from ..errors import ReadError, Remark
from ..readers import documents, find
from ..text import Document
from .common import Command, json_option, progress, tell_json, terminal, told

_FIGURES = ("exact", "overlapping", "label", "alpha_u", "alpha")
_HEADS = ("exact", "overlapping", "label", "alpha U", "alpha")


@click.command(cls=Command)
@click.argument("sources", nargs=-1, required=True, metavar="CORPUS...")
@click.option("--format", metavar="FORMAT", help="What the files are, where they do not tell.")
@click.option("--lenient", is_flag=True, help="Leave out what is broken, and tell each; keep the rest.")
@json_option("Print the figures as JSON.")
def agree(sources: tuple[str, ...], format: str | None, *, lenient: bool, as_json: bool) -> None:
    """Show how far those who annotated the same texts agree.

    Annotators are told apart by the rule "pairs" in source.toml, by the format, or by the folders that their files
    stand in. For each pair, and for all: F1 of spans that begin and end alike (exact), that share a character
    (overlapping), and that are called alike too (label); Krippendorff's alpha for units cut out of a text (alpha U,
    1995), and for its characters with the labels on them (alpha, nominal). 1 is perfect; alpha of 0 is chance. Texts
    that only one annotated are told on stderr.

    Example:
      geokg agree corpus
      geokg agree export.json --json
    """
    found = agreement(_documents(sources, format, lenient=lenient))
    for identifier in found.alone:
        click.echo(f"{identifier}: only one annotated it", err=True)
    if as_json:
        tell_json(_json(found))
    elif found.overall is None:
        raise ReadError("no text here is annotated by more than one", path=" ".join(sources))
    else:
        console = terminal() or Console(width=120, highlight=False, markup=False, emoji=False)
        for table in _tables(found):
            console.print(table)


def _documents(sources: tuple[str, ...], format: str | None, *, lenient: bool) -> Iterator[Document]:
    def tell(error: ReadError, how: str = "left out") -> None:
        click.echo(told(error, "notice" if isinstance(error, Remark) else how), err=True)

    files = list(find(*sources, format=format, passed_over=lambda error: tell(error, "passed over")))
    for given in progress(files, len(files)):
        for document in documents(given, format=format, lenient=lenient):
            for fault in document.faults:
                tell(fault)
            yield document


def _tables(found: Agreement) -> Iterator[Table]:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("annotators", "texts", "spans", *_HEADS):
        table.add_column(head, justify="left" if head == "annotators" else "right")
    rows = [(" and ".join(pair.annotators), pair) for pair in found.pairs]
    if found.overall is not None and len(found.pairs) > 1:
        rows.append(("all", found.overall))
    for name, pair in rows:
        spans = " ".join(map(str, pair.spans))
        table.add_row(name, str(pair.texts), spans, *(_shown(getattr(pair, key)) for key in _FIGURES))
    yield table
    labels = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("label", "F1", "alpha U"):
        labels.add_column(head, justify="left" if head == "label" else "right")
    for label, (f1, alpha) in found.labels.items():
        labels.add_row(label, _shown(f1), _shown(alpha))
    yield labels


def _shown(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.3f}"


def _json(found: Agreement) -> dict[str, object]:
    def figures(pair: Figures | None) -> dict[str, object] | None:
        return None if pair is None else asdict(pair)

    return {
        "pairs": [figures(pair) for pair in found.pairs],
        "overall": figures(found.overall),
        "labels": {label: {"f1": f1, "alpha_u": alpha} for label, (f1, alpha) in found.labels.items()},
        "alone": list(found.alone),
    }
