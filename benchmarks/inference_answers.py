"""Requests to a model, answered alone by `NeoModel.recommend` or as a server would: a batch at a time.

NeoModel's own batches, `recommend_rows`, are of one type and of items only. A server's requests name any type and may
want words, so batches are made with what both rest on: `search_spans` for lists and `stream_answers` for mixed answers.

No prompt memory is passed: cases come again here, and MLPerf forbids a system to remember what it was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from neo.decoding.answer import AnswerRequest, Done, Event
from neo.decoding.beam import search_spans
from neo.decoding.mixed import stream_answers
from neo.language import prompts
from neo.language.prompts import NOBODY
from neo.language.segments import Turn
from neo.model.answers import Growing, items_answer, last
from neo.model.candidates import Candidates, every_type
from neo.model.listener import Prompt, asker, fit
from neo.model.neo_model import NeoModel
from neo_sdk.limits import WRITTEN
from neo_sdk.types import Answer
from neo_sdk.wire import ItemsOrMixed


@dataclass(frozen=True)
class Request:
    """What `NeoModel.recommend` is asked, and `/v1/recommend` could be."""

    listener: str
    history: tuple[str, ...]
    type: str
    format: ItemsOrMixed
    k: int


def answer_alone(model: NeoModel, request: Request) -> Answer:
    """The reference: what the model answers, with the beams that it has by default."""
    return model.recommend(request.listener, request.history, request.type, request.k, request.format)


def answer_lists(model: NeoModel, requests: Sequence[Request], beams: int) -> Iterator[tuple[int, Answer]]:
    """(place of the request, answer) for requests of items only, from one search."""
    vocabulary = model.bundle.vocabulary
    asked = [_prepared(model, request) for request in requests]
    found = search_spans(
        model.bundle.model,
        vocabulary,
        [choice.index for _, choice in asked],
        [model.opened(prompt.ids) for prompt, _ in asked],
        [choice.types for _, choice in asked],
        k=[request.k for request in requests],
        beams=beams,
        shift=model.standing,
        shapes=model.shapes,
    )
    for place, (items, (prompt, _)) in enumerate(zip(found, asked, strict=True)):
        span = vocabulary.levels + 2
        yield place, items_answer(model.bundle.catalog, items, len(prompt.ids), span, prompt.warnings, ("type",))


def answer_mixed(model: NeoModel, requests: Sequence[Request], beams: int) -> Iterator[tuple[int, Answer]]:
    """(place of the request, answer) for requests of items with words, from one loop; a short one is there first."""
    asked = [_prepared(model, request) for request in requests]
    wanted = [
        AnswerRequest(
            choice.index,
            prompt.ids,
            choice.types,
            max_tokens=WRITTEN,
            max_items=request.k,
            min_items=1,
            beams=beams,
            shift=model.standing,
        )
        for request, (prompt, choice) in zip(requests, asked, strict=True)
    ]
    events: list[list[Event]] = [[] for _ in requests]
    for place, event in stream_answers(model.bundle.model, model.bundle.vocabulary, wanted, shapes=model.shapes):
        events[place].append(event)
        if isinstance(event, Done):
            prompt, _ = asked[place]
            growing = Growing(model.bundle.catalog, len(prompt.ids), prompt.warnings, ("type",))
            yield place, last(map(growing.take, events[place]))


def _prepared(model: NeoModel, request: Request) -> tuple[Prompt, Candidates]:
    """The prompt, and what the answer may name: items of the type that the listener has not met."""
    bundle = model.bundle
    (item_type,) = every_type(bundle.catalog, [request.type])
    who = asker(bundle, request.listener, request.history)
    choice = Candidates.choose(model.index, bundle.sids.table, (item_type,), heard=who.heard)
    if request.format == "items":
        return model.recommend_prompt(who, item_type), choice
    words = prompts.recommend(NOBODY, item_type, request.format, count=request.k)
    return fit(model.renderer, who, [Turn(words)], model.room(WRITTEN, request.k)), choice
