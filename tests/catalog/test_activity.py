from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import UNTIMED, Dataset, Events, Listeners, Searches
from neo.catalog.catalog import Catalog
from neo_sdk import BundleError, CatalogError, InvalidRequestError, NotFoundError

EVENTS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 9), st.integers(-50, 50), st.sampled_from(["play", "follow"])),
    max_size=40,
)


def events_of(rows: list[tuple[int, int, int, str]], n_listeners: int = 5) -> Events:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    listener, item, time = (np.array(column, dtype=np.int64) for column in columns[:3])
    return Events.from_arrays(listener, item, time, columns[3], n_listeners)


@settings(max_examples=80, deadline=None)
@given(EVENTS, st.integers(0, 4), st.none() | st.integers(-60, 60))
def test_history_equals_brute_force(rows: list[tuple[int, int, int, str]], listener: int, before: int | None) -> None:
    events = events_of(rows)
    mine = [row for row in rows if row[0] == listener and (before is None or row[2] < before)]
    mine.sort(key=lambda row: row[2])  # stable: ties keep the order they came in
    assert events.history(listener, before).tolist() == [row[1] for row in mine]
    assert events.times(listener, before).tolist() == [row[2] for row in mine]
    assert events.history(listener).dtype == np.int32 and events.times(listener).dtype == np.int64


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.integers(-60, 60))
def test_before_equals_events_of_the_earlier_rows(rows: list[tuple[int, int, int, str]], time: int) -> None:
    cut, expected = events_of(rows).before(time), events_of([row for row in rows if row[2] < time])
    assert cut.kind.to_pylist() == expected.kind.to_pylist()
    for name in ("listener", "item", "time", "offsets"):
        assert getattr(cut, name).tolist() == getattr(expected, name).tolist()


@settings(max_examples=30, deadline=None)
@given(EVENTS)
def test_events_round_trip(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, int, str]]) -> None:
    events = events_of(rows)
    path = tmp_path_factory.mktemp("events") / "events.parquet"
    events.save(path)
    again = Events.load(path)
    assert (again.n_listeners, len(again), again.kinds) == (5, len(rows), events.kinds)
    assert again.kind.to_pylist() == events.kind.to_pylist()
    for name in ("listener", "item", "time", "offsets"):
        loaded, saved = getattr(again, name), getattr(events, name)
        assert loaded.tolist() == saved.tolist() and loaded.dtype == saved.dtype


def test_events_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="different lengths"):
        Events.from_arrays(np.array([0]), np.array([0, 1]), np.array([0]), ["play"], 1)
    with pytest.raises(InvalidRequestError, match="listener rows from 0 to 0"):
        events_of([(1, 0, 0, "play")], n_listeners=1)
    with pytest.raises(InvalidRequestError, match="item rows from 0"):
        events_of([(0, -1, 0, "play")])
    for row in (-1, 5):
        with pytest.raises(NotFoundError, match="rows 0 to 4"):
            events_of([]).history(row)


def searches() -> Searches:
    listener, item, time = np.array([1, -1, 0]), np.array([5, 6, 7]), np.array([30, 10, 20])
    return Searches.from_arrays(["c", "a", "b"], listener, item, time, ["topic", "title", "topic"])


def test_searches_are_in_time_order_and_a_mask_picks_of_them() -> None:
    log = searches()
    assert log.query.to_pylist() == ["a", "b", "c"]
    assert (log.listener.tolist(), log.item.tolist()) == ([-1, 0, 1], [6, 7, 5])
    assert log.kind.to_pylist() == ["title", "topic", "topic"]
    picked = log.where(log.time >= 20)
    assert (picked.query.to_pylist(), picked.kind.to_pylist(), picked.item.tolist()) == (
        ["b", "c"],
        ["topic", "topic"],
        [7, 5],
    )
    assert len(log.where(log.time > 30)) == len(Searches.none()) == 0


def untimed() -> Searches:
    time = np.array([UNTIMED, 10, UNTIMED, 5])
    return Searches.from_arrays(list("dbca"), np.full(4, -1), np.arange(4), time, ["tag"] * 4)


def test_searches_without_a_time_come_last_in_their_order() -> None:
    log = untimed()
    assert log.query.to_pylist() == ["a", "b", "d", "c"]
    assert log.timed.tolist() == [True, True, False, False]


def test_a_time_that_is_not_known_is_null_in_the_file(tmp_path: Path) -> None:
    untimed().save(tmp_path / "searches.parquet")
    assert pq.read_table(tmp_path / "searches.parquet")["time"].to_pylist() == [5, 10, None, None]


def test_searches_round_trip(tmp_path: Path) -> None:
    for log in (searches(), Searches.none(), untimed(), untimed().where(~untimed().timed)):
        log.save(tmp_path / "searches.parquet")
        again = Searches.load(tmp_path / "searches.parquet")
        assert again.query.to_pylist() == log.query.to_pylist()
        assert again.kind.to_pylist() == log.kind.to_pylist()
        for name in ("listener", "item", "time"):
            assert getattr(again, name).tolist() == getattr(log, name).tolist()


def test_listeners() -> None:
    table = pa.table({"id": ["u1", "u2"], "country": ["DE", None], "topics": [["art"], None]})
    listeners = Listeners(table)
    assert (len(listeners), listeners.row("u2"), listeners.id(0)) == (2, 1, "u1")
    assert (listeners.country(0), listeners.language(0), listeners.topics(0), listeners.topics(1)) == (
        "DE",
        None,
        ("art",),
        (),
    )
    assert np.isnat(listeners.joined).all()
    assert listeners.rows(["u2", "x"]).tolist() == [1, -1]
    with pytest.raises(NotFoundError, match="'u3' among 2"):
        listeners.row("u3")
    with pytest.raises(CatalogError, match=r"row 1 \[id\] the id 'a' is used again, first in row 0"):
        Listeners.from_ids(["a", "a"])
    with pytest.raises(CatalogError, match="the id is empty"):
        Listeners.from_ids([""])


def dataset() -> Dataset:
    catalog = Catalog.from_table(pa.table({"id": list("abcdefgh"), "type": ["show"] * 8, "title": list("abcdefgh")}))
    return Dataset(catalog, Listeners.from_ids(["u1", "u2"]), events_of([(1, 7, 5, "play")], 2), searches())


def test_dataset_round_trip(tmp_path: Path) -> None:
    data = dataset()
    data.save(tmp_path)
    again = Dataset.load(tmp_path)
    assert again.catalog.fingerprint() == data.catalog.fingerprint()
    assert again.listeners.table.equals(data.listeners.table)
    assert again.events.history(1).tolist() == [7]
    assert again.searches.query.to_pylist() == ["a", "b", "c"]


def test_parts_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    data = dataset()
    data.save(tmp_path)
    Listeners.from_ids(["u1"]).save(tmp_path / "listeners.parquet")
    with pytest.raises(BundleError, match=r"events\.parquet is of 2 listeners"):
        Dataset.load(tmp_path)
    data.save(tmp_path)
    events_of([(1, 8, 5, "play")], 2).save(tmp_path / "events.parquet")
    with pytest.raises(BundleError, match="events name the item row 8"):
        Dataset.load(tmp_path)
    data.save(tmp_path)
    data.listeners.save(tmp_path / "searches.parquet")
    with pytest.raises(BundleError, match="has the columns"):
        Dataset.load(tmp_path)
