"""A run of one's own files under leave-one-out, with tags as searches and codes from a file: one training, both splits
judged."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from neo.cli import main
from neo.evaluation.leave_one_out import LeaveOneOut
from neo.evaluation.neo_method import NeoMethod
from neo.evaluation.queries import normalized
from neo.evaluation.report import Report
from neo.evaluation.search_cases import search_cases
from neo.language.vocabulary import Vocabulary
from neo.model.neo_model import NeoModel
from neo.training.config import load_config
from neo.training.run import ROWS, Run
from neo_sdk.errors import ConfigError

MAPPING = """
root: elsewhere
types: [{name: product, plural: products}]
items: [{path: items.jsonl, type: product, columns: {id: item_id}}]
events: {path: sequences.jsonl, sequences: true, columns: {listener: user_id, item: items}}
searches: {path: items.jsonl, columns: {query: tags, item: item_id}}
"""
RECIPE = """
name: left-out
output: OUTPUT
data: {files: data.yaml}
sids: {levels: 2, codes: 8, dim: 8, given: sids.jsonl}
base:
  scratch: {vocabulary: 400, hidden: 16, layers: 1, heads: 2, kv_heads: 1, head_dim: 8, feed_forward: 24}
grounding: {tokens: 1024, warmup: 1}
instruction: {tokens: 512, history: 6, recommend: 30, search: 20, lookup: 8, verbalize: 8, explain: 0, understand: 0,
              recommend_mixed: 0, search_mixed: 0, chat: 0, warmup: 1}
