"""The index against brute force: what may follow, who is named, and every way of leaving items out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from decoding_reference import make_world, reachable, row_of, rows_in, tuples_of
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from neo.decoding.index import SidIndex
from neo.decoding.lookup import Lookup
from neo.decoding.packed import PackedSids
from neo.sids.table import SidTable, code_bits
from neo_sdk.errors import BundleError, NotFoundError

quick = settings(max_examples=60, deadline=None, derandomize=True)
Named = dict[tuple[int, ...], int]  # a tuple -> the row it names


def check_type(indexes: list[SidIndex], name: str, named: list[Named], rng: np.random.Generator) -> None:
    """All of a batch's indexes at once, against what each one should hold."""
    levels, parts = indexes[0].levels, [index.of(name) for index in indexes]
    lookup, size = Lookup(parts), parts[0].size
    for level in range(levels):
        asked = rng.integers(0, size, size=(9, level)).tolist()
        asked += [list(codes[:level]) for mine in named for codes in mine][:40]
        asked = [(int(rng.integers(len(indexes))), prefix) for prefix in asked]
        requests = torch.tensor([request for request, _ in asked])
        prefixes = torch.tensor([prefix for _, prefix in asked], dtype=torch.int64).reshape(len(asked), level)
        expected = [
            [any(codes[: level + 1] == (*prefix, code) for codes in named[request]) for code in range(size)]
            for request, prefix in asked
        ]
        assert lookup.allowed(requests, parts[0].base.pack(prefixes), level).tolist() == expected
    every = [*rng.integers(0, size, size=(20, levels)).tolist(), *(list(codes) for mine in named for codes in mine)]
    whose = torch.from_numpy(rng.integers(0, len(indexes), len(every)))
    rows = lookup.rows(whose, parts[0].base.pack(torch.tensor(every)))
    assert rows.tolist() == [named[n].get(tuple(codes), -1) for n, codes in zip(whose.tolist(), every, strict=True)]


@quick
@given(seed=st.integers(0, 10**6), unique=st.booleans())
def test_what_follows_and_who_is_named_is_exact_however_an_index_was_made(seed: int, unique: bool) -> None:
    """Filtered, by rows left in, by rows left out, twice left out, folded: one batch of all."""
    world = make_world(seed, unique=unique)
    table, index, rng = world.table, world.index, world.rng
    some, more = (np.flatnonzero(rng.random(world.rows) < share) for share in (0.5, 0.3))
    every = rows_in(index)
    without = index.without_rows(table, some)
    made = [
        (index, every),
        (index.filtered(world.mask(some)), every & set(some.tolist())),
        (index.among(table, some), every & set(some.tolist())),
        (without, every - set(some.tolist())),
        (without.without_rows(table, more), every - set(some.tolist()) - set(more.tolist())),
        (without.filtered(world.mask(more)), (every - set(some.tolist())) & set(more.tolist())),
        (without.among(table, more), (every - set(some.tolist())) & set(more.tolist())),
    ]
    for number, (found, rows) in enumerate(made):
        assert rows_in(found) == rows and len(found) == len(rows)
        assert rows_in(found.folded()) == rows, number
    for name in world.vocab.type_names:
        named = [
            {codes: row for (other, codes), row in tuples_of(table, (name,), rows).items() if other == name}
            for _, rows in made
        ]
        check_type([found for found, _ in made], name, named, rng)
        check_type([found.folded() for found, _ in made], name, named, rng)
        assert [reachable(found, [name]) for found, _ in made] == [len(mine) for mine in named]


@quick
@given(seed=st.integers(0, 10**6))
def test_items_that_go_one_after_another_are_the_same_as_an_index_built_anew(seed: int) -> None:
    """A random walk of removals; indexes handed out on the way stay what they were."""
    world = make_world(seed)
    table, rng = world.table, world.rng
    there = set(np.flatnonzero(rng.random(world.rows) < 0.5).tolist()) & rows_in(world.index)
    index = world.index.filtered(world.mask(there))
    handed_out = []
    for _ in range(6):
        handed_out.append((index, set(there)))
        some = np.flatnonzero(rng.random(world.rows) < 0.2)
        index, there = index.without_rows(table, some), there - set(some.tolist())
        if rng.random() < 0.2:
            index = index.folded()
    for found, rows in handed_out:
        assert rows_in(found) == rows and len(found) == len(rows)
    for name in world.vocab.type_names:
        named = [{codes: row for (_, codes), row in tuples_of(table, (name,), rows).items()} for _, rows in handed_out]
        check_type([found for found, _ in handed_out], name, named, rng)


