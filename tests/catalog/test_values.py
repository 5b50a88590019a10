from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.times import AsDuration, AsSeconds
from neo.catalog.values import AsId, AsNumber, AsText, AsTopics, Converter, convert

TEXTS = st.lists(
    st.none()
    | st.text(max_size=6)
    | st.sampled_from(
        [
            *(
                "2024-02-29",
                "2023-02-29",
                "2024-01-02T03:04:05",
                "2024-01-02 03:04:05",
                "2024-01-02T03:04:05Z",
            ),
            *("1999", "12", "-3.5", " 7 ", "1:02:03", "62:03", "1e3", "nan", "inf", "a,b,,a", " a , b "),
            *("<b>x</b>", "a  b", ""),
        ]
    ),
    max_size=12,
)
CONVERTERS: list[Converter] = [
    AsId(),
    AsId("book-"),
    AsText(),
    AsTopics(),
    AsTopics("|"),
    AsTopics(None),
    AsSeconds(),
    AsSeconds("iso"),
    AsSeconds("epoch"),
    AsSeconds("year"),
    AsDuration(),
    AsDuration("minutes"),
    AsNumber(),
]


def both_ways(array: pa.Array, converter: Converter) -> tuple[list[Any], dict[int, str]]:
    """Converts by column and by value, checks that they agree, and returns the result."""
    column, problems = convert(array, converter, Counter())
    values, value_problems = convert(array.to_pylist(), converter, Counter())
    assert column.type == converter.type
    assert column.to_pylist() == values.to_pylist()
    assert problems == value_problems
    return column.to_pylist(), problems


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from(CONVERTERS))
def test_texts_convert_by_column_as_by_value(values: list[str | None], converter: Converter) -> None:
    both_ways(pa.array(values, pa.string()), converter)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.none() | st.integers(-(2**40), 2**40) | st.integers(0, 3000), max_size=8),
    st.sampled_from(CONVERTERS),
)
def test_whole_numbers_convert_by_column_as_by_value(values: list[int | None], converter: Converter) -> None:
    both_ways(pa.array(values, pa.int64()), converter)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.none() | st.floats(-1e12, 1e12) | st.just(float("inf")), max_size=8),
    st.sampled_from(CONVERTERS),
)
def test_numbers_convert_by_column_as_by_value(values: list[float | None], converter: Converter) -> None:
    both_ways(pa.array(values, pa.float64()), converter)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.none() | st.lists(st.none() | st.sampled_from(["a", "b", "", " a", "<b>a</b>", "x & y"]), max_size=4)),
    st.sampled_from([AsTopics(), AsText(), AsText(joins=True), AsId(), AsSeconds()]),
    st.integers(0, 3),
)
def test_lists_convert_by_column_as_by_value(values: list[list[str] | None], converter: Converter, cut: int) -> None:
    both_ways(pa.array(values, pa.list_(pa.string())).slice(cut), converter)


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())])
def test_other_layouts_of_texts_are_the_same_texts(kind: pa.DataType) -> None:
    array = pa.array(["a", None, " b"]).cast(kind)
    assert both_ways(array, AsText())[0] == ["a", None, "b"]
    assert both_ways(array, AsTopics())[0] == [["a"], None, ["b"]]


def test_ids_are_kept_to_the_letter() -> None:
    assert both_ways(pa.array([" A-1 ", "", None]), AsId())[0] == [" A-1 ", None, None]
    assert both_ways(pa.array([47, None]), AsId("book-"))[0] == ["book-47", None]
    assert both_ways(pa.array([47.0, float("nan")]), AsId())[0] == ["47", None]
    assert convert([True, ["a"], {"a": 1}, "a\nb", "\ud800"], AsId(), Counter())[1].keys() == {0, 1, 2, 3, 4}


def test_html_and_broken_characters_are_counted() -> None:
    notes: Counter[str] = Counter()
    texts, problems = convert(["<b>a</b>", "\ud800", "c", {"no": 1}], AsText(), notes)
    assert texts.to_pylist() == ["a", "\ufffd", "c", None]
    assert problems == {3: "expected text, got an object"}
    assert notes == {"html": 1, "broken": 1}


def test_several_creators_are_one_text() -> None:
    assert both_ways(pa.array([["Ann", "Bob "], [], None]), AsText(joins=True))[0] == ["Ann, Bob", None, None]


