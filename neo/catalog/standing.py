"""Standing: how often listeners meet an item, and how that has changed of late.

A model is trained on months and asked today. How often an item came up in these months is in its weights; how that has
changed of late is in the events, and correcting a probability by the ratio of the two is the usual answer to such a
shift (Saerens et al., 2002, Adjusting the outputs of a classifier to new a priori probabilities). And of what it was
trained on a small model makes too little: what is popular it finds a little less probable than it is.

Validation items, one seed each, HR@10 and NDCG@10 without either, with the change of late alone, and with both.
Quickstart, 700 of each type: shows .304 and .158, .320 and .163, .316 and .169; episodes .410 and .233, .420 and .251,
.421 and .252; audiobooks .283 and .149, .280 and .148, .293 and .150. Amazon Scientific, SIDs that somebody else made,
4,000 cases, no times: .133 and .086, the same, .137 and .089. Half-lives of 3 and 7 days hardly differ from 5, nor
.1 and .3 from POPULAR.
"""

from __future__ import annotations

import numpy as np

from neo.catalog.activity import Events

HALF_LIFE = 5 * 86_400  # seconds by which what happened "of late" loses half of its weight
STEADY = 10  # late meetings for each item of a type that is met at all, at which half of a change is believed
POPULAR = 0.2  # power of an item's meetings, over those of the mean item of its type


def standing(events: Events, type_codes: np.ndarray, dates: np.ndarray) -> np.ndarray:
    """float32 [items]: what is added to the log-probability of each item; 0 for a type that nobody has met.

    An item is compared with the mean item of its type over the time that it has been out: what comes out tomorrow
    gets 0, what nobody has met in years loses most.

    type_codes: [items], by catalog row; dates: datetime64[D] [items], NaT for what was always out. A listener who comes
    back to an item counts once.
    """
    added = np.zeros(len(type_codes))
    if not len(events):
        return added.astype(np.float32)
    first = events.first_meetings()
    item, time = events.item[first], events.time[first]
    ever = np.bincount(item, minlength=len(added))
    late = np.bincount(item, np.exp2((time - time.max()) / HALF_LIFE), minlength=len(added))
    for code in np.unique(type_codes[item]):
        mine = np.flatnonzero(type_codes == code)
        expected = ever[mine].mean() * _share_after(time[type_codes[item] == code], dates[mine])
        added[mine] = POPULAR * np.log((ever[mine] + 1) / (expected + 1))
        met = mine[ever[mine] > 0]
        before, now = ever[met] / ever[met].sum(), late[met]
        if now.sum():
            believed = now.sum() / (now.sum() + STEADY * len(met))
            added[met] += np.log(1 + believed * (now / now.sum() / before - 1))
    return added.astype(np.float32)


def _share_after(times: np.ndarray, dates: np.ndarray) -> np.ndarray:
    """float [dates]: which share of the times (seconds) is not before each day; 1 for an unknown one."""
    seconds = dates.astype("datetime64[s]").astype(np.int64)
    after = 1 - np.searchsorted(np.sort(times), seconds) / len(times)
    return np.where(np.isnat(dates), 1.0, after)
