from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from answers_reference import lean, naive_answer, runs
from decoding_reference import MAX_POSITIONS, World, answer_events, leaning, make_world, reachable, row_of, worlds
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from neo.decoding.answer import AnswerRequest, Done, Event, ItemNamed, TextDelta
from neo.decoding.index import SidIndex
from neo.decoding.mixed import stream_answer, stream_answers
from neo_sdk.errors import InvalidRequestError, NotFoundError


def check_events(world: World, events: list[Event], index: SidIndex, types: tuple[str, ...]) -> list[ItemNamed]:
    assert isinstance(events[-1], Done) and not any(isinstance(event, Done) for event in events[:-1])
    items = [event for event in events if isinstance(event, ItemNamed)]
    assert all(item.type in types and row_of(index, item.type, item.codes) == item.row for item in items)
    assert len({item.row for item in items}) == len(items)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert "<|" not in text  # no token below is printed so; byte tokens could spell it only by a miracle
    return items


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    world=worlds(),
    max_items=st.integers(0, 5),
    max_tokens=st.integers(1, 30),
    beams=st.integers(1, 9),
    temperature=st.sampled_from([None, 0.7, 3.0]),
    seed=st.integers(0, 9),
)
def test_every_item_exists_and_comes_once(
    world: World,
    max_items: int,
    max_tokens: int,
    beams: int,
    temperature: float | None,
    seed: int,
) -> None:
    index, types, prompt = world.filtered(), world.some_types(), world.prompt(5)[:-1]
    min_items = int(world.rng.integers(0, max_items + 1))
    with leaning(world.model, lean(world)):
        events = list(
            answer_events(
                world.model,
                world.vocab,
                index,
                prompt,
                types,
                max_tokens=max_tokens,
                max_items=max_items,
                beams=beams,
                min_items=min_items,
                temperature=temperature,
                generator=torch.Generator().manual_seed(seed),
            )
        )
    items = check_events(world, events, index, types)
    room = (MAX_POSITIONS - len(prompt) - max_tokens) // (world.vocab.levels + 2)
    assert min(min_items, reachable(index, types), room) <= len(items) <= min(max_items, reachable(index, types))
    done = events[-1]
    assert isinstance(done, Done)
    words = done.tokens - len(items) * (world.vocab.levels + 2)
    assert 0 <= words <= max_tokens and len(prompt) + done.tokens <= MAX_POSITIONS
    if done.reason == "length":
        assert words == max_tokens or len(prompt) + done.tokens == MAX_POSITIONS


@settings(max_examples=25, deadline=None, derandomize=True)
@given(world=worlds(unique=True), opening=st.sampled_from([6.0, 7.0, 12.0]))
def test_greedy_answers_equal_a_naive_loop(world: World, opening: float) -> None:
    types, prompt = world.some_types(), world.prompt(5)[:-1]
    with leaning(world.model, lean(world, opening)):
        events = list(
            answer_events(world.model, world.vocab, world.index, prompt, types, max_tokens=15, max_items=3, beams=4)
        )
        expected, reason = naive_answer(world, prompt, types)
    assert runs(events) == expected
    assert isinstance(events[-1], Done) and events[-1].reason == reason


def test_an_answer_begins_with_words_where_these_are_more_probable_together_than_an_item() -> None:
    world = make_world(3)
    types, prompt = world.vocab.type_names, world.prompt(2)[:-1]
    for opening, begins in ((7.0, str), (12.0, int)):
        with leaning(world.model, {world.vocab.open: opening}):
            logits = world.model(torch.tensor([prompt])).logits[0, -1, : world.vocab.open + 1]
            assert int(logits.argmax()) == world.vocab.open  # of single tokens an item's is the first
            asked = AnswerRequest(world.index, prompt, types, max_tokens=4)
            found = runs(list(stream_answer(world.model, world.vocab, asked)))
            assert type(found[0]) is begins
            drawn = replace(asked, temperature=0.01, generator=torch.Generator().manual_seed(0))
            assert type(runs(list(stream_answer(world.model, world.vocab, drawn)))[0]) is int  # a draw is of one token


