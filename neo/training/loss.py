"""The loss: next-token prediction where a label stands, and nowhere else.

An answer is scored against the whole vocabulary, since the model must learn by itself which tokens come next. In a
history a code is scored against the codes of its own type and level: which item comes next is what a history can
teach, and the words of a request say of which type. So 64 rows of the head do instead of 4,600 (starter recipe).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from neo.language.render import IGNORED
from neo.language.vocabulary import Vocabulary


@dataclass(frozen=True)
class Codebooks:
    """Where requests begin and end, and which rows of the head hold the codes of one type and level.

    edges: ascending; codebook i is the tokens from edges[i] on and before edges[i + 1].
    """

    prompt: int
    answer: int
    edges: tuple[int, ...]

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Codebooks:
        levels = range(vocabulary.levels)
        starts = [vocabulary.code_start(name, level) for name in vocabulary.type_names for level in levels]
        return cls(vocabulary.prompt, vocabulary.answer, (*starts, vocabulary.size))

    def asked(self, ids: Tensor) -> Tensor:
        """bool, shaped as `ids`: what lies in a request and not in an answer."""
        return (ids == self.prompt).cumsum(1) > (ids == self.answer).cumsum(1)


def next_token_loss(model: PreTrainedModel, ids: Tensor, labels: Tensor, codebooks: Codebooks | None = None) -> Tensor:
    """The mean cross-entropy of the labels, over int64 [rows, length] padded on the right.

    Only positions with a label meet the head (benchmarks/masked_loss.py has the gain). And as attention looks back
    only, padding on the right needs no mask. Without any label the loss is 0.
    """
    hidden = model.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
    head, wanted = model.get_output_embeddings(), labels[:, 1:]
    trained = wanted != IGNORED
    heard = trained & codebooks.asked(ids)[:, 1:] if codebooks else torch.zeros_like(trained)
    answered = trained & ~heard
    total = functional.cross_entropy(head(hidden[answered]).float(), wanted[answered], reduction="sum")
    if codebooks:
        total = total + _within_codebooks(hidden[heard], wanted[heard], head, codebooks.edges)
    return total / trained.sum().clamp(min=1)


def _within_codebooks(hidden: Tensor, codes: Tensor, head: nn.Linear, edges: tuple[int, ...]) -> Tensor:
    """The summed cross-entropy of each code among those of its codebook. hidden: [n, d]; codes: token ids [n]."""
    total, rows, bias = hidden.new_zeros(()), head.weight, head.bias
    for start, end in pairwise(edges):
        mine = (start <= codes) & (codes < end)
        logits = functional.linear(hidden[mine], rows[start:end], None if bias is None else bias[start:end]).float()
        total = total + functional.cross_entropy(logits, codes[mine] - start, reduction="sum")
    return total
