"""Something shorter than what was named truly is: the very item that it is compared with never passes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.catalog.catalog import Catalog
from neo.language.lengths import seconds_of
from neo.language.reading import Said
from neo.language.segments import ItemRef, Text, Turn
from neo.model.bundle import Bundle
from neo.model.compared import compared
from neo.model.neo_model import NeoModel

SHOWS, EPISODES = 20, 60  # of the tiny world; the rest are audiobooks


def minutes(row: int) -> int | None:
    """Episodes of 10 to 69 minutes, audiobooks of 5 hours and more; shows have no length."""
    if row < SHOWS:
        return None
    return 10 + row - SHOWS if row < SHOWS + EPISODES else 300 + row


@pytest.fixture(scope="module")
def neo(tiny_bundle: Bundle) -> NeoModel:
    table = tiny_bundle.catalog.table
    seconds = pa.array([None if (m := minutes(row)) is None else 60 * m for row in range(len(table))], pa.int32())
    place = table.schema.get_field_index("duration")
    return NeoModel(replace(tiny_bundle, catalog=Catalog.from_table(table.set_column(place, "duration", seconds))))


def ids(neo: NeoModel, *rows: int) -> list[dict[str, Any]]:
    return [{"type": "item", "item_id": neo.bundle.catalog.id(row)} for row in rows]


def after(neo: NeoModel, said: str | list[Any], *rows: int) -> list[dict[str, Any]]:
    """A conversation in which an answer named some items."""
    return [
        {"role": "user", "content": "Some ideas?"},
        {"role": "assistant", "content": [{"type": "text", "text": "Try "}, *ids(neo, *rows)]},
        {"role": "user", "content": said},
    ]


def lengths_kept(neo: NeoModel, turns: list[dict[str, Any]], **how: Any) -> list[str]:
    answer = neo.chat(turns, max_tokens=3, exclude_heard=False, **how)
    return [name for name in answer.guaranteed if "minute" in name]


@pytest.mark.parametrize(
    ("said", "rows", "kept"),
    [
        ("Something shorter, please.", (40, 50), "under 30 minutes"),
        ("Any longer ones?", (40, 50), "over 40 minutes"),
        ("Same but shorter", (85, 40), "under 30 minutes"),
        ("More like the second one, only shorter.", (40, 50), "under 40 minutes"),
        ("More like the first one, but longer.", (40, 50), "over 30 minutes"),
        ("A shorter episode, please.", (85, 40), "under 30 minutes"),
        ("A longer audiobook.", (85, 40), "over 385 minutes"),
        ("And shorter?", (3, 40), "under 30 minutes"),  # a show has no length
    ],
)
def test_something_shorter_or_longer_is_kept(neo: NeoModel, said: str, rows: tuple[int, ...], kept: str) -> None:
    turns = after(neo, said, *rows)
    for seed in range(3):
        answer = neo.chat(turns, temperature=2.0, seed=seed, max_tokens=6, exclude_heard=False)
        assert f"words: {kept}" in answer.guaranteed and answer.items and not answer.warnings
        low, high = seconds_of(kept)
        assert all(low <= (item.duration or 0) < high for item in answer.items)
    assert not lengths_kept(neo, turns, read_words=False)


@pytest.mark.parametrize(
    ("said", "rows"),
    [
        ("Something shorter.", (3, 5)),  # shows have no length
        ("A shorter audiobook.", (40, 50)),  # nothing that was named is one
        ("Is the second one shorter?", (40, 50)),
        ("Which one is longer?", (40, 50)),
        ("How much longer is the second one?", (40, 50)),
        ("No longer ones, please.", (40, 50)),
        ("I used to like longer episodes. What else?", (40, 50)),
        ("Shorter descriptions, please.", (40, 50)),
    ],
)
def test_nothing_is_kept_where_nothing_is_compared(neo: NeoModel, said: str, rows: tuple[int, ...]) -> None:
    assert lengths_kept(neo, after(neo, said, *rows)) == []


def test_what_is_said_itself_counts_more(neo: NeoModel) -> None:
    assert lengths_kept(neo, after(neo, "Something shorter, under 15 minutes.", 60)) == ["words: under 15 minutes"]
    assert lengths_kept(neo, [{"role": "user", "content": "Something shorter."}]) == []


def test_an_item_in_the_request_is_compared_with(neo: NeoModel) -> None:
    words = [{"type": "text", "text": "Something shorter than "}, *ids(neo, 60), {"type": "text", "text": ", please."}]
    assert lengths_kept(neo, after(neo, words, 40)) == ["words: under 50 minutes"]
    title = neo.bundle.catalog.title(60)
    assert lengths_kept(neo, after(neo, f"More like {title}, but shorter.", 40)) == ["words: under 50 minutes"]


def test_what_the_latest_answer_with_an_item_named_is_compared_with(neo: NeoModel) -> None:
    turns = after(neo, "More?", 30) + after(neo, "x", 60)[1:2] + [{"role": "user", "content": "Thanks."}]
    turns += [{"role": "assistant", "content": "You are welcome."}, {"role": "user", "content": "Something shorter."}]
    assert lengths_kept(neo, turns) == ["words: under 50 minutes"]


def test_one_that_is_too_long_is_replaced_by_a_shorter_one_of_its_type(neo: NeoModel) -> None:
    for said, kept in (
        ("That's too long.", True),
        ("Still a bit too long, sorry!", True),
        ("My way is too long.", False),
    ):
        answer = neo.chat(after(neo, said, 60), max_tokens=3)
        assert ("words: under 50 minutes" in answer.guaranteed) == kept, said
    answer = neo.chat(after(neo, "The audiobook is too long.", 30, 60, 90), max_tokens=3)
    kind = neo.bundle.catalog.type_of(90)
    assert {item.type for item in answer.items} == {kind} and len(answer.items) == 1


def test_where_nothing_is_shorter_an_answer_says_so(neo: NeoModel) -> None:
    answer = neo.chat(after(neo, "Something shorter, please.", SHOWS), max_tokens=3)
    assert "There is nothing under 10 minutes to name" in answer.warnings[0] and answer.items


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=4))
def test_what_is_compared_with_never_passes(seconds: list[int]) -> None:
    rows = {
        "id": [str(n) for n in range(len(seconds))],
        "type": ["episode"] * len(seconds),
        "title": ["A"] * len(seconds),
    }
    catalog = Catalog.from_table(pa.table({**rows, "duration": pa.array(seconds, pa.int32())}))
    turns = [Turn((Text("?"),), tuple(map(ItemRef, range(len(seconds))))), Turn((Text("Shorter?"),))]
    for (wish,) in filter(None, (compared(catalog, turns, Said(compared=how)) for how in ("shorter", "longer"))):  # type: ignore[arg-type]
        low, high = seconds_of(wish.value)
        assert not any(low <= one < high for one in seconds)
        # and no more is left out than what is shorter or longer by less than a minute
        assert high > min(seconds) - 60 if low == 0 else low <= max(seconds) + 60
    assert bool(compared(catalog, turns, Said(compared="shorter"))) == (min(seconds) >= 60)


@pytest.mark.parametrize(
    ("said", "rows"),
    [
        ("The shortest episode, please.", {20}),
        ("Your three longest audiobooks.", {97, 98, 99}),
        ("The two shortest episodes, please.", {20, 21}),
        ("What's the longest?", {99}),
    ],
)
def test_the_shortest_and_the_longest_are_those_of_all_that_may_be_named(
    neo: NeoModel, said: str, rows: set[int]
) -> None:
    for seed in range(3):
        answer = neo.chat(said, temperature=2.0, seed=seed, max_tokens=12)
        assert {neo.bundle.catalog.row(item.id) for item in answer.items} == rows, answer.guaranteed
    heard = neo.bundle.catalog.id(min(rows))
    answer = neo.chat(said, history=[heard], max_tokens=12)
    assert heard not in {item.id for item in answer.items} and len(answer.items) == len(rows)


def test_the_newest_of_a_catalog_without_dates_is_anything(neo: NeoModel) -> None:
    answer = neo.chat("The newest episode, please.", max_tokens=6)
    assert answer.items and "words: newest" not in answer.guaranteed
