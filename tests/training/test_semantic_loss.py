"""Semantic loss against its definition, one code at a time, for random sets."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st
from test_loss import EPISODES, ITEMS, LEVELS, SHOWS, small
from test_stages import padded
from transformers import PreTrainedModel

from neo.decoding.index import SidIndex
from neo.language.render import IGNORED, WRONG, Renderer
from neo.language.segments import History, ItemRef, Text, Turn
from neo.language.vocabulary import Vocabulary
from neo.training.codebooks import Codebooks
from neo.training.config import InstructionStage
from neo.training.examples.rows import Example, write_rows
from neo.training.loss import next_token_loss
from neo.training.semantic_loss import packed, unpacked
from neo.training.trainer import train_stage

COUNT = SHOWS + EPISODES
MODEL, VOCABULARY = small(tied=True, bias=False)
BOOKS = Codebooks.of(VOCABULARY, SidIndex.build(ITEMS))
ROWS = [
    Renderer(VOCABULARY, ITEMS).example(turns, learn_history)
    for turns, learn_history in (
        ((Turn((Text("Calm."), History((0, 13, 2)), Text("More")), (ItemRef(14), Text("!"), ItemRef(3))),), True),
        ((Turn((History((20, 1)),), (ItemRef(2),)),), False),
        ((Turn((History((4, 21, 5, 30), learned_from=1, wrong_from=2),), (ItemRef(2),)),), True),
        ((Turn((History(tuple(range(COUNT))),), (ItemRef(0),)),), True),
    )
]


def by_hand(
    model: PreTrainedModel, vocabulary: Vocabulary, ids: list[int], labels: list[int], fitting: np.ndarray
) -> float:
    """Over the codes of a row that are trained, or wrong: how unlikely those are that fit or are right."""
    logits, total = model(torch.tensor([ids])).logits[0], 0.0
    for at, label in enumerate(labels):
        if label != WRONG and label < vocabulary.code_start("show", 0):
            continue
        name, level, code = vocabulary.type_level_code(ids[at])
        table = ITEMS.of(name)
        before = [vocabulary.type_level_code(token)[2] for token in ids[at - level : at]]
        after = table.codes[(table.codes[:, :level] == before).all(1)]
        fits = set(table.codes[(table.codes[:, :level] == before).all(1) & fitting[table.rows]][:, level].tolist())
        if label != WRONG:
            fits.add(code)
        if not fits:
            continue  # nothing that fits begins so
        start, among = vocabulary.code_start(name, level), logits[at - 1].exp()
        each = {code: float(among[start + code]) for code in set(after[:, level].tolist())}
        total -= np.log(sum(each[code] for code in fits) / sum(each.values()))
    return total


sets = st.lists(st.booleans(), min_size=COUNT, max_size=COUNT).map(np.array)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.none() | sets, min_size=len(ROWS), max_size=len(ROWS)))
def test_it_is_the_probability_of_what_fits(fitting: list[np.ndarray | None]) -> None:
    longest = max(len(row.ids) for row in ROWS)
    ids = torch.tensor([row.ids + [VOCABULARY.pad] * (longest - len(row.ids)) for row in ROWS])
    labels = torch.tensor([row.labels + [IGNORED] * (longest - len(row.labels)) for row in ROWS])
    scored = int((labels[:, 1:] != IGNORED).sum())
    assert int((labels == WRONG).sum()) == 2 * LEVELS
    with torch.no_grad():
        expected = sum(
            by_hand(MODEL, VOCABULARY, row.ids, row.labels, fits)
            for row, fits in zip(ROWS, fitting, strict=True)
            if fits is not None
        )
        plain = next_token_loss(MODEL, ids, labels, BOOKS).item()
        kept = unpacked([None if fits is None else packed(fits) for fits in fitting])
        with_it = next_token_loss(MODEL, ids, labels, BOOKS, kept, weight=2.0).item()
        assert next_token_loss(MODEL, ids, labels, BOOKS, kept).item() == plain
    plain *= int((labels[:, 1:] >= 0).sum())
    assert with_it * scored - plain == pytest.approx(2 * expected, abs=2e-3)


@given(st.lists(st.none() | sets, min_size=1, max_size=4))
def test_sets_are_kept_a_bit_an_item(fitting: list[np.ndarray | None]) -> None:
    kept = unpacked([None if fits is None else packed(fits) for fits in fitting])
    if kept is None:
        assert all(fits is None for fits in fitting)
        return
    for found, fits in zip(kept, fitting, strict=True):
        assert found.all() if fits is None else found[:COUNT].tolist() == fits.tolist()


@pytest.mark.parametrize("semantic", [0.0, 3.0])
def test_what_rows_ask_for_reaches_the_loss(semantic: float, tmp_path: Path) -> None:
    """Through a Parquet file, TRL and the collator."""
    asked = packed(np.arange(COUNT) % 2 == 0)
    examples = [Example("unfamiliar", (Turn((History((4, 21, 5, 30)),)),), sets) for sets in (None, asked, asked)]
    write_rows(examples, Renderer(VOCABULARY, ITEMS), tmp_path / "rows.parquet", 99, True, lambda _: None)
    rows = Dataset.from_parquet(str(tmp_path / "rows.parquet"), cache_dir=str(tmp_path / "cache")).remove_columns(
        "task"
    )
    stage = InstructionStage.model_validate({"familiar": 1, "semantic": semantic, "tokens": 400, "log_steps": 1})
    found: list[tuple[np.ndarray | None, float]] = []

    def spied(model: Any, ids: Any, labels: Any, books: Any, fitting: Any, weight: float) -> torch.Tensor:
        found.append((None if fitting is None else fitting.numpy(), weight))
        return next_token_loss(model, ids, labels, books, fitting, weight)

    with patch("neo.training.trainer.next_token_loss", spied):
        train_stage(deepcopy(MODEL), padded(VOCABULARY, tmp_path), rows, stage, tmp_path, 0, lambda _: None, BOOKS)
    ((sets, weight),) = found
    assert weight == semantic and sets is not None
    expected = [[True] * COUNT, *[(np.arange(COUNT) % 2 == 0).tolist()] * 2]
    assert sorted(sets[:, :COUNT].tolist()) == sorted(expected)
