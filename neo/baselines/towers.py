"""The two towers of 2T-HGNN: one reads a history, the other an item, and their dot product says who meets what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from neo.baselines.fitting import Say, seeded
from neo.baselines.meetings import Meetings

# Tuned on the starter's validation week: HR@10 of shows / episodes / audiobooks, seed 0, standard errors .009 to
# .017. These values .330 / .269 / .304, seed 1 .332 / .274 / .311. Tried while an item still competed with itself in
# the graph network and items not out yet were learned from (these values then .333 / .271 / .288): the last 60 days
# only .310 / .288 / .301; without the mean at 0.3 .329 / .273 / .290, and that with a batch of 256, a history of 100
# and 1,500 steps .317 / .283 / .272.
RECENT = 50
DECAYS = (1.0, 0.8, 0.3)
HIDDEN, DIM = 256, 64
EACH = 128  # meetings of each type a step
SAMPLES = 1024
RATE = 2e-3
WEIGHT_DECAY = 1e-4
TEMPERATURE = 0.07


@dataclass(frozen=True, eq=False)
class Items:
    """What the towers read of items. vectors: float32[n, d], the GNN's. features: float32[n, f], all the rest
    (content, how often met). types: int64[n]."""

    vectors: Tensor
    features: Tensor
    types: Tensor
    n_types: int


class Towers(nn.Module):
    """Both towers are networks of one hidden layer; what comes out has length 1."""

    def __init__(self, items: Items) -> None:
        super().__init__()
        self.items = items
        width, n_types = items.vectors.shape[1], items.n_types
        self.listener = _network(n_types * (len(DECAYS) * width + 1), HIDDEN, DIM)
        self.item = _network(width + items.features.shape[1] + n_types, HIDDEN, DIM)

    def listeners(self, recent: np.ndarray) -> Tensor:
        """[b, DIM]. `recent`: int64[b, RECENT], the items of a history, the last one first, then -1.

        For each type: means of the items' vectors, all alike and by 0.8 and 0.3 a step back, and log(1 + how many).
        """
        rows = torch.from_numpy(recent[:, (recent >= 0).any(axis=0)])
        types = torch.where(rows < 0, -1, self.items.types[rows.clamp(min=0)])
        of_type = (types[:, None] == torch.arange(self.items.n_types)[None, :, None]).float()
        counts = of_type.sum(dim=2)
        back = of_type.cumsum(dim=2) - 1
        weights = torch.cat([of_type * decay**back for decay in DECAYS], dim=1)
        weights = weights / weights.sum(dim=2, keepdim=True).clamp(min=1e-6)
        means = torch.bmm(weights, self.items.vectors[rows.clamp(min=0)])
        return F.normalize(self.listener(torch.cat([means.flatten(1), counts.log1p()], dim=1)), dim=1)

    def things(self, rows: np.ndarray) -> Tensor:
        """[b, DIM] for items: their vectors, their features and their type."""
        of_type = F.one_hot(self.items.types[rows], self.items.n_types).float()
        return F.normalize(
            self.item(torch.cat([self.items.vectors[rows], self.items.features[rows], of_type], 1)), dim=1
        )

    @torch.no_grad()
    def embed(self, chunk: int = 65_536) -> np.ndarray:
        """float32[n, DIM]: every item."""
        n = len(self.items.types)
        parts = [self.things(np.arange(start, min(start + chunk, n))) for start in range(0, n, chunk)]
        return torch.cat(parts).numpy() if parts else np.zeros((0, DIM), dtype=np.float32)


def train_towers(
    items: Items, meetings: Meetings, visible: np.ndarray, seed: int, steps: int, say: Say = lambda line: None
) -> Towers:
    """Towers that tell the item a listener met next from others of its type, by what was met before.

    visible: int64[], ascending, rows of the items that were out; no other competes.

    A step takes equally many first meetings of every type. A type of at most 1,024 items gets the softmax over
    all of them; of a larger one, the meetings of the batch and a uniform sample compete, and each logit is
    lowered by the log of how likely its item was to be among them (Yi et al., RecSys 2019), so that being
    drawn often is not held against the popular. What the listener had met already does not compete.
    """
    rng = np.random.default_rng(seed)
    with seeded(seed):
        towers = Towers(items)
    types = items.types.numpy()[visible]
    pools = [Pool.of(meetings, visible[types == code]) for code in range(items.n_types)]
    pools = [pool for pool in pools if len(pool.meetings)]
    if not pools:
        return towers
    optimizer = torch.optim.AdamW(towers.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(1, steps + 1):
        loss = torch.stack([_loss(towers, meetings, pool, rng) for pool in pools]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 250 == 0 or step == steps:
            say(f"two towers: step {step} of {steps}, loss {loss.item():.3f}")
    return towers


@dataclass(frozen=True, eq=False)
class Pool:
    """One type. rows: int64[m], its items, ascending; meetings: int64[], numbers of the meetings with them;
    share: float64[m], how large a part of these is with each item."""

    rows: np.ndarray
    meetings: np.ndarray
    share: np.ndarray

    @classmethod
    def of(cls, meetings: Meetings, rows: np.ndarray) -> Pool:
        mine = np.flatnonzero(np.isin(meetings.target, rows))
        count = np.bincount(np.searchsorted(rows, meetings.target[mine]), minlength=len(rows))
        return cls(rows, mine, count / max(1, len(mine)))

    def candidates(self, targets: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(places in `rows`, ascending; log of how likely each was to be among them, float32)."""
        if len(self.rows) <= SAMPLES:
            return np.arange(len(self.rows)), np.zeros(len(self.rows), dtype=np.float32)
        drawn = rng.choice(len(self.rows), SAMPLES, replace=False)
        places = np.unique(np.concatenate([np.searchsorted(self.rows, targets), drawn]))
        missed = (1 - self.share[places]) ** len(targets) * (1 - SAMPLES / len(self.rows))
        return places, np.log1p(-missed).astype(np.float32)


def _loss(towers: Towers, meetings: Meetings, pool: Pool, rng: np.random.Generator) -> Tensor:
    batch = rng.choice(pool.meetings, EACH)
    targets = meetings.target[batch]
    places, chance = pool.candidates(targets, rng)
    rows = pool.rows[places]
    logits = towers.listeners(meetings.recent(batch, RECENT)) @ towers.things(rows).T / TEMPERATURE
    logits = logits - torch.from_numpy(chance)
    logits = logits.masked_fill(torch.from_numpy(meetings.met_before(batch, rows)), -torch.inf)
    return F.cross_entropy(logits, torch.from_numpy(np.searchsorted(rows, targets)))


def _network(width: int, hidden: int, out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, out))
