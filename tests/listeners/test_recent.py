"""What is read of a long past, against a loop that picks one event at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neo.listeners.recent import recent


def by_turns(types: list[int], length: int) -> list[int]:
    """The latest half, then again and again the latest event of the type that has had the fewest turns."""
    if len(types) <= length:
        return list(range(len(types)))
    kept = list(range(len(types) - length // 2, len(types)))
    left, turns = list(range(len(types) - length // 2)), dict.fromkeys(types, 0)
    while len(kept) < length:
        place = max(left, key=lambda place: (-turns[types[place]], place))
        # of one type the latest is next; between types it is the fewest turns, then the later event
        turns[types[place]] += 1
        left.remove(place)
        kept.append(place)
    return sorted(kept)


@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 30))
def test_equals_brute_force(types: list[int], length: int) -> None:
    assert recent(np.array(types, dtype=np.int8), length).tolist() == by_turns(types, length)


@given(st.integers(0, 40), st.integers(1, 30))
def test_of_one_type_it_is_the_latest(count: int, length: int) -> None:
    assert recent(np.zeros(count, dtype=np.int8), length).tolist() == list(range(count))[-length:]


def test_an_audiobook_of_long_ago_is_still_read() -> None:
    types = np.array([2] + [1] * 200)
    assert recent(types, 50).tolist() == [0, *range(152, 201)]
