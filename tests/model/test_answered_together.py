"""Requests that are prepared one by one and answered together, and what listeners did after the bundle was made."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from neo.catalog.activity import Meeting
from neo.listeners.soft_prompt import SOFT
from neo.model.bundle import Bundle
from neo.model.listener import past_of
from neo.model.neo_model import NeoModel
from neo.model.prepared import ListRequest, WordsRequest
from neo_sdk.errors import NotFoundError
from neo_sdk.types import Answer

LISTS: list[tuple[str, dict[str, Any]]] = [
    ("recommend", {"listener": "l3"}),
    ("recommend", {"listener": "l5", "type": "episode", "k": 7, "per_parent": 1, "beams": 60}),
    ("search", {"query": "bread", "k": 3}),
    ("recommend", {"listener": "l3", "temperature": 1.5, "seed": 4}),
    ("search", {"query": "whales", "within": ["s-1"], "exclude": ["s-1"]}),
    ("recommend", {"listener": "l3", "temperature": 1.5, "seed": 5}),
]
WORDS: list[tuple[str, dict[str, Any]]] = [
    ("chat", {"messages": "Something about whales?", "listener": "l3", "max_tokens": 12}),
    ("explain", {"item": "s-2", "listener": "l4", "max_tokens": 9}),
    ("recommend", {"listener": "l5", "type": "episode", "format": "mixed", "k": 2, "max_tokens": 5}),
    ("chat", {"messages": "Tell me", "temperature": 1.2, "seed": 8, "max_tokens": 12}),
    ("understand", {"history": ["s-1", "e-3"], "max_tokens": 30}),
]


@pytest.fixture(scope="module")
def neo(tiny_bundle: Bundle) -> NeoModel:
    return NeoModel(tiny_bundle)


def prepared(neo: NeoModel, verb: str, arguments: dict[str, Any]) -> Any:
    return getattr(neo, f"prepare_{verb}")(**arguments)


def same(one: Answer, other: Answer) -> bool:
    """Up to the rounding of scores."""
    scores = [[part.score for part in answer.parts if part.kind == "item"] for answer in (one, other)]
    plain = [answer.model_dump(exclude={"parts": {"__all__": {"score"}}}) for answer in (one, other)]
    return plain[0] == plain[1] and scores[0] == pytest.approx(scores[1], abs=1e-4)


def test_lists_answered_together_are_those_answered_alone(neo: NeoModel) -> None:
    requests = [prepared(neo, *asked) for asked in LISTS]
    assert all(isinstance(request, ListRequest) for request in requests)
    for (verb, arguments), answer in zip(LISTS, neo.answer_lists(requests), strict=True):
        assert same(answer, getattr(neo, verb)(**arguments))
    drawn = [answer.items for answer in (neo.answer(requests[3]), neo.answer(requests[3]), neo.answer(requests[5]))]
    assert drawn[0] == drawn[1] != drawn[2]  # a seed's draw is the same again, another seed's is another


def test_words_answered_together_are_those_answered_alone(neo: NeoModel) -> None:
    requests = [prepared(neo, *asked) for asked in WORDS]
    assert all(isinstance(request, WordsRequest) for request in requests)
    answers = {place: event for place, event in neo.stream_words(requests) if isinstance(event, Answer)}
    for place, (verb, arguments) in enumerate(WORDS):
        assert same(answers[place], getattr(neo, verb)(**arguments))


def test_who_is_gone_gets_no_more_and_the_others_get_the_same(neo: NeoModel) -> None:
    requests = [prepared(neo, *asked) for asked in WORDS]
    gone: set[int] = set()
    seen: dict[int, list[Any]] = {place: [] for place in range(len(requests))}
    for place, event in neo.stream_words(requests, gone.__contains__):
        seen[place].append(event)
        if place in (0, 4) and len(seen[place]) == 2:
            gone.add(place)
    assert [isinstance(seen[place][-1], Answer) for place in range(5)] == [False, True, True, True, False]
    assert len(seen[0]) <= 3 and len(seen[4]) <= 3
    for place in (1, 2, 3):
        assert same(seen[place][-1], getattr(neo, WORDS[place][0])(**WORDS[place][1]))


def test_a_verb_shows_what_it_takes_and_returns() -> None:
    signature = inspect.signature(NeoModel.recommend)
    assert list(signature.parameters)[:6] == ["self", "listener", "history", "type", "k", "format"]
    assert signature.return_annotation == "Answer" and NeoModel.recommend.__name__ == "recommend"
    assert "Up to `k` items of a type that suit a listener" in str(NeoModel.recommend.__doc__)
    assert inspect.signature(NeoModel.stream_chat).return_annotation == "Iterator[StreamEvent]"


def test_what_came_later_is_the_end_of_the_history(tiny_bundle: Bundle) -> None:
    did = {"l3": [Meeting("s-7", 2_000_000), Meeting("no longer there", 2_000_001)], "new": [Meeting("e-1", 5)]}
    neo = NeoModel(tiny_bundle, lambda listener: did.get(listener, ()))
    row = tiny_bundle.listeners.row("l3")
    old = [tiny_bundle.catalog.id(int(at)) for at in tiny_bundle.events.history(row)]
    passed = NeoModel(tiny_bundle).recommend("l3", [*old, "s-7"], k=5)
    assert same(neo.recommend("l3", k=5), passed.model_copy(update={"warnings": ()}))
    assert "s-7" not in [item.id for item in neo.recommend("l3", k=100).items]
    assert neo.recommend("new", k=3).items == NeoModel(tiny_bundle).recommend(history=["e-1"], k=3).items
    with pytest.raises(NotFoundError, match="no listener has the id 'newer'"):
        neo.recommend("newer")


def test_an_event_that_a_newer_bundle_knows_counts_once_and_an_old_one_takes_its_place(tiny_bundle: Bundle) -> None:
    row = tiny_bundle.listeners.row("l3")
    items, times = tiny_bundle.events.history(row), tiny_bundle.events.times(row)
    last = Meeting(tiny_bundle.catalog.id(int(items[-1])), int(times[-1]))
    past = past_of(tiny_bundle, "l3", [last, Meeting("s-7", int(times[1]) + 1)])
    expected = np.insert(items, 2, tiny_bundle.catalog.row("s-7"))
    assert past.events.history(past.who).tolist() == expected.tolist()
    assert past.now == tiny_bundle.now
    assert past_of(tiny_bundle, "l3", [Meeting("s-7", 10**7)]).now == 10**7 + 1


def test_the_vector_of_the_long_run_hears_of_it(tiny_soft_bundle: Bundle) -> None:
    did = [Meeting(f"a-{n}", 1_500_000 + n) for n in range(6)]

    def vector(neo: NeoModel, listener: str) -> list[int]:
        request = neo.prepare_recommend(listener)
        assert isinstance(request, ListRequest)
        return [token for token in request.prompt.ids if token >= SOFT]

    before = vector(NeoModel(tiny_soft_bundle), "l3")
    later = NeoModel(tiny_soft_bundle, lambda listener: did)
    assert len({*before, *vector(later, "l3"), *vector(later, "new")}) == 3 * len(before) == 6
