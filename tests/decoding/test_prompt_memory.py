from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import numpy as np
import pytest
import torch
from decoding_reference import MAX_POSITIONS, World, make_world, tiny_model, worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from support import counted
from transformers import PreTrainedModel

from neo.decoding.answer import AnswerRequest, Done
from neo.decoding.beam import search_spans
from neo.decoding.context import Context, append, read
from neo.decoding.mixed import stream_answer
from neo.decoding.prompt_memory import PromptMemory
from neo_sdk.errors import ConfigError, InvalidRequestError

PLENTY = 1 << 30
TOKEN = 2 * 2 * 2 * 8 * 8  # bytes of one token in the tiny models: layers, keys and values, heads, size, float64


@contextmanager
def attending(model: PreTrainedModel, attention: str) -> Iterator[None]:
    model.set_attn_implementation(attention)
    try:
        yield
    finally:
        model.set_attn_implementation("sdpa")


@st.composite
def cases(draw: st.DrawFn) -> tuple[World, str, float]:
    """A world, its attention and the tolerance. Eager attention has a softmax in float32, in which a mask made for
    float64 is infinite and turns padding into NaN, with or without a memory: so it is tested in float32."""
    attention = draw(st.sampled_from(["sdpa", "eager"]))
    world = draw(worlds(double=attention == "sdpa"))
    return world, attention, 1e-9 if attention == "sdpa" else 1e-4


def conversation(world: World, batches: int) -> list[list[list[int]]]:
    """Batches of prompts that share beginnings (or not) with earlier ones: longer, shorter, equal, different."""
    rng, texts, told = world.rng, range(256), []
    seen: list[list[int]] = [rng.choice(texts, 20).tolist()]
    for _ in range(batches):
        batch = []
        for _ in range(rng.integers(1, 5)):
            old = seen[rng.integers(len(seen))]
            start = [] if rng.random() < 0.2 else old[: rng.choice([len(old), rng.integers(len(old) + 1)])]
            fresh = rng.choice(texts, rng.choice([0, 1, 4, 12])).tolist()
            seen.append((start + fresh)[: MAX_POSITIONS - 10] or [0])
            batch.append([*seen[-1], world.vocab.open] if rng.random() < 0.8 else seen[-1])
        told.append(batch)
    return told


def real_columns(context: Context, row: int) -> list[torch.Tensor]:
    """Keys and values of a row's real positions."""
    parts = [part for layer in context.cache.layers for part in (layer.keys, layer.values)]
    return [part[row, :, context.real[row]] for part in parts]


def stored(memory: PromptMemory) -> dict[tuple[int, ...], torch.Tensor]:
    return {key: row.clone() for key, row in memory._rows.items()}


def check_bookkeeping(memory: PromptMemory) -> None:
    assert memory.nbytes == sum(row.untyped_storage().nbytes() for row in memory._rows.values()) <= memory.max_bytes
    assert memory._sorted == sorted(memory._rows) and len(memory) == len(memory._sorted)
    for one, next_one in zip(memory._sorted, memory._sorted[1:], strict=False):
        assert next_one[: len(one)] != one  # nothing stored begins another


@settings(max_examples=30, deadline=None, derandomize=True)
@given(case=cases(), least=st.sampled_from([1, 5, 16]), tokens=st.sampled_from([0, 30, 90, 10**6]))
def test_reading_with_a_memory_equals_reading_without(case: tuple[World, str, float], least: int, tokens: int) -> None:
    world, attention, tolerance = case
    memory = PromptMemory(world.model, tokens * TOKEN, least)
    with attending(world.model, attention):
        for prompts in conversation(world, 5):
            with counted(world.model) as runs:
                plain = read(world.model, prompts, world.vocab.pad)
                context = read(world.model, prompts, world.vocab.pad, memory)
            once = len(runs) // 2  # as many batches of like lengths, first without the memory
            assert all(mine <= whole for mine, whole in zip(runs[once:], runs[:once], strict=True))
            check_bookkeeping(memory)
            before = stored(memory)
            for more in ([], [1, 2, 3], [4]):
                if more:
                    append(world.model, plain, [more] * len(prompts))
                    append(world.model, context, [more] * len(prompts))
                assert torch.equal(context.real, plain.real) and torch.equal(context.lengths, plain.lengths)
                torch.testing.assert_close(context.hidden, plain.hidden, rtol=0, atol=tolerance)
                for row in range(len(prompts)):
                    for part, expected in zip(real_columns(context, row), real_columns(plain, row), strict=True):
                        torch.testing.assert_close(part, expected, rtol=0, atol=tolerance)
            assert all(torch.equal(row, before[key]) for key, row in memory._rows.items())