def test_topics_of_lists_and_of_separated_texts() -> None:
    assert both_ways(pa.array(["a, b ,,a", "", None]), AsTopics())[0] == [["a", "b"], [], None]
    assert both_ways(pa.array(["a, b|c"]), AsTopics("|"))[0] == [["a, b", "c"]]
    assert both_ways(pa.array(["Arts, Society & Culture"]), AsTopics(None))[0] == [["Arts, Society & Culture"]]
    assert both_ways(pa.array([["b", "a", "b"], ["R&amp;B"]]), AsTopics())[0] == [["b", "a"], ["R&B"]]


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        ("2024-03-01", "auto", dt.datetime(2024, 3, 1)),
        ("2007-11-29 11:50:38", "auto", dt.datetime(2007, 11, 29, 11, 50, 38)),
        ("2024-03-01T12:00:00.75+02:00", "auto", dt.datetime(2024, 3, 1, 10)),
        ("2024-03", "auto", dt.datetime(2024, 3, 1)),
        ("1844", "auto", dt.datetime(1844, 1, 1)),
        (1844, "auto", dt.datetime(1844, 1, 1)),
        (20240301, "auto", dt.datetime(2024, 3, 1)),
        ("Fri, 01 Mar 2024 12:00:00 +0200", "auto", dt.datetime(2024, 3, 1, 10)),
        (1709290800, "auto", dt.datetime(2024, 3, 1, 11)),
        ("1709290800", "auto", dt.datetime(2024, 3, 1, 11)),
        (1709290800123, "auto", dt.datetime(2024, 3, 1, 11)),
        (1844, "epoch", dt.datetime(1970, 1, 1, 0, 30, 44)),
        (-1500, "epoch_ms", dt.datetime(1969, 12, 31, 23, 59, 58)),
        ("01.03.2024", "%d.%m.%Y", dt.datetime(2024, 3, 1)),
        (dt.date(2024, 3, 1), "auto", dt.datetime(2024, 3, 1)),
    ],
)
def test_times(value: object, form: str, expected: dt.datetime) -> None:
    seconds = int(expected.replace(tzinfo=dt.UTC).timestamp())
    assert both_ways(pa.array([value]), AsSeconds(form)) == ([seconds], {})


@pytest.mark.parametrize(
    ("value", "form"),
    [
        *(("soon", "auto"), ("2023-02-30", "auto"), ("12", "iso"), (9e18, "auto"), (20241399, "auto")),
        *(("0000-00-00", "auto"), ("2024", "%d.%m.%Y"), (True, "auto"), (1844.5, "year")),
        *((0, "auto"), (1, "auto"), ("17", "auto"), (3_000_000, "auto")),  # counters, of something
    ],
)
def test_times_that_are_none(value: object, form: str) -> None:
    values, problems = both_ways(pa.array([value]), AsSeconds(form))
    assert values == [None]
    assert ("true or false" if value is True else repr(value)) in problems[0]
    counts = value in (0, 1, "17", 3_000_000) and value is not True
    assert ("where it counts seconds, or year" in problems[0]) == counts


def test_a_number_larger_than_any_float_is_no_time() -> None:
    values, problems = convert([10**400], AsSeconds(), Counter())
    assert values.to_pylist() == [None] and "as a date or time" in problems[0]


def test_times_of_typed_columns() -> None:
    moment = dt.datetime(2024, 3, 1, 10, 0, 0, 999_000)
    seconds = int(moment.replace(tzinfo=dt.UTC, microsecond=0).timestamp())
    for unit in ("ms", "us", "ns"):
        assert both_ways(pa.array([moment, None], pa.timestamp(unit)), AsSeconds())[0] == [seconds, None]
        assert both_ways(pa.array([moment], pa.timestamp(unit, "Asia/Tokyo")), AsSeconds())[0] == [seconds]
    for kind in (pa.date32(), pa.date64()):
        assert both_ways(pa.array([dt.date(1969, 12, 31)], kind), AsSeconds())[0] == [-86_400]
    far = pa.array([300_000_000_000], pa.timestamp("s"))
    assert "cannot read" in convert(far, AsSeconds(), Counter())[1][0]


@pytest.mark.parametrize(
    ("value", "unit", "seconds"),
    [
        (90, "seconds", 90),
        ("90", "seconds", 90),
        (1.5, "minutes", 90),
        (2, "hours", 7200),
        (2600, "milliseconds", 3),
        ("1:02:03", "minutes", 3723),
        ("62:03", "seconds", 3723),
        (dt.timedelta(minutes=2), "hours", 120),
        ("", "seconds", None),
    ],
)
def test_durations(value: object, unit: str, seconds: int | None) -> None:
    assert both_ways(pa.array([value]), AsDuration(unit)) == ([seconds], {})


@pytest.mark.parametrize("value", ["long", "1:99:00", 1e12, "1e300", True])
def test_durations_that_are_none(value: object) -> None:
    assert both_ways(pa.array([value]), AsDuration())[1].keys() == {0}


def test_numbers_that_are_none() -> None:
    _, problems = both_ways(pa.array(["NA", "1,5", "3"]), AsNumber())
    assert problems == {0: "expected a number, got 'NA'", 1: "expected a number, got '1,5'"}