@quick
@given(
    st.integers(0, 10**6),
    st.sampled_from([(2, 10), (4, 256), (3, 300), (3, 8192), (62, 2), (1, 5), (4, 30000)]),
    st.integers(0, 3000),
)
def test_keys_survive_their_cut(seed: int, shape: tuple[int, int], n: int) -> None:
    """Whatever is cut off: keys, ranges of prefixes and children are those of the plain sorted keys."""
    (levels, size), rng = shape, np.random.default_rng(seed)
    codes = rng.integers(0, size, size=(n, levels))
    codes[: n // 2, : levels // 2] = size - 1  # a crowded bucket at the very end
    sids = PackedSids.build(codes, np.arange(n), np.ones(n, dtype=bool), size)
    bits = code_bits(size)
    plain = np.sort(sids.pack(torch.from_numpy(codes)).numpy())
    assert sids.keys.tolist() == plain.tolist() == sids.keys_at(torch.arange(n)).tolist()
    for level in range(0, levels + 1, max(1, levels // 4)):
        prefixes = np.concatenate([codes[:20, :level], rng.integers(0, size, size=(5, level))])
        packed = sids.pack(torch.from_numpy(prefixes))
        start, end = sids.ranges(packed, level)
        rest = bits * (levels - level)
        assert start.tolist() == np.searchsorted(plain, packed.numpy() << rest).tolist()
        assert end.tolist() == np.searchsorted(plain, (packed.numpy() + 1) << rest).tolist()
        if level < levels:
            codes_of = plain >> rest - bits & (1 << bits) - 1
            children = [set(codes_of[a:b].tolist()) for a, b in zip(start, end, strict=True)]
            allowed = sids.allowed(packed, level)
            assert [set(row.nonzero().flatten().tolist()) for row in allowed] == children
            assert torch.equal(sids._children(packed, rest - bits), allowed)  # as a GPU looks them up


@pytest.mark.parametrize(("levels", "size", "most"), [(4, 256, 6.3), (3, 1024, 8.1), (3, 8192, 9), (4, 4096, 9.1)])
def test_an_item_takes_less_than_ten_bytes(levels: int, size: int, most: float) -> None:
    codes = np.random.default_rng(0).integers(0, size, size=(1_000_000, levels))
    sids = PackedSids.build(codes, np.arange(len(codes)), np.ones(len(codes), dtype=bool), size)
    assert sids.nbytes / len(codes) < most


def test_a_saved_index_is_mapped_and_the_same(tmp_path: Path) -> None:
    world = make_world(10)
    shorter = world.index.without_rows(world.table, np.arange(0, 1000, 3))
    for index in (world.index, shorter, world.index.filtered(np.zeros(0, dtype=bool))):
        index.save(tmp_path / "index.safetensors", world.table.fingerprint())
        loaded = SidIndex.load(tmp_path / "index.safetensors")
        assert loaded.made_of == world.table.fingerprint()
        for name in world.vocab.type_names:
            assert loaded.of(name).rows.tolist() == index.folded().of(name).rows.tolist()
            assert loaded.of(name).base.keys.tolist() == index.folded().of(name).base.keys.tolist()


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "index.safetensors"
    world = make_world(10)
    world.index.save(path, "x")
    whole, about = load_file(path), {"format": "neo-sid-index-1", "made_of": "x"}
    show = world.index.of("show")
    types = json.dumps({"show": [show.size, show.base.low_bits]})
    about |= {"levels": str(world.index.levels), "types": types}
    for name, wrong in [
        ("show.rows", whole["show.rows"][:-1].clone()),
        ("show.low", whole["show.low"].long()),
        ("show.starts", whole["show.starts"] + 1),
        ("show.starts", whole["show.starts"][:-1].clone()),
    ]:
        save_file({**whole, name: wrong}, path, metadata=about)
        with pytest.raises(BundleError, match="not a readable SID index: show"):
            SidIndex.load(path)
    save_file({name: array for name, array in whole.items() if name != "show.low"}, path, metadata=about)
    with pytest.raises(BundleError, match="not a readable"):
        SidIndex.load(path)
    save_file(whole, path, metadata={**about, "format": "other"})
    with pytest.raises(BundleError, match="expected the format"):
        SidIndex.load(path)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(BundleError, match="cannot be read"):
        SidIndex.load(path)


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
    assert row_of(index, "show", [1]) == 1 and reachable(index, ["show"]) == 1
    assert row_of(index.filtered(np.array([True, False, True])), "show", [1]) == 0
    assert row_of(index.without_rows(table, np.array([1])), "show", [1]) == 0
    assert row_of(index.without_rows(table, np.array([1, 0])), "show", [1]) == 2


def test_unknown_types() -> None:
    with pytest.raises(NotFoundError, match="course"):
        make_world(1).index.of("course")
