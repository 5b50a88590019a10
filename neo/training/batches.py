"""Which rows share a batch, and which batches share an optimizer step.

A batch holds rows of like length, about `tokens` tokens of them: hardly anything is padding, and short rows don't
leave the machine idle. As length goes with the task (a search has 25 tokens, a listener's history 250), a step of
several batches takes them from several ranges of lengths, so that it teaches every task and not the one drawn.

Rows are not packed into one another: 0.05% of what quickstart's stage 3 reads is padding, so there is nothing to gain,
and no row can see another.

Several processes share a step out: process i of n takes the batches i, i + n, ... of it, as many as the others. So a
step has the same batches as with one process; what an epoch's last step lacks for that are batches of no row.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise, zip_longest

import numpy as np
from torch.utils.data import Sampler


def plan(lengths: np.ndarray, tokens: int, per_step: int, rng: np.random.Generator) -> list[list[np.ndarray]]:
    """The steps of an epoch, in order; a step is `per_step` batches (the last ones may have fewer), short rows first.

    Every row is in exactly one batch. A batch has more than `tokens` tokens, padding included, only if it is one row.
    """
    shuffled = rng.permutation(len(lengths))
    batches = list(_cut(shuffled[np.argsort(lengths[shuffled], kind="stable")], lengths, tokens))
    edges = np.linspace(0, len(batches), per_step + 1).round().astype(int)
    ranges = [batches[start:end] for start, end in pairwise(edges)]
    for batches_of_like_length in ranges:
        rng.shuffle(batches_of_like_length)
    return [[batch for batch in step if batch is not None] for step in zip_longest(*ranges)]


def _cut(order: np.ndarray, lengths: np.ndarray, tokens: int) -> Iterator[np.ndarray]:
    """Rows from short to long, cut where one more row would make the batch too large."""
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end - start + 1) * lengths[order[end]] <= tokens:
            end += 1
        yield order[start:end]
        start = end


class Steps(Sampler[list[int]]):
    """The batches of `plan`, one after another; the order follows from seed and epoch alone, so that a run resumes."""

    def __init__(self, lengths: np.ndarray, tokens: int, per_step: int, seed: int) -> None:
        self.lengths, self.tokens, self.per_step, self.seed, self.epoch = lengths, tokens, per_step, seed, 0
        self._index, self._processes = 0, 1

    def shared(self, index: int, count: int) -> Steps:
        """The batches of one of `count` processes, which divide the batches of a step."""
        share = copy.copy(self)
        share._index, share._processes = index, count
        return share

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        for step in plan(self.lengths, self.tokens, self.per_step, rng):
            mine = [batch.tolist() for batch in step[self._index :: self._processes]]
            yield from mine
            yield from [[]] * (self._each(len(step)) - len(mine))

    def rows_of(self, step: int) -> np.ndarray:
        """All rows of a step, counted over all epochs; of one process alone, their batches one after another."""
        epoch, place = divmod(step, -(-self._count // self.per_step))
        return np.concatenate(
            plan(self.lengths, self.tokens, self.per_step, np.random.default_rng([self.seed, epoch]))[place]
        )

    def __len__(self) -> int:
        steps, rest = divmod(self._count, self.per_step)
        return steps * self._each(self.per_step) + self._each(rest)

    def weight(self, step: int) -> float:
        """What a batch's loss is multiplied by at a step, counted over all epochs: more than 1 where batches of no row
        would count in the mean."""
        last = -(-self._count // self.per_step) - 1
        held = self._count - last * self.per_step if step % (last + 1) == last else self.per_step
        return self._each(held) * self._processes / held

    def _each(self, batches: int) -> int:
        """Of so many batches of a step, how many a process takes, those of no row included."""
        return -(-batches // self._processes)

    @property
    def padding(self) -> float:
        """The share of what the model reads that is padding."""
        order = np.argsort(self.lengths, kind="stable")
        read = sum(len(batch) * int(self.lengths[batch].max()) for batch in _cut(order, self.lengths, self.tokens))
        return 1 - float(self.lengths.sum()) / read if read else 0.0

    @cached_property
    def _count(self) -> int:
        """The same for every order: where rows are cut depends on their lengths alone."""
        return sum(1 for _ in _cut(np.argsort(self.lengths, kind="stable"), self.lengths, self.tokens))
