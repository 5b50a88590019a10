from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.catalog.catalog import Catalog
from neo.catalog.strict import parse
from neo.model.similar import most_similar
from neo.sids.build import SidModel, build_sids
from neo.sids.config import SidConfig
from neo.sids.quantize import ResidualKMeans
from neo.sids.report import sid_report
from neo.sids.siblings import as_quantized, in_order, owners
from neo_sdk.errors import ConfigError

CODES = SidConfig(levels=3, codes={"show": 8, "episode": 12}, dim=8, parent_weight=0.8, siblings="release")
NEVER = np.datetime64("NaT", "D")


def world(shows: int = 40, episodes: int = 5) -> Catalog:
    """Shows about two words each; their episodes, in no order, about a word of their own as well."""
    rng = np.random.default_rng(0)
    words = ("volcano", "bread", "chess", "Rome", "jazz", "tax", "whale", "glass")
    about = [" ".join(rng.choice(words, 2, replace=False)) for _ in range(shows)]
    parts = [(show, part) for show in range(shows) for part in rng.permutation(episodes).tolist()]
    first = np.datetime64("2026-01-01")
    dates = np.array([first] * shows + [first + 7 * part for _, part in parts])
    columns = {
        "id": [f"s{n}" for n in range(shows)] + [f"e{show}-{part}" for show, part in parts],
        "type": ["show"] * shows + ["episode"] * len(parts),
        "title": [f"{text} {n}" for n, text in enumerate(about)] + [f"{rng.choice(words)} {p}" for _, p in parts],
        "parent": [None] * shows + [f"s{show}" for show, _ in parts],
        "date": pa.array(dates),
    }
    return Catalog.from_table(pa.table(columns))


def test_the_next_episode_is_the_next_code() -> None:
    catalog = world()
    sids = build_sids(catalog, CODES).table.of("episode")
    parents, dates = catalog.parent_rows[sids.rows], catalog.dates[sids.rows]
    prefixes = set()
    for show in np.unique(parents):
        mine = np.flatnonzero(parents == show)
        codes = sids.codes[mine[np.argsort(dates[mine])]]
        assert codes[:, 2].tolist() == [0, 1, 2, 3, 4]
        prefixes.update(map(tuple, codes[:, :2].tolist()))
    assert len(prefixes) == 40


def test_a_parents_weight_brings_siblings_under_one_prefix() -> None:
    catalog = world()

    plain = CODES.model_copy(update={"siblings": "content"})

    def prefixes_per_show(weight: float) -> float:
        sids = build_sids(catalog, plain.model_copy(update={"parent_weight": weight})).table.of("episode")
        parents = catalog.parent_rows[sids.rows]
        return float(np.mean([len(np.unique(sids.codes[parents == s, :2], axis=0)) for s in np.unique(parents)]))

    assert prefixes_per_show(0.8) < 1.5 < prefixes_per_show(0.0)


def test_items_without_a_parent_keep_vector_and_codes() -> None:
    catalog = world()
    plain = build_sids(catalog, SidConfig(levels=3, codes={"show": 8, "episode": 12}, dim=8))
    mixed = build_sids(catalog, CODES)
    assert np.array_equal(plain.table.of("show").codes, mixed.table.of("show").codes)
    shows = catalog.rows_of("show")
    assert np.array_equal(plain.embed(catalog, shows), mixed.embed(catalog, shows))
    lengths = np.linalg.norm(mixed.embed(catalog, catalog.rows_of("episode")), axis=1)
    assert np.allclose(lengths, 1, atol=1e-5)


def test_a_later_episode_is_counted_on() -> None:
    catalog = world()
    newest = catalog.dates == catalog.dates[catalog.rows_of("episode")].max()
    late = np.flatnonzero(newest & (catalog.type_codes == catalog.type_code("episode")))
    table = build_sids(catalog, CODES, fit_rows=np.setdiff1d(np.arange(len(catalog)), late)).table
    for row in late.tolist():
        siblings = np.flatnonzero((catalog.parent_rows == catalog.parent_rows[row]) & ~newest)
        mine, theirs = table.codes_of_rows([row])[0], table.codes_of_rows(siblings.tolist())
        assert (theirs[:, :2] == mine[:2]).all()
        assert mine[2] == theirs[:, 2].max() + 1


