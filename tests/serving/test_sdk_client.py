"""NEO's own client against the real server: the same answers, streams and errors as in process."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_server import Gate, Running, running, until

from neo.serving.settings import Limits, Settings
from neo_sdk import Answer, AsyncNeo, BadRequestError, Neo, NotFoundError, RateLimitError

ASKED: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("recommend", ("l3",), {"type": "episode", "k": 4, "per_parent": 1}),
    ("recommend", ("l3",), {"k": 2, "format": "mixed", "max_tokens": 8, "mode": "unfamiliar"}),
    ("search", ("old maps",), {"filter": {"topics": ["bread", "old maps"]}, "temperature": 1.2, "seed": 3}),
    ("explain", ("s-2", "l4"), {"max_tokens": 9}),
    ("understand", ("l4",), {"max_tokens": 9}),
    ("similar", ("s-2",), {"k": 3, "type": "episode"}),
    ("chat", ([("system", "Be short."), ("user", "Hi"), ("assistant", "Yes?"), ("user", "Jazz")], "l3"), {"seed": 1}),
    ("chat", ("Hi",), {"temperature": 2.0, "seed": 3, "max_items": 3, "max_tokens": 40, "types": ["show"]}),
]


@pytest.fixture(scope="module")
def here(tiny_bundle_folder: Path) -> Neo:
    return Neo.load(tiny_bundle_folder, device="cpu")


@pytest.fixture(scope="module")
def there(served: Running) -> Iterator[Neo]:
    client = Neo(served.url, max_retries=0)
    yield client
    client.close()


def alike(one: Answer, other: Answer) -> None:
    """Up to the id of the request and the rounding of scores."""
    scores = [[part.score or 0.0 for part in answer.parts if part.kind == "item"] for answer in (one, other)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)
    plain = [answer.model_copy(update={"request_id": None, "parts": ()}) for answer in (one, other)]
    assert plain[0] == plain[1] and one.text == other.text and one.items == other.items


@pytest.mark.parametrize(("verb", "arguments", "options"), ASKED)
def test_the_same_answers(
    here: Neo, there: Neo, verb: str, arguments: tuple[Any, ...], options: dict[str, Any]
) -> None:
    answer = getattr(there, verb)(*arguments, **options)
    alike(answer, getattr(here, verb)(*arguments, **options))
    assert answer.request_id


def test_asynchronously_and_many_at_once(here: Neo, served: Running) -> None:
    async def ask() -> list[Answer]:
        async with AsyncNeo(served.url, max_retries=0) as client:
            return await asyncio.gather(*(getattr(client, verb)(*given, **more) for verb, given, more in ASKED * 3))

    wanted = [getattr(here, verb)(*given, **more) for verb, given, more in ASKED] * 3
    for answer, expected in zip(asyncio.run(ask()), wanted, strict=True):
        alike(answer, expected)


def test_errors_are_those_in_process_with_a_status(here: Neo, there: Neo) -> None:
    with pytest.raises(NotFoundError, match="'s-999'") as missing:
        there.explain("s-999")
    assert missing.value.status == 404  # type: ignore[attr-defined]
    with pytest.raises(NotFoundError, match="'s-999'"):
        here.explain("s-999")
    with pytest.raises(BadRequestError, match="k is 101, expected at most 100 on this server") as bad:
        there.recommend(k=101)
    assert (bad.value.status, bad.value.type) == (400, "invalid_request_error")


def test_events_are_heard(tiny_bundle_folder: Path, tmp_path: Path) -> None:
    with running(tiny_bundle_folder, tmp_path / "events.sqlite") as served, Neo(served.url, max_retries=0) as client:
        first = client.recommend("l3", k=1).items[0]
        client.events("l3", [{"item": first.id, "id": "k-1"}])
        assert first not in client.recommend("l3", k=100).items
        assert client.item(first.id) == first


def test_a_full_queue_is_waited_for(tiny_bundle_folder: Path, tmp_path: Path) -> None:
    settings = Settings(Limits(queue=1))
    with running(tiny_bundle_folder, tmp_path / "events.sqlite", settings) as served:
        gate = Gate(served.model)

        async def ask() -> list[Any]:
            async with AsyncNeo(served.url, max_retries=0) as client, AsyncNeo(served.url) as patient:
                first = asyncio.ensure_future(client.recommend(k=1))
                await asyncio.to_thread(until, gate.came.is_set)
                second = asyncio.ensure_future(client.recommend(k=2))
                await asyncio.to_thread(until, lambda: served.server.batches.waiting == 1)
                with pytest.raises(RateLimitError):
                    await client.recommend(k=3)
                third = asyncio.ensure_future(patient.recommend(k=3))
                refused = {"route": "/v1/recommend", "status": "429"}
                await asyncio.to_thread(until, lambda: served.metric("neo_requests_total", **refused) >= 2)
                gate.open.set()
                return [len((await answer).items) for answer in (first, second, third)]

        assert asyncio.run(ask()) == [1, 2, 3]
