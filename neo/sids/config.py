"""How SIDs are made, as configuration. Reading a recipe imports no more than this."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from neo.catalog.strict import Strict
from neo_sdk.errors import ConfigError


class SidConfig(Strict):
    """How SIDs are made. `codes` is K for every type, or K by type."""

    levels: int = Field(default=3, ge=1, le=8)
    codes: int | dict[str, int] = 64
    embedder: str = "lsa"
    dim: int = Field(default=128, ge=1, le=4096, description="width of LSA vectors; other embedders have their own")
    parent_weight: float = Field(
        default=0.0, ge=0, le=1, description="how much of its parent an item's vector is: 0.7 keeps a show together"
    )
    siblings: Literal["content", "release"] = Field(
        default="content",
        description="`release`: items of one parent share a prefix of their own, and the last code counts them; "
        "for types most of whose items have a parent",
    )
    unique: Literal["unique", "canonical"] = "unique"
    quantizer: Literal["k-means", "hyperplanes"] = Field(
        default="k-means", description="`hyperplanes`: locality-sensitive hashing, which learns nothing; an ablation"
    )
    vectors: Literal["content", "collaborative", "both"] = Field(
        default="content",
        description="what items lie near one another by: what they say, what listeners met together, or both, side by "
        "side. With `collaborative`, an ablation, new items need SIDs learned again",
    )
    given: Path | None = Field(
        default=None,
        description="a file with an id and its codes in every row: these are taken as they are, where they collide "
        "too; `embedder` then only says what they mean. A relative path starts where the data's files lie",
    )
    seed: int = Field(default=0, ge=0, lt=1 << 31)

    @model_validator(mode="after")
    def _siblings_fit(self) -> SidConfig:
        if self.siblings == "release" and self.levels < 2:
            raise ValueError("siblings: release needs 2 levels or more: a prefix of the parent, and the count")
        if self.siblings == "release" and self.given is not None:
            raise ValueError("siblings: release makes codes of its own, but `given` names a file of them: keep one")
        if self.given is not None and (self.quantizer, self.vectors) != ("k-means", "content"):
            raise ValueError(
                "`given` names a file of codes: quantizer and vectors would change nothing, leave them out"
            )
        return self

    @field_validator("codes")
    @classmethod
    def _some_codes(cls, codes: int | dict[str, int]) -> int | dict[str, int]:
        wrong = [size for size in (codes.values() if isinstance(codes, dict) else [codes]) if not 1 <= size <= 65_536]
        if wrong:
            raise ValueError(f"a level has 1 to 65536 codes, got {wrong[0]}")
        return codes

    @field_validator("embedder")
    @classmethod
    def _known_embedder(cls, name: str) -> str:
        if not re.fullmatch(r"lsa|minilm|st:.+", name):
            raise ValueError(f"expected lsa, minilm, or st: and a sentence-transformers name or folder, got {name!r}")
        return name

    def codes_of(self, type_name: str) -> int:
        """K of a type."""
        if isinstance(self.codes, int):
            return self.codes
        if type_name not in self.codes:
            raise ConfigError(
                f"sids.codes has no entry for item type {type_name!r}; add one, or give one number for all"
            )
        return self.codes[type_name]
