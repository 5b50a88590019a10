"""The body of every request, as it travels. The client builds these, the server reads them, and nobody guesses.

The models are closed and strict: "3" is no number and true is no number, an unknown field is an error. A field that is
null was not given. Names, defaults and limits are those of the model that answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    field_validator,
    model_validator,
)

from neo_sdk.limits import (
    BEAMS,
    COLDEST,
    HOTTEST,
    LAST_SECOND,
    MAX_BEAMS,
    MAX_CHOICES,
    MAX_EVENTS,
    MAX_ID,
    MAX_IDS,
    MAX_K,
    MAX_LOOKUPS,
    MAX_MESSAGE,
    MAX_MESSAGES,
    MAX_QUERY,
    MAX_SEED,
    MAX_TOKENS,
    WRITTEN,
)
from neo_sdk.types import Filter, Mode, Part, TextPart


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError(f"it has a NUL character at {text.index(chr(0))}")
    return text


def _no_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    return text


def _listed(given: Any) -> Any:
    """Lists and their like in order; a text is no list of its letters, and a set has no order."""
    return tuple(given) if isinstance(given, Sequence) and not isinstance(given, str | bytes) else given


Id = Annotated[str, Field(max_length=MAX_ID), AfterValidator(_no_nul)]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_listed), Field(max_length=MAX_IDS)]
Types = Annotated[tuple[Id, ...], BeforeValidator(_listed), Field(min_length=1, max_length=MAX_IDS)]
Text = Annotated[str, Field(max_length=MAX_MESSAGE), AfterValidator(_no_nul)]
Query = Annotated[str, Field(max_length=MAX_QUERY), AfterValidator(_no_nul), AfterValidator(_no_blank)]
Count = Annotated[int, Field(ge=1, le=MAX_K)]
Beams = Annotated[int, Field(ge=1, le=MAX_BEAMS)]
Tokens = Annotated[int, Field(ge=1, le=MAX_TOKENS)]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
Temperature = Annotated[float, Field(ge=COLDEST, le=HOTTEST)]
ItemsOrMixed = Literal["items", "mixed"]


class Wire(BaseModel):
    """Closed, strict and frozen. What is null counts as not given."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, values: Any) -> Any:
        if isinstance(values, Mapping):
            return {name: value for name, value in values.items() if value is not None}
        return values


class Ask(Wire):
    """A request that an Answer follows. `path` is where it is posted, `verb` the model's method."""

    path: ClassVar[str]
    verb: ClassVar[str]

    def arguments(self) -> dict[str, Any]:
        """What the model's method is called with."""
        return {name: getattr(self, name) for name in type(self).model_fields if name != "stream"}


class RecommendRequest(Ask):
    """POST /v1/recommend"""

    path: ClassVar[str] = "/v1/recommend"
    verb: ClassVar[str] = "recommend"

    listener: Id | None = None
    history: Ids | None = Field(None, description="Item ids, the oldest first.")
    type: Id | None = Field(None, description="An item type; by default the catalog's first.")
    k: Count = 10
    format: ItemsOrMixed = "items"
    mode: Mode = "any"
    wish: Query | None = Field(None, description="What the items are to be like, in words; they steer.")
    read_words: bool = Field(True, description="What words plainly ask for is kept for sure.")
    beams: Beams = BEAMS
    exclude_heard: bool = True
    filter: Filter | None = None
    within: Ids | None = Field(None, description="Nothing but these item ids.")
    exclude: Ids = Field((), description="None of these item ids.")
    per_parent: Count | None = Field(None, description="At most so many items of one parent.")
    temperature: Temperature | None = None
    seed: Seed | None = None
    max_tokens: Tokens = WRITTEN
    long_term: bool = True
    stream: bool = False


