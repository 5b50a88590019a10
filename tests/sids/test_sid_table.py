from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import load_file, save_file

from neo.sids.table import SidTable, canonical, pack_codes
from neo_sdk.errors import BundleError, ConfigError, NotFoundError


def make(seed: int = 0, items: int = 40, size: int = 5, levels: int = 3) -> SidTable:
    """Two types whose rows interleave, in no order; tuples unique within a type."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(items * 2)
    split = {"show": rows[:items], "song": rows[items : items + items // 2]}
    codes = {name: _tuples(rng.permutation(size**levels)[: len(rows)], size, levels) for name, rows in split.items()}
    return SidTable.from_codes(split, codes, {"show": size, "song": size})


def _tuples(keys: np.ndarray, size: int, levels: int) -> np.ndarray:
    return np.stack([keys // size ** (levels - 1 - level) % size for level in range(levels)], axis=1)


@given(hnp.arrays(np.uint16, st.tuples(st.integers(0, 30), st.integers(1, 4)), elements=st.integers(0, 6)))
def test_packed_keys_sort_like_tuples_and_keep_them_apart(codes: np.ndarray) -> None:
    keys = pack_codes(codes, 7).tolist()
    tuples = [tuple(row) for row in codes.tolist()]
    assert [tuples[i] for i in np.argsort(keys, kind="stable")] == sorted(tuples)
    assert len(set(keys)) == len(set(tuples))


def test_every_item_and_its_tuple_name_each_other() -> None:
    table = make()
    assert len(table) == 60 and table.type_names == ("show", "song")
    for name in table.type_names:
        for row in table.of(name).rows:
            assert table.type_of(int(row)) == name
            assert table.row_of(name, table.codes_of(int(row))) == row


def test_codes_of_rows_keeps_the_order_asked_for_across_types() -> None:
    table = make()
    rows = np.concatenate([table.of("song").rows, table.of("show").rows])[::-1]
    assert [tuple(codes) for codes in table.codes_of_rows(rows).tolist()] == [table.codes_of(int(r)) for r in rows]


def test_what_is_not_there_is_said() -> None:
    table = make()
    missing = int(np.setdiff1d(np.arange(80), np.concatenate([table.of("show").rows, table.of("song").rows]))[0])
    assert not table.has(missing) and table.has(int(table.of("song").rows[0]))
    with pytest.raises(NotFoundError, match=f"row {missing} has no SID"):
        table.codes_of(missing)
    with pytest.raises(NotFoundError, match="artist"):
        table.of("artist")
    used = {tuple(codes) for codes in table.of("song").codes.tolist()}
    free = next(t for t in _tuples(np.arange(125), 5, 3).tolist() if tuple(t) not in used)
    assert table.row_of("song", free) is None
    assert table.row_of("song", (0, 0)) is None and table.row_of("song", (0, 0, 5)) is None


def test_the_most_popular_item_stands_for_a_shared_tuple() -> None:
    codes = np.array([[1, 1], [1, 1], [0, 2], [1, 1]])
    popularity = np.array([1.0, 7.0, np.nan, 7.0])
    table = SidTable.from_codes({"show": [9, 4, 2, 3]}, {"show": codes}, {"show": 3}, {"show": popularity})
    assert table.row_of("show", (1, 1)) == 3  # 3 and 4 are equally popular: the lower row
    assert table.row_of("show", (0, 2)) == 2
    assert table.codes_of(9) == (1, 1)
    assert canonical(codes, 3).tolist() == [True, False, True, False]


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="same item types"):
        SidTable.from_codes({"show": [1]}, {"song": [[0]]}, {"show": 2})
    with pytest.raises(ConfigError, match=r"\[0, 2\)"):
        SidTable.from_codes({"show": [1]}, {"show": [[0, 2]]}, {"show": 2})
    with pytest.raises(ConfigError, match="distinct"):
        SidTable.from_codes({"show": [1, 1]}, {"show": [[0], [1]]}, {"show": 2})
    with pytest.raises(ConfigError, match=r"\[1, 2\]"):
        SidTable.from_codes({"a": [0], "b": [1]}, {"a": [[0, 1]], "b": [[0]]}, {"a": 2, "b": 2})
    with pytest.raises(ConfigError, match="62 bits"):
        SidTable.from_codes({"a": [0]}, {"a": [[0, 0, 0, 0]]}, {"a": 65_536})


@given(st.integers(0, 5), st.integers(1, 12))
def test_save_and_load_round_trip(tmp_path_factory: pytest.TempPathFactory, seed: int, items: int) -> None:
    table, path = make(seed, items), tmp_path_factory.mktemp("t") / "table.safetensors"
    table.save(path)
    loaded = SidTable.load(path)
    assert loaded.fingerprint() == table.fingerprint()
    assert loaded.type_names == table.type_names and loaded.codebook_sizes == table.codebook_sizes
    for name in table.type_names:
        assert np.array_equal(loaded.of(name).codes, table.of(name).codes)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_loading_maps_the_file_and_reads_only(tmp_path: Path) -> None:
    make().save(tmp_path / "t")
    codes = SidTable.load(tmp_path / "t").of("show").codes
    assert isinstance(codes, np.memmap) and not codes.flags.writeable


def test_fingerprint_tells_tables_apart() -> None:
    table = make()
    assert make().fingerprint() == table.fingerprint()
    assert len({t.fingerprint() for t in (table, make(1), table.shuffled(0), make(size=6))}) == 4


def test_broken_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.safetensors"
    with pytest.raises(BundleError, match="table"):
        SidTable.load(path)
    make().save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    with pytest.raises(BundleError):
        SidTable.load(path)
    save_file({"x": np.zeros(3)}, path)
    with pytest.raises(BundleError, match="format"):
        SidTable.load(path)
    path.write_bytes(whole)
    tensors = load_file(path)
    tensors["show.codes"] = tensors["show.codes"] + np.uint16(5)
    about = {"format": "neo-sid-table-1", "levels": "3", "sizes": json.dumps({"show": 5, "song": 5})}
    save_file(tensors, path, metadata=about)
    with pytest.raises(BundleError, match="outside a codebook of 5"):
        SidTable.load(path)


@given(st.integers(0, 1000))
def test_shuffling_deals_the_same_tuples_within_a_type(seed: int) -> None:
    table = make()
    shuffled = table.shuffled(seed)
    for name in table.type_names:
        before, after = table.of(name), shuffled.of(name)
        assert np.array_equal(before.rows, after.rows)
        assert sorted(map(tuple, before.codes.tolist())) == sorted(map(tuple, after.codes.tolist()))
        assert not np.array_equal(before.codes, after.codes)
    assert shuffled.fingerprint() == table.shuffled(seed).fingerprint() != table.fingerprint()


def test_shuffled_shared_tuples_still_name_one_item() -> None:
    codes = np.array([[0], [0], [1], [1], [2]])
    table = SidTable.from_codes({"show": range(5)}, {"show": codes}, {"show": 3}).shuffled(3)
    for code in range(3):
        row = table.row_of("show", (code,))
        assert row is not None and table.codes_of(row) == (code,)


def test_extending_moves_nobody_and_takes_no_tuple_away() -> None:
    codes = np.array([[1], [1], [0]])
    table = SidTable.from_codes({"show": [5, 6, 1]}, {"show": codes}, {"show": 3}, {"show": np.array([0.0, 9.0, 1.0])})
    longer = table.extended("show", np.array([3, 8, 9]), np.array([[1], [2], [2]]))
    assert [longer.codes_of(row) for row in (5, 6, 1)] == [(1,), (1,), (0,)]
    assert longer.row_of("show", (1,)) == 6 and longer.row_of("show", (2,)) == 8
    with pytest.raises(ConfigError, match="already"):
        longer.extended("show", np.array([8]), np.array([[0]]))
    with pytest.raises(ConfigError, match="distinct"):
        table.extended("show", np.array([8, 8]), np.array([[0], [1]]))
