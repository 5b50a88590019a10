"""Answers in words by vLLM: it writes a few tokens ahead, and what is not allowed is chosen again.

The rules are those of the loop in `mixed.py`. vLLM is not told what may be written: a list of a text vocabulary's ids
is more than it takes on a GPU (1,024), and on a CPU 150,000 of them cost 10 ms a word. It writes as if nothing were
forbidden, which is right for nearly every word of a trained model; the first token that may not stand is chosen from
all log-probabilities instead, as the embedded engine does it. So the answer is the most probable one that is allowed,
token after token. A draw is from the same distribution too (what was drawn and refused is drawn again among the rest),
but it is another draw.
"""

from __future__ import annotations

from collections.abc import Sequence

from neo.decoding.reading import Writing, allowed, chosen, settled, writable
from neo.decoding.request import ScoredItem, SpanRequest
from neo.decoding.sampling import Sampling
from neo.decoding.vllm_engine import Prefix, Vllm, search_prefixes_by

AHEAD = 16  # tokens that are written at a time: a block of vLLM's cache, and how far a stream of text lags behind


class VllmReading:
    """The rows of a batch as prefixes, and what vLLM has written ahead of each."""

    def __init__(self, vllm: Vllm, prefixes: Sequence[Prefix]) -> None:
        self.vllm, self.prefixes = vllm, list(prefixes)
        self.ahead: list[list[int]] = [[] for _ in prefixes]
        self.far = [AHEAD] * len(prefixes)  # one token after a refusal, then twice as many each time
        self.may = writable(vllm.vocab)

    def choose(self, rows: Sequence[Writing]) -> list[int]:
        """The next token of what was written ahead; where that may not be it, the choice is made here."""
        empty = [asked for asked in rows if not (self.ahead[asked.row] or _weighed(asked))]
        written = self.vllm.write(
            [self.prefixes[asked.row] for asked in empty],
            [min(asked.most, self.far[asked.row]) for asked in empty],
            [asked.sampling for asked in empty],
        )
        for asked, tokens in zip(empty, written, strict=True):
            self.ahead[asked.row], self.far[asked.row] = tokens, min(AHEAD, 2 * self.far[asked.row])
        refused = [asked for asked in rows if not self._stands(asked)]
        doubted = [asked for asked in rows if asked not in refused and self._doubted(asked)]
        for asked in refused:
            self.far[asked.row] = 1 if self.ahead[asked.row] else self.far[asked.row]
        anew = dict(zip((asked.row for asked in refused), self._chosen(refused), strict=True))
        anew |= dict(zip((asked.row for asked in doubted), self._settled(doubted), strict=True))
        return [anew[asked.row] if asked.row in anew else self.ahead[asked.row][0] for asked in rows]

    def append(self, tokens: Sequence[Sequence[int]], real: Sequence[bool]) -> None:
        """What was written ahead stays as long as it is what comes."""
        for row, (mine, live) in enumerate(zip(tokens, real, strict=True)):
            if not live:
                continue
            self.prefixes[row] = self.prefixes[row].then(mine)
            known = self.ahead[row]
            self.ahead[row] = known[len(mine) :] if known[: len(mine)] == list(mine) else []

    def search(
        self, rows: Sequence[int], spans: Sequence[SpanRequest], sampling: Sampling | None
    ) -> list[list[ScoredItem]]:
        return search_prefixes_by(self.vllm, [self.prefixes[row] for row in rows], spans, sampling)

    def only(self, rows: Sequence[int]) -> VllmReading:
        some = VllmReading(self.vllm, [self.prefixes[row] for row in rows])
        some.ahead, some.far = [self.ahead[row] for row in rows], [self.far[row] for row in rows]
        return some

    def joined(self, others: Sequence[VllmReading]) -> VllmReading:
        every = [self, *others]
        together = VllmReading(self.vllm, [prefix for one in every for prefix in one.prefixes])
        together.ahead = [tokens for one in every for tokens in one.ahead]
        together.far = [far for one in every for far in one.far]
        return together

    def keep(self, row: int, tokens: Sequence[int]) -> None:
        """vLLM's prefix cache keeps what it has read by itself."""

    def _stands(self, asked: Writing) -> bool:
        """Whether the row may go on with what was written ahead."""
        token = next(iter(self.ahead[asked.row]), len(self.may))
        return token < len(self.may) and bool(self.may[token]) and token not in asked.barred

    def _doubted(self, asked: Writing) -> bool:
        """Whether something else may have to be named instead."""
        token, parts = self.ahead[asked.row][0], self.vllm.vocab.parts_of_words
        return asked.naming is not None and asked.naming.doubts(token, parts)

    def _settled(self, rows: Sequence[Writing]) -> list[int]:
        """What each writes, of what was written ahead and what was told."""
        if not rows:
            return []
        logp = self.vllm.all_logprobs([self.prefixes[asked.row] for asked in rows], len(self.may))
        logp, written = allowed(logp, self.may, rows), [self.ahead[asked.row][0] for asked in rows]
        return settled(written, logp, self.vllm.vocab, rows)

    def _chosen(self, rows: Sequence[Writing]) -> list[int]:
        """The choice among all that each may write."""
        if not rows:
            return []
        logp = self.vllm.all_logprobs([self.prefixes[asked.row] for asked in rows], len(self.may))
        return chosen(logp, self.may, self.vllm.vocab, rows)


def _weighed(asked: Writing) -> bool:
    """Whether words together are weighed against an item, of which one token says nothing."""
    return asked.first and asked.sampling is None
