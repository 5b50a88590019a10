"""An answer that may name nothing is one that speaks of something else; one that owes items does not begin so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neo.language.facts import FactBook
from neo.language.segments import Text
from neo.language.wordings.follow_ups import ABOUT, ABOUT_YOU, CANNOT, HELLO, WELCOME
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.training.teacher.ask import Ask
from neo.training.teacher.built_in import BuiltInTeacher
from neo_sdk.errors import InvalidRequestError
from neo_sdk.types import Answer, ItemPart

ASKING = [
    "Recommend me a podcast.",
    "Two shows about jazz.",
    "More like that.",
    "Just the titles of three shows.",
    "An audiobook, please, and tell me why.",
    "Something calm for the evening.",
]


@pytest.fixture(scope="module")
def neo(tiny_bundle: Bundle) -> NeoModel:
    return NeoModel(tiny_bundle)


def after_items(neo: NeoModel, rows: list[int], words: str) -> list[Any]:
    parts = [{"type": "item", "item_id": neo.bundle.catalog.id(row)} for row in rows]
    return [("user", "Some ideas?"), {"role": "assistant", "content": parts}, ("user", words)]


def named(answer: Answer) -> list[str]:
    return [part.item.id for part in answer.parts if isinstance(part, ItemPart)]


@pytest.mark.parametrize("words", ASKING)
def test_without_items_an_answer_is_on_what_was_named(neo: NeoModel, words: str) -> None:
    answer = neo.chat(after_items(neo, [3, 7], words), "l1", max_items=0, max_tokens=8)
    assert answer.text.startswith(ABOUT)
    assert len(named(answer)) == 1 and set(named(answer)) <= {neo.bundle.catalog.id(row) for row in (3, 7)}


@pytest.mark.parametrize("words", ASKING)
def test_or_on_who_asks_or_says_that_it_cannot(neo: NeoModel, words: str) -> None:
    who = neo.bundle.listeners.id(1)
    for types in (None, ["show"]):
        known = neo.chat(words, who, types=types, max_items=0, max_tokens=8)
        assert known.text.startswith(ABOUT_YOU) and not named(known)
        assert neo.chat(words, types=types, max_items=0).text in CANNOT


def test_what_asks_for_no_item_is_answered_as_before(neo: NeoModel) -> None:
    who = neo.bundle.listeners.id(1)
    assert neo.chat("Thank you!", who, max_items=0).text in WELCOME
    assert neo.chat("What's the capital of Peru?", max_items=0).text in CANNOT
    assert neo.chat("What do I like?", who, max_items=0, max_tokens=8).text.startswith(ABOUT_YOU)
    assert neo.chat("Why the second one?", who, max_items=0).text in CANNOT  # there is none
    told = neo.chat(after_items(neo, [3, 7], "Why the second one?"), who, max_items=0, max_tokens=8)
    assert told.text.startswith(ABOUT) and named(told) == [neo.bundle.catalog.id(7)]
    assert neo.chat("Hello!", who, max_items=0).text in HELLO
    there = neo.chat("What topics do you have?", who).text
    assert there.startswith("Here are ") and "20 shows" in there and there.endswith("and more. What would you like?")
    counted = {kind.plural: len(neo.index.only((kind.name,))) for kind in neo.bundle.catalog.types}
    assert all(f"{count} {plural}" in there for plural, count in counted.items() if count)


def test_words_that_are_not_read_leave_it_to_the_model(neo: NeoModel) -> None:
    asked = neo.prepare_chat("Two shows about jazz.", max_items=0, read_words=False).asked
    assert not asked.begins and not asked.one_of


@pytest.mark.parametrize("max_items", [-1, True, 1.5])
def test_a_number_that_is_none_is_refused(neo: NeoModel, max_items: Any) -> None:
    with pytest.raises(InvalidRequestError, match="max_items"):
        neo.prepare_chat("Thank you!", max_items=max_items)


def test_an_answer_that_owes_an_item_goes_into_no_small_talk(neo: NeoModel) -> None:
    asked = neo.prepare_chat("What should I try next?").asked
    assert asked.items_owed
    for words in (*WELCOME, *CANNOT):
        ids = neo.bundle.vocabulary.encode(words)
        assert any(token in asked.unsayable(ids[:at]) for at, token in enumerate(ids)), words
    free = neo.prepare_chat("What should I try next?", read_words=False).asked
    assert not free.items_owed and not any(free.unsayable(one[:-1]) & {one[-1]} for one in neo.nameless)


def test_answers_that_name_items_may_begin_as_training_has_them(neo: NeoModel) -> None:
    """Whatever of their words are small talk's too."""
    asked, facts = neo.prepare_chat("What should I try next?").asked, FactBook(neo.bundle.catalog)
    item, rng, encode = facts.item(3), np.random.default_rng(0), neo.bundle.vocabulary.encode
    asks = [Ask("chat_mixed", (item,)), Ask("recommend_mixed", (item,)), Ask("search_mixed", (item,), query="x")] * 200
    for answer in BuiltInTeacher().answers(asks, rng):
        assert isinstance(answer[0], Text)
        ids = encode(answer[0].text)
        assert not any(token in asked.unsayable(ids[:at]) for at, token in enumerate(ids)), answer[0].text


def test_what_is_not_all_that_was_wished_for_is_said_to_be(neo: NeoModel) -> None:
    answer = neo.chat("Something in Finnish, please.", max_tokens=40)
    assert answer.text.startswith("I found nothing in Finnish. The nearest is ") and named(answer)
    assert isinstance(answer.parts[1], ItemPart) and any("Finnish" in warning for warning in answer.warnings)
    assert not any("Finnish" in kept for kept in answer.guaranteed)
    later = neo.chat(after_items(neo, [3, 7], "And something in Finnish?"), max_tokens=40)
    assert later.text.startswith("I found nothing else in Finnish. The nearest is ") and named(later)
    short = neo.chat("Something in Finnish, please.", max_tokens=2)
    assert named(short)  # the nearest is owed, where there is no room to say all of it
    parts = neo.chat("One show about whales and one episode by Nobody in Finnish, please.", max_tokens=40)
    assert parts.text.startswith("I found nothing in Finnish. The nearest is ") and len(named(parts)) == 2
    bare = neo.chat("Just the titles of three shows in Finnish, please.")
    assert all(isinstance(part, ItemPart) for part in bare.parts) and bare.warnings
    plain = neo.chat("Something about whales, please.", max_tokens=40)
    assert not plain.text.startswith("I found nothing")
