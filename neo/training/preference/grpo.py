"""GRPO: of a group of answers that the model has drawn, what was worth more than the mean becomes likelier.

(Shao et al. 2024, "DeepSeekMath", arXiv 2402.03300.) In rounds: the model as it is draws groups for the next few steps,
and these steps learn from them. Within a round it moves away from the model that drew; how much a choice counts for
that is clipped. What it may move away from the model that the stage began with is bought with `kl`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from torch import Tensor, nn

from neo.training.batches import Steps
from neo.training.codebooks import Codebooks
from neo.training.preference.groups import Group, group_loss
from neo.training.preference.rounds import Rounds
from neo.training.trainer import StageTrainer

DRAWN = "drawn.json"  # in a checkpoint's folder: what the rest of its round learns from


class GroupTrainer(StageTrainer):
    """Rows have `input_ids` of what is asked, `place`, and `length`: about as many positions as their groups take."""

    codebooks: Codebooks

    def __init__(self, *given: Any, rounds: Rounds, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.rounds = rounds
        self.round, self.groups = -1, dict[int, Group]()

    @classmethod
    def collator(cls, pad: int) -> Callable[[Sequence[dict[str, Any]]], dict[str, Any]]:
        """The places of rows: their groups may not be drawn yet when a batch is put together."""
        return lambda rows: {"places": [row["place"] for row in rows]}

    @classmethod
    def steps(cls, rows: Dataset, stage: Any, seed: int) -> Steps:
        return Steps(np.array(rows["length"]), stage.tokens, stage.accumulate, seed)

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Tensor:
        self._begin(self.state.global_step)
        return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)

    def loss(self, inputs: dict[str, Any]) -> Tensor:
        groups = [self.groups[place] for place in inputs["places"] if place in self.groups]
        return group_loss(self.model, self.rounds.vocabulary, self.codebooks, groups, self.rounds.method)

    def _begin(self, step: int) -> None:
        """Draws what a round learns from, where one begins."""
        every = self.rounds.method.steps
        if self.round == step // every:
            return
        self.round = step // every
        last = min((self.round + 1) * every, self.state.max_steps)
        rows = np.concatenate([self.batches.rows_of(one) for one in range(self.round * every, last)])
        self.groups = self.rounds.draw(np.unique(rows).tolist(), step)

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        super()._save(output_dir, state_dict)
        plain = {place: group.plain() for place, group in self.groups.items()}
        (Path(output_dir or self.args.output_dir) / DRAWN).write_text(json.dumps([self.round, plain]))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        self.round, plain = json.loads((Path(resume_from_checkpoint) / DRAWN).read_text())
        self.groups = {int(place): Group.of(group) for place, group in plain.items()}
