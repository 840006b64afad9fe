"""Partial and uncertain dates: from EDTF (ISO 8601-2) to the half-open interval that a graph can compare.

A graph has one datatype for time, ``xsd:dateTime`` in UTC with whole seconds, so that every comparison is right in
every engine; what the source said, with its own precision, stays beside it as an EDTF string.
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

_OPEN = ("", "..")
# Most dates are such; the parser takes milliseconds for each.
_PLAIN = re.compile("([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")

_VAGUE = re.compile("[0-9]{4}(-2[1-4]|.*[?~%])")


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


def holds(date: str, when: str) -> str | None:
    """How surely what lasts for some time holds at another: ``certainly``, ``possibly``, or ``None`` if not.

    A bound that is given to the day counts with that day. One that is vaguer may be any of its days, so that it is sure
    only before and after all of them; one that is marked unsure or about (``?``, ``~``, ``%``), or is a season, is good
    to the year. A bound that is not known (nothing before or after the stroke) is never sure, one that is open (``..``)
    always.
    ``ontology/queries/44-how-surely-a-post-was-held.rq`` says the same in SPARQL.

    Args:
        date: EDTF; of something that lasts, so most often an interval.
        when: EDTF, most often a day; for more than a day, ``certainly`` means all of it.

    Raises:
        ValueError: one of them is not EDTF, or ends before it starts.

    >>> [holds("1979-02/1980-02-10", day) for day in ("1979-01-31", "1979-02-14", "1979-03-01", "1980-02-10")]
    [None, 'possibly', 'certainly', 'certainly']
    >>> holds("1947-08-15/", "1947-12-01"), holds("1947-08-15/..", "1947-12-01")
    ('possibly', 'certainly')
    """
    Interval.from_edtf(date)
    first, slash, last = date.partition("/")
    start, end = _Bound.of(first, date), _Bound.of(last if slash else first, date)
    moment = when.partition("/")
    low, high = _Bound.of(moment[0], when).low, _Bound.of(moment[2] if moment[1] else moment[0], when).high
    if (start.low and high and high <= start.low) or (end.high and low and low >= end.high):
        return None
    begun = start.surely and (start.sure_low is None or (low is not None and start.sure_low <= low))
    lasting = end.surely and (end.sure_high is None or (high is not None and high <= end.sure_high))
    return "certainly" if begun and lasting else "possibly"


@dataclass(frozen=True)
class _Bound:
    """One end of some time: between which moments it lies."""

    low: datetime | None
    high: datetime | None
    surely: bool = True

    @classmethod
    def of(cls, part: str, date: str) -> _Bound:
        if part in _OPEN and "/" in date:
            return cls(None, None, part == "..")
        low, high = _bounds(part[:4] if _VAGUE.fullmatch(part) else part, date)
        if low is not None and "T" in part:
            low = low.replace(hour=0, minute=0, second=0)
            high = low + timedelta(days=1)
        return cls(low, high)

    @property
    def _is_a_day(self) -> bool:
        return self.low is not None and self.high is not None and self.high - self.low <= timedelta(days=1)

    @property
    def sure_low(self) -> datetime | None:
        """As a start: from when on it is over."""
        return self.low if self._is_a_day else self.high

    @property
    def sure_high(self) -> datetime | None:
        """As an end: until when it is to come."""
        return self.high if self._is_a_day else self.low


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
    plain = _PLAIN.fullmatch(part)
    if plain is not None:
        year, month, day = (None if number is None else int(number) for number in plain.groups())
        try:
            low = datetime(year or 0, 1 if month is None else month, 1 if day is None else day, tzinfo=UTC)
            days = (
                1
                if day is not None
                else monthrange(low.year, low.month)[1]
                if month is not None
                else 365 + isleap(low.year)
            )
            return low, low + timedelta(days=days)
        except (ValueError, OverflowError):
            pass  # a season, or one for the parser to refuse
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
