"""A recommendation without words: the listener's history goes on."""

from __future__ import annotations

import dataclasses
from itertools import chain

import numpy as np
import pytest

from neo.evaluation.decodings import DecodingMethod
from neo.evaluation.neo_method import NeoMethod
from neo.evaluation.protocol import RecommendCase
from neo.language.prompts import Context, about_listener
from neo.language.segments import Turn
from neo.model.bundle import Bundle
from neo.model.listener import Asker, as_read, fit_unfinished
from neo.model.neo_model import NeoModel
from neo_sdk.errors import InvalidRequestError

LISTENERS = [f"l{n}" for n in range(6)]


def trained_to_go_on(bundle: Bundle, history: int = 5) -> NeoModel:
    config = {"instruction": {"history": history, "learn_history": True}}
    return NeoModel(dataclasses.replace(bundle, config=config))


@pytest.fixture
def neo(tiny_bundle: Bundle) -> NeoModel:
    return trained_to_go_on(tiny_bundle)


def test_it_is_the_beginning_of_a_row_that_training_has(neo: NeoModel, seen: list[list[int]]) -> None:
    neo.recommend("l3", type="episode")
    row = neo.bundle.listeners.row("l3")
    about = about_listener(neo.bundle.listeners, row)
    history = as_read(neo.bundle, neo.bundle.events.history(row)).tolist()
    longer = neo.renderer.example([Turn(Context(about, (*history, 40)).unfinished())], learn_history=True)
    assert longer.ids[: len(seen[0])] == seen[0]
    assert longer.labels[len(seen[0]) :] == [*longer.ids[len(seen[0]) : -1], -100]  # the next item's codes are trained


def test_only_the_type_asked_for_may_come_and_batches_find_the_same(neo: NeoModel) -> None:
    bundle = neo.bundle
    rows = [bundle.listeners.row(listener) for listener in LISTENERS]
    histories, abouts = (
        [bundle.events.history(row) for row in rows],
        [about_listener(bundle.listeners, row) for row in rows],
    )
    for name in bundle.catalog.type_names:
        found = neo.recommend_rows(histories, abouts, name, k=7, batch=4)
        for listener, ranked in zip(LISTENERS, found, strict=True):
            answer = neo.recommend(listener, type=name, k=7)
            assert {item.type for item in answer.items} == {name}
            assert [bundle.catalog.id(row) for row, _ in ranked] == [item.id for item in answer.items]
            assert [score for _, score in ranked] == pytest.approx([part.score for part in answer.parts], abs=1e-4)


def test_words_are_needed_without_a_history_and_for_a_model_that_only_learned_answers(
    neo: NeoModel, tiny_bundle: Bundle, seen: list[list[int]]
) -> None:
    NeoModel(tiny_bundle).recommend("l3")
    neo.recommend(None)
    neo.recommend(history=[])
    neo.search("jazz", listener="l3")
    neo.recommend("l3")
    answer = neo.bundle.vocabulary.answer
    assert [prompt.count(answer) for prompt in seen] == [1, 1, 1, 1, 0]


def test_a_history_that_is_too_long_for_the_model_loses_its_oldest_items(
    tiny_bundle: Bundle, seen: list[list[int]]
) -> None:
    neo = trained_to_go_on(tiny_bundle, history=500)
    answer = neo.recommend(history=[f"e-{n % 60}" for n in range(400)])
    assert "more of the older history items were not read" in answer.warnings[0]
    assert 512 - 10 <= len(seen[0]) <= 512 - 3
    newest = [neo.bundle.catalog.row(f"e-{n % 60}") for n in range(380, 400)]
    assert seen[0][-60:] == [*chain.from_iterable(span[1:-1] for span in neo.renderer.items(newest))]


def test_a_line_about_the_listener_that_leaves_no_room_is_refused(neo: NeoModel) -> None:
    who = Asker(Context("qz " * 900, (1, 2)))
    with pytest.raises(InvalidRequestError, match=r"tokens long, expected at most 500 .*: shorten the text"):
        fit_unfinished(neo.renderer, who, 500)


def test_of_a_history_that_is_too_long_for_the_model_each_type_stays(
    tiny_bundle: Bundle, seen: list[list[int]]
) -> None:
    neo = trained_to_go_on(tiny_bundle, history=500)
    neo.recommend(history=["s-1", *(f"e-{n % 60}" for n in range(400))])
    (show,) = neo.renderer.items([neo.bundle.catalog.row("s-1")])
    assert len(seen[0]) <= 512 - 3
    start = seen[0].index(show[1])
    assert seen[0][start : start + len(show) - 2] == show[1:-1]


def test_asked_in_words_is_what_a_model_without_histories_does(neo: NeoModel, tiny_bundle: Bundle) -> None:
    events = tiny_bundle.events
    cases = [RecommendCase(row, events.history(row), events.times(row), "show", 0) for row in range(8)]
    in_words = DecodingMethod(neo, "asked in words").recommend(cases, 10)
    expected = NeoMethod(NeoModel(tiny_bundle)).recommend(cases, 10)
    assert all(map(np.array_equal, in_words, expected))
    assert not all(map(np.array_equal, in_words, NeoMethod(neo).recommend(cases, 10)))


def test_of_a_long_history_each_type_is_read(neo: NeoModel, seen: list[list[int]]) -> None:
    history = ["s-1", *(f"e-{n}" for n in range(20))]
    neo.recommend(history=history)
    read = [neo.bundle.catalog.row(item_id) for item_id in ("s-1", *history[-4:])]
    assert seen[0] == neo.renderer.unfinished(Context("", tuple(read)).unfinished())
