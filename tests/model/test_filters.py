"""Filters of a request: what an answer names passes them, and what it cannot name it accounts for."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from neo.catalog import filter as compiled
from neo.catalog.catalog import Catalog
from neo.catalog.columns import ITEM_SCHEMA
from neo.model import keeping
from neo.model.bundle import Bundle
from neo.model.keeping import FILTERS_KEPT
from neo.model.neo_model import NeoModel
from neo_sdk import Answer, Filter

TONES = ("calm", "dry", "warm")


@pytest.fixture
def neo(tiny_bundle: Bundle) -> NeoModel:
    """The tiny model over a catalog that says more of its items: of the last ten nothing, though."""
    catalog, known = tiny_bundle.catalog, range(90)
    values = {
        "date": [dt.date(2024, 1, 1) + dt.timedelta(days=n) for n in known],
        "duration": [60 * n for n in known],
        "language": [("en", "en-US", "no")[n % 3] for n in known],
        "extras": [json.dumps({"tone": TONES[n % 3], "number": n % 4, "explicit": n % 5 == 0}) for n in known],
    }
    table = catalog.table
    for name, column in values.items():
        place, field = ITEM_SCHEMA.get_field_index(name), ITEM_SCHEMA.field(name)
        table = table.set_column(place, field, pa.array([*column, *[None] * 10], field.type))
    return NeoModel(dataclasses.replace(tiny_bundle, catalog=Catalog(table, catalog.types)))


def rows_of(neo: NeoModel, answer: Answer) -> set[int]:
    return {neo.bundle.catalog.row(item.id) for item in answer.items}


ASKED: list[tuple[dict[str, Any], set[int]]] = [
    ({"languages": ["EN"]}, {n for n in range(90) if n % 3 != 2}),
    ({"creators": ["Author 3"]}, set(range(3, 100, 7))),
    ({"parents": ["s-1", "s-4"]}, {23, 24, 25, 32, 33, 34}),
    ({"topics": ["jazz", "bread"]}, {n for n in range(100) if n % 10 in (2, 5)}),
    ({"released_since": "2024-01-31", "released_until": dt.date(2024, 2, 9)}, set(range(30, 40))),
    ({"min_duration": 600, "max_duration": 1800}, set(range(10, 31))),
    ({"explicit": False}, {n for n in range(90) if n % 5}),
    ({"attributes": {"tone": ["calm", "dry"], "number": 2}}, {n for n in range(90) if n % 3 < 2 and n % 4 == 2}),
    ({"languages": ["no"], "max_duration": 600, "explicit": True}, {5}),
]


@pytest.mark.parametrize(("fields", "expected"), ASKED)
def test_every_item_that_passes_can_be_named_and_no_other(
    neo: NeoModel, fields: dict[str, Any], expected: set[int]
) -> None:
    """With fewer than k items left, all of them are given."""
    answer = neo.search("bread", k=100, filter=fields)
    assert rows_of(neo, answer) == expected
    assert answer.warnings == () if len(expected) == 100 else f"{len(expected)} pass" in answer.warnings[0]
    assert neo.search("bread", k=100, filter=Filter(**fields)) == answer
    for type_name in ("show", "episode", "audiobook"):
        of_type = set(neo.bundle.catalog.rows_of(type_name).tolist())
        assert rows_of(neo, neo.recommend(type=type_name, k=100, filter=fields)) == expected & of_type


def test_a_filter_holds_together_with_all_else_that_is_asked(neo: NeoModel) -> None:
    fields = {"languages": ["en"]}
    answer = neo.recommend(
        history=["s-1"], k=20, filter=fields, within=[f"s-{n}" for n in range(9)], exclude=["s-3", "s-4"]
    )
    assert rows_of(neo, answer) == {0, 6, 7}
    expected = "20 in the catalog, 14 pass the filter, 9 in `within`, 1 heard before, 2 in `exclude`."
    assert answer.warnings == (f"There are no more shows to name: {expected}",)


def test_a_filter_that_leaves_nothing_gives_an_empty_answer_that_says_so(neo: NeoModel) -> None:
    for output in ("items", "mixed"):
        answer = neo.recommend(filter={"languages": ["tlh"]}, format=output)
        assert (answer.parts, answer.finish_reason) == ((), "empty")
        assert answer.warnings == ("There are no more shows to name: 20 in the catalog, 0 pass the filter.",)
    in_words = neo.chat("hi", types=["show"], filter={"parents": ["s-1"]}, max_tokens=4)
    assert in_words.items == []
    assert "0 pass the filter" in in_words.warnings[0]


def test_one_item_passes(neo: NeoModel) -> None:
    answer = neo.recommend(filter={"max_duration": 0})
    assert "20 in the catalog, 1 passes the filter." in answer.warnings[0]
    assert rows_of(neo, answer) == {0}


def test_an_empty_filter_is_no_filter(neo: NeoModel) -> None:
    for nothing in ({}, Filter(), None):
        answer = neo.recommend(k=100, filter=nothing)
        assert len(answer.items) == 20
        assert answer.warnings == ("There are no more shows to name: 20 in the catalog.",)


def test_a_filter_is_compiled_once_and_the_oldest_one_goes(neo: NeoModel, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Filter] = []

    def spy(catalog: Catalog, filter: Filter) -> np.ndarray:
        made.append(filter)
        return compiled.matching(catalog, filter)

    monkeypatch.setattr(keeping, "matching", spy)
    for fields in ({"languages": ["en", "no"]}, {"languages": ("no", "en", "no")}):
        neo.recommend(filter=fields)
        neo.search("bread", type="episode", filter=Filter(**fields))
        neo.chat("hm", filter=fields, max_tokens=2)
    assert len(made) == 1
    for seconds in range(FILTERS_KEPT):
        neo.recommend(filter={"min_duration": seconds})
    assert len(made) == 1 + FILTERS_KEPT
    neo.recommend(filter={"min_duration": 0})
    assert len(made) == 1 + FILTERS_KEPT
    neo.recommend(filter={"languages": ["en", "no"]})
    assert len(made) == 2 + FILTERS_KEPT


def test_hostile_values_are_values(neo: NeoModel) -> None:
    for text in ("<|sid|>", "' OR 1=1 --", "[", ".*", "%", "\0", "\u202e", "{item}"):
        for fields in ({"languages": [text]}, {"creators": [text]}, {"topics": [text]}, {"attributes": {"tone": text}}):
            assert neo.recommend(filter=fields).finish_reason == "empty"
