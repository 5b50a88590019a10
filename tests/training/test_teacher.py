from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from teacher_truth import NAME, Truth, check_item_claims, shown
from teacher_worlds import World, make_history, make_world

from neo.language.facts import NOBODY, FactBook, ItemFacts, ListenerFacts
from neo.language.segments import ItemRef, Text
from neo.training.teacher import phrases
from neo.training.teacher.ask import MAX_ITEMS, Ask, Teacher
from neo.training.teacher.built_in import (
    BuiltInTeacher,
    answer,
    chat_mixed,
    explain,
    portrait,
    recommend_mixed,
    search_mixed,
)
from neo_sdk.errors import InvalidRequestError

# How a text says that a request spelled a name.
ASKED = (
    " {}, as you asked",
    "asked for {}",
    "It matches {}",
    "the {} you asked for",
    "wanted it {}",
    "belongs to {}",
)


class Case(NamedTuple):
    world: World
    rows: list[int]
    items: list[ItemFacts]
    listener: ListenerFacts
    truth: Truth
    rng: np.random.Generator


def make_case(seed: int) -> Case:
    """A world, three of its items, and a listener with some history or none."""
    world, rng = make_world(seed), np.random.default_rng(seed)
    history, listener_row = make_history(seed + 1, len(world.rows)), int(rng.integers(4))
    book = FactBook(world.catalog, world.listeners)
    rows = rng.choice(len(world.rows), 3, replace=False).tolist()
    truth = Truth(world, history, world.listeners.topics(listener_row))
    return Case(world, rows, [book.item(row) for row in rows], book.listener(history, listener_row), truth, rng)


def says(text: str, clauses: tuple[str, ...]) -> bool:
    return any(clause in text.lower() for clause in clauses)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_explanations_claim_only_what_holds(seed):
    world, rows, items, listener, truth, rng = make_case(seed)
    segments = explain(items[0], listener, rng)
    assert len(segments) == 1 and isinstance(segments[0], Text)
    rest = truth.take_out(segments[0].text)
    check_item_claims(rest, world, rows[:1])
    if says(rest, phrases._ITSELF):
        assert truth.times[items[0].title]
    elif says(rest, phrases._LINKED):
        assert truth.linked(rows[0])
    elif says(rest, phrases._UNLINKED):
        assert truth.history and not truth.linked(rows[0])
    else:
        assert "*" in rest  # something was said of the listener


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_portraits_claim_only_what_holds_and_name_every_main_topic(seed):
    case = make_case(seed)
    segments = portrait(case.listener, case.rng)
    assert len(segments) == 1 and isinstance(segments[0], Text)
    text = segments[0].text
    assert set(case.truth.take_out(text)) <= set("* "), text
    assert all(topic in text for topic in case.truth.main)
    assert case.truth.history or all(topic in text for topic in case.truth.onboarding)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.sampled_from(["recommend", "search", "chat"]))
def test_mixed_answers_name_their_items_in_order_and_claim_only_what_holds(seed, count, task):
    world, rows, items, listener, truth, rng = make_case(seed)
    rows, items = rows[:count], items[:count]
    words = [*items[0].topics[:1], items[0].tone or "", items[0].creator or "", "and more"]
    query = " ".join(" ".join(words[int(rng.integers(4)) :]).split())
    if task == "recommend":
        segments = recommend_mixed(items, listener, rng)
    elif task == "search":
        segments = search_mixed(query, items, listener, rng)
    else:
        segments = chat_mixed(items, listener, rng, query)
    assert [s.row for s in segments if isinstance(s, ItemRef)] == rows
    rest = truth.take_out(shown(segments).replace(f'"{query}"', "*"))
    check_item_claims(rest, world, rows)
    for pattern in ASKED:
        assert all(name in query for name in re.findall(pattern.format(f"({NAME})"), rest)), rest


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_what_follows_an_item_is_true_of_that_item(seed):
    world, rows, items, listener, truth, rng = make_case(seed)
    segments = recommend_mixed(items[:2], listener, rng)
    following = segments[segments.index(ItemRef(rows[1])) + 1]
    assert isinstance(following, Text)
    check_item_claims(truth.take_out(following.text), world, rows[1:2])


