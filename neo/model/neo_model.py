"""The object that answers: recommend, search, explain, understand, chat, over a bundle and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, Literal

import torch

from neo.catalog.item_types import ItemType
from neo.decoding.beam import search_spans
from neo.decoding.fixed import FixedShapes
from neo.decoding.mixed import AnswerRequest, stream_answer
from neo.decoding.prompt_memory import PromptMemory
from neo.decoding.request import GroupLimit, ScoredItem
from neo.language import prompts
from neo.language.prompts import NOBODY
from neo.language.segments import Segment, Turn
from neo.language.wordings.modes import MODES, wish
from neo.model.answers import StreamEvent, items_answer, last, streamed
from neo.model.bundle import Bundle
from neo.model.candidates import Candidates, Passing, every_type
from neo.model.discovery import Discovery, discovery, wishing
from neo.model.listener import NOTHING, Asker, Prompt, asker, fit, item_row, item_rows
from neo.model.ranking import BEAMS, Ranker
from neo.model.requests import (
    MAX_BEAMS,
    MAX_K,
    MAX_QUERY,
    Manner,
    conversation,
    filter_from,
    names,
    one_id,
    one_of,
    whole,
    words,
)
from neo.model.similar import most_similar
from neo_sdk.errors import InvalidRequestError
from neo_sdk.types import Answer, Filter, ItemPart, Mode, Usage

WRITTEN = 80  # text tokens of an answer, at most, where the caller does not say
FILTERS_KEPT = 16  # each with its index of the catalog: up to 12 bytes for every item that passes
MEMORY = 1 << 28  # bytes of keys and values: a thousand tokens of a 0.6B model in float32, more of a smaller one
ItemsOrMixed = Literal["items", "mixed"]
Filtering = Filter | Mapping[str, Any] | None


class NeoModel(Ranker):
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

    def recommend(
        self,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        type: str | None = None,
        k: int = 10,
        format: ItemsOrMixed = "items",
        *,
        mode: Mode = "any",
        beams: int = BEAMS,
        exclude_heard: bool = True,
        filter: Filtering = None,
        within: Sequence[str] | None = None,
        exclude: Sequence[str] = (),
        per_parent: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
        long_term: bool = True,
    ) -> Answer:
        """Up to `k` items of a type that suit a listener; format `mixed` gives at least one, with words.

        type: by default the first that the catalog registers, shows where nothing else is said.
        within: only these item ids; exclude: none of these; per_parent: at most so many of one parent (episodes of
        a show). Without a listener: what suits anybody. mode: `familiar` for shows and the like that they have met
        and made no habit of, `unfamiliar` for what they never met; the model is asked for it in words, and nothing else
        can be named. long_term: whether the model reads the listener's vector, where it was trained to.
        """
        item_type = every_type(self.bundle.catalog, None if type is None else names("type", [type]))[0]
        asked: Mode = one_of("mode", mode, MODES)
        who = wishing(self.bundle, asker(self.bundle, listener, history, long_term), asked)
        found = discovery(self.bundle, who, asked)
        choice = self._choose((item_type,), who, exclude_heard, filter, within, exclude, found)
        manner = Manner(temperature, seed, max_tokens)
        shift = self.standing if temperature is None else None
        if one_of("format", format, ("items", "mixed")) == "mixed" and len(choice):
            request = prompts.recommend(NOBODY, item_type, format, count=k, wish=wish(asked))
            return self._mixed(request, who, choice, k, beams, manner, per_parent, shift)
        prompt = self.recommend_prompt(who, item_type)
        return self._items(prompt, choice, k, beams, manner, per_parent, shift)

    def search(
        self,
        query: str,
        type: str | None = None,
        k: int = 10,
        format: ItemsOrMixed = "items",
        *,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        beams: int = BEAMS,
        exclude_heard: bool = False,
        filter: Filtering = None,
        within: Sequence[str] | None = None,
        exclude: Sequence[str] = (),
        per_parent: int | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> Answer:
        """Up to `k` items that fit the words, of one type, or of all with `type=None`: then types compete."""
        words("query", query, MAX_QUERY)
        asked = every_type(self.bundle.catalog, None if type is None else names("type", [type]))
        who = asker(self.bundle, listener, history)
        choice = self._choose(asked, who, exclude_heard, filter, within, exclude)
        manner = Manner(temperature, seed, max_tokens)
        one_of("format", format, ("items", "mixed"))
        request = prompts.search(query, None if type is None else asked[0], NOBODY, format, count=k)
        if format == "mixed" and len(choice):
            return self._mixed(request, who, choice, k, beams, manner, per_parent)
        prompt = fit(self.renderer, who, [Turn(request)], self.room())
        return self._items(prompt, choice, k, beams, manner, per_parent)

    def explain(
        self,
        item: str,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        *,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> Answer:
        """Why an item suits a listener, in words."""
        row = item_row(self.bundle, one_id("item", item))
        who = asker(self.bundle, listener, history)
        return self._text(prompts.explain(row, NOBODY), who, Manner(temperature, seed, max_tokens))

    def understand(
        self,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        *,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> Answer:
        """A listener's portrait, in words. Raises InvalidRequestError where nobody is given."""
        if listener is None and history is None:
            raise InvalidRequestError("Got neither listener nor history, expected one: say who is to be described.")
        who = asker(self.bundle, listener, history)
        return self._text(prompts.understand(NOBODY), who, Manner(temperature, seed, max_tokens))

    def chat(
        self,
        messages: str | Sequence[object],
        listener: str | None = None,
        history: Sequence[str] | None = None,
        *,
        types: Sequence[str] | None = None,
        max_items: int = 3,
        exclude_heard: bool = True,
        filter: Filtering = None,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> Answer:
        """A free answer in text and items.

        messages: a string; or a list of {"role": ..., "content": ...} or (role, content), where the roles are
        user and assistant in turn, and the content is a string or a list of parts: {"type": "text", "text":
        ...}, {"type": "item", "item_id": ...}, or the parts of an earlier answer. A conversation that is too
        long loses its oldest turns. types: what the answer may name, by default everything.
        """
        return last(
            self.stream_chat(
                messages, listener, history, types=types, max_items=max_items, exclude_heard=exclude_heard,
                filter=filter, temperature=temperature, seed=seed, max_tokens=max_tokens,
            )
        )  # fmt: skip

    def stream_chat(
        self,
        messages: str | Sequence[object],
        listener: str | None = None,
        history: Sequence[str] | None = None,
        *,
        types: Sequence[str] | None = None,
        max_items: int = 3,
        exclude_heard: bool = True,
        filter: Filtering = None,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> Iterator[StreamEvent]:
        """`chat` piece by piece: TextPart and ItemPart as they come, then the whole Answer.

        Arguments are checked before the first piece is asked for. Closing the iterator stops the model.
        """
        turns = conversation(messages, lambda item_id: item_row(self.bundle, item_id))
        asked = every_type(self.bundle.catalog, None if types is None else names("types", types))
        who = asker(self.bundle, listener, history)
        choice = self._choose(asked, who, exclude_heard, filter, None, ())
        manner = Manner(temperature, seed, max_tokens)
        return self._stream(turns, who, choice, whole("max_items", max_items, 0, MAX_K), 0, manner)

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

    @cached_property
    def memory(self) -> PromptMemory:
        """What the model has read: a conversation's next turn is not read from its beginning."""
        return PromptMemory(self.bundle.model, MEMORY)

    @cached_property
    def shapes(self) -> FixedShapes | None:
        """Steps of fixed shape, where they are faster."""
        return FixedShapes(self.bundle.model) if self.bundle.model.device.type == "cuda" else None

    @cached_property
    def passing(self) -> Callable[[Filter], Passing]:
        """What of the catalog passes a filter; the latest are kept."""
        return lru_cache(maxsize=FILTERS_KEPT)(partial(Passing.compile, self.bundle.catalog, self.index))

    def _choose(
        self,
        asked: tuple[ItemType, ...],
        who: Asker,
        exclude_heard: bool,
        filter: Filtering,
        within: Sequence[str] | None,
        exclude: Sequence[str],
        found: Discovery | None = None,
    ) -> Candidates:
        asked_for = filter_from(filter)
        return Candidates.choose(
            self.index,
            self.bundle.sids.table,
            asked,
            heard=who.heard if exclude_heard else NOTHING,
            excluded=item_rows(self.bundle, "exclude", exclude),
            within=None if within is None else item_rows(self.bundle, "within", within),
            passing=None if asked_for is None else self.passing(asked_for),
            familiar=None if found is None else found.familiar,
            met=NOTHING if found is None else found.met,
        )

    def _mixed(
        self,
        request: tuple[Segment, ...],
        who: Asker,
        choice: Candidates,
        k: int,
        beams: int,
        manner: Manner,
        per_parent: int | None,
        shift: torch.Tensor | None = None,
    ) -> Answer:
        """At least one item, and words."""
        limit = self._limit(k, beams, per_parent)
        return last(self._stream([Turn(request)], who, choice, k, 1, manner, beams, limit, shift))

    def _limit(self, k: int, beams: int, per_parent: int | None) -> GroupLimit | None:
        whole("k", k, 1, MAX_K)
        whole("beams", beams, 1, MAX_BEAMS)
        if per_parent is None:
            return None
        return GroupLimit(self.bundle.catalog.parent_rows, whole("per_parent", per_parent, 1, MAX_K))

    def _items(
        self,
        prompt: Prompt,
        choice: Candidates,
        k: int,
        beams: int,
        manner: Manner,
        per_parent: int | None,
        shift: torch.Tensor | None = None,
    ) -> Answer:
        """A ranked list of items."""
        limit, vocabulary = self._limit(k, beams, per_parent), self.bundle.vocabulary
        found: list[ScoredItem] = []
        if len(choice):
            (found,) = search_spans(
                self.bundle.model,
                vocabulary,
                choice.index,
                [self.opened(prompt.ids)],
                [choice.types],
                k=k,
                beams=beams,
                limit=limit,
                shift=shift,
                memory=self.memory,
                shapes=self.shapes,
                **manner.sampling(),
            )
        gap = () if len(found) == k else (choice.gap(self.bundle.catalog, per_parent),)
        warnings = (*prompt.warnings, *gap)
        return items_answer(self.bundle.catalog, found, len(prompt.ids), vocabulary.levels + 2, warnings)

    def _text(self, request: tuple[Segment, ...], who: Asker, manner: Manner) -> Answer:
        nothing = Candidates.choose(self.index.only(()), self.bundle.sids.table, ())
        return last(self._stream([Turn(request)], who, nothing, 0, 0, manner))

    def _stream(
        self,
        turns: Sequence[Turn],
        who: Asker,
        choice: Candidates,
        max_items: int,
        min_items: int,
        manner: Manner,
        beams: int = BEAMS,
        limit: GroupLimit | None = None,
        shift: torch.Tensor | None = None,
    ) -> Iterator[StreamEvent]:
        """An answer in words, with items among them where `max_items` is above 0."""
        prompt = fit(self.renderer, who, turns, self.room(manner.max_tokens, max_items))
        warnings = prompt.warnings
        if max_items and not len(choice):
            warnings, max_items = (*warnings, choice.gap(self.bundle.catalog)), 0
        asked = AnswerRequest(
            choice.index,
            prompt.ids,
            choice.types,
            format="mixed" if max_items else "text",
            max_tokens=manner.max_tokens,
            max_items=max_items,
            min_items=min_items,
            beams=beams,
            limit=limit,
            shift=shift,
            temperature=manner.temperature,
            generator=manner.generator(),
        )
        events = stream_answer(self.bundle.model, self.bundle.vocabulary, asked, self.memory, self.shapes)
        return streamed(self.bundle.catalog, events, len(prompt.ids), warnings)
