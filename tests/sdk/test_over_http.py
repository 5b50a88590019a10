"""What the clients send, when they try again, and which errors they raise; both twins, without a socket."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from small_server import Replay
from twins import TWINS, URL, client, done, streamed

import neo_sdk
from neo_sdk import (
    Answer,
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AsyncNeo,
    ConfigError,
    Neo,
    Usage,
)

ANSWER = Answer(parts=(), finish_reason="empty", usage=Usage(prompt_tokens=1, answer_tokens=0))
DONE = b"event: done\ndata: " + ANSWER.model_dump_json().encode() + b"\n\n"


def fine() -> httpx.Response:
    return httpx.Response(200, text=ANSWER.model_dump_json())


def refused(status: int, **headers: str) -> Callable[[], httpx.Response]:
    body = {"error": {"message": "No.", "type": "t", "param": "k", "code": "c"}}
    return lambda: httpx.Response(status, headers={"x-request-id": "r-7", **headers}, json=body)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that a client makes, which here take no time."""
    taken: list[float] = []

    async def sleep(seconds: float) -> None:
        taken.append(seconds)

    monkeypatch.setattr("neo_sdk.over_http.time.sleep", taken.append)
    monkeypatch.setattr("neo_sdk.over_http.asyncio.sleep", sleep)
    monkeypatch.setattr("neo_sdk.retries.random.random", lambda: 0.0)
    monkeypatch.delenv("NEO_API_KEY", raising=False)
    return taken


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    "failure",
    [refused(429), refused(500), refused(503), refused(408), httpx.ConnectError("no"), httpx.ReadTimeout("slow")],
)
def test_it_is_tried_twice_more(failure: Any, twin: str, naps: list[float]) -> None:
    replay = Replay(failure, failure, fine)
    assert done(client(twin, replay).recommend()) == ANSWER
    assert naps == [0.5, 1.0]
    assert len({request.content for request in replay.requests}) == 1 and len(replay.requests) == 3


@pytest.mark.parametrize("twin", TWINS)
def test_then_it_is_given_up(twin: str, naps: list[float]) -> None:
    replay = Replay(refused(503))
    with pytest.raises(neo_sdk.InternalServerError, match=r"^No\.$"):
        done(client(twin, replay).recommend())
    assert (len(replay.requests), len(naps)) == (3, 2)
    with pytest.raises(neo_sdk.InternalServerError):
        done(client(twin, replay).with_options(max_retries=0).recommend())
    assert (len(replay.requests), len(naps)) == (4, 2)
    patient = client(twin, replay, max_retries=5)
    with pytest.raises(neo_sdk.InternalServerError):
        done(patient.recommend())
    assert len(replay.requests) == 10


@pytest.mark.parametrize("twin", TWINS)
def test_a_server_says_when_to_come_back(twin: str, naps: list[float]) -> None:
    replay = Replay(refused(429, **{"retry-after": "7"}), refused(503, **{"retry-after": "500"}), fine)
    done(client(twin, replay).recommend())
    assert naps == [7.0, 1.0]


