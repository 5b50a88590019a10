from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from teacher_worlds import World, make_history, make_world

from neo.catalog.activity import Listeners
from neo.catalog.catalog import Catalog
from neo.catalog.item_types import BUILT_IN, ItemType
from neo.language.facts import LENGTHS, NOBODY, FactBook
from neo_sdk.errors import NotFoundError


def same(found: list[tuple[object, int]], named: list[tuple[int, object]]) -> bool:
    """Equal counts, and no later name has a higher count or, at the same count, a more recent event."""
    last = {name: event for event, name in named}
    keys = [(-times, -last[name]) for name, times in found]
    return Counter(dict(found)) == Counter(name for _, name in named) and keys == sorted(keys)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_item_facts_equal_brute_force(seed):
    world = make_world(seed)
    book = FactBook(world.catalog, world.listeners)
    for row, fields in enumerate(world.rows):
        facts, parent = book.item(row), world.parent(row)
        assert (facts.row, facts.title, facts.type, facts.parent_row) == (
            row,
            fields["title"],
            fields["type"],
            parent,
        )
        assert facts.words.singular == fields["type"]
        assert facts.parent_title == (world.rows[parent]["title"] if parent >= 0 else None)
        assert list(facts.topics) == world.topics(row)
        assert facts.creator == world.creator(row) and facts.tone == world.tone(row)
        assert (facts.length is None) == (fields["duration"] is None)
        if facts.length:
            below = next(bound for bound, text in LENGTHS if text == facts.length)
            assert fields["duration"] < below
            assert all(bound <= fields["duration"] for bound, _ in LENGTHS if bound < below)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([None, -1, 0, 1, 2, 3]))
def test_listener_facts_equal_brute_force(seed, listener_row):
    world = make_world(seed)
    history = make_history(seed + 1, len(world.rows))
    facts = FactBook(world.catalog, world.listeners).listener(np.array(history, dtype=np.int32), listener_row)
    events = list(enumerate(history))
    assert facts.events == len(history)
    assert same(list(facts.topics), [(e, t) for e, row in events for t in world.topics(row)])
    assert same(list(facts.creators), [(e, world.creator(row)) for e, row in events if world.creator(row)])
    assert same(list(facts.tones), [(e, world.tone(row)) for e, row in events if world.tone(row)])
    assert same(list(facts.types), [(e, world.rows[row]["type"] + "s") for e, row in events])
    met = [(e, row if world.rows[row]["type"] == "show" else world.parent(row)) for e, row in events]
    assert same([(p.row, p.times) for p in facts.parents], [(e, row) for e, row in met if row >= 0])
    assert all(p.title == world.rows[p.row]["title"] for p in facts.parents)
    assert facts.main_topics == tuple(name for name, _ in facts.topics[:3])
    known = listener_row is not None and listener_row >= 0
    assert facts.onboarding == (world.listeners.topics(listener_row) if known else ())
    assert facts.turn in turns_by_hand(world, history)


def turns_by_hand(world: World, history: list[int]) -> set[str | None]:
    """The topics that gained most; several where they tie."""
    cut = len(history) - len(history) // 4
    gains = {}
    for topic in {topic for row in history for topic in world.topics(row)} if len(history) >= 8 else set():
        now = sum(topic in world.topics(row) for row in history[cut:]) / (len(history) - cut)
        then = sum(topic in world.topics(row) for row in history[:cut]) / cut
        if now >= 0.5 and now >= 3 * then:
            gains[topic] = now - then
    return {topic for topic, gain in gains.items() if gain == max(gains.values())} or {None}


def test_a_turn_of_interest_is_seen():
    table = pa.table({"id": ["a", "b"], "type": ["show"] * 2, "title": ["A", "B"], "topics": [["old"], ["old", "new"]]})
    book = FactBook(Catalog.from_table(table))
    assert book.listener([0] * 9 + [1] * 3).turn == "new"
    assert book.listener([0] * 6 + [1] * 1).turn is None  # under eight events
    assert book.listener([0, 1] * 6).turn is None


def test_a_topic_counts_once_an_event_even_where_item_and_parent_carry_it():
    rows = [("s", "show", None, ["x", "x"]), ("e", "episode", "s", ["x", " ", "y"])]
    names = ("id", "type", "parent", "topics")
    table = pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)} | {"title": ["S", "E"]})
    book = FactBook(Catalog.from_table(table))
    assert dict(book.listener([1, 1, 0]).topics) == {"x": 3, "y": 2}
    assert book.item(1).topics == ("x", "y")


def test_registered_types_and_odd_extras():
    course = ItemType("short_course", "short_courses")
    extras = [
        '{"tone": "warm"}',
        '{"tone": 7}',
        '{"other": "tone"}',
        '{"tone": ""}',
        '{"tone": "' + "x" * 50 + '"}',
    ]
    table = pa.table({"id": list("abcde"), "type": ["short_course"] * 5, "title": list("ABCDE"), "extras": extras})
    book = FactBook(Catalog.from_table(table, types=(*BUILT_IN, course)))
    assert [book.item(row).tone for row in range(5)] == ["warm", None, None, None, None]
    assert book.item(0).words == ("short course", "short courses")
    assert dict(book.listener([0, 1]).types) == {"short courses": 2}


def test_nobody_and_rows_that_do_not_exist():
    book = FactBook(make_world(0).catalog)
    assert book.listener([]) == NOBODY
    with pytest.raises(NotFoundError):
        book.item(10_000)
    with pytest.raises(NotFoundError):
        FactBook(make_world(0).catalog, Listeners.from_ids(["a"])).listener([], 5)


def test_extras_that_are_no_json_say_nothing():
    titles = {"id": ["a", "b"], "type": ["show"] * 2, "title": ["A", "B"]}
    book = FactBook(Catalog.from_table(pa.table({**titles, "extras": ['no JSON: "tone"', '{"tone": "calm"}']})))
    assert [book.item(row).tone for row in range(2)] == [None, "calm"]
