"""Pointing: what leaves no doubt is found, what might mean something else is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from neo.language.facts import ItemFacts
from neo.language.pointing import as_item, pointed
from neo.language.segments import ItemRef, Text
from neo.language.wordings.fill import TypeWords
from neo.language.wordings.follow_ups import references

NOUNS = {"show": ["show", "podcast"], "episode": ["episode"], "audiobook": ["audiobook", "book"]}


def item(row: int, kind: str, creator: str | None = None) -> ItemFacts:
    return ItemFacts(row, f"Title {row}", kind, TypeWords(kind, f"{kind}s"), creator, (), None, None, -1, None)


NAMED = [
    replace(item(1, "episode", "Ada Moss"), title="Why We Still Count Owls"),
    replace(item(2, "audiobook", "Ben Kade"), title="Tailors"),
    replace(item(3, "show", "Cleo Drum"), title="Salt and Iron"),
]
THREE = [item(5, "show", "Ada Moss"), item(6, "show", "Ben Roe"), item(7, "audiobook", "Ada Moss")]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("Why the second one?", 6),
        ("Tell me about the first.", 5),
        ("More like no. 3, please", 7),
        ("And number two?", 6),
        ("The last of them sounds good.", 7),
        ("What is the audiobook about?", 7),
        ("The one by Ben Roe!", 6),
        ("More like your third one.", 7),
        ("Why the one by Ada Moss?", None),  # two are
        ("Why the show?", None),  # two are
        ("The fourth one?", None),  # there is none
        ("Why that one?", None),  # there are three
        ("I run a second hand bookshop, the second hand kind.", None),
        ("The last train is late.", None),
        ("No. Three shows please.", None),
        ("The #1 podcast for kids", None),
        ("Not the audiobook, please", None),
        ("the audiobook version", None),
        ("the th\u0131rd", None),
        ("What else?", None),
        ("", None),
    ],
)
def test_what_is_pointed_at(text: str, row: int | None) -> None:
    found = pointed(text, THREE, NOUNS)
    assert (found and found.row) == row


@pytest.mark.parametrize(
    "text",
    [
        "What was the first ever podcast?",
        "the last really good book I read was Dune",
        "Find me the first actually funny show about law",
        "A podcast about the last will of Napoleon",
        "Who won the final?",
        "I watched the final, it was great. Something about football?",
        "I like to sit in the middle.",
        "the last recommendation my wife made was awful",
        "Something about the first choice we make each day",
        "the final title fight",
        "Last one, I promise. A podcast on bees?",
        "The last one I read was boring.",
        "episode number 3 of Serial please",
        "Chapter number 3 of Dune",
        "Tell me about symphony no. 2 by Mahler",
        "It was Britain's number one podcast",
        "He is their number one fan",
        "Which podcast is number one right now?",
        "Is there an option two people can enjoy together?",
        "I was on bus number 2",
        "I loved the audiobook narrated by Stephen Fry",
        "Tell me about the book read by Stephen Fry",
        "the podcast made by my brother",
        "the book made famous by Oprah",
        "I saw the show first in London",
        "the one by Moss Hart",
        "The one from May, please",
        "the last four years",
        "He came second to nobody, the third in line",
        "')[0])",
        "",
    ],
)
def test_what_points_at_nothing(text: str) -> None:
    named = [item(1, "episode", "Ada Moss"), item(2, "audiobook", "Ben Kade"), item(3, "show", "Martin May")]
    assert pointed(text, named, NOUNS) is None


def test_sentences_by_somebody_who_had_not_seen_the_code() -> None:
    """Of 150 nothing is pointed at but what is meant. Half of them were then looked at, and 42 of the other 51 that
    point are understood."""
    said = json.loads((Path(__file__).parent / "pointing_said.json").read_text(encoding="utf-8"))
    named = [item(1, "episode", "Ada Moss"), item(2, "audiobook", "Ben Kade"), item(3, "show", "Cleo Drum")]
    missed = 0
    for meant, sentences in said.items():
        for sentence in sentences:
            found = pointed(sentence, named, NOUNS)
            assert found is None or str(found.row) == meant, sentence
            missed += found is None and meant != "none"
    assert missed <= 24


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("What is the second about?", 2),
        ("Could you describe the third to me?", 3),
        ("What's so great about the last of them that I have to hear it?", 3),
        ("The third - what's it about?", 3),
        ("I looked at number 1 but it isn't loading.", 1),
        ("What's number 2 when it's at home?", 2),
        ("No. 3? Tell me more.", 3),
        ("Put no. 1 in plain words for me", 1),
        ("The one at the bottom of your list, is it new?", 3),
        ("More like the one in the middle.", 2),
        ("What's the scope of the one by Ada Moss?", 1),
        ("The Moss one sounds lovely.", 1),
        ("Ada Moss's, is it any good?", 1),
        ("how long is the ben kade one", 2),
        ("Play that episode of Moss's.", 1),
        ("Sell me on Tailors, go on.", 2),
        ("Is tailoring dying out? Tailors of Naples, perhaps.", 2),
        ("Find me tailors from Naples", None),
        ("Something on Tailors Anonymous", None),
        ("A book about the Moss family", None),
        ("Adam Moss's magazine years", None),
        ("How about Adam Moss's?", None),
        ("Play Moss's.", 1),
        ("I love New Tailors.", None),
        ("The last of them all died in 1990.", None),
        ("no. 3 Squadron, anything on it?", None),
        ("My brother sent a list of ten and the third was about chess.", None),
        ("The last really good one was Dune.", None),
    ],
)
def test_by_place_name_and_title(text: str, row: int | None) -> None:
    found = pointed(text, NAMED, NOUNS)
    assert (found and found.row) == row


def test_messages_to_three_items_by_somebody_who_had_not_seen_the_code() -> None:
    """Of 120 that mean one of them 74 or more are understood (titles of several words are known elsewhere), and 7 of
    120 that were written to mislead are misread. All of them were looked at when creators were read."""
    said = json.loads((Path(__file__).parent / "pointing_at_three_said.json").read_text(encoding="utf-8"))
    found = {meant: [pointed(sentence, NAMED, NOUNS) for sentence in said[meant]] for meant in said}
    for meant in ("1", "2", "3"):
        assert {str(one.row) for one in found[meant] if one} == {meant}
    assert sum(one is not None for meant in ("1", "2", "3") for one in found[meant]) >= 74
    assert sum(one is not None for one in found["none"]) <= 7


@pytest.mark.parametrize("text", ["Why that one?", "What is it about? Tell me about it.", "It was nice.", "Not that."])
def test_a_sole_item_is_pointed_at_by_a_pronoun(text: str) -> None:
    found = pointed(text, THREE[:1], NOUNS)
    assert found is not None and found.row == 5
    assert pointed(text, [], NOUNS) is None


def test_every_way_of_pointing_by_place_is_understood() -> None:
    for place in range(3):
        for words in references(place, 3):
            found = pointed(f"Why {words}?", THREE, NOUNS)
            assert found is not None and found.row == THREE[place].row, words


def test_the_item_takes_the_place_of_its_words() -> None:
    text = "Why the second one?"
    found = pointed(text, THREE, NOUNS)
    assert found is not None and as_item(text, found) == (Text("Why "), ItemRef(6), Text("?"))
