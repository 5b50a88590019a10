"""`generate` with our constraint, as the decoding benchmark compares with it."""

from __future__ import annotations

import itertools

import pytest
import torch
from decoding_reference import World, leaning, make_world, rows_in, tuples_of, worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from support import benchmarks
from transformers import GenerationConfig, LogitsProcessorList

with benchmarks():
    from decoding_processor import BROKEN, TEXT, SpanProcessor, span_state


@settings(max_examples=40, deadline=None, derandomize=True)
@given(world=worlds(), n=st.integers(1, 8))
def test_what_is_allowed_follows_from_the_ids(world: World, n: int) -> None:
    vocab, types, index = world.vocab, world.some_types(), world.filtered()
    tuples = tuples_of(world.table, types, rows_in(index))
    spans = [vocab.sid_ids(codes, name) for name, codes in tuples]
    text = {i for i in range(vocab.text_size) if i not in vocab.special_ids} | {vocab.end}
    text |= {vocab.open} if tuples else set()
    rows, expected = [], []
    for _ in range(n):
        ids = [*world.rng.integers(0, 256, 12).tolist()]
        for span in world.rng.permutation(spans)[:2].tolist() if spans else []:
            ids += span
        if spans and world.rng.random() < 0.8:
            cut = int(world.rng.integers(1, vocab.levels + 2))
            start = spans[world.rng.integers(len(spans))][:cut]
            expected.append({span[cut] for span in spans if span[:cut] == start})
            ids += start
        else:
            expected.append(text)
        rows.append(ids[-12:])  # never cuts into the last span
    processor = SpanProcessor(vocab, index, types)
    allowed = processor.allowed_tokens(torch.tensor(rows))
    assert [set(row.nonzero().flatten().tolist()) for row in allowed] == expected
    order = torch.from_numpy(world.rng.permutation(n))  # nothing is remembered: beams may change places
    assert torch.equal(processor.allowed_tokens(torch.tensor(rows)[order]), allowed[order])


def test_states_of_odd_sequences() -> None:
    vocab = make_world(10).vocab  # 4 levels, 3 types
    show, episode = vocab.code_start("show", 0), vocab.code_start("episode", 1)

    def level(*ids: int) -> int:
        return int(span_state(torch.tensor([ids]), vocab).level[0])

    assert level(1) == TEXT and level(vocab.open) == 0 and level(vocab.open, show) == 1
    assert level(vocab.close) == TEXT and level(vocab.open, vocab.close) == TEXT
    assert level(vocab.open, show, episode) == BROKEN  # a code of another type
    assert level(vocab.open, 5) == BROKEN and level(vocab.open, show, show) == BROKEN
    assert level(vocab.open, show, vocab.open) == 0
    allowed = SpanProcessor(vocab, make_world(10).index).allowed_tokens(torch.tensor([[vocab.open, 5]]))
    assert allowed[0].nonzero().flatten().tolist() == [vocab.close]


@pytest.mark.parametrize("kind", ["qwen3", "llama"])
@pytest.mark.parametrize(("beams", "sample"), [(1, False), (6, False), (6, True), (1, True)])
def test_generate_yields_only_items(kind: str, beams: int, sample: bool) -> None:
    for seed in (10, 9):
        world = make_world(seed, kind=kind)
        vocab, types = world.vocab, world.vocab.type_names[1:]
        tuples = {(name, codes) for name, codes in tuples_of(world.table, types, rows_in(world.index))}
        torch.manual_seed(seed)
        out = world.model.generate(
            torch.tensor([world.prompt(4), world.prompt(4)]),
            logits_processor=LogitsProcessorList([SpanProcessor(vocab, world.index, types)]),
            generation_config=GenerationConfig(
                num_beams=beams,
                num_return_sequences=beams if beams > 1 else 3 if sample else 1,
                do_sample=sample,
                temperature=3.0 if sample else None,
                max_new_tokens=vocab.levels + 1,
                eos_token_id=vocab.close,
                pad_token_id=vocab.pad,
            ),
        )
        for row in out[:, -(vocab.levels + 1) :].tolist():
            *codes, last = row
            found = [vocab.type_level_code(token) for token in codes]
            assert last == vocab.close and [f[1] for f in found if f] == list(range(vocab.levels))
            assert (found[0][0], tuple(f[2] for f in found if f)) in tuples  # type: ignore[index]


def test_generate_mixes_text_and_whole_items() -> None:
    world = make_world(10)
    vocab, types = world.vocab, ("show", "audiobook")
    tuples = tuples_of(world.table, types, rows_in(world.index))
    spans = [vocab.sid_ids(codes, name) for name, codes in tuples]
    torch.manual_seed(0)
    with leaning(world.model, {vocab.open: 12.0, vocab.pad: 20.0, vocab.close: 20.0, 399: 20.0}):
        out = world.model.generate(
            torch.tensor([world.prompt(4)[:-1]] * 6),
            logits_processor=LogitsProcessorList([SpanProcessor(vocab, world.index, types)]),
            generation_config=GenerationConfig(
                do_sample=True, max_new_tokens=50, eos_token_id=vocab.end, pad_token_id=vocab.end
            ),
        )
    seen = 0
    for row in out[:, len(world.prompt(4)) - 1 :].tolist():
        while row:
            if row[0] == vocab.open:
                length = min(len(row), vocab.levels + 2)
                assert any(span[:length] == row[:length] for span in spans)
                seen, row = seen + 1, row[length:]
            else:
                assert row[0] == vocab.end or (row[0] < vocab.text_size and row[0] not in vocab.special_ids)
                row = row[1:]
    assert seen > 5


def test_the_state_needs_only_the_last_tokens() -> None:
    world = make_world(9)
    vocab = world.vocab
    for head, tail in itertools.product(
        [[1], [vocab.open]], [[vocab.open], [vocab.close, 3], [vocab.close, vocab.open]]
    ):
        ids = head + [2] * vocab.levels + tail
        assert span_state(torch.tensor([ids]), vocab).level[0] == span_state(torch.tensor([tail]), vocab).level[0]
