"""What replicas are told is decided once, before the first one starts; keys, limits and refusals are `neo serve`'s."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from neo.serving.replicas import Replicas
from neo.serving.settings import Limits
from neo_sdk.errors import BundleError, ConfigError

KEY = "0123456789abcdef"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEO_API_KEY", KEY)
    monkeypatch.delenv("NEO_STORE", raising=False)


def asked(bundle: Path, **others: Any) -> Replicas:
    """As Ray makes it of the words after `serve run`, or of a YAML."""
    return Replicas.model_validate({"bundle": str(bundle), **others})


def test_words_of_a_command_line_become_what_they_mean(tiny_bundle_folder: Path) -> None:
    found = asked(tiny_bundle_folder, replicas="3", gpus="0.5", insecure="true", engine="vllm")
    assert (found.replicas, found.gpus, found.insecure, found.engine) == (3, 0.5, True, "vllm")
    assert asked(tiny_bundle_folder, limits={"k": 7, "body": 100}).told().settings.limits == Limits(k=7, body=100)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"replcas": "2"}, "did you mean 'replicas'"),
        ({"replicas": "0"}, "greater than or equal to 1"),
        ({"engine": "gpu"}, "embedded"),
        ({"vllm": {"max_num_seqs": 4}}, "engine=vllm"),
        ({"limits": {"kk": 4}}, "kk"),
        ({"host": "0.0.0.0"}, "unknown key 'host'"),
    ],
)
def test_arguments_that_are_wrong(tiny_bundle_folder: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        asked(tiny_bundle_folder, **given)


def test_a_limit_that_is_wrong(tiny_bundle_folder: Path) -> None:
    with pytest.raises(ConfigError, match="limit k is 0"):
        asked(tiny_bundle_folder, limits={"k": 0})


@pytest.mark.parametrize("key", ["", " , "])
def test_without_a_key_nothing_starts(tiny_bundle_folder: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """Whoever answers cannot see where Ray's proxy listens."""
    monkeypatch.setenv("NEO_API_KEY", key)
    with pytest.raises(ConfigError, match=r"NEO_API_KEY holds no key.*insecure=true"):
        asked(tiny_bundle_folder).told()
    assert asked(tiny_bundle_folder, insecure="true").told().settings.keys == ()


def test_keys_are_those_of_the_variable(tiny_bundle_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = asked(tiny_bundle_folder).told()
    assert told.settings.keys == (KEY,) and KEY not in repr(told)
    monkeypatch.setenv("OTHER", f"{KEY}1,{KEY}2")
    assert asked(tiny_bundle_folder, key_env="OTHER").told().settings.keys == (f"{KEY}1", f"{KEY}2")
    monkeypatch.setenv("NEO_API_KEY", "short")
    with pytest.raises(ConfigError, match="5 characters"):
        asked(tiny_bundle_folder, insecure="true").told()


def test_all_replicas_have_one_store(tiny_bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    beside = tiny_bundle_folder.with_name("tiny.events.sqlite")
    told = asked(tiny_bundle_folder).told()
    assert told.store == f"sqlite:{beside}" and told.one_machine
    assert asked(tiny_bundle_folder, store="sqlite:mine.sqlite").told().store == f"sqlite:{tmp_path / 'mine.sqlite'}"
    url = "postgresql://neo:secret@db/neo"
    monkeypatch.setenv("NEO_STORE", url)
    told = asked(tiny_bundle_folder).told()
    assert told.store == url and not told.one_machine and "secret" not in repr(told)
    assert asked(tiny_bundle_folder, store="sqlite:mine.sqlite").told().one_machine


def test_a_bundle_that_is_not_there_and_one_that_changed(tiny_bundle_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is no bundle"):
        asked(tmp_path).told()
    assert not list(tmp_path.iterdir())
    told = asked(tiny_bundle_folder).told()
    assert told.bundle.is_absolute() and told == asked(tiny_bundle_folder, replicas=2).told()
    link = tmp_path / "live"
    link.symlink_to(tiny_bundle_folder)
    assert asked(link).told() == told  # whatever the link leads to later


def test_a_replica_of_another_bundle_than_the_one_that_was_deployed_is_refused(
    tiny_bundle_folder: Path, tmp_path: Path
) -> None:
    from neo.serving.ray_app import Neo

    told = asked(tiny_bundle_folder, store=f"sqlite:{tmp_path / 'events.sqlite'}").told()
    with pytest.raises(BundleError, match="another bundle than the one that was deployed"):
        Neo(replace(told, version="0" * 12))
