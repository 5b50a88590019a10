"""Answers that mix text and items: one loop that streams the events of a batch of requests.

Each row of the batch goes its own way: it writes text tokens; where it opens a span with `<|sid|>`, the item is
found by a search on the same cache, named as an event, and its tokens are run as if the model had written them. So
every item exists, none comes twice, and a span is never left open. An answer that begins with certain words speaks of
something known: then its first item is of an index of its own. The loop owns all processing of the logits.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from transformers import PreTrainedModel

from neo.decoding.answer import AnswerRequest, Done, Event, ItemNamed, TextDelta
from neo.decoding.context import check_model, position_limit, read
from neo.decoding.fixed import FixedShapes, tree_room
from neo.decoding.index import SidIndex
from neo.decoding.loops import listed_twice, third_time
from neo.decoding.naming import Naming, Told
from neo.decoding.prompt_memory import PromptMemory
from neo.decoding.reading import ModelReading, Reading, Writing
from neo.decoding.request import ScoredItem, SpanRequest
from neo.decoding.sampling import Sampling
from neo.decoding.text_stream import TextStream
from neo.language.vocabulary import Vocabulary
from neo_sdk.errors import NeoError

LONG = 8  # tokens that wait to be read, as of an aside: so many are run apart at once, not one a step beside others
PATIENT = 2  # steps that an answer waits at most until it joins the others again, which copies everybody's cache


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
    more: More | None = None,
) -> Iterator[tuple[int, Event]]:
    """Answers a batch, yielding (place of the request, event) as they come; each request's last event is Done.

    What a request gets is what it gets alone. Closing the iterator stops at once. Raises InvalidRequestError,
    before the first event, for what cannot be answered. memory, shapes: see `search_spans`. gone: asked before every
    step, whether nobody waits for the answer of a request any more; it ends without a Done. more: see `answers_of`.
    """
    _check(model, vocab, requests)

    def answers() -> Iterator[tuple[int, Event]]:
        begun = _begun(model, vocab, requests, memory, shapes)
        yield from answers_of(begun.reading, vocab, position_limit(model), requests, gone, more)

    return answers() if requests else iter(())


@dataclass(frozen=True)
class Begun:
    """Checked requests, and what has read their prompts, one a row."""

    reading: Reading
    requests: Sequence[AnswerRequest]


More = Callable[[int], Begun | None]


def begin(
    model: PreTrainedModel,
    vocab: Vocabulary,
    requests: Sequence[AnswerRequest],
    memory: PromptMemory | None,
    shapes: FixedShapes | None,
) -> Begun:
    """Checks requests as `stream_answers` does and reads their prompts; nothing is said yet."""
    _check(model, vocab, requests)
    return _begun(model, vocab, requests, memory, shapes)


def _check(model: PreTrainedModel, vocab: Vocabulary, requests: Sequence[AnswerRequest]) -> None:
    check_model(model)
    for request in requests:
        request.check(model, vocab)


def _begun(
    model: PreTrainedModel,
    vocab: Vocabulary,
    requests: Sequence[AnswerRequest],
    memory: PromptMemory | None,
    shapes: FixedShapes | None,
) -> Begun:
    context, positions = read(model, [request.prompt for request in requests], vocab.pad, memory), position_limit(model)
    if shapes is not None:
        answer = max(request.most_tokens(vocab.levels + 2, positions) for request in requests)
        spans = [span for request in requests for span in request.spans()]
        context = shapes.hold(context, answer + tree_room(vocab.levels, spans))
    return Begun(ModelReading(model, vocab, context, memory), requests)


def _less(index: SidIndex, item: ScoredItem) -> SidIndex:
    return index.without(item.type, item.codes) if item.type in index.types else index


def _rows(vocab: Vocabulary, requests: Sequence[AnswerRequest], first: int = 0) -> list[_Row]:
    return [
        _Row(
            place,
            asked,
            asked.span(),
            TextStream(vocab),
            asked.sampling(),
            len(asked.prompt),
            begins=deque(asked.begins),
            later=deque(asked.then),
            told=asked.told_before,
        )
        for place, asked in enumerate(requests, first)
    ]


@dataclass(eq=False)
class _Row:
    """Where one answer stands. queue: tokens that are decided and not yet run; used: positions, with the queue."""

    place: int
    request: AnswerRequest
    span: SpanRequest
    stream: TextStream
    sampling: Sampling | None
    used: int
    begins: deque[int]
    later: deque[SidIndex]  # what items after the next one are of, where each is asked for by itself
    said: list[int] = field(default_factory=list)
    queue: deque[int] = field(default_factory=deque)
    words: int = 0
    aside: int = 0  # tokens of `said` that are no part of the answer
    own: int = 0  # where in `said` its own words on who asks begin, once it has begun with `about_them`
    told: Told | None = None  # by the last aside
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
    more: More | None = None,
) -> Iterator[tuple[int, Event]]:
    """`stream_answers` to checked requests, whose prompts an engine has read, one a row. positions: the most that it
    reads of a row. more: is told before every step how many answers go on, and gives those that join them; their
    places are counted on. Where others may join, who has much to read does it apart and joins again."""
    loop, rows, count = _Loop(reading, vocab, positions), _rows(vocab, requests), len(requests)
    apart, waited = list[_Joining](), 0
    while True:
        going, joining = [at for at, row in enumerate(rows) if not row.done], list[_Joining]()
        waited = waited + 1 if apart else 0
        if more is not None and (new := more(len(going) + len(apart))) is not None:
            joining.append((new.reading, _rows(vocab, new.requests, count)))
            count += len(new.requests)
        if joining or waited > PATIENT or (len(rows) - len(going)) * 4 >= len(rows):
            joining, apart = joining + apart, []
        if joining:
            rows = loop.join(rows, going, joining)
        for row, event in loop.write(rows):
            if row.done:
                loop.reading.keep(rows.index(row), [*row.request.prompt, *row.said])
            yield row.place, event
        if gone is not None:
            for row in rows:
                row.done = row.done or gone(row.place)
        if more is not None:
            apart += loop.read_apart(rows)
        if all(row.done for row in rows):
            if not apart:
                return
            continue
        # A batch that is mostly answered is made smaller; its cache is copied, so not for every row that ends.
        if sum(row.done for row in rows) * 4 >= len(rows):
            loop.reading = loop.reading.only([at for at, row in enumerate(rows) if not row.done])
            rows = [row for row in rows if not row.done]
        loop.run(rows)
        for row, event in loop.name(rows):
            yield row.place, event


_Joining = tuple[Reading, list[_Row]]


class _Loop:
    """The three moves of the loop: every row writes a token, the tokens are run, opened spans are searched."""

    def __init__(self, reading: Reading, vocab: Vocabulary, positions: int) -> None:
        self.reading, self.vocab, self.positions = reading, vocab, positions
        self.span_tokens = vocab.levels + 2

    def write(self, rows: Sequence[_Row]) -> Iterator[tuple[_Row, Event]]:
        """Decides a token for each row that has none in its queue, or ends its answer."""
        writing = [(at, row) for at, row in enumerate(rows) if not (row.queue or row.done)]
        may_write = [(at, row) for at, row in writing if self._may_write(row)]
        decided = {at: row.begins.popleft() for at, row in may_write if row.begins}
        choosing = [(at, row) for at, row in may_write if at not in decided]
        tokens = dict(zip((at for at, _ in choosing), self.reading.choose(self._asked(choosing)), strict=True))
        for at, row in writing:
            token = decided.get(at, tokens.get(at))
            if at not in decided and token is not None and not row.said:
                whole = next((one for one in row.request.one_of if one[0] == token), None)
                row.begins.extend(() if whole is None else (*whole[1:], self.vocab.end))
            if row.request.format == "items":
                token = self.vocab.open if self._may_name(row) else self.vocab.end
            elif row.joined:
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
                row.own = len(row.said)
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

    def _may_write(self, row: _Row) -> bool:
        asked = row.request
        return asked.format != "items" and row.words < asked.max_tokens and self._room(row) > 0

    def _room(self, row: _Row) -> int:
        return self.positions - row.used

    def _may_name(self, row: _Row) -> bool:
        if row.request.format == "text" or self._room(row) < self.span_tokens:
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
        row.span = self._next(row, item, new)
        row.named, row.used = row.named + new, row.used + self.span_tokens
        if row.said[0] != self.vocab.open or not new:
            self._put_before(row, item.row, first)

    def _put_before(self, row: _Row, item: int | None, first: bool) -> None:
        """Lets the model read what it is about to speak of, where that leaves room for a word and the items owed."""
        tokens, row.told = row.request.aside(item, first) if row.request.aside is not None else (), None
        owed = max(0, row.request.items_owed - row.named)
        if len(tokens) < self._room(row) - owed * (self.span_tokens + len(row.request.joint)):
            row.queue.extend(tokens)
            row.said.extend(tokens)
            row.used, row.aside = row.used + len(tokens), row.aside + len(tokens)
            row.told = row.request.told(item, first) if row.request.told is not None else None

    def _next(self, row: _Row, item: ScoredItem, new: bool) -> SpanRequest:
        """The search of what comes after an item, which does not come again."""
        row.later = deque(_less(index, item) for index in row.later)
        if not (new and row.request.then):
            return replace(row.span, index=self._left(row, item))
        left = [index for index in row.later if len(index)]
        row.later = deque(left[1:])
        return row.request.span_of(left[0] if left else row.span.index.only(()))

    def _left(self, row: _Row, item: ScoredItem) -> SidIndex:
        """What of the same may come after an item: not itself, nor its group where that is full."""
        left, limit = _less(row.span.index, item), row.request.limit
        if limit is None or (group := int(limit.groups[item.row])) < 0:
            return left
        row.of_group[group] += 1
        return left.filtered(limit.groups != group) if row.of_group[group] == limit.most else left

    def join(self, rows: Sequence[_Row], going: Sequence[int], joining: Sequence[_Joining]) -> list[_Row]:
        """Those of the rows that go on, and others behind them."""
        readings = [reading for reading, _ in joining]
        first = self.reading.only(going) if going else readings.pop(0)
        self.reading = first.joined(readings) if readings else first
        return [*(rows[at] for at in going), *(row for _, others in joining for row in others)]

    def read_apart(self, rows: list[_Row]) -> list[_Joining]:
        """Lets the rows with a long queue run all of it, if there are others; their places are as if they were done."""
        least = min((len(row.queue) for row in rows if not row.done), default=0)
        long = [] if least >= LONG else [at for at, row in enumerate(rows) if len(row.queue) >= LONG and not row.done]
        apart: list[_Joining] = []
        for at in long:
            row, alone = rows[at], _Loop(self.reading.only([at]), self.vocab, self.positions)
            alone.run([row])
            apart.append((alone.reading, [row]))
            rows[at] = replace(row, done=True)
        return apart

    def _asked(self, rows: Sequence[tuple[int, _Row]]) -> list[Writing]:
        """What the next token of each row may not be. rows: (place, row)."""
        asked = []
        for at, row in rows:
            barred = third_time(row.said, self.vocab.decode) | row.request.unsayable(row.said)
            if row.request.listed is not None and (row.own or not row.request.about_them):
                barred |= listed_twice(row.said[row.own :], row.request.listed())
            barred |= set() if self._may_name(row) else {self.vocab.open}
            barred |= {self.vocab.open, self.vocab.end} if row.request.words_first and not row.said else set()
            if row.request.one_of and not row.said:
                every = {*range(self.vocab.text_size), self.vocab.open, self.vocab.end}
                barred |= every - {one[0] for one in row.request.one_of}
            most = min(row.request.max_tokens - row.words, self._room(row))
            asked.append(Writing(at, frozenset(barred), most, row.sampling, not row.said, self._naming(row)))
        return asked

    def _naming(self, row: _Row) -> Naming | None:
        if row.told is None or row.request.others is None:
            return None
        longest = max(row.told.longest, row.request.others.longest, 1)
        return Naming(row.told, row.request.others, tuple(row.said[-longest:]))
