"""Answers to chats, read back from OpenAI's form: the same parts, warnings and counts as every other answer has."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from neo_sdk.failures import parsed, unreadable
from neo_sdk.types import Answer, FinishReason, ItemPart, Part, StreamEvent, TextPart, Usage

END = b"[DONE]"


class _Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int


class _Extension(BaseModel):
    parts: tuple[Part, ...] = ()
    part: ItemPart | None = None
    warnings: tuple[str, ...] = ()
    guaranteed: tuple[str, ...] = ()


class _Message(BaseModel):
    content: str | None = None
    neo: _Extension | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: Literal["stop", "length"]


class _Completion(BaseModel):
    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: _Usage


class _Change(BaseModel):
    delta: _Message = _Message()
    finish_reason: Literal["stop", "length"] | None = None


class _Chunk(BaseModel):
    choices: tuple[_Change, ...] = ()
    usage: _Usage | None = None


def completed(data: bytes, request_id: str | None) -> Answer:
    """The answer in a whole completion. Raises APIResponseError for one that carries no parts."""
    completion = parsed(_Completion, data, request_id)
    choice = completion.choices[0]
    if choice.message.neo is None:
        raise unreadable("the message has no extension `neo`.", data, request_id)
    extension = choice.message.neo
    return _answer(extension.parts, choice.finish_reason, completion.usage, extension, request_id)


class CompletionEvents:
    """The pieces of a streamed completion, and at its end the whole answer, put together from them."""

    def __init__(self, request_id: str | None) -> None:
        self._request_id = request_id
        self._parts: list[TextPart | ItemPart] = []
        self._finish: FinishReason | None = None
        self._said = _Extension()
        self._usage: _Usage | None = None

    def read(self, data: bytes) -> list[StreamEvent]:
        """What one frame's data tells."""
        if data == END:
            return [self._whole()]
        chunk = parsed(_Chunk, data, self._request_id)
        self._usage = chunk.usage or self._usage
        return [piece for change in chunk.choices[:1] for piece in self._pieces(change)]

    def _pieces(self, change: _Change) -> list[StreamEvent]:
        self._finish = change.finish_reason or self._finish
        extension = change.delta.neo or _Extension()
        if extension.warnings or extension.guaranteed:  # in the last chunk
            self._said = extension
        if extension.part is not None:  # its title is the content as well, for clients that know no items
            self._parts.append(extension.part)
            return [extension.part]
        if not change.delta.content:
            return []
        piece = TextPart(text=change.delta.content)
        if self._parts and isinstance(self._parts[-1], TextPart):
            self._parts[-1] = TextPart(text=self._parts[-1].text + piece.text)
        else:
            self._parts.append(piece)
        return [piece]

    def _whole(self) -> Answer:
        if self._finish is None or self._usage is None:
            raise unreadable("the stream ended without a finish reason or a count of tokens.", END, self._request_id)
        return _answer(tuple(self._parts), self._finish, self._usage, self._said, self._request_id)


def _answer(
    parts: tuple[Part, ...],
    finish: FinishReason,
    usage: _Usage,
    said: _Extension,
    request_id: str | None,
) -> Answer:
    return Answer(
        parts=parts,
        finish_reason=finish if parts else "empty",  # OpenAI's form has no word for it
        usage=Usage(prompt_tokens=usage.prompt_tokens, answer_tokens=usage.completion_tokens),
        warnings=said.warnings,
        guaranteed=said.guaranteed,
        request_id=request_id,
    )
