"""Where the soft prompt's projection starts from: a listener's vector begins as the mean of what they met."""

from __future__ import annotations

import numpy as np
import torch
from transformers import PreTrainedModel

from neo.catalog.activity import Dataset
from neo.language.vocabulary import Vocabulary
from neo.listeners.model import ListenerModel
from neo.listeners.soft_prompt import SoftPrompt
from neo.sids.table import SidTable

PENALTY = 0.01  # of the ridge regression, for each listener


def new_soft_prompt(
    model: PreTrainedModel,
    vocabulary: Vocabulary,
    table: SidTable,
    known: ListenerModel,
    dataset: Dataset,
    positions: int,
    seed: int,
) -> SoftPrompt:
    """A projection whose first position is, as nearly as a linear one can be, the mean row of the codes that a listener
    met: what the decoder reads is among what it can read already. Further positions begin at random."""
    embeddings = model.get_input_embeddings().weight.detach().float().cpu()  # in 4 bits it lies on the GPU
    soft = SoftPrompt(known.space, known.dim, embeddings.shape[1], positions)
    soft.start_like(embeddings, torch.Generator().manual_seed(seed))
    events = dataset.events
    who = np.flatnonzero(np.diff(events.offsets) > 0)
    if not len(who):
        return soft
    when = np.full(len(who), int(events.time.max()) + 1)
    vectors = torch.from_numpy(known.vectors(events, who, when, dataset.listeners, who).values)
    met = _mean_rows(events.item, events.listener, events.n_listeners, vocabulary, table, embeddings)[who]
    if not bool(met.any()):
        return soft
    middle = vectors.mean(0)
    spread, wanted = vectors - middle, met - met.mean(0)
    penalty = PENALTY * len(who) * torch.eye(known.dim)
    weight = torch.linalg.solve(spread.T @ spread + penalty, spread.T @ wanted)
    bias = met.mean(0) - middle @ weight
    # A mean of many rows is shorter than any of them.
    gain = embeddings.square().mean().sqrt() / (vectors @ weight + bias).square().mean().sqrt()
    with torch.no_grad():
        soft.projection.weight[: len(bias)] = gain * weight.T
        soft.projection.bias[: len(bias)] = gain * bias
    return soft


def _mean_rows(
    items: np.ndarray,
    listeners: np.ndarray,
    count: int,
    vocabulary: Vocabulary,
    table: SidTable,
    embeddings: torch.Tensor,
) -> torch.Tensor:
    """float32 [listeners, hidden]: the mean row of the codes of all that each of them met; zero for who met none."""
    total, number = torch.zeros(count, embeddings.shape[1]), torch.zeros(count, 1)
    types = table.types_of_rows(items)
    for code, name in enumerate(table.type_names):
        mine = np.flatnonzero(types == code)
        if not len(mine):
            continue
        codes = torch.from_numpy(table.codes_of_rows(items[mine]).astype(np.int64))
        starts = torch.tensor([vocabulary.code_start(name, level) for level in range(table.levels)])
        whose = torch.from_numpy(listeners[mine].astype(np.int64))
        for level in range(table.levels):
            total.index_add_(0, whose, embeddings[codes[:, level] + starts[level]])
            number.index_add_(0, whose, torch.ones(len(mine), 1))
    return total / number.clamp(min=1)
