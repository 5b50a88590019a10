from __future__ import annotations

import numpy as np
import pytest

from neo.catalog.activity import Events
from neo.sids import collaborative
from neo.sids.collaborative import collaborative_vectors


def events_of(sequences: list[list[int]]) -> Events:
    who = np.repeat(np.arange(len(sequences)), [len(items) for items in sequences])
    what = np.concatenate([np.array(items) for items in sequences])
    return Events.from_arrays(who, what, np.arange(len(who)), ["play"] * len(who), len(sequences))


def test_an_item_met_alone_stands_beside_what_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collaborative, "NEIGHBORS", 1)
    content = np.eye(6, dtype=np.float32)[[0, 1, 2, 3, 1, 3]]
    events = events_of([[0, 1], [2, 3], [4], [5, 5]])
    vectors = collaborative_vectors(events, content, np.arange(6), dim=4)
    assert vectors[4] == pytest.approx(vectors[1], abs=1e-5) and vectors[5] == pytest.approx(vectors[3], abs=1e-5)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(6), abs=1e-5)


def test_vectors_may_be_wider_than_there_are_items_met_together() -> None:
    content = np.eye(8, dtype=np.float32)
    vectors = collaborative_vectors(events_of([[0, 1, 2], [3, 4], [5], [6], [7]]), content, np.arange(8), dim=16)
    assert vectors.shape == (8, 16) and np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(8), abs=1e-5)


def test_where_everything_was_met_alone_there_is_nothing_to_know() -> None:
    assert not collaborative_vectors(events_of([[0], [1, 1]]), np.eye(2), np.arange(2), dim=4).any()
