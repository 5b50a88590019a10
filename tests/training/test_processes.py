"""Several processes: what each takes of a step, and what is refused. That they train the same: test_shared.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_models import extended
from test_stages import padded, rows, stage

from neo.cli import main
from neo.training.batches import Steps, plan
from neo.training.config import RunConfig
from neo.training.processes import SHARED, Processes, check_shared, launched
from neo.training.sharded import ShardedTrainer, trainer_of
from neo.training.trainer import StageTrainer, train_stage
from neo_sdk.errors import ConfigError, TrainingError

lengths_of = st.lists(st.integers(1, 60), min_size=1, max_size=80).map(np.array)


def started(patch: pytest.MonkeyPatch, index: int, count: int) -> None:
    """As a launcher would say it."""
    for name, value in {"LOCAL_RANK": index, "RANK": index, "WORLD_SIZE": count}.items():
        patch.setenv(name, str(value))


@given(lengths_of, st.integers(1, 200), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2))
def test_processes_share_out_the_batches_of_every_step(
    lengths: np.ndarray, tokens: int, each: int, count: int, epoch: int
) -> None:
    """What they take of a step is the step of one process; all of its batches weigh the same, and all processes take
    as many batches, which DDP stands on."""
    whole = Steps(lengths, tokens, each * count, seed=3)
    shares = [whole.shared(index, count) for index in range(count)]
    for share in shares:
        share.set_epoch(epoch)
    taken = [list(share) for share in shares]
    assert {len(mine) for mine in taken} == {len(share) for share in shares} and len({*map(len, taken)}) == 1
    steps = plan(lengths, tokens, each * count, np.random.default_rng([3, epoch]))
    assert -(-len(taken[0]) // each) == len(steps)
    for number, step in enumerate(steps):
        found = [mine[number * each : (number + 1) * each] for mine in taken]
        together = [batch for mine in found for batch in mine if batch]
        assert sorted(together) == sorted(batch.tolist() for batch in step)
        assert all(mine[at] == step[at * count + index].tolist() for index, mine in enumerate(found)
                   for at in range(len(mine)) if mine[at])  # fmt: skip
        weight = shares[0].weight(epoch * len(steps) + number)
        assert weight / len(found[0]) / count == pytest.approx(1 / len(step))
        assert len(step) < each * count or weight == 1


@given(lengths_of, st.integers(1, 200), st.integers(1, 5))
def test_one_process_takes_all_batches_and_weighs_none(lengths: np.ndarray, tokens: int, per_step: int) -> None:
    steps = Steps(lengths, tokens, per_step, seed=1)
    assert list(steps.shared(0, 1)) == list(steps)
    assert {steps.weight(step) for step in range(2 * len(steps))} == {1}


def test_a_launcher_says_which_process_this_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert launched() == Processes(0, 1) and launched().first
    started(monkeypatch, 1, 4)
    assert launched() == Processes(1, 4) and not launched().first


def test_weights_are_shared_out_if_asked_for_and_there_is_who_to_share_with(monkeypatch: pytest.MonkeyPatch) -> None:
    assert trainer_of(config(shard=True)) is StageTrainer
    started(monkeypatch, 1, 2)
    assert trainer_of(config(shard=True)) is ShardedTrainer and trainer_of(config()) is StageTrainer


def config(**settings: object) -> RunConfig:
    return RunConfig.model_validate({"name": "tiny", "data": {"world": {}}, **settings})


def test_steps_that_cannot_be_shared_out_are_refused_up_front(monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, 0, 2)
    with pytest.raises(ConfigError) as refused:
        check_shared(config(instruction={"accumulate": 3, "tokens": 1600}), set(SHARED))
    said = str(refused.value)
    assert "language.accumulate is 1, grounding.accumulate is 1, instruction.accumulate is 3, no multiple of 2" in said
    settings = said.partition("set ")[2].partition(" (")[0].split()
    assert "instruction.accumulate=6" in settings and "instruction.tokens=800" in settings
    sized: dict[str, dict[str, int]] = {}
    for setting in settings:
        (name, key), value = setting.partition("=")[0].split("."), setting.partition("=")[2]
        sized.setdefault(name, {})[key] = int(value)
    check_shared(config(**sized), set(SHARED))  # what it says to set will do
    check_shared(config(), set())  # as will stages that are done
    check_shared(config(instruction={"accumulate": 2}), {"stage3"})


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"preference": {"dpo": {}}}, "preference=null"),
        ({"lora": {"bits": 4}, "instruction": {"weight_decay": 0}}, "lora.bits=null"),
    ],
)
def test_what_trains_in_one_process_says_so(
    settings: dict[str, object], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_shared(config(**settings), set(SHARED))
    started(monkeypatch, 1, 2)
    with pytest.raises(ConfigError, match=why):
        check_shared(config(**settings, shard=True), set())


def test_sharding_launchers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, 0, 2)
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    with pytest.raises(ConfigError, match=r"FSDP.*torchrun.*shard=true"):
        check_shared(config(), set())


def test_a_stage_refuses_steps_that_cannot_be_shared_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started(monkeypatch, 0, 2)
    model, vocabulary, _ = extended()
    with pytest.raises(TrainingError, match="accumulate is 3: set it to a multiple of 2"):
        train_stage(
            model, padded(vocabulary, tmp_path), rows(vocabulary), stage(accumulate=3), tmp_path, 0, lambda _: None
        )


def test_commands_that_share_nothing_out_are_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started(monkeypatch, 1, 2)
    assert main(["compare", "quickstart", "seed=1"]) == 1
    assert "neo: process 1: Only `neo train` and `neo run`" in capsys.readouterr().err
