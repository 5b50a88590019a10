"""What a listener does changes what is answered next; said twice it counts once, and it outlives the server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_server import Running, running

from neo.catalog.activity import Meeting
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.serving.store import StoreError


@pytest.fixture
def own(tiny_bundle_folder: Path, tmp_path: Path) -> Iterator[Running]:
    with running(tiny_bundle_folder, tmp_path / "events.sqlite") as found:
        yield found


def items(answer: dict[str, Any]) -> list[str]:
    return [part["item"]["id"] for part in answer["parts"]]


def recommended(served: Running, listener: str, **more: Any) -> list[str]:
    response = served.post("/v1/recommend", {"listener": listener, "k": 100, **more})
    assert response.status_code == 200, response.text
    return items(response.json())


def test_an_event_changes_the_next_answer(own: Running, tiny_bundle: Bundle) -> None:
    before = recommended(own, "l3")
    chosen, other = before[0], before[5]
    events = [{"item": chosen}, {"item": other, "kind": "like", "time": 2_000_000, "id": "k-1"}]
    accepted = own.post("/v1/events", {"listener": "l3", "events": events})
    assert (accepted.status_code, accepted.json()) == (200, {"accepted": 2})
    after = recommended(own, "l3")
    assert set(after) == set(before) - {chosen, other}  # heard
    row = tiny_bundle.listeners.row("l3")
    old = [tiny_bundle.catalog.id(int(at)) for at in tiny_bundle.events.history(row)]
    in_process = NeoModel(tiny_bundle).recommend("l3", [*old, other, chosen], k=100)  # in the order of time
    assert after == [item.id for item in in_process.items]
    assert recommended(own, "l4") != after
    read = own.post("/v1/understand", {"listener": "l3", "max_tokens": 1}).json()["usage"]["prompt_tokens"]
    wanted = NeoModel(tiny_bundle).understand("l3", [*old, other, chosen], max_tokens=1)
    assert read == wanted.usage.prompt_tokens


def test_time_is_now_where_none_is_given_and_not_in_the_future(own: Running) -> None:
    earliest = int(time.time())
    assert own.post("/v1/events", {"listener": "l3", "events": [{"item": "s-1"}]}).status_code == 200
    (event,) = own.server.store.of("l3")
    assert event.item == "s-1" and earliest <= event.time <= int(time.time())
    late = own.post("/v1/events", {"listener": "l3", "events": [{"item": "s-1", "time": int(time.time()) + 10**6}]})
    assert late.status_code == 400 and len(own.server.store.of("l3")) == 1


def test_a_key_counts_once(own: Running) -> None:
    event = {"item": "s-1", "time": 9, "id": "k-1"}
    for _ in range(3):
        assert own.post("/v1/events", {"listener": "l3", "events": [event, event]}).json() == {"accepted": 2}
    assert own.server.store.of("l3") == [Meeting("s-1", 9)]
    conflict = own.post("/v1/events", {"listener": "l3", "events": [{"item": "s-2"}, {**event, "item": "s-3"}]})
    assert (conflict.status_code, conflict.json()["error"]["type"]) == (409, "conflict_error")
    assert "'k-1'" in conflict.json()["error"]["message"]
    assert conflict.headers["x-should-retry"] == "false"  # it would be refused again
    assert own.server.store.of("l3") == [Meeting("s-1", 9)]  # nothing of it


def test_a_listener_whom_the_bundle_does_not_know(own: Running, tiny_bundle: Bundle) -> None:
    assert own.post("/v1/recommend", {"listener": "new one"}).status_code == 404
    events = [{"item": "s-1"}, {"item": "e-2"}]
    assert own.post("/v1/events", {"listener": "new one", "events": events}).status_code == 200
    in_process = NeoModel(tiny_bundle).recommend(history=["s-1", "e-2"], k=100)
    assert recommended(own, "new one") == [item.id for item in in_process.items]
    body = {"messages": [{"role": "user", "content": "Hi"}], "user": "new one", "max_tokens": 1}
    assert own.post("/v1/chat/completions", body).json()["choices"][0]["message"]["neo"]["warnings"] == []


def test_events_outlive_the_server(tiny_bundle_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite"
    with running(tiny_bundle_folder, file) as served:
        assert served.post("/v1/events", {"listener": "l0", "events": [{"item": "s-4"}]}).status_code == 200
        answers = recommended(served, "l0")
    with running(tiny_bundle_folder, file) as served:
        assert recommended(served, "l0") == answers and "s-4" not in answers


def test_two_servers_share_a_store(tiny_bundle_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.sqlite"
    with running(tiny_bundle_folder, file) as one, running(tiny_bundle_folder, file) as two:
        assert one.post("/v1/events", {"listener": "l0", "events": [{"item": "s-4"}]}).status_code == 200
        assert "s-4" not in recommended(two, "l0")


def test_a_store_that_cannot_be_reached_is_a_503_and_nothing_is_accepted(
    own: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> Any:
        raise StoreError("The store of events cannot be reached right now: try again.")

    with monkeypatch.context() as patch:
        patch.setattr(own.server.store, "add", fails)
        patch.setattr(own.model, "later", fails)
        for path, body in (
            ("events", {"listener": "l3", "events": [{"item": "s-1"}]}),
            ("recommend", {"listener": "l3"}),
        ):
            failed = own.post(f"/v1/{path}", body)
            assert (failed.status_code, failed.json()["error"]["type"]) == (503, "overloaded_error")
            assert failed.headers["retry-after"] == "5"
        assert own.post("/v1/recommend", {}).status_code == 200  # who needs no store is answered
    assert own.server.store.of("l3") == [] and own.metric("neo_events_total") == 0
