from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
import torch
from decoding_reference import World, leaning, make_world, worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.decoding.beam import search_spans
from neo.decoding.context import read
from neo.decoding.fixed import FixedShapes, padded
from neo.decoding.mixed import AnswerRequest, Event, ItemNamed, stream_answers
from neo.decoding.prompt_memory import PromptMemory
from neo.decoding.request import GroupLimit


def test_sizes_are_few_and_at_most_half_padding() -> None:
    sizes = [padded(count) for count in range(1, 2000)]
    assert all(count <= size <= 1.5 * count for count, size in enumerate(sizes, 1))
    assert len(set(sizes)) == 22 and all(padded(size) == size for size in sizes)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(world=worlds(), n=st.integers(1, 5), limited=st.booleans())
def test_a_search_in_fixed_shapes_finds_the_same(world: World, n: int, limited: bool) -> None:
    shapes = FixedShapes(world.model)
    limit = GroupLimit(world.rng.integers(-1, 4, world.rows), 2) if limited else None  # further rounds, fewer rows
    for _ in range(2):  # the second time in buffers that hold what the first one left
        prompts = [world.prompt(int(length)) for length in world.rng.integers(0, 14, n)]
        types, k = [world.some_types() for _ in range(n)], world.rng.integers(1, 9, n).tolist()
        asked = (world.model, world.vocab, [world.filtered() for _ in range(n)], prompts, types)
        plain = search_spans(*asked, k=k, beams=7, limit=limit)
        fixed = search_spans(*asked, k=k, beams=7, limit=limit, shapes=shapes)
        assert [[(item.type, item.row) for item in found] for found in fixed] == [
            [(item.type, item.row) for item in found] for found in plain
        ]
        assert [item.score for found in fixed for item in found] == pytest.approx(
            [item.score for found in plain for item in found], abs=1e-9
        )


def answers(world: World, n: int) -> list[AnswerRequest]:
    return [
        AnswerRequest(
            world.filtered(),
            world.prompt(int(world.rng.integers(0, 14)))[:-1],
            world.some_types(),
            max_tokens=int(world.rng.integers(1, 20)),
            max_items=int(world.rng.integers(0, 4)),
            beams=int(world.rng.integers(1, 5)),
        )
        for _ in range(n)
    ]


def said(events: Iterator[tuple[int, Event]], n: int) -> list[list[object]]:
    found: list[list[object]] = [[] for _ in range(n)]
    for place, event in events:
        found[place].append((event.type, event.codes, event.row) if isinstance(event, ItemNamed) else event)
    return found


@settings(max_examples=25, deadline=None, derandomize=True)
@given(world=worlds(), n=st.integers(1, 5), opening=st.sampled_from([6.0, 12.0]), remembered=st.booleans())
def test_answers_in_fixed_shapes_are_the_same(world: World, n: int, opening: float, remembered: bool) -> None:
    shapes, requests = FixedShapes(world.model), answers(world, n)
    with leaning(world.model, {world.vocab.open: opening, world.vocab.end: 9.0}):
        plain = said(stream_answers(world.model, world.vocab, requests), n)
        for _ in range(2):
            memory = PromptMemory(world.model, 1 << 20, least=1) if remembered else None
            assert said(stream_answers(world.model, world.vocab, requests, memory, shapes), n) == plain


def test_streams_that_take_turns_do_not_share_a_buffer_and_give_it_back() -> None:
    world = make_world(4)
    shapes, requests = FixedShapes(world.model), [*answers(world, 1), *answers(world, 1)]
    with leaning(world.model, {world.vocab.open: 6.0, world.vocab.end: 5.0}):
        plain = [said(stream_answers(world.model, world.vocab, [asked]), 1)[0] for asked in requests]
        streams = [stream_answers(world.model, world.vocab, [asked], None, shapes) for asked in requests]
        first, second = list(next(streams[0])[1:]), list(next(streams[1])[1:])
        for stream, mine in zip(streams, (first, second), strict=True):
            mine += [event for _, event in stream]
    assert [said(((0, event) for event in mine), 1)[0] for mine in (first, second)] == plain
    del streams, stream
    gc.collect()
    assert {kept.capacity for kept in shapes._free.values()} and all(kept.rows == 1 for kept in shapes._free.values())


def test_buffers_that_nobody_uses_stay_within_the_budget() -> None:
    world = make_world(4)
    context = read(world.model, [world.prompt(10)], world.vocab.pad)
    one = FixedShapes(world.model).hold(context, 4).buffers.nbytes
    shapes = FixedShapes(world.model, max_bytes=one)
    held = [shapes.hold(context, 4) for _ in range(3)]
    assert len({id(copy.buffers) for copy in held}) == 3 and not shapes._free
    last = held[-1].buffers
    del held
    gc.collect()
    assert len(shapes._free) == 1
    assert shapes.hold(context, 4).buffers is not None and last is not None


@pytest.mark.gpu
def test_captured_steps_find_the_same() -> None:
    world = make_world(4, double=False)
    model = world.model.to("cuda")
    try:
        shapes, index = FixedShapes(model), world.index.to("cuda")
        prompts, types = [world.prompt(length) for length in (3, 9)], [world.vocab.type_names] * 2
        asked = (model, world.vocab, index, prompts, types)
        plain = search_spans(*asked, k=5, beams=7)
        for _ in range(3):
            fixed = search_spans(*asked, k=5, beams=7, shapes=shapes)
            assert [[item.row for item in found] for found in fixed] == [
                [item.row for item in found] for found in plain
            ]
        request = AnswerRequest(index, prompts[0][:-1], types[0], max_tokens=12, max_items=2, min_items=2)
        plain_answer = said(stream_answers(model, world.vocab, [request]), 1)
        assert said(stream_answers(model, world.vocab, [request], None, shapes), 1) == plain_answer
    finally:
        model.to("cpu")
        torch.cuda.empty_cache()
