"""Newcomers: what share of a choice is due to codes that lead only to items which came in after training.

Where a model has learned to choose among some codes, what it says of any other is a matter of chance: mostly, that it
does not come. But it is known how many came in. So each newcomer among them counts as much as one that was learned,
on average, times what the model says of its code, over what it says of all codes that it has never seen there, in half
of a logarithm. Where nothing at all was learned, the model's word stands, and so it does for counts, which mean the
same everywhere ("the next episode of this show").

Starter world at the quickstart's budget, a tenth of the items held back, one seed, HR@10 of shows that came in and of
equally popular ones that were trained on: .05 and .33 without this, .14 and .31 with no word of the model, .19 and .29
with all of it, .18 and .30 with half. benchmarks/cold_items.py has three seeds and all types.
"""

from __future__ import annotations

import torch

WORD = 0.5  # of the logarithm of what the model says of a newcomer's code


def shared_out(logits: torch.Tensor, allowed: torch.Tensor, learned: torch.Tensor) -> torch.Tensor:
    """The logits [n, b, codes], those of newcomers replaced.

    allowed, learned: bool [n, b, codes], which codes lead to an item that may be named, and to one that the model was
    trained on, whether or not it may be named.
    """
    seen, new = allowed & learned, allowed & ~learned
    unseen = ~learned & torch.isfinite(logits)
    usual = _log_mean(logits, seen)
    said = WORD * logits
    fair = usual + said - _log_mean(said, unseen)
    return torch.where(new & seen.any(dim=-1, keepdim=True), fair, logits)


def _log_mean(values: torch.Tensor, which: torch.Tensor) -> torch.Tensor:
    """The logarithm of the mean of exp(values) over `which`, [n, b, 1]."""
    count = which.sum(dim=-1, keepdim=True).clamp(min=1).to(values.dtype)
    return values.masked_fill(~which, -torch.inf).logsumexp(dim=-1, keepdim=True) - count.log()
