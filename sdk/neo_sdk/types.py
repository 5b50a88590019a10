"""What a request filters by and what an answer is made of. Everything is immutable and reads and writes JSON."""

from __future__ import annotations

import datetime as dt
import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

OutputFormat = Literal["items", "text", "mixed"]
Mode = Literal["familiar", "unfamiliar", "any"]
FinishReason = Literal["stop", "length", "empty"]
Scalar = str | int | float | bool
Attributes = Mapping[str, Scalar | Sequence[Scalar]]
MAX_VALUES = 10_000  # of one field of a filter
MAX_VALUE = 1_000  # characters
MAX_ATTRIBUTES = 100


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def as_text(value: Scalar) -> str:
    """A value as attributes are compared by: 3, 3.0 and "3" are the same, and so are True and "true".

    Files such as CSV know only text, so what a catalog calls "3" may have been a number.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _day(given: Any) -> Any:
    return dt.date.fromisoformat(given) if isinstance(given, str) else given


def _usable(text: str) -> str:
    """Raises ValueError for text that no catalog can hold."""
    if len(text) > MAX_VALUE:
        raise ValueError(f"{text[:20]!r}... has {len(text):,} characters, at most {MAX_VALUE:,} are compared")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{text[:20]!r} has a lone surrogate") from None
    return text


def _texts(name: Any, given: Any) -> tuple[str, ...]:
    """The values of an attribute, in one form for all filters that ask the same."""
    values = given if isinstance(given, list | tuple) else (given,)
    if not 0 < len(values) <= MAX_VALUES:
        raise ValueError(f"{name!r:.80} has {len(values):,} values, 1 to {MAX_VALUES:,} can be compared with")
    for value in values:
        if not isinstance(value, Scalar) or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError(f"{name!r:.80} is compared with {value!r:.60}, which is no text, number or truth value")
    return tuple(sorted({_usable(as_text(value)) for value in values}))


def _attributes(given: Any) -> Attributes:
    if not isinstance(given, Mapping) or len(given) > MAX_ATTRIBUTES:
        raise ValueError(f"input should be a mapping with at most {MAX_ATTRIBUTES} names")
    if not all(isinstance(name, str) for name in given):
        raise ValueError("names of attributes are texts")
    return {_usable(name): _texts(name, given[name]) for name in sorted(given)}


def _any_of(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({_usable(text) for text in given}))


_AnyOf = Annotated[
    Sequence[Annotated[str, Field(strict=True, min_length=1)]],
    Field(min_length=1, max_length=MAX_VALUES),
    AfterValidator(_any_of),
]
_Day = Annotated[dt.date, Field(strict=True), BeforeValidator(_day)]
_Seconds = Annotated[int, Field(strict=True, ge=0, lt=1 << 31)]


class Filter(_Frozen):
    """What an item must be like to be named. All fields that are given must hold; of a list, any value will do.

    A filter is a guarantee: an item whose value is unknown does not pass where the field is given. Only the
    item's own values count, not those of its parent. Texts are compared to the letter, except languages.
    Lists become sorted tuples and the values of attributes texts, so that filters that ask the same are equal
    and hash alike. Raises pydantic's ValidationError for what cannot be used; an empty list is an error, since
    it could mean anything or nothing.
    """

    languages: _AnyOf | None = Field(
        None, description='A list of languages, such as ["en"]. "en" takes "en-US" and "EN_gb" too, "en-US" not "en".'
    )
    creators: _AnyOf | None = Field(None, description='A list of creators, such as ["Ann Lee"].')
    parents: _AnyOf | None = Field(
        None, description='A list of item ids, such as ["show-1"]. Passes what is directly part of one of them.'
    )
    topics: _AnyOf | None = Field(
        None, description='A list of topics, such as ["jazz"]. Passes what has at least one of them.'
    )
    released_since: _Day | None = Field(None, description='A date, such as "2024-05-31". It passes, and later ones.')
    released_until: _Day | None = Field(None, description='A date, such as "2024-05-31". It passes, and earlier ones.')
    min_duration: _Seconds | None = Field(None, description="A whole number of seconds. It passes, and more.")
    max_duration: _Seconds | None = Field(None, description="A whole number of seconds. It passes, and less.")
    explicit: Annotated[bool, Field(strict=True)] | None = Field(
        None,
        description="Either True or False. Passes what says so in its attribute `explicit`: true, yes, explicit or 1; "
        "false, no, clean or 0. So False passes nothing that might be explicit.",
    )
    attributes: Attributes = Field(
        default_factory=dict,
        description='A mapping of names to values, such as {"tone": "calm", "guest": ["Ann", "Bo"]}. The names are '
        "keys of the catalog's extras; where an item has a list, one of its values will do.",
    )

    _as_texts = field_validator("attributes", mode="plain", json_schema_input_type=Attributes)(_attributes)

    @model_validator(mode="before")
    @classmethod
    def _known_fields(cls, values: Any) -> Any:
        for name in values if isinstance(values, dict) else ():
            if name not in cls.model_fields:
                near = difflib.get_close_matches(str(name)[:80], cls.model_fields, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"the fields are: {', '.join(cls.model_fields)}"
                raise ValueError(f"a filter has no field {name!r:.80}, {hint}")
        return values

    @model_validator(mode="after")
    def _windows_are_open(self) -> Filter:
        pairs = (("released_since", "released_until"), ("min_duration", "max_duration"))
        for low, high in pairs:
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least > most:
                raise ValueError(f"{low} is {least} and {high} is {most}, so nothing can pass: swap them")
        return self

    def __hash__(self) -> int:
        return hash(repr(self))


class Item(_Frozen):
    """One thing of the catalog. `duration` is in seconds; `parent` is the id of the item that this one is
    part of."""

    id: str
    type: str
    title: str
    creator: str | None = None
    description: str | None = None
    parent: str | None = None
    topics: tuple[str, ...] = ()
    date: dt.date | None = None
    duration: int | None = None
    language: str | None = None
    popularity: float | None = None
    url: str | None = None


class TextPart(_Frozen):
    """Words of an answer."""

    kind: Literal["text"] = "text"
    text: str


class ItemPart(_Frozen):
    """An item that an answer names. `score` is a log-probability where the model gave one, in `recommend` plus the
    item's standing (how popular it is), so that it can exceed 0."""

    kind: Literal["item"] = "item"
    item: Item
    score: float | None = None


