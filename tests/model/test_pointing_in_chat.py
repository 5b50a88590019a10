"""Who points at what was named by its length, its language or NEO's own choice is told of that item."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from neo.language.facts import FactBook
from neo.language.wordings.follow_ups import ABOUT
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo_sdk.types import ItemPart, TextPart


@pytest.fixture(scope="module")
def neo(tiny_bundle: Bundle) -> NeoModel:
    return NeoModel(tiny_bundle)


def asked(neo: NeoModel, rows: list[int], words: str) -> list[dict[str, Any]]:
    parts = [{"type": "item", "item_id": neo.bundle.catalog.id(row)} for row in rows]
    return [
        {"role": "user", "content": "Some ideas?"},
        {"role": "assistant", "content": [{"type": "text", "text": "Try "}, *parts]},
        {"role": "user", "content": words},
    ]


def begun_with(neo: NeoModel, rows: list[int], words: str) -> str:
    """The item that the answer begins by speaking of."""
    first, named, *_ = neo.chat(asked(neo, rows, words), max_tokens=6).parts
    assert isinstance(first, TextPart) and first.text == ABOUT and isinstance(named, ItemPart)
    return named.item.id


def test_the_answer_begins_with_the_item_that_is_meant(neo: NeoModel, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds, read = {3: 900, 7: 100, 11: 500}, FactBook.item
    monkeypatch.setattr(FactBook, "item", lambda book, row: replace(read(book, row), seconds=seconds.get(row)))
    for words, row in (
        ("Which one is the shortest?", 7),
        ("Tell me about the longest of them.", 3),
        ("Which one would you choose?", 11),
        ("Which of them is best?", 11),
    ):
        assert begun_with(neo, [11, 3, 7], words) == neo.bundle.catalog.id(row), words


def test_who_asks_neo_to_choose_is_given_a_reason(neo: NeoModel) -> None:
    """What training asks a reason in stands in the prompt."""
    said = neo.prepare_chat(asked(neo, [3, 7], "Hm. Which one would you choose?")).asked.prompt
    (span,) = neo.renderer.items([3])
    assert neo.bundle.vocabulary.decode(said).endswith("Hm. Why ?")
    assert any(list(said[at : at + len(span)]) == span for at in range(len(said) - len(span) - 3, len(said)))


def test_words_that_ask_for_something_new_are_answered_so(neo: NeoModel) -> None:
    for words in (
        "Give me the newest.",
        "Which podcast would you recommend for a beginner?",
        "What's the newest show?",
    ):
        assert not neo.prepare_chat(asked(neo, [3, 7], words)).asked.begins, words
