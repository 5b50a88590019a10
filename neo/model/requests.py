"""What callers may ask, checked before it costs time. Errors say what came, what was expected, what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import torch
from pydantic import ValidationError

from neo.decoding.sampling import Sampling
from neo.language.segments import ItemRef, Segment, Text, Turn, merge_texts
from neo_sdk.errors import InvalidRequestError
from neo_sdk.limits import MAX_ID, MAX_IDS, MAX_MESSAGE, MAX_MESSAGES, MAX_SEED, MAX_TOKENS
from neo_sdk.refusals import shown
from neo_sdk.types import Filter, ItemPart, TextPart
from neo_sdk.wire import out_of_turn

MAX_CONVERSATION = 256_000  # characters

RowOf = Callable[[str], int]
Option = TypeVar("Option", bound=str)


def whole(name: str, value: object, least: int, most: int) -> int:
    """A whole number in [least, most]."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidRequestError(
            f"{name} is {shown(value)}, expected a whole number from {least} to {most}: pass one of these."
        )
    return value


def words(name: str, value: object, most: int) -> str:
    """Text of at most `most` characters that says something."""
    text = plain(name, value, most)
    if not text.strip():
        raise InvalidRequestError(f"{name} is empty, expected words: say what you want.")
    return text


def plain(name: str, value: object, most: int) -> str:
    """Text of at most `most` characters, without NUL."""
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} is {shown(value)}, expected text: pass a string.")
    if len(value) > most:
        raise InvalidRequestError(f"{name} has {len(value):,} characters, expected at most {most:,}: shorten it.")
    if "\0" in value:
        raise InvalidRequestError(f"{name} has a NUL character at {value.index(chr(0))}, expected text: remove it.")
    return value


def one_id(name: str, value: object) -> str:
    """An item's or a listener's id."""
    found = plain(name, value, MAX_ID)
    try:
        found.encode()
    except UnicodeEncodeError:  # a lone surrogate: legal in JSON, but no id can hold one, and Arrow refuses it
        raise InvalidRequestError(f"{name} is {shown(value)}, expected valid Unicode: remove the surrogate.") from None
    return found


def ids(name: str, value: object) -> list[str]:
    """A sequence of ids."""
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise InvalidRequestError(f"{name} is {shown(value)}, expected a list of item ids: pass {name}=['id', ...].")
    if len(value) > MAX_IDS:
        raise InvalidRequestError(f"{name} has {len(value):,} ids, expected at most {MAX_IDS:,}: pass fewer.")
    return [one_id(f"{name}[{place}]", item) for place, item in enumerate(value)]


def one_of(name: str, value: object, options: Sequence[Option]) -> Option:
    for option in options:
        if value == option:
            return option
    raise InvalidRequestError(f"{name} is {shown(value)}, expected one of {', '.join(options)}: pass one of them.")


def names(name: str, value: object) -> list[str]:
    """A list of item type names, at least one."""
    if isinstance(value, str | bytes) or not isinstance(value, Sequence) or not value:
        raise InvalidRequestError(f"{name} is {shown(value)}, expected a list of item types: pass {name}=['show'].")
    return [one_id(name, found) for found in value]


def filter_from(value: object) -> Filter | None:
    """A filter, or a mapping of its fields; None for one that lets everything through."""
    if value is None:
        return None
    if isinstance(value, Filter):
        return None if value == Filter() else value
    if not isinstance(value, Mapping):
        raise InvalidRequestError(
            f"filter is {shown(value)}, expected a Filter or a mapping of its fields: pass {{'languages': ['en']}}."
        )
    try:
        return filter_from(Filter.model_validate(dict(value)))
    except ValidationError as error:
        raise InvalidRequestError(_first_wrong(error)) from None


def _first_wrong(error: ValidationError) -> str:
    found = error.errors(include_url=False)[0]
    reason = found["msg"].removeprefix("Value error, ")
    if not found["loc"]:
        return f"filter cannot be used: {reason}."
    name, *places = found["loc"]
    expected = str(Filter.model_fields[str(name)].description).partition(". ")[0].rstrip(".")
    place = "".join(f"[{part!r:.60}]" for part in places)
    return (
        f"filter.{name}{place} is {shown(found['input'])} ({reason}), expected {expected[0].lower()}{expected[1:]}: "
        f"correct it or leave it out."
    )


