"""Windows, batches and held-back events, against walks through the same events."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.baselines.sequences import DAY, NOBODY, hold_back, of_histories, windows
from neo.catalog.activity import Events

PASTS = st.lists(st.lists(st.integers(0, 9), max_size=12), min_size=1, max_size=6)


def events_of(pasts: list[list[int]]) -> Events:
    """The n-th event of a listener comes n days after the one before."""
    who = np.repeat(np.arange(len(pasts)), [len(past) for past in pasts])
    time = [place * (place + 1) // 2 * DAY for past in pasts for place in range(len(past))]
    item = np.array([item for past in pasts for item in past], dtype=np.int64)
    return Events.from_arrays(who, item, np.array(time, dtype=np.int64), ["play"] * len(item), len(pasts))


@settings(deadline=None)
@given(PASTS, st.integers(1, 5))
def test_each_event_but_the_first_follows_another_in_one_window(pasts: list[list[int]], length: int) -> None:
    found: Counter[tuple[int, int]] = Counter()
    cut = windows(events_of(pasts), length)
    assert (cut.lengths <= length + 1).all()
    for start, end, who in zip(cut.starts, cut.ends, cut.listeners, strict=True):
        first = int(start) - sum(map(len, pasts[:who]))
        assert cut.items[start:end].tolist() == pasts[who][first : first + end - start]
        found.update((int(who), place) for place in range(first + 1, first + int(end - start)))
    assert found == Counter((who, place) for who, past in enumerate(pasts) for place in range(1, len(past)))
    assert {int(who) for who in cut.listeners} == {who for who, past in enumerate(pasts) if past}


@settings(deadline=None)
@given(PASTS, st.integers(1, 5), st.integers(1, 30), st.sampled_from([None, 0]))
def test_batches_hold_every_window_once(pasts: list[list[int]], length: int, tokens: int, seed: int | None) -> None:
    cut = windows(events_of(pasts), length)
    found = []
    for batch in cut.batches(tokens, None if seed is None else np.random.default_rng(seed)):
        assert len(batch.items) == 1 or batch.items.numel() <= tokens
        for items, gaps, wanted, who in zip(batch.items, batch.gaps, batch.wanted, batch.listeners, strict=True):
            found.append((int(who), items[wanted].tolist()))
            assert not items[~wanted].any() and not gaps[~wanted].any() and gaps[0] == 0
            steps = gaps[wanted][1:]
            assert (steps.diff() == 1).all()  # a day more each time
    rows = zip(cut.listeners, cut.starts, cut.ends, strict=True)
    assert sorted(found) == sorted((int(who), cut.items[start:end].tolist()) for who, start, end in rows)


@settings(deadline=None)
@given(PASTS, st.integers(1, 5), st.integers(1, 3))
def test_what_is_held_back_is_the_last_event_and_not_trained_on(pasts: list[list[int]], length: int, most: int) -> None:
    events = events_of(pasts)
    left, held = hold_back(events, length, most, seed=0)
    who = held.listeners.tolist()
    able = [listener for listener, past in enumerate(pasts) if len(past) >= 3]
    assert set(who) <= set(able) and len(who) == len(set(who)) == min(most, -(-len(able) // 20))
    for listener, past in enumerate(pasts):
        assert left.history(listener).tolist() == (past[:-1] if listener in who else past)
    for batch in held.batches(100):
        for row, listener in enumerate(batch.listeners.tolist()):
            assert batch.items[row][batch.wanted[row]].tolist() == pasts[listener][-1:]
            assert batch.wanted[row].nonzero().tolist() == [[min(length, len(pasts[listener]) - 1)]]


def test_one_listener_in_twenty_is_held_back() -> None:
    left, held = hold_back(events_of([[1, 2, 3]] * 100), 5, 1000, seed=0)
    assert (len(held), len(left)) == (5, 295)


def test_histories_are_read_from_their_end() -> None:
    histories = [np.array([4, 5, 6], dtype=np.int32), np.array([7], dtype=np.int32)]
    times = [np.array([0, DAY, 3 * DAY]), np.array([9 * DAY])]
    batch = of_histories(histories, 2, times, [3, NOBODY]).batch(np.arange(2))
    assert batch.items.tolist() == [[5, 6], [7, 0]]
    assert batch.gaps.tolist() == [[0, 2], [0, 0]]
    assert batch.wanted.tolist() == [[False, True], [True, False]]
    assert batch.listeners.tolist() == [3, NOBODY]
