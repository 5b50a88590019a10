from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_sequences import events_of

from neo.baselines.hetero_graph import KINDS, HeteroGraph
from neo.catalog.catalog import Catalog
from neo.catalog.met_together import item_similarity
from neo_sdk.errors import InvalidRequestError

TYPES = ["show"] * 5 + ["episode"] * 2 + ["audiobook"] * 5
N, T = len(TYPES), 3
IDS = [f"i{row}" for row in range(N)]
CATALOG = Catalog.from_table(
    pa.table({"id": IDS, "title": IDS, "type": TYPES, "parent": [None] * 5 + ["i0"] * 2 + [None] * 5})
)
CODES = CATALOG.type_codes
SHOW, AUDIOBOOK = CATALOG.type_code("show"), CATALOG.type_code("audiobook")
SEQUENCES = st.lists(st.lists(st.integers(0, N - 1), max_size=12), min_size=1, max_size=6)


def content(seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(N, 6)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def bag(graph: HeteroGraph, item: int, slot: int) -> dict[int, float]:
    links, place = graph.links, item * graph.n_slots + slot
    span = slice(links.offsets[place], links.offsets[place + 1])
    return dict(zip(links.rows[span].tolist(), links.weights[span].tolist(), strict=True))


@settings(deadline=None)
@given(SEQUENCES, st.integers(1, 4))
def test_bags_hold_the_strongest_links_of_each_kind_and_type(sequences: list[list[int]], most: int) -> None:
    events, vectors = events_of(sequences), content()
    graph = HeteroGraph.of(events, CATALOG, vectors, together=most, alike=most)
    met = item_similarity(events, N, tail=None).toarray() if len(events) else np.zeros((N, N))
    for kind, strength in enumerate((met, vectors @ vectors.T)):
        for item in range(N):
            for code in range(T):
                others = [row for row in range(N) if row != item and CODES[row] == code]
                linked = sorted((strength[item, row], row) for row in others if strength[item, row] > 1e-6)[-most:]
                found = bag(graph, item, kind * T + code)
                total = sum(weight for weight, _ in linked)
                # Equals may differ in who is kept, not in how strong the kept are.
                expected = sorted(weight / total for weight, _ in linked)
                assert sorted(found.values()) == pytest.approx(expected, rel=1e-3)
                assert set(found) <= set(others)


@settings(deadline=None)
@given(SEQUENCES, st.lists(st.integers(0, N - 1), max_size=5), st.integers(1, 4))
def test_a_draw_takes_as_many_from_every_slot_and_only_what_is_linked(
    sequences: list[list[int]], items: list[int], fanout: int
) -> None:
    graph = HeteroGraph.of(events_of(sequences), CATALOG, content())
    wanted = np.array(items, dtype=np.int64)
    drawn = graph.draw(wanted, fanout, np.random.default_rng(0))
    counts = np.diff(drawn.offsets).reshape(len(items), graph.n_slots)
    for place, item in enumerate(items):
        for slot in range(graph.n_slots):
            linked = bag(graph, item, slot)
            start = drawn.offsets[place * graph.n_slots + slot]
            assert counts[place, slot] == (fanout if linked else 0)
            assert set(drawn.rows[start : start + counts[place, slot]].tolist()) <= set(linked)
    exact = graph.neighbors(wanted)
    for place, item in enumerate(items):
        for slot in range(graph.n_slots):
            number = place * graph.n_slots + slot
            span = slice(exact.offsets[number], exact.offsets[number + 1])
            assert dict(zip(exact.rows[span].tolist(), exact.weights[span].tolist(), strict=True)) == bag(
                graph, item, slot
            )


def test_a_rare_link_type_is_drawn_as_often_as_a_frequent_one() -> None:
    # Shows are met with shows a hundred times, with one audiobook once.
    rng = np.random.default_rng(0)
    sequences = [rng.permutation(5).tolist() for _ in range(100)] + [[0, 7]]
    graph = HeteroGraph.of(events_of(sequences), CATALOG, np.zeros((N, 6), np.float32))
    assert graph.link_types == ((SHOW, SHOW), (SHOW, AUDIOBOOK), (AUDIOBOOK, SHOW))
    items, neighbors = graph.draw_links(50, rng)
    assert items.shape == neighbors.shape == (3, 50)
    pairs = [set(zip(*both, strict=True)) for both in zip(items.tolist(), neighbors.tolist(), strict=True)]
    assert pairs[1:] == [{(0, 7)}, {(7, 0)}]
    assert all(CODES[item] == CODES[other] == SHOW and item != other for item, other in pairs[0])
    assert len(pairs[0]) > 10


def test_draws_follow_the_weights() -> None:
    graph = HeteroGraph.of(events_of([[0, 1]] * 6 + [[0, 2]] * 2 + [[0, 3]]), CATALOG, content())
    drawn = graph.draw(np.array([0]), 20_000, np.random.default_rng(0))
    rows = drawn.rows[: drawn.offsets[1]]
    for other, weight in bag(graph, 0, SHOW).items():
        assert np.mean(rows == other) == pytest.approx(weight, abs=0.02)


def test_hidden_items_keep_what_is_alike_and_nothing_else() -> None:
    graph = HeteroGraph.of(events_of([[0, 1, 7, 8]] * 3), CATALOG, content())
    items = np.array([0, 0])
    drawn = graph.draw(items, 3, np.random.default_rng(0), hidden=np.array([True, False]))
    counts = np.diff(drawn.offsets).reshape(2, len(KINDS), T)
    assert counts[0, 0].sum() == 0 and counts[1, 0].sum() == 6
    assert (counts[0, 1] == counts[1, 1]).all() and counts[0, 1].sum() > 0


def test_what_is_not_out_yet_is_nobodys_neighbor_and_no_link_of_it_is_drawn() -> None:
    hidden, visible = [2, 3, 9], np.setdiff1d(np.arange(N), [2, 3, 9])
    graph = HeteroGraph.of(events_of([[0, 1, 7, 8]] * 3), CATALOG, content(), visible=visible)
    for item in range(N):
        others = set().union(*(bag(graph, item, slot) for slot in range(graph.n_slots)))
        assert others and not others & set(hidden)
    items, _ = graph.draw_links(100, np.random.default_rng(0))
    assert set(items.ravel().tolist()) == set(visible.tolist())


def test_other_items_vectors_are_told() -> None:
    with pytest.raises(InvalidRequestError, match=r"\(3, 6\).* 12 items"):
        HeteroGraph.of(events_of([[0]]), CATALOG, np.zeros((3, 6), np.float32))