def test_a_type_whose_parents_outnumber_the_prefixes_is_refused() -> None:
    few = CODES.model_copy(update={"codes": {"show": 8, "episode": 6}})
    with pytest.raises(ConfigError, match=r"40 are needed, and 2 levels of 6 codes have 36.*sids\.codes for episode"):
        build_sids(world(), few)
    with pytest.raises(ConfigError, match="2 levels or more"):
        parse(SidConfig, {"levels": 1, "siblings": "release"}, "here")


SIZE = 3
Sibling = tuple[int, int | None]  # parent, day of release


def flat(count: int, levels: int = 4) -> tuple[np.ndarray, ResidualKMeans]:
    """Vectors, and a quantizer with a counter that knows them."""
    vectors = np.random.default_rng(count).standard_normal((count, 4)).astype(np.float32)
    return vectors, ResidualKMeans.fit(vectors, levels - 1, SIZE).with_counter()


def counted(
    items: list[Sibling], taken: tuple[np.ndarray, np.ndarray] | None = None, popularity: np.ndarray | None = None
) -> np.ndarray:
    vectors, quantizer = flat(len(items))
    popularity = np.full(len(items), np.nan) if popularity is None else popularity
    parents = np.array([parent for parent, _ in items], dtype=np.int64)
    days = [NEVER if day is None else np.datetime64(day, "D") for _, day in items]
    dates = np.array(days, dtype="datetime64[D]")
    return in_order(vectors, parents, dates, quantizer, popularity, taken)


def by_hand(items: list[Sibling], at: int, begun: int = 0) -> tuple[int, int]:
    """(which family of its parent, place in it), one item at a time."""

    def when(n: int) -> tuple[bool, int, int]:
        return items[n][1] is not None, items[n][1] or 0, n

    ahead = sum(items[n][0] == items[at][0] and when(n) < when(at) for n in range(len(items)))
    return divmod(begun + ahead, SIZE)


siblings = st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(-3, 3)), min_size=1, max_size=20)


@given(siblings)
def test_families_agree_with_counting_by_hand(items: list[Sibling]) -> None:
    codes = counted(items)
    prefix_of: dict[tuple[int, int], tuple[int, ...]] = {}
    for at, (parent, _) in enumerate(items):
        family, place = by_hand(items, at)
        assert codes[at, -1] == place
        assert prefix_of.setdefault((parent, family), tuple(codes[at, :-1])) == tuple(codes[at, :-1])
    assert len(set(prefix_of.values())) == len(prefix_of)


@given(siblings, siblings)
def test_new_siblings_fill_up_the_last_family(first: list[Sibling], later: list[Sibling]) -> None:
    before = counted(first)
    of_first = np.array([parent for parent, _ in first], dtype=np.int64)
    codes = counted(later, (before, of_first))
    everything = np.concatenate([before, codes])
    assert len(np.unique(everything, axis=0)) == len(everything)
    owners: dict[tuple[int, ...], set[int]] = {}
    for prefix, parent in zip(everything[:, :-1].tolist(), [*of_first.tolist(), *(p for p, _ in later)], strict=True):
        owners.setdefault(tuple(prefix), set()).add(parent)
    assert all(len(parents) == 1 for parents in owners.values())
    for at, (parent, _) in enumerate(later):
        _, place = by_hand(later, at, begun=int((of_first == parent).sum()) % SIZE)
        assert codes[at, -1] == place


