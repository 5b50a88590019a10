"""Is plain text still what it was? Perplexity on texts that no stage has read, after each stage."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch.nn.functional import cross_entropy, pad
from transformers import PreTrainedModel

TOKENS = 4096  # of a batch: over 49,000 ids, 800 MB of logits, of which three copies exist


@torch.inference_mode()
def perplexity(model: PreTrainedModel, texts: Sequence[Sequence[int]], text_size: int) -> float:
    """Of token ids, over every token but the first of each text.

    text_size: how many ids are text. Only they compete: a text has no others, and a base model knows no others.
    """
    model.eval()
    total, count = 0.0, 0
    told = sorted((text for text in texts if len(text) > 1), key=len)  # of like length: little padding
    rows = [torch.tensor(list(text), device=model.device) for text in told]
    for batch in _batches(rows):
        longest = len(batch[-1])
        ids = torch.stack([pad(row, (0, longest - len(row))) for row in batch])
        there = torch.stack([pad(torch.ones_like(row), (0, longest - len(row))) for row in batch])
        logits = model(input_ids=ids, attention_mask=there).logits[:, :-1, :text_size].float()
        labels = ids[:, 1:].masked_fill(there[:, 1:] == 0, -100)
        total += float(cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum"))
        count += int((labels >= 0).sum())
    return math.exp(total / count) if count else math.nan


def _batches(rows: Sequence[torch.Tensor]) -> Iterator[Sequence[torch.Tensor]]:
    """Rows from short to long, cut where one more would make a batch too large; a long one is alone."""
    start = 0
    for end in range(1, len(rows) + 1):
        if end == len(rows) or (end + 1 - start) * len(rows[end]) > TOKENS:
            yield rows[start:end]
            start = end
