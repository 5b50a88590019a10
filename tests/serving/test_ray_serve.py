"""Two replicas under a real Ray Serve: one server to whoever asks. `pip install 'neo-catalog[ray]'` is needed."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fake_vllm
import httpx
import pytest
from running_server import PATIENCE, frames, until
from starlette.types import ASGIApp
from tiny_world import make_tiny_bundle

from neo.catalog.activity import Dataset
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.model.vllm_model import VllmModel
from neo.serving.replicas import Replicas
from neo_sdk import Neo
from neo_sdk.errors import NeoError

pytestmark = pytest.mark.slow
KEY = "0123456789abcdef"


@dataclass
class Served:
    bundle: Path
    url: str
    http: httpx.Client

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, json=body)

    def counted(self) -> dict[float, dict[str, float]]:
        """What the replica that happens to answer has counted, by the moment that its counter was made."""
        text = self.http.get("/metrics").text
        found = {name: float(value) for name, value in re.findall(r"^(neo_\S+) (\S+)$", text, re.MULTILINE)}
        return {next(value for name, value in found.items() if name.startswith("neo_events_created")): found}


@pytest.fixture(scope="module")
def served(tiny_bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    from neo.serving.ray_app import app

    folder = tmp_path_factory.mktemp("ray") / "tiny"
    shutil.copytree(tiny_bundle_folder, folder)
    import ray
    from ray import serve

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEO_API_KEY", KEY)
        ray.init("local", num_cpus=2, include_dashboard=False, object_store_memory=200 << 20, log_to_driver=False)
        try:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            serve.start(http_options={"port": port})
            serve.run(app(asked(folder)), name="neo", route_prefix="/")
            headers = {"authorization": f"Bearer {KEY}"}
            url = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=url, timeout=PATIENCE, headers=headers) as http:
                yield Served(folder, url, http)
        finally:
            serve.shutdown()
            ray.shutdown()


def asked(bundle: Path) -> Replicas:
    return Replicas(bundle=bundle, replicas=2, cpus=0.5)


def items(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [part["item"]["id"] for part in answer.json()["parts"]]


def test_nobody_is_told_of_its_usage(served: Served) -> None:
    import ray

    @ray.remote(num_cpus=0)
    def told() -> str | None:
        return os.environ.get("RAY_USAGE_STATS_ENABLED")

    assert ray.get(told.remote()) == "0"


def test_answers_are_those_of_the_model(served: Served, tiny_bundle: Bundle) -> None:
    model = NeoModel(tiny_bundle)
    for _ in range(6):
        got = items(served.post("/v1/recommend", {"listener": "l3", "type": "episode", "k": 4}))
        assert got == [item.id for item in model.recommend("l3", type="episode", k=4).items]
    with served.http.stream(
        "POST", "/v1/understand", json={"listener": "l4", "max_tokens": 20, "stream": True}
    ) as some:
        said = frames(some.read().decode())
    assert "".join(data["text"] for kind, data in said if kind == "text") == model.understand("l4", max_tokens=20).text
    assert said[-1][0] == "done"


def test_the_sdk_asks_it_as_any_server(served: Served, tiny_bundle: Bundle) -> None:
    with Neo(served.url, KEY) as neo:
        answer = neo.recommend("l5", k=3)
    assert [i.id for i in answer.items] == [i.id for i in NeoModel(tiny_bundle).recommend("l5", k=3).items]


def test_keys_limits_and_refusals_are_those_of_neo_serve(served: Served) -> None:
    ask = {"listener": "l3", "k": 2}
    for headers in ({}, {"authorization": "Bearer wrong"}):
        for path in ("/v1/recommend", "/metrics", "/docs"):
            assert httpx.post(f"{served.url}{path}", json=ask, headers=headers).status_code == 401
    assert httpx.get(f"{served.url}/health").json()["status"] == "ok"  # it alone needs no key
    assert served.post("/v1/recommend", {**ask, "k": 101}).status_code == 400
    large = served.http.post("/v1/recommend", content=b" " * (3 << 20), headers={"content-type": "application/json"})
    assert large.status_code == 413
    answer = served.http.post("/v1/recommend", json=ask, headers={"x-request-id": "mine-1"})
    assert answer.headers.get_list("x-request-id") == ["mine-1"] and answer.json()["request_id"] == "mine-1"


def test_an_event_that_one_replica_was_told_counts_in_every_answer(served: Served, tiny_bundle: Bundle) -> None:
    before = items(served.post("/v1/recommend", {"listener": "l6", "k": 100}))
    chosen = before[0]
    event = {"item": chosen, "time": tiny_bundle.now + 5, "id": "once"}
    for _ in range(2):
        assert served.post("/v1/events", {"listener": "l6", "events": [event]}).status_code == 200
    history = [tiny_bundle.catalog.id(int(row)) for row in tiny_bundle.events.history(tiny_bundle.listeners.row("l6"))]
    wanted = [item.id for item in NeoModel(tiny_bundle).recommend("l6", [*history, chosen], k=100).items]
    counts: dict[float, dict[str, float]] = {}

    def both_answered() -> bool:
        assert items(served.post("/v1/recommend", {"listener": "l6", "k": 100})) == wanted
        counts.update(served.counted())
        lists = 'neo_requests_total{route="/v1/recommend",status="200"}'
        return len(counts) == 2 and all(found.get(lists, 0) > 8 for found in counts.values())

    until(both_answered)
    assert chosen in before and chosen not in wanted


def test_another_bundle_takes_over_while_somebody_asks(served: Served, tiny_dataset: Dataset, tmp_path: Path) -> None:
    """Deploying again is the swap: replicas are replaced one by one, and nobody is refused."""
    from ray import serve

    from neo.serving.ray_app import app

    other = tmp_path / "other"
    make_tiny_bundle(tiny_dataset, tied=False).save(other)
    old = served.http.get("/health").json()["version"]
    over, statuses = threading.Event(), list[int]()

    def ask() -> None:
        with httpx.Client(base_url=served.http.base_url, headers=served.http.headers, timeout=PATIENCE) as http:
            while not over.is_set():
                statuses.append(http.post("/v1/recommend", json={"listener": "l3", "k": 2}).status_code)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        serve.run(app(asked(other)), name="neo", route_prefix="/")
        new = {served.http.get("/health").json()["version"] for _ in range(20)}
    finally:
        over.set()
        asking.join()
    assert len(new) == 1 and old not in new
    assert len(statuses) > 20 and set(statuses) == {200}


def test_a_bundle_that_cannot_be_used_leaves_one_that_answers(served: Served, tmp_path: Path) -> None:
    from ray import serve

    from neo.serving.ray_app import app

    broken = tmp_path / "broken"
    shutil.copytree(served.bundle, broken)
    weights = broken / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    old = served.http.get("/health").json()["version"]
    with pytest.raises((RuntimeError, NeoError)):
        serve.run(app(asked(broken)), name="neo", route_prefix="/")
    assert {served.http.get("/health").json()["version"] for _ in range(10)} == {old}


def test_vllm_is_the_engine_of_a_replica_that_is_told_so(
    tiny_bundle_folder: Path, tiny_bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Ray around it, and with a fake of vLLM, which no other process would have."""
    from neo.serving.ray_app import Neo as Replica

    monkeypatch.setenv("NEO_API_KEY", KEY)
    store = f"sqlite:{tmp_path / 'events.sqlite'}"
    told = Replicas(bundle=tiny_bundle_folder, engine="vllm", vllm={"max_num_seqs": 8}, store=store).told()

    async def recommended(app: ASGIApp) -> httpx.Response:
        headers = {"authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://neo", headers=headers
        ) as http:
            return await http.post("/v1/recommend", json={"listener": "l3", "k": 3})

    with fake_vllm.installed():
        replica = Replica(told)
        try:
            assert isinstance(replica.server.current.get().model, VllmModel)
            replica.check_health()
            answer = asyncio.run(recommended(replica.__serve_build_asgi_app__()))
        finally:
            replica.server.close()
    assert items(answer) == [item.id for item in NeoModel(tiny_bundle).recommend("l3", k=3).items]
    assert "x-request-id" not in answer.headers  # that is the proxy's to say
    with pytest.raises(RuntimeError):
        replica.check_health()