class SearchRequest(Ask):
    """POST /v1/search"""

    path: ClassVar[str] = "/v1/search"
    verb: ClassVar[str] = "search"

    query: Query
    type: Id | None = Field(None, description="An item type; by default all of them compete.")
    k: Count = 10
    format: ItemsOrMixed = "items"
    listener: Id | None = None
    history: Ids | None = Field(None, description="Item ids, the oldest first.")
    beams: Beams = BEAMS
    exclude_heard: bool = False
    filter: Filter | None = None
    within: Ids | None = Field(None, description="Nothing but these item ids.")
    exclude: Ids = Field((), description="None of these item ids.")
    per_parent: Count | None = Field(None, description="At most so many items of one parent.")
    temperature: Temperature | None = None
    seed: Seed | None = None
    max_tokens: Tokens = WRITTEN
    stream: bool = False


class ExplainRequest(Ask):
    """POST /v1/explain"""

    path: ClassVar[str] = "/v1/explain"
    verb: ClassVar[str] = "explain"

    item: Id
    listener: Id | None = None
    history: Ids | None = Field(None, description="Item ids, the oldest first.")
    temperature: Temperature | None = None
    seed: Seed | None = None
    max_tokens: Tokens = WRITTEN
    stream: bool = False


class UnderstandRequest(Ask):
    """POST /v1/understand"""

    path: ClassVar[str] = "/v1/understand"
    verb: ClassVar[str] = "understand"

    listener: Id | None = None
    history: Ids | None = Field(None, description="Item ids, the oldest first.")
    temperature: Temperature | None = None
    seed: Seed | None = None
    max_tokens: Tokens = WRITTEN
    stream: bool = False


class SimilarRequest(Ask):
    """POST /v1/similar. It has no stream: nothing is written."""

    path: ClassVar[str] = "/v1/similar"
    verb: ClassVar[str] = "similar"

    item: Id
    k: Count = 10
    type: Id | None = Field(None, description="An item type; by default the item's own.")
    filter: Filter | None = None
    exclude: Ids = Field((), description="None of these item ids.")


class ItemsRequest(Wire):
    """GET /v1/items, in the query string: `?ids=a&ids=b`."""

    ids: Annotated[tuple[Id, ...], BeforeValidator(_listed), Field(min_length=1, max_length=MAX_LOOKUPS)]


class Event(Wire):
    """One thing that a listener did. time: seconds since 1970, now where none is given; id: the same event sent twice
    with one id counts once."""

    item: Id
    kind: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_no_nul)] = "play"
    time: Annotated[int, Field(ge=0, le=LAST_SECOND)] | None = None
    id: Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_no_nul)] | None = None


class EventsRequest(Wire):
    """POST /v1/events"""

    path: ClassVar[str] = "/v1/events"

    listener: Id
    events: Annotated[tuple[Event, ...], BeforeValidator(_listed), Field(min_length=1, max_length=MAX_EVENTS)]


class TextContent(Wire):
    """Words in a message."""

    type: Literal["text"] = "text"
    text: Text


class ItemRef(Wire):
    """An item in a message, by its id."""

    type: Literal["item"] = "item"
    item_id: Id


Content = Annotated[TextContent | ItemRef, Field(discriminator="type")]


class MessageExtension(Wire):
    """What an answer of ours carries beside its text: `parts` is what it said, with the items it named."""

    parts: Annotated[tuple[Part, ...], BeforeValidator(_listed), Field(max_length=MAX_MESSAGES)] = ()
    warnings: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    guaranteed: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()

    def content(self) -> tuple[TextContent | ItemRef, ...]:
        return tuple(
            TextContent(text=part.text) if isinstance(part, TextPart) else ItemRef(item_id=part.item.id)
            for part in self.parts
        )


def _in_parts(given: Any) -> Any:
    if isinstance(given, str):
        return ({"type": "text", "text": given},)
    if isinstance(given, Sequence) and not isinstance(given, bytes):
        return tuple(given)
    raise ValueError("expected text or a list of parts")


class Message(Wire):
    """One message; a text is a single part. An answer that is sent back with its extension is read from there."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[tuple[Content, ...], BeforeValidator(_in_parts), Field(max_length=MAX_MESSAGES)] = ()
    neo: MessageExtension | None = None

    def said(self) -> list[dict[str, Any]]:
        """The parts as the model reads them."""
        parts = self.neo.content() if self.neo is not None and self.neo.parts else self.content
        return [part.model_dump() for part in parts]


class ChatExtension(Wire):
    """What OpenAI's form has no place for."""

    listener: Id | None = None
    history: Ids | None = Field(None, description="Item ids, the oldest first.")
    types: Types | None = Field(None, description="What it may name; by default as asked, or everything.")
    max_items: Annotated[int, Field(ge=0, le=MAX_K)] | None = Field(None, description="By default as asked, or three.")
    read_words: bool = Field(True, description="What words plainly ask for is kept for sure.")
    exclude_heard: bool = True
    filter: Filter | None = None


