"""Beam search with the constraint off, over the whole vocabulary: for evaluation only.

It shows what the model would say on its own: how many beams fall in the type that the prompt asks for, and
how many name an item that exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from neo.decoding.beam import check_opened
from neo.decoding.context import check_model, head_logits, log_softmax, read
from neo.decoding.levels import select
from neo.decoding.tree import Tree
from neo.language.vocabulary import Vocabulary
from neo_sdk.errors import InvalidRequestError


@dataclass(frozen=True)
class FreeBeam:
    """The tokens after `<|sid|>`, as many as a SID has levels, and their log-probability. They can be
    anything."""

    tokens: tuple[int, ...]
    score: float


@torch.inference_mode()
def search_unconstrained(
    model: PreTrainedModel, vocab: Vocabulary, prompts: Sequence[Sequence[int]], beams: int = 30
) -> list[list[FreeBeam]]:
    """For each prompt (ending with `<|sid|>`) its `beams` most probable continuations, the best first."""
    if isinstance(beams, bool) or not isinstance(beams, int) or beams < 1:
        raise InvalidRequestError(f"beams must be a whole number of at least 1, got {beams!r}.")
    check_model(model)
    for prompt in prompts:
        check_opened(model, vocab, prompt)
    if not prompts:
        return []
    context = read(model, prompts, vocab.pad)
    size = model.get_output_embeddings().weight.shape[0]
    tree, hidden = Tree(model, context), context.hidden[:, None]
    score = torch.zeros((len(prompts), 1), device=hidden.device)
    tokens = torch.zeros((len(prompts), 1, 0), dtype=torch.int64, device=hidden.device)
    widths = torch.full((len(prompts),), beams, device=hidden.device)
    for level in range(vocab.levels):
        total = (score[..., None] + log_softmax(head_logits(model, hidden, 0, size))).flatten(1)
        columns, alive = select(total, widths)
        score = total.gather(1, columns).masked_fill(~alive, -torch.inf)
        parents, last = columns.div(size, rounding_mode="floor"), columns % size
        before = tokens.gather(1, parents[..., None].expand(-1, -1, level))
        tokens = torch.cat([before, last[..., None]], dim=2)
        if level + 1 < vocab.levels:
            hidden = tree.grow(last, parents)
    found = []
    for row_score, row_tokens in zip(score, tokens, strict=True):
        order = row_score.sort(descending=True, stable=True).indices
        pairs = zip(row_tokens[order].tolist(), row_score[order].tolist(), strict=True)
        found.append([FreeBeam(tuple(ids), value) for ids, value in pairs if value > -torch.inf])
    return found
