"""Asides: whatever a teacher says of an item or a listener stands in them, and nothing that cannot be said."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.catalog.activity import Dataset
from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.world import make_world
from neo.evaluation.names import Names
from neo.language.asides import item_aside, listener_aside
from neo.language.facts import NOBODY, OFTEN, Count, FactBook, ItemFacts, ListenerFacts
from neo.language.segments import Segment, Text
from neo.language.wordings.fill import TypeWords
from neo.training.teacher.built_in import explain, portrait


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return make_world(WorldConfig(shows=30, episodes=150, audiobooks=30, listeners=80)).dataset


@pytest.fixture(scope="module")
def book(dataset: Dataset) -> FactBook:
    return FactBook(dataset.catalog, dataset.listeners)


@pytest.fixture(scope="module")
def names(book: FactBook) -> Names:
    return Names.of(book)


def said(answer: tuple[Segment, ...]) -> str:
    return "".join(segment.text for segment in answer if isinstance(segment, Text))


def unknown(names: Names, text: str, aside: str) -> Iterator[str]:
    """What a text names that the aside does not hold."""
    for mention in names.find(text):
        name = text[mention.start : mention.end]
        if mention.sure and mention.of("topic", "creator", "title", "tone") and name.lower() not in aside.lower():
            yield name


@given(listener=st.integers(0, 79), length=st.integers(0, 60), item=st.integers(0, 209), seed=st.integers(0, 2**31))
@settings(max_examples=300, deadline=None)
def test_all_that_is_said_stands_in_the_aside(
    dataset: Dataset, book: FactBook, names: Names, listener: int, length: int, item: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    history = dataset.events.history(listener)[:length]
    row = int(rng.choice(history)) if len(history) and rng.random() < 0.3 else item
    facts, known = book.item(row), book.listener(history, listener)
    text, aside = said(explain(facts, known, rng)), item_aside(facts, known)
    assert list(unknown(names, text, aside)) == []
    assert list(unknown(names, said(portrait(known, rng)), listener_aside(known))) == []


def item(**of: object) -> ItemFacts:
    words = TypeWords("show", "shows")
    known: dict[str, object] = {"row": 4, "title": "A", "type": "show", "words": words, "creator": None, "topics": ()}
    known |= {"tone": None, "length": None, "parent_row": -1, "parent_title": None}
    return ItemFacts(**{**known, **of})  # type: ignore[arg-type]


def listener(*topics: tuple[str, int], **of: object) -> ListenerFacts:
    counts = tuple(Count(*topic) for topic in topics)
    known: dict[str, object] = {"events": sum(n for _, n in topics), "topics": counts, "creators": (), "parents": ()}
    known |= {"types": (Count("shows", 1),), "tones": (), "onboarding": (), "turn": None}
    return ListenerFacts(**{**known, **of})  # type: ignore[arg-type]


def test_how_often_is_said_in_words() -> None:
    some = listener(("chess", 9), ("tea", OFTEN), ("wool", 2), ("rain", OFTEN), ("ice", 1))
    assert listener_aside(some) == " (most chess, next tea, and then wool)"
    assert listener_aside(listener(("chess", 9), ("tea", OFTEN))) == " (most chess, next tea again and again)"
    assert item_aside(item(topics=("ice", "chess")), some) == " (a show on chess and ice; most chess; once ice)"
    assert item_aside(item(topics=("wool", "rain")), some) == " (a show on rain and wool; often rain; twice wool)"
    assert item_aside(item(topics=("sand",)), some) == " (a show on sand; most chess and tea; sand new)"
    assert item_aside(item(topics=("sand",)), NOBODY) == " (a show on sand; no history)"
    assert listener_aside(listener(onboarding=("tea", "sand"))) == " (no history; named tea and sand)"
    toned = listener(("tea", 1), tones=(Count("calm", OFTEN), Count("dark", OFTEN + 1)))
    assert "usually" not in item_aside(item(tone="dark"), toned)
    assert (
        item_aside(item(tone="calm", length="under an hour"), toned)
        == " (a calm show, under an hour long; usually calm)"
    )


@pytest.mark.parametrize("hostile", ["a\nb", "x" * 49, "one two three four five six seven", "\u202eabc"])
def test_what_cannot_be_said_is_left_out(hostile: str) -> None:
    facts = item(topics=(hostile, "tea"), creator=hostile, parent_title=hostile, parent_row=3)
    known = listener((hostile, 5), ("tea", 1), onboarding=(hostile,), turn=hostile, creators=(Count(hostile, 4),))
    assert hostile not in item_aside(facts, known) + listener_aside(known)
