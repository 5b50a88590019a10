"""The loss: next-token prediction where a label stands, and nowhere else.

An answer is scored against the whole vocabulary, since the model must learn by itself which tokens come next. In a
history a code is scored as the decoder will score it: against the codes that lead on, from those before it, to an item
of the catalog. So nothing has to learn which items there are, only which of them comes next, and a few rows of the head
do instead of 4,600 (starter recipe).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from neo.decoding.index import SidIndex
from neo.decoding.packed import PackedSids
from neo.language.render import IGNORED
from neo.language.vocabulary import Vocabulary
from neo.listeners.soft_prompt import embed


@dataclass(frozen=True, eq=False)
class Codebook:
    """The tokens of one type and level: `size` of them from `start` on. sids: the tuples of the type."""

    start: int
    size: int
    level: int
    sids: PackedSids

    def holds(self, ids: Tensor) -> Tensor:
        """bool, shaped as `ids`."""
        return (self.start <= ids) & (ids < self.start + self.size)


@dataclass(frozen=True, eq=False)
class Codebooks:
    """Where requests begin and end, and which codes may follow which. books: by level."""

    prompt: int
    answer: int
    books: tuple[Codebook, ...]

    @classmethod
    def of(cls, vocabulary: Vocabulary, index: SidIndex) -> Codebooks:
        """index: the items that a history may hold."""
        books = [
            Codebook(vocabulary.code_start(name, level), part.size, level, part.folded().base)
            for level in range(vocabulary.levels)
            for name, part in index.types.items()
        ]
        return cls(vocabulary.prompt, vocabulary.answer, tuple(books))

    def to(self, device: torch.device) -> Codebooks:
        return replace(self, books=tuple(replace(book, sids=book.sids.to(device)) for book in self.books))

    def parts_of(self, head: nn.Linear) -> dict[int, tuple[Tensor, Tensor | None]]:
        """By where it starts, each book's rows of the head and of its bias.

        Cut in one piece: the gradient of a slice is as large as the head, full of zeros, for every book.
        """
        size = head.weight.shape[0]
        edges = sorted({0, size, *(edge for book in self.books for edge in (book.start, book.start + book.size))})
        sizes = [end - start for start, end in pairwise(edges)]
        weights = head.weight.split(sizes)
        biases = [None] * len(sizes) if head.bias is None else head.bias.split(sizes)
        return dict(zip(edges, zip(weights, biases, strict=True), strict=False))

    def asked(self, ids: Tensor) -> Tensor:
        """bool, shaped as `ids`: what lies in a request and not in an answer."""
        return (ids == self.prompt).cumsum(1) > (ids == self.answer).cumsum(1)

    def choices(self, ids: Tensor, where: Tensor) -> Iterator[tuple[Codebook, Tensor, Tensor]]:
        """Book by book: which of the n places are its own, bool [n], and the codes that lead on, bool [own, size].

        ids: int64 [rows, length]; where: bool [rows, length], n places that hold codes of whole items.
        """
        prefixes = torch.zeros_like(ids)  # of an item, what has been read before each place
        for book in self.books:
            held = book.holds(ids)
            own = held[where]
            if bool(own.any()):
                yield book, own, book.sids.allowed(prefixes[where][own], book.level)
            read = prefixes << book.sids.bits | (ids - book.start)
            prefixes[:, 1:] = torch.where(held[:, :-1], read[:, :-1], prefixes[:, 1:])


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
