"""What a request is about in words of the catalog's items that are no topic's name."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog import mentions as module
from neo.catalog.catalog import TEXT_TYPE_SCHEMA, Catalog
from neo.catalog.item_types import BUILT_IN
from neo.catalog.mentions import Mentions
from neo.language.facts import FactBook
from neo.language.reading import Reader
from neo.language.wishes import Wish, WishBook

ROWS = [
    {"id": "a", "type": "show", "title": "Owls, Mostly", "topics": ["Nature", "wild animals"]},
    {"id": "b", "type": "episode", "title": "One", "parent": "a", "description": "Of whales and W+W."},
    {"id": "c", "type": "show", "title": "Supper", "topics": ["Food & Drink"], "description": "An owl's food."},
    {
        "id": "d",
        "type": "audiobook",
        "title": "Kitchens",
        "topics": ["home cooking", "food and nutrition"],
        "description": "No whaling.",
    },
    {"id": "e", "type": "show", "title": "Épées", "description": None},
]


def catalog_of(rows: list[dict[str, object]]) -> Catalog:
    return Catalog.from_table(pa.Table.from_pylist(rows, TEXT_TYPE_SCHEMA), BUILT_IN)


@pytest.fixture(scope="module")
def small() -> Reader:
    catalog = catalog_of(ROWS)
    return Reader(catalog, FactBook(catalog))


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("owl", "a"),
        ("owls", "a"),
        ("OWLS", "a"),
        ("whales", "b"),  # in a description, as no title or topic has it
        ("food", "cd"),
        ("animals", "ab"),  # a part has its parent's topics
        ("home cooking", "d"),
        ("épée", "e"),
        ("cook", ""),
        ("w+w", "b"),
        (".*", ""),
        ("", ""),
    ],
)
def test_which_items_speak_of_something(words: str, ids: str) -> None:
    catalog = catalog_of(ROWS)
    found = np.flatnonzero(Mentions(catalog).rows(words))
    assert "".join(catalog.id(row) for row in found.tolist()) == ids


@given(st.text(max_size=20))
@settings(max_examples=100, deadline=None)
def test_any_words_can_be_looked_up(words: str) -> None:
    assert len(Mentions(catalog_of(ROWS)).rows(words)) == len(ROWS)


def test_of_a_large_catalog_none_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ITEMS", 3)
    assert not Mentions(catalog_of(ROWS)).rows("owls").any()


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("Any shows about owls?", {"owls"}),
        ("something about the whales then", {"whales"}),
        ("cooking podcasts", {"cooking"}),
        ("One podcast and one audiobook about food", {"food"}),
        ("My mum loves cooking, a gift idea?", {"cooking"}),
        ("I like animals, but nothing about whales please", {"animals", "not whales"}),
        ("Tell me about it.", set()),
        ("something about dinosaurs", set()),  # there is nothing
        ("What's it about?", set()),
        ("A book about the whales that sank a ship", set()),
        ("I sat on my supper", set()),
        ("Whales!", set()),  # in a topic's name alone a word is enough
        ("Animals!", {"animals"}),
        ("a show about one", set()),
        ("Something on whales or owls", {"whales"}),
        ("We drive on owls", set()),
    ],
)
def test_what_is_read(small: Reader, text: str, wishes: set[str]) -> None:
    said = small.read(text)
    found = [*said.wishes, *(wish for part in said.parts for wish in part.wishes)]
    assert {f"{'not ' if wish.avoid else ''}{wish.value}" for wish in found} == wishes
    assert all(wish.aspect == "mention" for wish in found)


def test_a_wish_for_it_is_said_and_kept(small: Reader) -> None:
    wish, book = Wish("mention", "animals"), WishBook(small.catalog, small.facts)
    assert (str(wish), wish.phrase, str(Wish("mention", "animals", True))) == ("about animals",) * 2 + (
        "not about animals",
    )
    assert book.granted([wish]).tolist() == [True, True, False, False, False]
    assert book.granted([Wish("mention", "animals", True)]).tolist() == [False, False, True, True, True]
