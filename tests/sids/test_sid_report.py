from __future__ import annotations

import io
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from neo.catalog.activity import Dataset
from neo.catalog.catalog import Catalog
from neo.sids.build import SidModel, build_sids
from neo.sids.config import SidConfig
from neo.sids.picture import draw_sids
from neo.sids.report import (
    code_usage,
    collisions,
    nearest_neighbors,
    neighbor_agreement,
    prefix_coherence,
    report_table,
    sid_report,
)
from neo.sids.table import SidTable, TypeSids


def case(seed: int, items: int, levels: int, size: int) -> tuple[TypeSids, np.ndarray]:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(items, 4))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    codes = rng.integers(0, size, (items, levels))
    return SidTable.from_codes({"show": np.arange(items)}, {"show": codes}, {"show": size}).of("show"), vectors


cases = st.tuples(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 3), st.integers(1, 4))


@settings(max_examples=40, deadline=None)
@given(cases)
def test_collisions_against_counting(parameters: tuple[int, int, int, int]) -> None:
    sids, _ = case(*parameters)
    names = [tuple(codes) for codes in sids.codes.tolist()]
    sizes = [names.count(name) for name in set(names)]
    found = collisions(sids.codes, sids.size)
    assert found == {
        "tuples": len(sizes),
        "colliding": sum(size for size in sizes if size > 1),
        "lost": len(names) - len(sizes),
        "largest_bucket": max(sizes),
        "buckets": {str(size): sizes.count(size) for size in sorted(set(sizes))},
    }


@settings(max_examples=40, deadline=None)
@given(cases)
def test_coherence_against_all_pairs(parameters: tuple[int, int, int, int]) -> None:
    sids, vectors = case(*parameters)
    found = prefix_coherence(sids, vectors)
    for level in range(sids.codes.shape[1] + 1):
        prefixes = [tuple(codes[:level]) for codes in sids.codes.tolist()]
        cosines = [
            float(vectors[a] @ vectors[b]) for a, b in combinations(range(len(sids)), 2) if prefixes[a] == prefixes[b]
        ]
        value = found["random"] if level == 0 else found["by_level"][level - 1]
        if level:
            assert found["pairs"][level - 1] == len(cosines)
        assert value == (pytest.approx(np.mean(cosines), abs=1e-5) if cosines else None)


@settings(max_examples=40, deadline=None)
@given(cases)
def test_neighbor_agreement_against_all_pairs(parameters: tuple[int, int, int, int]) -> None:
    sids, vectors = case(*parameters)
    found, count = neighbor_agreement(sids, vectors), len(sids)
    if count == 1:
        assert found["neighbors"] == 0 and set(found["by_level"]) == {None}
        return
    wanted = min(10, count - 1)
    for level in range(1, sids.codes.shape[1] + 1):
        prefixes = [tuple(codes[:level]) for codes in sids.codes.tolist()]
        agree, chance = [], []
        for item in range(count):
            others = [other for other in range(count) if other != item]
            nearest = sorted(others, key=lambda other: -float(vectors[item] @ vectors[other]))[:wanted]
            agree += [prefixes[item] == prefixes[other] for other in nearest]
            chance += [prefixes[item] == prefixes[other] for other in others]
        assert found["by_level"][level - 1] == pytest.approx(np.mean(agree))
        assert found["chance"][level - 1] == pytest.approx(np.mean(chance))


def test_an_item_is_never_its_own_neighbor_even_among_equals() -> None:
    vectors = np.ones((30, 2), np.float32) / np.float32(np.sqrt(2))
    found = nearest_neighbors(vectors, np.arange(30), 10)
    assert found.shape == (30, 10)
    assert not (found == np.arange(30)[:, None]).any()
    assert all(len(set(row.tolist())) == 10 for row in found)


def test_usage_counts_codes_by_level() -> None:
    codes = np.array([[0, 1], [0, 2], [0, 3], [0, 0]])
    sids = SidTable.from_codes({"show": range(4)}, {"show": codes}, {"show": 8}).of("show")
    first, second = code_usage(sids)
    assert first == {"used": 1, "used_share": 0.125, "perplexity": 1.0, "counts": [4, 0, 0, 0, 0, 0, 0, 0]}
    assert second["used"] == 4 and second["perplexity"] == pytest.approx(4)


@pytest.fixture(scope="module")
def model(tiny_dataset: Dataset) -> SidModel:
    return build_sids(tiny_dataset.catalog, SidConfig(levels=2, codes=8, dim=16))


def test_the_report_is_json_and_a_table(model: SidModel, tiny_dataset: Dataset) -> None:
    report = json.loads(json.dumps(sid_report(model, tiny_dataset.catalog), allow_nan=False))
    assert set(report["types"]) == {"show", "episode", "audiobook"}
    episodes = report["types"]["episode"]
    assert episodes["items"] == 60 and episodes["capacity"] == 64
    assert episodes["before"]["lost"] > 0 == episodes["after"]["lost"]
    assert episodes["moved"] >= episodes["before"]["lost"]
    assert episodes["coherence"]["by_level"][0] > episodes["coherence"]["random"] + 0.1
    assert episodes["neighbors"]["by_level"][0] > 2 * episodes["neighbors"]["chance"][0]
    out = io.StringIO()
    Console(file=out, width=120).print(report_table(report))
    assert "episode" in out.getvalue() and "nearest 10 sharing first 2" in out.getvalue()


def test_shuffled_codes_tell_nothing(model: SidModel, tiny_dataset: Dataset) -> None:
    shuffled = SidModel(model.config, model.embedder, model.quantizers, model.table.shuffled(0))
    numbers = sid_report(shuffled, tiny_dataset.catalog)["types"]["episode"]
    assert numbers["coherence"]["by_level"][0] < numbers["coherence"]["random"] + 0.05


def test_the_picture_is_drawn_and_always_the_same(tiny_dataset: Dataset, tmp_path: Path) -> None:
    shows = Catalog(tiny_dataset.catalog.table.slice(0, 20), tiny_dataset.catalog.types)
    model = build_sids(shows, SidConfig(levels=2, codes=8, dim=16))
    for name in ("one.png", "two.png"):
        draw_sids(model, shows, sid_report(model, shows), tmp_path / name)
    first = (tmp_path / "one.png").read_bytes()
    assert first.startswith(b"\x89PNG") and len(first) > 20_000
    assert first == (tmp_path / "two.png").read_bytes()


def test_a_catalog_of_one_item_has_a_report_and_a_picture(tiny_dataset: Dataset, tmp_path: Path) -> None:
    catalog = Catalog(tiny_dataset.catalog.table.slice(0, 1), tiny_dataset.catalog.types)
    model = build_sids(catalog, SidConfig(levels=2, codes=4))
    report = json.loads(json.dumps(sid_report(model, catalog), allow_nan=False))
    assert report["types"]["show"]["coherence"]["random"] is None
    assert report["notes"] == ["show: 1 vectors fill only 1, 1 of 4 codes at levels 1 to 2"]
    Console(file=io.StringIO()).print(report_table(report))
    draw_sids(model, catalog, report, tmp_path / "one.png")
