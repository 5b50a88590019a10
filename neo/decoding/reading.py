"""What has read the prompts of a batch and says how they go on: all that an answer in words asks of an engine.

The loop of `mixed.py` decides what may be written and named, whoever it asks: here a model in this process, in
`vllm_engine.py` vLLM.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from transformers import PreTrainedModel

from neo.decoding.beam import search_context
from neo.decoding.context import Context, append, head_logits, log_softmax
from neo.decoding.naming import Naming
from neo.decoding.prompt_memory import PromptMemory
from neo.decoding.request import ScoredItem, SpanRequest
from neo.decoding.sampling import Sampling, gumbel, sharpen
from neo.language.vocabulary import Vocabulary


@dataclass(frozen=True)
class Writing:
    """A row that writes its next token. barred: what must not be it, beside what nobody may write (`writable`).

    most: how many tokens more, this one included, it will write at most. sampling: None for the most probable token.
    first: whether the answer begins with it, see `chosen`. naming: what it may name here, None where nothing was told.
    """

    row: int
    barred: frozenset[int]
    most: int
    sampling: Sampling | None
    first: bool
    naming: Naming | None = None


class Reading(Protocol):
    """The rows of a batch, each with the tokens that it has read."""

    def choose(self, rows: Sequence[Writing]) -> list[int]:
        """The next token of each: the most probable that it may write, or a draw. It is not read yet."""
        ...

    def append(self, tokens: Sequence[Sequence[int]], real: Sequence[bool]) -> None:
        """Reads as many further tokens of each row. real: which rows these are of; for others they are padding."""
        ...

    def search(
        self, rows: Sequence[int], spans: Sequence[SpanRequest], sampling: Sampling | None
    ) -> list[list[ScoredItem]]:
        """What the spans find that are open in these rows, in ascending order; nothing of it is read yet."""
        ...

    def only(self, rows: Sequence[int]) -> Reading:
        """Some of the rows, in ascending order."""
        ...

    def joined(self, others: Sequence[Self]) -> Self:
        """These rows, and the others' behind them."""
        ...

    def keep(self, row: int, tokens: Sequence[int]) -> None:
        """A row's answer is done: these are the prompt and all that was said."""
        ...


class ModelReading:
    """A model in this process: the rows are those of a context."""

    def __init__(
        self, model: PreTrainedModel, vocab: Vocabulary, context: Context, memory: PromptMemory | None = None
    ) -> None:
        self.model, self.vocab, self.context, self.memory = model, vocab, context, memory
        self.writable = writable(vocab).to(context.hidden.device)

    @torch.inference_mode()
    def choose(self, rows: Sequence[Writing]) -> list[int]:
        """The lowest id among equals."""
        if not rows:
            return []
        hidden = self.context.hidden[[asked.row for asked in rows]]
        logits = head_logits(self.model, hidden, 0, len(self.writable))
        return chosen(log_softmax(logits), self.writable, self.vocab, rows)

    def append(self, tokens: Sequence[Sequence[int]], real: Sequence[bool]) -> None:
        append(self.model, self.context, tokens, real)

    def search(
        self, rows: Sequence[int], spans: Sequence[SpanRequest], sampling: Sampling | None
    ) -> list[list[ScoredItem]]:
        return search_context(self.model, self.vocab, self.context.only(rows), spans, sampling)

    def only(self, rows: Sequence[int]) -> ModelReading:
        """A copy of their keys and values."""
        return ModelReading(self.model, self.vocab, self.context.only(rows), self.memory)

    def joined(self, others: Sequence[ModelReading]) -> ModelReading:
        context = self.context.joined([other.context for other in others])
        return ModelReading(self.model, self.vocab, context, self.memory)

    def keep(self, row: int, tokens: Sequence[int]) -> None:
        """A conversation's next turn is not read from its beginning."""
        if self.memory is not None:
            self.memory.keep(tokens, self.context, row)


def chosen(logp: torch.Tensor, may: torch.Tensor, vocab: Vocabulary, rows: Sequence[Writing]) -> list[int]:
    """The token that each row writes, by its log-probabilities [rows, tokens]; may: what anybody may write.

    An answer begins with words where these have more probability together than an item has: every item begins with one
    token and words with many, so by single tokens an answer that is to say why began with an item too often. Of what it
    names see `Naming`.
    """
    logp = allowed(logp, may, rows)
    known = logp.clone() if any(asked.sampling is not None for asked in rows) else logp
    for mine, asked in zip(logp, rows, strict=True):
        if asked.sampling is not None:
            drawn = sharpen(mine, asked.sampling)
            mine.copy_(drawn + gumbel(drawn, asked.sampling.generator))
        elif asked.first and bool(mine[: vocab.text_size].logsumexp(0) > mine[[vocab.open, vocab.end]].logsumexp(0)):
            mine[[vocab.open, vocab.end]] = -torch.inf
    return settled(logp.argmax(dim=1).tolist(), known, vocab, rows)


def allowed(logp: torch.Tensor, may: torch.Tensor, rows: Sequence[Writing]) -> torch.Tensor:
    """A copy of log-probabilities [rows, tokens] without those of what must not be written."""
    logp = logp.masked_fill(~may, -torch.inf)
    barred = [(at, token) for at, asked in enumerate(rows) for token in asked.barred]
    if barred:
        logp[tuple(zip(*barred, strict=True))] = -torch.inf
    return logp


def settled(tokens: Sequence[int], logp: torch.Tensor, vocab: Vocabulary, rows: Sequence[Writing]) -> list[int]:
    """The tokens, or what was told instead, see `Naming`; logp: [rows, tokens], of what may be written."""
    return [
        token if asked.naming is None else asked.naming.settled(token, of_all, vocab.parts_of_words)
        for token, of_all, asked in zip(tokens, logp, rows, strict=True)
    ]


def writable(vocab: Vocabulary) -> torch.Tensor:
    """bool [text and control ids]: text that is no base control token, `<|end|>` and `<|sid|>`."""
    may = torch.zeros(max(vocab.open, vocab.end) + 1, dtype=torch.bool)
    may[: vocab.text_size] = True
    may[sorted(vocab.special_ids)] = False
    may[[vocab.open, vocab.end]] = True
    return may
