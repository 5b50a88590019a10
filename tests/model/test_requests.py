from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.language.segments import ItemRef, Text, Turn
from neo.model import requests
from neo.model.requests import Manner, conversation
from neo_sdk.errors import InvalidRequestError, NotFoundError
from neo_sdk.types import Item, ItemPart, TextPart

KNOWN = {"s-1": 1, "s-2": 2}
NUL = "a\0b"


def row_of(item_id: str) -> int:
    if item_id not in KNOWN:
        raise NotFoundError(item_id)
    return KNOWN[item_id]


def test_a_string_is_one_request() -> None:
    assert conversation("hello", row_of) == (Turn((Text("hello"),)),)


def test_dicts_pairs_and_parts_of_an_earlier_answer_say_the_same() -> None:
    parts = [{"type": "text", "text": "Try "}, {"type": "item", "item_id": "s-2"}]
    earlier = (TextPart(text="Try "), ItemPart(item=Item(id="s-2", type="show", title="T"), score=-1.0))
    expected = (Turn((Text("hi"),), (Text("Try "), ItemRef(2))), Turn((Text("why?"),)))
    for answer in (parts, earlier):
        pairs = [("user", "hi"), ("assistant", answer), ("user", "why?")]
        assert conversation(pairs, row_of) == expected
        assert conversation([{"role": role, "content": said} for role, said in pairs], row_of) == expected


def user(content: object) -> list[Any]:
    return [{"role": "user", "content": content}]


@pytest.mark.parametrize(
    ("messages", "place"),
    [
        ("", "messages[0].content is empty"),
        ("  \n", "messages[0].content is empty"),
        (NUL, "NUL"),
        ("x" * 40_000, "has 40,000 characters"),
        ([], "at least one"),
        (None, "messages is None"),
        (7, "messages is 7"),
        (b"hello", "messages is b'hello'"),
        ({"role": "user", "content": "x"}, "expected text or a list"),
        (["hello"], "messages[0] is 'hello'"),
        ([None], "messages[0] is None"),
        ([("user",)], "messages[0] is ('user',)"),
        ([[["user", "x"]]], "messages[0]"),
        ([{"role": "user"}], "has the keys ['role']"),
        ([{"role": "user", "content": "x", "name": "me"}], "has the keys"),
        ([{1: 2}], "has the keys"),
        ([{"role": "system", "content": "x"}], "messages[0].role is 'system'"),
        ([{"role": None, "content": "x"}], "messages[0].role is None"),
        ([{"role": ["user"], "content": "x"}], "messages[0].role"),
        ([("assistant", "x")], "messages[0] is from the assistant, expected the user"),
        ([("user", "x"), ("user", "y")], "messages[1] is from the user, expected the assistant"),
        ([("user", "x"), ("assistant", "y")], "last message is the assistant's"),
        (user(None), "messages[0].content is None"),
        (user(b"x"), "messages[0].content"),
        (user([]), "messages[0].content is empty"),
        (user([{"type": "text", "text": ""}]), "messages[0].content is empty"),
        (user(["x"]), "messages[0].content[0] is 'x'"),
        (user([[{"type": "text", "text": "x"}]]), "messages[0].content[0]"),
        (user([{"type": "image_url", "image_url": {"url": "x"}}]), "messages[0].content[0]"),
        (user([{"type": "text"}]), "messages[0].content[0] has the keys"),
        (user([{"type": "text", "text": None}]), "messages[0].content[0].text is None"),
        (user([{"type": "text", "text": {"a": 1}}]), "messages[0].content[0].text"),
        (user([{"type": "item", "item_id": 3}]), "messages[0].content[0].item_id is 3"),
        (user([{"type": "item", "item_id": "\ud800"}]), "surrogate"),
        (user([{"type": "text", "text": "x" * 20_000}] * 2), "has 40,000 characters"),
        (user([{"type": "text", "text": "x"}] * 300), "has 300 parts"),
        ([("user", "x")] * 10_000, "has 10,000 messages"),
        ([("user", "x" * 30_000), ("assistant", "y")] * 9 + [("user", "z")], "has 270,010 characters"),
    ],
)  # fmt: skip
def test_what_is_no_conversation_is_refused_with_its_place(messages: object, place: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        conversation(messages, row_of)
    message = str(caught.value)
    assert place in message
    assert len(message) < 300  # a megabyte that came in does not come back
    assert "expected" in message


def test_an_unknown_item_in_a_message_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="s-9"):
        conversation(user([{"type": "item", "item_id": "s-9"}]), row_of)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3)
    | st.sampled_from(["user", "assistant", "text", "item", "s-1", "\ud800", NUL]),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner)
    | st.dictionaries(st.sampled_from([3, "role", "content", "type", "text", "item_id"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
almost = st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=3) | st.lists(junk, max_size=2)))


@given(junk | almost)
def test_junk_is_a_conversation_or_one_of_two_errors(messages: object) -> None:
    try:
        turns = conversation(messages, row_of)
    except (InvalidRequestError, NotFoundError):
        return
    assert turns[-1].answer is None
    assert all(turn.request and (turn.answer or turn is turns[-1]) for turn in turns)


@given(st.integers() | st.floats() | st.booleans() | st.text() | st.none())
def test_whole_takes_numbers_in_range_and_nothing_else(value: object) -> None:
    good = type(value) is int and 1 <= value <= 1000
    if good:
        assert requests.whole("k", value, 1, 1000) == value
    else:
        with pytest.raises(InvalidRequestError, match=r"^k is .* from 1 to 1000"):
            requests.whole("k", value, 1, 1000)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"temperature": 0}, "temperature"),
        ({"temperature": -1.0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": float("inf")}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"seed": -1}, "seed"),
        ({"seed": 1 << 63}, "seed"),
        ({"seed": 0.5}, "seed"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 100_000}, "max_tokens"),
    ],
)
def test_a_manner_out_of_range_is_refused(settings: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"^{name}"):
        Manner(**{"temperature": None, "seed": None, "max_tokens": 80} | settings)