def test_the_more_popular_family_keeps_the_prefix() -> None:
    """Two parents with the same vector: the one whose items are heard more stays where the quantizer puts it."""
    vectors = np.repeat(np.eye(4, dtype=np.float32)[:2], [4, 1], axis=0)
    quantizer = ResidualKMeans.fit(vectors, 2, SIZE).with_counter()
    owner, dates = np.array([0, 0, 1, 1, 2]), np.array([NEVER] * 5, dtype="datetime64[D]")
    nearest = tuple(as_quantized(vectors, owner, dates, quantizer)[0, :-1])
    for heard in ([1, 1, 3, 3, 0], [np.nan, 9, 3, 3, 0]):
        codes = in_order(vectors, owner, dates, quantizer, np.array(heard))
        assert [tuple(codes[at, :-1]) == nearest for at in (0, 2)] == [heard[1] > 3, heard[1] < 3]


def orphaned(catalog: Catalog, rows: Sequence[int]) -> Catalog:
    """The catalog with items that have lost their parent."""
    parents = [None if row in rows else parent for row, parent in enumerate(catalog.table["parent"].to_pylist())]
    at = catalog.table.column_names.index("parent")
    return Catalog.from_table(catalog.table.set_column(at, "parent", pa.array(parents)))


def test_an_episode_without_a_show_is_its_own_family() -> None:
    catalog = orphaned(world(), (45, 120, 239))
    early = np.arange(239)
    model = build_sids(catalog, CODES, fit_rows=early)
    episodes = model.table.of("episode")
    assert model.quantizers["episode"].has_counter
    of_prefix: dict[tuple[int, ...], set[int]] = {}
    for codes, whose in zip(episodes.codes.tolist(), owners(catalog, episodes.rows).tolist(), strict=True):
        of_prefix.setdefault(tuple(codes[:-1]), set()).add(whose)
    assert all(len(all_owners) == 1 for all_owners in of_prefix.values())
    assert len(of_prefix) == 43


def test_canonical_codes_count_siblings_too() -> None:
    catalog = world()
    table = build_sids(catalog, CODES.model_copy(update={"unique": "canonical"})).table.of("episode")
    assert len(np.unique(table.codes, axis=0)) == len(table) and np.asarray(table.stands).all()


def test_where_few_have_a_parent_nothing_is_counted() -> None:
    catalog = orphaned(world(), range(100, 240))
    assert not build_sids(catalog, CODES).quantizers["episode"].has_counter


def test_a_level_with_nothing_left_to_learn_is_no_count() -> None:
    same = pa.table({"id": ["a", "b", "c"], "type": ["show"] * 3, "title": ["One and the same"] * 3})
    catalog = Catalog.from_table(same)
    model = build_sids(catalog, SidConfig(levels=2, codes=4, dim=4))
    assert not model.quantizers["show"].has_counter
    assert sid_report(model, catalog)["types"]["show"]["moved"] == 2


def test_a_count_is_saved_as_one(tmp_path: Path) -> None:
    catalog = world()
    model = build_sids(catalog, CODES)
    model.save(tmp_path / "sids")
    loaded = SidModel.load(tmp_path / "sids")
    assert loaded.quantizers["episode"].has_counter
    assert loaded.table.fingerprint() == model.table.fingerprint()


def test_a_count_has_no_meaning() -> None:
    catalog = world()
    model = build_sids(catalog, CODES)
    assert model.quantizers["episode"].has_counter and not model.quantizers["show"].has_counter
    assert not model.centroids("episode")[-1].any()
    first, second = model.table.of("episode").rows[:2].tolist()
    report = sid_report(model, catalog)["types"]["episode"]
    sids = model.table.of("episode")
    vectors = model.embed(catalog, sids.rows)
    before = as_quantized(vectors, owners(catalog, sids.rows), catalog.dates[sids.rows], model.quantizers["episode"])
    assert (
        report["moved"] == (before != sids.codes).any(axis=1).sum() == 5 * (40 - len(np.unique(before[:, :2], axis=0)))
    )
    siblings = np.flatnonzero(catalog.parent_rows == catalog.parent_rows[first])
    nearest = [row for row, _ in most_similar(model, first, "episode", 4)]
    assert second in siblings and len(np.intersect1d(nearest, siblings)) >= 3
