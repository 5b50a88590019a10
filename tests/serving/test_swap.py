"""Another bundle takes the place of the one that answers, between two requests, or is refused."""

from __future__ import annotations

import copy
import dataclasses
import gc
import shutil
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from asked_verbs import same
from running_server import PATIENCE, Gate, Running, running, until
from tiny_world import make_tiny_bundle

from neo.catalog.activity import Dataset
from neo.model.bundle import Bundle
from neo.model.neo_model import NeoModel
from neo.serving import served as module
from neo_sdk.errors import NeoError


@pytest.fixture(scope="module")
def other(tiny_dataset: Dataset) -> Bundle:
    """Another model of the same catalog, with a name of its own."""
    bundle = make_tiny_bundle(tiny_dataset)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in bundle.model.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * 0.1)
    return dataclasses.replace(bundle, config={**bundle.config, "name": "other"})


@pytest.fixture
def link(tiny_bundle_folder: Path, other: Bundle, tmp_path: Path) -> Path:
    """A link to the tiny bundle; the other one lies beside it."""
    other.save(tmp_path / "other")
    link = tmp_path / "bundle"
    link.symlink_to(tiny_bundle_folder)
    return link


@pytest.fixture
def own(link: Path, tmp_path: Path) -> Iterator[Running]:
    with running(link, tmp_path / "events.sqlite") as found:
        yield found


def point(link: Path, to: Path) -> None:
    """As a deployment does: a new link, moved over the old one."""
    new = link.with_name("new link")
    new.symlink_to(to)
    new.rename(link)


def swap(own: Running, result: str = "loaded") -> None:
    before = own.metric("neo_reloads_total", result=result)
    own.server.current.ask()
    until(lambda: own.metric("neo_reloads_total", result=result) == before + 1)


def version(own: Running) -> str:
    found: str = own.http.get("/health").json()["version"]
    return found


def test_the_path_is_read_again(own: Running, link: Path, other: Bundle) -> None:
    old = version(own)
    assert own.post("/v1/events", {"listener": "l3", "events": [{"item": "s-4"}]}).status_code == 200
    point(link, link.with_name("other"))
    assert version(own) == old  # nobody asked for it yet
    swap(own)
    assert version(own) != old and own.http.get("/v1/models").json()["data"][0]["id"] == "other"
    asked = {"listener": "l4", "k": 5}
    wanted = NeoModel(other).recommend(**asked).model_dump(mode="json")  # type: ignore[arg-type]
    assert same(own.post("/v1/recommend", asked).json(), wanted)
    parts = own.post("/v1/recommend", {"listener": "l3", "k": 100}).json()["parts"]
    assert "s-4" not in [part["item"]["id"] for part in parts]  # the store goes with it
    assert 'neo_bundle_info{name="other"' in own.http.get("/metrics").text
    assert 'neo_bundle_info{name="tiny"' not in own.http.get("/metrics").text


def test_a_bundle_that_was_saved_over_is_read_again(tiny_bundle: Bundle, other: Bundle, tmp_path: Path) -> None:
    tiny_bundle.save(tmp_path / "bundle")
    with running(tmp_path / "bundle", tmp_path / "events.sqlite") as own:
        other.save(tmp_path / "bundle")
        swap(own)
        assert own.http.get("/v1/models").json()["data"][0]["id"] == "other"


def test_a_bad_bundle_is_refused_and_the_old_one_goes_on(
    own: Running, link: Path, tmp_path: Path, other: Bundle
) -> None:
    old = version(own)
    broken = tmp_path / "broken"
    shutil.copytree(tmp_path / "other", broken)
    weights = broken / "model" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    (tmp_path / "empty").mkdir()
    silent = make_nan(other)
    silent.save(tmp_path / "not numbers")
    for bad in ("broken", "empty", "nowhere", "not numbers"):
        point(link, tmp_path / bad)
        swap(own, "refused")
        assert (version(own), own.server.health()) == (old, "ok")
        assert own.post("/v1/recommend", {}).status_code == 200
    point(link, tmp_path / "other")
    swap(own)
    assert version(own) != old


def make_nan(bundle: Bundle) -> Bundle:
    """Loads well, and cannot answer."""
    model = copy.deepcopy(bundle.model)
    with torch.no_grad():
        model.get_input_embeddings().weight.fill_(torch.nan)
    return dataclasses.replace(bundle, model=model)


