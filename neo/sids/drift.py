"""Whether a SID table still suits the items that come in: how unlike the others they are, and how full its tuples are.

New items get their codes from codebooks that were learned from others. While they are of the same kind that is as good
as learning anew. When a catalog turns to other things they lie far from all that was there, and when tuples fill up
they are moved away from their own: then SIDs should be learned again, and the model with them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neo.catalog.catalog import Catalog
from neo.sids.build import SidModel
from neo.sids.quantize import one_thread
from neo.sids.siblings import owners
from neo.sids.table import pack_codes

# Of items that are like the rest, held back at random, `unlike` is .87 to .97 (benchmarks/cold_items.py, three seeds).
UNLIKE, FULL, UNKNOWN = 1.5, 0.5, 0.1
ENOUGH = 20  # new items of a type, below which nothing is concluded
SAMPLE = 2_000  # items of each side that are looked at, seeded


@dataclass(frozen=True)
class TypeDrift:
    """New items of one type beside those that were there.

    items, new: how many.
    unlike: how far a new item lies from the nearest old one, over how far old ones lie from one another, by content and
    not counting siblings.
    error: what codes leave over of a new item's content, over what they leave of an old one; above 1 where few old
    items had many codes to themselves.
    full: the share of all tuples in use, or of prefixes where the last code counts siblings.
    unknown: the share of new items whose words the embedder does not know.
    """

    name: str
    items: int
    new: int
    unlike: float
    error: float
    full: float
    unknown: float

    @property
    def reasons(self) -> list[str]:
        """Why the SIDs should be learned again; nothing where they need not."""
        found = []
        if self.full > FULL:
            found.append(f"{self.full:.0%} of the codes of type {self.name} are in use")
        if self.new >= ENOUGH and self.unlike > UNLIKE:
            found.append(f"new items of type {self.name} are {self.unlike:.1f} times as far from the old ones as usual")
        if self.new >= ENOUGH and self.unknown > UNKNOWN:
            found.append(f"the embedder knows no word of {self.unknown:.0%} of the new items of type {self.name}")
        return found


def drift(model: SidModel, catalog: Catalog, new: np.ndarray) -> list[TypeDrift]:
    """By type, of those that have new items. model: with SIDs for the catalog rows `new`, int64 [n]."""
    late = {name: np.isin(sids.rows, new) for name, sids in model.table.types.items()}
    return [_of_type(model, catalog, name, mine) for name, mine in late.items() if mine.any() and not mine.all()]


def _of_type(model: SidModel, catalog: Catalog, name: str, late: np.ndarray) -> TypeDrift:
    """late: bool [n], which items of the type are new."""
    sids, quantizer, rng = model.table.of(name), model.quantizers[name], np.random.default_rng(0)
    old, new = np.flatnonzero(~late), np.flatnonzero(late)
    vectors = model.embed(catalog, sids.rows)
    some = [np.sort(rng.permutation(places)[:SAMPLE]) for places in (old, new)]
    whose = owners(catalog, sids.rows)
    apart = [_distance(vectors, whose, places, old) for places in some]
    left = vectors.copy()
    for level, column in enumerate(sids.codes.T):
        left -= quantizer.codebooks[level, column, : left.shape[1]]
    errors = [float((left[places] ** 2).sum(axis=1).mean()) for places in some]
    codes = sids.codes[:, :-1] if quantizer.has_counter else sids.codes
    in_use = len(np.unique(pack_codes(np.asarray(codes), sids.size)))
    return TypeDrift(
        name=name,
        items=len(sids),
        new=len(new),
        unlike=apart[1] / max(apart[0], 1e-6),
        error=errors[1] / max(errors[0], 1e-6),
        full=in_use / sids.size ** codes.shape[1],
        unknown=float((np.abs(vectors[new]).sum(axis=1) == 0).mean()),
    )


def _distance(vectors: np.ndarray, whose: np.ndarray, places: np.ndarray, others: np.ndarray) -> float:
    """1 minus the cosine to the nearest of the others that is neither itself nor a sibling; the mean over places."""
    total = 0.0
    with one_thread():
        for place in np.array_split(places, -(-len(places) // 256)):
            cosines = vectors[place] @ vectors[others].T
            cosines[whose[place][:, None] == whose[others]] = -1.0
            total += float((1 - cosines.max(axis=1)).sum())
    return total / len(places)
