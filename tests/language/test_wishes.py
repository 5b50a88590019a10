"""Wishes: what is granted is what the facts say, and only what some items grant and some do not is wished for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import Dataset
from neo.catalog.catalog import Catalog
from neo.catalog.filter import matching
from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.world import make_world
from neo.language.facts import FactBook
from neo.language.wishes import Wish, WishBook, say, wished
from neo.language.wordings import wishes as wordings
from neo.language.wordings.wishes import LENGTHS
from neo_sdk.types import Filter


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return make_world(WorldConfig(shows=20, episodes=100, audiobooks=20, listeners=60)).dataset


@pytest.fixture(scope="module")
def book(dataset: Dataset) -> WishBook:
    return WishBook(dataset.catalog, FactBook(dataset.catalog, dataset.listeners))


def grants(book: WishBook, row: int, wish: Wish) -> bool:
    """By the facts of one item, one by one."""
    facts = book.facts.item(row)
    low, high = LENGTHS.get(wish.value, (0, 0))
    released = facts.released or date(9999, 1, 1)
    year = int(wish.value.split()[-1]) if wish.aspect == "released" else 0
    found = {
        "topic": wish.value in facts.topics,
        "tone": wish.value == facts.tone,
        "creator": wish.value == facts.creator,
        "language": wish.value == book.catalog.item(row).language,
        "length": facts.seconds is not None and low <= facts.seconds < high,
        "released": released.year >= year if wish.value.startswith("since") else released.year < year,
    }[wish.aspect]
    return found != wish.avoid


@given(st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_a_wish_is_granted_where_the_facts_say_so(book: WishBook, seed: int) -> None:
    rng = np.random.default_rng(seed)
    row, *others = rng.integers(len(book.catalog), size=4).tolist()
    asked = wished(book, row, others, rng)
    assert book.granted(asked)[row]
    for wish in asked:
        assert book.mask(wish).tolist() == [grants(book, other, wish) for other in range(len(book.catalog))]
        assert 0 < book.mask(wish)[book.catalog.type_codes == book.catalog.type_codes[row]].mean() < 1
        assert not wish.avoid or any(not book.mask(wish)[other] for other in others)
    together = [all(grants(book, other, wish) for wish in asked) for other in range(len(book.catalog))]
    assert book.granted(asked).tolist() == together


def test_every_aspect_is_wished_for(book: WishBook) -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(len(book.catalog), size=(300, 4)).tolist()
    asked = [wish for row, *others in rows for wish in wished(book, row, others, rng)]
    assert {wish.aspect for wish in asked} == set(wordings.WANTED)
    assert {wish.aspect for wish in asked if wish.avoid} == set(wordings.AVOIDED)


@pytest.mark.parametrize("held_out", [False, True])
def test_a_wish_is_said_in_words_that_hold_its_value(book: WishBook, held_out: bool) -> None:
    rng = np.random.default_rng(0)
    for row in range(60):
        if asked := wished(book, row, [row + 1, row + 2], rng):
            text = say(asked, rng, held_out)
            assert all(wish.word.lower() in text.lower() for wish in asked)
            assert text[0] == text[0].upper() and "{" not in text
    assert say([Wish("tone", "{x} {w}")], rng).count("{x} {w}") == 1  # a value is never read as a wording


def test_held_out_wordings_of_wishes_are_no_training_wordings() -> None:
    assert not set(wordings.FRAMES) & set(wordings.HELD_OUT_FRAMES)
    for known, unseen in ((wordings.WANTED, wordings.HELD_OUT_WANTED), (wordings.AVOIDED, wordings.HELD_OUT_AVOIDED)):
        assert known.keys() == unseen.keys()
        assert all(not set(known[aspect]) & set(unseen[aspect]) for aspect in known)


def test_a_language_takes_what_is_within_it_as_a_filter_does() -> None:
    tags = ["en", "en-US", "EN_gb", "de", None, "eng"]
    rows = {"id": [f"s-{n}" for n in range(len(tags))], "type": ["show"] * len(tags), "title": ["A"] * len(tags)}
    catalog = Catalog.from_table(pa.table({**rows, "language": tags}))
    book = WishBook(catalog, FactBook(catalog))
    for tag in ("en", "de"):
        wish = Wish("language", tag)
        assert book.mask(wish).tolist() == matching(catalog, Filter(languages=[tag])).tolist()
        assert book.mask(replace(wish, avoid=True)).tolist() == (~book.mask(wish)).tolist()
    assert {wish.value for row in range(3) for wish in book.of(row) if wish.aspect == "language"} == {"en"}
