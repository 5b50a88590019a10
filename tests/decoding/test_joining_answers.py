"""Requests that join others in the middle of their answers get what they get alone, and so do the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from answers_reference import lean
from decoding_reference import World, leaning, make_world, worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from test_mixed_answers import without_score
from transformers import DynamicCache

from neo.decoding import mixed
from neo.decoding.answer import AnswerRequest, Done, Event, ItemNamed
from neo.decoding.context import append, read
from neo.decoding.fixed import FixedShapes
from neo.decoding.growing import growing
from neo.decoding.mixed import Begun, begin, stream_answer, stream_answers
from neo.decoding.prompt_memory import PromptMemory


def asked_of(world: World, n: int) -> list[AnswerRequest]:
    """Mixed and text, drawn and not, most with asides of many tokens."""
    rng = world.rng

    def request() -> AnswerRequest:
        most, long = int(rng.integers(0, 4)), int(rng.integers(0, 9))
        return AnswerRequest(
            world.filtered(),
            world.prompt(int(rng.integers(0, 20)))[:-1],
            world.some_types(),
            format=["mixed", "mixed", "text"][int(rng.integers(3))],  # type: ignore[arg-type]
            max_tokens=int(rng.integers(1, 25)),
            max_items=most,
            min_items=int(rng.integers(0, most + 1)),
            beams=int(rng.integers(1, 5)),
            temperature=[None, None, 2.0][int(rng.integers(3))],
            aside=lambda item, first: [66] * long,
            joint=(44, 32),
        )

    return [request() for _ in range(n)]


def seeded(requests: Sequence[AnswerRequest], first: int = 0) -> list[AnswerRequest]:
    return [replace(asked, generator=torch.Generator().manual_seed(at)) for at, asked in enumerate(requests, first)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    world=worlds(),
    n=st.integers(2, 7),
    opening=st.sampled_from([6.0, 12.0]),
    remembered=st.booleans(),
    fixed=st.booleans(),
    patient=st.sampled_from([0, 3, 50]),
)
def test_who_joins_is_answered_as_alone(
    world: World, n: int, opening: float, remembered: bool, fixed: bool, patient: int
) -> None:
    requests, rng = asked_of(world, n), world.rng
    gone = {int(rng.integers(n)): 3} if rng.random() < 0.3 else {}
    left = list(requests[(first := int(rng.integers(1, n + 1))) :])
    shapes = FixedShapes(world.model) if fixed else None
    memory = PromptMemory(world.model, 1 << 20, least=1) if remembered else None
    heard: list[list[Event]] = [[] for _ in requests]
    counts = []

    def more(going: int) -> Begun | None:
        counts.append(going)
        if not left or rng.random() < 0.7:
            return None
        some = [left.pop(0) for _ in range(int(rng.integers(1, len(left) + 1)))]
        return begin(world.model, world.vocab, seeded(some, n - len(left) - len(some)), memory, shapes)

    def leaves(place: int) -> bool:
        return len(heard[place]) >= gone.get(place, 10**9)

    with leaning(world.model, lean(world, opening)), pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixed, "LONG", 4)
        patch.setattr(mixed, "PATIENT", patient)
        asked = (world.model, world.vocab, seeded(requests[:first]), memory, shapes, leaves, more)
        for place, event in stream_answers(*asked):
            heard[place].append(event)
        alone = [list(stream_answer(world.model, world.vocab, asked)) for asked in seeded(requests)]
    assert counts[0] == first and max(counts) <= n
    for place in range(n - len(left)):  # those that are left had nobody to join any more
        mine, expected = heard[place], alone[place]
        if place in gone and len(expected) > gone[place]:  # between two questions there are three events at most
            assert gone[place] <= len(mine) <= gone[place] + 2
            expected = expected[: len(mine)]
        assert [without_score(event) for event in mine] == [without_score(event) for event in expected]
        for event, other in zip(mine, expected, strict=True):
            if isinstance(event, ItemNamed) and isinstance(other, ItemNamed):
                assert event.score == pytest.approx(other.score)
    assert not any(heard[n - len(left) :])


def test_a_batch_that_goes_on_and_on_does_not_widen() -> None:
    """Answer after answer, three at a time: no column is kept in which nobody has a token."""
    world = make_world(10)
    left = [replace(asked, format="text", max_tokens=8 + at % 9) for at, asked in enumerate(asked_of(world, 50))]
    widths: list[tuple[int, int]] = []
    seen = mixed.ModelReading.append

    def watched(self: Any, *arguments: Any) -> None:
        seen(self, *arguments)
        widths.append((self.context.real.shape[1], int(self.context.lengths.max())))

    def more(going: int) -> Begun | None:
        if going > 2 or not left:
            return None
        return begin(world.model, world.vocab, [left.pop()], None, None)

    with leaning(world.model, {world.vocab.end: -50.0}), pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixed.ModelReading, "append", watched)
        done = [event for _, event in stream_answers(world.model, world.vocab, [left.pop()], more=more)]
    assert sum(isinstance(event, Done) for event in done) > 20  # then three happen to end at once
    longest = max(length for _, length in widths)
    assert max(width for width, _ in widths) <= longest + 16  # nobody joins the last three


def test_a_growing_cache_holds_what_a_joined_one_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit for bit, also after columns were taken out and others put in their place."""
    world = make_world(3)
    prompts = [world.prompt(count)[:-1] for count in (3, 9, 30)]
    found = []
    for cache in (growing, DynamicCache):
        monkeypatch.setattr("neo.decoding.context.growing", cache)
        context = read(world.model, prompts, world.vocab.pad)
        for step in range(30):
            append(world.model, context, [[65 + step]] * 3, [True, step % 2 == 0, True])
            if step % 7 == 6:
                context.forget(2)
                context.real, context.lengths = context.real[:, :-2], context.lengths - 2
        found.append((context.hidden, [(layer.keys, layer.values) for layer in context.cache.layers]))
    (hidden, layers), (other_hidden, other_layers) = found
    assert torch.equal(hidden, other_hidden)
    for mine, other in zip(layers, other_layers, strict=True):
        assert torch.equal(mine[0], other[0]) and torch.equal(mine[1], other[1])
