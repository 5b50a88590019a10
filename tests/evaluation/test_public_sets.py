"""Two public sequence sets, read as the recipes read them and measured by `evaluate`: are these the known figures?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from neo.baselines.item_cf import ItemCF
from neo.baselines.popularity import Popularity
from neo.catalog.activity import Dataset
from neo.catalog.load import read_dataset
from neo.catalog.mapping import read_config
from neo.evaluation.evaluate import evaluate
from neo.evaluation.leave_one_out import LeaveOneOut, left_out_cases
from neo.evaluation.methods import HistoryMethod
from neo.sids.given import read_codes

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("NEO_DATA") or REPOSITORY.parent / "shared" / "data")
SIZES = {"amazon-scientific": (4_344, 8_317, 58_492), "amazon-beauty": (12_101, 22_363, 198_502)}
KNOWN = {
    "amazon-scientific": {"HR@10": 0.1058, "NDCG@10": 0.0768},
    "amazon-beauty": {"HR@5": 0.0558, "NDCG@5": 0.0397, "HR@10": 0.0774, "NDCG@10": 0.0467},
}
TUPLES = {
    ("amazon-scientific", "native"): 3_469,
    ("amazon-scientific", "zcr"): 4_344,
    ("amazon-beauty", "zcr"): 12_101,
}


def read(name: str, capsys: pytest.CaptureFixture[str]) -> Dataset:
    """What the recipe's mapping reads of a set; skipped, and not in silence, where it is not here."""
    folder = DATA / name
    if not folder.is_dir():
        reason = f"leave-one-out is NOT checked on {name}: {folder} is missing, set NEO_DATA"
        with capsys.disabled():
            print(f"\nSKIPPED: {reason}")
        pytest.skip(reason)
    mapping = REPOSITORY / "recipes" / "data" / f"{name}.yaml"
    return read_dataset(read_config(mapping, root=str(folder)), mapping.parent, lambda line: None)


@pytest.mark.parametrize("name", sorted(SIZES))
def test_item_cf_has_its_known_figures(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    data, split = read(name, capsys), LeaveOneOut("test")
    assert (len(data.catalog), len(data.listeners), len(data.events)) == SIZES[name]
    cases = left_out_cases(data, split)
    assert len(cases) == len(data.listeners)  # no target repeats in its history
    events = split.training(data).events
    assert len(events) == len(data.events) - 2 * len(data.listeners)
    method = HistoryMethod(ItemCF.fit(events, data.catalog, fallback=Popularity.fit(events, data.catalog)))
    report = evaluate([method], cases, [], split.ks, dataset=data, split=split, say=lambda line: None)
    measured = {metric: report.value("item-CF", "recommend", "product", metric) for metric in KNOWN[name]}
    assert measured == pytest.approx(KNOWN[name], abs=0.0005)


@pytest.mark.parametrize(("name", "table"), sorted(TUPLES))
def test_ready_made_codes_are_read_whole(name: str, table: str, capsys: pytest.CaptureFixture[str]) -> None:
    catalog = read(name, capsys).catalog
    codes = read_codes(DATA / name / f"sids_rkmeans_{table}.jsonl.gz", catalog, 4, {"product": 256})
    assert len({tuple(row) for row in codes.tolist()}) == TUPLES[name, table]