@settings(max_examples=30, deadline=None, derandomize=True)
@given(world=worlds(), n=st.integers(2, 6), opening=st.sampled_from([6.0, 12.0]))
def test_a_batch_answers_each_request_as_alone(world: World, n: int, opening: float) -> None:
    """Different prompts, types, filters, lengths, formats, drawn and not: each row is in a place of its own."""
    rng = world.rng
    shared = world.filtered()

    def request(seed: int) -> AnswerRequest:
        most = int(rng.integers(0, 4))
        return AnswerRequest(
            [world.index, shared, world.filtered()][seed % 3],
            world.prompt(int(rng.integers(0, 20)))[:-1],
            world.some_types(),
            format=["mixed", "mixed", "items", "text"][int(rng.integers(4))],  # type: ignore[arg-type]
            words_first=bool(rng.integers(2)),
            max_tokens=int(rng.integers(1, 25)),
            max_items=most,
            min_items=int(rng.integers(0, most + 1)),
            beams=int(rng.integers(1, 5)),
            temperature=[None, None, 2.0][int(rng.integers(3))],
            generator=torch.Generator(),
        )

    requests = [request(seed) for seed in range(n)]

    def seeded() -> list[AnswerRequest]:
        return [replace(asked, generator=torch.Generator().manual_seed(at)) for at, asked in enumerate(requests)]

    with leaning(world.model, lean(world, opening)):
        together: list[list[Event]] = [[] for _ in requests]
        for place, event in stream_answers(world.model, world.vocab, seeded()):
            together[place].append(event)
        alone = [list(stream_answer(world.model, world.vocab, asked)) for asked in seeded()]
    for mine, expected in zip(together, alone, strict=True):
        assert [without_score(event) for event in mine] == [without_score(event) for event in expected]
        for event, other in zip(mine, expected, strict=True):
            if isinstance(event, ItemNamed) and isinstance(other, ItemNamed):
                assert event.score == pytest.approx(other.score)


def without_score(event: Event) -> Event:
    return replace(event, score=0.0) if isinstance(event, ItemNamed) else event


def test_no_requests_give_no_events() -> None:
    world = make_world(10)
    assert list(stream_answers(world.model, world.vocab, [])) == []


def test_text_answers_name_no_item() -> None:
    world = make_world(10)
    with leaning(world.model, lean(world, opening=30.0)):
        events = list(
            answer_events(
                world.model,
                world.vocab,
                world.index,
                world.prompt(4)[:-1],
                ("show",),
                format="text",
                max_tokens=9,
            )
        )
        mixed = list(
            answer_events(world.model, world.vocab, world.index, world.prompt(4)[:-1], ("show",), max_tokens=9)
        )
    assert not check_events(world, events, world.index, ())
    assert check_events(world, mixed, world.index, ("show",))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(world=worlds(), most=st.integers(0, 5), beams=st.integers(1, 9))
