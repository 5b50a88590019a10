"""What may follow the beams of a batch: one look-up for all rows, each of which may have an index of its own.

Requests mostly differ in what they leave out and share the sorted arrays. So the arrays are asked once for everybody,
and then each request's dead ends are struck out: the codes behind which everything has gone from its index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from neo.decoding.index import TypeIndex
from neo.decoding.packed import PackedSids, listed

Group = tuple[PackedSids, torch.Tensor]  # sorted arrays, and which parts they are of, bool [parts]


class Lookup:
    """The parts of one item type for n requests. Tensors of beams are flat, [m], with the request of each beam."""

    def __init__(self, parts: Sequence[TypeIndex]) -> None:
        different = {id(part): part for part in parts}
        # Neighbors share a base, so that what is found base after base comes in the order of the parts.
        order = {key: place for place, key in enumerate(sorted(different, key=lambda key: id(different[key].base)))}
        self._parts = [different[key] for key in order]
        self._device = parts[0].gone.device
        self._part_of = torch.tensor([order[id(part)] for part in parts], device=self._device)
        self._bases = _groups([part.base for part in self._parts], self._device)
        owners = [torch.full_like(part.gone, place) for place, part in enumerate(self._parts)]
        self._gone, self._gone_of = torch.cat([part.gone for part in self._parts]), torch.cat(owners)
        self._dead: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self.levels, self.size, self.bits = parts[0].base.levels, parts[0].size, parts[0].base.bits

    def allowed(self, requests: torch.Tensor, prefixes: torch.Tensor, level: int) -> torch.Tensor:
        """Prefixes [m] of `level` codes -> bool [m, K]: which codes continue each of them to an item. Exact."""
        part = self._part_of[requests]
        allowed = torch.zeros((len(prefixes), self.size), dtype=torch.bool, device=self._device)
        for base, mine in _members(self._bases, part):
            allowed[mine] = base.allowed(prefixes[mine], level)
        if len(self._gone):
            dead, starts = self._dead_ends(level)
            start = bisect(dead, prefixes << self.bits, starts[part], starts[part + 1])
            end = bisect(dead, prefixes + 1 << self.bits, start, starts[part + 1])
            places, who = listed(start, end)
            allowed[who, dead[places] & ((1 << self.bits) - 1)] = False
        return allowed

    def rows(self, requests: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """Whole tuples [m] -> the catalog row that each one names, int64 [m]; -1 where there is none."""
        part = self._part_of[requests]
        rows = torch.full_like(keys, -1)
        for base, mine in _members(self._bases, part):
            start, end = base.ranges(keys[mine], self.levels)
            rows[mine] = _row_at(base, self._first_left(part[mine], start, end), end)
        return rows

    def _first_left(self, part: torch.Tensor, place: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
        """The first of the places [place, end) that has not gone, else `end`."""
        if not len(self._gone):
            return place
        last, starts = len(self._gone) - 1, self._starts(self._gone_of)
        until = starts[part + 1]
        at = bisect(self._gone, place, starts[part], until)
        while bool((gone := (place < end) & (at < until) & (self._gone[at.clamp(max=last)] == place)).any()):
            place, at = place + gone, at + gone
        return place

    def _dead_ends(self, level: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Prefixes of `level` + 1 codes behind which everything has gone: int64 [d], ascending within each part.

        And where each part's begin, int64 [parts + 1].
        """
        if level not in self._dead:
            found = [self._dead_ends_of(base, mine, level + 1) for base, mine in _members(self._bases, self._gone_of)]
            dead, owners = (torch.cat(columns) for columns in zip(*found, strict=True))
            self._dead[level] = dead, self._starts(owners)
        return self._dead[level]

    def _dead_ends_of(
        self, base: PackedSids, mine: torch.Tensor | slice, level: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The dead ends of the parts of one base, and the part of each."""
        owners = self._gone_of[mine]
        prefixes = base.keys_at(self._gone[mine]) >> self.bits * (self.levels - level)
        new = torch.ones_like(owners, dtype=torch.bool)
        new[1:] = (owners[1:] != owners[:-1]) | (prefixes[1:] != prefixes[:-1])
        first = new.nonzero().flatten()
        count = torch.cat([first[1:], first.new_tensor([len(new)])]) - first
        start, end = base.ranges(prefixes[first], level)
        dead = first[count == end - start]
        return prefixes[dead], owners[dead]

    def _starts(self, owners: torch.Tensor) -> torch.Tensor:
        """int64 [parts + 1]: where each part's values begin, from the part of each, ascending."""
        return torch.searchsorted(owners, torch.arange(len(self._parts) + 1, device=self._device))


def bisect(values: torch.Tensor, wanted: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """The first place in [start, end) whose value is at least the wanted one, else `end`; all int64 [m].

    values: ascending in each of the ranges. All searches advance together: as many steps as the widest range has bits.
    """
    if not len(values) or not len(wanted):
        return start
    last = len(values) - 1
    for _ in range(int((end - start).max()).bit_length()):
        middle = (start + end) >> 1
        less = (values[middle.clamp(max=last)] < wanted) & (start < end)
        start, end = torch.where(less, middle + 1, start), torch.where(less, end, middle)
    return start


def _groups(arrays: Sequence[PackedSids], device: torch.device) -> list[Group]:
    """The different arrays in use, and for each of them which parts use it."""
    different = {id(sids): sids for sids in arrays}.values()
    return [(sids, torch.tensor([sids is mine for mine in arrays], device=device)) for sids in different]


def _members(groups: Sequence[Group], part: torch.Tensor) -> Iterator[tuple[PackedSids, torch.Tensor | slice]]:
    """Each of the arrays with those of the beams (or values), by their parts, that it is for."""
    for sids, parts in groups:
        if bool(parts.all()):
            yield sids, slice(None)
        elif bool((mine := parts[part]).any()):
            yield sids, mine


def _row_at(sids: PackedSids, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """The row at `start`, int64 [m], -1 where the range is empty."""
    if not len(sids):
        return torch.full_like(start, -1)
    return torch.where(start < end, sids.rows[start.clamp(max=len(sids) - 1)].long(), -1)
