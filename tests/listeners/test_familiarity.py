from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import Events
from neo.listeners.familiarity import DAY, LEVELS, acquaintances, familiarities, familiarity

PARENTS = np.array([-1, -1, 0, 0, 0, 1])  # two shows, three episodes of the first and one of the second
NOW = 100 * DAY


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, NOW - 1)), max_size=20), st.integers(0, 5))
def test_every_item_is_known_in_one_of_three_ways(events: list[tuple[int, int]], item: int) -> None:
    def whole(row: int) -> int:
        return row if PARENTS[row] < 0 else int(PARENTS[row])

    history, times = (np.array([event[at] for event in events], dtype=np.int64) for at in (0, 1))
    met = [time for row, time in events if whole(row) == whole(item)]
    late = {time // DAY for time in met if NOW - time <= 28 * DAY}
    expected = "habitual" if len(late) >= 3 else "familiar" if met else "unfamiliar"
    assert familiarity(item, history, times, NOW, PARENTS) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [((), "unfamiliar"), ((99, 98), "familiar"), ((99, 99, 99), "familiar"), ((99, 98, 72), "habitual"),
     ((99, 98, 71), "familiar"), ((1, 2, 3), "familiar")],
)  # fmt: skip
def test_a_habit_is_three_days_of_the_last_twenty_eight(days: tuple[int, ...], expected: str) -> None:
    times = np.array(days, dtype=np.int64) * DAY
    assert familiarity(2, np.full(len(days), 3), times, NOW, PARENTS) == expected  # through another episode
    assert familiarity(5, np.full(len(days), 3), times, NOW, PARENTS) == "unfamiliar"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 60 * 4)), max_size=60))
def test_all_events_at_once_are_as_one_by_one(met: list[tuple[int, int, int]]) -> None:
    listener, item, time = (np.array([event[at] for event in met], dtype=np.int64) for at in range(3))
    events = Events.from_arrays(listener, item, time * DAY // 4, ["play"] * len(met), 3)
    found = familiarities(events, PARENTS)
    for place, level in enumerate(found.tolist()):
        first, now = int(events.offsets[events.listener[place]]), int(events.time[place])
        past = slice(first, place)
        expected = familiarity(int(events.item[place]), events.item[past], events.time[past], now, PARENTS)
        assert LEVELS[level] == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(60 * DAY, NOW - 1)), max_size=30))
def test_acquaintances_are_what_is_not_unfamiliar(met: list[tuple[int, int]]) -> None:
    history, times = (np.array([event[at] for event in met], dtype=np.int64) for at in (0, 1))
    habits, others = acquaintances(history, times, NOW, PARENTS)
    for row, parent in enumerate(PARENTS.tolist()):
        whole = row if parent < 0 else parent
        level = "habitual" if whole in habits else "familiar" if whole in others else "unfamiliar"
        assert level == familiarity(row, history, times, NOW, PARENTS)
