from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest.mock import MagicMock

import pytest
import torch
from decoding_reference import MAX_POSITIONS, World, leaning, make_world, worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.decoding.answer import AnswerRequest, Event, ItemNamed
from neo.decoding.beam import search_spans
from neo.decoding.context import read
from neo.decoding.fixed import PADDING, WARM_UPS, Buffers, FixedShapes, Step, _captured, padded
from neo.decoding.mixed import stream_answers
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


def test_what_runs_before_a_capture_leaves_the_prompt_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    world, first = make_world(4), Step.__init__

    def with_warm_ups(step: Step, buffers: Buffers, q: int) -> None:
        first(step, buffers, q)
        for _ in range(WARM_UPS):
            step._forward()

    monkeypatch.setattr(Step, "__init__", with_warm_ups)
    asked = (world.model, world.vocab, world.index, [world.prompt(9)], [world.vocab.type_names])
    plain = search_spans(*asked, k=5, beams=7)[0]
    fixed = search_spans(*asked, k=5, beams=7, shapes=FixedShapes(world.model))[0]
    assert [item.score for item in fixed] == pytest.approx([item.score for item in plain], abs=1e-9)


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
    assert shapes._given_back and all(kept.rows == 1 for kept in shapes._given_back)


def test_buffers_that_nobody_uses_stay_within_the_budget() -> None:
    world = make_world(4)
    context = read(world.model, [world.prompt(10)], world.vocab.pad)
    one = FixedShapes(world.model).hold(context, 4).buffers.nbytes
    shapes = FixedShapes(world.model, max_bytes=one)
    held = [shapes.hold(context, 4) for _ in range(3)]
    assert len({id(copy.buffers) for copy in held}) == 3 and not shapes._free
    used = {id(copy.buffers) for copy in held}
    del held
    gc.collect()
    taken = shapes.hold(context, 4)
    assert id(taken.buffers) in used and len(shapes._free) == 1


def test_an_answer_has_no_more_room_than_the_model_has_positions() -> None:
    world = make_world(4)
    shapes = FixedShapes(world.model)
    request = AnswerRequest(world.index, world.prompt(9)[:-1], world.vocab.type_names, max_tokens=10**6, beams=2)
    next(stream_answers(world.model, world.vocab, [request], None, shapes))
    gc.collect()
    (kept,) = {kept.capacity for kept in shapes._given_back}
    assert MAX_POSITIONS < kept <= padded(MAX_POSITIONS + 2 * world.vocab.levels + PADDING)


def test_a_context_may_end_while_its_thread_holds_the_lock() -> None:
    """The collector runs whenever it likes, in `hold` too."""
    world = make_world(4)
    shapes, contexts = FixedShapes(world.model), []
    contexts.append(shapes.hold(read(world.model, [world.prompt(10)], world.vocab.pad), 4))

    def collected() -> None:
        with shapes._lock:
            contexts.clear()

    thread = threading.Thread(target=collected, daemon=True)  # a deadlock must not keep the tests from ending
    thread.start()
    thread.join(10)
    assert not thread.is_alive() and len(shapes._given_back) == 1


def test_captures_wait_for_each_other_and_let_other_threads_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stand-in for CUDA, in which a capture takes a while."""
    at_once, most = [0], [0]

    @contextmanager
    def capture(_: object, capture_error_mode: str = "global") -> Iterator[None]:
        assert capture_error_mode == "thread_local"
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.05)
        at_once[0] -= 1
        yield

    for name in ("Stream", "current_stream", "stream", "CUDAGraph"):
        monkeypatch.setattr(torch.cuda, name, MagicMock())
    monkeypatch.setattr(torch.cuda, "graph", capture)
    with ThreadPoolExecutor(4) as threads:
        results = [threads.submit(_captured, lambda: torch.ones(1)) for _ in range(4)]
    assert [float(result.result()()) for result in results] == [1] * 4 and most[0] == 1


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
