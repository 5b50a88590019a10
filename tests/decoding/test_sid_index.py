from __future__ import annotations

import numpy as np
import pytest
from decoding_reference import make_world, rows_in, tuples_of
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.decoding.index import SidIndex, TypeIndex
from neo.sids.table import SidTable, pack_codes
from neo_sdk.errors import NotFoundError

quick = settings(max_examples=60, deadline=None, derandomize=True)


@quick
@given(seed=st.integers(0, 10**6), unique=st.booleans())
def test_allowed_codes_rows_and_filters_are_exact(seed: int, unique: bool) -> None:
    world = make_world(seed, unique=unique)
    mask = world.rng.random(world.rows) < 0.6
    by_mask, by_rows = (
        world.index.filtered(mask),
        world.index.filtered(world.rng.permutation(np.flatnonzero(mask))),
    )
    assert rows_in(by_mask) == rows_in(by_rows) == rows_in(world.index) & set(np.flatnonzero(mask).tolist())
    for index in (world.index, by_mask):
        tuples = tuples_of(world.table, world.vocab.type_names, rows_in(index))
        assert len(index) == len(rows_in(index)) and index.reachable() == len(tuples)
        for name in world.vocab.type_names:
            size = world.vocab.codes(name)
            mine = {codes for other, codes in tuples if other == name}
            assert index.reachable([name]) == len(mine)
            for level in range(world.vocab.levels):
                prefixes = world.rng.integers(0, size, size=(7, level))
                prefixes = np.concatenate([prefixes, np.array([c[:level] for c in mine]).reshape(len(mine), level)])
                expected = [
                    [any(codes[: level + 1] == (*prefix, code) for codes in mine) for code in range(size)]
                    for prefix in map(tuple, prefixes.astype(int).tolist())
                ]
                keys = index.pack(name, prefixes.astype(int))
                assert index.allowed_codes(name, keys, level).tolist() == expected
            every = world.rng.integers(0, size, size=(20, world.vocab.levels)).tolist()
            expected_rows = [tuples.get((name, tuple(codes)), -1) for codes in every]
            assert index.rows_of(name, index.pack(name, every)).tolist() == expected_rows
            assert [index.row_of(name, codes) for codes in every] == [r if r >= 0 else None for r in expected_rows]


@quick
@given(seed=st.integers(0, 10**6))
def test_both_ways_of_looking_up_children_agree(seed: int) -> None:
    """One prefix asks for every child, many prefixes at once look at the tuples (or the other way around)."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 5, size=(200, 3))
    part = TypeIndex.build(codes, np.arange(200), np.ones(200, dtype=bool), 5)
    prefixes = np.unique(pack_codes(codes[:, :1], 5))
    together = part.allowed(prefixes, 1)
    narrow = part.allowed(np.concatenate([prefixes, np.full(100, 999, dtype=np.uint64) % 5]), 1)[: len(prefixes)]
    assert np.array_equal(together, narrow)
    assert np.array_equal(
        together, np.concatenate([part.allowed(prefixes[i : i + 1], 1) for i in range(len(prefixes))])
    )


@pytest.mark.parametrize(("size", "levels", "dtype"), [(256, 4, np.uint32), (2, 62, np.uint64), (65536, 3, np.uint64)])
def test_the_largest_keys_do_not_overflow(size: int, levels: int, dtype: type) -> None:
    codes = np.array([[0] * levels, [size - 1] * levels])
    table = SidTable.from_codes({"show": [3, 4]}, {"show": codes}, {"show": size})
    index = SidIndex.build(table)
    assert index.types["show"].keys.dtype == dtype
    for level in range(levels):
        allowed = index.allowed_codes("show", index.pack("show", codes[:, :level]), level)
        for row, code in enumerate([0, size - 1]):
            expected = {0, size - 1} if level == 0 else {code}
            assert set(np.flatnonzero(allowed[row])) == expected
    assert index.row_of("show", [size - 1] * levels) == 4


def test_an_item_takes_eight_bytes() -> None:
    codes = np.random.default_rng(0).integers(0, 256, size=(1000, 4))
    part = TypeIndex.build(codes, np.arange(1000), np.ones(1000, dtype=bool), 256)
    assert part.keys.nbytes + part.rows.nbytes == 8 * 1000


def test_a_tuple_can_be_taken_out_with_all_who_share_it() -> None:
    table = SidTable.from_codes({"show": [0, 1, 2]}, {"show": [[1, 1], [1, 1], [0, 1]]}, {"show": 2})
    index = SidIndex.build(table)
    smaller = index.without("show", [1, 1])
    assert rows_in(smaller) == {2} and len(index) == 3
    assert rows_in(smaller.without("show", [1, 0])) == {2}


def test_where_items_share_a_tuple_the_most_popular_is_named_until_a_filter_drops_it() -> None:
    popularity = {"show": np.array([1.0, 5.0, 3.0])}
    table = SidTable.from_codes({"show": [0, 1, 2]}, {"show": [[1], [1], [1]]}, {"show": 2}, popularity)
    index = SidIndex.build(table)
    assert index.row_of("show", [1]) == 1 and index.reachable() == 1
    assert index.filtered(np.array([0, 2])).row_of("show", [1]) == 0


def test_unknown_types_and_codes() -> None:
    index = make_world(1).index
    with pytest.raises(NotFoundError, match="course"):
        index.allowed_codes("course", np.zeros(1, dtype=np.uint64), 0)
    assert index.row_of("show", [99] * index.levels) is None
    assert index.row_of("show", [0] * (index.levels + 1)) is None
