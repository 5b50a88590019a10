"""The guard of stage 4: it asks who is held out, keeps the best weights, and stops where their hits fall."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel, TrainerCallback

from neo.listeners.soft_prompt import Source, VectorMemory, soft_prompt_of
from neo.training.preference.cases import Worth

BEST, SEEN = "best.safetensors", "guard.json"  # in a checkpoint's folder


class Guard(TrainerCallback):
    """Measures every so many steps. HR@10 that falls by more than `tolerance` ends the stage; what it leaves is the
    weights of the highest reward among those with no lower HR@10 than the first, which are among them.

    folder: where `guard.json` says what was measured.
    """

    files = (BEST, SEEN)

    def __init__(
        self,
        model: PreTrainedModel,
        measure: Callable[[], Worth],
        every: int,
        tolerance: float,
        folder: Path,
        report: Callable[[str], None],
    ) -> None:
        self.model, self.measure, self.every, self.tolerance = model, measure, every, tolerance
        self.folder, self.report = folder, report
        self.checkpoint: str | None = None  # where training goes on from
        self.seen: list[tuple[int, Worth]] = []
        self._best: dict[str, Tensor] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.checkpoint:
            found = json.loads((Path(self.checkpoint) / SEEN).read_text())
            self.seen = [(step, Worth(**worth)) for step, worth in found]
            self._best = load_file(Path(self.checkpoint) / BEST)
        else:
            self._look(0)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step % self.every and state.global_step < state.max_steps:
            return
        if not self._look(state.global_step):
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        self._write(folder / SEEN)
        save_file(self._best, folder / (BEST + ".part"))
        (folder / (BEST + ".part")).rename(folder / BEST)

    @torch.no_grad()
    def settle(self) -> None:
        """Puts the best weights in their place."""
        weights = dict(self.model.named_parameters())
        for name, best in self._best.items():
            weights[name].copy_(best)
        self._write(self.folder / SEEN)

    @property
    def best(self) -> tuple[int, Worth]:
        first = self.seen[0][1]
        return max((one for one in self.seen if one[1].hr >= first.hr), key=lambda one: one[1].reward)

    def _look(self, step: int) -> bool:
        """Measures; False where hits have fallen too far."""
        with answering(self.model):
            found = self.measure()
        self.seen.append((step, found))
        self.report(f"held out, step {step}: {found}")
        if found.hr < self.seen[0][1].hr - self.tolerance:
            self.report(f"HR@10 has fallen from {self.seen[0][1].hr:.4f} by more than {self.tolerance}: stopped")
            return False
        if self.best[0] == step:
            trained = ((name, weight) for name, weight in self.model.named_parameters() if weight.requires_grad)
            self._best = {name: weight.detach().cpu().clone() for name, weight in trained}
        return True

    def _write(self, path: Path) -> None:
        path.write_text(json.dumps([(step, asdict(found)) for step, found in self.seen], indent=1) + "\n")


@contextmanager
def answering(model: PreTrainedModel, vectors: Source | None = None) -> Iterator[None]:
    """Within it a model that is being trained answers as it will when it is not. vectors: what prompts stand on; by
    default a memory, as it has then."""
    soft, usual, trains = soft_prompt_of(model), model.config._attn_implementation, model.training
    table = None if soft is None else soft.source
    if soft is not None:
        soft.source = VectorMemory() if vectors is None else vectors
    model.set_attn_implementation("sdpa")
    model.eval()
    try:
        yield
    finally:
        model.train(trains)
        model.set_attn_implementation(usual)
        if soft is not None and table is not None:
            soft.source = table
