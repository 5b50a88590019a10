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
from neo.training.codebooks import Codebooks
from neo.training.config import PreferenceStage
from neo.training.loss import row_log_probs
from neo.training.precision import attention_in_float32, bf16_is_fast
from neo.training.trainer import StageTrainer


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

    def loss(self, inputs: dict[str, Any]) -> Tensor:
        logp = row_log_probs(self.model, inputs["input_ids"], inputs["labels"], self.codebooks)
        best, worst = logp.chunk(2)
        learned = best - worst - inputs["reference"]
        said = (inputs["labels"].chunk(2)[0] != IGNORED).sum(1)
        method = self.stage.dpo
        assert method is not None, "pairs are DPO's"
        return (-logsigmoid(method.beta * learned) - method.anchor * best / said).mean()


def padded(rows: Sequence[Sequence[int]], value: int) -> Tensor:
    """int64 [rows, longest], filled up on the right."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[value] * (longest - len(row))] for row in rows])


@torch.no_grad()
def references(
    model: PreTrainedModel, rows: Dataset, stage: PreferenceStage, pad: int, books: Codebooks
) -> list[float]:
    """How much likelier what is preferred is already, row by row, in the precision that the stage is trained in."""
    collate, device = PreferenceTrainer.collator(pad), model.device
    books, found = books.to(device), [0.0] * len(rows)
    with attention_in_float32(model), torch.autocast(device.type, torch.bfloat16, enabled=bf16_is_fast()):
        for places in PreferenceTrainer.steps(rows, stage, seed=0):
            batch = collate([{**row, "reference": 0.0} for row in rows.select(places)])
            best, worst = row_log_probs(model, batch["input_ids"].to(device), batch["labels"].to(device), books).chunk(
                2
            )
            for place, value in zip(places, (best - worst).tolist(), strict=True):
                found[place] = value
    return found
