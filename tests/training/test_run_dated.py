"""A run of dated events, with tags as searches: one recipe, read under either protocol. Nothing is trained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from neo.evaluation.leave_one_out import left_out_cases
from neo.evaluation.protocol import Split, recommend_cases
from neo.evaluation.search_cases import search_cases
from neo.language.vocabulary import Vocabulary
from neo.training.base import scratch_tokenizer
from neo.training.config import load_config
from neo.training.run import Run

MAPPING = """
items: [{path: books.jsonl, type: audiobook, columns: {date: out}}]
events: {path: read.csv}
searches: {path: books.jsonl, columns: {query: tags, item: id}}
"""
BOOKS = 60  # one a day, each read on the day that it comes out by one of five
START = np.datetime64("2020-01-01")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dated")
    days = [str(START + n) for n in range(BOOKS)]
    books = [{"id": f"b{n}", "title": f"Book {n}", "out": day, "tags": [f"tag {n}"]} for n, day in enumerate(days)]
    (folder / "books.jsonl").write_text("".join(json.dumps(book) + "\n" for book in books))
    rows = [f"u{n % 5},b{n},{day}" for n, day in enumerate(days)]
    (folder / "read.csv").write_text("\n".join(["listener,item,time", *rows, f"solo,b0,{START}"]) + "\n")
    (folder / "data.yaml").write_text(MAPPING)
    path = folder / "dated.yaml"
    path.write_text(f"name: dated\noutput: {folder / 'runs'}\ndata: {{files: data.yaml, horizon_days: 7}}\n")
    return path


def run_of(recipe: Path, *settings: str) -> Run:
    run = Run(load_config(recipe, ["evaluation.split=validation", *settings]), lambda line: None)
    run.read_data()
    return run


def test_the_cut_is_set_by_what_has_a_time(recipe: Path) -> None:
    run = run_of(recipe)
    assert isinstance(run.split, Split)
    assert run.split.cut == int((START + BOOKS - 1 - 14).astype("datetime64[s]").astype(int)) + 1
    assert run.visible.tolist() == list(range(BOOKS - 14))  # the last of them is read on the very day of the cut
    assert run.known.events.time.max() < run.split.cut
    assert set(run.known.searches.item.tolist()) <= set(run.visible.tolist())  # later tags are of books to come
    assert [case.target for case in recommend_cases(run.full, run.split)] == [50, 46, 47, 48, 49]
    assert search_cases(run.full, run.split)


def test_codes_of_a_history_are_scored_among_what_was_out_by_then(recipe: Path) -> None:
    run = run_of(recipe, "sids={levels: 1, codes: 64, dim: 4}", "name=scored")
    run.learn_sids()
    table = run.sids.table
    vocabulary = Vocabulary.extend(scratch_tokenizer(["Book"], 300), 1, table.codebook_sizes)
    one = torch.tensor([[vocabulary.prompt, *vocabulary.sid_ids(table.codes_of(0), "audiobook")]])
    place = one == vocabulary.code_start("audiobook", 0) + int(table.codes_of(0)[0])
    ((_, _, leads_on),) = run.codebooks(vocabulary).choices(one, place)
    assert leads_on[0].nonzero().flatten().tolist() == sorted(table.codes_of_rows(run.visible)[:, 0].tolist())
    assert len(run.visible) < len(run.full.catalog)


def test_the_last_item_of_each_is_asked_for_whenever_it_was(recipe: Path) -> None:
    run = run_of(recipe, "evaluation.protocol=leave_one_out")
    cases = left_out_cases(run.full, run.split)  # type: ignore[arg-type]
    assert [case.target for case in cases] == list(range(BOOKS - 10, BOOKS - 5))
    assert len(run.known.events) == BOOKS - 10 + 1  # the single event of one who is never asked is learned from
    assert len(run.visible) == BOOKS
    asked = {case.query for case in search_cases(run.full, run.split)}
    assert asked == {case.query for case in search_cases(run.full, run_of(recipe).split)}
    assert asked and not asked & set(run.known.searches.query.to_pylist())