@pytest.mark.parametrize("twin", TWINS)
def test_a_server_says_whether_to_come_back(twin: str, naps: list[float]) -> None:
    replay = Replay(refused(500, **{"x-should-retry": "false"}))
    with pytest.raises(neo_sdk.InternalServerError):
        done(client(twin, replay).recommend())
    assert naps == []
    assert done(client(twin, Replay(refused(400, **{"x-should-retry": "true"}), fine)).recommend()) == ANSWER
    assert naps == [0.5]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, neo_sdk.APIStatusError),
        (400, neo_sdk.BadRequestError),
        (401, neo_sdk.AuthenticationError),
        (403, neo_sdk.PermissionDeniedError),
        (404, neo_sdk.ApiNotFoundError),
        (405, neo_sdk.BadRequestError),
        (408, neo_sdk.APIStatusError),
        (409, neo_sdk.ConflictError),
        (413, neo_sdk.BadRequestError),
        (415, neo_sdk.BadRequestError),
        (418, neo_sdk.APIStatusError),
        (429, neo_sdk.RateLimitError),
        (500, neo_sdk.InternalServerError),
        (599, neo_sdk.InternalServerError),
    ],
)
def test_a_status_is_an_error_with_the_servers_words(
    status: int, kind: type[APIError], twin: str, naps: list[float]
) -> None:
    neo = client(twin, Replay(refused(status)), max_retries=0)
    for ask in (lambda: done(neo.recommend()), lambda: streamed(neo, "recommend")):
        with pytest.raises(kind) as caught:
            ask()
        error = caught.value
        assert type(error) is kind
        assert (str(error), error.status, error.type, error.param, error.code, error.request_id) == (
            "No.",
            status,
            "t",
            "k",
            "c",
            "r-7",
        )
        assert error.body == {"error": {"message": "No.", "type": "t", "param": "k", "code": "c"}}


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    "body", [b"<html>Bad gateway\n</html>", b"", b"[]", b'{"error": "no"}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_refusal_by_something_else_says_where_it_came_from(body: bytes, twin: str, naps: list[float]) -> None:
    neo = client(twin, Replay(lambda: httpx.Response(404, content=body)))
    with pytest.raises(
        neo_sdk.ApiNotFoundError, match=r"http://neo.test/v1/recommend answered 404 with .*base_url"
    ) as caught:
        done(neo.recommend())
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize("twin", TWINS)
def test_odd_words_of_a_refusal_are_passed_over(twin: str, naps: list[float]) -> None:
    body = {"error": {"message": 3, "type": ["t"], "param": {}, "code": None}}
    with pytest.raises(neo_sdk.ConflictError) as caught:
        done(client(twin, Replay(lambda: httpx.Response(409, json=body)), max_retries=0).recommend())
    error = caught.value
    assert (str(error), error.type, error.param, error.code) == (
        "The server refused without a reason.",
        None,
        None,
        "conflict",
    )


@pytest.mark.parametrize("twin", TWINS)
def test_a_server_that_is_not_there(twin: str, naps: list[float]) -> None:
    lost = client(twin, Replay(httpx.ConnectError("nobody listens")))
    for verb in ("recommend", "models", "health"):
        with pytest.raises(APIConnectionError, match=r"http://neo.test/ cannot be reached .*nobody listens") as caught:
            done(getattr(lost, verb)())
        assert not isinstance(caught.value, APITimeoutError)
        assert isinstance(caught.value.__cause__, httpx.ConnectError)
    slow = client(twin, Replay(httpx.ReadTimeout("slow")))
    with pytest.raises(APITimeoutError, match="silent for too long"):
        done(slow.recommend())


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"parts": [{"kind": "song"}]}', ANSWER.model_dump_json().encode()[:-9]]
)
def test_an_answer_that_cannot_be_read(body: bytes, twin: str, naps: list[float]) -> None:
    neo = client(twin, Replay(lambda: httpx.Response(200, headers={"x-request-id": "r-7"}, content=body)))
    for ask in (neo.recommend, lambda: neo.chat("Hi"), neo.models, lambda: neo.item("a")):
        with pytest.raises(neo_sdk.APIResponseError, match="cannot be read") as caught:
            done(ask())
        assert caught.value.request_id == "r-7" and caught.value.body == body.decode()
    assert naps == []


@pytest.mark.parametrize("twin", TWINS)
def test_what_is_sent(twin: str, naps: list[float]) -> None:
    replay = Replay(fine)
    done(
        client(twin, replay, api_key="sk-1", timeout=3).search("jazz", k=2, filter={"languages": ["en"]}, exclude=["a"])
    )
    (request,) = replay.requests
    assert (request.method, str(request.url)) == ("POST", "http://neo.test/v1/search")
    assert request.headers["authorization"] == "Bearer sk-1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"] == f"neo-sdk/{neo_sdk.__version__}"
    assert request.extensions["timeout"] == {"connect": 3, "read": 3, "write": 3, "pool": 3}
    assert json.loads(request.content) == {
        "query": "jazz", "k": 2, "format": "items", "beams": 30, "exclude_heard": False, "exclude": ["a"],
        "filter": {"languages": ["en"], "attributes": {}}, "max_tokens": 80, "stream": False,
    }  # fmt: skip


