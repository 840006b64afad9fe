"""The group of all commands, and how an error becomes a line and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any, NoReturn

import click

from .. import __version__
from ..errors import (
    GeokgError,
    IdentityConflict,
    InvalidGraph,
    QueryNotAllowed,
    QuerySyntaxError,
    ReadError,
    UnknownTerm,
)
from ..validation import ShapesError
from ..vocabulary import Base
from .agree import agree
from .backup import backup, restore
from .build import build
from .check import check
from .common import help_text, told
from .convert import convert
from .diff import diff
from .explain import explain
from .identity import identity
from .query import query
from .scheme import scheme
from .serve import serve
from .shapes import shapes
from .suggest import suggest

FINDINGS, USAGE, FAILED = 1, 2, 3
_BROKEN_PIPE, _INTERRUPTED = 141, 130  # what a shell reports of a program that these signals end
_USAGE = (ReadError, UnknownTerm, IdentityConflict, QuerySyntaxError, QueryNotAllowed, ShapesError)


class Main(click.Group):
    """The commands in the order of work; errors that geokg raises on purpose become one line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names as they were added."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was asked for."""
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # a reader that is gone, or a full disk, is noticed here at the latest
        except GeokgError as error:
            _fail(ctx, told(error), exit_code(error))
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)
        except BrokenPipeError:
            _abandon_output()
            ctx.exit(_BROKEN_PIPE)
        except OSError as error:
            _abandon_output()
            _fail(ctx, f"geokg: error: {error.filename or 'output'}: {error.strerror or error}", FAILED)
        except MemoryError:
            _fail(ctx, "geokg: error: out of memory", FAILED)


def exit_code(error: GeokgError) -> int:
    """What the shell is told of an error.

    >>> from geokg.errors import QueryTimeout
    >>> exit_code(ReadError("no such file")), exit_code(QueryTimeout("too slow"))
    (2, 3)
    """
    if isinstance(error, InvalidGraph):
        return FINDINGS
    return USAGE if isinstance(error, _USAGE) else FAILED


def _fail(ctx: click.Context, message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    ctx.exit(code)


def _abandon_output() -> None:
    """Let what is still in the buffer of stdout go nowhere; Python would try to write it once more at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=Main,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=help_text(
        """A knowledge graph of who said what about states, movements, officials, initiatives and commitments.

        Every claim leads back to who makes it, inside whose statement, and to the very words in the text.

        Example:
          geokg build data -o kg.trig
          geokg check kg.trig
          geokg explain kg.trig gk:RestraintCommitment

        Where a command takes a GRAPH it takes an RDF file, the folder of a store, the URL of a SPARQL service,
        annotated texts or a folder of them (they are built first), or - for RDF from stdin. Exit codes: 0 fine; 1
        findings at or over --fail-on; 2 bad usage or unreadable input; 3 the work could not be carried out.
        """
    ),
)
@click.version_option(__version__, prog_name="geokg")
def main() -> None:
    """Check what every command relies on."""
    try:
        Base.from_environment()
    except ValueError as error:
        raise click.UsageError(str(error)) from error


for command in (
    build,
    suggest,
    convert,
    agree,
    check,
    shapes,
    query,
    explain,
    diff,
    identity,
    scheme,
    serve,
    backup,
    restore,
):
    main.add_command(command)


def reference() -> str:
    """The help of all commands as Markdown, for documentation.

    >>> reference().splitlines()[0]
    '## geokg'
    """
    parts = []
    for name, command in (("geokg", main), *((f"geokg {name}", one) for name, one in main.commands.items())):
        context = click.Context(command, info_name=name, terminal_width=88, **main.context_settings)
        parts.append(f"## {name}\n\n```\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)
