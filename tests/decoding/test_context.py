"""Reading a batch: prompts of different lengths are run in several batches, and nobody can tell."""

from __future__ import annotations

from itertools import combinations

import pytest
import torch
from decoding_reference import World, worlds
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.decoding import context as module
from neo.decoding.beam import search_spans
from neo.decoding.context import RUN_COST, append, like_lengths, read
from neo.decoding.prompt_memory import PromptMemory


@given(st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_the_batches_are_the_cheapest_there_are(lengths: list[int]) -> None:
    runs = like_lengths(lengths)
    assert sorted(place for run in runs for place in run) == list(range(len(lengths)))

    def cost(batches: list[list[int]]) -> int:
        return sum(len(batch) * max(batch) + RUN_COST for batch in batches)

    ordered = sorted(lengths)  # batches that cross in length can always be made cheaper
    every = [
        [ordered[a:b] for a, b in zip((0, *cuts), (*cuts, len(ordered)), strict=True)]
        for count in range(len(ordered))
        for cuts in combinations(range(1, len(ordered)), count)
    ]
    assert cost([[lengths[place] for place in run] for run in runs]) == min(map(cost, every))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(world=worlds(), n=st.integers(2, 6), remembered=st.booleans())
def test_a_batch_read_in_several_runs_is_the_same_context(world: World, n: int, remembered: bool) -> None:
    prompts = [world.prompt(int(length)) for length in world.rng.integers(0, 30, n)]
    types = [world.some_types() for _ in prompts]
    memory = PromptMemory(world.model, 1 << 20, least=1) if remembered else None
    plain = read(world.model, prompts, world.vocab.pad)
    expected = search_spans(world.model, world.vocab, world.index, prompts, types, k=4, beams=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "RUN_COST", 0)
        assert len(like_lengths([len(prompt) for prompt in prompts])) == len({len(prompt) for prompt in prompts})
        for _ in range(2):  # the second time from memory
            parts = read(world.model, prompts, world.vocab.pad, memory)
            found = search_spans(world.model, world.vocab, world.index, prompts, types, k=4, beams=5, memory=memory)
            for mine, other in zip(found, expected, strict=True):
                assert [item.row for item in mine] == [item.row for item in other]
                assert [item.score for item in mine] == pytest.approx([item.score for item in other])
        append(world.model, parts, [[3, 4]] * n)
    append(world.model, plain, [[3, 4]] * n)
    assert torch.equal(parts.real, plain.real) and torch.equal(parts.lengths, plain.lengths)
    torch.testing.assert_close(parts.hidden, plain.hidden)
