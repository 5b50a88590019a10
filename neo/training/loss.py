"""The loss: next-token prediction where a label stands, and nowhere else.

An answer is scored against the whole vocabulary, since the model must learn by itself which tokens come next. In a
history a code is scored as the decoder will score it: against the codes that lead on, from those before it, to an item
of the catalog. So nothing has to learn which items there are, only which of them comes next, and a few rows of the head
do instead of 4,600 (starter recipe).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from neo.language.render import IGNORED
from neo.listeners.soft_prompt import embed
from neo.training.codebooks import Codebooks


def next_token_loss(model: PreTrainedModel, ids: Tensor, labels: Tensor, codebooks: Codebooks | None = None) -> Tensor:
    """The mean cross-entropy of the labels, over int64 [rows, length] padded on the right.

    Only positions with a label meet the head (benchmarks/masked_loss.py has the gain). And as attention looks back
    only, padding on the right needs no mask. Without any label the loss is 0.
    """
    hidden = model.get_decoder()(inputs_embeds=embed(model, ids), use_cache=False).last_hidden_state[:, :-1]
    head, wanted = model.get_output_embeddings(), labels[:, 1:]
    trained = wanted != IGNORED
    heard = trained & codebooks.asked(ids)[:, 1:] if codebooks else torch.zeros_like(trained)
    answered = trained & ~heard
    total = functional.cross_entropy(head(hidden[answered]).float(), wanted[answered], reduction="sum")
    if codebooks:
        total = total + _heard(hidden, wanted, ids, heard, head, codebooks)
    return total / trained.sum().clamp(min=1)


def _heard(hidden: Tensor, wanted: Tensor, ids: Tensor, heard: Tensor, head: nn.Linear, codebooks: Codebooks) -> Tensor:
    """The summed cross-entropy of each code of a history among those that lead on to an item.

    hidden: [rows, length - 1, d]; wanted, heard: [rows, length - 1], of the places after.
    """
    total, hidden, wanted = hidden.new_zeros(()), hidden[heard], wanted[heard]
    parts = codebooks.parts_of(head)
    for book, own, leads_on in codebooks.choices(ids, functional.pad(heard, (1, 0))):
        logits = functional.linear(hidden[own], *parts[book.start]).float().masked_fill(~leads_on, -torch.inf)
        total = total + functional.cross_entropy(logits, wanted[own] - book.start, reduction="sum")
    return total


def row_log_probs(model: PreTrainedModel, ids: Tensor, labels: Tensor, codebooks: Codebooks) -> Tensor:
    """float32 [rows]: the log-probability of what each row's labels say, scored as in `next_token_loss`."""
    hidden = model.get_decoder()(inputs_embeds=embed(model, ids), use_cache=False).last_hidden_state[:, :-1]
    head, wanted = model.get_output_embeddings(), labels[:, 1:]
    trained = wanted != IGNORED
    heard = trained & codebooks.asked(ids)[:, 1:]
    answered = trained & ~heard
    row = torch.arange(len(ids), device=ids.device)[:, None].expand(wanted.shape)
    total = torch.zeros(len(ids), device=ids.device)
    said = -functional.cross_entropy(head(hidden[answered]).float(), wanted[answered], reduction="none")
    total = total.index_add(0, row[answered], said)
    parts, hidden, wanted, row = codebooks.parts_of(head), hidden[heard], wanted[heard], row[heard]
    for book, own, leads_on in codebooks.choices(ids, functional.pad(heard, (1, 0))):
        logits = functional.linear(hidden[own], *parts[book.start]).float().masked_fill(~leads_on, -torch.inf)
        said = -functional.cross_entropy(logits, wanted[own] - book.start, reduction="none")
        total = total.index_add(0, row[own], said)
    return total
