"""Requests as `NeoModel.prepare_VERB` leaves them: checked, rendered, and not answered yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from neo.decoding.answer import AnswerRequest
from neo.decoding.mixed import Begun
from neo.decoding.request import GroupLimit
from neo.model.candidates import Candidates
from neo.model.listener import Prompt
from neo.model.requests import Manner


@dataclass(frozen=True, eq=False)
class ListRequest:
    """A ranked list of items. prompt: what is followed by an open span; shift: what is added for their standing;
    guaranteed: see `Answer`."""

    prompt: Prompt
    choice: Candidates
    k: int
    beams: int
    limit: GroupLimit | None
    shift: torch.Tensor | None
    manner: Manner
    guaranteed: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class WordsRequest:
    """An answer in words, maybe with items among them. `asked` draws nothing yet: each run makes its own generator."""

    asked: AnswerRequest
    manner: Manner
    warnings: tuple[str, ...]
    guaranteed: tuple[str, ...]
    begun: bool = False

    def drawing(self) -> AnswerRequest:
        """What is asked of the decoder, with a generator of its own."""
        return replace(self.asked, generator=self.manner.generator())


@dataclass(frozen=True, eq=False)
class BegunWords:
    """Requests whose prompts are read, ready to join others that are being answered."""

    requests: Sequence[WordsRequest]
    begun: Begun


Request = ListRequest | WordsRequest
