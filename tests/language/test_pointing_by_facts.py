"""Pointing by what the catalog knows of what was named, and by asking NEO to choose: found where it leaves no doubt."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.world import make_world
from neo.language.facts import FactBook, ItemFacts
from neo.language.pointing import pointed
from neo.language.wordings.fill import TypeWords

NOUNS = {"show": ["show", "podcast"], "episode": ["episode"], "audiobook": ["audiobook", "book"]}


def item(row: int, kind: str, topics: tuple[str, ...], tone: str, seconds: int, year: int, language: str) -> ItemFacts:
    words = TypeWords(kind, f"{kind}s")
    released = date(year, 1, 1)
    return ItemFacts(row, f"Title {row}", kind, words, "Ada", topics, tone, None, -1, None, seconds, released, language)


CALM = item(1, "episode", ("Music", "jazz and blues"), "calm", 1200, 2020, "en")
FUNNY = item(2, "audiobook", ("History", "the world wars"), "funny", 9000, 2024, "fr-CA")
DARK = item(3, "show", ("Science", "sleep"), "dark", 2000, 2022, "de")
THREE = [CALM, FUNNY, DARK]


def row_of(text: str, named: list[ItemFacts]) -> int | None:
    found = pointed(text, named, NOUNS)
    return None if found is None else found.row


SAID = json.loads((Path(__file__).parent / "pointing_by_facts_said.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "meant"), [(text, meant) for meant, said in SAID.items() for text in said])
def test_what_is_meant_of_three(text: str, meant: str) -> None:
    """Half of these are meant to mislead."""
    assert row_of(text, THREE) == (None if meant == "none" else int(meant))
    assert row_of(text, []) is None


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("play the shorter one", 1),
        ("the longer of the two", 2),
        ("Which is shorter?", 1),
        ("which one\u2019s longer", 2),
        ("Which of the two is newer?", 2),
        ("the older one sounds good", 1),
        ("Which is better?", 1),
        ("Which of the two would you pick?", 1),
        ("Which is longer, the Nile or the Amazon?", None),
        ("Which is better, tea or coffee?", None),
        ("the longer one waits the worse", None),
        ("A shorter one, please", None),
        ("Which of the three is the shortest?", None),  # there are two
        ("My sons argue a lot, the older one is ten.", None),
    ],
)
def test_what_is_meant_of_two(text: str, row: int | None) -> None:
    assert row_of(text, THREE[:2]) == row


def test_a_superlative_needs_the_fact_of_all_and_one_that_is_extreme() -> None:
    assert row_of("Which one is the shortest?", [CALM, replace(FUNNY, seconds=None)]) is None
    assert row_of("Which one is the shortest?", [CALM, replace(FUNNY, seconds=CALM.seconds)]) is None
    assert row_of("Which one is the newest?", [CALM, replace(FUNNY, released=None)]) is None
    assert row_of("Which one came out last?", [CALM, replace(FUNNY, seconds=None)]) == 2


@pytest.mark.parametrize("text", ["The calm one, please.", "Which one is calm?", "the jazz one", "the English one"])
def test_a_quality_is_one_items_alone(text: str) -> None:
    other = replace(DARK, tone="calm", topics=("jazz",), language="en-GB")
    assert row_of(text, [CALM, FUNNY]) == 1
    assert row_of(text, [CALM, other]) is None


def test_a_topic_that_is_in_anothers_title_leaves_doubt() -> None:
    assert row_of("The jazz one?", [CALM, replace(DARK, title="Jazz Nights")]) is None
    assert row_of("The jazz one?", [CALM, replace(DARK, title="Jazzy Nights")]) == 1


def test_an_items_language_is_that_of_the_catalog() -> None:
    catalog = make_world(WorldConfig(shows=20, episodes=100, audiobooks=20, listeners=60)).dataset.catalog
    facts, rows = FactBook(catalog), range(len(catalog))
    assert [facts.item(row).language for row in rows] == [catalog.item(row).language for row in rows]
    assert len({facts.item(row).language for row in rows}) > 1


@pytest.mark.parametrize("text", ["Which one would you choose?", "The shortest one?", "The calm one?", "the jazz one"])
def test_of_one_alone_nothing_is_chosen(text: str) -> None:
    assert row_of(text, [CALM]) is None


def test_the_words_that_point_are_found_whole() -> None:
    for text, words in (
        ("Hm, which of them is the shortest? I am in a hurry.", "which of them is the shortest"),
        ("I can't decide. Which one would you start with first?", "Which one would you start with first"),
        ("How long is the calm one?", "the calm one"),
    ):
        found = pointed(text, THREE, NOUNS)
        assert found is not None and text[found.start : found.end] == words


def test_letters_that_a_pattern_takes_for_others_are_none_of_them() -> None:
    for text in ("the \u017fhortest one", "the \u017fleep one", "which of the f\u0131ve is the shortest?"):
        assert row_of(text, THREE) is None


@pytest.mark.parametrize(
    "text",
    [
        "which is the shortest?" * 1500,
        "which one would you choose? " * 1200,
        "the calm one " * 2500,
        "the shortest" + " " * 32_000 + "x",
        "which one of " + "all of " * 4500,
        "what " * 6400 + "which one would you choose?",
        "the the " * 4000 + "calm one",
    ],
)
def test_long_texts_take_no_longer_than_their_length(text: str) -> None:
    """Some were quadratic: seconds."""
    began = time.process_time()
    pointed(text, THREE, NOUNS)
    assert time.process_time() - began < 0.5
