from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo.evaluation.protocol import RecommendCase
from neo.evaluation.spread import TAIL, Met, distance

TYPES = ["show"] * 6 + ["audiobook"] * 4
NONE = np.empty(0, dtype=np.int32)
CATALOG = Catalog.from_table(pa.table({"id": list("abcdefghij"), "type": TYPES, "title": list("abcdefghij")}))


def events_of(pairs: list[tuple[int, int]]) -> Events:
    listener, item = (np.array([pair[at] for pair in pairs], dtype=np.int64) for at in (0, 1))
    return Events.from_arrays(listener, item, np.arange(len(pairs)), ["play"] * len(pairs), 5)


def case(name: str) -> RecommendCase:
    return RecommendCase(0, NONE, NONE, name, 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=40), st.data())
def test_figures_equal_counting_by_hand(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    lists = data.draw(st.lists(st.lists(st.integers(0, 5), unique=True, max_size=6), min_size=1, max_size=4))
    meetings = Met(events_of(pairs), CATALOG)
    (found,) = meetings.spread("m", [np.array(rows, dtype=np.int64) for rows in lists], [case("show")] * len(lists), 3)
    met = Counter(item for _, item in set(pairs))
    rare, tail = 0, set()
    for row in sorted(range(6), key=lambda row: (met[row], row)):
        rare += met[row]
        tail |= {row} if rare <= TAIL * sum(met[row] for row in range(6)) else set()
    places = [row for rows in lists for row in rows[:3]]
    bits = [-math.log2(max(met[row], 1) / (len({listener for listener, _ in pairs}) + 1)) for row in places]
    assert (found.lists, found.k, found.group) == (len(lists), 3, "show")
    assert found.coverage == pytest.approx(len(set(places)) / 6)
    assert found.tail == pytest.approx(sum(row in tail for row in places) / len(places) if places else 0)
    assert found.novelty == pytest.approx(sum(bits) / len(bits) if bits else 0)


def test_each_type_has_its_own_tail_and_its_own_row() -> None:
    meetings = Met(events_of([(u, 0) for u in range(5)] + [(0, 1), (1, 6), (2, 7)]), CATALOG)
    cases, lists = [case("show"), case("audiobook")], [np.array([1, 0]), np.array([6, 9])]
    shows, books = meetings.spread("m", lists, cases, 10)
    assert (shows.group, shows.tail, books.group, books.tail) == ("show", 0.5, "audiobook", 0.5)


def test_distance_is_of_what_is_named_from_what_was_met() -> None:
    content = np.array([[1, 0], [0, 1], [1, 1], [-1, 0]], dtype=np.float32)
    times = np.zeros(2, dtype=np.int64)
    cases = [RecommendCase(0, np.array([0, 0]), times, "show", 1), RecommendCase(1, NONE, NONE, "show", 1)]
    lists = [np.array([1, 2, 3]), np.array([1])]  # who has no history has no taste to be far from
    expected = np.mean([1, 1 - math.sqrt(0.5), 2])
    assert distance(lists, cases, content) == pytest.approx(expected)
    assert distance(lists, cases, None) is None and distance(lists[1:], cases[1:], content) is None
    mixed = [RecommendCase(0, np.array([0, 1]), times, "show", 1)]
    assert distance([np.array([2])], mixed, content) == pytest.approx(0, abs=1e-6)
