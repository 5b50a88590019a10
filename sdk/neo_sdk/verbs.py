"""What NEO can be asked: one set of signatures for every client, in process or over HTTP, sync or async, whole answers
or streams. What a verb gives back is the one thing that differs, so it is a parameter of the class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from neo_sdk.limits import BEAMS, WRITTEN
from neo_sdk.messages import Messages, as_messages
from neo_sdk.refusals import checked
from neo_sdk.types import Filter, Mode
from neo_sdk.wire import (
    Ask,
    ChatRequest,
    ExplainRequest,
    ItemsOrMixed,
    RecommendRequest,
    SearchRequest,
    SimilarRequest,
    UnderstandRequest,
)

Result = TypeVar("Result", covariant=True)
Filtering = Filter | Mapping[str, Any] | None


class Streamable(ABC, Generic[Result]):
    """The verbs that can be streamed.

    Who asks is `listener`, an id, or `history`, item ids with the oldest first; with both, the history stands in for
    what is known of the listener. `filter` is a `Filter` or a mapping of its fields. Without a `temperature` answers
    are the most probable ones; with one they are drawn, the same for the same `seed`. max_tokens: of text.
    Arguments that cannot be used raise InvalidRequestError before anything is sent; unknown ids and types
    NotFoundError; a server that refuses or is not there one of APIError's kinds.
    """

    @abstractmethod
    def _ask(self, request: Ask) -> Result: ...

    def chat(
        self,
        messages: Messages,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        *,
        types: Sequence[str] | None = None,
        max_items: int | None = None,
        read_words: bool = True,
        exclude_heard: bool = True,
        filter: Filtering = None,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> Result:
        """A free answer in text and items.

        messages: a text; a list of parts (TextPart, ItemRef, Item, an answer's parts); or a list of messages, each
        {"role": ..., "content": ...} or (role, content), where user and assistant take turns, an optional system
        message comes first, and the content is a text, a list of parts or an earlier Answer. types, max_items: what the
        answer may name, and how much of it; by default what the words ask for, or else everything, and three.
        read_words: whether what they plainly ask for is kept for sure.
        """
        extension = {
            "listener": listener, "history": history, "types": types,
            "max_items": max_items, "read_words": read_words, "exclude_heard": exclude_heard, "filter": filter,
        }  # fmt: skip
        fields = {"messages": as_messages(messages), "temperature": temperature, "seed": seed, "max_tokens": max_tokens}
        return self._ask(checked(ChatRequest, {**fields, "neo": extension}))

    def recommend(
        self,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        type: str | None = None,
        k: int = 10,
        format: ItemsOrMixed = "items",
        *,
        mode: Mode = "any",
        wish: str | None = None,
        read_words: bool = True,
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
    ) -> Result:
        """Up to `k` items of a type that suit a listener; format `mixed` gives at least one, with words.

        type: by default the first that the catalog registers. mode: `familiar` for what they have met and made no
        habit of, `unfamiliar` for what they never met. wish: what they are to be like, in words ("calm, not about
        crime"): words steer, a `filter` guarantees, and with `read_words` so does what words plainly name. within: only
        these item ids; exclude: none of these; per_parent: at most so many of one parent. long_term: whether the
        listener's vector is read.
        """
        fields = {
            "listener": listener, "history": history, "type": type, "k": k, "format": format, "mode": mode,
            "wish": wish, "read_words": read_words, "beams": beams, "exclude_heard": exclude_heard, "filter": filter,
            "within": within, "exclude": exclude, "per_parent": per_parent, "temperature": temperature, "seed": seed,
            "max_tokens": max_tokens, "long_term": long_term,
        }  # fmt: skip
        return self._ask(checked(RecommendRequest, fields))

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
    ) -> Result:
        """Up to `k` items that fit the words, of one type, or of all with `type=None`: then types compete."""
        fields = {
            "query": query, "type": type, "k": k, "format": format, "listener": listener, "history": history,
            "beams": beams, "exclude_heard": exclude_heard, "filter": filter, "within": within, "exclude": exclude,
            "per_parent": per_parent, "temperature": temperature, "seed": seed, "max_tokens": max_tokens,
        }  # fmt: skip
        return self._ask(checked(SearchRequest, fields))

    def explain(
        self,
        item: str,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        *,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> Result:
        """Why an item suits a listener, in words."""
        fields = {
            "item": item, "listener": listener, "history": history,
            "temperature": temperature, "seed": seed, "max_tokens": max_tokens,
        }  # fmt: skip
        return self._ask(checked(ExplainRequest, fields))

    def understand(
        self,
        listener: str | None = None,
        history: Sequence[str] | None = None,
        *,
        temperature: float | None = None,
        seed: int | None = None,
        max_tokens: int = WRITTEN,
    ) -> Result:
        """A listener's portrait, in words. InvalidRequestError where nobody is given."""
        fields = {
            "listener": listener, "history": history,
            "temperature": temperature, "seed": seed, "max_tokens": max_tokens,
        }  # fmt: skip
        return self._ask(checked(UnderstandRequest, fields))


class Verbs(Streamable[Result]):
    """All verbs."""

    def similar(
        self,
        item: str,
        k: int = 10,
        type: str | None = None,
        *,
        filter: Filtering = None,
        exclude: Sequence[str] = (),
    ) -> Result:
        """The `k` items of `type` (default: the item's own) whose SIDs mean most nearly the same; scores are
        cosines."""
        fields = {"item": item, "k": k, "type": type, "filter": filter, "exclude": exclude}
        return self._ask(checked(SimilarRequest, fields))
