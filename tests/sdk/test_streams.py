"""Streams: opened once, read to the end or left early, broken off, and never mended by asking again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from small_server import Chunks, Replay, chat_frames, completion, data, verb_frames
from twins import TWINS, client, streamed

import neo_sdk
from neo_sdk import (
    Answer,
    APIConnectionError,
    APIError,
    APIResponseError,
    APITimeoutError,
    Item,
    ItemPart,
    TextPart,
    Usage,
)
from neo_sdk.testing import FakeNeo, answer
from neo_sdk.wire import ChatRequest, Message, SearchRequest, StreamOptions, TextContent

DUNE = Item(id="b1", type="audiobook", title="Dune \u2028 \x85 part", creator="Frank Herbert")
WHOLE = answer("Try ", ItemPart(item=DUNE, score=-1.5), ", or ", "not", ".", warnings=["a warning", "another"])
JOINED = WHOLE.model_copy(
    update={"parts": (*WHOLE.parts[:2], TextPart(text=", or not.")), "request_id": "r-7"}
)  # a chat's texts come back as one
HI = ChatRequest(
    messages=(Message(role="user", content=(TextContent(text="Hi"),)),),
    stream_options=StreamOptions(include_usage=True),
)
CHAT = list(chat_frames(FakeNeo(chat=WHOLE), HI))
SEARCH = list(verb_frames(FakeNeo(search=WHOLE), SearchRequest(query="x")))
ASKED: dict[str, list[bytes]] = {"chat": CHAT, "search": SEARCH}


def replay(*chunks: bytes | Exception, status: int = 200) -> Replay:
    return Replay(lambda: httpx.Response(status, headers={"x-request-id": "r-7"}, stream=Chunks(iter(chunks))))


@asynccontextmanager
async def opened(twin: str, handler: Callable[[httpx.Request], httpx.Response], verb: str) -> AsyncIterator[Any]:
    """A stream of either twin, read and closed with the same words."""
    stream = getattr(client(twin, handler).stream, verb)("Hi")
    if twin == "async":
        async with stream:
            yield stream
    else:
        with stream:
            yield Awaited(stream)


class Awaited:
    """A sync stream that is read like an async one."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __aiter__(self) -> Awaited:
        return self

    async def __anext__(self) -> Any:
        for piece in self.stream:
            return piece
        raise StopAsyncIteration

    @property
    async def text(self) -> AsyncIterator[str]:
        for text in self.stream.text:
            yield text

    @property
    def answer(self) -> Answer:
        return self.stream.answer

    async def finish(self) -> Answer:
        return self.stream.finish()

    async def close(self) -> None:
        self.stream.close()


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("verb", ASKED)
def test_pieces_come_as_they_were_sent_and_then_the_answer(verb: str, twin: str) -> None:
    pieces, whole = streamed(client(twin, replay(*ASKED[verb])), verb, "Hi")
    assert pieces == list(WHOLE.parts)
    assert whole.text == WHOLE.text
    expected = JOINED if verb == "chat" else WHOLE.model_copy(update={"request_id": "r-7"})
    assert whole == expected


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("verb", ASKED)
def test_it_does_not_matter_where_the_bytes_are_cut(verb: str, twin: str) -> None:
    sent = b"".join([b": ping\n\n", *ASKED[verb]])
    whole = streamed(client(twin, replay(*ASKED[verb])), verb, "Hi")
    assert streamed(client(twin, replay(sent)), verb, "Hi") == whole
    for size in (1, 2, 7, 64):
        chunks = [sent[place : place + size] for place in range(0, len(sent), size)]
        assert streamed(client(twin, replay(*chunks)), verb, "Hi") == whole


@pytest.mark.parametrize("twin", TWINS)
def test_text_finish_and_answer(twin: str) -> None:
    async def read() -> None:
        async with opened(twin, replay(*CHAT), "chat") as stream:
            assert [text async for text in stream.text] == ["Try ", DUNE.title, ", or ", "not", "."]
            assert stream.answer == JOINED
        assert stream.answer == JOINED
        async with opened(twin, replay(*CHAT), "chat") as stream:
            assert await anext(aiter(stream)) == TextPart(text="Try ")
            with pytest.raises(neo_sdk.InvalidRequestError, match=r"not whole yet: .* finish"):
                _ = stream.answer
            assert await stream.finish() == stream.answer == JOINED

    asyncio.run(read())


