"""What training will take, before it begins: memory and time, as ranges.

Where it can be tried, it is: some steps of the very size, of a model with random weights. Where that alone would take
minutes, a count of operations stands in: 6 for each weight and token, at the speed that this machine multiplies
matrices, of which training reaches a sixth to two thirds.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModelForCausalLM, PreTrainedModel

from neo.evaluation.machine import peak_gb
from neo.training import base
from neo.training.batches import plan
from neo.training.codebooks import Codebooks
from neo.training.config import Base, Stage
from neo.training.lora import Lora
from neo.training.loss import next_token_loss
from neo.training.precision import attention_in_float32, bf16_is_fast
from neo.training.pretrained import pretrained_config

STATE = 16  # bytes of a weight in training: itself, its gradient and AdamW's two averages, in float32
FROZEN, FROZEN_4_BIT = 4, 0.55  # bytes of a weight that is only read: float32, or NF4 with its scales
LIBRARIES = 1.2e9  # bytes of a process that has loaded torch, transformers, TRL and the data of a small catalog
STEPS, TRIAL = 6, 60.0  # steps that are tried; seconds that they may take by the count of operations
REACHED = (1 / 6, 2 / 3)  # of the speed of a matrix product, what training reaches
AROUND = 1.3  # of the measured time and memory: what comes around the steps, at worst

Row = tuple[list[int], list[int]]


@dataclass(frozen=True)
class Cost:
    """What training takes: weights, and how many of them are trained; bytes and seconds from, to; whether steps were
    tried; bytes that are free."""

    weights: int
    trained: int
    memory: tuple[float, float]
    seconds: tuple[float, float]
    tried: bool
    free: float

    @property
    def too_large(self) -> str | None:
        """Why it will not fit, and what to do."""
        if self.memory[0] <= self.free:
            return None
        return (
            f"Training needs {gb(self.memory)} of memory, and {self.free / 1e9:.1f} GB are free here. Take a smaller "
            f"base (base.scratch.hidden, base.scratch.layers, or another base.pretrained.model), fewer tokens a batch "
            f"(instruction.tokens, grounding.tokens), gradient_checkpointing=true in both of these stages, several "
            f"GPUs with shard=true, which this does not count, or a machine with more memory."
        )


def expected_cost(
    config: Base,
    size: int,
    stage: Stage,
    rows: Sequence[Row],
    tokens: float,
    trained: float,
    books: Codebooks,
    lora: Lora | None = None,
) -> Cost:
    """Of `tokens` tokens of which `trained` carry a label, in rows like these.

    size: of the vocabulary with NEO's tokens. stage: whose batches are the largest. Trying steps is left out where the
    model does not fit, or a step takes too long, or only adapters are trained.
    """
    with torch.device("meta"):
        shape = _model(config, size, 0)
    weights = sum(weight.numel() for weight in shape.parameters())
    operations = _operations(shape, tokens, trained)
    speed = _speed()
    seconds = (operations / speed / REACHED[1], operations / speed / REACHED[0])
    changed = weights if lora is None else _adapted(shape, lora)
    memory, free = _memory(shape, weights, stage, min(stage.tokens, tokens), lora), free_bytes()
    several = STEPS * stage.accumulate * stage.tokens
    if memory[0] > free or seconds[1] * several / max(tokens, several) > TRIAL or not rows or lora is not None:
        return Cost(weights, changed, memory, seconds, False, free)
    alone, beside, peak = _try(_model(config, size, 0), stage, rows, books)
    return Cost(weights, changed, (peak, AROUND * peak), (alone * tokens, AROUND * beside * tokens), True, free)


def free_bytes() -> float:
    """Of the GPU if there is one, else of the machine, or of the part of it that this process may use."""
    if torch.cuda.is_available():
        return float(torch.cuda.mem_get_info()[0])
    free = _number("/proc/meminfo", "MemAvailable:", 1024.0)
    limit, used = _number("/sys/fs/cgroup/memory.max"), _number("/sys/fs/cgroup/memory.current")
    return min(free, limit - used if np.isfinite(limit) and np.isfinite(used) else np.inf)


def gb(memory: tuple[float, float]) -> str:
    low, high = (f"{value / 1e9:.1f}" for value in memory)
    return f"{low} GB" if low == high else f"{low} to {high} GB"


def _number(path: str, name: str = "", unit: float = 1.0) -> float:
    """The number after a name, or the only one; infinity where a file has none or is not there."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        return next(float(line.removeprefix(name).split()[0]) * unit for line in lines if line.startswith(name))
    except (OSError, ValueError, IndexError, StopIteration):
        return np.inf


def _model(config: Base, size: int, seed: int) -> PreTrainedModel:
    """The recipe's model with random weights; of a released one only its configuration is read."""
    if config.scratch is not None:
        return base.scratch_model(config.scratch, size, seed)
    assert config.pretrained is not None
    shape = pretrained_config(config.pretrained)
    shape.vocab_size = max(shape.vocab_size, size)
    return AutoModelForCausalLM.from_config(shape, dtype=torch.float32)


