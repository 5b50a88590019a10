from __future__ import annotations

import pytest
import torch
from decoding_reference import HEAD_ROWS, World, make_world

from neo.decoding.unconstrained import search_unconstrained
from neo_sdk.errors import InvalidRequestError


@torch.no_grad()
def textbook(world: World, prompt: list[int], width: int) -> list[tuple[float, tuple[int, ...]]]:
    beams: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    for _ in range(world.vocab.levels):
        grown = []
        for score, tokens in beams:
            logp = world.model(torch.tensor([[*prompt, *tokens]])).logits[0, -1].log_softmax(0)
            grown += [(score + float(logp[token]), (*tokens, token)) for token in range(HEAD_ROWS)]
        beams = sorted(grown, reverse=True)[:width]
    return beams


@pytest.mark.parametrize(("seed", "kind"), [(10, "qwen3"), (9, "llama"), (11, "qwen3")])
def test_it_equals_a_textbook_beam_search_over_the_whole_head(seed: int, kind: str) -> None:
    world = make_world(seed, kind=kind, tied=False)
    prompts = [world.prompt(7), world.prompt(2)]
    found = search_unconstrained(world.model, world.vocab, prompts, beams=5)
    for beams, prompt in zip(found, prompts, strict=True):
        expected = textbook(world, prompt, 5)
        assert [beam.tokens for beam in beams] == [tokens for _, tokens in expected]
        assert [beam.score for beam in beams] == pytest.approx([score for score, _ in expected])


def test_prompts_are_checked() -> None:
    world = make_world(9)
    assert search_unconstrained(world.model, world.vocab, []) == []
    with pytest.raises(InvalidRequestError, match="end with"):
        search_unconstrained(world.model, world.vocab, [[1, 2]])
    with pytest.raises(InvalidRequestError, match="beams"):
        search_unconstrained(world.model, world.vocab, [world.prompt(2)], beams=0)
