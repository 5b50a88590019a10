from __future__ import annotations

import torch
from tiny_sequences import events_of
from torch import nn

from neo.baselines.fitting import LOOKS, PATIENCE, Fitting, SequenceModel, fit
from neo.baselines.sequences import Batch, windows


class Climber(SequenceModel):
    """Its one weight climbs for as long as it is trained; held-back events are predicted best at 3."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.looks: list[float] = []

    def losses(self, batch: Batch) -> torch.Tensor:
        count = int(batch.wanted.sum())
        if self.training:
            return -self.weight.expand(count)
        self.looks.append(float(self.weight))
        return (self.weight - 3).abs().expand(count)


def test_weights_are_those_of_the_best_look_and_training_ends_when_none_is_better() -> None:
    model, sequences, said = Climber(), windows(events_of([[1, 2, 3]] * 4), 5), list[str]()
    fit(model, sequences, sequences, Fitting(1.0, 0.0, tokens=1000, steps=LOOKS), 0, said.append)
    best = min(model.looks, key=lambda weight: abs(weight - 3))
    assert float(model.weight.detach()) == best
    assert model.looks.index(best) + 1 + PATIENCE == len(model.looks) == len(said) < LOOKS
