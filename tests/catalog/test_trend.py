from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from test_activity import EVENTS, events_of

from neo.catalog.trend import HALF_LIFE, STEADY, trend

TYPES = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_growth_is_the_change_of_the_share_as_far_as_it_is_believed(rows: list[tuple[int, int, int, str]]) -> None:
    rows = [(listener, item, day * 86_400, kind) for listener, item, day, kind in rows]
    first = {(listener, item): time for listener, item, time, _ in sorted(rows, key=lambda row: -row[2])}
    latest = max(first.values(), default=0)
    found = trend(events_of(rows), TYPES)
    assert found.dtype == np.float32
    for item, code in enumerate(TYPES):
        times = [time for (_, other), time in first.items() if other == item]
        of_type = [(other, time) for (_, other), time in first.items() if TYPES[other] == code]
        late = sum(0.5 ** ((latest - time) / HALF_LIFE) for _, time in of_type)
        trust = late / (late + STEADY * len({other for other, _ in of_type})) if of_type else 0
        share = sum(0.5 ** ((latest - time) / HALF_LIFE) for time in times) / late if of_type else 0
        before = len(times) / len(of_type) if of_type else 0
        expected = math.log(1 - trust + trust * share / before) if times else 0
        assert found[item] == pytest.approx(expected, abs=1e-5)


def test_what_comes_up_rises_and_what_is_steady_stays() -> None:
    day = 86_400
    steady = [(listener, 0, when * day, "play") for listener, when in enumerate(range(0, 100, 5))]
    new = [(listener, 1, 99 * day, "play") for listener in range(5)]
    found = trend(events_of([*steady, *new], 20), np.array([0, 0, 0]))
    assert found[1] > 0 > found[0] and found[2] == 0
    assert not trend(events_of([(u, i, 7 * day, "play") for u in range(5) for i in range(3)]), np.zeros(3)).any()
