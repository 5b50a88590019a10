"""Conversations: what is pointed at is spoken of, what comes is new, and every wish is granted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import Dataset
from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.world import make_world
from neo.language.facts import FactBook
from neo.language.pointing import reference
from neo.language.segments import Aside, History, ItemRef, Segment, Text, Turn
from neo.language.wishes import Wish, WishBook
from neo.language.wordings import follow_ups
from neo.language.wordings.fill import COUNTS
from neo.training.config import InstructionStage
from neo.training.examples.conversations import SHARES, FollowUps, Talk
from neo.training.examples.instruction import InstructionExamples
from neo.training.examples.moments import Moment
from neo.training.examples.near import Near
from neo.training.examples.rows import Example
from neo.training.teacher.ask import Ask
from neo.training.teacher.built_in import BuiltInTeacher

NONE = dict.fromkeys(
    (
        *("recommend", "search", "lookup", "verbalize", "explain", "understand"),
        *("recommend_mixed", "search_mixed", "chat"),
    ),
    0,
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    config = WorldConfig(shows=20, episodes=100, audiobooks=20, listeners=60, searches_per_listener=3.0)
    return make_world(config).dataset


@pytest.fixture(scope="module")
def near(dataset: Dataset) -> Near:
    rows = np.arange(len(dataset.catalog))
    vectors = np.random.default_rng(0).normal(size=(len(rows), 6)).astype(np.float32)
    return Near.among(rows, vectors, dataset.catalog.type_codes)


def examples(dataset: Dataset, near: Near, **counts: int) -> Iterator[Example]:
    stage = InstructionStage.model_validate({**NONE, **counts})
    made = InstructionExamples(dataset, np.arange(len(dataset.catalog)), stage, 0, near=near)
    return made.examples(BuiltInTeacher())


def rows_of(segments: tuple[Segment, ...] | None) -> list[int]:
    return [segment.row for segment in segments or () if isinstance(segment, ItemRef)]


def words_of(segments: tuple[Segment, ...] | None) -> str:
    return "".join(segment.text for segment in segments or () if isinstance(segment, Text))


@given(st.integers(0, 3), st.integers(1, 20), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_the_nearest_of_a_type_come_first(dataset: Dataset, near: Near, code: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    items, without = rng.integers(len(near.rows), size=(2, 3)).tolist()
    found = near.to(items, code, count, without)
    scores = near.vectors @ near.vectors[items].mean(axis=0)
    mine = [row for row in near.rows.tolist() if near.types[row] == code and row not in without]
    assert found == sorted(mine, key=lambda row: (-scores[row], row))[:count]


def test_what_was_named_is_not_named_as_new_again(dataset: Dataset, near: Near) -> None:
    asked = Counter[str]()
    for example in examples(dataset, near, conversations=150, mentions=60):
        named: set[int] = set()
        for turn in example.turns:
            rows, words = rows_of(turn.answer), words_of(turn.answer)
            if words.startswith(f"{follow_ups.ABOUT_YOU}: "):
                assert not rows
                asked["them"] += 1
            elif words.startswith(follow_ups.ABOUT):
                spoken = named | set(rows_of(turn.request)) | titles(dataset, turn)
                assert len(rows) == 1 and rows[0] in spoken
                asked["about"] += 1
            else:
                assert len(set(rows)) == len(rows) and not named & set(rows)
                asked["named"] += bool(rows)
            named |= set(rows)
        asked[f"{len(example.turns)} turns"] += 1
    assert asked["them"] > 5 and asked["about"] > 40 and asked["named"] > 100 and asked["3 turns"] > 20


def titles(dataset: Dataset, turn: Turn) -> set[int]:
    words = words_of(turn.request).lower()
    return {row for row in range(len(dataset.catalog)) if dataset.catalog.title(row).lower() in words}


def test_so_many_are_named_as_were_asked_for(dataset: Dataset, near: Near) -> None:
    made = list(examples(dataset, near, counted=60))
    assert len(made) == 60
    for example in made:
        (turn,) = example.turns
        said = words_of(turn.request).rpartition("\n")[2].lower()
        number = len(rows_of(turn.answer))
        assert any(word in said for word in COUNTS[number - 1]) and not words_of(turn.answer)


def test_wishes_are_granted_by_what_is_named(dataset: Dataset, near: Near, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[Wish, ...]] = []

    def numbered(wishes: tuple[Wish, ...], rng: np.random.Generator) -> str:
        said.append(wishes)
        return f"Wish {len(said) - 1}."

    for room in ("instruction", "conversations"):
        monkeypatch.setattr(f"neo.training.examples.{room}.say", numbered)
    book, granted = WishBook(dataset.catalog, FactBook(dataset.catalog, dataset.listeners)), 0
    for example in examples(dataset, near, wishes=100, conversations=100):
        for turn in example.turns:
            if found := re.search(r"Wish (\d+)\.$", words_of(turn.request)):
                rows = rows_of(turn.answer)
                assert rows and book.granted(said[int(found[1])])[rows].all()
                granted += 1
    assert granted > 100


@pytest.mark.parametrize("kind", SHARES)
def test_every_kind_of_follow_up_is_answered_truly(dataset: Dataset, near: Near, kind: str) -> None:
    catalog, facts, rng = dataset.catalog, FactBook(dataset.catalog, dataset.listeners), np.random.default_rng(0)
    talks, answered = FollowUps(catalog, facts, near, WishBook(catalog, facts), rng), 0
    for _ in range(20):
        rows = rng.choice(len(catalog), size=8, replace=False).tolist()
        code = int(catalog.type_codes[rows[0]])
        upcoming = tuple(row for row in rows if catalog.type_codes[row] == code)
        moment = Moment(0, tuple(rows[4:]), upcoming, 0)
        talk = Talk(moment, facts.listener(moment.history, 0), tuple(rows[:3]), set(rows[:3]))
        turn = talks.one(talk, kind)
        if turn is None:
            continue
        answered += 1
        first = words_of(turn.request[:1])[:1]
        assert first == first.upper() or kind in ("not_these", "understand")  # some of these are as people type
        if kind in ("why", "what"):
            opening = turn.opening or turn.answer
            assert isinstance(opening, tuple) and rows_of(opening)[0] in rows[:3]
        elif kind in ("more", "not_this", "not_these", "refine", "switch"):
            assert isinstance(turn.answer, Ask)
            new = [item.row for item in turn.answer.items]
            assert new and not set(new) & {*rows[:3], *rows[4:]} and talk.last == tuple(new)
            if kind == "switch":
                assert not {catalog.type_of(row) for row in new} & {catalog.type_of(row) for row in rows[:3]}
    assert answered > 5


def test_an_item_is_pointed_at_by_what_it_alone_is(dataset: Dataset) -> None:
    facts, rng = FactBook(dataset.catalog, dataset.listeners), np.random.default_rng(0)
    for _ in range(300):
        rows = rng.choice(len(dataset.catalog), size=3, replace=False).tolist()
        place = int(rng.integers(3))
        ref = reference(facts, rows, place, rng)
        items = [facts.item(row) for row in rows]
        if isinstance(ref, ItemRef):
            assert ref.row == rows[place]
            continue
        meant = [
            at
            for at, item in enumerate(items)
            if ref in (item.title, f"the one by {item.creator}", f"the {item.words.singular}")
            or ref in follow_ups.references(at, 3)
        ]
        assert meant == [place] or items[meant[0]].title == items[place].title


def test_some_chats_that_name_no_type_are_answered_with_items_of_several_each_called_what_it_is(
    dataset: Dataset, near: Near
) -> None:
    catalog, several = dataset.catalog, 0
    for example in examples(dataset, near, chat=300):
        (turn,) = example.turns
        rows, asked = rows_of(turn.answer), words_of(turn.request).rpartition("\n")[2].lower()
        heard = {row for part in turn.request if isinstance(part, History) for row in part.rows}
        assert len(set(rows)) == len(rows) and not heard & set(rows)
        types = [catalog.type_of(row) for row in rows]
        if len(set(types)) == 1:
            continue
        several += 1
        assert not any(noun in asked for noun in ("show", "podcast", "episode", "book"))
        asides = [part.text for part in turn.answer or () if isinstance(part, Aside)]
        assert all(f" {kind}" in aside for kind, aside in zip(types, asides, strict=True))
    assert 20 < several < 60  # of 150 that are no search, two in three have two items or more, and 40% of these
