"""One stage of training on TRL's SFTTrainer, over rows that are already rendered: progress, interruption, resume."""

from __future__ import annotations

import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch.nn import functional
from transformers import PreTrainedModel, PreTrainedTokenizerFast, PrinterCallback, TrainerCallback
from transformers.trainer_pt_utils import LengthGroupedSampler, get_length_grouped_indices
from transformers.trainer_utils import get_last_checkpoint
from trl import SFTConfig, SFTTrainer

from neo.language.render import IGNORED
from neo.training.config import Stage
from neo_sdk.errors import TrainingError

Report = Callable[[str], None]
SECONDS = 10  # between two lines of progress


class Interrupted(TrainingError):
    """The run was asked to stop; a checkpoint holds everything, and the same command goes on from there."""


class _Steering(TrainerCallback):
    """Prints a line now and then, and turns Ctrl-C into a checkpoint and a clean stop."""

    def __init__(self, report: Report) -> None:
        self.report, self.stopped, self.started, self.printed = report, False, time.time(), 0.0

    def stop(self, *_: object) -> None:
        self.stopped = True

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.stopped:
            control.should_save = control.should_training_stop = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        now = time.time()
        if logs and "loss" in logs and (now - self.printed > SECONDS or state.global_step >= state.max_steps):
            self.printed = now
            done, loss = f"step {state.global_step}/{state.max_steps}", float(logs["loss"])
            self.report(f"{done}  loss {loss:.3f}  {now - self.started:.0f} s")


class ByLength(LengthGroupedSampler):
    """Rows of like length share a batch, in an order that follows from seed and epoch alone.

    transformers' own sampler draws from the global stream, so a run resumed in its second epoch would see other rows.
    """

    def __init__(self, batch: int, rows: Dataset, seed: int) -> None:
        super().__init__(batch, dataset=rows, model_input_name="input_ids")
        self.seed, self.epoch = seed, 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        stream = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        return iter(get_length_grouped_indices(self.lengths, self.batch_size, generator=stream))


class StageTrainer(SFTTrainer):
    """SFTTrainer that, off the GPU, scores only the trained positions.

    TRL's fused head compacts masked positions only on Triton devices; on a CPU it would score every prompt token as
    well (benchmarks/masked_loss.py has the price). Same loss, to float rounding.
    """

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> ByLength:
        rows = self.train_dataset if train_dataset is None else train_dataset
        return ByLength(self.args.train_batch_size * self.args.gradient_accumulation_steps, rows, self.args.data_seed)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        if return_outputs or inputs["input_ids"].device.type != "cpu":
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        hidden = model.get_decoder()(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
        ).last_hidden_state[:, :-1]
        labels = inputs["labels"][:, 1:]
        trained = labels != IGNORED
        logits = model.get_output_embeddings()(hidden[trained])
        loss = functional.cross_entropy(logits.float(), labels[trained], reduction="sum")
        count = trained.sum() if num_items_in_batch is None else num_items_in_batch
        return loss / torch.as_tensor(count).clamp(min=1)


def train_stage(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: Dataset,
    stage: Stage,
    folder: Path,
    seed: int,
    report: Report,
) -> None:
    """Trains the model in place on rows with `input_ids` and `labels`.

    Checkpoints lie under `folder/checkpoints`; if there is one, training goes on from it and ends with the same
    weights as an unbroken run. Raises Interrupted after Ctrl-C, once a checkpoint is written.
    """
    checkpoints = folder / "checkpoints"
    if not len(rows):
        raise TrainingError(f"{folder.name} has no training rows: ask for examples in the recipe, or raise max_tokens.")
    last = _last_whole(checkpoints)
    steering = _Steering(report)
    trainer = StageTrainer(
        model=model,
        args=_arguments(stage, checkpoints, seed),
        train_dataset=rows,
        processing_class=tokenizer,
        callbacks=[steering],
    )
    trainer.remove_callback(PrinterCallback)
    if last:
        report(f"resuming from {last}")
    with _on_signals(steering.stop):
        trainer.train(resume_from_checkpoint=last)
    if steering.stopped:
        raise Interrupted(f"Stopped at step {trainer.state.global_step}; run the same command again to go on.")


def drop_checkpoints(folder: Path) -> None:
    """Removes what a finished stage needs no more. Renamed first: half-deleted checkpoints would look resumable."""
    gone = folder / "checkpoints.done"
    if (folder / "checkpoints").is_dir():
        shutil.rmtree(gone, ignore_errors=True)
        (folder / "checkpoints").rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _last_whole(checkpoints: Path) -> str | None:
    """The latest checkpoint that was written to its end; torn ones, from a crash while saving, are removed."""
    for folder in checkpoints.glob("checkpoint-*"):
        try:
            json.loads((folder / "trainer_state.json").read_text())  # written last
        except (OSError, ValueError):
            shutil.rmtree(folder)
    return get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None


def _arguments(stage: Stage, checkpoints: Path, seed: int) -> SFTConfig:
    gpu = torch.cuda.is_available()
    return SFTConfig(
        output_dir=str(checkpoints),
        max_length=None,  # TRL would cut the end off, the answer, and then drop the row without a word
        per_device_train_batch_size=stage.batch,
        gradient_accumulation_steps=stage.accumulate,
        num_train_epochs=stage.epochs,
        learning_rate=stage.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=stage.warmup,
        weight_decay=stage.weight_decay,
        adam_beta2=stage.beta2,
        max_grad_norm=1.0,
        activation_checkpointing=False,
        bf16=gpu and torch.cuda.is_bf16_supported(),
        use_cpu=not gpu,
        save_strategy="steps",
        save_steps=stage.checkpoint_steps,
        save_total_limit=1,
        logging_steps=stage.log_steps,
        disable_tqdm=True,
        report_to="none",
        seed=seed,
        data_seed=seed,
        dataloader_pin_memory=gpu,
    )


@contextmanager
def _on_signals(stop: Callable[..., None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM call `stop`; outside the main thread signals stay as they are."""
    try:
        old = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:
        old = {}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
