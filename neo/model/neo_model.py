"""The object that answers: recommend, search, explain, understand, chat, over a bundle and nothing else.

Every verb has two steps. `prepare_VERB` (asking.py) makes a request of its arguments; requests are answered here, one
for the verbs below, or many together for a server.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, wraps
from itertools import count
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import torch

from neo.decoding.answer import AnswerRequest, Done, Event
from neo.decoding.beam import search_spans
from neo.decoding.fixed import FixedShapes
from neo.decoding.mixed import Begun, More, begin, stream_answers
from neo.decoding.prompt_memory import PromptMemory
from neo.decoding.request import ScoredItem
from neo.language.prompts import NOBODY
from neo.model.answers import Growing, items_answer, last
from neo.model.asking import Asking
from neo.model.bundle import Bundle
from neo.model.candidates import every_type
from neo.model.choosing import Filtering
from neo.model.listener import NOTHING, Asker, item_row
from neo.model.prepared import BegunWords, ListRequest, Request, WordsRequest
from neo.model.requests import names, one_id, whole
from neo.model.similar import most_similar
from neo_sdk.limits import MAX_K
from neo_sdk.types import Answer, ItemPart, StreamEvent, Usage

MEMORY = 1 << 28  # bytes of keys and values: a thousand tokens of a 0.6B model in float32, more of a smaller one
P = ParamSpec("P")
T = TypeVar("T")


def _verb(
    name: str, prepare: Callable[Concatenate[NeoModel, P], Request], run: Callable[[NeoModel, Request], T]
) -> Callable[Concatenate[NeoModel, P], T]:
    """A method that takes what `prepare` takes, and returns what `run` makes of the request."""

    @wraps(prepare)
    def ask(self: NeoModel, /, *arguments: P.args, **options: P.kwargs) -> T:
        return run(self, prepare(self, *arguments, **options))

    ask.__name__, ask.__qualname__ = name, f"NeoModel.{name}"
    returned = inspect.signature(run).return_annotation
    ask.__signature__ = inspect.signature(prepare).replace(return_annotation=returned)  # type: ignore[attr-defined]
    return ask


class NeoModel(Asking):
    """Answers about a catalog. Every item in an answer exists, has the asked type and passes the filters.

    Who asks is `listener`, the id of one that the bundle knows, or `history`, item ids with the oldest first;
    with both, the history stands in for the bundle's. `filter` is a `neo_sdk.Filter` or a mapping of its fields.
    An item's score is its log-probability. Answers are the most probable ones, in `recommend` by a score that the
    item's standing is added to; with a `temperature` they are drawn by the model alone, the same for the same `seed`.
    An answer's `warnings` say what was left out, and why. Unknown ids and types raise NotFoundError, arguments that
    cannot be used InvalidRequestError.
    """

    @classmethod
    def load(cls, folder: str | Path, device: str | None = None, verify: bool = True) -> NeoModel:
        """From a saved bundle, on the GPU if there is one. See `Bundle.load` for `verify`."""
        return cls(Bundle.load(folder, device or ("cuda" if torch.cuda.is_available() else "cpu"), verify))

    def answer(self, request: Request) -> Answer:
        """The whole answer to one request."""
        return last(self.stream(request))

    def stream(self, request: Request) -> Iterator[StreamEvent]:
        """The answer piece by piece: TextPart and ItemPart as they come, then the whole Answer.

        Closing the iterator stops the model.
        """
        if isinstance(request, WordsRequest):
            return (event for _, event in self.stream_words([request]))
        (answer,) = self.answer_lists([request])
        return iter((*answer.parts, answer))

    recommend = _verb("recommend", Asking.prepare_recommend, answer)
    search = _verb("search", Asking.prepare_search, answer)
    explain = _verb("explain", Asking.prepare_explain, answer)
    understand = _verb("understand", Asking.prepare_understand, answer)
    chat = _verb("chat", Asking.prepare_chat, answer)
    stream_chat = _verb("stream_chat", Asking.prepare_chat, stream)

    def similar(
        self,
        item: str,
        k: int = 10,
        type: str | None = None,
        *,
        filter: Filtering = None,
        exclude: Sequence[str] = (),
    ) -> Answer:
        """The `k` items of `type` (default: the item's own) whose SIDs mean most nearly the same.

        Scores are cosines, not log-probabilities: the language model is not asked.
        """
        row = item_row(self.bundle, one_id("item", item))
        own = self.bundle.catalog.type_of(row) if type is None else type
        (item_type,) = every_type(self.bundle.catalog, names("type", [own]))
        whole("k", k, 1, MAX_K)
        choice = self._choose((item_type,), Asker(NOBODY, NOTHING), True, filter, None, exclude)
        among = choice.index.of(item_type.name).rows.cpu().numpy() if choice.types else NOTHING
        among = among[among != row]
        found = most_similar(self.bundle.sids, row, item_type.name, k, among) if len(among) else []
        parts = tuple(ItemPart(item=self.bundle.catalog.item(near), score=score) for near, score in found)
        return Answer(
            parts=parts,
            finish_reason="stop" if parts else "empty",
            usage=Usage(prompt_tokens=0, answer_tokens=0),
            warnings=() if len(parts) == k else (choice.gap(self.bundle.catalog),),
        )

    def answer_lists(self, requests: Sequence[ListRequest]) -> list[Answer]:
        """The answer to each, from one search for all that do not draw; those that draw have generators of their own.

        An answer is what the request gets alone, up to rounding.
        """
        found: list[list[ScoredItem]] = [[] for _ in requests]
        open_places = [place for place, request in enumerate(requests) if len(request.choice)]
        drawn = [[place] for place in open_places if requests[place].manner.temperature is not None]
        ranked = [place for place in open_places if requests[place].manner.temperature is None]
        for places in (group for group in (ranked, *drawn) if group):
            results = self._searched([requests[place] for place in places])
            for place, items in zip(places, results, strict=True):
                found[place] = items
        return [self._listed(request, items) for request, items in zip(requests, found, strict=True)]

    def stream_words(
        self,
        requests: Sequence[WordsRequest],
        gone: Callable[[int], bool] | None = None,
        more: Callable[[int], BegunWords | None] | None = None,
    ) -> Iterator[tuple[int, StreamEvent]]:
        """(place of the request, piece of its answer) as they come, from one loop for all of them.

        gone, more: see `stream_answers`. An answer is what the request gets alone, up to rounding.
        """
        growing, places = dict[int, Growing](), count()

        def grow(asked: Sequence[WordsRequest]) -> None:
            growing.update((next(places), self._growing(request)) for request in asked)

        def joining(going: int) -> Begun | None:
            new = more(going) if more is not None else None
            grow(() if new is None else new.requests)
            return None if new is None else new.begun

        def left(place: int) -> bool:
            return gone is not None and gone(place) and growing.pop(place) is not None

        def pieces() -> Iterator[tuple[int, StreamEvent]]:
            for place, event in written:
                yield place, (growing.pop(place) if isinstance(event, Done) else growing[place]).take(event)

        grow(requests)
        written = self._written([request.drawing() for request in requests], left, more and joining)
        return pieces()

    def begin_words(self, requests: Sequence[WordsRequest]) -> BegunWords:
        """Reads the prompts of requests, for `stream_words` to let them join others."""
        return BegunWords(requests, self._begun([request.drawing() for request in requests]))

    def _growing(self, request: WordsRequest) -> Growing:
        prompt_tokens = len(request.asked.prompt)
        return Growing(self.bundle.catalog, prompt_tokens, request.warnings, request.guaranteed, request.begun)

    @cached_property
    def memory(self) -> PromptMemory:
        """What the model has read: a conversation's next turn is not read from its beginning."""
        return PromptMemory(self.bundle.model, MEMORY)

    @cached_property
    def shapes(self) -> FixedShapes | None:
        """Steps of fixed shape, where they are faster."""
        return FixedShapes(self.bundle.model) if self.bundle.model.device.type == "cuda" else None

    def _written(
        self, asked: Sequence[AnswerRequest], gone: Callable[[int], bool] | None, more: More | None
    ) -> Iterator[tuple[int, Event]]:
        """What the decoder says to requests in words."""
        return stream_answers(self.bundle.model, self.bundle.vocabulary, asked, self.memory, self.shapes, gone, more)

    def _begun(self, asked: Sequence[AnswerRequest]) -> Begun:
        """Requests in words whose prompts the decoder has read."""
        return begin(self.bundle.model, self.bundle.vocabulary, asked, self.memory, self.shapes)

    def _searched(self, requests: Sequence[ListRequest]) -> list[list[ScoredItem]]:
        """What the decoder finds for requests that share how they are drawn."""
        return search_spans(
            self.bundle.model,
            self.bundle.vocabulary,
            [request.choice.index for request in requests],
            [self.opened(request.prompt.ids) for request in requests],
            [request.choice.types for request in requests],
            k=[request.k for request in requests],
            beams=[request.beams for request in requests],
            limit=[request.limit for request in requests],
            shift=[request.shift for request in requests],
            memory=self.memory,
            shapes=self.shapes,
            **requests[0].manner.sampling(),
        )

    def _listed(self, request: ListRequest, found: Sequence[ScoredItem]) -> Answer:
        catalog, prompt = self.bundle.catalog, request.prompt
        most = None if request.limit is None else request.limit.most
        gap = () if len(found) == request.k else (request.choice.gap(catalog, most),)
        span = self.bundle.vocabulary.levels + 2
        return items_answer(catalog, found, len(prompt.ids), span, (*prompt.warnings, *gap), request.guaranteed)
