"""Lists that a model gives under the constraint that words ask for, as trees of codes and their shares.

A question's list is a distribution over items: what the decoder finds where nothing else may come. What is learned from
it is, code by code, the share of it that lies behind each code, among all codes that lead on to an item that the
listener has not met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from datasets import Dataset as Rows

from neo.decoding.beam import search_context
from neo.decoding.context import read
from neo.decoding.index import SidIndex
from neo.decoding.request import ScoredItem, SpanRequest
from neo.language.vocabulary import Vocabulary
from neo.model.neo_model import NeoModel
from neo.training.obedience.asked import Question, Questions
from neo.training.preference.draws import leading_on
from neo.training.preference.tree import Tree

AT_ONCE = 16  # prompts that are read together
SHOWN = 2_000  # questions between two lines of progress
CODES = pa.list_(pa.int32())
SCHEMA = pa.schema(
    [
        ("prompt", CODES),
        ("tokens", CODES),
        ("parents", CODES),
        ("among", pa.list_(CODES)),
        ("shares", pa.list_(pa.float32())),
    ]
)


@dataclass(frozen=True, eq=False)
class Listed:
    """tree: the codes of a list's items; shares: of each node, which part of the list lies behind it."""

    prompt: list[int]
    tree: Tree
    shares: list[float]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.tree)

    def plain(self) -> dict[str, Any]:
        """A row of SCHEMA."""
        tree = self.tree
        own = {"tokens": tree.tokens, "parents": tree.parents, "among": tree.among}
        return {"prompt": self.prompt, **own, "shares": self.shares}

    @classmethod
    def of(cls, row: dict[str, Any]) -> Listed:
        tree = Tree(row["tokens"], row["parents"], row["among"], [[] for _ in row["tokens"]])
        return cls(row["prompt"], tree, row["shares"])


@dataclass(frozen=True, eq=False)
class Lists:
    """Those of a file, and the vocabulary that they are written in."""

    rows: Rows
    vocabulary: Vocabulary

    def at(self, place: int) -> Listed:
        return Listed.of(self.rows[place])


def write_lists(lister: Lister, questions: Sequence[Question], path: Path, report: Callable[[str], None]) -> None:
    """One row a question that has an answer, in a Parquet file that is written beside it first, then renamed."""
    part, kept, nodes = path.with_suffix(".part"), 0, 0
    # Prompts of like length share a batch, since padding is computed too.
    order = sorted(questions, key=lambda question: len(question.prompt))
    with pq.ParquetWriter(part, SCHEMA) as writer:
        for start in range(0, len(order), AT_ONCE):
            found = list(lister.lists(order[start : start + AT_ONCE]))
            writer.write_table(pa.Table.from_pylist([listed.plain() for listed in found], schema=SCHEMA))
            kept, nodes = kept + len(found), nodes + sum(len(listed.tree) for listed in found)
            if start // SHOWN != (start + AT_ONCE) // SHOWN:
                report(f"{start + AT_ONCE:,} of {len(order):,} questions answered")
    part.rename(path)
    report(f"{kept:,} lists of {len(order):,} questions, {nodes / max(kept, 1):.0f} codes each")


class Lister:
    """Answers questions under the constraint that their words ask for, by a model that stays as it is meanwhile."""

    def __init__(self, neo: NeoModel, questions: Questions, visible: np.ndarray, items: int) -> None:
        """visible: catalog rows that may be named; items: of a list, at most."""
        self.neo, self.questions, self.items = neo, questions, items
        known = np.isin(np.arange(len(neo.bundle.catalog)), visible)
        self.index = neo.index.filtered(known)

    def lists(self, questions: Sequence[Question]) -> Iterator[Listed]:
        """Of those that anything is left for."""
        model, vocabulary = self.neo.bundle.model, self.neo.bundle.vocabulary
        asked = [(question, request) for question in questions if not (request := self._request(question)).is_empty]
        if asked:
            context = read(model, [question.prompt for question, _ in asked], vocabulary.pad)
            lists = search_context(model, vocabulary, context, [request for _, request in asked])
            yield from (self._listed(question, items) for (question, _), items in zip(asked, lists, strict=True))

    def _request(self, question: Question) -> SpanRequest:
        granting = self.questions.granting(question)
        left = self._left(question).filtered(granting)
        return SpanRequest(tuple(left.types), left, self.items, self.items)

    def _left(self, question: Question) -> SidIndex:
        name = self.neo.bundle.catalog.type_names[question.type_code]
        return self.index.only([name]).without_rows(self.neo.bundle.sids.table, self.questions.heard(question))

    def _listed(self, question: Question, items: Sequence[ScoredItem]) -> Listed:
        vocabulary, left = self.neo.bundle.vocabulary, self._left(question)
        (name,) = left.types
        starts = [vocabulary.code_start(name, level) for level in range(vocabulary.levels)]
        among = leading_on(left.of(name), [item.codes for item in items], starts)
        tree, shares = Tree(), list[float]()
        for item, share in zip(items, torch.tensor([item.score for item in items]).softmax(0).tolist(), strict=True):
            parent = -1
            for level, code in enumerate(item.codes):
                parent = tree.child(parent, starts[level] + code, among[item.codes[:level]])
                shares += [0.0] * (len(tree) - len(shares))
                shares[parent] += share
        return Listed(question.prompt, tree, shares)
