"""One stage of training on TRL's SFTTrainer, over rows that are already rendered: progress, interruption, resume."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pyarrow.parquet as pq
import torch
from accelerate.data_loader import prepare_data_loader
from accelerate.utils import gather_object
from datasets import Dataset
from pyarrow import compute
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import PreTrainedModel, PreTrainedTokenizerFast, PrinterCallback, TrainerCallback
from transformers.trainer_utils import get_last_checkpoint
from transformers.utils import SAFE_WEIGHTS_NAME
from trl import SFTConfig, SFTTrainer

from neo.language.render import IGNORED
from neo.listeners.soft_prompt import soft_prompt_of
from neo.training.batches import Steps
from neo.training.codebooks import Codebooks
from neo.training.config import Stage
from neo.training.lora import as_unquantized
from neo.training.loss import next_token_loss
from neo.training.precision import attention_in_float32, bf16_is_fast
from neo.training.processes import any_of, launched, of_first
from neo.training.regularize import AVERAGE, Averaging, dropping
from neo_sdk.errors import TrainingError

Report = Callable[[str], None]
CACHE = "cache"  # of a stage's rows in the form that is read from disk as it is: several times their own size
SECONDS = 10  # between two lines of progress


class Interrupted(TrainingError):
    """The run was asked to stop; a checkpoint holds everything, and the same command goes on from there."""


class Guard(Protocol):
    """A callback of the trainer that decides what is kept. files: what it adds to every checkpoint."""

    files: tuple[str, ...]
    checkpoint: str | None

    def settle(self) -> None: ...


class _Steering(TrainerCallback):
    """Prints a line now and then, and turns Ctrl-C into a checkpoint and a clean stop, of all processes at one step."""

    def __init__(self, report: Report) -> None:
        self.report, self.stopped, self.started, self.printed = report, False, time.time(), 0.0

    def stop(self, *_: object) -> None:
        self.stopped = True

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if args.process_index:
            torch.manual_seed(args.seed + args.process_index)  # else all processes would drop the same

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.stopped = any_of(self.stopped, args.device)
        if self.stopped:
            control.should_save = control.should_training_stop = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        now = time.time()
        if logs and "loss" in logs and (now - self.printed > SECONDS or state.global_step >= state.max_steps):
            self.printed = now
            done, loss = f"step {state.global_step}/{state.max_steps}", float(logs["loss"])
            self.report(f"{done}  loss {loss:.3f}  {now - self.started:.0f} s")


class Loss(nn.Module):
    """A model that is called as its loss: what reaches into it, past its own `forward`, still begins here. So what is
    put around this sees every use of the weights: autocast, and DDP or FSDP, by which processes share a step."""

    def __init__(self, model: PreTrainedModel, loss: Callable[[dict[str, Tensor]], Tensor]) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.loss(inputs)


class StageTrainer(SFTTrainer):
    """SFTTrainer with our own batches and loss: see neo.training.batches and neo.training.loss.

    All batches of a step count the same, however many of their tokens are trained: else the few of a search would
    vanish beside the many of a history.
    """

    def __init__(self, stage: Stage, codebooks: Codebooks | None, **settings: Any) -> None:
        with as_unquantized(settings["model"]):
            super().__init__(**settings)
        self.stage, self.codebooks = stage, codebooks and codebooks.to(self.args.device)
        here = launched()
        self.batches = self.steps(self.train_dataset, stage, self.args.data_seed).shared(here.index, here.count)
        self.model_accepts_loss_kwargs = False  # the trainer then averages the losses of a step's batches

    def _send_telemetry(self) -> None:
        """TRL would tell its makers of every trainer, and what it runs on. Nobody is told."""

    @classmethod
    def steps(cls, rows: Dataset, stage: Stage, seed: int) -> Steps:
        """The batches of a stage."""
        ids = rows.with_format("arrow")[:]["input_ids"]
        return Steps(compute.list_value_length(ids).to_numpy(), stage.tokens, stage.accumulate, seed)

    @classmethod
    def collator(cls, pad: int) -> Callable[..., Any] | None:
        """What makes a batch of rows: None for TRL's own."""
        return None

    def get_train_dataloader(self) -> DataLoader:
        pin = self.args.dataloader_pin_memory
        loader = DataLoader(self.train_dataset, batch_sampler=self.batches, collate_fn=self._collated, pin_memory=pin)
        # As for one process: accelerate would share the batches out by itself, and fill up with those of the beginning.
        return prepare_data_loader(loader, self.args.device, num_processes=1, process_index=0, put_on_device=True)

    def _collated(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """A batch; of no row, one without a label, whose loss is 0."""
        if rows:
            return self.data_collator(rows)
        pad = torch.full((1, 2), self.processing_class.pad_token_id)
        return {"input_ids": pad, "labels": torch.full_like(pad, IGNORED)}

    def _wrap_model(self, model: PreTrainedModel, training: bool = True, dataloader: Any = None) -> nn.Module:
        return self.accelerator.prepare_model(Loss(model, self.loss))

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        # Of the few steps that a small catalog makes, a warm-up meant for thousands would leave none.
        self.args.warmup_steps = min(self.stage.warmup, num_training_steps // 5)
        return super().create_scheduler(num_training_steps, optimizer)

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        """Of a model that is trained in part a checkpoint holds that part: the rest is as the stage found it."""
        if not self.args.should_save:
            return
        trained = {name: weight for name, weight in self.model.named_parameters() if weight.requires_grad}
        if len(trained) == len(list(self.model.parameters())):
            super()._save(output_dir, state_dict)
            return
        folder = Path(output_dir or self.args.output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        save_file({name: weight.detach().contiguous() for name, weight in trained.items()}, folder / SAFE_WEIGHTS_NAME)

    def _save_rng_state(self, output_dir: str) -> None:
        super()._save_rng_state(output_dir)
        self.accelerator.wait_for_everyone()  # a checkpoint that looks whole has the random states of all processes

    def compute_loss(
        self, model: nn.Module, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Tensor:
        return model(inputs) * self.batches.weight(self.state.global_step)

    def loss(self, inputs: dict[str, Any]) -> Tensor:
        """Of a batch."""
        return next_token_loss(self.model, inputs["input_ids"], inputs["labels"], self.codebooks)

    def give_back(self) -> None:
        """Once it is trained: the caller's model has the weights, as it had them all the time."""


def read_rows(path: Path) -> Dataset:
    """The rows of a file in a stage's folder, without their tasks' names. TrainingError where there are none."""
    _check_some(pq.read_metadata(path).num_rows, path.parent)
    return Dataset.from_parquet(str(path), cache_dir=str(path.parent / CACHE)).remove_columns("task")


def _check_some(rows: int, folder: Path) -> None:
    if not rows:
        raise TrainingError(f"{folder.name} has no training rows: ask for examples in the recipe, or raise max_tokens.")


def train_stage(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: Dataset,
    stage: Stage,
    folder: Path,
    seed: int,
    report: Report,
    codebooks: Codebooks | None = None,
    kind: type[StageTrainer] = StageTrainer,
    guard: Guard | None = None,
    **more: Any,
) -> None:
    """Trains the model in place on rows with `input_ids` and `labels`.

    `codebooks`: needed where the items of a history are trained. `guard`: decides when it is enough, and what is kept.
    `more`: what this kind of trainer takes beside.

    Checkpoints lie under `folder/checkpoints`; if there is one, training goes on from it and ends with the same
    weights as an unbroken run on the same kind of machine. Raises Interrupted after Ctrl-C, once a checkpoint is
    written.

    Where a launcher has started several processes, all of them call this with the same, and end with the same weights.
    """
    checkpoints = folder / "checkpoints"
    _check_some(len(rows), folder)
    here = launched()
    if stage.accumulate % here.count:
        raise TrainingError(
            f"{folder.name}: {here.count} processes share out the batches of a step evenly, and accumulate is "
            f"{stage.accumulate}: set it to a multiple of {here.count}, or start one process, without a launcher."
        )
    if guard is not None and here.count > 1:
        raise TrainingError(f"{folder.name} has a guard and trains in one process: start it without a launcher.")
    needed = [*([AVERAGE] if stage.average else []), *(guard.files if guard else [])]
    arguments = _arguments(stage, checkpoints, seed, bool(needed))
    if arguments.world_size != here.count:
        raise TrainingError(
            f"accelerate finds {arguments.world_size} processes, and RANK, LOCAL_RANK and WORLD_SIZE speak of "
            f"{here.count}: start them with torchrun, which sets all three."
        )
    arguments.ddp_find_unused_parameters = soft_prompt_of(model) is not None  # not every batch has a vector
    _same_everywhere(rows)
    last = of_first(_last_whole(checkpoints, needed) if here.first else None)
    if guard is not None:
        guard.checkpoint = last
    averaging = Averaging(stage.average, last) if stage.average else None
    steering = _Steering(report)
    precision, padded = "mixed" if bf16_is_fast() else "full", kind.steps(rows, stage, seed).padding
    report(f"in {precision} precision, {len(rows):,} rows, {padded:.1%} of a batch is padding")
    trainer = kind(
        stage,
        codebooks,
        model=model,
        args=arguments,
        train_dataset=rows,
        processing_class=tokenizer,
        data_collator=kind.collator(int(tokenizer.pad_token_id)),
        callbacks=[one for one in (steering, averaging, guard) if one is not None],
        **more,
    )
    trainer.remove_callback(PrinterCallback)
    if last:
        report(f"resuming from {last}")
    with _on_signals(steering.stop), dropping(trainer.model, stage.dropout), attention_in_float32(trainer.model):
        trainer.train(resume_from_checkpoint=last)
    if steering.stopped:
        raise Interrupted(f"Stopped at step {trainer.state.global_step}; run the same command again to go on.")
    for keeper in (averaging, guard):
        if keeper is not None:
            keeper.settle()
    trainer.give_back()


def drop_checkpoints(folder: Path) -> None:
    """Removes what a finished stage needs no more. Renamed first: half-deleted checkpoints would look resumable."""
    shutil.rmtree(folder / CACHE, ignore_errors=True)
    gone = folder / "checkpoints.done"
    if (folder / "checkpoints").is_dir():
        shutil.rmtree(gone, ignore_errors=True)
        (folder / "checkpoints").rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _last_whole(checkpoints: Path, more: Sequence[str] = ()) -> str | None:
    """The latest checkpoint that was written to its end, `more` files too; torn ones, from a crash, are removed."""
    for folder in checkpoints.glob("checkpoint-*"):
        try:
            json.loads((folder / "trainer_state.json").read_text())  # written last, but for `more`
            for name in more:
                (folder / name).stat()
        except (OSError, ValueError):
            shutil.rmtree(folder)
    return get_last_checkpoint(str(checkpoints)) if checkpoints.is_dir() else None


def _same_everywhere(rows: Dataset) -> None:
    """TrainingError where processes hold different rows: they would train another model, and nothing would say so."""
    if launched().count > 1:
        ids = compute.list_flatten(rows.with_format("arrow")[:]["input_ids"])
        mine = f"{len(rows):,} rows ({hashlib.blake2b(ids.to_numpy().tobytes()).hexdigest()[:8]})"
        found = gather_object([mine])
        if len(set(found)) > 1:
            raise TrainingError(
                f"The processes hold different training rows: {', '.join(found)}. Start all of them with the same "
                f"recipe, settings and library versions, on one file system."
            )


def _arguments(stage: Stage, checkpoints: Path, seed: int, more: bool) -> SFTConfig:
    gpu = torch.cuda.is_available()
    arguments = SFTConfig(
        output_dir=str(checkpoints),
        max_length=None,  # TRL would cut the end off, the answer, and then drop the row without a word
        gradient_accumulation_steps=stage.accumulate // launched().count,
        num_train_epochs=stage.epochs,
        learning_rate=stage.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=stage.warmup,
        weight_decay=stage.weight_decay,
        adam_beta2=stage.beta2,
        max_grad_norm=1.0,
        activation_checkpointing=stage.gradient_checkpointing,
        bf16=bf16_is_fast(),
        use_cpu=not gpu,
        save_strategy="steps",
        save_steps=stage.checkpoint_steps,
        save_total_limit=2 if more else 1,  # the older one goes before what more a new one needs is written
        logging_steps=stage.log_steps,
        disable_tqdm=True,
        report_to="none",
        seed=seed,
        data_seed=seed,
        dataloader_pin_memory=gpu,
    )
    arguments._n_gpu = min(1, arguments.n_gpu)  # of several GPUs one trains: TRL refuses to wrap the model for more
    return arguments


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
