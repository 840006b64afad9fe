from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geokg.dates import Interval


@pytest.mark.parametrize(
    ("date", "start", "end"),
    [
        ("2021-08-20", "2021-08-20T00:00:00Z", "2021-08-21T00:00:00Z"),
        ("2021-12", "2021-12-01T00:00:00Z", "2022-01-01T00:00:00Z"),
        ("2021?", "2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z"),
        ("2021-08~", "2021-08-01T00:00:00Z", "2021-09-01T00:00:00Z"),
        ("201X", "2010-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        ("2021-08-15/2021-08-30", "2021-08-15T00:00:00Z", "2021-08-31T00:00:00Z"),
        ("2021/..", "2021-01-01T00:00:00Z", None),
        ("2021/", "2021-01-01T00:00:00Z", None),
        ("../2021", None, "2022-01-01T00:00:00Z"),
        ("2021-08-20T10:00:00Z", "2021-08-20T10:00:00Z", "2021-08-20T10:00:01Z"),
        ("2021-08-20T10:00:00+08:00", "2021-08-20T02:00:00Z", "2021-08-20T02:00:01Z"),
        ("0476", "0476-01-01T00:00:00Z", "0477-01-01T00:00:00Z"),
        ("Y17000", None, None),
        ("-0044", None, None),
    ],
)
def test_bounds(date, start, end):
    assert Interval.from_edtf(date) == Interval(start, end)


@pytest.mark.parametrize("date", ["", "/", "..", "../..", "2021-13", "2021-02-30", "yesterday", "2022/2021", "2021T"])
def test_what_is_no_date_is_said_to_be_none(date):
    with pytest.raises(ValueError, match=r"no EDTF date|ends before"):
        Interval.from_edtf(date)


@given(st.text(max_size=20))
def test_any_text_is_a_date_or_an_error(text):
    try:
        interval = Interval.from_edtf(text)
    except ValueError:
        return
    assert interval.start is None or interval.end is None or interval.start < interval.end


@given(st.dates())
def test_a_day_is_a_day_long(day):
    interval = Interval.from_edtf(day.isoformat())
    assert interval.start == f"{day.isoformat()}T00:00:00Z"
    assert interval.end is None or interval.end > interval.start