@settings(max_examples=20, deadline=None, derandomize=True)
@given(case=cases())
def test_searches_with_a_memory_find_the_same(case: tuple[World, str, float]) -> None:
    world, attention, tolerance = case
    memory = PromptMemory(world.model, 150 * TOKEN, 4)
    with attending(world.model, attention):
        for batch in conversation(world, 4):
            prompts = [prompt if prompt[-1] == world.vocab.open else [*prompt, world.vocab.open] for prompt in batch]
            types = [world.some_types() for _ in prompts]
            before = stored(memory)
            plain, found = (
                search_spans(world.model, world.vocab, world.index, prompts, types, k=5, beams=7, memory=memory_)
                for memory_ in (None, memory)
            )
            for items, expected in zip(found, plain, strict=True):
                assert [(item.row, item.codes) for item in items] == [(item.row, item.codes) for item in expected]
                assert [item.score for item in items] == pytest.approx([item.score for item in expected], abs=tolerance)
            assert all(torch.equal(row, before[key]) for key, row in memory._rows.items() if key in before)


@pytest.mark.parametrize("kind", ["qwen3", "llama"])
def test_only_the_rest_of_a_prompt_is_run(kind: str) -> None:
    model, shared = tiny_model(kind, True, 0), list(range(40))
    memory = PromptMemory(model, PLENTY, 16)

    def positions(*prompts: list[int]) -> int:
        with counted(model) as runs:
            read(model, prompts, 0, memory)
        return sum(runs)

    assert positions([*shared, 50, 51]) == 42
    assert positions([*shared, 60, 61, 62]) == 3  # the same beginning
    assert positions([*shared, 60, 61, 62]) == 1  # equal: the last token is run, for its hidden state
    assert positions(shared) == 1  # the beginning of a stored one
    assert positions([*shared, 60, 61, 62, 70, 71]) == 2  # goes on from a stored one
    assert positions([*range(15), 99, 98]) == 17  # too little is shared
    assert positions([*range(16), 99]) == 1


def test_a_batch_is_run_from_the_first_column_that_a_row_does_not_know() -> None:
    model, shared = tiny_model("qwen3", True, 0), list(range(40))
    first = read(model, [shared], 0, memory := PromptMemory(model, PLENTY, 16))
    assert torch.equal(first.hidden, read(model, [shared], 0).hidden)
    cases = [
        ([[*shared, 50], [*shared, 60, 61, 62]], 2 * 3),  # the first takes two tokens less than it could
        ([[*shared, 51], [1, 2, 3, 4, 5]], 2 * 5),  # a short stranger is read beside it
        ([[*shared, 52], list(range(100, 130))], 2 * 41),  # a long one is not: 11 columns are not worth it
        ([[*shared, 53], list(range(200, 225))], 2 * 25),
        ([[*shared, 54], list(range(60, 110))], 2 * 50),
    ]
    for prompts, positions in cases:
        with counted(model) as runs:
            context = read(model, prompts, 0, memory)
        assert sum(runs) == positions
        torch.testing.assert_close(context.hidden, read(model, prompts, 0).hidden, rtol=0, atol=1e-9)


def test_the_least_recently_used_goes_first_and_the_budget_holds() -> None:
    model = tiny_model("llama", False, 0)
    memory = PromptMemory(model, 100 * TOKEN, 16)
    prompts = [list(range(start, start + 30)) for start in (0, 50, 100, 150)]
    for prompt in prompts[:3]:
        read(model, [prompt], 0, memory)
    assert memory.nbytes == 90 * TOKEN and len(memory) == 3
    read(model, [[*prompts[0][:20], 9]], 0, memory)  # uses the first; 21 more tokens need room: the second goes
    assert [key[:1] for key in memory._rows] == [(100,), (0,), (0,)]
    read(model, [prompts[3]], 0, memory)
    assert [(key[0], len(key)) for key in memory._rows] == [(0, 30), (0, 21), (150, 30)]
    assert memory.nbytes == 81 * TOKEN
    check_bookkeeping(memory)


def test_a_prompt_above_the_budget_is_read_and_not_stored() -> None:
    model, shared = tiny_model("llama", False, 0), list(range(20))
    memory = PromptMemory(model, 25 * TOKEN, 16)
    for prompt in (shared, list(range(26)), [*shared, 9, 9, 9, 9, 9, 9]):
        read(model, [prompt], 0, memory)
        assert list(memory._rows) == [tuple(shared)]
    nothing = PromptMemory(model, 0)
    with counted(model) as runs:
        read(model, [shared], 0, nothing)
        read(model, [shared], 0, nothing)
    assert runs == [20, 20] and (len(nothing), nothing.nbytes) == (0, 0)