def _operations(shape: PreTrainedModel, tokens: float, trained: float) -> float:
    """Of a forward and a backward pass: the head is met by what carries a label alone, the embedding by nothing."""
    head = shape.get_output_embeddings().weight.numel()
    inside = sum(weight.numel() for weight in shape.get_decoder().parameters())
    inside -= shape.get_input_embeddings().weight.numel()
    return 6 * (inside * tokens + head * trained)


def _adapted(shape: PreTrainedModel, lora: Lora) -> int:
    """How many weights LoRA trains: adapters, and embedding and head, of which the new rows move."""
    head = shape.get_output_embeddings()
    layers = {name: part for name, part in shape.named_modules() if isinstance(part, torch.nn.Linear)}
    chosen = [
        part
        for name, part in layers.items()
        if part is not head and (not lora.targets or name.rpartition(".")[2] in lora.targets)
    ]
    return _tables(shape) + sum(lora.rank * (part.in_features + part.out_features) for part in chosen)


def _tables(shape: PreTrainedModel) -> int:
    """The weights of embedding and head, once where they are one."""
    embedding, head = shape.get_input_embeddings().weight, shape.get_output_embeddings().weight
    return embedding.numel() + (0 if head is embedding else head.numel())


def _memory(
    shape: PreTrainedModel, weights: int, stage: Stage, batch: float, lora: Lora | None = None
) -> tuple[float, float]:
    """By count: the weights' state, and what a batch keeps for its way back, at 12 to 40 numbers a layer and width.
    With checkpointing that is what each layer reads, and so many numbers of the one layer at work."""
    wide, deep = shape.config.hidden_size, shape.config.num_hidden_layers
    kept = [deep + each if stage.gradient_checkpointing else deep * each for each in (12, 40)]
    state: float = (STATE + 4 * bool(stage.average)) * (weights if lora is None else _adapted(shape, lora))
    if lora is not None:
        state += (FROZEN if lora.bits is None else FROZEN_4_BIT) * (weights - _tables(shape))
    state += 0 if torch.cuda.is_available() else LIBRARIES
    head = 3 * 4 * shape.get_output_embeddings().weight.shape[0] * batch
    return state + 4 * kept[0] * wide * batch, state + 4 * kept[1] * wide * batch + head


def _speed() -> float:
    """Operations a second of this machine's matrix products, in the precision that it trains in: the best of five."""
    device, kind = ("cuda" if torch.cuda.is_available() else "cpu"), torch.bfloat16 if bf16_is_fast() else torch.float32
    n = 8_192 if device == "cuda" else 1_024
    one, best = torch.ones(n, n, dtype=kind, device=device), np.inf
    for _ in range(5):
        started = time.perf_counter()
        float((one @ one)[0, 0])
        best = min(best, time.perf_counter() - started)
    return 2 * n**3 / best


def _try(model: PreTrainedModel, stage: Stage, rows: Sequence[Row], books: Codebooks) -> tuple[float, float, float]:
    """Of steps from short rows to the longest: seconds a token if nothing else runs, seconds a token as busy as the
    machine is, and the most bytes. The first step warms up.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model, books = model.to(device).train(), books.to(device)
    if stage.gradient_checkpointing:
        model.activation_checkpointing_enable()
    lengths = np.array([len(ids) for ids, _ in rows])
    batches = [batch for step in plan(lengths, stage.tokens, 1, np.random.default_rng(0)) for batch in step]
    batches.sort(key=lambda batch: int(lengths[batch].max()))
    tried = [batches[int(at)] for at in np.linspace(0, len(batches) - 1, STEPS * stage.accumulate)]
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0)
    busy, seconds, tokens = 0.0, 0.0, 0
    with attention_in_float32(model):
        for number, batch in enumerate([tried[-1], *tried]):
            ids, labels = (_padded([rows[at][part] for at in batch], device) for part in (0, 1))
            started, computed = time.perf_counter(), time.process_time()
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16_is_fast()):
                loss = next_token_loss(model, ids.clamp(min=0), labels, books)
            loss.backward()
            if number % stage.accumulate == 0:
                optimizer.step()
                optimizer.zero_grad()
            loss.item()  # a GPU is waited for
            if number:
                seconds, busy = seconds + time.perf_counter() - started, busy + time.process_time() - computed
                tokens += int(lengths[batch].sum())
    peak = torch.cuda.max_memory_allocated() if device.type == "cuda" else 1e9 * (peak_gb() or 0.0)
    alone = seconds if device.type == "cuda" else min(seconds, busy / torch.get_num_threads())
    return alone / tokens, seconds / tokens, float(peak)


def _padded(rows: Sequence[list[int]], device: torch.device) -> torch.Tensor:
    return pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=-100).to(device)
