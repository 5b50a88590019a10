from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from neo.catalog.catalog import Catalog
from neo.model.similar import most_similar
from neo.sids.build import SidModel, build_sids
from neo.sids.config import SidConfig
from neo.sids.report import sid_report
from neo.sids.siblings import in_order

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
    assert len({tuple(codes) for codes in sids.codes.tolist()}) == 200
    parents, dates = catalog.parent_rows[sids.rows], catalog.dates[sids.rows]
    followed = 0
    for show in np.unique(parents):
        mine = np.flatnonzero(parents == show)
        for one, after in pairwise(sids.codes[mine[np.argsort(dates[mine])]].tolist()):
            followed += one[:2] == after[:2] and after[2] == one[2] + 1
    assert followed >= 0.8 * 160  # a show that is cut in two by its prefix goes on elsewhere


def test_a_parents_weight_brings_siblings_under_one_prefix() -> None:
    catalog = world()

    def prefixes_per_show(weight: float) -> float:
        sids = build_sids(catalog, CODES.model_copy(update={"parent_weight": weight})).table.of("episode")
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
    early = np.setdiff1d(np.arange(len(catalog)), late)
    table = build_sids(catalog, CODES, fit_rows=early).table
    assert len({tuple(codes) for codes in table.of("episode").codes.tolist()}) == 200
    counted_on = 0
    for row in late.tolist():
        mine = table.codes_of_rows([row])[0]
        siblings = np.flatnonzero((catalog.parent_rows == catalog.parent_rows[row]) & ~newest)
        theirs = table.codes_of_rows(siblings.tolist())
        shared = theirs[(theirs[:, :2] == mine[:2]).all(axis=1)]
        if len(shared):
            assert mine[2] > shared[:, 2].max()
            counted_on += 1
    assert counted_on >= 0.8 * len(late)


def by_hand(codes: list[list[int]], parents: list[int], days: list[int | None], size: int) -> list[list[int]]:
    """The same, one item at a time."""
    counted = []
    for at, item in enumerate(codes):

        def place(n: int) -> tuple[int, int, int, int]:
            day = days[n]
            return parents[n], day is not None, day or 0, n

        ahead = sum(codes[n][:-1] == item[:-1] and place(n) < place(at) for n in range(len(codes)))
        counted.append([*item[:-1], min(ahead, size - 1)])
    return counted


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 2), st.none() | st.integers(-3, 3)), max_size=20
    )
)
def test_counting_agrees_with_counting_by_hand(items: list[tuple[int, int, int, int | None]]) -> None:
    codes = [[first, last] for first, last, _, _ in items]
    parents, days = [parent for *_, parent, _ in items], [day for *_, day in items]
    dates = np.array([NEVER if day is None else np.datetime64(day, "D") for day in days], dtype="datetime64[D]")
    array = np.array(codes, dtype=np.uint16).reshape(-1, 2)
    assert in_order(array, np.array(parents, dtype=np.int64), dates, 4).tolist() == by_hand(codes, parents, days, 4)


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
    assert report["moved"] == 0
    siblings = np.flatnonzero(catalog.parent_rows == catalog.parent_rows[first])
    nearest = [row for row, _ in most_similar(model, first, "episode", 4)]
    assert second in siblings and len(np.intersect1d(nearest, siblings)) >= 3
