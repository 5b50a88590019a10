"""A server whose model vLLM runs gives the answers that the embedded engine gives, over HTTP and in process.

By default vLLM is a fake (fake_vllm.py). The slow half is the real one, in an environment that has it: docs/vllm.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fake_vllm
import pytest
from running_server import Running, frames, running
from tiny_world import make_tiny_soft_bundle

from neo.catalog.activity import Dataset
from neo.cli import main
from neo.model.neo_model import NeoModel
from neo.model.vllm_model import VllmModel

LISTS: list[tuple[str, dict[str, Any]]] = [
    ("recommend", {"listener": "l3", "type": "episode", "k": 4}),
    ("recommend", {"listener": "l3", "type": "episode", "k": 60, "per_parent": 1, "beams": 4}),
    ("recommend", {"history": ["s-1"], "filter": {"topics": ["bread"]}, "k": 30}),
    ("recommend", {"listener": "l5", "mode": "unfamiliar", "k": 3}),
    ("recommend", {"listener": "l5", "long_term": False, "k": 3}),
    ("search", {"query": "old maps", "k": 30, "within": ["s-1", "e-1", "a-3"]}),
    ("search", {"query": "bread", "k": 5}),
    ("search", {"query": "bread", "k": 5, "temperature": 1.5, "seed": 3}),
]
WORDS: list[tuple[str, dict[str, Any]]] = [
    ("recommend", {"listener": "l3", "k": 2, "format": "mixed", "max_tokens": 8}),
    ("explain", {"item": "s-2", "listener": "l4", "max_tokens": 9}),
    ("understand", {"listener": "l4", "max_tokens": 9}),
    ("chat", {"messages": "Two podcasts about bread, please", "listener": "l3", "max_tokens": 20}),
    ("chat", {"messages": [("user", "A show?"), ("assistant", "Yes."), ("user", "Which one?")], "max_tokens": 20}),
]


@dataclass
class Both:
    """The same bundle, answered by both engines."""

    folder: Path
    served: Running
    embedded: NeoModel


@pytest.fixture(scope="module", params=["fake", pytest.param("real", marks=pytest.mark.slow)])
def both(
    request: pytest.FixtureRequest, tiny_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Both]:
    real = request.param == "real"
    if real:
        pytest.importorskip("vllm", reason="vLLM is not installed here: docs/vllm.md says how")
    folder = tmp_path_factory.mktemp("vllm") / "bundle"
    make_tiny_soft_bundle(tiny_dataset, head_dim=32).save(folder)  # the least that vLLM's attention on a CPU takes
    options = {"enforce_eager": True, "max_num_seqs": 64} if real else {}
    with nullcontext() if real else fake_vllm.installed():
        model = VllmModel.start(folder, **options)
        model.recommend(k=1)  # the real one takes a while to start, and for its first answer
        store = tmp_path_factory.mktemp("store") / "events.sqlite"
        with running(folder, store, open_model=lambda _: model) as served:
            yield Both(folder, served, NeoModel.load(folder, "cpu"))


def same(got: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Up to the id of the request and the rounding of scores."""
    assert [part.get("score") or 0.0 for part in got["parts"]] == pytest.approx(
        [part.get("score") or 0.0 for part in wanted["parts"]], abs=1e-4
    )
    for answer in (got, wanted):
        for part in answer["parts"]:
            part.pop("score", None)
    assert {**got, "request_id": None} == wanted


@pytest.mark.parametrize(("verb", "asked"), LISTS)
def test_lists_over_http_are_those_of_the_embedded_engine(both: Both, verb: str, asked: dict[str, Any]) -> None:
    got = both.served.post(f"/v1/{verb}", asked)
    assert got.status_code == 200, got.text
    same(got.json(), getattr(both.embedded, verb)(**asked).model_dump(mode="json"))


@pytest.mark.parametrize(("verb", "asked"), WORDS)
def test_words_are_those_of_the_embedded_engine(both: Both, verb: str, asked: dict[str, Any]) -> None:
    got = getattr(both.served.model, verb)(**asked).model_dump(mode="json")
    same(got, getattr(both.embedded, verb)(**asked).model_dump(mode="json"))


def test_a_chat_over_http_names_the_same_items(both: Both) -> None:
    asked = {
        "model": "neo",
        "user": "l3",
        "max_tokens": 20,
        "messages": [{"role": "user", "content": "Two podcasts about bread, please"}],
    }
    message = both.served.post("/v1/chat/completions", asked).json()["choices"][0]["message"]
    wanted = both.embedded.chat("Two podcasts about bread, please", "l3", max_tokens=20)
    assert message["content"] == wanted.text
    named = [part["item"]["id"] for part in message["neo"]["parts"] if part["kind"] == "item"]
    assert named == [item.id for item in wanted.items] and named


def test_a_stream_comes_piece_by_piece_and_ends_with_the_whole(both: Both) -> None:
    asked = {"listener": "l4", "max_tokens": 30, "stream": True}
    with both.served.http.stream("POST", "/v1/understand", json=asked) as response:
        found = frames(response.read().decode())
    wanted = both.embedded.understand("l4", max_tokens=30)
    assert "".join(data["text"] for event, data in found if event == "text") == wanted.text
    assert found[-1][0] == "done" and sum(event == "text" for event, _ in found) > 1


def test_a_drawn_answer_is_the_same_for_the_same_seed(both: Both) -> None:
    def ask(seed: int) -> list[Any]:
        asked = {"listener": "l3", "format": "mixed", "k": 2, "temperature": 1.5, "seed": seed, "max_tokens": 12}
        return both.served.post("/v1/recommend", asked).json()["parts"]

    assert [part["kind"] for part in ask(1)].count("item") >= 1
    assert ask(1) == ask(1) != ask(2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--vllm", "max_num_seqs=8"], "is for another engine"),
        (["--engine", "vllm", "--vllm", "max_num_seqs"], "expected OPTION=VALUE"),
        (["--engine", "vllm", "--vllm", "no_such_thing=1"], "vLLM did not start"),
    ],
)
def test_what_vllm_cannot_be_started_with_is_said(
    tiny_bundle_folder: Path, tmp_path: Path, options: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with fake_vllm.installed():
        store = f"sqlite:{tmp_path / 'events.sqlite'}"
        assert main(["serve", str(tiny_bundle_folder), "--store", store, "--port", "8899", *options]) == 1
    assert says in capsys.readouterr().err