Part = Annotated[TextPart | ItemPart, Field(discriminator="kind")]


class Usage(_Frozen):
    """Tokens read and tokens written."""

    prompt_tokens: int
    answer_tokens: int


class Answer(_Frozen):
    """An ordered list of parts. `print(answer)` shows it as a person would read it. `request_id` finds the request in
    a server's log; there is none in process.

    guaranteed: which arguments every item that the answer names as new is sure to keep, such as `type`, `mode` or
    `filter.max_duration`, and after `words: ` what words said so plainly that it was read and kept (`words: episodes:
    jazz` of those items alone). All else that was said steers.
    """

    parts: tuple[Part, ...]
    finish_reason: FinishReason
    usage: Usage
    warnings: tuple[str, ...] = ()
    guaranteed: tuple[str, ...] = ()
    request_id: str | None = None

    @property
    def text(self) -> str:
        """The answer as one text: the text parts, with items as their titles."""
        return "".join(part.text if isinstance(part, TextPart) else part.item.title for part in self.parts)

    @property
    def items(self) -> list[Item]:
        """The items that the answer names, in order."""
        return [part.item for part in self.parts if isinstance(part, ItemPart)]

    def __str__(self) -> str:
        if any(isinstance(part, TextPart) for part in self.parts):
            return self.text
        return "\n".join(f"{rank}. {_line(item)}" for rank, item in enumerate(self.items, 1))


StreamEvent = TextPart | ItemPart | Answer
"""A piece of an answer as it is made, or at the end the whole of it."""


class Health(_Frozen):
    """Whether a server can answer; `version` is that of its bundle, which changes with it."""

    status: Literal["ok", "loading", "failed"]
    version: str | None = None


def _line(item: Item) -> str:
    return f"{item.title} ({item.type})" if item.creator is None else f"{item.title}, {item.creator} ({item.type})"
