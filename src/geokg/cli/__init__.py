"""The command line: ``geokg build``, ``check``, ``query``, ``explain``, ``diff``, ``scheme``, ``serve``.

Exit codes: 0 fine; 1 findings at or over ``--fail-on``; 2 bad usage or unreadable input; 3 the work could not be
carried out. What a command is asked for goes to stdout, all else to stderr.
"""

from .app import main, reference

__all__ = ["main", "reference"]
