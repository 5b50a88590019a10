"""DPO over rows of pairs: what is preferred becomes likelier than it was, and what is not less likely."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from datasets import Dataset
from pyarrow import compute
from torch import Tensor
from torch.nn.functional import logsigmoid
from transformers import PreTrainedModel

from neo.language.render import IGNORED
from neo.training.batches import Steps
from neo.training.config import PreferenceStage
from neo.training.loss import Codebooks, row_log_probs
from neo.training.trainer import StageTrainer

AT_ONCE = 4_096  # tokens


class PreferenceTrainer(StageTrainer):
    """Rows have, beside `input_ids` and `labels` of what is preferred, those of what is not, and `reference`: by how
    much the likelier the one was before the stage, as a difference of log-probabilities."""

    stage: PreferenceStage
    codebooks: Codebooks

    @classmethod
    def collator(cls, pad: int) -> Callable[[Sequence[dict[str, Any]]], dict[str, Tensor]]:
        """Rows [n] as ids and labels [2n, length], the preferred ones first."""

        def collate(rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
            ids = [row[name] for name in ("input_ids", "rejected_ids") for row in rows]
            labels = [row[name] for name in ("labels", "rejected_labels") for row in rows]
            reference = torch.tensor([row["reference"] for row in rows])
            return {"input_ids": padded(ids, pad), "labels": padded(labels, IGNORED), "reference": reference}

        return collate

    @classmethod
    def steps(cls, rows: Dataset, stage: Any, seed: int) -> Steps:
        table = rows.with_format("arrow")[:]
        best, worst = (compute.list_value_length(table[name]).to_numpy() for name in ("input_ids", "rejected_ids"))
        return Steps(2 * torch.tensor(best).maximum(torch.tensor(worst)).numpy(), stage.tokens, stage.accumulate, seed)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        with self.accelerator.autocast():
            logp = row_log_probs(model, inputs["input_ids"], inputs["labels"], self.codebooks)
        best, worst = logp.chunk(2)
        learned = best - worst - inputs["reference"]
        said = (inputs["labels"].chunk(2)[0] != IGNORED).sum(1)
        return (-logsigmoid(self.stage.beta * learned) - self.stage.anchor * best / said).mean()


def padded(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    """int64 [rows, longest], filled up on the right."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows])


@torch.no_grad()
def references(model: PreTrainedModel, rows: Dataset, pad: int, codebooks: Codebooks) -> list[float]:
    """How much likelier what is preferred is already, row by row."""
    collate = PreferenceTrainer.collator(pad)
    device = model.device
    found = [0.0] * len(rows)
    codebooks = codebooks.to(device)
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]["input_ids"]))
    longest = max((len(row[name]) for row in rows for name in ("input_ids", "rejected_ids")), default=1)
    size = max(1, AT_ONCE // (2 * longest))
    for start in range(0, len(order), size):
        places = order[start : start + size]
        batch = collate([{**rows[place], "reference": 0.0} for place in places])
        logp = row_log_probs(model, batch["input_ids"].to(device), batch["labels"].to(device), codebooks)
        best, worst = logp.chunk(2)
        for place, value in zip(places, (best - worst).tolist(), strict=True):
            found[place] = value
    return found
