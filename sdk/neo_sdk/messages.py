"""What a caller may write as a conversation, brought into the one form that travels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neo_sdk.types import Answer, Item, ItemPart, TextPart
from neo_sdk.wire import ItemRef, Message

PartLike = TextPart | ItemPart | Item | ItemRef | Mapping[str, Any]
ContentLike = str | Answer | Sequence[PartLike]
MessageLike = Message | Mapping[str, Any] | tuple[str, ContentLike]
Messages = str | Sequence[MessageLike | PartLike]


def as_messages(given: object) -> object:
    """A text or a list of parts is one message of the user. What is no conversation is left for the wire's models to
    refuse."""
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    if not isinstance(given, Sequence) or isinstance(given, bytes):
        return given
    if given and all(map(_is_part, given)):
        return [{"role": "user", "content": _content(given)}]
    return [_message(message) for message in given]


def _message(given: object) -> object:
    if isinstance(given, tuple) and len(given) == 2:
        return {"role": given[0], "content": _content(given[1])}
    if isinstance(given, Mapping) and "content" in given:
        return {**given, "content": _content(given["content"])}
    return given


def _content(given: object) -> object:
    if isinstance(given, Answer):
        given = given.parts
    if isinstance(given, str | bytes) or not isinstance(given, Sequence):
        return given
    return [_part(part) for part in given]


def _part(given: object) -> object:
    match given:
        case TextPart(text=text):
            return {"type": "text", "text": text}
        case ItemPart(item=item) | (Item() as item):
            return {"type": "item", "item_id": item.id}
    return given


def _is_part(given: object) -> bool:
    return isinstance(given, TextPart | ItemPart | Item | ItemRef) or (
        isinstance(given, Mapping) and "type" in given and "role" not in given
    )
