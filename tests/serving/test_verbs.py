"""The verbs over HTTP are the verbs in process."""

from __future__ import annotations

from typing import Any

import pytest
from asked_verbs import ASKED, expected, same
from running_server import Running, frames

from neo_sdk.types import Answer


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
