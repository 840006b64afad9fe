"""Partial and uncertain dates: from EDTF (ISO 8601-2) to the half-open interval that a graph can compare.

A graph has one datatype for time, ``xsd:dateTime`` in UTC with whole seconds, so that every comparison is right in
every engine; what the source said, with its own precision, stays beside it as an EDTF string.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

_OPEN = ("", "..")


@dataclass(frozen=True)
class Interval:
    """Some time, from ``start`` to just before ``end``.

    Attributes:
        start: an ``xsd:dateTime`` in UTC; ``None`` where the date is open or outside the years 1 to 9999.
        end: the first second that no longer belongs to it; ``None`` likewise.
    """

    start: str | None
    end: str | None

    @classmethod
    def from_edtf(cls, date: str) -> Interval:
        """The interval of an EDTF date of level 0 or 1; uncertainty (``?``, ``~``) does not move its bounds.

        Raises:
            ValueError: it is not EDTF, or ends before it starts.

        >>> Interval.from_edtf("2021-08")
        Interval(start='2021-08-01T00:00:00Z', end='2021-09-01T00:00:00Z')
        >>> Interval.from_edtf("2021-08-15/..")
        Interval(start='2021-08-15T00:00:00Z', end=None)
        >>> Interval.from_edtf("last summer")
        Traceback (most recent call last):
        ValueError: 'last summer' is no EDTF date; write 2021-08-20, 2021-08, 2021?, 2021-08-15/2021-08-30 or 2021/..
        """
        first, slash, last = date.partition("/")
        parts = [_bounds(part, date) for part in ((first, last) if slash else (first,))]
        start, end = parts[0][0], parts[-1][1]
        if start is not None and end is not None and start >= end:
            raise ValueError(f"{date!r} ends before it starts")
        return cls(_utc(start), _utc(end))


@cache
def _parser() -> Callable[[str], Any]:
    from edtf import parse_edtf  # takes a tenth of a second, and most graphs have few dates

    return parse_edtf  # type: ignore[no-any-return]


def _bounds(part: str, date: str) -> tuple[datetime | None, datetime | None]:
    if part in _OPEN and "/" in date and date not in ("/", "../..", "../", "/.."):
        return None, None
    if "T" in part:
        try:
            moment = datetime.fromisoformat(part).replace(microsecond=0)
        except ValueError as error:
            raise _no_edtf(date) from error
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment, moment + timedelta(seconds=1)
    try:
        parsed = _parser()(part)
        low, high = parsed.lower_strict(), parsed.upper_strict()
    except Exception as error:  # edtf lets through whatever its parser stumbles over
        raise _no_edtf(date) from error
    return _day(low, 0), _day(high, 1)


def _day(moment: Any, later: int) -> datetime | None:
    try:
        return datetime(moment.tm_year, moment.tm_mon, moment.tm_mday, tzinfo=UTC) + timedelta(days=later)
    except (ValueError, OverflowError):
        return None


def _utc(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0") if moment else None


def _no_edtf(date: str) -> ValueError:
    return ValueError(f"{date!r} is no EDTF date; write 2021-08-20, 2021-08, 2021?, 2021-08-15/2021-08-30 or 2021/..")
