"""NeoModel whose answers vLLM computes: the same requests, the same rules, the same items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from neo.decoding.answer import AnswerRequest, Event
from neo.decoding.context import check_model
from neo.decoding.mixed import Begun, More, answers_of
from neo.decoding.request import ScoredItem, SpanRequest
from neo.decoding.sampling import Sampling
from neo.decoding.vllm_engine import Vllm, search_spans_by
from neo.decoding.vllm_reading import VllmReading
from neo.language.judging import ByWords, Judge
from neo.model.bundle import Bundle
from neo.model.folder import place_of
from neo.model.neo_model import NeoModel
from neo.model.prepared import ListRequest


class VllmModel(NeoModel):
    """Answers as NeoModel does, with vLLM doing the reading and writing. Make one with `start`.

    The bundle's weights are in this process too, on the CPU: prompts are made with them, and `recommend_rows` and
    `search_rows`, which evaluation calls, run there. Scores are the same up to rounding; what is drawn with a
    temperature is from the same distribution, and another draw.
    """

    def __init__(self, bundle: Bundle, vllm: Vllm) -> None:
        super().__init__(bundle)
        self.vllm = vllm

    @classmethod
    def start(cls, folder: str | Path, verify: bool = True, **options: Any) -> VllmModel:
        """From a saved bundle. options: of vLLM's `LLM`, such as gpu_memory_utilization=0.4. ConfigError where vLLM is
        not installed or does not start; see `Bundle.load` for `verify`."""
        bundle = Bundle.load(folder, "cpu", verify)
        check_model(bundle.model)
        return cls(bundle, Vllm.start(place_of(Path(folder)) / "model", bundle.model, bundle.vocabulary, **options))

    @cached_property
    def judge(self) -> Judge:
        """Words alone: the weights that are here are on the CPU, and every request would wait for them."""
        return ByWords()

    def _written(
        self, asked: Sequence[AnswerRequest], gone: Callable[[int], bool] | None, more: More | None
    ) -> Iterator[tuple[int, Event]]:
        reading = self._begun(asked).reading
        return answers_of(reading, self.bundle.vocabulary, self.vllm.positions, asked, gone, more)

    def _begun(self, asked: Sequence[AnswerRequest]) -> Begun:
        for request in asked:
            request.check(self.bundle.model, self.bundle.vocabulary)
        return Begun(VllmReading(self.vllm, [self.vllm.prefix(request.prompt) for request in asked]), asked)

    def _searched(self, requests: Sequence[ListRequest]) -> list[list[ScoredItem]]:
        manner = requests[0].manner
        drawn = manner.temperature is not None
        return search_spans_by(
            self.vllm,
            [self.opened(request.prompt.ids) for request in requests],
            [SpanRequest(r.choice.types, r.choice.index, r.k, r.beams, r.limit, r.shift) for r in requests],
            Sampling.check(manner.temperature, None, manner.generator()) if drawn else None,
        )