def test_a_longer_prompt_replaces_its_beginning() -> None:
    model, shared = tiny_model("qwen3", False, 0), list(range(20))
    memory = PromptMemory(model, PLENTY, 16)
    read(model, [shared, [*shared, 1], [*shared, 2], [*shared, 1, 5]], 0, memory)
    assert set(memory._rows) == {(*shared, 2), (*shared, 1, 5)}
    read(model, [shared, list(range(5))], 0, memory)  # the beginning of a stored one; less than is worth storing
    assert len(memory) == 2
    check_bookkeeping(memory)


def test_an_answer_can_be_kept_and_is_not_run_again() -> None:
    model, prompts = tiny_model("qwen3", True, 0), [list(range(20)), list(range(100, 107))]
    memory = PromptMemory(model, PLENTY, 1)
    context = read(model, prompts, 0, memory)
    append(model, context, [[50, 51, 52]] * 2)
    for row, prompt in enumerate(prompts):
        memory.keep([*prompt, 50, 51, 52], context, row)
        with pytest.raises(InvalidRequestError, match="has read"):
            memory.keep(prompt, context, row)
    assert set(memory._rows) == {(*prompt, 50, 51, 52) for prompt in prompts}
    turn = [*prompts[1], 50, 51, 52, 60, 61]
    with counted(model) as runs:
        again = read(model, [turn], 0, memory)
    assert runs == [2]
    torch.testing.assert_close(again.hidden, read(model, [turn], 0).hidden, rtol=0, atol=1e-9)


def test_padding_anywhere_is_left_out_of_what_is_kept() -> None:
    """A row whose real positions have padding between them, as batches of answers may lay them out."""
    model, prompt = tiny_model("llama", True, 0), list(range(20))
    context = read(model, [prompt], 0)
    for layer in context.cache.layers:
        layer.keys, layer.values = (
            torch.cat([part[:, :, :8], torch.full_like(part[:, :, :3], 7.0), part[:, :, 8:]], dim=2)
            for part in (layer.keys, layer.values)
        )
    context.real = torch.tensor([[True] * 8 + [False] * 3 + [True] * 12])
    memory = PromptMemory(model, PLENTY, 16)
    memory.keep(prompt, context)
    again = read(model, [[*prompt, 5]], 0, memory)
    torch.testing.assert_close(again.hidden, read(model, [[*prompt, 5]], 0).hidden, rtol=0, atol=1e-9)


def test_streamed_answers_with_a_memory_are_the_same_and_their_turn_is_remembered() -> None:
    world = make_world(15)
    memory = PromptMemory(world.model, PLENTY, 16)
    prompt = [world.vocab.prompt, *range(20), world.vocab.answer]
    request = AnswerRequest(world.index, prompt, world.vocab.type_names, max_tokens=8, max_items=2)
    plain = list(stream_answer(world.model, world.vocab, request))
    for run_first in (len(prompt), 1):
        with counted(world.model) as runs:
            assert list(stream_answer(world.model, world.vocab, request, memory)) == plain
        assert runs[0] == run_first
    assert isinstance(plain[-1], Done) and plain[-1].tokens > 0
    assert [len(key) for key in memory._rows] == [len(prompt) + plain[-1].tokens]


def test_a_memory_is_for_one_model() -> None:
    memory = PromptMemory(tiny_model("qwen3", True, 0), PLENTY)
    with pytest.raises(ConfigError, match="another model"):
        read(tiny_model("qwen3", True, 1), [[1, 2, 3]], 0, memory)
    for bad in (-1, 1.5, True):
        with pytest.raises(ConfigError, match="max_bytes"):
            PromptMemory(tiny_model("qwen3", True, 0), bad)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="least"):
        PromptMemory(tiny_model("qwen3", True, 0), PLENTY, 0)


def test_threads_share_a_memory() -> None:
    model = tiny_model("qwen3", True, 0)
    memory = PromptMemory(model, 120 * TOKEN, 4)
    rng = np.random.default_rng(0)
    prompts = [[*range(int(rng.integers(1, 30))), *rng.integers(0, 256, 5).tolist()] for _ in range(40)]
    expected = [read(model, [prompt], 0).hidden for prompt in prompts]
    failures: list[BaseException] = []

    def reads(part: int) -> None:
        try:
            for prompt, hidden in list(zip(prompts, expected, strict=True))[part::2]:
                torch.testing.assert_close(read(model, [prompt], 0, memory).hidden, hidden, rtol=0, atol=1e-9)
        except BaseException as failure:
            failures.append(failure)

    threads = [Thread(target=reads, args=(part,)) for part in (0, 1, 0, 1)]
    with counted(model) as runs:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures and sum(runs) < 2 * sum(map(len, prompts))  # each prompt is read twice
    check_bookkeeping(memory)
