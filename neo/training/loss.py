"""The loss: next-token prediction where a label stands, and nowhere else.

An answer is scored against the whole vocabulary, since the model must learn by itself which tokens come next. The
items of a history are scored as the decoder will score them: a code against the codes of its own type and level.
There nothing else can stand, so nothing else is worth a row of the head (64 of 4,600 in the starter recipe).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from neo.language.render import IGNORED
from neo.language.vocabulary import Vocabulary


@dataclass(frozen=True)
class Codebooks:
    """Where requests begin and end, and which rows of the head hold the codes of one type and level.

    edges: int64 [n + 1], ascending; codebook i is the tokens from edges[i] on and before edges[i + 1].
    """

    prompt: int
    answer: int
    edges: Tensor

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Codebooks:
        levels = range(vocabulary.levels)
        starts = [vocabulary.code_start(name, level) for name in vocabulary.type_names for level in levels]
        return cls(vocabulary.prompt, vocabulary.answer, torch.tensor([*starts, vocabulary.size]))

    def asked(self, ids: Tensor) -> Tensor:
        """bool, shaped as `ids`: what lies in a request and not in an answer."""
        return (ids == self.prompt).cumsum(1) > (ids == self.answer).cumsum(1)


def next_token_loss(model: PreTrainedModel, ids: Tensor, labels: Tensor, codebooks: Codebooks | None = None) -> Tensor:
    """The mean cross-entropy of the labels, over int64 [rows, length] padded on the right.

    Only positions with a label meet the head: scoring every prompt token as well would take three times as long
    (benchmarks/masked_loss.py). And as attention looks back only, padding on the right needs no mask.
    """
    hidden = model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    head, wanted = model.get_output_embeddings(), labels[:, 1:]
    trained = wanted != IGNORED
    if codebooks is None:
        return functional.cross_entropy(head(hidden[trained]).float(), wanted[trained])
    heard = trained & codebooks.asked(ids)[:, 1:]
    answered = trained & ~heard
    total = functional.cross_entropy(head(hidden[answered]).float(), wanted[answered], reduction="sum")
    total = total + _within_codebooks(hidden[heard], wanted[heard], head, codebooks.edges.to(ids.device))
    return total / trained.sum().clamp(min=1)


def _within_codebooks(hidden: Tensor, codes: Tensor, head: nn.Linear, edges: Tensor) -> Tensor:
    """The summed cross-entropy of each code among those of its codebook. hidden: [n, d]; codes: token ids [n]."""
    total, rows, bias = hidden.new_zeros(()), head.weight, head.bias
    book = torch.bucketize(codes, edges, right=True) - 1
    for at in book.unique().tolist():
        mine, start, end = book == at, int(edges[at]), int(edges[at + 1])
        logits = functional.linear(hidden[mine], rows[start:end], None if bias is None else bias[start:end]).float()
        total = total + functional.cross_entropy(logits, codes[mine] - start, reduction="sum")
    return total
