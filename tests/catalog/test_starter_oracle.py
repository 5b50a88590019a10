from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neo.baselines.popularity import Popularity
from neo.catalog.starter.config import DAY, WorldConfig
from neo.catalog.starter.oracle import SPLITS, TOP, TYPES, Cases, Oracle
from neo.catalog.starter.world import World, make_world
from neo_sdk.errors import NotFoundError

CONFIG = WorldConfig(shows=120, episodes=1_000, audiobooks=120, listeners=500, days=60, events_per_listener=40, seed=3)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(CONFIG)


@pytest.fixture(scope="module")
def worlds(world: World) -> list[World]:
    return [world, *(make_world(CONFIG.model_copy(update={"seed": seed})) for seed in (4, 5))]


def surprise(cases: Cases, k: int) -> float:
    """By how many standard errors the hits at k differ from what the oracle expects.

    Measured with signs over 40 seeds, for each type and kind of search: mean 0, standard deviation 1. So one
    in 400 exceeds 3 by chance.
    """
    mass = cases.mass(k)
    error = np.sqrt(np.sum(mass * (1 - mass))) / len(cases)
    return float(abs(cases.hit_rate(k) - mass.mean()) / error)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("k", [1, 10])
def test_the_oracle_hits_as_often_as_it_expects(worlds: list[World], name: str, k: int) -> None:
    cases = Cases.join([world.oracle.recommend.of_type(name) for world in worlds])
    assert len(cases) > 200
    assert surprise(cases, k) < 3


@pytest.mark.parametrize("kind", ["title", "creator", "topic", "describe"])
def test_the_oracle_of_searches_hits_as_often_as_it_expects(worlds: list[World], kind: str) -> None:
    parts = []
    for world in worlds:
        searches, cases = world.dataset.searches, world.oracle.search
        parts.append(cases.take(searches.kind_codes[cases.search] == searches.kinds.index(kind)))
    cases = Cases.join(parts)
    # Not at 10: names and titles are found almost surely there, and a single miss is far from normal.
    assert len(cases) > 200 and surprise(cases, 1) < 3


def test_a_wrong_oracle_would_be_noticed(world: World) -> None:
    cases = world.oracle.recommend
    shifted = Cases(**{n: getattr(cases, n) for n in cases.__dataclass_fields__} | {"rows": cases.rows[::-1]})
    assert surprise(shifted, 10) > 5


def test_cases_are_the_first_events_of_each_type_in_each_window(world: World) -> None:
    events, catalog = world.dataset.events, world.dataset.catalog
    expected = set()
    for split in SPLITS:
        cut = world.cuts[split]
        seen = set()
        for listener, item, time in zip(
            events.listener.tolist(), events.item.tolist(), events.time.tolist(), strict=True
        ):
            key = (split, listener, catalog.type_of(item))
            if cut <= time < cut + CONFIG.horizon_days * DAY and key not in seen:
                seen.add(key)
                expected.add((*key, item, time))
    cases = world.oracle.recommend
    columns = (cases.split, cases.listener, cases.type, cases.target, cases.time)
    found = [(SPLITS[s], u, TYPES[t], i, at) for s, u, t, i, at in zip(*map(np.ndarray.tolist, columns), strict=True)]
    assert len(found) == len(set(found)) and set(found) == expected


def test_search_cases_are_all_searches_of_the_windows(world: World) -> None:
    searches, cases = world.dataset.searches, world.oracle.search
    inside = np.flatnonzero(searches.time >= world.cuts["validation"])
    assert np.array_equal(cases.search, inside)
    assert np.array_equal(cases.target, searches.item[inside])
    assert np.array_equal(cases.time, searches.time[inside])
    assert np.array_equal(cases.listener, searches.listener[inside])
    assert len(world.oracle.search_cases("test")) == np.sum(searches.time >= world.cuts["test"])


def test_rows_are_ranked_and_of_the_right_type_and_new_to_the_listener(world: World) -> None:
    catalog, events = world.dataset.catalog, world.dataset.events
    for i in range(0, len(world.oracle.recommend), 7):
        cases = world.oracle.recommend
        rows, weights = cases.rows[i], cases.probabilities[i]
        used = rows >= 0
        assert np.all(np.diff(weights) <= 0) and weights.sum() <= 1 + 1e-4
        assert np.all((weights > 0) == used)
        assert len(set(rows[used].tolist())) == used.sum()
        name = TYPES[cases.type[i]]
        assert all(catalog.type_of(int(row)) == name for row in rows[used])
        known = events.history(int(cases.listener[i]), before=int(cases.time[i]))
        assert not np.isin(rows[used], known).any()
        out = catalog.dates[rows[used]].astype("datetime64[s]").astype(np.int64)
        assert np.all(out <= cases.time[i])
        where = np.flatnonzero(rows == cases.target[i])
        if len(where):
            assert weights[where[0]] == pytest.approx(cases.probability[i], rel=1e-4)
        assert cases.probability[i] > 0


def test_ranking_is_that_of_the_case(world: World) -> None:
    cases = world.oracle.cases("test")
    rows = world.oracle.ranking("test", int(cases.listener[0]), TYPES[cases.type[0]], k=5)
    assert np.array_equal(rows, cases.rows[0, :5])
    with pytest.raises(NotFoundError, match="no test case of listener -5"):
        world.oracle.ranking("test", -5, "show")
    with pytest.raises(NotFoundError, match="validation, test"):
        world.oracle.cases("tset")


@pytest.mark.parametrize("name", TYPES)
def test_taste_matters_far_more_than_popularity(world: World, name: str) -> None:
    cases, data, cut = world.oracle.cases("test").of_type(name), world.dataset, world.cuts["test"]
    popular = Popularity.fit(data.events, data.catalog, before=cut)
    lists = popular.rank([data.events.history(who, cut) for who in cases.listener.tolist()], name, 10)
    hit_rate = np.mean([target in rows for target, rows in zip(cases.target, lists, strict=True)])
    assert 0 < hit_rate < 0.6 * cases.hit_rate(10)


def test_metrics_of_a_small_table() -> None:
    n = np.arange(3)
    weights = np.array([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.0, 1.0, 0.0]])
    target = np.array([10, 10, 11])
    cases = Cases.of(0, "show", n, n - n - 1, n, target, np.array([10, 11, 12]), weights)
    assert cases.rows[:, :3].tolist() == [[10, 11, 12], [11, 12, 10], [11, -1, -1]]
    assert cases.rows.shape == (3, TOP)
    assert cases.ranks().tolist() == [0, 2, 0]
    assert cases.hit_rate(1) == pytest.approx(2 / 3)
    assert cases.mass(2).tolist() == pytest.approx([0.8, 0.8, 1.0])
    assert cases.probability.tolist() == pytest.approx([0.5, 0.2, 1.0])


def test_an_oracle_without_cases_can_be_saved(tmp_path: Path) -> None:
    Oracle(Cases.none(), Cases.none()).save(tmp_path)
    again = Oracle.load(tmp_path)
    assert len(again.recommend) == 0 and again.search.rows.shape == (0, TOP)