@pytest.mark.parametrize("twin", TWINS)
def test_leaving_early_closes_the_response(twin: str) -> None:
    def endless() -> Iterator[bytes]:
        yield CHAT[0]
        while True:
            yield CHAT[1]

    body = Chunks(endless())

    async def read() -> None:
        async with opened(twin, lambda request: httpx.Response(200, stream=body), "chat") as stream:
            async for piece in stream:
                assert piece == TextPart(text="Try ")
                break
            assert not body.closed
        assert body.closed and body.sent <= 3
        assert [piece async for piece in stream] == []
        await stream.close()  # once more does nothing
        with pytest.raises(neo_sdk.InvalidRequestError, match="not whole yet"):
            _ = stream.answer

    asyncio.run(read())


@pytest.mark.parametrize("twin", TWINS)
def test_an_error_of_the_reader_closes_the_response_and_is_raised(twin: str) -> None:
    body = Chunks(iter(CHAT))

    async def read() -> None:
        async with opened(twin, lambda request: httpx.Response(200, stream=body), "chat") as stream:
            async for _ in stream:
                raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        asyncio.run(read())
    assert body.closed


def test_a_cancelled_task_closes_the_response() -> None:
    class Waiting(Chunks):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield CHAT[1]
            await asyncio.sleep(60)

    body = Waiting(iter(()))

    async def read(begun: asyncio.Event) -> None:
        async with client("async", lambda request: httpx.Response(200, stream=body)).stream.chat("Hi") as stream:
            async for _ in stream:
                begun.set()

    async def cancelled() -> None:
        begun = asyncio.Event()
        task = asyncio.create_task(read(begun))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert body.closed


@pytest.mark.parametrize("twin", TWINS)
def test_a_stream_is_opened_once_and_read_only_while_it_is_open(twin: str) -> None:
    if twin == "sync":
        stream = client(twin, replay(*CHAT)).stream.chat("Hi")
        with pytest.raises(neo_sdk.InvalidRequestError, match=r"with neo\.stream"):
            next(iter(stream))
        with pytest.raises(neo_sdk.InvalidRequestError, match=r"with neo\.stream"):
            stream.close()
        with stream, pytest.raises(neo_sdk.InvalidRequestError, match="opened before"), stream:
            pass
        return

    async def read() -> None:
        stream = client(twin, replay(*CHAT)).stream.chat("Hi")
        with pytest.raises(neo_sdk.InvalidRequestError, match=r"with neo\.stream"):
            await anext(aiter(stream))
        async with stream:
            with pytest.raises(neo_sdk.InvalidRequestError, match="opened before"):
                async with stream:
                    pass

    asyncio.run(read())


def error_frame(kind: str, event: bytes = b"") -> bytes:
    return event + data({"error": {"message": "Too bad.", "type": kind, "param": None, "code": "c"}})


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("server_error", neo_sdk.InternalServerError),
        ("overloaded_error", neo_sdk.InternalServerError),
        ("timeout_error", APITimeoutError),
        ("rate_limit_error", neo_sdk.RateLimitError),
        ("invalid_request_error", neo_sdk.BadRequestError),
        ("not_found_error", neo_sdk.ApiNotFoundError),
        ("something_new", APIError),
    ],
)
@pytest.mark.parametrize("verb", ASKED)
def test_an_error_within_a_stream_is_raised_where_it_comes(
    verb: str, kind: str, error: type[APIError], twin: str
) -> None:
    frame = error_frame(kind) if verb == "chat" else error_frame(kind, b"event: error\n")
    handler = replay(*ASKED[verb][:2], frame, b"data: [DONE]\n\n")
    pieces = []

    async def read() -> None:
        async with opened(twin, handler, verb) as stream:
            async for piece in stream:
                pieces.append(piece)

    with pytest.raises(error, match=r"^Too bad\.$") as caught:
        asyncio.run(read())
    assert type(caught.value) is error and caught.value.request_id == "r-7" and caught.value.code == "c"
    assert pieces == list(WHOLE.parts[: 1 if verb == "chat" else 2])
    assert len(handler.requests) == 1


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("verb", ASKED)
def test_a_stream_that_breaks_off_is_not_asked_for_again(verb: str, twin: str) -> None:
    for chunks, error, message in (
        (ASKED[verb][:-1], APIConnectionError, "ended before the answer did"),
        ([], APIConnectionError, "ended before the answer did"),
        ([*ASKED[verb][:2], httpx.ReadError("gone")], APIConnectionError, "gone"),
        ([*ASKED[verb][:2], httpx.ReadTimeout("slow")], APITimeoutError, "silent"),
    ):
        handler = replay(*chunks)
        with pytest.raises(error, match=message):
            streamed(client(twin, handler), verb, "Hi")
        assert len(handler.requests) == 1


