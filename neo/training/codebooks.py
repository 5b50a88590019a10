"""What a decoder's head says of codes: which tokens a code is one of, and which of them lead on to an item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor, nn

from neo.decoding.index import SidIndex
from neo.decoding.packed import PackedSids
from neo.language.vocabulary import Vocabulary


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
