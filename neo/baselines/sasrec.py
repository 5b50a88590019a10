"""SASRec: a small causal transformer over a listener's items, trained to name the next one.

After Kang and McAuley, "Self-Attentive Sequential Recommendation" (ICDM 2018), with the full softmax over all
items that Klenitskiy and Vasilev, "Turning Dross Into Gold Loss" (RecSys 2023), show it needs to be strong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from neo.baselines.fitting import Fitting, Say, SequenceModel, fit, seeded
from neo.baselines.popularity import Popularity
from neo.baselines.scoring import check_k, rank_scores
from neo.baselines.sequences import Batch, hold_back, of_histories, windows
from neo.catalog.activity import Events
from neo.catalog.catalog import Catalog

# Starter world, validation week, HR@10 of shows / episodes / audiobooks: .294 / .301 / .219 in 181 s of one busy core,
# seed 1 .289 / .307 / .237. A tenth held back: .297 / .300 / .240, seed 1 .299 / .291 / .227; that with length 100,
# dropout .2, decay .01 and 4,300 steps: .291 / .297 / .218. With 1,100 steps of 1,024 events at a steady 4e-3 besides:
# .269 / .257 / .227.
WIDTH, LAYERS, HEADS, LENGTH, DROPOUT = 64, 2, 2, 50, 0.3
FITTING = Fitting(learning_rate=5e-3, weight_decay=0.1, tokens=512, steps=3800)
# For some ten thousand short sequences, with dropout .5: Amazon Scientific, second-last items, R@10/N@10 .1063/.0710;
# with 3e-3, .01, 1,500 steps and dropout .4 .1048/.0709.
SMALL = Fitting(learning_rate=5e-3, weight_decay=0.2, tokens=512, steps=1200)
BATCH = 256


class SasRec:
    """One sequence of all types; what is wanted decides only which rows are ranked."""

    name = "SASRec"

    def __init__(self, model: SasRecModel, fallback: Popularity) -> None:
        """`fallback` ranks for listeners without a history."""
        self.model = model.eval()
        self.fallback = fallback

    @classmethod
    def fit(
        cls,
        events: Events,
        catalog: Catalog,
        fallback: Popularity,
        *,
        seed: int = 0,
        width: int = WIDTH,
        layers: int = LAYERS,
        heads: int = HEADS,
        length: int = LENGTH,
        dropout: float = DROPOUT,
        fitting: Fitting = FITTING,
        say: Say = lambda line: None,
    ) -> SasRec:
        """`length`: how many events are looked at; longer pasts are cut into windows for training, so that all events
        are learned from. `say` gets a line of progress now and then. A batch needs about 4 x `fitting.tokens`
        x number of items bytes.
        """
        with seeded(seed):
            model = SasRecModel(len(catalog), width, layers, heads, length, dropout)
            left, held_back = hold_back(events, length, fitting.hold_back, seed)
            training = windows(left, length).at_least(2)
            fit(model, training, held_back, fitting, seed, lambda line: say(f"SASRec: {line}"))
        return cls(model, fallback)

    @torch.inference_mode()
    def rank(self, histories: Sequence[np.ndarray], type_name: str, k: int) -> list[np.ndarray]:
        """For each history (catalog rows of any type, oldest first) at most `k` rows of the type, best first.

        Items of the history are left out. An empty history gets the fallback's ranking.
        """
        check_k(k)
        order = self.fallback.order(type_name)
        candidates = self.model.items.weight[torch.from_numpy(order)]
        ranked = self.fallback.rank(histories, type_name, k)
        known = [i for i, history in enumerate(histories) if len(history)]
        for start in range(0, len(known), BATCH):
            some = known[start : start + BATCH]
            pasts = [histories[i] for i in some]
            batch = of_histories(pasts, self.model.length).batch(np.arange(len(some)))
            scores = (self.model.hidden(batch.items)[batch.wanted] @ candidates.T).numpy()
            for i, rows in zip(some, rank_scores(scores, order, pasts, k), strict=True):
                ranked[i] = rows
        return ranked


class SasRecModel(SequenceModel):
    """Item and place embeddings, pre-norm blocks; the next item is scored by its own embedding."""

    def __init__(self, n_items: int, width: int, layers: int, heads: int, length: int, dropout: float) -> None:
        super().__init__()
        self.length = length
        self.items = nn.Embedding(n_items, width)
        self.places = nn.Embedding(length, width)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList([_Block(width, heads, dropout) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        for table in (self.items, self.places):
            nn.init.normal_(table.weight, std=width**-0.5)

    def hidden(self, items: torch.Tensor) -> torch.Tensor:
        """float32[b, t, width] of `items` int64[b, t]: at each event what is expected after it.

        What fills a sequence up stands at its end, where no real event looks: it needs no mask.
        """
        x = self.dropout(self.items(items) + self.places.weight[: items.shape[1]])
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def losses(self, batch: Batch) -> torch.Tensor:
        """Cross-entropy over all items, at real places only; a sequence's first event is not predicted."""
        wanted = batch.wanted[:, 1:]
        expected = self.hidden(batch.items[:, :-1])[wanted]
        return full_softmax_losses(expected, self.items.weight, batch.items[:, 1:][wanted])


def full_softmax_losses(hidden: torch.Tensor, items: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """float32[n]: cross-entropy of the targets (int64[n] rows of `items`) over all items, scored by dot product."""
    losses: torch.Tensor = _FullSoftmax.apply(hidden, items, targets)
    return losses


class _FullSoftmax(torch.autograd.Function):
    """What `F.cross_entropy(hidden @ items.T, targets)` does, with one table of scores instead of three.

    On one busy CPU core, of 2,048 events and 6,000 items: .16 s forward and backward instead of .26 s.
    """

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, items: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        scores = hidden @ items.T
        scores -= scores.amax(dim=1, keepdim=True)
        chosen = scores.gather(1, targets[:, None])
        total = scores.exp_().sum(dim=1, keepdim=True)
        ctx.save_for_backward(hidden, items, targets, scores, total)
        return (total.log() - chosen).squeeze(1)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:
        hidden, items, targets, scores, total = ctx.saved_tensors
        weight = gradients[0][:, None]
        scores *= weight / total
        scores.scatter_add_(1, targets[:, None], -weight)
        return scores @ items, scores.T @ hidden, None


class _Block(nn.Module):
    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.project = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, t, width = x.shape
        parts = self.attend(self.before(x)).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_causal=True)
        x = x + self.dropout(self.project(seen.transpose(1, 2).reshape(b, t, width)))
        return x + self.dropout(self.think(self.between(x)))
