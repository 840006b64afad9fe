"""Dates on an axis: where a partial or uncertain date lies, how it reads, and which marks stand there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...dates import Interval
from ..wording import gettext as _

_DAY = timedelta(days=1)
_MARKS = 8
_YEARS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_MONTHS = (1, 2, 3, 6)
_DAYS = (1, 2, 5, 10, 20, 31)
_UNSURE = "?~%"


@dataclass(frozen=True)
class Time:
    """What an EDTF date says.

    Attributes:
        edtf: the date.
        start: its first moment; ``None`` where it is open or unknown.
        end: the first moment after it; ``None`` likewise.

    >>> time = Time.read("2021-08~/..")
    >>> time.start, time.end, time.shape
    (datetime.datetime(2021, 8, 1, 0, 0, tzinfo=datetime.timezone.utc), None, 'unsure')
    >>> Time.read("last summer")
    Time(edtf='last summer', start=None, end=None)
    """

    edtf: str
    start: datetime | None = None
    end: datetime | None = None

    @classmethod
    def read(cls, edtf: str) -> Time:
        """A date; one that is not EDTF lies nowhere."""
        try:
            interval = Interval.from_edtf(edtf)
        except ValueError:
            return cls(edtf)
        return cls(edtf, _moment(interval.start), _moment(interval.end))

    @property
    def is_placed(self) -> bool:
        """Whether it lies anywhere."""
        return self.start is not None or self.end is not None

    @property
    def shape(self) -> str:
        """How it is drawn: it is ``unsure``, it ``lasts`` all that time, or it is ``within``, at some time of it.

        >>> [Time.read(date).shape for date in ("2021?", "2021-01/2021-03", "2021-08", "2021-08-20")]
        ['unsure', 'lasts', 'within', 'lasts']
        """
        if any(mark in self.edtf for mark in _UNSURE):
            return "unsure"
        is_a_day = self.start is not None and self.end is not None and self.end - self.start <= _DAY
        return "lasts" if "/" in self.edtf or is_a_day else "within"

    @property
    def text(self) -> str:
        """The date as people read it.

        >>> [Time(date).text for date in ("2021-08-20", "2021~/2022?", "2021/..", "../2022")]
        ['2021-08-20', 'about 2021 to perhaps 2022', 'since 2021', 'until 2022']
        >>> Time("2021/").text
        'since 2021, until when is not known'
        """
        first, stroke, last = self.edtf.partition("/")
        if not stroke:
            return _bound(first)
        start, end = _bound(first), _bound(last)
        if first not in ("", "..") and last not in ("", ".."):
            return _("%(start)s to %(end)s") % {"start": start, "end": end}
        if last == "..":
            return _("since %(start)s") % {"start": start}
        if last == "":
            return _("since %(start)s, until when is not known") % {"start": start}
        if first == "..":
            return _("until %(end)s") % {"end": end}
        return _("until %(end)s, since when is not known") % {"end": end}


@dataclass(frozen=True)
class Axis:
    """Some time as a line from the left to the right.

    Attributes:
        start: its left end.
        end: its right end.
    """

    start: datetime
    end: datetime

    @classmethod
    def around(cls, times: list[Time]) -> Axis | None:
        """An axis with room for these dates; ``None`` if none of them lies anywhere."""
        bounds = [moment for time in times for moment in (time.start, time.end) if moment is not None]
        if not bounds:
            return None
        first, last = min(bounds), max(bounds)
        room = max((last - first) / 25, _DAY)
        try:
            return cls(first - room, last + room)
        except OverflowError:  # at the end of the years that there are
            return cls(first, last if last > first else first + _DAY)

    def place(self, moment: datetime) -> float:
        """Where a moment is, in hundredths of the line.

        >>> Axis(datetime(2021, 1, 1), datetime(2021, 1, 11)).place(datetime(2021, 1, 6))
        50.0
        """
        return round(100 * ((moment - self.start) / (self.end - self.start)), 2)

    def span(self, time: Time) -> tuple[float, float]:
        """Where a date begins and ends on the line; what is open reaches its end."""
        left = 0.0 if time.start is None else self.place(time.start)
        right = 100.0 if time.end is None else self.place(time.end)
        return left, right

    @property
    def marks(self) -> list[tuple[float, str]]:
        """Where the marks stand, and what they say: years, months or days, no more than can be read.

        >>> Axis(datetime(2019, 7, 1, tzinfo=UTC), datetime(2021, 7, 1, tzinfo=UTC)).marks[:2]
        [(0.0, '2019-07'), (12.59, '2019-10')]
        """
        years = self.end.year - self.start.year
        if years >= 4:
            step = next((one for one in _YEARS if years / one <= _MARKS), _YEARS[-1])
            firsts = range(-(-self.start.year // step) * step, self.end.year + 1, step)
            found = [(datetime(year, 1, 1, tzinfo=UTC), f"{year:04}") for year in firsts if 1 <= year <= 9999]
            return self._within(found)
        months = 12 * years + self.end.month - self.start.month
        if months >= 3:
            step = next((one for one in _MONTHS if months / one <= _MARKS), _MONTHS[-1])
            begin = 12 * self.start.year + self.start.month - 1
            counts = range(-(-begin // step) * step, begin + months + 1, step)
            return self._within(
                [(datetime(n // 12, n % 12 + 1, 1, tzinfo=UTC), f"{n // 12:04}-{n % 12 + 1:02}") for n in counts]
            )
        days = (self.end - self.start).days + 1
        step = next(one for one in (*_DAYS, days) if days / one <= _MARKS)
        midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        return self._within(
            [(day, day.date().isoformat()) for n in range(0, days + 1, step) for day in [midnight + n * _DAY]]
        )

    def _within(self, found: list[tuple[datetime, str]]) -> list[tuple[float, str]]:
        return [(self.place(moment), text) for moment, text in found if self.start <= moment <= self.end]


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _bound(part: str) -> str:
    plain, mark = (part[:-1], part[-1]) if part[-1:] and part[-1] in _UNSURE else (part, "")
    if mark == "?":
        return _("perhaps %(date)s") % {"date": plain}
    if mark == "~":
        return _("about %(date)s") % {"date": plain}
    return _("perhaps about %(date)s") % {"date": plain} if mark else plain
