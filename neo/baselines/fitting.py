"""How the neural baselines are trained: AdamW, and a held-back event of some listeners that says when to stop."""

from __future__ import annotations

import copy
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import nn

from neo.baselines.sequences import Batch, Sequences

Say = Callable[[str], None]
LOOKS = 20  # how often in a training the held-back events are looked at
PATIENCE = 4  # so many looks in a row may be no better than the best before training ends early


@dataclass(frozen=True)
class Fitting:
    """`tokens`: events a batch, filling included; `hold_back`: listeners, at most.

    The learning rate falls in a straight line to 0 over `steps` batches: as steps, not epochs, the same budget
    suits a small data set and a large one.
    """

    learning_rate: float
    weight_decay: float
    tokens: int
    steps: int
    hold_back: int = 1000


class SequenceModel(nn.Module, ABC):
    """What can be fitted."""

    @abstractmethod
    def losses(self, batch: Batch) -> torch.Tensor:
        """float32[number of wanted events]: what each costs, in nats."""


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's draws on the CPU follow from `seed` inside, and go on as if nothing had been outside."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def fit(model: SequenceModel, training: Sequences, held_back: Sequences, fitting: Fitting, seed: int, say: Say) -> None:
    """Trains in place, to the weights that predict the held-back events best; call it inside `seeded`.

    What is held back is never learned from, not even at the end. Where nothing is, the training events decide. The
    same machine, threads and seed give the same weights. `say` gets a line a look.
    """
    batches = _endless(training, fitting.tokens, np.random.default_rng([seed, 2]))
    judge = held_back if len(held_back) else training
    best, kept, stale, done, started = float("inf"), model.state_dict(), 0, 0, time.perf_counter()
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=fitting.weight_decay)
    while len(training) and done < fitting.steps and stale < PATIENCE:
        model.train()
        total, count = 0.0, 0
        for batch in islice(batches, min(max(1, fitting.steps // LOOKS), fitting.steps - done)):
            for group in optimizer.param_groups:
                group["lr"] = fitting.learning_rate * (1 - done / fitting.steps)
            losses = model.losses(batch)
            optimizer.zero_grad()
            losses.mean().backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            total, count, done = total + float(losses.detach().sum()), count + len(losses), done + 1
        score, seconds = _mean_loss(model, judge, fitting.tokens), time.perf_counter() - started
        say(f"step {done}/{fitting.steps}  loss {total / count:.3f}  held back {score:.3f}  {seconds:.0f} s")
        stale += 1
        if score < best:
            best, kept, stale = score, copy.deepcopy(model.state_dict()), 0
    model.load_state_dict(kept)
    model.eval()


def _endless(sequences: Sequences, tokens: int, rng: np.random.Generator) -> Iterator[Batch]:
    while True:
        yield from sequences.batches(tokens, rng)


@torch.inference_mode()
def _mean_loss(model: SequenceModel, sequences: Sequences, tokens: int) -> float:
    model.eval()
    losses = [model.losses(batch) for batch in sequences.batches(tokens)]
    return float(torch.cat(losses).mean())
