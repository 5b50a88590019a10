"""The verbs over HTTP are the verbs in process."""

from __future__ import annotations

from typing import Any

import pytest
from serving.running import Running, frames

from neo_sdk.types import Answer

ASKED: list[tuple[str, dict[str, Any]]] = [
    ("recommend", {"listener": "l3", "type": "episode", "k": 4}),
    ("recommend", {"listener": "l3", "k": 2, "format": "mixed", "max_tokens": 8}),
    ("recommend", {"history": ["s-1"], "filter": {"topics": ["bread"]}, "temperature": 1.5, "seed": 3}),
    ("search", {"query": "old maps", "k": 30, "within": ["s-1", "e-1", "a-3"]}),
    ("search", {"query": "old maps", "format": "mixed", "temperature": 0.7, "seed": 1, "max_tokens": 8}),
    ("explain", {"item": "s-2", "listener": "l4", "max_tokens": 9}),
    ("understand", {"listener": "l4", "max_tokens": 9}),
    ("similar", {"item": "s-2", "k": 3}),
]


def expected(served: Running, verb: str, asked: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = getattr(served.model, verb)(**asked).model_dump(mode="json")
    return found


def same(got: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Up to the id of the request and the rounding of scores."""
    scores = [[part.get("score") or 0.0 for part in answer["parts"]] for answer in (got, wanted)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)
    return without_scores(got) == without_scores(wanted)


def without_scores(answer: dict[str, Any]) -> dict[str, Any]:
    parts = [{key: value for key, value in part.items() if key != "score"} for part in answer["parts"]]
    return {**answer, "parts": parts, "request_id": None}


@pytest.mark.parametrize(("verb", "asked"), ASKED)
def test_an_answer_is_the_models(served: Running, verb: str, asked: dict[str, Any]) -> None:
    response = served.post(f"/v1/{verb}", asked, headers={"x-request-id": "abc.1"})
    assert response.status_code == 200, response.text
    assert same(response.json(), expected(served, verb, asked))
    assert response.json()["request_id"] == response.headers["x-request-id"] == "abc.1"
    Answer.model_validate_json(response.text)


@pytest.mark.parametrize(("verb", "asked"), ASKED[:-1])
def test_a_stream_says_the_same_piece_by_piece(served: Running, verb: str, asked: dict[str, Any]) -> None:
    response = served.post(f"/v1/{verb}", {**asked, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    *pieces, (event, answer) = frames(response.text)
    assert event == "done" and same(answer, expected(served, verb, asked))
    assert [event for event, _ in pieces] == [piece["kind"] for _, piece in pieces]
    said = "".join(piece["text"] for event, piece in pieces if event == "text")
    assert said == "".join(part["text"] for part in answer["parts"] if part["kind"] == "text")
    items = [piece["item"]["id"] for event, piece in pieces if event == "item"]
    assert items == [part["item"]["id"] for part in answer["parts"] if part["kind"] == "item"]


def test_items_are_the_catalogs(served: Running) -> None:
    catalog = served.model.bundle.catalog
    one = served.http.get("/v1/items/e-7")
    assert one.json() == catalog.item(catalog.row("e-7")).model_dump(mode="json")
    two = served.http.get("/v1/items", params={"ids": ["s-1", "e-7"]}).json()["items"]
    assert [item["id"] for item in two] == ["s-1", "e-7"] and two[1] == one.json()


def test_there_is_one_model_and_it_is_healthy(served: Running) -> None:
    (model,) = served.http.get("/v1/models").json()["data"]
    assert model["id"] == "tiny"
    health = served.http.get("/health")
    assert (health.status_code, health.json()) == (200, {"status": "ok", "version": model["version"]})


def test_numbers_say_what_was_done(served: Running) -> None:
    before = served.metric("neo_tokens_total", kind="answer")
    assert served.post("/v1/recommend", {"k": 2}).status_code == 200
    assert served.metric("neo_tokens_total", kind="answer") == before + 2 * 5
    text = served.http.get("/metrics").text
    assert 'neo_requests_total{route="/v1/recommend",status="200"}' in text
    assert "neo_queue 0.0" in text and 'neo_bundle_info{name="tiny"' in text


def test_the_documentation_is_there_and_loads_nothing(served: Running) -> None:
    document = served.http.get("/openapi.json").json()
    assert {"/v1/recommend", "/v1/chat/completions", "/v1/items/{item_id}", "/health"} <= set(document["paths"])
    page = served.http.get("/docs")
    assert "POST /v1/recommend" in page.text and "per_parent" in page.text
    assert "<script" not in page.text and "http" not in page.text
