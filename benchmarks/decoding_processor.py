"""Our constraint within `generate`, to compare with: what may come next follows from the ids alone.

Nothing is remembered between steps, so beams may be reordered as `generate` likes. A row of vocabulary width is masked
for every beam, which is what NEO's own search avoids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import LogitsProcessor

from neo.decoding.index import SidIndex
from neo.decoding.lookup import Lookup
from neo.decoding.reading import writable
from neo.language.vocabulary import Vocabulary
from neo.sids.table import code_bits

TEXT, BROKEN = -1, -2


@dataclass(frozen=True)
class SpanState:
    """Where running sequences stand, int64 [n] each.

    level: TEXT outside spans; 0 to levels after so many codes of an open span; BROKEN where what follows the
    last `<|sid|>` are no codes of one type. kind: the span's type as a place in vocab.type_names (0 where
    unknown). prefix: the packed codes of the open span.
    """

    level: torch.Tensor
    kind: torch.Tensor
    prefix: torch.Tensor


def span_state(ids: torch.Tensor, vocab: Vocabulary) -> SpanState:
    """Running sequences, int64 [n, t] -> where each one stands. Only the last `levels` + 1 tokens matter."""
    tail = ids[:, -(vocab.levels + 1) :]
    n, length = tail.shape
    level = torch.full((n,), TEXT, device=ids.device)
    kind, prefix = torch.zeros_like(level), torch.zeros_like(level)
    for count in range(length):  # the span was opened `count` tokens ago
        said = tail[:, length - count :]
        opened = (level == TEXT) & (tail[:, length - 1 - count] == vocab.open) & ~(said == vocab.close).any(dim=1)
        if not bool(opened.any()):
            continue
        level[opened] = count if count == 0 else BROKEN
        for place, name in enumerate(vocab.type_names if count else ()):
            starts = torch.tensor([vocab.code_start(name, deep) for deep in range(count)], device=ids.device)
            codes = said - starts
            fits = opened & ((codes >= 0) & (codes < vocab.codes(name))).all(dim=1)
            packed = torch.zeros_like(level)
            for deep in range(count):
                packed = packed << code_bits(vocab.codes(name)) | codes[:, deep].clamp(min=0)
            level[fits], kind[fits], prefix[fits] = count, place, packed[fits]
    return SpanState(level, kind, prefix)


class SpanProcessor(LogitsProcessor):
    """For `model.generate(..., logits_processor=[SpanProcessor(vocab, index)])`.

    Outside spans: text, `<|end|>`, and `<|sid|>` if an item of `types` (default: all) exists. Inside: the
    codes that lead to an item, then `<|/sid|>`. A span that leads to none can only be closed. A prompt that ends within
    a history, whose span holds many items, is not for this: end it with `<|answer|>`, or use `search_spans`.

    `generate` fills up with impossible sequences when it has more beams than there are items: ask for no more
    beams than there are different tuples, or drop what has a sequence score below -1e6.
    """

    def __init__(self, vocab: Vocabulary, index: SidIndex, types: Sequence[str] | None = None) -> None:
        self._vocab = vocab
        types = tuple(index.types) if types is None else types
        self._lookups = {name: Lookup([index.of(name)]) for name in types}
        outside = torch.zeros(vocab.size, dtype=torch.bool)
        may = writable(vocab)
        outside[: len(may)] = may
        outside[vocab.open] = any(len(index.of(name)) for name in types)
        self._outside = outside

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        allowed = self.allowed_tokens(input_ids)
        scores[:, : allowed.shape[1]].masked_fill_(~allowed, -torch.inf)
        scores[:, allowed.shape[1] :] = -torch.inf  # heads can be wider than the vocabulary
        return scores

    def allowed_tokens(self, ids: torch.Tensor) -> torch.Tensor:
        """Running sequences, int64 [n, t] -> bool [n, vocab.size], what may come next in each. Never an empty row."""
        vocab, state = self._vocab, span_state(ids, self._vocab)
        allowed = torch.zeros((len(ids), vocab.size), dtype=torch.bool, device=ids.device)
        allowed[state.level == TEXT] = self._outside.to(ids.device)
        for name, lookup in self._lookups.items():
            mine = (state.kind == vocab.type_names.index(name)) | (state.level == 0)
            for level in range(vocab.levels):
                rows = (mine & (state.level == level)).nonzero().flatten()
                start = vocab.code_start(name, level)
                part = lookup.allowed(torch.zeros_like(rows), state.prefix[rows], level)
                allowed[rows, start : start + lookup.size] = part
        allowed[~allowed.any(dim=1), vocab.close] = True
        return allowed
