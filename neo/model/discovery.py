"""Discovery modes at the time of a request: the words that ask for what is known or new, and the items that are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from neo.listeners.familiarity import acquaintances
from neo.model.bundle import Bundle
from neo.model.listener import NOTHING, Asker
from neo_sdk.types import Mode


@dataclass(frozen=True, eq=False)
class Discovery:
    """What a mode guarantees, in catalog rows: `familiar`, what may be named, None for everything, and `met`, what may
    not. in_words: whether words alone have asked for it."""

    familiar: np.ndarray | None = None
    met: np.ndarray = field(default_factory=lambda: NOTHING)
    mode: Mode = "any"
    in_words: bool = False


def wishing(bundle: Bundle, who: Asker, mode: Mode) -> Asker:
    """The same listener, who asks for items of a mode in words; with a warning where the model never learned them."""
    if mode == "any":
        return who
    if mode not in bundle.modes:
        warning = f"The model was not trained to be asked for the {mode}: items are kept to it, and it is not asked."
        return replace(who, warnings=(*who.warnings, warning))
    return replace(who, context=replace(who.context, mode=mode))


def discovery(bundle: Bundle, who: Asker, mode: Mode, said: Mode = "any") -> Discovery:
    """What a mode leaves of the catalog for a listener. said: what words ask for, where the caller sets no mode.

    Familiar is what they have met and made no habit of; without times nothing is known to be a habit.
    """
    if mode == "any" and said != "any":
        return replace(discovery(bundle, who, said), in_words=True)
    if mode == "any":
        return Discovery()
    times = np.full(len(who.met), np.iinfo(np.int64).min) if who.times is None else who.times
    catalog = bundle.catalog
    now = bundle.now if who.now is None else who.now
    habits, others = acquaintances(who.met, times, now, catalog.parent_rows)
    if mode == "familiar":
        return Discovery(familiar=np.concatenate([others, catalog.children(others)]), mode=mode)
    known = np.concatenate([habits, others])
    return Discovery(met=np.concatenate([known, catalog.children(known)]), mode=mode)