@pytest.mark.parametrize("twin", TWINS)
def test_opening_is_tried_again(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neo_sdk.retries.FIRST_PAUSE", 0.0)
    handler = Replay(httpx.ConnectError("no"), lambda: httpx.Response(503), replay(*CHAT).steps[0])
    assert streamed(client(twin, handler), "chat", "Hi")[1] == JOINED
    assert len(handler.requests) == 3


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("verb", "frame"),
    [
        ("chat", b"data: {\n\n"),
        ("chat", b"data: []\n\n"),
        ("chat", b"data: \xff\n\n"),
        ("chat", data({"choices": [{"delta": {"content": 3}}]})),
        ("chat", data({"choices": [{"delta": {"neo": {"part": {"kind": "item", "item": {}}}}}]})),
        ("chat", data({"choices": [{"delta": {}, "finish_reason": "tired"}]})),
        ("chat", b"data: [DONE]\n\n"),
        ("search", b"event: text\ndata: {\n\n"),
        ("search", b"event: item\ndata: {}\n\n"),
        ("search", b"event: done\ndata: [1]\n\n"),
        ("search", b"event: song\ndata: {}\n\n"),
        ("search", b"event: error\ndata: {}\n\n"),
        ("search", b"data: {}\n\n"),
    ],
)
def test_a_frame_that_cannot_be_read(verb: str, frame: bytes, twin: str) -> None:
    with pytest.raises(APIResponseError, match="cannot be read") as caught:
        streamed(client(twin, replay(*ASKED[verb][:2], frame)), verb, "Hi")
    assert caught.value.request_id == "r-7"


@pytest.mark.parametrize("twin", TWINS)
def test_a_frame_without_an_end_is_given_up(twin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neo_sdk.frames.MOST_WAITING", 1000)
    with pytest.raises(APIResponseError, match="more than 1,000 bytes"):
        streamed(client(twin, replay(*[b"data: " + b"x" * 500] * 9)), "chat", "Hi")


@pytest.mark.parametrize("twin", TWINS)
def test_a_chat_that_says_nothing_is_empty(twin: str) -> None:
    nothing = answer(warnings=["nothing passes"])
    frames = chat_frames(FakeNeo(chat=nothing), HI)
    pieces, whole = streamed(client(twin, replay(*frames)), "chat", "Hi")
    assert pieces == [] and whole == nothing.model_copy(update={"request_id": "r-7"})


def test_a_completion_without_the_extension_is_no_answer_of_neo() -> None:
    body = completion(WHOLE)
    del body["choices"][0]["message"]["neo"]
    with pytest.raises(APIResponseError, match="no extension"):
        client("sync", replay(json.dumps(body).encode())).chat("Hi")


def test_counts_are_kept() -> None:
    counted = WHOLE.model_copy(update={"usage": Usage(prompt_tokens=12, answer_tokens=7)})
    found = client("sync", replay(json.dumps(completion(counted)).encode())).chat("Hi")
    assert found == counted.model_copy(update={"request_id": "r-7"})
