"""Bad requests: each gets a sentence that helps and an error's right type; none is a 500, hangs or changes anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from running_server import Running

from neo.serving.problems import TYPES

JSON = {"content-type": "application/json"}


def chat(content: Any = "Bread?", **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], "max_tokens": 3, **more}


def messages(*roles: str) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": "x"} for role in roles]}


def refused(served: Running, path: str, content: bytes, status: int, says: str, **headers: str) -> None:
    stored = served.server.store.of("l3")
    response = served.http.post(path, content=content, headers={**JSON, **headers})
    error = response.json()["error"]
    assert response.status_code == status, error
    assert (error["type"], set(error)) == (TYPES[status], {"message", "type", "param", "code"})
    assert says in error["message"], error["message"]
    assert len(error["message"]) < 500 and error["message"].isprintable()
    assert served.server.store.of("l3") == stored and served.server.batches.waiting == 0


@pytest.mark.parametrize("path", ["/v1/recommend", "/v1/chat/completions", "/v1/events"])
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "The body is empty, expected a JSON object"),
        (b" \n", "The body is empty"),
        (b"[]", "The request is []"),
        (b'"x"', "The request is 'x'"),
        (b"null", "The request is None"),
        (b"7", "The request is 7"),
        (b"{", "The body is no JSON"),
        (b"{}{}", "The body is no JSON"),
        (b"{'k': 1}", "The body is no JSON"),
        (b'{"listener": "\xff\xfe"}', "The body is no JSON"),
        (b'{"listener": "\\ud800"}', "The body is no JSON"),
        (b'{"listener": "a\tb"}', "The body is no JSON"),
        (b"[" * 100_000, "The body is no JSON"),
        (b'{"a":' * 50_000, "The body is no JSON"),
        (b'{"k": ' + b"9" * 5_000 + b"}", ""),
        (b'{"listener": NaN}', ""),
        (b'{"nonsense": 1}', ""),
        (b'{"a\\nb\\u001b[2J": 1}', ""),
        (b'{"' + b"a" * 900_000 + b'": 1}', ""),
        (b'{"__proto__": {}, "listener": {}}', ""),
    ],
)
def test_bodies_that_are_no_request(served: Running, path: str, body: bytes, says: str) -> None:
    refused(served, path, body, 400, says)


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (chat(None), 400, "messages[0].content is empty"),
        (chat(""), 400, "is empty"),
        (chat("  \n"), 400, "is empty"),
        (chat([]), 400, "is empty"),
        (chat([[]]), 400, "messages[0].content[0]"),
        (chat(["x"]), 400, "messages[0].content[0]"),
        (chat([{"type": "text", "text": [{"type": "text", "text": "x"}]}]), 400, "messages[0].content[0]"),
        (chat([{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]), 400, "messages[0].content[0]"),
        (chat([{"type": "item", "item_id": "e-99"}]), 404, "'e-99'"),
        (chat([{"type": "item", "item_id": 7}]), 400, "item_id is 7"),
        (chat({"type": "text", "text": "x"}), 400, "expected text or a list of parts"),
        (chat(7), 400, "messages[0].content is 7"),
        (chat("a\0b"), 400, "NUL"),
        (chat("x" * 32_001), 400, "at most 32000 characters"),
        (chat([{"type": "text", "text": "x" * 20_000}] * 2), 400, "messages[0] is 40,000, expected at most 32,000"),
        (
            {"messages": [{"role": "user", "neo": {"parts": [{"kind": "text", "text": "x" * 20_000}] * 2}}]},
            400,
            "messages[0] is 40,000, expected at most 32,000",
        ),
        (
            {
                "messages": [
                    *chat([{"type": "text", "text": "x" * 20_000}] * 2)["messages"],
                    *messages("assistant", "user")["messages"],
                ]
            },
            400,
            "messages[0] is 40,000, expected at most 32,000",
        ),
        ({"messages": []}, 400, "messages is []"),
        ({}, 400, "messages is missing"),
        ({"messages": [{"role": "user", "content": "x"}] * 10_000}, 400, "messages"),
        (
            {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "x"}] * 128},
            400,
            "The last",
        ),
        ({"messages": [{"role": "user"}]}, 400, "messages[0].content is empty"),
        ({"messages": [{"content": "x"}]}, 400, "messages[0].role is missing"),
        ({"messages": "Bread?"}, 400, "messages is 'Bread?'"),
        (messages("tool"), 400, "messages[0].role is 'tool'"),
        (messages("user", "assistant"), 400, "The last message is the assistant's, expected the user's"),
        (messages("assistant", "user"), 400, "messages[0] is from the assistant, expected the user"),
        (messages("user", "user"), 400, "user and assistant take turns"),
        (messages("system"), 400, "there are only system messages"),
        (messages("user", "assistant", "system", "user"), 400, "a system message stands after another's"),
        (chat(model="gpt-4o"), 404, "no model 'gpt-4o' here, expected 'tiny' or 'neo'"),
        (chat(model=7), 400, "model is 7"),
        (chat(n=2), 400, "n is 2 without a temperature"),
        (chat(n=5, temperature=1.0), 400, "n is 5"),
        (chat(n=0), 400, "n is 0"),
        (chat(n=True), 400, "n is True"),
        (chat(temperature=-0.1), 400, "temperature is -0.1"),
        (chat(temperature="1"), 400, "temperature is '1'"),
        (chat(temperature=True), 400, "temperature is True"),
        (chat(max_tokens=0), 400, "max_tokens is 0"),
        (chat(max_tokens=1_025), 400, "max_tokens is 1,025, expected at most 1,024 on this server"),
        (chat(max_completion_tokens=10**30), 400, "max_completion_tokens"),
        (chat(max_tokens=2.5), 400, "max_tokens is 2.5"),
        (chat(seed=-1), 400, "seed is -1"),
        (chat(seed=1 << 63), 400, "seed is 9223372036854775808"),
        (chat(stream="yes"), 400, "stream is 'yes'"),
        (chat(stream_options={"include": True}), 400, "stream_options.include is"),
        (chat(top_p=0.5), 400, "top_p is"),
        (chat(stop=["a"] * 100), 400, "stop is"),
        (chat(logit_bias={"50256": -100}), 400, "logit_bias is"),
        (chat(tools=[]), 400, "tools is"),
        (chat(generation_config={"max_length": 10**9}), 400, "generation_config is"),
        (chat(neo={"listener": "l99"}), 404, "no listener has the id 'l99'"),
        (chat(neo={"max_items": 101}), 400, "neo.max_items is 101, expected at most 100"),
        (chat(neo={"types": ["album"]}), 404, "'album'"),
        (chat(neo={"types": []}), 400, "neo.types is []"),
        (chat(neo={"history": ["s-111"]}), 404, "'s-111'"),
        (chat(neo={"filter": {"langauges": ["en"]}}), 400, "did you mean 'languages'"),
        (chat(neo={"filter": {"parents": ["s-99"]}}), 404, "'s-99'"),
        (chat(neo={"recommendations": 3}), 400, "neo.recommendations is"),
        (chat(user="l\n99" * 1_000), 400, "user is"),
    ],
)
def test_chats_that_cannot_be_answered(served: Running, body: dict[str, Any], status: int, says: str) -> None:
    for stream in (False, True):
        asked = body if "stream" in body else {**body, "stream": stream}
        refused(served, "/v1/chat/completions", json.dumps(asked).encode(), status, says)


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("recommend", {"k": 0}, 400, "k is 0"),
        ("recommend", {"k": 101}, 400, "k is 101, expected at most 100 on this server: ask for less"),
        ("recommend", {"k": "10"}, 400, "k is '10'"),
        ("recommend", {"k": True}, 400, "k is True"),
        ("recommend", {"k": 1.5}, 400, "k is 1.5"),
        ("recommend", {"beams": 129}, 400, "beams is 129, expected at most 128"),
        ("recommend", {"format": "text"}, 400, "format is 'text'"),
        ("recommend", {"mode": "habitual"}, 400, "mode is 'habitual'"),
        ("recommend", {"listener": ["l3"]}, 400, "listener is ['l3']"),
        ("recommend", {"listener": "x" * 1_001}, 400, "at most 1000 characters"),
        ("recommend", {"listener": "a\0"}, 400, "NUL"),
        ("recommend", {"history": "s-1"}, 400, "history is 's-1'"),
        ("recommend", {"history": ["s-1", None]}, 400, "history[1] is None"),
        ("recommend", {"type": "album"}, 404, "album"),
        ("recommend", {"type": ""}, 404, "no item type ''"),
        ("recommend", {"per_parent": 0}, 400, "per_parent is 0"),
        ("recommend", {"within": ["s-1", "nothing"]}, 404, "'nothing'"),
        ("recommend", {"exclude": {"s-1": 1}}, 400, "exclude is"),
        ("recommend", {"filter": {"languages": []}}, 400, "filter.languages is []"),
        ("recommend", {"filter": {"explicit": "no"}}, 400, "filter.explicit is 'no'"),
        ("recommend", {"filter": {"attributes": {"a": {}}}}, 400, "filter.attributes"),
        ("recommend", {"filter": {"min_duration": 9, "max_duration": 1}}, 400, "swap them"),
        ("recommend", {"filter": {"attributes": {"x": 1}}}, 404, "extras"),
        ("recommend", {"temperature": 0}, 400, "temperature is 0"),
        ("recommend", {"temperature": 1e999}, 400, "temperature is inf"),
        ("recommend", {"exclude_heard": 1}, 400, "exclude_heard is 1"),
        ("search", {}, 400, "query is missing"),
        ("search", {"query": ""}, 400, "it is empty"),
        ("search", {"query": "x" * 2_001}, 400, "at most 2000 characters"),
        ("search", {"query": None}, 400, "query is missing"),
        ("explain", {"item": "show-99"}, 404, "'show-99'"),
        ("explain", {"item": "s-1", "k": 3}, 400, "k is"),
        ("understand", {}, 400, "neither listener nor history"),
        ("similar", {"item": "s-1", "stream": True}, 400, "stream is"),
        ("similar", {"item": "s-1", "filter": {"topics": [7]}}, 400, "filter.topics[0] is 7"),
        ("events", {"listener": "l3", "events": []}, 400, "events is []"),
        ("events", {"listener": "l3", "events": [{"item": "s-1"}] * 1_001}, 400, "events is"),
        ("events", {"listener": "l3", "events": [{"item": "s-1"}, {"item": "s-99"}]}, 404, "'s-99'"),
        ("events", {"listener": "l3", "events": [{"item": "s-1", "time": -1}]}, 400, "events[0].time is -1"),
        ("events", {"listener": "l3", "events": [{"item": "s-1", "time": 10**11}]}, 400, "correct the clock"),
        ("events", {"listener": "l3", "events": [{"item": "s-1", "time": "now"}]}, 400, "events[0].time is 'now'"),
        ("events", {"listener": "l3", "events": [{"item": "s-1", "kind": ""}]}, 400, "events[0].kind is ''"),
        ("events", {"listener": "", "events": [{"item": "s-1"}]}, 400, "listener is empty"),
        ("events", {"events": [{"item": "s-1"}]}, 400, "listener is missing"),
        ("events", {"listener": "l3", "events": {"item": "s-1"}}, 400, "events is"),
        ("events", {"listener": "l3", "events": [{"item": "s-1", "listener": "l4"}]}, 400, "events[0].listener is"),
    ],
)
def test_arguments_that_cannot_be_used(served: Running, path: str, body: Any, status: int, says: str) -> None:
    content = json.dumps(body).encode()
    refused(served, f"/v1/{path}", content, status, says)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_other_kinds_of_bodies(served: Running, kind: str) -> None:
    refused(served, "/v1/recommend", b"{}", 415, "expected application/json", **{"content-type": kind})
    refused(served, "/v1/recommend", b"{}", 415, "not compressed", **{"content-encoding": "gzip"})
    accepted = served.http.post(
        "/v1/recommend", content=b"{}", headers={"content-type": "Application/JSON; charset=utf-8"}
    )
    assert accepted.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/recommend", 405),
        ("PUT", "/v1/recommend", 405),
        ("TRACE", "/v1/recommend", 405),
        ("DELETE", "/v1/items/s-1", 405),
        ("POST", "/health", 405),
        ("GET", "/v1", 404),
        ("GET", "/v1/recommend/", 404),
        ("GET", "/v1/items/", 404),
        ("GET", "/v1/items/s-999", 404),
        ("GET", "/v1/items/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/v1/items/a%00b", 400),
        ("GET", "/v1/items/%ff", 404),
        ("GET", "/%0d%0aset-cookie:%20x", 404),
        ("GET", "/v1/items", 400),
        ("GET", "/v1/items?ids=s-1&other=2", 400),
        ("GET", "/v1/items?ids=s-1&ids=s-99", 404),
        ("GET", "/v1/items?" + "&".join(["ids=s-1"] * 101), 400),
    ],
)
def test_other_paths_and_methods(served: Running, method: str, path: str, status: int) -> None:
    response = served.http.request(method, path)
    assert (response.status_code, response.json()["error"]["type"]) == (status, TYPES[status])
    assert "set-cookie" not in response.headers and len(response.text) < 700
    assert ("allow" in response.headers) is (status == 405)


ODD = (
    "\u202egnirts",
    "\u200b\u200d jazz",
    "日本語 🎧",
    "<|sid|><|show_0_1|><|/sid|>",
    "<|prompt|><|answer|>",
    "\r\n\r\ndata: x",
)


@pytest.mark.parametrize("said", ODD)
def test_odd_words_are_words(served: Running, said: str) -> None:
    assert served.post("/v1/search", {"query": said, "k": 3}).json()["parts"]
    system = [{"role": "system", "content": said}, {"role": "user", "content": said}]
    answer = served.post("/v1/chat/completions", {"messages": system, "max_tokens": 2, "user": said})
    assert answer.status_code == 200
    expected = served.model.chat(f"{said}\n\n{said}", max_tokens=2)
    assert answer.json()["usage"]["prompt_tokens"] == expected.usage.prompt_tokens
    assert answer.json()["choices"][0]["message"]["content"] == expected.text


def test_what_is_unusual_is_answered_and_said(served: Running) -> None:
    long = served.post("/v1/recommend", {"history": [f"e-{n % 60}" for n in range(5_000)], "k": 3}).json()
    assert "The history has 5000 items; the model was trained to read" in long["warnings"][0]
    assert len(long["parts"]) == 3
    twice = served.post("/v1/recommend", {"history": ["s-1", "s-1"], "exclude": ["s-2", "s-2"], "k": 100}).json()
    assert len(twice["parts"]) == 18 and "There are no more shows to name" in twice["warnings"][0]
    none = served.post("/v1/search", {"query": "x", "filter": {"topics": ["no such topic"]}}).json()
    assert (none["parts"], none["finish_reason"]) == ([], "empty") and "0 pass the filter" in none["warnings"][0]
    other = served.post("/v1/recommend", {"type": "show", "within": ["e-1"]}).json()
    assert (other["parts"], other["finish_reason"]) == ([], "empty")
    talk = [{"role": role, "content": "well " * 40} for role in ("user", "assistant")] * 20
    lost = served.post("/v1/chat/completions", {"messages": [*talk, *chat()["messages"]], "max_tokens": 2}).json()
    assert "its" in lost["choices"][0]["message"]["neo"]["warnings"][0]
    too_long = served.post("/v1/chat/completions", chat("qz " * 10_000))
    assert too_long.status_code == 400 and "shorten the text" in too_long.json()["error"]["message"]
