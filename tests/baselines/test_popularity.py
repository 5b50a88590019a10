from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.baselines.popularity import DAY, Popularity
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog
from neo_sdk.errors import InvalidRequestError

CUT = 20 * DAY


def catalog_of(types: list[str]) -> Catalog:
    ids = [f"i{row}" for row in range(len(types))]
    return Catalog.from_table(pa.table({"id": ids, "type": types, "title": ids}))


CATALOG = catalog_of(["show"] * 5 + ["audiobook"] * 4)
MEETINGS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 8), st.integers(0, 29)), max_size=60)


def events_of(meetings: list[tuple[int, int, int]]) -> Events:
    """(listener, item, day) each."""
    columns = np.array(meetings, dtype=np.int64).reshape(-1, 3)
    return Events.from_arrays(columns[:, 0], columns[:, 1], columns[:, 2] * DAY, ["play"] * len(columns), 6)


@settings(deadline=None)
@given(MEETINGS, st.sampled_from([None, 3, 14]))
def test_order_is_that_of_counting_by_hand(meetings: list[tuple[int, int, int]], days: int | None) -> None:
    found = Popularity.fit(events_of(meetings), CATALOG, before=CUT, days=days)
    ever = {(who, item) for who, item, day in meetings if day < 20}
    late = {(who, item) for who, item, day in meetings if day < 20 and (days is None or day >= 20 - days)}

    def key(row: int) -> tuple[int, int, int]:
        return -sum(item == row for _, item in late), -sum(item == row for _, item in ever), row

    assert found.order("show").tolist() == sorted(range(5), key=key)
    assert found.order("audiobook").tolist() == sorted(range(5, 9), key=key)


@settings(deadline=None)
@given(MEETINGS, st.lists(st.integers(0, 8), max_size=12), st.integers(1, 8))
def test_rank_is_the_order_without_the_history(
    meetings: list[tuple[int, int, int]], history: list[int], k: int
) -> None:
    found = Popularity.fit(events_of(meetings), CATALOG)
    expected = [row for row in found.order("show").tolist() if row not in history][:k]
    assert found.rank([np.array(history, dtype=np.int32)], "show", k)[0].tolist() == expected


@settings(deadline=None)
@given(MEETINGS, MEETINGS, st.sampled_from([None, 3]))
def test_what_comes_after_the_cut_changes_nothing(
    past: list[tuple[int, int, int]], future: list[tuple[int, int, int]], days: int | None
) -> None:
    known = [meeting for meeting in past if meeting[2] < 20]
    later = [(who, item, day + 20) for who, item, day in future]
    alone = Popularity.fit(events_of(known), CATALOG, before=CUT, days=days)
    mixed = Popularity.fit(events_of(known + later), CATALOG, before=CUT, days=days)
    assert alone.order("show").tolist() == mixed.order("show").tolist()


def test_a_listener_who_comes_back_counts_once() -> None:
    found = Popularity.fit(events_of([(0, 1, 1), (0, 1, 2), (0, 1, 3), (1, 2, 1), (2, 2, 1)]), CATALOG)
    assert found.order("show").tolist()[:2] == [2, 1]


def test_bad_arguments_are_told() -> None:
    with pytest.raises(InvalidRequestError, match="show, episode, audiobook"):
        Popularity.fit(events_of([]), CATALOG).order("film")
    with pytest.raises(InvalidRequestError, match="days is 0"):
        Popularity.fit(events_of([]), CATALOG, days=0)
