"""Stage 1: what a run's data gives for learning SIDs from, and what becomes of the SIDs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neo.catalog.activity import Dataset
from neo.sids.build import SidModel, build_sids
from neo.sids.given import given_sids
from neo.sids.ray_build import RayBuild
from neo.training.split import split_of

if TYPE_CHECKING:
    from neo.training.run import Run


def learn_sids(run: Run, folder: Path) -> None:
    """Leaves the SIDs in `folder/model`."""
    config, visible, known = run.config.sids, run.visible, run.known
    if config.given is None:
        model = build_sids(run.full.catalog, config, visible, _heard(known), known.events)
    else:
        model = given_sids(run.full.catalog, config, visible, _heard(known))
    _save(run, model, folder)


class SidsOnRay:
    """`learn_sids` by Ray, for catalogs beyond this process's memory: the same SIDs, and beside them the shards."""

    def __init__(self, run: Run, embedders: int | None = None) -> None:
        """The run's data must be there: of its catalog nothing is read that says something."""
        data = run.folder / "data"
        narrow, config = Dataset.load(data, narrow=True), run.config
        split = split_of(config, narrow)
        self.known, self.visible = split.training(narrow), split.visible(narrow)
        self.build = RayBuild(data, narrow.catalog, config.sids, run.folder / "sids", embedders, run.say)

    def __call__(self, run: Run, folder: Path) -> None:
        _save(run, self.build.sids(self.visible, _heard(self.known)), folder)


def _heard(known: Dataset) -> np.ndarray:
    """float64 [items]: how often each was met; it decides who keeps a tuple."""
    return np.bincount(known.events.item, minlength=len(known.catalog)).astype(float)


def _save(run: Run, model: SidModel, folder: Path) -> None:
    for note in model.notes:
        run.say(note)
    if run.config.shuffle_sids:
        table = model.table.shuffled(run.config.seed)
        model = SidModel(model.config, model.embedder, model.quantizers, table)
    model.save(folder / "model")
