from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.baselines.meetings import Meetings, packed
from neo.catalog.activity import Events

N = 6
SEQUENCES = st.lists(st.lists(st.integers(0, N - 1), max_size=10), min_size=1, max_size=4)


@settings(deadline=None)
@given(SEQUENCES)
def test_meetings_equal_a_walk_through_the_events(sequences: list[list[int]]) -> None:
    who = np.repeat(np.arange(len(sequences)), [len(sequence) for sequence in sequences])
    item = np.array([item for sequence in sequences for item in sequence], dtype=np.int64)
    time = np.array([place for sequence in sequences for place in range(len(sequence))], dtype=np.int64)
    events = Events.from_arrays(who, item, time, ["play"] * len(item), len(sequences))
    meetings = Meetings.of(events, N)
    expected = [
        (sequence[place], sequence[:place])
        for sequence in sequences
        for place in range(1, len(sequence))
        if sequence[place] not in sequence[:place]
    ]
    assert meetings.target.tolist() == [target for target, _ in expected]
    assert len(meetings) == len(expected)
    everything, rows = np.arange(len(meetings)), np.array([4, 0, 2])
    recent, met = meetings.recent(everything, 3), meetings.met_before(everything, rows)
    for place, (_, before) in enumerate(expected):
        assert recent[place].tolist() == [*before[:-4:-1], -1, -1, -1][:3]
        assert met[place].tolist() == [row in before for row in rows]
    assert (packed([np.array(before) for _, before in expected], 3) == recent).all()
