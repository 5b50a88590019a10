"""Answers that mix text and items: one loop that streams the events of a batch of requests.

Each row of the batch has a place of its own: it writes text tokens; where it opens a span with `<|sid|>`, the item is
found by a search on the same cache, named as an event, and its tokens are run as if the model had written them. So
every item exists, none comes twice, and a span is never left open. An answer that begins with certain words speaks of
something known: then its first item is of an index of its own. The loop owns all processing of the logits.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from transformers import PreTrainedModel

from neo.decoding.context import check_model, check_prompt, position_limit, read
from neo.decoding.fixed import FixedShapes, tree_room
from neo.decoding.index import SidIndex
from neo.decoding.loops import third_time
from neo.decoding.prompt_memory import PromptMemory
from neo.decoding.reading import ModelReading, Reading, Writing
from neo.decoding.request import GroupLimit, ScoredItem, SpanRequest
from neo.decoding.sampling import Sampling
from neo.decoding.text_stream import TextStream
from neo.language.vocabulary import Vocabulary
from neo_sdk.errors import InvalidRequestError, NeoError

MOST_ASIDE = 128  # tokens of an aside; a starter world's have 45 on average


@dataclass(frozen=True)
class TextDelta:
    """A piece of text, whole characters only."""

    text: str


@dataclass(frozen=True)
class ItemNamed:
    """An item, with its log-probability at this place of the answer, and its shift if there is one."""

    row: int
    score: float
    type: str
    codes: tuple[int, ...]


@dataclass(frozen=True)
class Done:
    """The last event. `stop`: the model ended the answer; `length`: the tokens or the model's context ran
    out.

    tokens: how many tokens the answer has, the tokens of items included. said: all that stands behind the prompt now,
    asides too, without the end.
    """

    reason: Literal["stop", "length"]
    tokens: int
    said: tuple[int, ...] = field(default=(), compare=False, repr=False)


Event = TextDelta | ItemNamed | Done


@dataclass(frozen=True, eq=False)
class AnswerRequest:
    """What one row of a batch is to answer.

    prompt: token ids that end with `<|answer|>`. Items are of `types` and from `index` (filters are filtered indexes);
    the format `text` names none. `max_tokens` counts text tokens, `max_items` items; with `min_items`, the answer goes
    on naming items until there are that many or none is left. Greedy unless `temperature` or `top_p` is given; either
    way text does not run in circles (`third_time`). An item that comes right after `about_words`, the first tokens of
    an answer, is of `about`, of whatever type. `aside`: tokens that the model reads, and nobody else, behind an item
    that words have led to (a catalog row, and whether it is the first), and once an answer has begun with
    `about_them` (None). `joint`: tokens that an answer with words writes before an item that it would have ended
    without. `begins`: the answer's first tokens, text and `<|sid|>`, whatever the model would write.
    """

    index: SidIndex
    prompt: Sequence[int]
    types: tuple[str, ...]
    format: Literal["text", "mixed"] = "mixed"
    max_tokens: int = 256
    max_items: int = 10
    min_items: int = 0
    beams: int = 30
    limit: GroupLimit | None = None
    shift: torch.Tensor | None = None
    temperature: float | None = None
    top_p: float | None = None
    generator: torch.Generator | None = None
    about: SidIndex | None = None
    about_words: tuple[int, ...] = ()
    about_them: tuple[int, ...] = ()
    aside: Callable[[int | None, bool], Sequence[int]] | None = None
    joint: tuple[int, ...] = ()
    begins: tuple[int, ...] = ()

    def check(self, model: PreTrainedModel, vocab: Vocabulary) -> None:
        """InvalidRequestError for arguments out of range, and for a prompt that is too long."""
        if self.format not in ("text", "mixed"):
            raise InvalidRequestError(f"format must be 'text' or 'mixed', got {self.format!r}.")
        for name, least in (("max_tokens", 1), ("max_items", 0), ("min_items", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InvalidRequestError(f"{name} must be a whole number of at least {least}, got {value!r}.")
        if self.format == "mixed" and self.min_items > self.max_items:
            raise InvalidRequestError(f"min_items must not exceed max_items ({self.max_items}), got {self.min_items}.")
        self.sampling()
        check_prompt(model, self.prompt, 1)
        if self.format == "mixed":
            for span in self.spans():
                span.check(vocab)

    @property
    def items_owed(self) -> int:
        """How many items the answer must name, as long as there are any."""
        return self.min_items if self.format == "mixed" else 0

    def most_tokens(self, span: int, positions: int) -> int:
        """The most that its answer can have, with spans of so many tokens and a model of so many positions."""
        items = (self.max_items + (self.about is not None)) if self.format == "mixed" else 0
        span += MOST_ASIDE if self.aside is not None else 0
        asked = self.max_tokens + max(items, 1) * span
        return min(asked, positions - len(self.prompt))

    def sampling(self) -> Sampling | None:
        """None for greedy."""
        if self.temperature is None and self.top_p is None:
            return None
        return Sampling.check(self.temperature, self.top_p, self.generator)

    def span(self) -> SpanRequest:
        """The search of its first item."""
        return SpanRequest(self.types, self.index, k=1, beams=self.beams, limit=self.limit, shift=self.shift)

    def spoken_of(self) -> SpanRequest | None:
        """The search of the item that an answer begins with by speaking of it."""
        if self.about is None or not len(self.about):
            return None
        return SpanRequest(tuple(self.about.types), self.about, k=1, beams=self.beams)

    def spans(self) -> list[SpanRequest]:
        return [self.span(), *filter(None, [self.spoken_of()])]


def stream_answer(
    model: PreTrainedModel,
    vocab: Vocabulary,
    request: AnswerRequest,
    memory: PromptMemory | None = None,
    shapes: FixedShapes | None = None,
) -> Iterator[Event]:
    """Answers one request, yielding TextDelta and ItemNamed, then one Done. See `stream_answers`."""
    return (event for _, event in stream_answers(model, vocab, [request], memory, shapes))


def stream_answers(
    model: PreTrainedModel,
    vocab: Vocabulary,
    requests: Sequence[AnswerRequest],
    memory: PromptMemory | None = None,
    shapes: FixedShapes | None = None,
    gone: Callable[[int], bool] | None = None,
) -> Iterator[tuple[int, Event]]:
    """Answers a batch, yielding (place of the request, event) as they come; each request's last event is Done.

    What a request gets is what it gets alone. Closing the iterator stops at once. Raises InvalidRequestError,
    before the first event, for what cannot be answered. memory, shapes: see `search_spans`. gone: asked before every
    step, whether nobody waits for the answer of a request any more; it ends without a Done.
    """
    check_model(model)
    for request in requests:
        request.check(model, vocab)
    return _answers(model, vocab, requests, memory, shapes, gone) if requests else iter(())


def _answers(
    model: PreTrainedModel,
    vocab: Vocabulary,
    requests: Sequence[AnswerRequest],
    memory: PromptMemory | None,
    shapes: FixedShapes | None,
    gone: Callable[[int], bool] | None,
) -> Iterator[tuple[int, Event]]:
    context, positions = read(model, [request.prompt for request in requests], vocab.pad, memory), position_limit(model)
    if shapes is not None:
        answer = max(request.most_tokens(vocab.levels + 2, positions) for request in requests)
        spans = [span for request in requests for span in request.spans()]
        context = shapes.hold(context, answer + tree_room(vocab.levels, spans))
    yield from answers_of(ModelReading(model, vocab, context, memory), vocab, positions, requests, gone)


@dataclass
class _Row:
    """Where one answer stands. queue: tokens that are decided and not yet run; used: positions, with the queue."""

    place: int
    request: AnswerRequest
    span: SpanRequest
    stream: TextStream
    sampling: Sampling | None
    used: int
    said: list[int] = field(default_factory=list)
    queue: deque[int] = field(default_factory=deque)
    begins: deque[int] = field(default_factory=deque)
    words: int = 0
    aside: int = 0  # tokens of `said` that are no part of the answer
    named: int = 0
    of_group: Counter[int] = field(default_factory=Counter)  # items named of each
    searches: bool = False  # what runs next opens a span
    joined: bool = False  # the joint stands, and an item comes next
    done: bool = False

    @property
    def speaks_of(self) -> SpanRequest | None:
        """The search of what is spoken of, where a span that opens here would name that."""
        return self.request.spoken_of() if tuple(self.said) == self.request.about_words else None

    @property
    def search(self) -> SpanRequest:
        """What a span that opens here would look for."""
        return self.speaks_of or self.span


def answers_of(
    reading: Reading,
    vocab: Vocabulary,
    positions: int,
    requests: Sequence[AnswerRequest],
    gone: Callable[[int], bool] | None = None,
) -> Iterator[tuple[int, Event]]:
    """`stream_answers` to checked requests, whose prompts an engine has read, one a row. positions: the most that it
    reads of a row."""
    loop = _Loop(reading, vocab, positions)
    rows = [
        _Row(place, request, request.span(), TextStream(vocab), request.sampling(), len(request.prompt))
        for place, request in enumerate(requests)
    ]
    for row in rows:
        row.begins.extend(row.request.begins)
    while True:
        for row, event in loop.write(rows):
            if row.done:
                loop.reading.keep(rows.index(row), [*row.request.prompt, *row.said])
            yield row.place, event
        if gone is not None:
            for row in rows:
                row.done = row.done or gone(row.place)
        if all(row.done for row in rows):
            return
        # A batch that is mostly answered is made smaller; its cache is copied, so not for every row that ends.
        if sum(row.done for row in rows) * 4 >= len(rows):
            loop.reading = loop.reading.only([at for at, row in enumerate(rows) if not row.done])
            rows = [row for row in rows if not row.done]
        loop.run(rows)
        for row, event in loop.name(rows):
            yield row.place, event


class _Loop:
    """The three moves of the loop: every row writes a token, the tokens are run, opened spans are searched."""

    def __init__(self, reading: Reading, vocab: Vocabulary, positions: int) -> None:
        self.reading, self.vocab, self.positions = reading, vocab, positions
        self.span_tokens = vocab.levels + 2

    def write(self, rows: Sequence[_Row]) -> Iterator[tuple[_Row, Event]]:
        """Decides a token for each row that has none in its queue, or ends its answer."""
        writing = [(at, row) for at, row in enumerate(rows) if not (row.queue or row.done)]
        may_write = [(at, row) for at, row in writing if row.words < row.request.max_tokens and self._room(row) > 0]
        tokens = dict(zip((at for at, _ in may_write), self.reading.choose(self._asked(may_write)), strict=True))
        for at, row in writing:
            token = tokens.get(at)
            if token is not None and row.begins:
                token = row.begins.popleft()
            if row.joined:
                row.joined, token = False, self.vocab.open
            elif token in (None, self.vocab.end) and self._may_name(row) and row.named < row.request.items_owed:
                row.joined = self._joins(row)
                if row.joined:
                    for written in row.request.joint:
                        yield from ((row, event) for event in self._written(row, written))
                    continue
                token = self.vocab.open
            yield from ((row, event) for event in self._written(row, token))

    def _written(self, row: _Row, token: int | None) -> Iterator[Event]:
        """What a token, or None at the end of all room, means for a row."""
        if token is not None and token not in (self.vocab.end, self.vocab.open):
            row.queue.append(token)
            row.said.append(token)
            row.words, row.used = row.words + 1, row.used + 1
            if text := row.stream.push(token):
                yield TextDelta(text)
            if tuple(row.said) == row.request.about_them:
                self._put_before(row, None, True)
            return
        if held := row.stream.flush():
            yield TextDelta(held)
        if token == self.vocab.open:
            row.queue.append(token)
            row.searches = True
        else:
            row.done = True
            reason: Literal["stop", "length"] = "length" if token is None else "stop"
            yield Done(reason, row.used - row.aside - len(row.request.prompt), tuple(row.said))

    def _room(self, row: _Row) -> int:
        return self.positions - row.used

    def _may_name(self, row: _Row) -> bool:
        if row.request.format != "mixed" or self._room(row) < self.span_tokens:
            return False
        # What is spoken of is not one of the items that were asked for.
        return row.speaks_of is not None or (row.named < row.request.max_items and not row.span.is_empty)

    def _joins(self, row: _Row) -> bool:
        """Whether words stand before, and there is room for more."""
        more = len(row.request.joint)
        room = row.words + more <= row.request.max_tokens and self._room(row) >= more + self.span_tokens
        return bool(more and row.words) and room

    def run(self, rows: Sequence[_Row]) -> None:
        """Runs as many tokens of every row as the shortest queue has; a finished row is padding."""
        count = min(len(row.queue) for row in rows if not row.done)
        tokens = [[self.vocab.pad] * count if row.done else [row.queue.popleft() for _ in range(count)] for row in rows]
        self.reading.append(tokens, [not row.done for row in rows])

    def name(self, rows: Sequence[_Row]) -> Iterator[tuple[_Row, Event]]:
        """Searches the spans that have just been opened, and queues what is left of them."""
        opened = [(at, row) for at, row in enumerate(rows) if row.searches and not row.queue]
        drawn = [[pair] for pair in opened if pair[1].sampling is not None]  # each has a generator of its own
        found: dict[int, list[ScoredItem]] = {}
        for group in (g for g in ([pair for pair in opened if pair[1].sampling is None], *drawn) if g):
            places, spans = [at for at, _ in group], [row.search for _, row in group]
            results = self.reading.search(places, spans, group[0][1].sampling)
            found.update(zip(places, results, strict=True))
        for at, row in opened:
            if not found[at]:
                raise NeoError("The model gives every item of the catalog a probability of zero.")
            item = found[at][0]
            yield row, ItemNamed(item.row, item.score, item.type, item.codes)
            self._named(row, item)

    def _named(self, row: _Row, item: ScoredItem) -> None:
        span, new = self.vocab.sid_ids(item.codes, item.type), row.speaks_of is None
        first, row.searches = self.vocab.open not in row.said, False
        row.queue.extend(span[1:])
        row.said.extend(span)
        row.span = replace(row.span, index=self._left(row, item))
        row.named, row.used = row.named + new, row.used + self.span_tokens
        if row.said[0] != self.vocab.open or not new:
            self._put_before(row, item.row, first)

    def _put_before(self, row: _Row, item: int | None, first: bool) -> None:
        """Lets the model read what it is about to speak of, where that leaves room for a word and the items owed."""
        tokens = row.request.aside(item, first)[:MOST_ASIDE] if row.request.aside is not None else ()
        owed = max(0, row.request.items_owed - row.named)
        if len(tokens) < self._room(row) - owed * (self.span_tokens + len(row.request.joint)):
            row.queue.extend(tokens)
            row.said.extend(tokens)
            row.used, row.aside = row.used + len(tokens), row.aside + len(tokens)

    def _left(self, row: _Row, item: ScoredItem) -> SidIndex:
        """What may come after an item: not itself, nor its group where that is full."""
        left, limit = row.span.index, row.request.limit
        if item.type in left.types:
            left = left.without(item.type, item.codes)
        if limit is None or (group := int(limit.groups[item.row])) < 0:
            return left
        row.of_group[group] += 1
        return left.filtered(limit.groups != group) if row.of_group[group] == limit.most else left

    def _asked(self, rows: Sequence[tuple[int, _Row]]) -> list[Writing]:
        """What the next token of each row may not be. rows: (place, row)."""
        asked = []
        for at, row in rows:
            barred = third_time(row.said, self.vocab.decode) | (set() if self._may_name(row) else {self.vocab.open})
            most = min(row.request.max_tokens - row.words, self._room(row))
            asked.append(Writing(at, frozenset(barred), most, row.sampling))
        return asked
