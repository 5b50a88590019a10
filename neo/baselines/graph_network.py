"""The GNN of 2T-HGNN: GraphSAGE (Hamilton et al., NeurIPS 2017) over links of several types, trained on the links.

Plain PyTorch: with all bags of an item in one index, a layer is one `embedding_bag` and one linear map a type,
and nothing is left that a graph library would shorten.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from neo.baselines.fitting import Say, seeded
from neo.baselines.hetero_graph import HeteroGraph, Neighborhood

DEPTH, HIDDEN, DIM = 2, 128, 64
FANOUT = 5  # neighbors drawn from each bag
EACH = 48  # links of each link type a step
RATE = 3e-3
TEMPERATURE = 0.1
# Of so many items a step hides whom they were met with: else nothing would teach the network what to make of an
# item that nobody met yet.
HIDDEN_SHARE = 0.2
CHUNK = 65_536


class SageLayer(nn.Module):
    """An item's vector and the means of its bags side by side, through one linear map for each item type.

    That is one map for each link type, summed. An empty bag adds nothing.
    """

    def __init__(self, n_types: int, n_slots: int, width: int, out: int) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear((1 + n_slots) * width, out) for _ in range(n_types))
        self.out = out

    def forward(self, below: Tensor, own: Tensor, types: Tensor, around: Neighborhood) -> Tensor:
        """[b, out] for the rows `own` (int64[b]) of `below` ([m, width]); `around` names rows of `below` too."""
        rows, offsets = torch.from_numpy(around.rows), torch.from_numpy(around.offsets)
        weights = torch.from_numpy(around.weights)
        means = F.embedding_bag(rows, below, offsets, mode="sum", per_sample_weights=weights, include_last_offset=True)
        seen = torch.cat([below[own], means.reshape(len(own), -1)], dim=1)
        made = seen.new_zeros(len(own), self.out)
        for code, linear in enumerate(self.maps):
            mine = torch.nonzero(types == code).squeeze(1)
            made = made.index_copy(0, mine, linear(seen[mine]))
        return made


class GraphNetwork(nn.Module):
    """DEPTH layers; what comes out has length 1."""

    def __init__(self, graph: HeteroGraph) -> None:
        super().__init__()
        self.graph = graph
        self.features, self.types = torch.from_numpy(graph.features), torch.from_numpy(graph.types)
        widths = (self.features.shape[1], *[HIDDEN] * (DEPTH - 1), DIM)
        self.layers = nn.ModuleList(
            SageLayer(graph.n_types, graph.n_slots, width, out) for width, out in pairwise(widths)
        )

    def forward(self, items: np.ndarray, rng: np.random.Generator, depth: int = DEPTH) -> Tensor:
        """[len(items), DIM] from neighbors of neighbors drawn by `rng`; for training."""
        if not depth:
            return self.features[items]
        around = self.graph.draw(items, FANOUT, rng, rng.random(len(items)) < HIDDEN_SHARE)
        needed, places = np.unique(np.concatenate([items, around.rows]), return_inverse=True)
        below = self(needed, rng, depth - 1)
        own, rows = places[: len(items)], places[len(items) :]
        return self._layer(depth, below, own, items, Neighborhood(rows, around.offsets, around.weights))

    @torch.no_grad()
    def embed(self) -> np.ndarray:
        """float32[n, DIM]: every item, from all its neighbors; nothing is drawn."""
        below = self.features
        for depth in range(1, DEPTH + 1):
            parts = []
            for start in range(0, len(self.graph), CHUNK):
                items = np.arange(start, min(start + CHUNK, len(self.graph)))
                parts.append(self._layer(depth, below, items, items, self.graph.neighbors(items)))
            below = torch.cat(parts)
        return below.numpy()

    def _layer(self, depth: int, below: Tensor, own: np.ndarray, items: np.ndarray, around: Neighborhood) -> Tensor:
        made = self.layers[depth - 1](below, torch.from_numpy(own), self.types[items], around)
        return F.relu(made) if depth < DEPTH else F.normalize(made, dim=1)


def item_embeddings(graph: HeteroGraph, seed: int, steps: int, say: Say = lambda line: None) -> np.ndarray:
    """float32[n, DIM]: a network trained so that what is linked is near, applied to every item.

    A step draws equally many links of every link type. The item of each has to pick its neighbor among all drawn
    neighbors of that type but itself (a softmax over cosines). The random state of torch is left as it was.
    """
    rng = np.random.default_rng(seed)
    with seeded(seed):
        network = GraphNetwork(graph)
    if not graph.link_types:
        return network.embed()
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(1, steps + 1):
        loss = _loss(network, *graph.draw_links(EACH, rng), rng)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            say(f"graph network: step {step} of {steps}, loss {loss.item():.3f}")
    return network.embed()


def _loss(network: GraphNetwork, items: np.ndarray, neighbors: np.ndarray, rng: np.random.Generator) -> Tensor:
    """The mean over link types. `items`, `neighbors`: int64[link types, each]."""
    needed, places = np.unique(np.stack([items, neighbors]), return_inverse=True)
    made = network(needed, rng)
    one, other = (torch.from_numpy(part.ravel()) for part in places.reshape(2, -1))
    types = network.types[needed][other]
    losses = []
    for code in torch.unique(types):
        mine = types == code
        anchors, rows, right = one[mine], other[mine], torch.arange(int(mine.sum()))
        cosines = made[anchors] @ made[rows].T / TEMPERATURE
        # The same neighbor drawn for somebody else is no wrong answer, and neither is the item itself.
        never_wrong = (rows == rows[:, None]) | (rows == anchors[:, None])
        never_wrong[right, right] = False
        losses.append(F.cross_entropy(cosines.masked_fill(never_wrong, -torch.inf), right, reduction="none"))
    return torch.cat(losses).mean()
