"""What is not there, what cannot be used, and what only looks as if it could not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo_sdk.errors import InvalidRequestError, NotFoundError


@pytest.fixture(scope="module")
def neo(tiny_bundle: Bundle) -> NeoModel:
    return NeoModel(tiny_bundle)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda neo: neo.recommend("l33"), r"'l33' among 15, close ids: .*'l3'"),
        (lambda neo: neo.recommend("nobody"), "pass a history"),
        (lambda neo: neo.recommend(type="shows"), "did you mean 'show'"),
        (lambda neo: neo.recommend(type=""), "no item type ''"),
        (lambda neo: neo.recommend(history=["s-1", "s-111"]), r"'s-111'.*'s-11'"),
        (lambda neo: neo.recommend(within=["x"]), "'x'"),
        (lambda neo: neo.recommend(exclude=["x"]), "'x'"),
        (lambda neo: neo.recommend(filter={"parents": ["s-99"]}), r"'s-99' among 100, close ids: .*'s-9'"),
        (lambda neo: neo.chat("hi", filter={"attributes": {"tone": "calm"}}), "the catalog has no extras"),
        (lambda neo: neo.search("hi", filter={"explicit": False}), "no item has the attribute 'explicit'"),
        (lambda neo: neo.search("jazz", type="album"), "'album'"),
        (lambda neo: neo.explain("e-99"), "'e-99'"),
        (lambda neo: neo.similar("e-99"), "'e-99'"),
        (lambda neo: neo.chat([("user", [{"type": "item", "item_id": "e-99"}])]), "'e-99'"),
        (lambda neo: neo.chat("hi", types=["show", "album"]), "'album'"),
        (lambda neo: neo.recommend_rows([[1]], [""], "album"), "'album'"),
        (lambda neo: neo.search_rows(["x"], ["album"]), "'album'"),
    ],
)
def test_unknown_names_are_not_found(neo: NeoModel, ask: Callable[[NeoModel], object], message: str) -> None:
    with pytest.raises(NotFoundError, match=message):
        ask(neo)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda neo: neo.recommend(k=0), "k is 0, expected a whole number from 1 to 1000"),
        (lambda neo: neo.recommend(k=1001), "k is 1001"),
        (lambda neo: neo.recommend(temperature=1e-300), "temperature must be a number from 0.001 to 1,000, got 1e-300"),
        (lambda neo: neo.chat("hi", temperature=1e300), "temperature must be a number from 0.001 to 1,000"),
        (lambda neo: neo.recommend(k=True), "k is True"),
        (lambda neo: neo.recommend(k=2.0), "k is 2.0"),
        (lambda neo: neo.recommend(k="5"), "k is '5'"),
        (lambda neo: neo.recommend(k=float("nan")), "k is nan"),
        (lambda neo: neo.recommend(beams=0), "beams is 0"),
        (lambda neo: neo.recommend(beams=10**6), "beams is 1000000"),
        (lambda neo: neo.recommend(format="text"), "format is 'text', expected one of items, mixed"),
        (lambda neo: neo.recommend(format=None), "format is None"),
        (lambda neo: neo.recommend(type=7), "type is 7"),
        (lambda neo: neo.recommend(7), "listener is 7"),
        (lambda neo: neo.recommend("\ud800"), "listener is '.ud800', expected valid Unicode"),
        (lambda neo: neo.recommend(history="s-1"), "history is 's-1', expected a list"),
        (lambda neo: neo.recommend(history=[1]), r"history\[0\] is 1"),
        (lambda neo: neo.recommend(history=[["s-1"]]), r"history\[0\]"),
        (lambda neo: neo.recommend(history=["s\ud800"]), r"history\[0\] .*surrogate"),
        (lambda neo: neo.recommend(within="s-1"), "within is"),
        (lambda neo: neo.recommend(exclude={"s-1"}), "exclude is"),
        (lambda neo: neo.recommend(exclude=None), "exclude is None"),
        (lambda neo: neo.recommend(exclude=5), "exclude is 5"),
        (
            lambda neo: neo.recommend(filter="en"),
            r"filter is 'en', expected a Filter or a mapping .* pass \{'languages'",
        ),
        (lambda neo: neo.recommend(filter=["en"]), r"filter is \['en'\]"),
        (lambda neo: neo.recommend(filter={"langauges": ["en"]}), "no field 'langauges', did you mean 'languages'"),
        (lambda neo: neo.search("jazz", filter={"types": ["show"]}), "no field 'types', the fields are: languages"),
        (lambda neo: neo.search("jazz", filter={7: 7}), "no field 7"),
        (lambda neo: neo.chat("Thank you!", filter={"languages": "en"}), "filter.languages is 'en' .* expected a list"),
        (lambda neo: neo.chat("hi", filter={"languages": "en"}), "filter.languages is 'en' .* expected a list"),
        (lambda neo: neo.stream_chat("hi", filter={"topics": ["a", 1]}), r"filter.topics\[1\] is 1 .*list of topics"),
        (lambda neo: neo.recommend(filter={"languages": []}), r"filter.languages is \[\] .*leave it out"),
        (lambda neo: neo.recommend(filter={"creators": ["x" * 2**20]}), "has 1,048,576 characters, at most 1,000"),
        (lambda neo: neo.recommend(filter={"x" * 2**20: 1}), "no field 'xxx"),
        (lambda neo: neo.recommend(filter={"explicit": "no"}), "filter.explicit is 'no'"),
        (lambda neo: neo.recommend(filter={"released_since": "May"}), 'expected a date, such as "2024-05-31"'),
        (lambda neo: neo.recommend(filter={"min_duration": 9, "max_duration": 1}), "min_duration is 9 .* swap them"),
        (lambda neo: neo.recommend(filter={"attributes": {"a": 10**5000}}), "filter.attributes is a long dict"),
        (lambda neo: neo.recommend(k=10**5000), "k is a long int"),
        (lambda neo: neo.recommend(temperature=-1), "temperature"),
        (lambda neo: neo.recommend(temperature=1.0, seed=-5), "seed is -5"),
        (lambda neo: neo.search(""), "query is empty"),
        (lambda neo: neo.search(" \t\n"), "query is empty"),
        (lambda neo: neo.search("a\0b"), "NUL character at 1"),
        (lambda neo: neo.search("x" * 2**20), "query has 1,048,576 characters, expected at most 2,000"),
        (lambda neo: neo.search(None), "query is None"),
        (lambda neo: neo.search(b"jazz"), "query is b'jazz'"),
        (lambda neo: neo.search_rows(["a\0b"], ["show"]), "NUL"),
        (lambda neo: neo.search_rows(["jazz"], ["show"], k=0), "k is 0"),
        (lambda neo: neo.explain(None), "item is None"),
        (lambda neo: neo.understand(), "neither listener nor history"),
        (lambda neo: neo.similar("e-9", k=-1), "k is -1"),
        (lambda neo: neo.chat("hi", max_items=-1), "max_items is -1"),
        (lambda neo: neo.chat("hi", max_tokens=0), "max_tokens is 0"),
        (lambda neo: neo.chat("hi", types=[]), "types is"),
        (lambda neo: neo.chat("hi", types="show"), "types is 'show'"),
        (lambda neo: neo.chat([("system", "be nice")]), "role is 'system'"),
    ],
)
def test_arguments_that_cannot_be_used_say_what_to_do(
    neo: NeoModel, ask: Callable[[NeoModel], object], message: str
) -> None:
    with pytest.raises(InvalidRequestError, match=message) as caught:
        ask(neo)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "query", ["\u202egnirts", "\u200b\u200d jazz", "\ud800 jazz", "日本語 🎧", "{item} {query} %s", "\\"]
)
def test_odd_words_are_words(neo: NeoModel, query: str) -> None:
    assert len(neo.search(query).items) == 10
    neo.chat(query, max_tokens=2)
