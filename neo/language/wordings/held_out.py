"""Wordings that training never uses: they measure how far words are understood and not only remembered.

`texts/held_out/`: four wrote them, each by themselves, who had seen no others; a fifth left out what a careful reader
could take otherwise, and a program what training says too. (Those of stage 2, `ground`, `type` and `verbalize`, are by
one more.) Who writes for training, or for readers, should not read them, nor choose settings by them.
"""

from __future__ import annotations

from neo.language.wordings.instructions import TASKS, written
from neo_sdk.types import Mode

HELD_OUT: dict[str, tuple[str, ...]] = {task: written(f"held_out/{task}") for task in TASKS}
HELD_OUT_MODES: dict[Mode, tuple[str, ...]] = {
    "familiar": written("held_out/familiar"),
    "unfamiliar": written("held_out/unfamiliar"),
}
