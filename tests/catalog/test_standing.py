from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_activity import EVENTS, events_of

from neo.catalog.standing import HALF_LIFE, POPULAR, STEADY, standing

TYPES = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])


def days(out: list[int | None]) -> np.ndarray:
    return np.array(["NaT" if day is None else day for day in out], dtype="datetime64[D]")


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.lists(st.none() | st.integers(-60, 60), min_size=10, max_size=10))
def test_how_often_and_how_much_oftener_of_late_as_far_as_it_is_believed(
    rows: list[tuple[int, int, int, str]], out: list[int | None]
) -> None:
    rows = [(listener, item, day * 86_400, kind) for listener, item, day, kind in rows]
    first = {(listener, item): time for listener, item, time, _ in sorted(rows, key=lambda row: -row[2])}
    latest = max(first.values(), default=0)
    found = standing(events_of(rows), TYPES, days(out))
    assert found.dtype == np.float32
    for item, code in enumerate(TYPES):
        times = [time for (_, other), time in first.items() if other == item]
        of_type = [(other, time) for (_, other), time in first.items() if TYPES[other] == code]
        if not of_type:
            assert found[item] == 0
            continue
        day = out[item]
        since = [time for _, time in of_type if day is None or time >= day * 86_400]
        often = POPULAR * math.log((len(times) + 1) / (len(since) / 5 + 1))
        late = sum(0.5 ** ((latest - time) / HALF_LIFE) for _, time in of_type)
        trust = late / (late + STEADY * len({other for other, _ in of_type}))
        share = sum(0.5 ** ((latest - time) / HALF_LIFE) for time in times) / late
        growth = math.log(1 - trust + trust * share / (len(times) / len(of_type))) if times else 0
        assert found[item] == pytest.approx(often + growth, abs=1e-5)


def test_what_comes_up_of_late_rises_above_what_is_as_popular() -> None:
    day = 86_400
    steady = [(listener, 0, when * day, "play") for listener, when in enumerate(range(0, 100, 5))]
    new = [(listener, 1, 99 * day, "play") for listener in range(20)]
    found = standing(events_of([*steady, *new], 20), np.array([0, 0, 0, 1]), days([None] * 4))
    assert found[1] > max(found[0], found[2]) and found[3] == 0
    alike = standing(
        events_of([(u, i, 7 * day, "play") for u in range(5) for i in range(3)]), np.zeros(3), days([0, 5, None])
    )
    assert not alike.any()


def test_what_comes_out_later_is_no_worse_than_the_mean() -> None:
    day = 86_400
    met = [(listener, listener % 2, listener * day, "play") for listener in range(20)]
    old, young, new = standing(events_of(met, 20), np.zeros(5), days([0, 0, 0, 15, 30]))[2:]
    assert old < young < new == 0


def test_without_events_nothing_is_added() -> None:
    assert not standing(events_of([]), TYPES, days([None] * 10)).any()