evaluation: {protocol: leave_one_out, cases: 1000, beams: 30}
"""
ITEMS, USERS = 40, 12
LAST = (38, 39)  # every listener ends with these two


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("left-out")
    rng, files = np.random.default_rng(0), folder / "files"
    files.mkdir()
    titles = [f"{color} {thing} {n}" for n, (color, thing) in enumerate([("red", "lamp"), ("blue", "cup")] * 20)]
    tags = [[f"shelf {n}", "Lamp" if n % 2 else "lamp"] for n in range(ITEMS)]
    write(files / "items.jsonl", [{"item_id": str(n), "title": titles[n], "tags": tags[n]} for n in range(ITEMS)])
    lists = [[*rng.choice(38, 5 + n % 3, replace=False).tolist(), *LAST] for n in range(USERS)]
    write(
        files / "sequences.jsonl", [{"user_id": f"u{n}", "items": list(map(str, row))} for n, row in enumerate(lists)]
    )
    codes = [{"item_id": str(n), "codes": [n // 8, n % 8 if n else 1]} for n in range(ITEMS)]  # 0 and 1 collide
    write(files / "sids.jsonl", codes)
    (folder / "data.yaml").write_text(MAPPING)
    path = folder / "left-out.yaml"
    path.write_text(RECIPE.replace("OUTPUT", str(folder / "runs")))
    return path


@pytest.fixture(scope="module")
def settings(recipe: Path) -> list[str]:
    return [f"data.root={recipe.parent / 'files'}"]


@pytest.fixture(scope="module")
def ran(recipe: Path, settings: list[str]) -> Run:
    assert main(["run", str(recipe), *settings, "--json", str(recipe.parent / "report.json")]) == 0
    return Run(load_config(recipe, settings), lambda _: None)


def test_nothing_held_out_was_learned_from(ran: Run) -> None:
    assert isinstance(ran.split, LeaveOneOut)
    assert not np.isin(ran.known.events.item, LAST).any() and np.isin(ran.full.events.item, LAST).any()
    assert len(ran.known.events) == len(ran.full.events) - 2 * USERS
    neo = NeoModel.load(ran.bundle_folder)
    assert not np.isin(neo.bundle.events.item, LAST).any()
    assert len(ran.visible) == ITEMS  # their words are known all the same


def test_without_a_type_the_catalogs_own_is_recommended(ran: Run) -> None:
    neo = NeoModel.load(ran.bundle_folder)
    found = neo.recommend(history=["3", "4"], k=5)
    assert [item.type for item in found.items] == ["product"] * 5
    assert found.items == neo.recommend(history=["3", "4"], type="product", k=5).items


def test_a_query_too_long_for_the_model_finds_nothing_and_costs_no_other(ran: Run) -> None:
    method = NeoMethod(NeoModel.load(ran.bundle_folder))
    cases = search_cases(ran.full, ran.split)[:3]
    long = [replace(cases[0], query="жщ" * 900), replace(cases[0], query="x" * 3_000)]
    found = method.search([cases[0], *long, *cases[1:]], 5)
    assert [len(rows) for rows in found[1:3]] == [0, 0]
    alone = method.search(cases, 5)
    assert all(map(np.array_equal, [found[0], *found[3:]], alone)) and all(len(rows) == 5 for rows in alone)


def test_no_row_of_recommendations_names_a_held_out_item(ran: Run) -> None:
    vocabulary = Vocabulary.load(ran.folder / "stage2")
    rows = pq.read_table(ran.folder / "stage3" / ROWS).to_pylist()
    recommended = [row["input_ids"] for row in rows if row["task"] == "recommend"]
    named = {pair for ids in recommended for pair in pairwise(ids)}
    spans = [vocabulary.sid_ids(ran.sids.table.codes_of(item), "product") for item in range(ITEMS)]
    pairs = [tuple(span[1:-1]) for span in spans]  # what stands between the delimiters
    assert len(recommended) > 10 and any(pair in named for pair in pairs)
    assert not any(pairs[item] in named for item in LAST)


def test_tags_are_learned_from_or_asked_for_never_both(ran: Run) -> None:
    learned = {normalized(query) for query in ran.known.searches.query.to_pylist()}
    asked = [case for name in ("validation", "test") for case in search_cases(ran.full, LeaveOneOut(name))]
    queries = [normalized(case.query) for case in asked]
    assert learned and queries and not learned & set(queries)
    assert learned | set(queries) == {"lamp", *(f"shelf {n}" for n in range(ITEMS))}
    tasks = pq.read_table(ran.folder / "stage3" / ROWS)["task"].to_pylist()
    assert tasks.count("search") == 20


def test_the_report_is_of_both_protocol_and_split(recipe: Path, ran: Run) -> None:
    report = Report.load(recipe.parent / "report.json")
    baselines = ("popularity", "item-CF", "item-CF, full past", "BM25", "dense history, lsa", "dense, lsa")
    assert report.methods == (*baselines, "NEO")
    searched = report.find("NEO", "search", "all")
    assert searched is not None and searched.n == len(search_cases(ran.full, ran.split))
    assert (report.setting.protocol, report.setting.split, report.setting.ks) == ("leave_one_out", "test", (5, 10))
    found = report.find("NEO", "recommend", "product")
    assert found is not None and found.n == USERS
    assert set(found.metrics) == {"HR@5", "NDCG@5", "HR@10", "NDCG@10"}


def test_one_training_is_judged_on_both_splits(
    recipe: Path, settings: list[str], ran: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(recipe), *settings, "evaluation.split=validation"]) == 0
    said = capsys.readouterr()
    assert "evaluation ..." in said.err and "stage" not in said.err
    assert "Leave-one-out, validation" in " ".join(said.out.split())


def test_given_codes_are_the_runs_sids(recipe: Path, settings: list[str], ran: Run) -> None:
    assert ran.config.sids.given == recipe.parent / "files" / "sids.jsonl"  # beside the items
    assert ran.sids.table.codes_of(9) == (1, 1)
    assert ran.sids.table.codes_of(0) == ran.sids.table.codes_of(1) == (0, 1)


def test_a_typed_file_of_codes_is_relative_to_where_one_stands(
    recipe: Path, settings: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config(recipe, [*settings, "sids.given=mine.jsonl"]).sids.given == tmp_path / "mine.jsonl"
    assert load_config(recipe, [*settings, "sids.given=null"]).sids.given is None
    assert load_config(recipe).sids.given == recipe.parent / "elsewhere" / "sids.jsonl"


def test_sequences_without_times_have_no_cut(recipe: Path, settings: list[str], ran: Run) -> None:
    with pytest.raises(ConfigError, match=r"evaluation\.protocol=leave_one_out"):
        Run(load_config(recipe, [*settings, "evaluation.protocol=time"]), lambda _: None).split  # noqa: B018
