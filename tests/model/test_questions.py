"""Questions about an item are answered from the catalog, and what it does not say is said to be so."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from neo.catalog.catalog import Catalog
from neo.language.answering import answered, minutes
from neo.language.facts import FactBook
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo_sdk.types import Answer, ItemPart, TextPart

SHOW, EPISODE, BOOK = 3, 27, 85  # rows of the tiny world: show 2 has the episodes 26, 27 and 28


@pytest.fixture(scope="module")
def neo(tiny_bundle: Bundle) -> NeoModel:
    table = tiny_bundle.catalog.table
    columns = {
        "duration": pa.array([None if row < 20 else 60 * (row + 10) for row in range(len(table))], pa.int32()),
        "language": pa.array(["sv-SE" if row == EPISODE else None for row in range(len(table))], pa.string()),
        "date": pa.array([20_000 if row == EPISODE else None for row in range(len(table))], pa.int32()).cast(
            pa.date32()
        ),
        "extras": pa.array(
            [json.dumps({"explicit": row == EPISODE}) if row < 50 else None for row in range(len(table))]
        ),
    }
    for name, column in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, column.cast(table.schema.field(name).type))
    return NeoModel(replace(tiny_bundle, catalog=Catalog.from_table(table)))


def asked(neo: NeoModel, said: str | list[Any], *rows: int, **how: Any) -> Answer:
    parts = [{"type": "item", "item_id": neo.bundle.catalog.id(row)} for row in rows]
    turns = [("user", "Some ideas?"), ("assistant", [{"type": "text", "text": "Try "}, *parts]), ("user", said)]
    return neo.chat(turns, **how)


def told(answer: Answer) -> tuple[str, str]:
    """The item that an answer speaks of, and what it says of it."""
    about, item, said = answer.parts
    assert isinstance(about, TextPart) and isinstance(item, ItemPart) and isinstance(said, TextPart)
    assert about.text == "About "
    return item.item.id, said.text.removeprefix(": ")


@pytest.mark.parametrize(
    ("said", "rows", "row", "answer"),
    [
        ("How long is it?", (EPISODE,), EPISODE, "it takes 37 minutes."),
        ("how long?", (EPISODE,), EPISODE, "it takes 37 minutes."),
        ("How long is the second one?", (EPISODE, BOOK), BOOK, "it takes 1 hour and 35 minutes."),
        ("How long is it?", (2,), 2, "it has 3 episodes, which take about 37 minutes each."),
        ("and who made it", (EPISODE,), EPISODE, "it is by Author 6."),
        ("When did it come out?", (EPISODE,), EPISODE, "it came out on 4 October 2024."),
        ("When did it come out?", (BOOK,), BOOK, "when it came out, the catalog does not say."),
        ("what language is it in?", (EPISODE,), EPISODE, "it is in Swedish."),
        ("what language is it in?", (BOOK,), BOOK, "in which language it is, the catalog does not say."),
        ("How many episodes are there of it?", (2,), 2, "it has 3 episodes here."),
        ("Is it a book or a podcast?", (BOOK,), BOOK, "it is an audiobook."),
        ("Is there any swearing in it?", (EPISODE,), EPISODE, "it is marked as explicit."),
        ("Is there any swearing in it?", (SHOW,), SHOW, "it is marked as clean."),
        ("Is there any swearing in it?", (BOOK,), BOOK, "whether it is explicit, the catalog does not say."),
        ("How much does it cost?", (BOOK,), BOOK, "that the catalog does not say."),
        (
            "Thank you. How long is that, and who wrote it?",
            (BOOK,),
            BOOK,
            "it takes 1 hour and 35 minutes. It is by Author 1.",
        ),
        ("nice one, thanks. How long?", (BOOK,), BOOK, "it takes 1 hour and 35 minutes."),
    ],
)
def test_a_question_is_answered_from_the_catalog(
    neo: NeoModel, said: str, rows: tuple[int, ...], row: int, answer: str
) -> None:
    found = asked(neo, said, *rows)
    assert told(found) == (neo.bundle.catalog.id(row), answer) and found.finish_reason == "stop"
    assert told(asked(neo, said, *rows, max_items=0, temperature=2.0, seed=1)) == told(found)


def test_what_was_spoken_of_last_is_meant_where_nothing_is_pointed_at(neo: NeoModel) -> None:
    turns: list[Any] = [
        ("user", "Some?"),
        ("assistant", [ItemPart(item=neo.bundle.catalog.item(r)) for r in (5, EPISODE, 9)]),
    ]
    for said, answer in (
        ("How long is the second one?", "it takes 37 minutes."),
        ("And who made it?", "it is by Author 6."),
        ("what language?", "it is in Swedish."),
    ):
        turns.append(("user", said))
        found = neo.chat(turns)
        assert told(found) == (neo.bundle.catalog.id(EPISODE), answer)
        turns.append(("assistant", list(found.parts)))


def test_of_several_none_is_taken_for_the_one_that_is_meant(neo: NeoModel) -> None:
    assert (
        neo.prepare_chat(
            [
                ("user", "Two?"),
                ("assistant", [ItemPart(item=neo.bundle.catalog.item(row)) for row in (5, 9)]),
                ("user", "How long is it?"),
            ]
        ).asked.begins
        == ()
    )


def test_without_reading_words_the_model_answers_as_it_will(neo: NeoModel) -> None:
    turns = [("user", "One?"), ("assistant", [ItemPart(item=neo.bundle.catalog.item(5))]), ("user", "How long is it?")]
    assert neo.prepare_chat(turns, read_words=False).asked.begins == ()


def test_more_by_who_made_what_was_named(neo: NeoModel) -> None:
    for said, kept in (
        ("Anything else by her?", "words: Author 6"),
        ("An audiobook by the same author, please.", "words: Author 6"),
        ("Something by someone else.", "words: not Author 6"),
    ):
        answer = asked(neo, said, EPISODE, max_tokens=4, exclude_heard=False)
        assert kept in answer.guaranteed and answer.items
        assert all((item.creator == "Author 6") == (kept == "words: Author 6") for item in answer.items)
    both = asked(neo, "Anything else by her?", EPISODE, SHOW, max_tokens=4)
    assert not any("Author" in name for name in both.guaranteed)  # whose?


def test_a_name_that_fits_into_no_sentence_is_not_said(neo: NeoModel) -> None:
    table = neo.bundle.catalog.table
    odd = pa.array(["x" * 260 if row == BOOK else None for row in range(len(table))], pa.string())
    catalog = Catalog.from_table(table.set_column(table.schema.get_field_index("creator"), "creator", odd))
    assert answered(FactBook(catalog), BOOK, "creator") == "who made it, the catalog does not say."


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (20, "less than a minute"),
        (60, "1 minute"),
        (3570, "1 hour"),
        (3660, "1 hour and 1 minute"),
        (36_000, "10 hours"),
    ],
)
def test_lengths_as_people_say_them(seconds: int, said: str) -> None:
    assert minutes(seconds) == said


@pytest.mark.parametrize(
    "said", ["More episodes of it, please.", "Another one from the same show.", "Their newest episode"]
)
def test_parts_of_what_was_named_are_kept(neo: NeoModel, said: str) -> None:
    for row in (2, EPISODE):  # the show itself, and an episode of it
        answer = asked(neo, said, row, exclude_heard=False, max_tokens=4)
        assert f"words: of {neo.bundle.catalog.title(2)}" in answer.guaranteed
        assert answer.items and {item.parent for item in answer.items} == {"s-2"}
        assert neo.bundle.catalog.id(row) not in {item.id for item in answer.items}


def test_items_are_in_a_language_that_who_asks_has_met(neo: NeoModel) -> None:
    table = neo.bundle.catalog.table
    tags = pa.array(["en" if row % 2 else "sv" for row in range(len(table))], pa.string())
    catalog = Catalog.from_table(table.set_column(table.schema.get_field_index("language"), "language", tags))
    two = NeoModel(replace(neo.bundle, catalog=catalog))
    history = [catalog.id(row) for row in (1, 3, 5)]
    for seed in range(3):
        how: dict[str, Any] = {"history": history, "temperature": 2.0, "seed": seed, "max_tokens": 8}
        english = two.chat("Three episodes, please.", **how)
        assert len(english.items) == 3 and {item.language for item in english.items} == {"en"}
        assert not any("English" in name for name in english.guaranteed) and not english.warnings
        swedish = two.chat("Three episodes in Swedish, please.", **how)
        assert {item.language for item in swedish.items} == {"sv"}
    assert two.chat("Three episodes, please.", max_tokens=8).items  # of who is new nothing is known