@pytest.mark.parametrize("twin", TWINS)
def test_a_chat_is_sent_in_openais_form(twin: str, naps: list[float]) -> None:
    replay = Replay(lambda: httpx.Response(200, content=b"data: [DONE]\n\n"))
    with pytest.raises(neo_sdk.APIResponseError, match="without a finish reason"):
        streamed(client(twin, replay), "chat", "Hi", "l1", seed=3)
    assert replay.requests[0].url.path == "/v1/chat/completions"
    assert json.loads(replay.requests[0].content) == {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "stream": True, "stream_options": {"include_usage": True}, "max_tokens": 80, "seed": 3, "n": 1,
        "neo": {"listener": "l1", "read_words": True, "exclude_heard": True},
    }  # fmt: skip


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("item_id", ["..", ".", "a/b", "a?b#c", "a%2Fb", "æ ø", "a&ids=b", "a\r\nx: y", ""])
def test_an_id_is_never_a_path(item_id: str, twin: str, naps: list[float]) -> None:
    replay = Replay(lambda: httpx.Response(200, json={"items": [{"id": item_id, "type": "t", "title": "T"}]}))
    assert done(client(twin, replay).item(item_id)).id == item_id
    assert replay.requests[0].url.path == "/v1/items"
    assert replay.requests[0].url.params.get_list("ids") == [item_id]


@pytest.mark.parametrize("twin", TWINS)
def test_events_have_ids_so_that_they_count_once(twin: str, naps: list[float]) -> None:
    replay = Replay(httpx.ReadTimeout("slow"), lambda: httpx.Response(200, json={"accepted": 2}))
    events = [{"item": "a"}, neo_sdk.Event(item="b", kind="like", time=5, id="mine")]
    assert done(client(twin, replay).events("l1", events)) == 2
    first, second = (json.loads(request.content) for request in replay.requests)
    assert first == second
    made = first["events"][0].pop("id")
    assert len(made) == 32
    assert first == {
        "listener": "l1",
        "events": [{"item": "a", "kind": "play"}, {"item": "b", "kind": "like", "time": 5, "id": "mine"}],
    }


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(("status", "word"), [(200, "ok"), (503, "loading"), (503, "failed")])
def test_health_is_told_not_raised(status: int, word: str, twin: str, naps: list[float]) -> None:
    replay = Replay(lambda: httpx.Response(status, json={"status": word, "version": "1.2"}))
    assert done(client(twin, replay).health()) == neo_sdk.Health(status=word, version="1.2")  # type: ignore[arg-type]
    assert len(replay.requests) == 1
    with pytest.raises(neo_sdk.AuthenticationError):
        done(client(twin, Replay(refused(401))).health())


