"""Newcomers: what share of a choice is due to codes that lead only to items which came in after training.

Where a model has learned to choose among some codes, how probable it finds all others is a matter of chance: mostly,
not at all. But it is known how many came in, and among codes that it never saw there its word is worth something, for
codes mean things. So newcomers together count as much as so many that were learned, on average, and each by what the
model says of its code over what it says of all codes that it has never seen there, on average. Where nothing at all was
learned, the model's word stands, and so it does for counts, which mean the same everywhere ("the next episode of this
show").

Starter world at the quickstart's budget, a tenth of the items held back, seed 3, HR@10 of shows that came in and of
equally popular ones that were trained on (253 cases): .09 and .27 with no word of the model, .14 and .26 with the
square root of what it says, .17 and .25 with what it says. The last is what `benchmarks/cold_items.py RECIPE --seeds 3`
prints, with all types; the others were tries, as were .05 and .33 without any of this on seed 0.
"""

from __future__ import annotations

import torch


def shared_out(logits: torch.Tensor, allowed: torch.Tensor, learned: torch.Tensor) -> torch.Tensor:
    """The logits [n, b, codes], those of newcomers replaced.

    allowed, learned: bool [n, b, codes], which codes lead to an item that may be named, and to one that the model was
    trained on, whether or not it may be named.
    """
    seen, new = allowed & learned, allowed & ~learned
    unseen = ~learned & torch.isfinite(logits)
    fair = _log_mean(logits, seen) + logits - _log_mean(logits, unseen)
    return torch.where(new & seen.any(dim=-1, keepdim=True), fair, logits)


def _log_mean(values: torch.Tensor, which: torch.Tensor) -> torch.Tensor:
    """The logarithm of the mean of exp(values) over `which`, [n, b, 1]."""
    count = which.sum(dim=-1, keepdim=True).clamp(min=1).to(values.dtype)
    return values.masked_fill(~which, -torch.inf).logsumexp(dim=-1, keepdim=True) - count.log()
