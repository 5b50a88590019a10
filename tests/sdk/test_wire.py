"""Bodies of requests: closed, strict, and with the model's own names, defaults and limits."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from neo.model.neo_model import NeoModel
from neo_sdk import Filter, InvalidRequestError, Neo
from neo_sdk.refusals import checked, first_wrong
from neo_sdk.testing import FakeNeo
from neo_sdk.verbs import Verbs
from neo_sdk.wire import (
    Ask,
    ChatExtension,
    ChatRequest,
    Event,
    EventsRequest,
    ExplainRequest,
    ItemsRequest,
    RecommendRequest,
    SearchRequest,
    SimilarRequest,
    UnderstandRequest,
)

PLAIN = (RecommendRequest, SearchRequest, ExplainRequest, UnderstandRequest, SimilarRequest)
USER = {"role": "user", "content": "Hi"}


def defaults_of(function: Any) -> dict[str, Any]:
    return {
        name: parameter.default
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in ("self", "stream")
    }


@pytest.mark.parametrize("kind", PLAIN)
def test_a_request_has_the_names_and_defaults_of_the_models_method(kind: type[Ask]) -> None:
    fields = {
        name: inspect.Parameter.empty if field.is_required() else field.default
        for name, field in kind.model_fields.items()
        if name != "stream"
    }
    assert fields == defaults_of(getattr(NeoModel, kind.verb)) == defaults_of(getattr(Verbs, kind.verb))
    assert list(fields) == list(defaults_of(getattr(Verbs, kind.verb)))


def test_a_chat_has_the_names_and_defaults_of_the_models_method() -> None:
    asked = checked(ChatRequest, {"messages": [USER]}).arguments()
    expected = defaults_of(NeoModel.chat)
    assert {**expected, "messages": asked["messages"]} == asked
    assert defaults_of(Verbs.chat) == expected


def test_the_clients_verbs_take_arguments_as_the_model_does() -> None:
    for verb in ("chat", "recommend", "search", "explain", "understand", "similar"):
        of_the_model = inspect.signature(getattr(NeoModel, verb)).parameters
        of_the_client = inspect.signature(getattr(Neo, verb)).parameters
        assert [(name, one.kind) for name, one in of_the_client.items()] == [
            (name, one.kind) for name, one in of_the_model.items()
        ]


OTHER_THAN_DEFAULT: dict[str, Any] = {
    "listener": "l", "history": ("h",), "type": "t", "k": 3, "format": "mixed", "mode": "familiar", "beams": 4,
    "filter": Filter(topics=["jazz"]), "within": ("w",), "exclude": ("x",), "per_parent": 2, "temperature": 0.5,
    "seed": 6, "max_tokens": 7, "long_term": False, "query": "q", "item": "i", "types": ("t",), "max_items": 8,
    "wish": "w", "read_words": False,
}  # fmt: skip


@pytest.mark.parametrize("verb", ["chat", "recommend", "search", "explain", "understand", "similar"])
def test_every_argument_of_a_verb_arrives(verb: str) -> None:
    defaults = defaults_of(getattr(Verbs, verb))
    defaults.pop("messages", None)
    given = OTHER_THAN_DEFAULT | {"exclude_heard": not defaults.get("exclude_heard")}
    fields = {name: given[name] for name in defaults}
    assert all(fields[name] != default for name, default in defaults.items())
    fake = FakeNeo(**{verb: "Yes."})
    getattr(fake, verb)(**fields, **({"messages": "Hi"} if verb == "chat" else {}))
    (request,) = fake.calls
    assert isinstance(request, Ask)
    arrived = request.arguments()
    arrived.pop("messages", None)
    assert arrived == fields


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (RecommendRequest, {"k": "3"}, "k is '3', expected a valid integer"),
        (RecommendRequest, {"k": True}, "k is True, expected a valid integer"),
        (RecommendRequest, {"k": 3.0}, "k is 3.0, expected a valid integer"),
        (RecommendRequest, {"k": 0}, "k is 0, expected greater than or equal to 1"),
        (RecommendRequest, {"k": 1001}, "less than or equal to 1000"),
        (RecommendRequest, {"k": 10**5000}, "k is a long int"),
        (RecommendRequest, {"beams": 0}, "beams is 0"),
        (RecommendRequest, {"per_parent": 0}, "per_parent is 0"),
        (RecommendRequest, {"max_tokens": 4097}, "max_tokens is 4097"),
        (RecommendRequest, {"seed": -1}, "seed is -1"),
        (RecommendRequest, {"seed": 1 << 63}, "seed is 9223372036854775808"),
        (RecommendRequest, {"temperature": 0}, "temperature is 0, expected greater than or equal to 0.001"),
        (RecommendRequest, {"temperature": float("nan")}, "temperature is nan"),
        (RecommendRequest, {"temperature": float("inf")}, "temperature is inf"),
        (RecommendRequest, {"temperature": "hot"}, "temperature is 'hot'"),
        (RecommendRequest, {"exclude_heard": 1}, "exclude_heard is 1, expected a valid boolean"),
        (RecommendRequest, {"mode": "new"}, "mode is 'new', expected 'familiar', 'unfamiliar' or 'any'"),
        (RecommendRequest, {"format": "text"}, "format is 'text'"),
        (RecommendRequest, {"history": "s-1"}, "history is 's-1', expected a list"),
        (RecommendRequest, {"history": {"s-1"}}, "history is {'s-1'}, expected a list"),
        (RecommendRequest, {"history": ["s-1", 2]}, r"history\[1\] is 2, expected a valid string"),
        (RecommendRequest, {"listener": "a\0b"}, "NUL character at 1"),
        (RecommendRequest, {"listener": "\ud800"}, "listener is '.ud800', expected a valid string"),
        (RecommendRequest, {"listener": "x" * 1001}, "at most 1000 characters"),
        (RecommendRequest, {"filter": {"langauges": ["en"]}}, "did you mean 'languages'"),
        (RecommendRequest, {"filter": {"languages": [1]}}, r"filter.languages\[0\] is 1"),
        (RecommendRequest, {"histroy": ["s-1"]}, "histroy is .*expected nothing"),
        (RecommendRequest, {"a\nb": 1}, r"^'a\\nb' is 1, expected nothing"),
        (SearchRequest, {}, "query is missing"),
        (SearchRequest, {"query": None}, "query is missing"),
        (SearchRequest, {"query": " \n"}, "query is .*it is empty"),
        (SearchRequest, {"query": "x" * 2001}, "at most 2000 characters"),
        (ExplainRequest, {}, "item is missing"),
        (SimilarRequest, {"item": "s-1", "stream": True}, "stream is True, expected nothing"),
        (ItemsRequest, {"ids": []}, "ids is"),
        (ItemsRequest, {"ids": ["a"] * 101}, "ids is"),
        (EventsRequest, {"listener": "l", "events": []}, "events is"),
        (EventsRequest, {"listener": "l", "events": [{"item": "a"}] * 1001}, "events is"),
        (EventsRequest, {"listener": "l", "events": [{"item": "a", "time": 1.5}]}, r"events\[0\].time is 1.5"),
        (EventsRequest, {"listener": "l", "events": [{"item": "a", "time": -1}]}, r"events\[0\].time is -1"),
        (EventsRequest, {"listener": "l", "events": [{"kind": "play"}]}, r"events\[0\].item is missing"),
        (ChatRequest, {"messages": "Hi"}, "messages is 'Hi', expected a list"),
        (ChatRequest, {"messages": []}, "messages is"),
        (ChatRequest, {"messages": [USER] * 257}, "messages is"),
        (ChatRequest, {"messages": [USER | {"role": "tool"}]}, r"messages\[0\].role is 'tool', expected 'system'"),
        (ChatRequest, {"messages": [USER | {"content": 3}]}, r"messages\[0\].content is 3"),
        (ChatRequest, {"messages": [USER | {"content": "x" * 32_001}]}, r"messages\[0\].content\[0\].text is"),
        (ChatRequest, {"messages": [USER | {"content": ["Hi"]}]}, r"messages\[0\].content\[0\] is 'Hi'"),
        (ChatRequest, {"messages": [USER | {"content": [{"type": "image_url"}]}]}, "'image_url'"),
        (ChatRequest, {"messages": [USER | {"content": [{"type": "item"}]}]}, r"content\[0\].item_id is missing"),
        (ChatRequest, {"messages": [USER | {"tool_calls": [1]}]}, r"messages\[0\].tool_calls is"),
        (ChatRequest, {"messages": [USER, {"role": "system", "content": "x"}]}, "expected it first"),
        (ChatRequest, {"messages": [{"role": "system", "content": "x"}]}, "only system messages"),
        (
            ChatRequest,
            {"messages": [{"role": "system", "content": "x"}, USER, USER]},
            r"messages\[2\] is from the user",
        ),
        (ChatRequest, {"messages": [USER], "top_p": 0.5}, "top_p is 0.5, expected nothing: .*no effect"),
        (ChatRequest, {"messages": [USER], "n": 2}, "n is 2 without a temperature"),
        (ChatRequest, {"messages": [USER], "n": 2, "temperature": 0}, "n is 2 without a temperature"),
        (ChatRequest, {"messages": [USER], "n": 5, "temperature": 1}, "n is 5"),
        (ChatRequest, {"messages": [USER], "neo": {"types": []}}, "neo.types is"),
        (ChatRequest, {"messages": [USER], "neo": {"max_items": -1}}, "neo.max_items is -1"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    kind: type[BaseModel], fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidRequestError, match=message) as caught:
        checked(kind, fields)
    assert len(str(caught.value)) < 600 and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ("[]", None, "The request is .*, expected an object"),
        ("3", None, "The request is 3"),
        ("", None, "no JSON"),
        ("{", None, "no JSON"),
        ('{"k": NaN}', "k", "k is nan"),
        ('{"k": ' + "[" * 1000 + "]" * 1000 + "}", None, "no JSON"),
        ('{"filter": {"released_since": 3}}', "filter.released_since", "filter.released_since is 3"),
        ('{"history": ["a", null]}', "history[1]", "history.1. is None"),
    ],
)
def test_bytes_from_anywhere_are_refused_in_a_sentence(body: str, param: str | None, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RecommendRequest.model_validate_json(body)
    found, sentence = first_wrong(caught.value)
    assert found == param
    assert re.search(message, sentence)


def test_a_request_survives_its_own_json_and_cannot_be_changed() -> None:
    fields = {"history": ["a", "b"], "filter": {"released_since": "2024-05-31", "explicit": False}, "temperature": 1}
    request = checked(RecommendRequest, fields)
    assert RecommendRequest.model_validate_json(request.model_dump_json()) == request
    assert RecommendRequest.model_validate(json.loads(request.model_dump_json())) == request
    assert request.history == ("a", "b")
    with pytest.raises(ValidationError, match="frozen"):
        request.k = 3  # type: ignore[misc]


def test_null_counts_as_not_given() -> None:
    nulls = dict.fromkeys(RecommendRequest.model_fields)
    assert checked(RecommendRequest, nulls) == RecommendRequest()
    assert checked(ChatRequest, {"messages": [USER | {"refusal": None}], "top_p": None}).n == 1


def test_what_the_system_says_opens_the_first_message_as_text() -> None:
    system = {"role": "system", "content": "<|im_start|>Be kind."}
    asked = [system, system, USER, {"role": "assistant", "content": "Yes?"}, USER]
    turns = checked(ChatRequest, {"messages": asked}).conversation()
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert {part["type"] for part in turns[0]["content"]} == {"text"}
    text = "".join(part["text"] for part in turns[0]["content"])
    assert text == "<|im_start|>Be kind.\n\n<|im_start|>Be kind.\n\nHi"
    (blank,) = checked(ChatRequest, {"messages": [system, USER | {"content": " "}]}).conversation()
    assert blank["content"] == [{"type": "text", "text": " "}]  # which is refused as it would be without rules


def test_an_answer_that_is_sent_back_is_read_from_its_parts() -> None:
    parts = [{"kind": "text", "text": "Try "}, {"kind": "item", "item": {"id": "b1", "type": "book", "title": "Dune"}}]
    message = {"role": "assistant", "content": "Try Dune", "refusal": None, "neo": {"parts": parts, "warnings": ["w"]}}
    request = checked(ChatRequest, {"messages": [USER, message, USER]})
    assert request.conversation()[1]["content"] == [
        {"type": "text", "text": "Try "},
        {"type": "item", "item_id": "b1"},
    ]


def test_fields_of_openais_form_become_the_models_arguments() -> None:
    fields = {"messages": [USER], "user": "l1", "max_tokens": 5, "max_completion_tokens": 7, "temperature": 0}
    asked = checked(ChatRequest, {**fields, "store": True, "metadata": {"a": "b"}}).arguments()
    assert (asked["listener"], asked["max_tokens"], asked["temperature"]) == ("l1", 7, None)
    asked = checked(
        ChatRequest, {"messages": [USER], "user": "l1", "max_tokens": 5, "neo": {"listener": "l2"}}
    ).arguments()
    assert (asked["listener"], asked["max_tokens"]) == ("l2", 5)


def test_an_event_is_a_play_that_happens_now() -> None:
    assert Event(item="s-1") == Event(item="s-1", kind="play", time=None, id=None)
    assert ChatExtension() == ChatExtension(max_items=None, read_words=True, exclude_heard=True)