@pytest.mark.parametrize(
    ("base_url", "asked"),
    [
        ("http://a:80", "http://a/v1/models"),
        ("https://a/", "https://a/v1/models"),
        ("https://a/v1", "https://a/v1/models"),
        ("https://a/v1/", "https://a/v1/models"),
        ("https://a/neo", "https://a/neo/v1/models"),
    ],
)
def test_where_a_server_is(base_url: str, asked: str, naps: list[float]) -> None:
    replay = Replay(lambda: httpx.Response(200, json={"data": [{"id": "m", "object": "model"}]}))
    assert client("sync", replay, base_url=base_url).models() == ["m"]
    assert str(replay.requests[0].url) == asked


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_url": "neo.test"}, "base_url is 'neo.test', expected one like http"),
        ({"base_url": "file:///etc/passwd"}, "base_url is"),
        ({"base_url": "http://"}, "base_url is"),
        ({"base_url": "http://a?b=c"}, "base_url is"),
        ({"base_url": "http://a\nb"}, "base_url is"),
        ({"base_url": None}, "base_url is None"),
        ({"base_url": "http://me:secret@a"}, "pass api_key"),
        ({"api_key": "a\r\nx: y"}, "The API key has"),
        ({"api_key": "a b"}, "The API key has"),
        ({"api_key": "é"}, "The API key has"),
        ({"api_key": 3}, "The API key has"),
        ({"timeout": 0}, "timeout is 0, expected seconds above 0"),
        ({"timeout": "5"}, "timeout is '5'"),
        ({"timeout": float("nan")}, "timeout is nan"),
        ({"timeout": True}, "timeout is True"),
        ({"max_retries": -1}, "max_retries is -1, expected a whole number from 0 to 20"),
        ({"max_retries": 1.0}, "max_retries is 1.0"),
    ],
)
def test_a_client_that_cannot_be_made(options: dict[str, Any], message: str) -> None:
    for kind in (Neo, AsyncNeo):
        with pytest.raises(ConfigError, match=message) as caught:
            kind(**{"base_url": URL, **options})
        assert "secret" not in str(caught.value) and "x: y" not in str(caught.value)


def test_the_key_may_come_from_the_environment(naps: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO_API_KEY", "sk-env")
    replay = Replay(fine)
    client("sync", replay).recommend()
    client("sync", replay, api_key="sk-own").recommend()
    monkeypatch.setenv("NEO_API_KEY", "")
    client("sync", replay).recommend()
    keys = [request.headers.get("authorization") for request in replay.requests]
    assert keys == ["Bearer sk-env", "Bearer sk-own", None]


def test_the_key_is_neither_printed_nor_logged(naps: list[float], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    neo = client("sync", Replay(refused(401)), api_key="sk-secret")
    with pytest.raises(neo_sdk.AuthenticationError) as caught:
        neo.recommend()
    told = [str(caught.value), repr(caught.value), repr(vars(caught.value)), caplog.text]
    told += [repr(vars(neo)), repr(vars(neo._backend)), str(neo)]
    assert not any("sk-secret" in text for text in told)


@pytest.mark.parametrize("twin", TWINS)
def test_what_cannot_be_used_is_not_sent(twin: str, naps: list[float]) -> None:
    replay = Replay(fine)
    neo = client(twin, replay)
    for ask in (
        lambda: neo.recommend(k="3"),
        lambda: neo.stream.search(""),
        lambda: neo.chat([]),
        lambda: neo.item(3),
        lambda: neo.events("l", []),
    ):
        with pytest.raises(neo_sdk.InvalidRequestError):
            done(ask())
    assert replay.requests == []


def test_closing_a_client_closes_its_connections(naps: list[float]) -> None:
    one = httpx.Client(transport=httpx.MockTransport(Replay(fine)))
    with Neo(URL, http_client=one) as neo:
        assert neo.with_options(timeout=1).recommend() == ANSWER
        assert not one.is_closed
    assert one.is_closed

    async def asked() -> bool:
        other = httpx.AsyncClient(transport=httpx.MockTransport(Replay(fine)))
        async with AsyncNeo(URL, http_client=other) as neo:
            await neo.recommend()
        return other.is_closed

    assert asyncio.run(asked())


def test_async_verbs_can_be_tasks(naps: list[float]) -> None:
    neo = client("async", Replay(fine))

    async def asked() -> Answer:
        verb = neo.recommend()
        assert inspect.iscoroutine(verb)
        return await asyncio.create_task(verb)

    assert asyncio.run(asked()) == ANSWER


def test_a_status_error_is_an_api_error_and_a_mistake_is_a_mistake() -> None:
    assert {APIStatusError, neo_sdk.InvalidRequestError} <= set(neo_sdk.BadRequestError.__mro__)
    assert {APIStatusError, neo_sdk.NotFoundError} <= set(neo_sdk.ApiNotFoundError.__mro__)
    assert issubclass(APITimeoutError, APIConnectionError) and issubclass(APIConnectionError, APIError)
    assert not issubclass(APIConnectionError, APIStatusError)
