"""Questions that the catalog answers are told from all else that is said of an item."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.language.reading_question import OTHER, QUESTIONS, may_ask_of_it, of_it, read_questions, written_of
from neo.language.reading_same import read_same
from neo.language.reading_words import ITEM
from neo.language.wordings.held_out import HELD_OUT


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("how long is _item_?", "length"),
        ("And how many minutes does _item_ take?", "length"),
        ("who made _item_", "creator"),
        ("Who hosts _item_, please?", "creator"),
        ("When did _item_ come out?", "released"),
        ("what language is _item_ in", "language"),
        ("Which _noun_ is _item_ from?", "part of"),
        ("How many _noun_ are there of _item_?", "parts"),
        ("is _item_ a _noun_ or a _noun_?", "kind"),
        ("any swearing in _item_?", "explicit"),
        ("How much does _item_ cost?", "unknown"),
        ("What is the rating of _item_?", "unknown"),
        ("What is _item_ about?", None),
        ("Why _item_?", None),
        ("Not _item_, please.", None),
        ("More like _item_", None),
        ("Something shorter than _item_", None),
        ("Three _noun_ about language", None),
        ("how long is _item_, and what is _item_ about?", None),
    ],
)
def test_what_is_asked_of_an_item(text: str, question: str | None) -> None:
    assert read_questions(text) == (() if question is None else (question,))


def test_two_things_may_be_asked() -> None:
    assert read_questions("Thank you, dear. How long is _item_, and who wrote it?") == ("length", "creator")
    assert read_questions("Who made _item_? Is it free?") == ("creator", "unknown")


@pytest.mark.parametrize(
    "text",
    [
        "_item_ is in Swedish, I don't speak Swedish",
        "49 minutes is far too long for a 6 year old. Under 15 minutes?",
        "That one seems to be in Swedish? I only speak English. And I meant a whole show.",
        "I want to hear _item_ in English",
        "_item_ was explicit, something clean",
        "A short _noun_ of _item_",
        "play _item_",
    ],
)
def test_who_demands_something_asks_nothing(text: str) -> None:
    assert read_questions(text) == ()


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("How long?", True),
        ("and who made it", True),
        ("what language", True),
        ("but only in English, please", False),
        ("something under an hour", False),
        ("too long", False),
        ("Without swearing", False),
        ("How many books have I read?", False),
        ("Who wrote Hamlet?", False),
        ("How long does it take to get to Mars?", False),
        ("Any in English?", False),
        ("thats spanish. english pls", False),
    ],
)
def test_only_a_bare_question_is_about_what_was_spoken_of_last(text: str, may: bool) -> None:
    assert may_ask_of_it(text) == may


def test_what_others_wrote_for_other_tasks_asks_none_of_these() -> None:
    """`what` may: "who made it?" is among its wordings."""
    tasks = [task for task in HELD_OUT if task not in ("what", "ground", "type", "verbalize")]
    slots = {"query": "chess", "item": ITEM, "ref": ITEM, "types": "_noun_", "type": "_noun_", "a_type": "_noun_"}
    texts = [wording.format(count="three", **slots) for task in tasks for wording in HELD_OUT[task]]
    asked = [text for text in texts if read_questions(text if ITEM in text else of_it(text))]
    assert len(asked) <= 0.02 * len(texts), asked


def test_every_writer_wrote_something_else_for_every_question() -> None:
    texts = [text for pairs in written_of().values() for text, _ in pairs]
    assert len(set(texts)) > 0.99 * len(texts) and set(written_of()) == {*QUESTIONS, OTHER}


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_asked(text: str) -> None:
    assert set(read_questions(of_it(text))) <= set(QUESTIONS)
    assert of_it(text) == f"{text} {ITEM}" or len(of_it(text)) < len(text) + len(ITEM)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Anything else by her?", "by them"),
        ("Has the author written anything else?", "by them"),
        ("what else have they made", "by them"),
        ("The same host, please, but as _noun_", "by them"),
        ("another _noun_ from the same people", "by them"),
        ("More by whoever made _item_", "by them"),
        ("Nothing else by him, please", "by others"),
        ("something by someone else", "by others"),
        ("Not by the same author.", "by others"),
        ("Is _item_ by the same author?", ""),
        ("who else?", ""),
        ("more of the same", ""),
        ("something for my sister, by the sea", ""),
        ("one of them about bees", ""),
    ],
)
def test_by_the_same_or_by_others(text: str, same: str) -> None:
    assert read_same(text) == same
