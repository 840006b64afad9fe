"""``geokg convert``."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import ReadError, Remark, WriteError
from ..readers import documents, find
from ..readers.converting import Conversion
from .common import Command, json_option, progress, tell_json, told


@click.command(cls=Command)
@click.argument("sources", nargs=-1, required=True, metavar="IN...")
@click.option("--to", "target", required=True, metavar="FORMAT", help="brat, web-annotation, uima or nif.")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to; it must be empty or not there yet.",
)
@click.option("--format", metavar="FORMAT", help="What IN is, where the files do not tell.")
@click.option("--lenient", is_flag=True, help="Leave out what is broken or has no room, and tell each; keep the rest.")
@json_option("Print what was written, refused and left out as JSON.")
@click.pass_context
def convert(
    ctx: click.Context,
    sources: tuple[str, ...],
    target: str,
    output: Path,
    format: str | None,
    *,
    lenient: bool,
    as_json: bool,
) -> None:
    """Write annotated texts in another format.

    IN is an annotated text of any format that can be read, or a folder of them. Each goes to DIR below the name of its
    source, so that reading it gives the same document again. A broken file is refused, told, and the others are
    written; so is a document that has something in it for which FORMAT has no room. The exit code is 2 then.

    Example:
      geokg convert corpus --to brat -o brat
      geokg convert tasks.json --format label-studio --to uima -o cas --lenient
    """
    if output.exists() and any(output.iterdir()):
        raise click.UsageError(f"{output} is not empty; nothing is written over there")
    written: list[dict[str, str]] = []
    refused: list[str] = []
    left_out: list[str] = []
    notices: list[str] = []

    def leave_out(error: ReadError | WriteError, how: str = "left out") -> None:
        line = told(error, "notice" if isinstance(error, Remark) else how)
        (notices if isinstance(error, Remark) else left_out).append(line)
        click.echo(line, err=True)

    def refuse(error: ReadError | WriteError) -> None:
        refused.append(told(error))
        click.echo(refused[-1], err=True)

    conversion = Conversion(target, output, left_out=leave_out if lenient else None)
    files = list(find(*sources, format=format, passed_over=lambda error: leave_out(error, "passed over")))
    for given in progress(files, len(files)):
        try:
            for document in documents(given, format=format, lenient=lenient):
                for fault in document.faults:
                    leave_out(fault)
                try:
                    written.append({"id": document.id, "file": str(conversion.write(document))})
                except WriteError as error:
                    refuse(error)
        except ReadError as error:
            refuse(error)
    if as_json:
        tell_json(
            {"output": str(output), "written": written, "refused": refused, "left_out": left_out, "notices": notices}
        )
    else:
        count = f"{len(written)} document{'' if len(written) == 1 else 's'}"
        click.echo(f"{output}: {count}, {len(refused)} refused, {len(left_out)} left out", err=True)
    if refused:
        ctx.exit(2)
