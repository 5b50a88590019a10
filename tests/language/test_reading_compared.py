"""Comparisons: what is to be shorter or longer than what was named is read, and nothing that only sounds so."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.language.reading import READ, Reader
from neo.language.reading_most import read_most
from neo.language.wishes import Wish

OTHER = {"shorter": "longer", "longer": "shorter"}


def compared(reader: Reader, text: str) -> str | None:
    return reader.read(text, aimed=text).compared


@pytest.mark.parametrize(
    "text",
    [
        "Something shorter",
        "a shorter one",
        "But shorter.",
        "Any shorter ones?",
        "Same, but shorter",
        "shorter than that",
        "Shorter!",
        "And shorter?",
        "More like _item_, only shorter.",
        "Something shorter than _item_, please",
        "Anything shorter than your last suggestion?",
        "shorter than what you gave me",
        "Make it shorter this time",
        "Do you have something a bit shorter?",
        "A shorter podcast, please.",
        "two shorter history episodes",
        "an episode shorter than the last one",
        "I'd like something shorter",
        "I prefer shorter ones",
        "How about something shorter?",
        "Why not something shorter?",
        "Isn't there anything shorter?",
        "Would you have a shorter one?",
        "something that is much shorter",
        "Not the first one, something shorter",
        "not longer but shorter",
        "Too long. Shorter, not longer.",
        "something shorter in German",
        "I loved that but something shorter would be better",
        "one I don't know, and shorter than these",
    ],
)
def test_what_is_to_be_shorter_or_longer_is_read(reader: Reader, text: str) -> None:
    said = reader.read(text, aimed=text)
    assert said.compared == "shorter" and said.asks
    other = re.sub("shorter|longer", lambda word: OTHER[word[0].lower()], text, flags=re.I)
    assert compared(reader, other) == "longer"


@pytest.mark.parametrize(
    "text",
    [
        "not longer",
        "no longer ones please",
        "Nothing longer.",
        "I don't want anything longer",
        "I don't need a longer one",
        "rather than something longer",
        "Longer ones? No thanks.",
        # told
        "I used to like longer shows",
        "I like longer shows",
        "My commute got longer",
        "My wife wants something longer",
        "You gave me longer ones",
        "I thought it would be longer",
        "It was longer than the first",
        # asked of what was named
        "How much longer is it?",
        "Is it longer than the first?",
        "Is _item_ longer than _item_?",
        "Is the second one longer?",
        "Are they longer?",
        "Are any of them longer?",
        "Which one is longer?",
        "Which is the longer one?",
        "I am torn between two titles, which one is longer?",
        "Would a longer one be better?",
        "Why are longer ones better?",
        "Tell me about the longer one",
        # of something else
        "longer answers please",
        "Could you make the list longer?",
        "Explain it again but longer",
        "Tell me about _item_, but longer",
        "a podcast with longer episodes",
        "longer chapters please",
        "something for a longer drive",
        "How to live longer",
        "longer-lasting habits",
        # than something else
        "longer than a title",
        "longer than usual",
        "longer than my last one",
        "longer than the first season",
        "like what I usually hear but longer",
        "ten minutes longer",
        "I have 20 minutes, so no longer than that",
        "My ride is 20 minutes. Something longer than that.",
        "anything longer gets cut off",
        # neither, or both
        "the longer the better",
        "I can't wait any longer",
        "I no longer like jazz",
        "shorter or longer, I don't mind",
        "longer " * 10,
        "",
    ],
)
def test_no_other_comparison_is_read(reader: Reader, text: str) -> None:
    assert compared(reader, text) is None


def test_only_of_a_conversation_it_is_read(reader: Reader) -> None:
    assert reader.read("Something shorter").compared is None


def test_where_a_length_is_said_nothing_is_compared(reader: Reader) -> None:
    text = "I have 20 minutes, something shorter please"
    said = reader.read(text, aimed=text)
    assert said.compared is None and said.wishes == (Wish("length", "under 20 minutes"),)


WORDS = (
    "something",
    "a",
    "any",
    "shorter",
    "longer",
    "than",
    "that",
    "it",
    "is",
    "_item_",
    "one",
    "but",
    "?",
    ",",
    "not",
)


@given(st.lists(st.sampled_from(WORDS), max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_words_are_read(reader: Reader, words: list[str]) -> None:
    assert compared(reader, " ".join(words)) in (None, "shorter", "longer")


@pytest.mark.parametrize("text", ["shorter ", "much ", "a bit ", "than that ", " ", "something that is ", "it should "])
def test_a_hostile_comparison_is_read_in_no_time(reader: Reader, text: str) -> None:
    from neo.language.reading_compared import read_compared

    for hostile in ((text * READ)[:READ], f"{text * READ}"[: READ - 8] + " shorter", f"shorter{text * READ}"[:READ]):
        taken = []
        for _ in range(5):
            start = time.perf_counter()
            read_compared(hostile, reader._nouns)
            taken.append(time.perf_counter() - start)
        assert min(taken) < 0.02


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("the shortest _noun_ about mind or meditation", "shortest"),
        ("Top 3 newest comedy _noun_", "newest"),
        ("newest eps on climate pls", "newest"),
        ("The latest on climate?", "newest"),
        ("what's your longest _noun_?", "longest"),
        ("your three most recent history _noun_, please", "newest"),
        ("whats the newest by Ada Moss", "newest"),
        ("The most popular, please.", "most popular"),
        ("An old _noun_, the oldest there is", "oldest"),
        ("My oldest loves dinosaurs", None),
        ("My longest drive is nine hours, so two _noun_", None),
        ("Not the newest stuff, classic _noun_", None),
        ("Is it the shortest?", None),
        ("By Friday at the latest", None),
        ("The longest day of my life", None),
        ("I liked the latest one", None),
        ("The newest or the oldest _noun_", None),
        ("popular _noun_", None),
        ("A _noun_ on the history of the oldest _noun_ in the world", None),
        ("the latest _noun_ was boring, something else", None),
        ("the second shortest _noun_", None),
    ],
)
def test_what_is_extreme_is_asked_for(text: str, most: str | None) -> None:
    assert read_most(text)[0] == most


def test_the_newest_ones_are_several(reader: Reader) -> None:
    for text, most, count in (
        ("What are the newest podcasts?", "newest", None),
        ("The newest podcast, please.", "newest", 1),
        ("What's the latest on old maps?", "newest", 1),
        ("The two longest audiobooks, please.", "longest", 2),
    ):
        said = reader.read(text, aimed=text)
        assert (said.most, said.count) == (most, count), text