@dataclass(frozen=True)
class Manner:
    """How an answer is made: drawn where there is a temperature (the same for a seed), its length, and whether it is
    items alone or begins with words."""

    temperature: float | None
    seed: int | None
    max_tokens: int
    format: Literal["any", "items", "mixed"] = "any"

    def __post_init__(self) -> None:
        whole("max_tokens", self.max_tokens, 1, MAX_TOKENS)
        if self.seed is not None:
            whole("seed", self.seed, 0, MAX_SEED)
        if self.temperature is not None:
            Sampling.check(self.temperature, None)

    def generator(self) -> torch.Generator | None:
        """Always on the CPU, so that a seed gives one answer on every device."""
        return None if self.seed is None else torch.Generator().manual_seed(self.seed)

    def sampling(self) -> dict[str, Any]:
        """The arguments of `search_spans` that say so."""
        if self.temperature is None:
            return {}
        return {"sample": True, "temperature": self.temperature, "generator": self.generator()}


def conversation(messages: object, row_of: RowOf) -> tuple[Turn, ...]:
    """Messages as turns, the last one still without an answer.

    messages: as in `NeoModel.chat`; the user's come first and last. `row_of` finds the row of an item id.
    """
    if isinstance(messages, str):
        messages = [("user", messages)]
    if not isinstance(messages, Sequence) or isinstance(messages, bytes) or not messages:
        raise InvalidRequestError(
            f"messages is {shown(messages)}, expected text or a list of messages, at least one: "
            f"pass [{{'role': 'user', 'content': '...'}}]."
        )
    if len(messages) > MAX_MESSAGES:
        raise InvalidRequestError(
            f"messages has {len(messages):,} messages, expected at most {MAX_MESSAGES}: send the latest ones."
        )
    said = [_message(f"messages[{place}]", message, row_of) for place, message in enumerate(messages)]
    if wrong := out_of_turn([role for role, _ in said]):
        raise InvalidRequestError(wrong)
    if said[-1][0] != "user":
        raise InvalidRequestError("The last message is the assistant's, expected the user's: end with what is asked.")
    length = sum(len(part.text) for _, content in said for part in content if isinstance(part, Text))
    if length > MAX_CONVERSATION:
        raise InvalidRequestError(
            f"messages has {length:,} characters, expected at most {MAX_CONVERSATION:,}: send the latest."
        )
    answers: list[tuple[Segment, ...] | None] = [content for _, content in said[1::2]]
    return tuple(Turn(request, answer) for (_, request), answer in zip(said[0::2], [*answers, None], strict=True))


def _message(name: str, message: object, row_of: RowOf) -> tuple[str, tuple[Segment, ...]]:
    if isinstance(message, Mapping):
        _keys(name, message, ("role", "content"))
        role, content = message["role"], message["content"]
    elif isinstance(message, tuple) and len(message) == 2:
        role, content = message
    else:
        raise InvalidRequestError(
            f"{name} is {shown(message)}, expected a message: pass {{'role': ..., 'content': ...}}."
        )
    role = one_of(f"{name}.role", role, ("user", "assistant"))
    return role, _content(f"{name}.content", content, row_of)


def _content(name: str, content: object, row_of: RowOf) -> tuple[Segment, ...]:
    if isinstance(content, str):
        return (Text(words(name, content, MAX_MESSAGE)),)
    if not isinstance(content, Sequence) or isinstance(content, bytes):
        raise InvalidRequestError(f"{name} is {shown(content)}, expected text or a list of parts: pass a string.")
    if len(content) > MAX_MESSAGES:
        raise InvalidRequestError(f"{name} has {len(content):,} parts, expected at most {MAX_MESSAGES}: pass fewer.")
    segments = merge_texts(_part(f"{name}[{place}]", part, row_of) for place, part in enumerate(content))
    texts = [segment.text for segment in segments if isinstance(segment, Text)]
    if (length := sum(map(len, texts))) > MAX_MESSAGE:
        raise InvalidRequestError(f"{name} has {length:,} characters, expected at most {MAX_MESSAGE:,}: shorten it.")
    if len(texts) == len(segments) and not "".join(texts).strip():
        raise InvalidRequestError(f"{name} is empty, expected words or items: say something.")
    return segments


def _part(name: str, part: Any, row_of: RowOf) -> Segment:
    match part:
        case TextPart():
            return Text(plain(name, part.text, MAX_MESSAGE))
        case ItemPart():
            return ItemRef(row_of(one_id(name, part.item.id)))
        case {"type": "text"}:
            _keys(name, part, ("type", "text"))
            return Text(plain(f"{name}.text", part["text"], MAX_MESSAGE))
        case {"type": "item"}:
            _keys(name, part, ("type", "item_id"))
            return ItemRef(row_of(one_id(f"{name}.item_id", part["item_id"])))
    raise InvalidRequestError(
        f"{name} is {shown(part)}, expected a part: pass {{'type': 'text', 'text': ...}} or "
        f"{{'type': 'item', 'item_id': ...}}."
    )


def _keys(name: str, found: Mapping[Any, Any], expected: tuple[str, ...]) -> None:
    if set(found) != set(expected):
        raise InvalidRequestError(
            f"{name} has the keys {shown(list(found))}, expected {', '.join(expected)}: pass these only."
        )
