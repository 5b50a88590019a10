"""Which part of a run's data is learned from and which is asked for: what its recipe says of both."""

from __future__ import annotations

import numpy as np

from neo.catalog.activity import Dataset
from neo.catalog.mapping import read_config
from neo.evaluation.leave_one_out import AnySplit, LeaveOneOut
from neo.evaluation.protocol import DAY, Split
from neo.training.config import RunConfig
from neo_sdk.errors import ConfigError


def split_of(config: RunConfig, full: Dataset) -> AnySplit:
    """A cut in time, or the last items of each listener. ConfigError for sequences without times that are to be cut."""
    name = config.evaluation.split
    if config.evaluation.protocol == "leave_one_out":
        return LeaveOneOut(name, withheld=config.evaluation.withheld)
    if config.data.world is not None:
        world = config.data.world
        return Split(name, world.cuts[name], world.horizon_days)
    files = config.data.files
    if files and any(source.sequences for source in read_config(files, config.data.root).events):
        raise ConfigError(f"{files} has sequences without times, so no cut: set evaluation.protocol=leave_one_out")
    days, searches = config.data.horizon_days, full.searches
    times = [int(known.max()) for known in (full.events.time, searches.time[searches.timed]) if len(known)]
    if not times:  # nothing has happened yet: the whole catalog is known
        dates = full.catalog.dates
        latest = dates[~np.isnat(dates)].max(initial=np.datetime64(0, "D"))
        return Split(name, (int(latest.astype("datetime64[D]").astype(int)) + 1) * int(DAY), days)
    return Split(name, max(times) + 1 - int(days * DAY) * (2 if name == "validation" else 1), days)