def test_items_alone_are_what_a_model_would_name_that_says_nothing(world: World, most: int, beams: int) -> None:
    index, types, prompt = world.filtered(), world.some_types(), world.prompt(5)[:-1]
    asked = AnswerRequest(index, prompt, types, max_items=most, beams=beams, format="items")
    with leaning(world.model, lean(world, opening=-50.0, ending=30.0)):
        events = list(stream_answer(world.model, world.vocab, asked))
    with leaning(world.model, lean(world, opening=60.0)):
        silent = list(stream_answer(world.model, world.vocab, replace(asked, format="mixed", max_tokens=1)))
    items = check_events(world, events, index, types)
    assert events == [*items, Done("stop", len(items) * (world.vocab.levels + 2))]
    assert [item.row for item in items] == [item.row for item in silent if isinstance(item, ItemNamed)]
    assert len(items) == min(most, reachable(index, types), (MAX_POSITIONS - len(prompt)) // (world.vocab.levels + 2))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(world=worlds(), opening=st.sampled_from([6.0, 60.0]), ending=st.sampled_from([0.0, 60.0]))
def test_words_come_first_where_they_must(world: World, opening: float, ending: float) -> None:
    prompt, types = world.prompt(5)[:-1], world.some_types()
    asked = AnswerRequest(world.index, prompt, types, max_items=3, min_items=1, words_first=True)
    with leaning(world.model, lean(world, opening=opening, ending=ending)):
        events = list(stream_answer(world.model, world.vocab, asked))
    items = check_events(world, events, world.index, types)
    done = events[-1]
    assert bool(items) == (reachable(world.index, types) > 0) and isinstance(done, Done)
    assert done.said[0] not in (world.vocab.open, world.vocab.end)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(world=worlds(), asked=st.integers(2, 5), format=st.sampled_from(["mixed", "items"]))
def test_items_that_are_asked_for_one_by_one_come_in_their_order(world: World, asked: int, format: str) -> None:
    plan = [world.filtered().only(world.some_types()) for _ in range(asked)]
    assume(len(plan[0]))
    prompt = world.prompt(5)[:-1]
    request = AnswerRequest(
        plan[0], prompt, tuple(plan[0].types), format=format, max_items=asked, min_items=asked, max_tokens=5,
        then=tuple(plan[1:]),
    )  # fmt: skip
    with leaning(world.model, lean(world)):
        events = list(stream_answer(world.model, world.vocab, request))
    named = [(event.type, event.codes) for event in events if isinstance(event, ItemNamed)]
    room = (MAX_POSITIONS - len(prompt) - 5) // (world.vocab.levels + 2)
    met = 0
    for index in plan:
        there = {(name, codes) for name in index.types for codes in tuples_of(world, index, name)} - set(named[:met])
        if there and met < room:
            assert named[met] in there
            met += 1
    assert len(named) == met


def tuples_of(world: World, index: SidIndex, name: str) -> set[tuple[int, ...]]:
    rows = index.of(name).rows.numpy()
    return {tuple(codes) for codes in world.table.codes_of_rows(rows).tolist()}


def test_min_items_are_named_even_by_a_model_that_ends_at_once() -> None:
    world = make_world(10)
    with leaning(world.model, lean(world, opening=-50.0, ending=30.0)):
        prompt = world.prompt(4)[:-1]
        events = list(answer_events(world.model, world.vocab, world.index, prompt, ("show",), min_items=3))
        none = list(answer_events(world.model, world.vocab, world.index, prompt, ("show",)))
    assert len(check_events(world, events, world.index, ("show",))) == 3
    assert none == [Done("stop", 0)]


def test_a_shift_decides_which_item_of_those_found_is_named() -> None:
    world = make_world(5)
    prompt, every = world.prompt(4)[:-1], world.vocab.type_names
    there = sorted(int(row) for name in every for row in world.index.of(name).rows)
    assert len(there) > 3
    for row in there:
        shift = torch.zeros(world.rows)
        shift[row] = 50.0
        request = AnswerRequest(
            world.index, prompt, every, max_tokens=20, max_items=1, min_items=1, beams=100, shift=shift
        )
        with leaning(world.model, lean(world)):
            events = list(stream_answer(world.model, world.vocab, request))
        named = [event for event in events if isinstance(event, ItemNamed)]
        assert [item.row for item in named] == [row] and named[0].score > 0


def test_an_answer_stops_where_the_model_can_read_no_further() -> None:
    world = make_world(10)
    prompt = [1] * (MAX_POSITIONS - 2)
    with leaning(world.model, lean(world, opening=30.0, ending=-50.0)):
        events = list(answer_events(world.model, world.vocab, world.index, prompt, ("show",), min_items=2))
    assert events[-1] == Done("length", 2) and not check_events(world, events, world.index, ())


def test_closing_the_stream_stops_the_model() -> None:
    world = make_world(10)
    calls = []
    handle = world.model.get_decoder().register_forward_hook(lambda *_: calls.append(1))
    try:
        with leaning(world.model, {65: 30.0}):
            stream = answer_events(world.model, world.vocab, world.index, world.prompt(4)[:-1], ("show",))
            assert not calls
            assert next(stream) == TextDelta(world.vocab.decode([65]))
            assert len(calls) == 1  # the first event does not wait for the next token
            stream.close()  # type: ignore[attr-defined]
            assert next(stream, None) is None and len(calls) == 1
    finally:
        handle.remove()


def test_sampling_is_reproducible_and_differs_from_greedy() -> None:
    world = make_world(10)
    prompt = world.prompt(4)[:-1]

    def answer(seed: int, **how: Any) -> list[Event]:
        generator = torch.Generator().manual_seed(seed)
        return list(
            answer_events(
                world.model,
                world.vocab,
                world.index,
                prompt,
                ("show",),
                max_tokens=20,
                generator=generator,
                **how,
            )
        )

    assert answer(1, temperature=5.0) == answer(1, temperature=5.0) != answer(2, temperature=5.0)
    assert answer(2) == answer(3)


def test_bad_arguments_are_refused_before_the_first_event() -> None:
    world = make_world(10)
    base = (world.model, world.vocab, world.index, world.prompt(4)[:-1])
    for how, match in [
        ({"format": "list"}, "format"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_items": -1}, "max_items"),
        ({"min_items": 11}, "min_items"),
        ({"beams": 0}, "beams"),
        ({"temperature": 0.0}, "temperature"),
        ({"temperature": True}, "temperature"),
    ]:
        with pytest.raises(InvalidRequestError, match=match):
            answer_events(*base, ("show",), **how)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="course"):
        answer_events(*base, ("course",))
    with pytest.raises(InvalidRequestError, match="at most 64"):
        answer_events(*base[:3], [1] * MAX_POSITIONS, ("show",))
