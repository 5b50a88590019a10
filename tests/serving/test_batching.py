"""Requests that come together share the model's runs; too many are refused, late ones given up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
from asked_verbs import ASKED, expected, same
from running_server import Gate, Running, frames, running, until

from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.serving.batching import Batches, Job
from neo.serving.problems import Refusal
from neo.serving.settings import Limits, Settings
from neo_sdk.errors import NeoError
from neo_sdk.types import Answer


@pytest.fixture
def small(tiny_bundle_folder: Path, tmp_path: Path) -> Iterator[Running]:
    """Three may wait, four are answered together."""
    with running(tiny_bundle_folder, tmp_path / "events.sqlite", Settings(Limits(queue=3, batch=4))) as found:
        yield found


def test_a_crowd_gets_what_each_would_get_alone(served: Running) -> None:
    wanted = {place: expected(served, verb, asked) for place, (verb, asked) in enumerate(ASKED)}
    before = served.metric("neo_batch_size_sum", kind="words"), served.metric("neo_batch_size_count", kind="words")

    async def ask() -> list[tuple[int, dict[str, Any]]]:
        async with httpx.AsyncClient(base_url=served.url, timeout=60) as http:

            async def one(number: int) -> tuple[int, dict[str, Any]]:
                place = number % len(ASKED)
                verb, asked = ASKED[place]
                streams = number % 3 == 0 and verb != "similar"
                response = await http.post(f"/v1/{verb}", json={**asked, "stream": True} if streams else asked)
                assert response.status_code == 200, response.text
                return place, frames(response.text)[-1][1] if streams else response.json()

            return await asyncio.gather(*map(one, range(56)))

    for place, answer in asyncio.run(ask()):
        assert same(answer, wanted[place])
    requests = served.metric("neo_batch_size_sum", kind="words") - before[0]
    batches = served.metric("neo_batch_size_count", kind="words") - before[1]
    assert requests > batches  # some were answered together


def test_what_waits_is_answered_together(small: Running) -> None:
    gate = Gate(small.model)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(small.post, "/v1/recommend", {"k": 1})
        until(gate.came.is_set)
        rest = [threads.submit(small.post, "/v1/recommend", {"listener": f"l{n}", "k": n}) for n in (1, 2, 3)]
        until(lambda: len(small.server.batches._jobs) == 3)  # a place in the queue is had before a request is ready
        gate.open.set()
        assert [reply.result().status_code for reply in (first, *rest)] == [200] * 4
        assert [len(reply.result().json()["parts"]) for reply in rest] == [1, 2, 3]
    assert gate.batches == [1, 3]


def test_more_than_may_wait_are_told_to_come_back(small: Running) -> None:
    gate = Gate(small.model)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(small.post, "/v1/recommend", {"k": 1})
        until(gate.came.is_set)
        rest = [threads.submit(small.post, "/v1/search", {"query": "bread"}) for _ in range(3)]
        until(lambda: small.server.batches.waiting == 3)
        for path, body in (("/v1/recommend", {}), ("/v1/similar", {"item": "s-1"}), ("/v1/chat/completions", chat())):
            refused = small.post(path, body)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
            assert refused.json()["error"]["type"] == "rate_limit_error"
        assert small.post("/v1/recommend", {"stream": True}).status_code == 429
        assert small.http.get("/health").status_code == 200 and small.http.get("/metrics").status_code == 200
        gate.open.set()
        assert [reply.result().status_code for reply in (first, *rest)] == [200] * 4
    assert small.server.batches.waiting == 0 and small.post("/v1/recommend", {}).status_code == 200


def test_a_request_too_many_is_refused_before_its_body_is_read(tiny_bundle_folder: Path, tmp_path: Path) -> None:
    with running(tiny_bundle_folder, tmp_path / "s.sqlite", Settings(Limits(requests=2))) as served:
        gate = Gate(served.model)
        with ThreadPoolExecutor() as threads:
            rest = [threads.submit(served.post, "/v1/recommend", {"k": 1})]
            until(gate.came.is_set)
            rest.append(threads.submit(served.post, "/v1/recommend", {"k": 1}))
            until(lambda: served.server.batches.waiting == 1)
            refused = served.http.post("/v1/recommend", content=b"no JSON at all")
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_requests")
            assert served.http.get("/health").status_code == 200
            gate.open.set()
            assert [reply.result().status_code for reply in rest] == [200, 200]
        assert served.post("/v1/recommend", {"k": 1}).status_code == 200


def test_a_request_for_several_answers_takes_as_many_places(small: Running) -> None:
    refused = small.post("/v1/chat/completions", chat(n=4, temperature=1.0))  # trying again would not help
    assert refused.status_code == 400 and "n is 4, expected at most 3" in refused.json()["error"]["message"]
    assert small.server.batches.waiting == 0
    assert small.post("/v1/chat/completions", chat(n=3, temperature=1.0)).status_code == 200


def test_words_ask_for_no_more_than_the_server_gives(tiny_bundle_folder: Path, tmp_path: Path) -> None:
    with running(tiny_bundle_folder, tmp_path / "events.sqlite", Settings(Limits(k=2))) as served:
        reply = served.post("/v1/chat/completions", chat(messages=[{"role": "user", "content": "7 episodes, please."}]))
        parts = reply.json()["choices"][0]["message"]["neo"]["parts"]
        assert sum(part["kind"] == "item" for part in parts) == 2


@pytest.mark.parametrize("verb", ["recommend", "understand"])
@pytest.mark.parametrize("stream", [False, True])
def test_the_time_of_a_request_ends(tiny_bundle_folder: Path, tmp_path: Path, verb: str, stream: bool) -> None:
    with running(tiny_bundle_folder, tmp_path / "s.sqlite", Settings(Limits(timeout=0.2))) as served:
        gate = Gate(served.model)
        late = served.post(f"/v1/{verb}", {"listener": "l3", "stream": stream})
        assert (late.status_code, late.json()["error"]["type"]) == (504, "timeout_error")
        gate.open.set()
        until(lambda: served.post(f"/v1/{verb}", {"listener": "l3", "max_tokens": 1}).status_code == 200)
        assert served.server.batches.waiting == 0


def test_who_waits_no_more_is_not_answered(small: Running) -> None:
    gate = Gate(small.model)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(small.post, "/v1/recommend", {"k": 1})
        until(gate.came.is_set)
        for _ in range(3):
            with pytest.raises(httpx.TimeoutException):
                small.post("/v1/recommend", {}, timeout=0.1)
        until(lambda: small.server.batches.waiting == 0)
        gate.open.set()
        assert first.result().status_code == 200
    assert small.post("/v1/recommend", {}).status_code == 200
    assert gate.batches == [1, 1] and small.metric("neo_cancelled_total") == 3


def test_who_leaves_a_stream_ends_its_answer(small: Running) -> None:
    gate = Gate(small.model)
    gate.open.set()
    small.model.bundle.model.get_output_embeddings().bias = never_ends(small.model)
    asked = {"listener": "l3", "max_tokens": 300, "stream": True}
    with small.http.stream("POST", "/v1/understand", json=asked) as response:
        next(response.iter_lines())
    until(lambda: small.metric("neo_cancelled_total") == 1)
    assert small.post("/v1/recommend", {"k": 1}).status_code == 200
    assert gate.pieces < 250


def test_a_slow_reader_holds_up_nobody(small: Running) -> None:
    small.model.bundle.model.get_output_embeddings().bias = never_ends(small.model)
    asked = {"listener": "l3", "max_tokens": 200, "stream": True}
    with small.http.stream("POST", "/v1/understand", json=asked) as response:
        lines = response.iter_lines()
        next(lines)
        assert small.post("/v1/understand", {"listener": "l3", "max_tokens": 20}).status_code == 200
        text = "\n".join(lines)
    assert "event: done" in text


def never_ends(model: NeoModel) -> torch.nn.Parameter:
    bias = torch.zeros(model.bundle.model.get_output_embeddings().weight.shape[0])
    bias[model.bundle.vocabulary.end] = -100.0
    return torch.nn.Parameter(bias)


def chat(**more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Bread?"}], "max_tokens": 3, **more}


# What the model may do wrong


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), 503),
        (RuntimeError("a prompt of somebody's"), 500),
        (NeoError("The model's logits are not numbers"), 500),
        (MemoryError(), 503),
    ],
)
def test_a_failure_is_told_without_what_it_says_and_the_next_request_is_answered(
    small: Running, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fails(*_: object) -> Any:
        raise error

    for verb in ("recommend", "understand"):
        with monkeypatch.context() as patch:
            patch.setattr(small.model, "answer_lists", fails)
            patch.setattr(small.model, "stream_words", fails)
            for stream in (False, True):
                failed = small.post(f"/v1/{verb}", {"listener": "l3", "stream": stream})
                assert failed.status_code == status
                assert ("retry-after" in failed.headers) is (status == 503)
                assert not any(word in failed.text for word in ("somebody", "GiB", "logits"))
        assert small.post(f"/v1/{verb}", {"listener": "l3"}).status_code == 200


def test_weights_that_are_not_numbers_are_a_500(small: Running) -> None:
    head = small.model.bundle.model.get_output_embeddings()
    head.bias = torch.nn.Parameter(torch.full((head.weight.shape[0],), torch.nan))
    for verb in ("recommend", "understand"):
        failed = small.post(f"/v1/{verb}", {"listener": "l5"})
        assert (failed.status_code, failed.json()["error"]["type"]) == (500, "server_error")
    head.bias = None
    assert small.post("/v1/recommend", {"listener": "l5"}).status_code == 200


@pytest.mark.parametrize("kind", ["lists", "words"])
def test_one_request_that_fails_does_not_take_the_others_down(tiny_bundle: Bundle, kind: str) -> None:
    neo = NeoModel(tiny_bundle)
    gate = Gate(neo)
    lists, words, begin = neo.answer_lists, neo.stream_words, neo.begin_words
    prepare = neo.prepare_recommend if kind == "lists" else neo.prepare_understand
    requests = [prepare("l3"), prepare("l4"), prepare("l5")]

    def check(asked: Any) -> None:
        if requests[1] in asked:
            raise RuntimeError("this one")

    def answer_lists(asked: Any) -> Any:
        check(asked)
        return lists(asked)

    def stream_words(asked: Any, *more: Any) -> Any:
        check(asked)
        return words(asked, *more)

    def begin_words(asked: Any) -> Any:
        check(asked)
        return begin(asked)

    neo.answer_lists, neo.stream_words = answer_lists, stream_words  # type: ignore[method-assign]
    neo.begin_words = begin_words  # type: ignore[method-assign]
    batches = Batches(8, 4)
    heard: list[list[Any]] = [[], [], []]
    blocker: list[Any] = []
    batches.submit(Job(neo, prepare("l6"), blocker.append))
    until(gate.came.is_set)
    for request, said in zip(requests, heard, strict=True):
        batches.submit(Job(neo, request, said.append))
    gate.open.set()
    batches.close()
    assert isinstance(heard[1][-1], RuntimeError) and len(heard[1]) == 1 and isinstance(blocker[-1], Answer)
    for place, listener in ((0, "l3"), (2, "l5")):
        assert heard[place][-1] == NeoModel(tiny_bundle).answer(prepare(listener))
    with pytest.raises(Refusal, match="going down"):
        batches.submit(Job(neo, requests[0], blocker.append))


def test_a_request_that_fails_on_the_way_is_tried_again_without_company(tiny_bundle: Bundle) -> None:
    neo = NeoModel(tiny_bundle)
    words, failed = neo.stream_words, list[list[Any]]()
    one, other, company = (neo.prepare_understand(f"l{n}") for n in (3, 4, 5))
    heard: list[list[Any]] = [[], [], []]

    def stream_words(asked: Any, *more: Any) -> Any:
        for said, piece in enumerate(words(asked, *more)):
            yield piece
            if company not in asked and said == (8 if failed else 0):
                failed.append(asked)
                batches.submit(Job(neo, company, heard[2].append)) if len(failed) == 1 else None
                raise RuntimeError("this one")

    neo.stream_words = stream_words  # type: ignore[method-assign]
    gate, batches = Gate(neo), Batches(8, 4)
    batches.submit(Job(neo, neo.prepare_recommend("l6"), lambda piece: None))
    until(gate.came.is_set)
    for request, said in zip((one, other), heard, strict=False):
        batches.submit(Job(neo, request, said.append))
    gate.open.set()
    until(lambda: bool(heard[2]) and isinstance(heard[2][-1], (Answer, Exception)))
    batches.close()
    assert failed[0] == [one, other] and failed[1:] in ([[one]], [[other]])  # who had said nothing
    assert all(isinstance(said[-1], RuntimeError) for said in heard[:2])
    assert heard[2][-1] == NeoModel(tiny_bundle).answer(company)


def test_another_model_has_its_turn_however_many_ask_the_first(tiny_bundle: Bundle) -> None:
    """As a new bundle has that is tried out before it answers."""
    old, new = NeoModel(tiny_bundle), NeoModel(tiny_bundle)
    batches, tried, answered = Batches(64, 4), list[Any](), list[Any]()

    lengths = cycle((3, 7, 4, 9, 5))  # so that they never end together

    def ask() -> None:
        if not tried:
            batches.submit(Job(old, old.prepare_understand("l3", max_tokens=next(lengths)), again))

    def again(piece: Any) -> None:
        if isinstance(piece, Answer):
            answered.append(piece)
            ask()

    for _ in range(6):
        ask()
    until(lambda: len(answered) > 3)
    batches.submit(Job(new, new.prepare_understand("l4"), tried.append))
    until(lambda: bool(tried) and isinstance(tried[-1], Answer))
    batches.close()


def test_lists_do_not_wait_for_the_end_of_an_answer_in_words(tiny_bundle: Bundle) -> None:
    neo = NeoModel(tiny_bundle)
    order: list[str] = []
    batches = Batches(8, 4)

    def words(piece: Any) -> None:
        order.append("words")
        if len(order) == 1:
            batches.submit(Job(neo, neo.prepare_recommend("l3", k=1), lambda piece: order.append("list")))

    batches.submit(Job(neo, neo.prepare_understand("l3", max_tokens=40), words))
    until(lambda: "list" in order)
    batches.close()
    assert order[:3] == ["words", "list", "list"] and order[-1] == "words" and order.count("words") > 5


def test_words_do_not_wait_for_the_end_of_other_words(tiny_bundle: Bundle) -> None:
    neo = NeoModel(tiny_bundle)
    heard: list[list[Any]] = [[], []]
    order: list[int] = []
    batches = Batches(8, 4)
    requests = [neo.prepare_understand("l3", max_tokens=40), neo.prepare_understand("l5", max_tokens=10)]

    def first(piece: Any) -> None:
        order.append(0)
        heard[0].append(piece)
        if len(heard[0]) == 1:
            batches.submit(Job(neo, requests[1], second))

    def second(piece: Any) -> None:
        order.append(1)
        heard[1].append(piece)

    batches.submit(Job(neo, requests[0], first))
    until(lambda: heard[1])
    batches.close()
    assert order.index(1) < 10 and order[-1] == 0
    assert [said[-1] for said in heard] == [NeoModel(tiny_bundle).answer(request) for request in requests]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_has_ended_is_a_server_that_has_failed(tiny_bundle_folder: Path, tmp_path: Path) -> None:
    def ends(*_: object) -> Any:
        raise SystemExit

    with running(tiny_bundle_folder, tmp_path / "s.sqlite", Settings(Limits(timeout=0.5))) as served:
        served.model.answer_lists = ends  # type: ignore[method-assign]
        assert served.post("/v1/recommend", {}).status_code == 504
        until(lambda: not served.server.batches.alive)
        health = served.http.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "failed")
        assert served.post("/v1/recommend", {}).status_code == 503


def test_who_gives_up_while_waiting_leaves_their_place(tiny_bundle: Bundle) -> None:
    """Whoever asks without a server, as the demo does, only says that they are gone."""
    neo = NeoModel(tiny_bundle)
    batches, gate = Batches(2, 1), Gate(neo)
    said: list[object] = []

    def ask() -> Job:
        job = Job(neo, neo.prepare_recommend(k=1), said.append, batches.place())
        batches.submit(job)
        return job

    try:
        ask()
        until(gate.came.is_set)
        for job in (ask(), ask()):
            job.gone = True
        gate.open.set()
        until(lambda: batches.waiting == 0)
        ask()
        until(lambda: sum(isinstance(piece, Answer) for piece in said) == 2)
    finally:
        batches.close()
