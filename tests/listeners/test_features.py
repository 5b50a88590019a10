"""Features of moments, against sums over each listener's own events, and against one moment at a time."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import Events, Listeners
from neo.listeners import features as module
from neo.listeners.features import DAY, WINDOWS, Features, Profiles
from neo.listeners.item_vectors import ItemVectors
from neo.sids.table import SidTable

BOOKS = {name: np.random.default_rng(at).normal(size=(2, 4, 3)).astype(np.float32) for at, name in enumerate("ab")}
TABLE = SidTable.from_codes(
    {"a": [0, 1, 2], "b": [3, 4]}, {"a": [[0, 1], [2, 2], [3, 0]], "b": [[1, 1], [0, 3]]}, {"a": 4, "b": 4}
)  # the catalog has a row 5 without a SID
ITEMS = ItemVectors(BOOKS, TABLE)
TOPICS = {"Sea": np.array([1.0, 0, 0], dtype=np.float32), "Salt": np.array([0, 2.0, 0], dtype=np.float32)}
LISTENERS = Listeners(
    pa.table(
        {
            "id": ["u0", "u1", "u2"],
            "country": ["SE", None, "XX"],
            "language": ["en", "de", None],
            "joined": pa.array([dt.date(2019, 12, 31), None, dt.date(2030, 1, 1)], pa.date32()),
            "topics": [["Sea", "Salt"], ["Salt", "Unheard of"], None],
        }
    )
)
FEATURES = Features(ITEMS, ("a", "b"), Profiles(("SE", "DE"), ("en", "de"), TOPICS))
START = int(dt.datetime(2020, 1, 1, tzinfo=dt.UTC).timestamp())
LIVES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 300 * DAY // 7)), max_size=40)


def events_of(lives: list[tuple[int, int, int]]) -> Events:
    listener, item, time = (np.array([event[at] for event in lives], dtype=np.int64) for at in range(3))
    return Events.from_arrays(listener, item, START + 7 * time, ["play"] * len(lives), 3)


def vector(row: int) -> np.ndarray:
    for name, sids in TABLE.types.items():
        if row in sids.rows:
            codes = TABLE.codes_of(row)
            return BOOKS[name][0, codes[0]] + BOOKS[name][1, codes[1]]
    return np.zeros(3)


def part(made: np.ndarray, name: str) -> np.ndarray:
    (group,) = [group for group in FEATURES.groups if group.name == name]
    return made[group.start : group.end]


@settings(max_examples=150, deadline=None)
@given(LIVES, st.integers(0, 2), st.integers(-10, 320 * DAY // 7))
def test_everything_follows_from_what_lies_before_the_moment(
    lives: list[tuple[int, int, int]], who: int, moment: int
) -> None:
    events, when = events_of(lives), START + 7 * moment
    (made,) = FEATURES.at(events, np.array([who]), np.array([when]), LISTENERS, np.array([who]))
    past = [(row, START + 7 * at) for listener, row, at in lives if listener == who and START + 7 * at < when]
    for days in WINDOWS:
        late = [(row, time) for row, time in past if time >= when - days * DAY]
        mean = np.mean([vector(row) for row, _ in late], axis=0) if late else np.zeros(3)
        assert part(made, f"what, {days} days") == pytest.approx(mean, abs=1e-5)
        amounts = [math.log1p(len(late)), math.log1p(len({time // DAY for _, time in late}))]
        assert part(made, f"how much, {days} days") == pytest.approx(amounts, abs=1e-5)
    late = [time for _, time in past if time >= when - 182 * DAY]
    hours = [dt.datetime.fromtimestamp(time, dt.UTC) for time in late]
    rhythm = [sum(hour.weekday() == day for hour in hours) for day in range(7)]
    rhythm += [sum(hour.hour // 4 == quarter for hour in hours) for quarter in range(6)]
    assert part(made, "rhythm") == pytest.approx(np.array(rhythm) / max(1, len(late)), abs=1e-6)
    for name in "ab":
        mine = [(row, time) for row, time in past if row in TABLE.of(name).rows]
        recent = [vector(row) for row, time in mine if time >= when - 182 * DAY]
        assert part(made, f"what, {name}") == pytest.approx(np.mean(recent or [np.zeros(3)], axis=0), abs=1e-5)
        since = 1 / (1 + math.log1p((when - max(time for _, time in mine)) / DAY)) if mine else 0
        assert part(made, f"how much, {name}") == pytest.approx([math.log1p(len(recent)), since], abs=1e-5)


def test_what_listeners_say_of_themselves() -> None:
    when, nobody = np.full(4, START), np.array([0, 1, 2, -1])
    made = FEATURES.at(events_of([]), np.zeros(4, dtype=np.int64), when, LISTENERS, nobody)
    assert part(made[0], "topics") == pytest.approx([0.5, 1, 0, math.log(3)])
    assert part(made[1], "topics") == pytest.approx([0, 2, 0, math.log(2)])
    assert [part(row, "country").tolist() for row in made] == [[1, 0], [0, 0], [0, 0], [0, 0]]
    assert [part(row, "language").tolist() for row in made] == [[1, 0], [0, 1], [0, 0], [0, 0]]
    ages = [part(row, "age").tolist() for row in made]
    assert ages == [pytest.approx([math.log(2), 1]), [0, 0], [0, 1], [0, 0]]  # who joins tomorrow is 0 days old
    assert not made[3].any()


@settings(max_examples=30, deadline=None)
@given(LIVES, st.lists(st.tuples(st.integers(0, 2), st.integers(0, 300 * DAY // 7)), min_size=1, max_size=20))
def test_many_moments_are_as_one_by_one(lives: list[tuple[int, int, int]], asked: list[tuple[int, int]]) -> None:
    events = events_of(lives)
    who, when = np.array([who for who, _ in asked]), np.array([START + 7 * at for _, at in asked])
    chunk, module.CHUNK = module.CHUNK, 2
    try:
        made = FEATURES.at(events, who, when, LISTENERS, who)
    finally:
        module.CHUNK = chunk
    for place, one in enumerate(made):
        at = slice(place, place + 1)
        alone = FEATURES.at(events, who[at], when[at], LISTENERS, who[at])[0]
        assert one == pytest.approx(alone, abs=1e-5)


def test_narrowed_vectors_keep_what_differs_most() -> None:
    books = {"a": np.zeros((2, 4, 5), dtype=np.float32)}
    books["a"][0, :, 1], books["a"][1, :, 3] = [3, -3, 2, -2], [0.1, 0.2, -0.1, 0]
    table = SidTable.from_codes({"a": [0, 1, 2, 3]}, {"a": [[0, 0], [1, 1], [2, 2], [3, 3]]}, {"a": 4})
    (narrow,) = ItemVectors.narrowed(books, table, np.arange(4), 1).of(np.arange(4)).T
    assert np.abs(narrow) == pytest.approx([3, 3, 2, 2], abs=0.05)
    assert np.array_equal(
        ItemVectors.narrowed(books, table, np.arange(4), 9).of(np.arange(4)), ItemVectors(books, table).of(np.arange(4))
    )
