from __future__ import annotations

import asyncio

import pytest

from neo_sdk import Answer, InvalidRequestError, Item, ItemPart, NotFoundError, RateLimitError, TextPart
from neo_sdk.testing import AsyncFakeNeo, FakeNeo, answer
from neo_sdk.wire import Ask, EventsRequest, ItemsRequest, RecommendRequest, SearchRequest

DUNE = Item(id="b1", type="audiobook", title="Dune")


def first(request: Ask) -> Answer:
    assert isinstance(request, RecommendRequest)
    return answer(*[DUNE] * request.k)


def test_it_answers_what_it_was_told_and_keeps_what_it_was_asked() -> None:
    fake = FakeNeo(
        recommend=first, search=answer("See ", DUNE), chat="Hello.", explain=RateLimitError("busy"), items=[DUNE]
    )
    assert fake.recommend("l1", k=2).items == [DUNE, DUNE]
    assert fake.search("sand").text == "See Dune"
    assert fake.chat("Hi").parts == (TextPart(text="Hello."),)
    with pytest.raises(RateLimitError, match="busy"):
        fake.explain("b1")
    with fake.stream.search("sand") as stream:
        assert list(stream) == [TextPart(text="See "), ItemPart(item=DUNE)]
    assert stream.answer == answer("See ", DUNE)
    assert fake.item("b1") == DUNE
    assert fake.events("l1", [{"item": "b1"}]) == 1
    asked = fake.calls
    assert [type(call) for call in asked[-2:]] == [ItemsRequest, EventsRequest]
    assert asked[0] == RecommendRequest(listener="l1", k=2)
    assert asked[1] == SearchRequest(query="sand")
    assert fake.models() == ["fake"] and fake.health().status == "ok"
    assert fake.with_options(timeout=1).calls is asked


def test_it_refuses_what_the_real_one_refuses_and_what_it_was_not_told() -> None:
    fake = FakeNeo(recommend="Hi")
    with pytest.raises(InvalidRequestError, match="k is 0"):
        fake.recommend(k=0)
    assert fake.calls == []
    with pytest.raises(InvalidRequestError, match=r"no answer to search: .* search="):
        fake.search("sand")
    with pytest.raises(NotFoundError, match="no item 'b1'"):
        fake.item("b1")


def test_its_async_twin() -> None:
    async def asked() -> None:
        async with AsyncFakeNeo(similar=answer(DUNE), chat=answer("Try ", DUNE), items=[DUNE]) as fake:
            assert (await fake.similar("b2", k=1)).items == [DUNE]
            async with fake.stream.chat("Hi") as stream:
                assert [text async for text in stream.text] == ["Try ", "Dune"]
            assert await fake.item("b1") == DUNE
            with pytest.raises(InvalidRequestError, match="k is 0"):
                await fake.similar("b2", k=0)
            assert [call.verb for call in fake.calls if isinstance(call, Ask)] == ["similar", "chat"]

    asyncio.run(asked())


def test_answers_are_made_of_texts_and_items() -> None:
    assert answer().finish_reason == "empty"
    assert answer("a", finish_reason="length", warnings=["w"]).warnings == ("w",)
    assert answer(ItemPart(item=DUNE, score=0.5)).parts == (ItemPart(item=DUNE, score=0.5),)
