"""What a search for items is asked, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from neo.decoding.index import SidIndex
from neo.language.vocabulary import Vocabulary
from neo_sdk.errors import ConfigError, InvalidRequestError


@dataclass(frozen=True)
class ScoredItem:
    """An item that a search found: its catalog row, log-probability (with its shift, if any), codes and type.

    value: what beams are kept by: the log-probability, in a draw with its noise. What was drawn first has the highest.
    """

    row: int
    score: float
    codes: tuple[int, ...]
    type: str
    value: float = field(compare=False)


@dataclass(frozen=True, eq=False)
class GroupLimit:
    """At most `most` items of a group, such as the episodes of a show.

    groups: int64 [catalog rows], the group of each row; rows below 0 are in none.
    """

    groups: np.ndarray
    most: int


@dataclass(frozen=True, eq=False)
class SpanRequest:
    """What one row of a batch asks for: up to `k` items of these types from this index, at most `beams`
    wide, and no more of a group than the limit allows.

    shift: float32 [catalog rows], added to the log-probability of whole items; beams are kept without it.
    """

    types: tuple[str, ...]
    index: SidIndex
    k: int = 10
    beams: int = 30
    limit: GroupLimit | None = None
    shift: torch.Tensor | None = None

    def check(self, vocab: Vocabulary) -> None:
        counts = {"k": self.k, "beams": self.beams}
        if self.limit is not None:
            counts["the limit of a group"] = self.limit.most
        for name, value in counts.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidRequestError(f"{name} must be a whole number of at least 1, got {value!r}.")
        if self.shift is not None:
            rows = 1 + max((part.base.top_row for part in self.index.types.values()), default=-1)
            if len(self.shift) < rows:
                raise InvalidRequestError(f"shift has {len(self.shift)} entries, expected one for each of {rows} rows.")
        if isinstance(self.types, str) or not self.types:
            raise InvalidRequestError(f"types must be a tuple of item types, at least one, got {self.types!r}.")
        for name in self.types:
            found = (self.index.levels, self.index.of(name).size)
            if found != (vocab.levels, vocab.codes(name)):
                raise ConfigError(
                    f"The index has {found[0]} levels of {found[1]} codes for {name}, but the vocabulary has "
                    f"tokens for {vocab.levels} of {vocab.codes(name)}: they belong to different models."
                )

    @property
    def is_empty(self) -> bool:
        return not any(len(self.index.of(name)) for name in self.types)
