"""The same data and seed give the same bundle; killed at every stage and run again, it is the same too."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file

RECIPE = """
name: tiny
output: {output}
data:
  world: {{shows: 20, episodes: 100, audiobooks: 20, listeners: 60, searches_per_listener: 3.0}}
sids: {{levels: 2, codes: 16, dim: 16, vectors: both}}
base:
  scratch: {{vocabulary: 400, hidden: 16, layers: 1, heads: 2, kv_heads: 1, head_dim: 8, feed_forward: 24}}
language: {{rows: 40, tokens: 512, checkpoint_steps: 2, log_steps: 1}}
grounding: {{tokens: 512, checkpoint_steps: 2, log_steps: 1}}
instruction: {{tokens: 512, history: 6, recommend: 40, histories: 40, search: 8, lookup: 40, verbalize: 8, explain: 4,
               understand: 4, recommend_mixed: 4, search_mixed: 4, chat: 4, checkpoint_steps: 2, log_steps: 1,
               average: 0.9, dropout: 0.1}}
listener: {{dim: 8, item_dim: 8, moments: 200, epochs: 2}}
"""
MOMENTS = ("data ...", "stage 1, semantic IDs ...", "listener model ...", "stage 0, language ...", "step 1/",
           "stage 2, grounding ...", "step 1/", "stage 3, instruction ...", "step 1/", "bundle ...")  # fmt: skip


def train(recipe: Path, until: str | None = None) -> int:
    """Runs `neo train` in a process of its own; kills it as soon as it says `until`."""
    command = [sys.executable, "-m", "neo.cli", "train", str(recipe)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if until is not None and until in line:
            process.send_signal(signal.SIGKILL)
            break
    process.stderr.read()
    return process.wait()


def contents(folder: Path) -> dict[str, str]:
    """A hash of every file of a run's bundle, but of its configuration, which names the folder, and of the manifest.

    Of safetensors, that of the tensors: the order in which the library writes what it says of them is any.
    """
    bundle, found = folder / "tiny" / "bundle", {}
    for path in sorted(bundle.rglob("*")):
        if path.is_file() and path.name not in ("config.json", "manifest.json"):
            digest = hashlib.sha256()
            if path.suffix == ".safetensors":
                for name, tensor in sorted(load_file(path).items()):
                    digest.update(f"{name} {tensor.dtype} {tensor.shape}".encode() + tensor.tobytes())
            else:
                digest.update(path.read_bytes())
            found[path.relative_to(bundle).as_posix()] = digest.hexdigest()
    return found


@pytest.mark.slow
def test_a_run_that_is_killed_at_every_stage_ends_like_an_unbroken_one(tmp_path: Path) -> None:
    recipes = {}
    for name in ("whole", "again", "killed"):
        recipes[name] = tmp_path / f"{name}.yaml"
        recipes[name].write_text(RECIPE.format(output=tmp_path / name))
    assert train(recipes["whole"]) == train(recipes["again"]) == 0
    assert contents(tmp_path / "whole") == contents(tmp_path / "again")
    for moment in MOMENTS:
        assert train(recipes["killed"], moment) == -signal.SIGKILL, moment
    assert train(recipes["killed"]) == 0
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")