class StreamOptions(Wire):
    """include_usage: whether a last chunk counts the tokens."""

    include_usage: bool = False


class ChatRequest(Ask):
    """POST /v1/chat/completions, in OpenAI's form. Of that form's other fields the ones without an effect here are
    refused, all but those that change no answer."""

    path: ClassVar[str] = "/v1/chat/completions"
    verb: ClassVar[str] = "chat"

    messages: Annotated[tuple[Message, ...], BeforeValidator(_listed), Field(min_length=1, max_length=MAX_MESSAGES)]
    model: Annotated[str, Field(max_length=MAX_ID)] | None = None
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = Field(None, description="The newer name of max_tokens; it wins.")
    temperature: Annotated[float, Field(ge=0, le=HOTTEST)] | None = Field(
        None, description=f"0 is the same as none: the most probable answer. Others are at least {COLDEST:g}."
    )
    seed: Seed | None = None
    n: Annotated[int, Field(ge=1, le=MAX_CHOICES)] = 1
    user: Id | None = Field(None, description="A listener's id, where the extension gives none.")
    neo: ChatExtension = ChatExtension()
    metadata: JsonValue = None
    store: bool | None = None

    @field_validator("messages")
    @classmethod
    def _system_comes_first(cls, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        roles = [message.role for message in messages]
        if "system" in roles[_leading(roles) :]:
            raise ValueError("a system message stands after another's, expected it first")
        first = _leading(roles)
        if first == len(roles):
            raise ValueError("there are only system messages, expected one of the user")
        if wrong := out_of_turn(roles[first:], first):
            raise ValueError(wrong)
        return messages

    @model_validator(mode="after")
    def _choices_differ(self) -> ChatRequest:
        if self.n > 1 and not self.temperature:
            raise ValueError(f"n is {self.n} without a temperature, so all answers are the same: give a temperature")
        return self

    def arguments(self) -> dict[str, Any]:
        """What `NeoModel.chat` is called with, for the first of `n` answers."""
        asked = self.neo
        return {
            "messages": self.conversation(),
            "listener": self.user if asked.listener is None else asked.listener,
            "history": asked.history,
            "types": asked.types,
            "max_items": asked.max_items,
            "read_words": asked.read_words,
            "exclude_heard": asked.exclude_heard,
            "filter": asked.filter,
            "temperature": self.temperature or None,
            "seed": self.seed,
            "max_tokens": self.max_completion_tokens or self.max_tokens or WRITTEN,
        }

    def conversation(self) -> list[dict[str, Any]]:
        """The messages of user and assistant. What the system says is read as plain text that opens the user's first
        message, so it has no more power than the user has."""
        roles = [message.role for message in self.messages]
        rules, said = self.messages[: _leading(roles)], self.messages[_leading(roles) :]
        turns = [{"role": message.role, "content": message.said()} for message in said]
        asked = said[0].said()
        if any(part["type"] == "item" or part["text"].strip() for part in asked):  # rules ask for nothing
            before = [part for rule in rules for part in (*rule.said(), {"type": "text", "text": "\n\n"})]
            turns[0]["content"] = [*before, *asked]
        return turns


def out_of_turn(roles: Sequence[str], first: int = 0) -> str | None:
    """What is wrong where user and assistant do not take turns, from the user on. first: the place of the first."""
    for place, role in enumerate(roles):
        if role != (expected := ("user", "assistant")[place % 2]):
            what = f"messages[{first + place}] is from the {role}, expected the {expected}"
            return f"{what}: user and assistant take turns, the user begins."
    return None


def _leading(roles: Sequence[str]) -> int:
    """How many system messages come first."""
    return next((place for place, role in enumerate(roles) if role != "system"), len(roles))
