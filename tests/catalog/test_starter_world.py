from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from neo.catalog.starter.config import WorldConfig
from neo.catalog.starter.world import World, make_world
from neo_sdk.errors import BundleError

TINY = WorldConfig(shows=20, episodes=120, audiobooks=20, listeners=60)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(TINY)


def digest(world: World) -> str:
    """Of everything a world holds."""
    data, oracle = world.dataset, world.oracle
    sha = hashlib.sha256(data.catalog.fingerprint().encode())
    sha.update(json.dumps(data.listeners.table.to_pylist(), default=str).encode())
    sha.update(json.dumps([data.searches.query.to_pylist(), data.searches.kinds, data.events.kinds]).encode())
    for log in (data.events, data.searches):
        for name in ("listener", "item", "time", "kind_codes"):
            sha.update(getattr(log, name).tobytes())
    for cases in (oracle.recommend, oracle.search):
        for name in cases.__dataclass_fields__:
            sha.update(getattr(cases, name).tobytes())
    return sha.hexdigest()


def test_the_numbers_are_as_asked(world: World) -> None:
    catalog = world.dataset.catalog
    assert [len(catalog.rows_of(name)) for name in ("show", "episode", "audiobook")] == [20, 120, 20]
    assert len(world.dataset.listeners) == 60
    assert len(world.dataset.searches) == 480
    assert set(world.dataset.events.kinds) == {"follow", "play", "finish"}
    per_show = np.bincount(catalog.parent_rows[catalog.rows_of("episode")], minlength=20)[:20]
    assert per_show.min() >= 3 and per_show.max() <= 60


def test_the_same_seed_gives_the_same_world_in_another_process(world: World) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_starter_world import TINY, digest, make_world\n"
        "print(digest(make_world(TINY)))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == digest(world)


def test_another_seed_gives_another_world(world: World) -> None:
    assert digest(make_world(TINY.model_copy(update={"seed": 1}))) != digest(world)


def test_a_saved_world_comes_back_whole(world: World, tmp_path: Path) -> None:
    world.save(tmp_path)
    again = World.load(tmp_path)
    assert digest(again) == digest(world)
    assert again.config == world.config and again.cuts == world.cuts


def test_a_folder_without_its_last_file_is_refused(world: World, tmp_path: Path) -> None:
    world.save(tmp_path)
    (tmp_path / "world.json").unlink()
    with pytest.raises(BundleError, match=r"world\.json is missing"):
        World.load(tmp_path)
    (tmp_path / "world.json").write_text('{"seed": "many"}')
    with pytest.raises(BundleError, match="does not describe a world"):
        World.load(tmp_path)


def test_nothing_is_met_before_it_is_out(world: World) -> None:
    data = world.dataset
    for log in (data.events, data.searches):
        day = log.time.astype("datetime64[s]").astype("datetime64[D]")
        assert np.all(data.catalog.dates[log.item] <= day)
    # Some items do come out within the period, else this would say nothing.
    assert np.any(data.catalog.dates > np.datetime64(world.config.first_day))


def test_popularity_is_unknown_for_what_comes_out_within_the_period(world: World) -> None:
    catalog = world.dataset.catalog
    known = catalog.column("popularity").is_valid().to_numpy()
    assert np.array_equal(known, catalog.dates < np.datetime64(world.config.first_day))


def test_events_lie_in_the_period_and_after_joining(world: World) -> None:
    events, config = world.dataset.events, world.config
    assert events.time.min() >= config.start and events.time.max() < config.end
    day = events.time.astype("datetime64[s]").astype("datetime64[D]")
    assert np.all(world.dataset.listeners.joined[events.listener] <= day)


def test_nothing_is_met_twice_and_only_followed_shows_are_played(world: World) -> None:
    data = world.dataset
    kind_of_type = {"show": "follow", "episode": "play", "audiobook": "finish"}
    kinds = data.events.kind.to_pylist()
    for listener in range(len(data.listeners)):
        history = data.events.history(listener)
        assert len(set(history.tolist())) == len(history)
        followed: set[int] = set()
        for item in history.tolist():
            if data.catalog.type_of(item) == "show":
                followed.add(item)
            if data.catalog.type_of(item) == "episode":
                assert int(data.catalog.parent_rows[item]) in followed
    for kind, item in zip(kinds, data.events.item.tolist(), strict=True):
        assert kind == kind_of_type[data.catalog.type_of(item)]


def test_times_within_a_listener_rise(world: World) -> None:
    events = world.dataset.events
    same = events.listener[1:] == events.listener[:-1]
    assert np.all(np.diff(events.time)[same] > 0)


def test_titles_are_unique_and_descriptions_are_sentences(world: World) -> None:
    catalog = world.dataset.catalog
    for name in ("show", "episode", "audiobook"):
        titles = [catalog.title(int(row)).lower() for row in catalog.rows_of(name)]
        assert len(set(titles)) == len(titles)
    for row in range(len(catalog)):
        item = catalog.item(row)
        assert item.description and 15 <= len(item.description.split()) <= 40, item
        assert "{" not in item.description + item.title
        assert item.description[0].isupper() or not item.description[0].isalpha()
        assert item.description.rstrip()[-1] in ".?!"
        assert 2 <= len(item.topics) <= 3
        assert item.creator and item.duration and item.date and item.language


def test_searches_choose_what_their_kind_allows(world: World) -> None:
    searches, catalog = world.dataset.searches, world.dataset.catalog
    kinds = searches.kind.to_pylist()
    assert set(kinds) == {"title", "creator", "topic", "describe"}
    types = {(kind, catalog.type_of(int(item))) for kind, item in zip(kinds, searches.item, strict=True)}
    assert ("topic", "episode") not in types and ("creator", "episode") not in types
    assert ("describe", "episode") in types and ("title", "audiobook") in types
    assert all(query and query == query.strip() for query in searches.query.to_pylist())
    assert np.any(searches.listener < 0) and np.any(searches.listener >= 0)


def test_a_world_may_have_no_searches_and_one_listener() -> None:
    world = make_world(TINY.model_copy(update={"listeners": 1, "searches_per_listener": 0.0}))
    assert len(world.dataset.searches) == 0 and len(world.oracle.search) == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"days": 30, "horizon_days": 14}, "use more days"),
        ({"shows": 50, "episodes": 100}, "3 to 60 episodes"),
        ({"epsiodes": 100}, "did you mean 'episodes'"),
    ],
)
def test_impossible_sizes_are_refused(values: dict[str, int], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        WorldConfig(**values)
