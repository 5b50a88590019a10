from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from decoding_reference import (
    MAX_POSITIONS,
    Found,
    World,
    beam_reference,
    brute_force,
    level_logp,
    make_world,
    reachable,
    row_of,
    tiny_model,
    total_probability,
    worlds,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.decoding.beam import search_context, search_spans
from neo.decoding.context import append, read
from neo.decoding.levels import select
from neo.decoding.request import GroupLimit, ScoredItem, SpanRequest
from neo_sdk.errors import ConfigError, InvalidRequestError, NeoError, NotFoundError


def check(found: list[ScoredItem], expected: Found, tolerance: float = 1e-9) -> None:
    assert [(item.type, item.codes, item.row) for item in found] == [tuple(rest) for _, *rest in expected]
    assert [item.score for item in found] == pytest.approx([item[0] for item in expected], abs=tolerance)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(world=worlds(), length=st.integers(0, 12), filtered=st.booleans())
def test_with_beams_enough_the_search_equals_brute_force(world: World, length: int, filtered: bool) -> None:
    prompt, types = world.prompt(length), world.some_types()
    index = world.filtered() if filtered else world.index
    expected = brute_force(world, prompt, types, index)
    wide = search_spans(world.model, world.vocab, index, [prompt], [types], k=100, beams=200)[0]
    check(wide, expected)  # every item, and nothing else
    some = int(world.rng.integers(1, 5))
    check(
        search_spans(world.model, world.vocab, index, [prompt], [types], k=some, beams=100)[0],
        expected[:some],
    )


@settings(max_examples=50, deadline=None, derandomize=True)
@given(world=worlds(), length=st.integers(0, 8), width=st.integers(1, 7))
def test_at_any_width_the_search_equals_a_textbook_beam_search(world: World, length: int, width: int) -> None:
    prompt, types = world.prompt(length), world.some_types()
    expected = beam_reference(world, prompt, types, world.index, width)
    check(
        search_spans(world.model, world.vocab, world.index, [prompt], [types], k=width, beams=width)[0],
        expected,
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(world=worlds(), n=st.integers(2, 6))
def test_a_batch_gives_each_request_what_it_gets_alone(world: World, n: int) -> None:
    prompts = [world.prompt(int(length)) for length in world.rng.integers(0, 14, n)]
    types = [world.some_types() for _ in range(n)]
    shared = world.filtered()
    indexes = [[world.index, shared, world.filtered()][int(i)] for i in world.rng.integers(0, 3, n)]
    k, beams = world.rng.integers(1, 9, n).tolist(), world.rng.integers(1, 9, n).tolist()
    together = search_spans(world.model, world.vocab, indexes, prompts, types, k=k, beams=beams)
    for place in range(n):
        alone = search_spans(
            world.model,
            world.vocab,
            indexes[place],
            [prompts[place]],
            [types[place]],
            k=k[place],
            beams=beams[place],
        )[0]
        check(together[place], [(item.score, item.type, item.codes, item.row) for item in alone])


@settings(max_examples=20, deadline=None, derandomize=True)
@given(world=worlds(), filtered=st.booleans())
def test_probabilities_of_all_that_may_be_named_add_up_to_one(world: World, filtered: bool) -> None:
    types, index = world.some_types(), world.filtered() if filtered else world.index
    found = search_spans(world.model, world.vocab, index, [world.prompt(5)], [types], k=100, beams=100)[0]
    assert len(found) == reachable(index, types)
    assert not found or sum(math.exp(item.score) for item in found) == pytest.approx(1)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(world=worlds(), k=st.integers(1, 9), width=st.integers(1, 7))
def test_a_shift_reorders_what_the_beams_have_found(world: World, k: int, width: int) -> None:
    prompt, types = world.prompt(5), world.some_types()
    shift = world.rng.normal(0, 5, world.rows).astype(np.float32)
    plain = beam_reference(world, prompt, types, world.index, max(k, width))
    shifted = [(score + float(shift[row]), *rest, row) for score, *rest, row in plain]
    expected = sorted(shifted, key=lambda item: -item[0])[:k]
    found = search_spans(
        world.model, world.vocab, world.index, [prompt], [types], k=k, beams=width, shift=torch.from_numpy(shift)
    )[0]
    check(found, expected)


def test_a_shift_that_misses_items_is_refused() -> None:
    world = make_world(0, full=True)
    with pytest.raises(InvalidRequestError, match="shift has 1 entries"):
        search_spans(
            world.model, world.vocab, world.index, [world.prompt(5)], [world.some_types()], shift=torch.zeros(1)
        )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(world=worlds(unique=True), most=st.integers(1, 3), k=st.integers(1, 20), groups=st.integers(1, 6))
def test_a_limit_of_a_group_passes_over_what_has_no_more_room(world: World, most: int, k: int, groups: int) -> None:
    """With beams enough as walking down the whole ranking; with few beams still k items wherever there are k."""
    prompt, types, index = world.prompt(4), world.some_types(), world.filtered()
    limit = GroupLimit(world.rng.integers(-1, groups, world.rows), most)
    full = brute_force(world, prompt, types, index)
    expected: Found = []
    for item in full:
        mine = [other for other in expected if limit.groups[other[3]] == limit.groups[item[3]] >= 0]
        if len(mine) < most:
            expected.append(item)
    wide = search_spans(world.model, world.vocab, index, [prompt], [types], k=k, beams=200, limit=limit)[0]
    check(wide, expected[:k])
    narrow = search_spans(world.model, world.vocab, index, [prompt], [types], k=k, beams=1, limit=limit)[0]
    assert len(narrow) == len(expected[:k])
    counts = Counter(int(limit.groups[item.row]) for item in narrow if limit.groups[item.row] >= 0)
    assert all(count <= most for count in counts.values()) and len({item.row for item in narrow}) == len(narrow)
    scores = {item[3]: item[0] for item in full}  # among all that may be named, in whichever round it was found
    assert all(item.score == pytest.approx(scores[item.row]) for item in narrow)


@pytest.mark.parametrize("kind", ["qwen3", "llama"])
def test_single_precision_and_eager_attention_give_the_same(kind: str) -> None:
    world = make_world(12, kind=kind, tied=False, double=False)
    prompts = [world.prompt(9), world.prompt(2)]
    expected = [brute_force(world, prompt, world.vocab.type_names, world.index) for prompt in prompts]
    for attention in ("sdpa", "eager"):
        world.model.set_attn_implementation(attention)
        found = search_spans(
            world.model, world.vocab, world.index, prompts, [world.vocab.type_names] * 2, k=99, beams=99
        )
        for items, wanted in zip(found, expected, strict=True):
            check(items, wanted, tolerance=1e-4)
    world.model.set_attn_implementation("sdpa")


def test_equal_scores_are_ordered_by_type_and_key() -> None:
    world = make_world(10, tied=False)
    head = torch.nn.Linear(32, world.model.config.vocab_size, bias=False).double()
    torch.nn.init.zeros_(head.weight)
    old = world.model.get_output_embeddings()
    world.model.set_output_embeddings(head)
    try:
        types = world.vocab.type_names
        found = search_spans(world.model, world.vocab, world.index, [world.prompt(3)], [types], k=99, beams=99)[0]
    finally:
        world.model.set_output_embeddings(old)
    keys = [(-round(item.score, 9), types.index(item.type), item.codes) for item in found]
    assert len(types) > 1 and len(keys) > 9 and keys == sorted(keys)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6))
