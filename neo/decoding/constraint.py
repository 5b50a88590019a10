"""The constraint for people who call `generate`: what may come next follows from the ids alone.

Nothing is remembered between steps, so beams may be reordered as `generate` likes. `search_spans` and
`stream_answer` do not use this: masking a row of vocabulary width is what they avoid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import LogitsProcessor

from neo.decoding.index import SidIndex
from neo.language.vocabulary import Vocabulary

TEXT, BROKEN = -1, -2


@dataclass(frozen=True)
class SpanState:
    """Where running sequences stand, [n] each.

    level: TEXT outside spans; 0 to levels after so many codes of an open span; BROKEN where what follows the
    last `<|sid|>` are no codes of one type. kind: the span's type as a place in vocab.type_names (0 where
    unknown).
    prefix: uint64, the packed codes of the open span.
    """

    level: np.ndarray
    kind: np.ndarray
    prefix: np.ndarray


def span_state(ids: np.ndarray, vocab: Vocabulary) -> SpanState:
    """Running sequences, int [n, t] -> where each one stands. Only the last `levels` + 1 tokens matter."""
    tail = ids[:, -(vocab.levels + 1) :]
    n, length = tail.shape
    level = np.full(n, TEXT)
    kind, prefix = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.uint64)
    for count in range(length):  # the span was opened `count` tokens ago
        opened = (level == TEXT) & (tail[:, length - 1 - count] == vocab.open)
        opened &= ~(tail[:, length - count :] == vocab.close).any(axis=1)
        if not opened.any():
            continue
        level[opened] = count if count == 0 else BROKEN
        for place, name in enumerate(vocab.type_names if count else ()):
            starts = np.array([vocab.code_start(name, deep) for deep in range(count)])
            codes = tail[:, length - count :].astype(np.int64) - starts
            fits = opened & ((codes >= 0) & (codes < vocab.codes(name))).all(axis=1)
            packed = np.zeros(n, dtype=np.uint64)
            for deep in range(count):
                packed = packed * np.uint64(vocab.codes(name)) + codes[:, deep].clip(min=0).astype(np.uint64)
            level[fits], kind[fits], prefix[fits] = count, place, packed[fits]
    return SpanState(level, kind, prefix)


def allowed_tokens(
    ids: np.ndarray, vocab: Vocabulary, index: SidIndex, types: Sequence[str] | None = None
) -> np.ndarray:
    """Running sequences, int [n, t] -> bool [n, vocab.size], what may come next in each. Never an empty row.

    Outside spans: text, `<|end|>`, and `<|sid|>` if an item of `types` (default: all) exists. Inside: the
    codes that lead to an item, then `<|/sid|>`. A span that leads to none can only be closed.
    """
    types = tuple(index.types) if types is None else types
    state = span_state(ids, vocab)
    allowed = np.zeros((len(ids), vocab.size), dtype=np.bool_)
    text = np.ones(vocab.text_size, dtype=np.bool_)
    text[sorted(vocab.special_ids)] = False
    outside = state.level == TEXT
    allowed[outside, : vocab.text_size] = text
    allowed[outside, vocab.end] = True
    allowed[outside, vocab.open] = any(len(index.of(name).keys) for name in types)
    for level in range(vocab.levels):
        for kind, name in enumerate(vocab.type_names):
            if name in types:
                rows = np.flatnonzero((state.level == level) & ((level == 0) | (state.kind == kind)))
                start = vocab.code_start(name, level)
                part = index.allowed_codes(name, state.prefix[rows], level)
                allowed[rows, start : start + vocab.codes(name)] = part
    allowed[~allowed.any(axis=1), vocab.close] = True
    return allowed


class SpanProcessor(LogitsProcessor):
    """For `model.generate(..., logits_processor=[SpanProcessor(vocab, index)])`.

    `generate` fills up with impossible sequences when it has more beams than there are items: ask for no more
    beams than `index.reachable(types)`, or drop what has a sequence score below -1e6.
    """

    def __init__(self, vocab: Vocabulary, index: SidIndex, types: Sequence[str] | None = None) -> None:
        self._vocab, self._index, self._types = vocab, index, types

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        tail = input_ids[:, -(self._vocab.levels + 1) :].cpu().numpy()
        allowed = torch.zeros_like(scores, dtype=torch.bool)  # heads can be wider than the vocabulary
        part = allowed_tokens(tail, self._vocab, self._index, self._types)
        allowed[:, : part.shape[1]] = torch.from_numpy(part)
        scores[~allowed] = -torch.inf
        return scores
