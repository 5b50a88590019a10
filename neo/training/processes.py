"""Training in several processes, which torchrun or accelerate starts: who does what, and how they wait for one another.

The first process does alone what is not training; the batches of a step are shared out among all of them. Who waits
looks for what the first one leaves on disk, since data and rows can take hours and a collective operation gives up
after half an hour. So all processes need the same file system.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neo_sdk.errors import ConfigError

if TYPE_CHECKING:
    import torch

    from neo.training.config import RunConfig

SECONDS = 0.2  # between two looks at the disk
SHARED = {"stage0": "language", "stage2": "grounding", "stage3": "instruction"}  # the stages' folders and settings


@dataclass(frozen=True)
class Processes:
    """This process, by its number, and how many there are."""

    index: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        return self.index == 0


def launched() -> Processes:
    """What a launcher says of this process; without one it is the only one."""
    said = [os.environ.get(name, "") for name in ("LOCAL_RANK", "RANK", "WORLD_SIZE")]
    return Processes(int(said[1]), int(said[2])) if all(said) else Processes()


def wait(until: Callable[[], bool]) -> None:
    """Looks again and again. Should the first process fail, the launcher ends those who wait for it."""
    while not until():
        time.sleep(SECONDS)


def first_makes(path: Path, make: Callable[[], object]) -> None:
    """`path` is there: the first process makes what is missing, at once or not at all, and the others wait for it."""
    if not path.exists() and launched().first:
        make()
    wait(path.exists)


def any_of(flag: bool, device: torch.device) -> bool:
    """Whether it is so in any process. All of them have to ask."""
    if launched().count == 1:
        return flag
    import torch

    told = torch.tensor(int(flag), device=device)
    torch.distributed.all_reduce(told, torch.distributed.ReduceOp.MAX)
    return bool(told)


def of_first(value: Any) -> Any:
    """The first process's value, in all of them. All of them have to ask."""
    if launched().count == 1:
        return value
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([value])[0]


def check_shared(config: RunConfig, stages: set[str]) -> None:
    """ConfigError, with all that is wrong, where the launched processes can't train these stages together.

    stages: the folders of those that are not done.
    """
    count, wrong = launched().count, list[str]()
    if count == 1 and "LOCAL_RANK" not in os.environ and {"ACCELERATE_USE_CPU", "MASTER_ADDR"} <= set(os.environ):
        raise ConfigError(
            "`accelerate launch` has started one process, as it does on a CPU whatever --num_processes says: use "
            "`torchrun --nproc-per-node N -m neo.cli train RECIPE`, or one process without a launcher."
        )
    if count == 1:
        return
    for name in ("FSDP", "DEEPSPEED", "MEGATRON_LM"):
        if os.environ.get(f"ACCELERATE_USE_{name}", "false").lower() == "true":
            wrong.append(
                f"The launcher is set to {name}, which has settings of its own: use torchrun, or `accelerate launch "
                f"--multi_gpu`, and set shard=true where each process is to hold a part of the weights (FSDP)."
            )
    if config.preference is not None:
        wrong.append(
            "Stage 4 trains in one process, since its guard asks the model while it is trained: set preference=null "
            "here, and run the recipe without a launcher afterwards, which goes on from stage 3."
        )
    if config.lora is not None and config.lora.bits is not None:
        wrong.append(
            f"A base in {config.lora.bits} bits trains in one process: set lora.bits=null, or use no launcher."
        )
    if config.base.scratch is None:
        stages = stages - {"stage0"}
    wrong += _uneven({name: getattr(config, SHARED[name]) for name in sorted(stages)}, count)
    if wrong:
        raise ConfigError(f"{count} processes can't train this recipe.\n" + "\n".join(wrong))


def _uneven(stages: dict[str, Any], count: int) -> list[str]:
    """The sentence on steps that can't be shared out evenly, if there are any, and what to set instead."""
    said, settings = [], []
    for folder, stage in stages.items():
        name, even = SHARED[folder], lcm(stage.accumulate, count)
        if even != stage.accumulate:
            said.append(f"{name}.accumulate is {stage.accumulate}")
            tokens = max(16, stage.tokens * stage.accumulate // even)
            settings.append(f"{name}.accumulate={even} {name}.tokens={tokens}")
    if not said:
        return []
    return [
        f"A step's batches are shared out evenly, and {', '.join(said)}, no multiple of {count}: set "
        f"{' '.join(settings)} (the same tokens a step, in more batches), or start as many processes as divide them."
    ]