def test_select_keeps_the_largest_and_of_equals_the_first(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(1, 5), rng.integers(1, 20)
    values = rng.choice([0.0, -1.0, -2.0, -np.inf], (rows, columns))
    widths = rng.integers(1, 25, rows)
    chosen, alive = select(torch.from_numpy(values), torch.from_numpy(widths))
    for n, row in enumerate(values):
        best = [int(c) for c in np.argsort(-row, kind="stable")[: widths[n]] if row[c] > -np.inf]
        assert chosen[n, alive[n]].tolist() == sorted(best)
        assert alive[n].tolist() == sorted(alive[n].tolist(), reverse=True)  # spare places come last


def test_the_head_bias_counts() -> None:
    world = make_world(9, tied=False)
    types = world.vocab.type_names
    prompt = world.prompt(4)
    plain = brute_force(world, prompt, types, world.index)
    head = world.model.get_output_embeddings()
    head.bias = torch.nn.Parameter(torch.randn(head.weight.shape[0], dtype=torch.float64))
    try:
        expected = brute_force(world, prompt, types, world.index)
        check(search_spans(world.model, world.vocab, world.index, [prompt], [types], k=99)[0], expected[:99])
    finally:
        head.bias = None
    assert [item[3] for item in plain] != [item[3] for item in expected]


def test_the_context_can_be_used_again_after_a_search() -> None:
    world = make_world(5)
    prompts = [world.prompt(3), world.prompt(8)]
    request = SpanRequest(world.vocab.type_names, world.index, 5, 7)
    context = read(world.model, prompts, world.vocab.pad)
    before = context.cache.get_seq_length(), context.hidden.clone()
    first = search_context(world.model, world.vocab, context, [request, request])
    assert context.cache.get_seq_length() == before[0] and torch.equal(context.hidden, before[1])
    assert search_context(world.model, world.vocab, context, [request, request]) == first
    append(world.model, context, [[4, 5, world.vocab.open]] * 2)
    longer = [[*prompt, 4, 5, world.vocab.open] for prompt in prompts]
    expected = search_spans(world.model, world.vocab, world.index, longer, [request.types] * 2, k=5, beams=7)
    for items, wanted in zip(
        search_context(world.model, world.vocab, context, [request, request]), expected, strict=True
    ):
        check(items, [(item.score, item.type, item.codes, item.row) for item in wanted])


def test_an_empty_index_gives_an_empty_list() -> None:
    world = make_world(5)
    nothing = world.index.filtered(np.zeros(0, dtype=np.bool_))
    types = [world.vocab.type_names] * 2
    found = search_spans(world.model, world.vocab, [nothing, world.index], [world.prompt(3)] * 2, types, k=2)
    assert found[0] == [] and len(found[1]) == 2
    assert search_spans(world.model, world.vocab, nothing, [world.prompt(3)], types[:1]) == [[]]
    assert search_spans(world.model, world.vocab, nothing, [], []) == []


def test_sampling_draws_from_the_renormalized_distribution() -> None:
    world = make_world(15, full=True)
    types, prompt, draws, temperature = world.vocab.type_names, world.prompt(4), 3000, 1.7
    index = world.index.filtered(world.rng.random(world.rows) < 0.6)
    items = brute_force(world, prompt, types, index)
    expected = tempered(world, prompt, types, items, temperature)
    assert sum(expected.values()) == pytest.approx(1) and len(expected) > 5
    drawn = search_spans(
        world.model,
        world.vocab,
        index,
        [prompt] * draws,
        [types] * draws,
        k=2,
        sample=True,
        temperature=temperature,
        generator=torch.Generator().manual_seed(7),
    )
    scores = {row: score for score, _, _, row in items}
    assert all(item.score == pytest.approx(scores[item.row]) for pair in drawn for item in pair)
    pairs = [frozenset(item.row for item in pair) for pair in drawn]
    for one, other in itertools.combinations(expected, 2):  # two without replacement
        p, q = expected[one], expected[other]
        chance = p * q / (1 - p) + q * p / (1 - q)
        share = pairs.count(frozenset((one, other))) / draws
        assert abs(share - chance) < 4.5 * math.sqrt(chance * (1 - chance) / draws) + 1e-3


def tempered(
    world: World, prompt: list[int], types: tuple[str, ...], items: Found, temperature: float
) -> dict[int, float]:
    """Row -> probability when each level draws from the softmax at `temperature` over what exists."""
    chances = {}
    for _, name, codes, row in items:
        chance = 1.0
        for level, code in enumerate(codes):
            same = {(n, c[level]) for _, n, c, _ in items if level == 0 or (n, c[:level]) == (name, codes[:level])}
            exist = {(n, (*codes[:level], c)) for n, c in same}
            logp = level_logp(world, prompt, types, [(n, codes[:level]) for n, _ in same], exist)
            weights = {(n, c): math.exp(logp[n, codes[:level]][c] / temperature) for n, c in same}
            chance *= weights[name, code] / sum(weights.values())
        chances[row] = chance
    return chances


@settings(max_examples=20, deadline=None, derandomize=True)
@given(world=worlds(), k=st.integers(1, 8), seed=st.integers(0, 99))
def test_samples_are_distinct_existing_and_reproducible(world: World, k: int, seed: int) -> None:
    types, prompt = world.some_types(), world.prompt(4)

    def draw(**how: Any) -> list[ScoredItem]:
        generator = torch.Generator().manual_seed(seed)
        return search_spans(
            world.model,
            world.vocab,
            world.index,
            [prompt],
            [types],
            k=k,
            sample=True,
            generator=generator,
            **how,
        )[0]

    items = draw(temperature=3.0)
    assert len({item.row for item in items}) == len(items) == min(k, reachable(world.index, types))
    assert all(item.type in types and row_of(world.index, item.type, item.codes) == item.row for item in items)
    assert [item.score for item in items] == sorted((item.score for item in items), reverse=True)
    assert draw(temperature=3.0) == items
    greedy = search_spans(world.model, world.vocab, world.index, [prompt], [types], k=1, beams=1)[0]
    assert draw(top_p=1e-9) == greedy  # a nucleus of one tuple


def test_nan_weights_are_reported() -> None:
    world = make_world(3, tied=False)
    head = torch.nn.Linear(32, world.model.config.vocab_size, bias=False).double()
    torch.nn.init.constant_(head.weight, torch.nan)
    old = world.model.get_output_embeddings()
    world.model.set_output_embeddings(head)
    try:
        with pytest.raises(NeoError, match="NaN"):
            search_spans(world.model, world.vocab, world.index, [world.prompt(3)], [world.vocab.type_names])
    finally:
        world.model.set_output_embeddings(old)


def test_bad_arguments_are_refused() -> None:
    world = make_world(3)
    model, vocab, index, types = world.model, world.vocab, world.index, [world.vocab.type_names]
    prompt = world.prompt(3)
    for k in (0, -1, 1.5, True):
        with pytest.raises(InvalidRequestError, match="k must be"):
            search_spans(model, vocab, index, [prompt], types, k=k)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match="beams must be"):
        search_spans(model, vocab, index, [prompt], types, beams=0)
    with pytest.raises(InvalidRequestError, match="at most 64"):
        search_spans(model, vocab, index, [world.prompt(MAX_POSITIONS)], types)
    longest = [*([1] * (MAX_POSITIONS - vocab.levels - 1)), vocab.open]
    assert search_spans(model, vocab, index, [longest], types)[0]
    with pytest.raises(InvalidRequestError, match="end with"):
        search_spans(model, vocab, index, [prompt[:-1]], types)
    for bad in ([], [-1, vocab.open], [10**6, vocab.open]):
        with pytest.raises(InvalidRequestError, match="token ids"):
            search_spans(model, vocab, index, [bad], types)
    with pytest.raises(InvalidRequestError, match="types must"):
        search_spans(model, vocab, index, [prompt], [()])
    with pytest.raises(InvalidRequestError, match="types must"):
        search_spans(model, vocab, index, [prompt], ["show"])  # type: ignore[list-item]
    with pytest.raises(NotFoundError, match="course"):
        search_spans(model, vocab, index, [prompt], [("course",)])
    with pytest.raises(InvalidRequestError, match="one entry for each of the 1 prompts"):
        search_spans(model, vocab, index, [prompt], types, k=[1, 2])
    with pytest.raises(InvalidRequestError, match="one entry for each of the 1 prompts"):
        search_spans(model, vocab, index, [prompt], types * 2)
    with pytest.raises(InvalidRequestError, match="sample=True"):
        search_spans(model, vocab, index, [prompt], types, temperature=0.5)
    for how in (
        {"temperature": 0},
        {"temperature": math.nan},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"top_p": True},
    ):
        with pytest.raises(InvalidRequestError, match="must be a number"):
            search_spans(model, vocab, index, [prompt], types, sample=True, **how)


def test_a_vocabulary_of_another_table_is_refused() -> None:
    first, other = make_world(3), make_world(4)
    with pytest.raises(ConfigError, match="different models"):
        search_spans(first.model, first.vocab, other.index, [first.prompt(3)], [("show",)])


def test_unsupported_models_are_refused() -> None:
    world = make_world(3)
    config = tiny_model("llama", False, 99).config
    model = tiny_model("llama", False, 99)
    config.final_logit_softcapping = 30.0
    with pytest.raises(ConfigError, match="final_logit_softcapping"):
        search_spans(model, world.vocab, world.index, [world.prompt(3)], [world.vocab.type_names])
    config.final_logit_softcapping = None
    config._attn_implementation = "flash_attention_2"
    with pytest.raises(ConfigError, match="sdpa"):
        search_spans(model, world.vocab, world.index, [world.prompt(3)], [world.vocab.type_names])


def test_reference_probabilities_make_sense() -> None:
    """The reference itself: over everything that exists it never exceeds one."""
    world = make_world(6)
    assert 0 < total_probability(brute_force(world, world.prompt(3), world.vocab.type_names, world.index)) <= 1 + 1e-9
