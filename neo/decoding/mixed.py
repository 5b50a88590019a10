"""Answers that mix text and items: one loop that streams events.

The model writes text tokens; where it opens a span with `<|sid|>`, the item is found by a search on the same
cache, named as an event, and its tokens are run as if the model had written them. So every item exists, none
comes twice, and a span is never left open. The loop owns all processing of the logits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from transformers import PreTrainedModel

from neo.decoding.beam import ScoredItem, SpanRequest, search_context
from neo.decoding.context import (
    append,
    check_model,
    check_prompt,
    head_logits,
    log_softmax,
    position_limit,
    read,
)
from neo.decoding.index import SidIndex
from neo.decoding.loops import third_time
from neo.decoding.sampling import Sampling, gumbel, sharpen
from neo.decoding.text_stream import TextStream
from neo.language.vocabulary import Vocabulary
from neo_sdk.errors import InvalidRequestError, NeoError


@dataclass(frozen=True)
class TextDelta:
    """A piece of text, whole characters only."""

    text: str


@dataclass(frozen=True)
class ItemNamed:
    """An item, with its log-probability at this place of the answer."""

    row: int
    score: float
    type: str
    codes: tuple[int, ...]


@dataclass(frozen=True)
class Done:
    """The last event. `stop`: the model ended the answer; `length`: the tokens or the model's context ran
    out.

    tokens: how many tokens the answer has, the tokens of items included.
    """

    reason: Literal["stop", "length"]
    tokens: int


Event = TextDelta | ItemNamed | Done


@dataclass(frozen=True)
class _Limits:
    tokens: int
    items: int
    least_items: int
    positions: int


def stream_answer(
    model: PreTrainedModel,
    vocab: Vocabulary,
    index: SidIndex,
    prompt: Sequence[int],
    types: tuple[str, ...],
    *,
    format: Literal["text", "mixed"] = "mixed",
    max_tokens: int = 256,
    max_items: int = 10,
    min_items: int = 0,
    beams: int = 30,
    temperature: float | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> Iterator[Event]:
    """Answers a prompt (ending with `<|answer|>`), yielding TextDelta and ItemNamed, then one Done.

    Greedy unless `temperature` or `top_p` is given; either way text does not run in circles (`third_time`).
    `max_tokens` counts text tokens, `max_items` items; with `min_items`, the answer goes on naming items until
    there are that many or none is left. The format `text` names none. Items are of `types` and from `index`
    (filters are filtered indexes). Closing the iterator stops at once. Raises InvalidRequestError, before the
    first event, for arguments out of range and prompts that are too long.
    """
    if format not in ("text", "mixed"):
        raise InvalidRequestError(f"format must be 'text' or 'mixed', got {format!r}.")
    for name, value, least in (
        ("max_tokens", max_tokens, 1),
        ("max_items", max_items, 0),
        ("min_items", min_items, 0),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InvalidRequestError(f"{name} must be a whole number of at least {least}, got {value!r}.")
    if format == "text":
        max_items = min_items = 0
    if min_items > max_items:
        raise InvalidRequestError(f"min_items must not exceed max_items ({max_items}), got {min_items}.")
    sampling = None
    if temperature is not None or top_p is not None:
        sampling = Sampling.check(temperature, top_p, generator)
    check_model(model)
    check_prompt(model, prompt, 1)
    request = SpanRequest(types, index, k=1, beams=beams)
    if format == "mixed":
        request.check(vocab)
    limits = _Limits(max_tokens, max_items, min_items, position_limit(model))
    return _answer(model, vocab, request, list(prompt), limits, sampling)


def _answer(
    model: PreTrainedModel,
    vocab: Vocabulary,
    request: SpanRequest,
    prompt: list[int],
    limits: _Limits,
    sampling: Sampling | None,
) -> Iterator[Event]:
    context = read(model, [prompt], vocab.pad)
    writable = _writable(vocab, context.hidden.device)
    stream = TextStream(vocab)
    said: list[int] = []
    words = named = 0
    span_tokens = vocab.levels + 2
    used = len(prompt)  # positions

    while True:
        room = limits.positions - used
        may_name = named < limits.items and room >= span_tokens and not request.is_empty
        owed = may_name and named < limits.least_items
        if words < limits.tokens and room > 0:
            barred = third_time(said, vocab.decode) | (set() if may_name else {vocab.open})
            token = _choose(model, context.hidden, writable, barred, sampling)
            if token == vocab.end and owed:
                token = vocab.open
        elif owed:
            token = vocab.open
        else:
            token = None
        if token is None or token == vocab.end:
            if held := stream.flush():
                yield TextDelta(held)
            yield Done("length" if token is None else "stop", used - len(prompt))
            return
        if token == vocab.open:
            if held := stream.flush():
                yield TextDelta(held)
            append(model, context, [token])
            found = search_context(model, vocab, context, [request], sampling)[0]
            if not found:
                raise NeoError("The model gives every item of the catalog a probability of zero.")
            item = found[0]
            yield ItemNamed(item.row, item.score, item.type, item.codes)
            span = vocab.sid_ids(item.codes, item.type)
            append(model, context, span[1:])
            said.extend(span)
            request = _after(request, item)
            named, used = named + 1, used + span_tokens
        else:
            if text := stream.push(token):
                yield TextDelta(text)
            append(model, context, [token])
            said.append(token)
            words, used = words + 1, used + 1


def _after(request: SpanRequest, item: ScoredItem) -> SpanRequest:
    """The request without what it just named."""
    return SpanRequest(request.types, request.index.without(item.type, item.codes), request.k, request.beams)


def _writable(vocab: Vocabulary, device: torch.device) -> torch.Tensor:
    """bool [text and control ids]: text that is no base control token, `<|end|>` and `<|sid|>`."""
    writable = torch.zeros(max(vocab.open, vocab.end) + 1, dtype=torch.bool, device=device)
    writable[: vocab.text_size] = True
    writable[sorted(vocab.special_ids)] = False
    writable[[vocab.open, vocab.end]] = True
    return writable


@torch.inference_mode()
def _choose(
    model: PreTrainedModel,
    hidden: torch.Tensor,
    writable: torch.Tensor,
    barred: set[int],
    sampling: Sampling | None,
) -> int:
    """The next token outside spans: the most probable one (the lowest id among equals), or a draw."""
    logp = log_softmax(head_logits(model, hidden, 0, len(writable))[0]).masked_fill(~writable, -torch.inf)
    logp[list(barred)] = -torch.inf
    if sampling is not None:
        logp = sharpen(logp, sampling)
        logp = logp + gumbel(logp, sampling.generator)
    return int(logp.argmax())
