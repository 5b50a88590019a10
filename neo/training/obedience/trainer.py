"""Learns lists, and reads on in the rows of stage 3 meanwhile, so that nothing else is unlearned."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import cycle, islice
from typing import Any

import numpy as np
import torch
from datasets import Dataset as Rows
from datasets import concatenate_datasets
from pyarrow import compute
from torch import Tensor
from transformers import PreTrainedModel

from neo.language.render import IGNORED
from neo.language.vocabulary import Vocabulary
from neo.training.batches import Steps, plan
from neo.training.codebooks import Codebooks
from neo.training.config import ObedienceStage
from neo.training.obedience.lists import Listed, Lists
from neo.training.preference.tree import node_log_probs
from neo.training.trainer import StageTrainer


class Rehearsing(Steps):
    """Steps of one batch of lists each, after `per_step - 1` batches of other rows, which follow one another as often
    as it takes. The first `lists` rows are lists."""

    def __init__(self, lengths: np.ndarray, tokens: int, per_step: int, seed: int, lists: int) -> None:
        super().__init__(lengths, tokens, per_step, seed)
        self.lists = lists

    def planned(self, epoch: int) -> list[list[np.ndarray]]:
        rng, first = np.random.default_rng([self.seed, epoch]), self.lists
        lists = [batch for step in plan(self.lengths[:first], self.tokens, 1, rng) for batch in step]
        others = plan(self.lengths[first:], self.tokens, self.per_step - 1, rng)
        rehearsed = cycle([batch + first for step in others for batch in step])
        return [[*islice(rehearsed, self.per_step - 1), batch] for batch in lists]

    @cached_property
    def _count(self) -> int:
        return self.per_step * len(Steps(self.lengths[: self.lists], self.tokens, 1, self.seed))


def with_rows(lists: Rows, others: Rows) -> Rows:
    """What `ObedienceTrainer` takes: a row for each list, with its place and its length, and then the others."""
    lengths, count = _lengths(lists, "prompt") + _lengths(lists, "tokens"), len(lists)
    own = {"input_ids": [[0]] * count, "labels": [[IGNORED]] * count, "place": np.arange(count), "length": lengths}
    others = others.add_column("place", np.full(len(others), -1)).add_column("length", _lengths(others, "input_ids"))
    return concatenate_datasets([Rows.from_dict(own, features=others.features), others])


def _lengths(rows: Rows, column: str) -> np.ndarray:
    return compute.list_value_length(rows.with_format("arrow")[:][column]).to_numpy().astype(np.int64)


class ObedienceTrainer(StageTrainer):
    """Rows are those of `with_rows`; lists: what their places mean."""

    stage: ObedienceStage
    codebooks: Codebooks

    def __init__(self, *given: Any, lists: Lists, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.lists = lists

    @classmethod
    def steps(cls, rows: Rows, stage: Any, seed: int) -> Steps:
        lists = int((np.array(rows["place"]) >= 0).sum())
        return Rehearsing(np.array(rows["length"]), stage.tokens, stage.accumulate, seed, lists)

    def _collated(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        if rows and rows[0]["place"] >= 0:
            return {"places": [row["place"] for row in rows]}
        return super()._collated([{name: row[name] for name in ("input_ids", "labels")} for row in rows])

    def loss(self, inputs: dict[str, Any]) -> Tensor:
        if "places" not in inputs:
            return super().loss(inputs)
        some = [self.lists.at(place) for place in inputs["places"]]
        return self.stage.weight * list_loss(self.model, self.lists.vocabulary, self.codebooks, some)


def list_loss(model: PreTrainedModel, vocabulary: Vocabulary, codebooks: Codebooks, lists: Sequence[Listed]) -> Tensor:
    """The mean cross-entropy, a code, between lists and what the model gives without the constraint."""
    scored = node_log_probs(model, vocabulary, codebooks, [one.prompt for one in lists], [one.tree for one in lists])
    said = [(logp.new_tensor(one.shares) * logp).sum() for logp, one in zip(scored, lists, strict=True)]
    return -torch.stack(said).mean() / vocabulary.levels