def test_a_folder_that_is_replaced_while_it_is_read_is_refused(
    tiny_bundle: Bundle, other: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = module.NeoModel.load

    def load_and_save(folder: Path) -> NeoModel:
        found = load(folder)
        other.save(folder)
        return found

    tiny_bundle.save(tmp_path / "bundle")
    with running(tmp_path / "bundle", tmp_path / "events.sqlite") as own:
        old = version(own)
        with monkeypatch.context() as patch:
            patch.setattr(own.server.current, "open_model", load_and_save)
            swap(own, "refused")
        assert "changed while it was read" in (own.server.current.failure or "") and version(own) == old
        swap(own)
        assert version(own) != old


def test_a_link_that_moves_while_it_is_read_changes_nothing(
    own: Running, link: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = module.NeoModel.load

    def load_and_move(folder: Path) -> NeoModel:
        point(link, tmp_path / "other")
        return load(folder)

    old = version(own)
    with monkeypatch.context() as patch:
        patch.setattr(own.server.current, "open_model", load_and_move)
        swap(own)
    assert version(own) == old
    swap(own)
    assert version(own) != old


def test_what_is_asked_for_while_one_is_loaded_is_loaded_behind_it(
    own: Running, link: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load, begun, goes_on = module.NeoModel.load, threading.Event(), threading.Event()

    def held(folder: Path) -> NeoModel:
        begun.set()
        assert goes_on.wait(PATIENCE)
        return load(folder)

    monkeypatch.setattr(own.server.current, "open_model", held)
    old, before = version(own), own.metric("neo_reloads_total", result="loaded")
    own.server.current.ask()
    assert begun.wait(PATIENCE)
    point(link, link.with_name("other"))
    own.server.current.ask()
    goes_on.set()
    until(lambda: own.metric("neo_reloads_total", result="loaded") == before + 2)
    assert version(own) != old


def test_a_bundle_without_words_is_refused(own: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that answers with lists as it should."""
    load = module.NeoModel.load

    def wordless(folder: Path) -> NeoModel:
        found = load(folder)
        monkeypatch.setattr(found, "stream_words", fail)
        return found

    def fail(*_: object) -> Iterator[Any]:
        raise NeoError("no words today")

    old = own.server.current.get()
    monkeypatch.setattr(own.server.current, "open_model", wordless)
    swap(own, "refused")
    assert own.server.current.get() is old and "no words today" in (own.server.current.failure or "")


def test_what_has_begun_ends_on_the_bundle_that_it_began_with(own: Running, link: Path, tiny_bundle: Bundle) -> None:
    gate = Gate(own.model)
    wanted = NeoModel(tiny_bundle).chat("Bread?", "l3", max_tokens=30).text
    said: list[Any] = []
    body = {"messages": [{"role": "user", "content": "Bread?"}], "user": "l3", "max_tokens": 30}
    asking = threading.Thread(target=lambda: said.append(own.post("/v1/chat/completions", body).json()))
    asking.start()
    until(gate.came.is_set)
    point(link, link.with_name("other"))
    own.server.current.ask()
    gate.open.set()  # the thread that runs the model tries the new one out behind it
    asking.join()
    until(lambda: own.http.get("/v1/models").json()["data"][0]["id"] == "other")
    assert (said[0]["model"], said[0]["choices"][0]["message"]["content"]) == ("tiny", wanted)


def test_the_old_bundle_is_let_go(own: Running, link: Path) -> None:
    old = weakref.ref(own.model.bundle.model)
    for verb in ("recommend", "understand"):
        assert own.post(f"/v1/{verb}", {"listener": "l3"}).status_code == 200
    point(link, link.with_name("other"))
    swap(own)
    gc.collect()
    assert old() is None


@pytest.mark.parametrize("swaps", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_every_answer_under_load_is_wholly_of_one_version(own: Running, link: Path, other: Bundle, swaps: int) -> None:
    bundles = {"tiny": own.model.bundle, "other": other}
    asked = [f"l{n}" for n in range(1, 7)]
    body = {"messages": [{"role": "user", "content": "Something about whales?"}], "max_tokens": 8}
    wanted = {
        (name, listener): NeoModel(bundle).chat("Something about whales?", listener, max_tokens=8).text
        for name, bundle in bundles.items()
        for listener in asked
    }
    ends, answers = threading.Event(), list[tuple[str, str, Any]]()

    def ask(listener: str) -> None:
        while not ends.is_set():
            answer = own.post("/v1/chat/completions", {**body, "user": listener})
            assert answer.status_code == 200
            found = answer.json()
            answers.append((found["model"], listener, found["choices"][0]["message"]["content"]))

    threads = [threading.Thread(target=ask, args=(listener,)) for listener in asked]
    for thread in threads:
        thread.start()
    origin = link.resolve()
    for number in range(swaps):
        at_least = len(answers) + 12
        until(lambda at_least=at_least: len(answers) >= at_least)  # type: ignore[misc]
        point(link, origin if number % 2 else link.with_name("other"))
        swap(own)
    ends.set()
    for thread in threads:
        thread.join()
    assert {name for name, _, _ in answers} == {"tiny", "other"}
    assert all(wanted[name, listener] == text for name, listener, text in answers)
    assert wanted["tiny", "l1"] != wanted["other", "l1"]
