"""What is watched is the search itself, and what it says was forbidden is what the constraint forbids."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from decoding_reference import rows_in, tuples_of

from neo.decoding.beam import search_spans
from neo.decoding.request import SpanRequest
from neo.decoding.trace import trace_search
from neo.model.bundle import Bundle


@pytest.mark.parametrize("types", [("show",), ("episode", "audiobook"), ("show", "episode", "audiobook")])
@pytest.mark.parametrize("beams", [1, 7, 200])
def test_it_finds_what_a_search_finds(tiny_bundle: Bundle, types: tuple[str, ...], beams: int) -> None:
    vocab, model = tiny_bundle.vocabulary, tiny_bundle.model
    prompt = [vocab.prompt, *vocab.encode("Something on rivers"), vocab.answer, vocab.open]
    index = tiny_bundle.index.only(types)
    trace = trace_search(model, vocab, prompt, SpanRequest(types, index, k=beams, beams=beams))
    (found,) = search_spans(model, vocab, index, [prompt], [types], k=beams, beams=beams)
    assert [item.row for item in trace.items] == [item.row for item in found]
    assert [item.score for item in trace.items] == pytest.approx([item.score for item in found], abs=1e-5)
    last = trace.levels[-1].branches
    assert [(b.type, b.codes) for b in last] == [(item.type, item.codes) for item in found]
    assert [math.log(b.path) for b in last] == pytest.approx([item.score for item in found], abs=1e-4)


def test_the_tree_holds_together_and_forbidden_is_what_may_not_come(tiny_bundle: Bundle) -> None:
    vocab, model = tiny_bundle.vocabulary, tiny_bundle.model
    prompt = [vocab.prompt, *vocab.encode("Something on rivers"), vocab.answer, vocab.open]
    types = ("show", "audiobook")
    index = tiny_bundle.index.only(types)
    trace = trace_search(model, vocab, prompt, SpanRequest(types, index, beams=6))
    tuples = tuples_of(tiny_bundle.sids.table, types, rows_in(index))
    before = None
    for level in trace.levels:
        parents = [(None, ())] if before is None else [(branch.type, branch.codes) for branch in before.branches]
        weights = [1.0] if before is None else [branch.path for branch in before.branches]
        forbidden = 0.0
        for (kind, codes), weight in zip(parents, weights, strict=True):
            ids = torch.tensor([[*prompt, *(vocab.code_start(kind, deep) + code for deep, code in enumerate(codes))]])
            with torch.inference_mode():
                chances = model(ids).logits[0, -1, : vocab.size].float().softmax(0)
            may = torch.zeros(vocab.size, dtype=torch.bool)
            for name, named in tuples:
                if kind in (None, name) and named[: len(codes)] == codes:
                    may[vocab.code_start(name, len(codes)) + named[len(codes)]] = True
            forbidden += weight / sum(weights) * float(chances[~may].sum())
            mine = [b for b in level.branches if b.codes[:-1] == codes and (kind is None or b.type == kind)]
            for branch in mine:
                token = vocab.code_start(branch.type, len(codes)) + branch.codes[-1]
                assert bool(may[token]) and branch.free == pytest.approx(float(chances[token]), abs=1e-5)
                assert branch.step == pytest.approx(float(chances[token] / chances[may].sum()), abs=1e-4)
                assert branch.parent == (-1 if before is None else parents.index((kind, codes)))
        assert level.forbidden == pytest.approx(forbidden, abs=1e-4)
        assert 0 < level.allowed <= level.of and level.branches
        paths = [branch.path for branch in level.branches]
        assert paths == sorted(paths, reverse=True)
        before = level


def test_nothing_to_name_has_no_levels(tiny_bundle: Bundle) -> None:
    vocab = tiny_bundle.vocabulary
    nothing = tiny_bundle.index.among(tiny_bundle.sids.table, np.empty(0, dtype=np.int64))
    prompt = [vocab.prompt, vocab.answer, vocab.open]
    trace = trace_search(tiny_bundle.model, vocab, prompt, SpanRequest(("show",), nothing))
    assert trace.levels == () and trace.items == () and trace.tokens == 3
