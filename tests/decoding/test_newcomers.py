"""What came in after training has its share of every choice, whatever the model would say of codes it never saw."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from decoding_reference import World, make_world, ordered, rows_in, tuples_of
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.decoding.beam import search_spans
from neo.decoding.index import SidIndex
from neo.decoding.newcomers import shared_out
from neo.sids.table import SidTable, TypeSids


def part_of(world: World, keep: np.ndarray) -> SidTable:
    """The table of some catalog rows, those that a model was trained on."""
    types = {}
    for name, sids in world.table.types.items():
        mine = keep[sids.rows]
        types[name] = TypeSids(sids.size, sids.rows[mine], sids.codes[mine], sids.stands[mine])
    return SidTable(world.table.levels, types)


@torch.no_grad()
def brute_force(world: World, prompt: list[int], types: tuple[str, ...], known: SidTable, counted: set[str]) -> list:
    """Node by node with full forwards and plain numbers."""
    vocab = world.vocab
    tuples = tuples_of(world.table, types, rows_in(world.index))
    learned = tuples_of(known, types, set(range(world.rows)))
    scores = dict.fromkeys(tuples, 0.0)

    def weighed(name: str, prefix: tuple[int, ...]) -> dict[int, float]:
        start = vocab.code_start(name, len(prefix))
        spoken = [vocab.code_start(name, level) + code for level, code in enumerate(prefix)]
        logits = (
            world.model(torch.tensor([[*prompt, *spoken]])).logits[0, -1, start : start + vocab.codes(name)].tolist()
        )
        deep = len(prefix) + 1
        allowed = {codes[deep - 1] for other, codes in tuples if other == name and codes[: deep - 1] == prefix}
        seen = {codes[deep - 1] for other, codes in learned if other == name and codes[: deep - 1] == prefix}
        if (name in counted and deep == vocab.levels) or not seen & allowed:
            return {code: logits[code] for code in allowed}
        if not allowed - seen:
            return {code: logits[code] for code in allowed}
        unseen = [logits[code] for code in range(len(logits)) if code not in seen]
        usual = math.log(np.mean([math.exp(logits[code]) for code in seen & allowed]))
        fair = {
            code: usual + logits[code] - math.log(np.mean([math.exp(value) for value in unseen]))
            for code in allowed - seen
        }
        return {code: fair.get(code, logits[code]) for code in allowed}

    for level in range(vocab.levels if tuples else 0):
        nodes = {(name, codes[:level]) for name, codes in tuples}
        values = {node: weighed(*node) for node in nodes}
        roots = math.log(sum(math.exp(v) for node in values.values() for v in node.values())) if level == 0 else 0.0
        for name, codes in tuples:
            node = values[name, codes[:level]]
            total = roots if level == 0 else math.log(sum(math.exp(value) for value in node.values()))
            scores[name, codes] += node[codes[level]] - total
    return ordered(world, [(scores[key], *key, row) for key, row in tuples.items()])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.2, 0.6, 0.9]), counts=st.booleans())
def test_the_search_equals_brute_force(seed: int, share: float, counts: bool) -> None:
    world = make_world(seed)
    prompt, types = world.prompt(5), world.some_types()
    known = part_of(world, world.rng.random(world.rows) < share)
    counted = set(world.vocab.type_names[:1]) if counts else set()
    index = world.index.learned_from(known, counted)
    found = search_spans(world.model, world.vocab, index, [prompt], [types], k=100, beams=200)[0]
    expected = brute_force(world, prompt, types, known, counted)
    # Not in this order: where one code was learned and one was not, both have the same share, up to rounding.
    scores = {(item.type, item.codes, item.row): item.score for item in found}
    assert scores == pytest.approx({tuple(rest): score for score, *rest in expected}, abs=1e-9)
    assert list(scores.values()) == sorted(scores.values(), reverse=True) and len(scores) == len(found)
    if found:
        assert sum(math.exp(item.score) for item in found) == pytest.approx(1)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6))
def test_where_all_was_learned_nothing_changes(seed: int) -> None:
    world = make_world(seed)
    prompt, types = world.prompt(5), world.some_types()
    results = [
        search_spans(world.model, world.vocab, index, [prompt], [types], k=100, beams=200)[0]
        for index in (world.index, world.index.learned_from(world.table))
    ]
    assert results[0] == results[1]


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6))
def test_whatever_becomes_of_an_index_it_knows_what_was_learned(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = make_world(seed)
    prompt, types = world.prompt(5), world.some_types()
    known = part_of(world, world.rng.random(world.rows) < 0.5)
    index = world.index.learned_from(known)
    some, gone = world.rng.random(world.rows) < 0.7, np.flatnonzero(world.rng.random(world.rows) < 0.2)
    file: Path = tmp_path_factory.mktemp("index") / "index.safetensors"
    index.save(file, "a table")
    left = np.setdiff1d(np.flatnonzero(some), gone)
    ways = [
        index.filtered(some).without_rows(world.table, gone),
        index.without_rows(world.table, gone).filtered(some).folded(),
        SidIndex.load(file).to("cpu").among(world.table, left),
    ]
    found = [search_spans(world.model, world.vocab, way, [prompt], [types], k=100, beams=200)[0] for way in ways]
    for other in found[1:]:
        assert [(item.row, item.score) for item in other] == [(item.row, item.score) for item in found[0]]


def test_what_was_learned_is_counted_among_the_bytes_of_an_index() -> None:
    world = make_world(10)
    assert world.index.learned_from(world.table).nbytes == 2 * world.index.nbytes


def test_a_newcomer_among_many_has_the_mean_share_and_more_where_the_model_says_so() -> None:
    logits = torch.tensor([[[2.0, 1.0, -9.0, -9.0, -30.0]]])
    learned = torch.tensor([[[True, True, False, False, False]]])
    allowed = torch.tensor([[[True, True, True, False, False]]])
    new = float(shared_out(logits, allowed, learned)[0, 0, 2])
    assert new > math.log((math.exp(2) + math.exp(1)) / 2) > -9
    quiet = torch.tensor([[[2.0, 1.0, -30.0, -9.0, -9.0]]])
    assert float(shared_out(quiet, allowed, learned)[0, 0, 2]) < math.log((math.exp(2) + math.exp(1)) / 2)
    assert torch.equal(shared_out(logits, allowed, learned)[..., :2], logits[..., :2])
