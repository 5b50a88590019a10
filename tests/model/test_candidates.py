from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tiny_world import make_tiny_dataset

from neo.catalog.filter import matching
from neo.decoding.index import SidIndex
from neo.model.candidates import Candidates, Passing
from neo.sids.table import SidTable
from neo_sdk.types import Filter

SIZES = {"show": 3, "episode": 2}


@st.composite
def tables(draw: st.DrawFn) -> SidTable:
    """Two types, few codes, so that many items share their tuple."""
    levels = draw(st.integers(1, 3))
    rows, codes, weights = {}, {}, {}
    for first, (name, size) in zip((0, 40), SIZES.items(), strict=True):
        rows[name] = draw(st.lists(st.integers(first, first + 30), unique=True, max_size=15))
        row_codes = st.lists(st.integers(0, size - 1), min_size=levels, max_size=levels)
        chosen = [draw(row_codes) for _ in rows[name]]
        codes[name] = np.array(chosen, dtype=np.int64).reshape(len(chosen), levels)
        weights[name] = np.array([draw(st.integers(0, 3)) for _ in rows[name]], dtype=np.float64)
    return SidTable.from_codes(rows, codes, SIZES, weights)


@given(tables(), st.lists(st.integers(0, 90)))
def test_leaving_rows_out_equals_filtering_the_rest_in(table: SidTable, rows: list[int]) -> None:
    index = SidIndex.build(table)
    kept = ~np.isin(np.arange(100), rows)
    found, expected = index.without_rows(table, np.array(rows, dtype=np.int64)).folded(), index.filtered(kept)
    for name in SIZES:
        assert found.of(name).base.keys.tolist() == expected.of(name).base.keys.tolist()
        assert found.of(name).rows.tolist() == expected.of(name).rows.tolist()


def test_the_gap_counts_what_the_request_leaves_out() -> None:
    catalog = make_tiny_dataset().catalog
    codes = np.stack([np.arange(20) // 8, np.arange(20) % 8], axis=1)
    table = SidTable.from_codes({"show": np.arange(20)}, {"show": codes}, {"show": 8})
    index, shows = SidIndex.build(table), catalog.types[:1]

    choice = Candidates.choose(index, table, shows, np.array([1, 2, 30]), np.array([2]), np.arange(3))
    assert choice.index.of("show").rows.tolist() == [0]
    assert choice.gap(catalog) == (
        "There are no more shows to name: 20 in the catalog, 3 in `within`, 2 heard before, 1 in `exclude`."
    )
    passing = Passing.compile(catalog, index, matching(catalog, Filter(creators=["Author 1", "Author 2"])))
    choice = Candidates.choose(index, table, shows, np.array([1, 3, 30]), passing=passing)
    assert choice.index.folded().of("show").rows.tolist() == [2, 8, 9, 15, 16]
    assert choice.gap(catalog) == (
        "There are no more shows to name: 20 in the catalog, 6 pass the filter, 2 heard before."
    )
    choice = Candidates.choose(index.filtered(np.arange(len(catalog)) != 0), table, shows, within=np.array([0]))
    assert choice.gap(catalog) == (
        "There are no more shows to name: 20 in the catalog, 1 of them retired or without a SID, 1 in `within`."
    )
    books = Candidates.choose(index, table, catalog.types[2:])
    assert (books.types, len(books)) == ((), 0)
    assert books.gap(catalog).startswith("There are no more audiobooks")
