"""Two processes train what one trains, up to the order in which gradients are summed, and go on where they stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from test_killed import RECIPE

pytestmark = pytest.mark.slow

LAUNCHER = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
SCRIPT = str(Path(__file__).parent / "train_shared.py")
EVEN = ["language.accumulate=2", "grounding.accumulate=2", "instruction.accumulate=2", "instruction.dropout=0"]
# Measured after 8 steps: 1.2e-7 with four batches a step, and no difference with two, of which there is one sum.
ROUNDING = 1e-6


def run(command: list[str], *until: str) -> tuple[int, str]:
    """The exit code and what was said; Ctrl-C, for all processes at once, as soon as `until` was said, one by one."""
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=one_thread, start_new_session=True
    )
    assert process.stdout is not None
    said, awaited = [], list(until)
    for line in process.stdout:
        said.append(line)
        if awaited and awaited[0] in line:
            awaited.pop(0)
            if not awaited:
                os.killpg(process.pid, signal.SIGINT)
    return process.wait(), "".join(said)


def trained(folder: Path, kind: str, processes: int) -> list[dict[str, torch.Tensor]]:
    """The weights of each process."""
    folder.mkdir()
    code, said = run([*(LAUNCHER if processes > 1 else [sys.executable]), SCRIPT, str(folder), kind])
    assert code == 0, said
    return weights(folder, processes)


def weights(folder: Path, processes: int) -> list[dict[str, torch.Tensor]]:
    return [load_file(folder / f"{index}.safetensors") for index in range(processes)]


def assert_equal(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], tolerance: float = 0) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, rtol=0, atol=tolerance, msg=lambda text, name=name: name + text)


@pytest.mark.parametrize("kind", ["all", "rows", "soft", "checkpointing", "lora"])
def test_two_processes_train_what_one_trains(kind: str, tmp_path: Path) -> None:
    """13 batches in steps of four: of an epoch's last one the second process has nothing."""
    (alone,) = trained(tmp_path / "one", kind, 1)
    first, second = trained(tmp_path / "two", kind, 2)
    assert_equal(second, first)
    assert_equal(first, alone, ROUNDING)


def test_stopped_or_killed_they_end_like_unbroken_ones(tmp_path: Path) -> None:
    """One of two is asked to stop, and both do; one is killed, and the launcher ends the other. With dropout too."""
    unbroken = trained(tmp_path / "unbroken", "dropout", 2)
    broken = tmp_path / "broken"
    broken.mkdir()
    again = [*LAUNCHER, SCRIPT, str(broken), "dropout"]
    code, said = run([*again, "SIGINT", "1", "3"])
    assert code != 0 and all(f"process {index}: Stopped at step 4;" in said for index in (0, 1)), said
    code, said = run([*again, "SIGKILL", "0", "6"])
    assert code != 0 and "resuming from" in said and "checkpoint-4" in said, said
    assert not (broken / "1.safetensors").exists()
    code, said = run(again)
    assert code == 0 and "resuming from" in said, said
    for found, expected in zip(weights(broken, 2), unbroken, strict=True):
        assert_equal(found, expected)


def test_a_recipe_in_two_processes_makes_the_bundle_of_one(tmp_path: Path) -> None:
    """Stopped with Ctrl-C while the first one writes rows, and in stage 3, and gone on with."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(RECIPE.format(output=tmp_path / name))
    command = ["-m", "neo.cli", "train", str(tmp_path / "one.yaml"), *EVEN]
    code, said = run([sys.executable, *command])
    assert code == 0, said
    command[3] = str(tmp_path / "two.yaml")
    code, said = run([*LAUNCHER, *command], "stage 2, grounding ...")
    assert code != 0 and "stage 2, grounding: done" not in said, said
    code, said = run([*LAUNCHER, *command], "stage 3, instruction ...", "step 1/")
    assert code != 0 and "Stopped at step" in said, said
    code, said = run([*LAUNCHER, *command])
    assert code == 0 and "resuming from" in said and said.count("reused from") == 5, said
    one, two = tmp_path / "one" / "tiny" / "bundle", tmp_path / "two" / "tiny" / "bundle"
    files = sorted(path.relative_to(one) for path in one.rglob("*.safetensors"))
    assert files == sorted(path.relative_to(two) for path in two.rglob("*.safetensors")) and len(files) > 3
    for path in files:
        assert_equal(load_file(two / path), load_file(one / path), ROUNDING)