def test_texts_are_short_and_varied_and_never_say_what_was_done_with_an_item():
    sizes = {"explain": 1, "portrait": 0, "recommend_mixed": 1, "search_mixed": 2, "chat_mixed": 3}
    texts: dict[str, list[str]] = {task: [] for task in MAX_ITEMS}
    for seed in range(50):
        case = make_case(seed)
        for task, found in texts.items():
            ask = Ask(task, tuple(case.items[: sizes[task]]), case.listener, "something")
            found.append(shown(answer(ask, case.rng)))
    for task, found in texts.items():
        lengths = [len(text.split()) for text in found]
        assert min(lengths) >= 4 and max(lengths) <= 60, (task, lengths)
        assert 10 <= np.mean(lengths) <= (45 if sizes[task] == 3 else 32), (task, np.mean(lengths))
        assert len({" ".join(re.sub(NAME, "*", text).split()[:3]) for text in found}) >= 8, task
        for text in found:
            assert not re.search(r"listen|hear|play|narrat|[{}]|None|  |\.\.|,\.| [,.:;]", text), text
            assert text[0].isupper() or text[0] == "#", text
            assert text.endswith((".", "?")), text


def test_a_listener_without_history_is_told_so():
    book = FactBook(make_world(3).catalog)
    for seed in range(30):
        rng, item = np.random.default_rng(seed), book.item(seed % 24)
        for segments in (
            explain(item, NOBODY, rng),
            portrait(NOBODY, rng),
            recommend_mixed([item], NOBODY, rng),
        ):
            text = shown(segments).lower()
            assert any(words in text for words in ("no history", "without any history", "history is empty")), text


def test_answers_depend_on_the_seed_and_on_the_place_alone():
    case = make_case(5)
    asks = [
        Ask("recommend_mixed", tuple(case.items[:1]), case.listener),
        Ask("portrait", (), case.listener),
    ] * 10
    teacher: Teacher = BuiltInTeacher()
    first = teacher.answers(asks, np.random.default_rng(1))
    assert first == teacher.answers(asks, np.random.default_rng(1))
    assert first != teacher.answers(asks, np.random.default_rng(2))
    other = [asks[0], Ask("explain", tuple(case.items[1:2]), case.listener), *asks[2:]]
    changed = teacher.answers(other, np.random.default_rng(1))
    assert [a == b for a, b in zip(first, changed, strict=True)] == [True, False] + [True] * 18


@pytest.mark.parametrize("query", ["{about} {0}", "{why!r}", "<|sid|> <|end|>", "a\nb", "", '"', "x" * 500])
def test_hostile_queries_stay_text(query):
    case = make_case(7)
    for seed in range(25):
        rng = np.random.default_rng(seed)
        found = (
            search_mixed(query, case.items, case.listener, rng),
            chat_mixed(case.items, case.listener, rng, query),
        )
        for segments in found:
            assert [s.row for s in segments if isinstance(s, ItemRef)] == case.rows
            assert "\n" not in shown(segments) and "x" * 60 not in shown(segments)


def test_names_that_do_not_fit_a_sentence_are_left_out():
    long = "a very long topic name that would never fit into any sentence"
    assert not any(phrases.sayable(name) for name in (long, "two\nlines", " ", "", None))
    item = FactBook(make_world(11).catalog).item(0)
    item = replace(item, title=long, creator=long, topics=(long,), tone=None, parent_title=long)
    for seed in range(20):
        assert long not in shown(explain(item, NOBODY, np.random.default_rng(seed)))


@pytest.mark.parametrize(
    ("task", "count", "query"),
    [
        ("explain", 0, None),
        ("explain", 2, None),
        ("portrait", 1, None),
        ("recommend_mixed", 0, None),
        ("chat_mixed", 6, None),
        ("search_mixed", 1, None),
        ("sing", 1, None),
    ],
)
def test_asks_that_make_no_sense_are_refused(task, count, query):
    item = FactBook(make_world(1).catalog).item(0)
    with pytest.raises(InvalidRequestError):
        Ask(task, (item,) * count, NOBODY, query)
