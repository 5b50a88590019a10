"""vLLM as the engine: it is asked what comes next after some prefixes, and decides nothing.

A level of a search is one request for each beam: the prompt and the codes so far, one token, `allowed_token_ids` the
codes that lead on to an item, `logprobs` over all of them. What a softmax over these says is exact up to rounding, and
the beams are kept by the same `Levels` as always. vLLM's prefix cache reads the prompt once.

Only ids go in and out, never text. Nothing here imports vLLM before it is started.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from neo.decoding.beam import check_opened, in_rounds
from neo.decoding.context import position_limit
from neo.decoding.index import SidIndex
from neo.decoding.levels import Beams, Levels
from neo.decoding.request import ScoredItem, SpanRequest
from neo.decoding.sampling import Sampling
from neo.language.vocabulary import Vocabulary
from neo.listeners.soft_prompt import SOFT, embed, soft_prompt_of
from neo_sdk.errors import ConfigError, NeoError

# vLLM's GPU runner refuses more allowed ids than this, within the engine's own process, which then ends.
MOST_ALLOWED = 1024


@dataclass(frozen=True, eq=False)
class Prefix:
    """Tokens that come before what is asked for.

    beneath: the input embeddings of the first of them, [tokens, hidden], where listeners' vectors stand among them.
    """

    ids: tuple[int, ...]
    beneath: torch.Tensor | None = None

    def then(self, tokens: Sequence[int]) -> Prefix:
        return Prefix((*self.ids, *tokens), self.beneath)


class Vllm:
    """vLLM with the weights of a model that this process has too, on the CPU: it knows the rows of its embedding.

    llm: vLLM's `LLM`, or what has its `generate`.
    """

    def __init__(self, llm: Any, model: PreTrainedModel, vocab: Vocabulary) -> None:
        self.llm, self.model, self.vocab = llm, model, vocab
        self.positions = position_limit(model)

    @classmethod
    def start(cls, folder: Path, model: PreTrainedModel, vocab: Vocabulary, **options: Any) -> Vllm:
        """vLLM with the model folder of a bundle, whose weights are `model`. options: of vLLM's `LLM`.

        ConfigError where it is not installed or does not start.
        """
        os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")  # it reports to its makers otherwise
        given: dict[str, Any] = {
            "dtype": str(model.dtype).removeprefix("torch."),  # by default it halves float32
            "max_model_len": position_limit(model),
            "enable_prompt_embeds": soft_prompt_of(model) is not None,
            "enable_prefix_caching": True,
            **options,
            "skip_tokenizer_init": True,
            "max_logprobs": -1,
            "logprobs_mode": "processed_logprobs",  # among what is allowed
            "generation_config": "vllm",  # a model's own can't change a result
            "trust_remote_code": False,
        }
        # In a thread of its own: vLLM keeps errors of its import and its start (what it does without), and with them
        # every frame below, so that a bundle that was replaced would never be let go.
        try:
            with ThreadPoolExecutor(1) as alone:
                llm = alone.submit(_llm, model=str(folder), **given).result()
        except ImportError as error:
            raise ConfigError(
                f"The engine is vllm, but it cannot be imported ({error}): install it (docs/vllm.md), or leave "
                f"--engine out for the engine that comes with NEO."
            ) from error
        except Exception as error:  # whatever it is, nothing answers
            raise ConfigError(
                f"vLLM did not start with {folder} ({type(error).__name__}: {error}): see what it wrote above, and "
                f"change its options or leave --engine out."
            ) from error
        vllm = cls(llm, model, vocab)
        # Its processes hold a GPU's memory until they are told to end.
        core = getattr(getattr(llm, "llm_engine", None), "engine_core", None)
        if core is not None:
            weakref.finalize(vllm, core.shutdown)
        return vllm

    @torch.inference_mode()
    def prefix(self, prompt: Sequence[int]) -> Prefix:
        """A prompt. Vectors in it are projected now: later they may not be kept any more."""
        ids = tuple(prompt)
        return Prefix(ids, embed(self.model, torch.tensor(ids)) if max(ids) >= SOFT else None)

    def logprobs(self, prefixes: Sequence[Prefix], among: Sequence[Sequence[int]]) -> list[torch.Tensor]:
        """The log-probabilities of some tokens after each prefix, float32 [tokens]: they add up to one, or to less
        where they are more than vLLM takes a list of."""
        from vllm import SamplingParams

        if any(len(tokens) > MOST_ALLOWED for tokens in among):
            every = self.all_logprobs(prefixes, self.vocab.size)
            return [row[list(tokens)] for row, tokens in zip(every, among, strict=True)]
        params = [
            SamplingParams(
                temperature=0.0,
                max_tokens=1,
                ignore_eos=True,
                detokenize=False,
                allowed_token_ids=list(tokens),
                logprobs=len(tokens),
            )
            for tokens in among
        ]
        found = []
        for tokens, output in zip(among, self._generate(prefixes, params), strict=True):
            said = {token: known.logprob for token, known in output.logprobs[0].items()}
            found.append(torch.tensor([said.get(token, -torch.inf) for token in tokens], dtype=torch.float32))
        return found

    def all_logprobs(self, prefixes: Sequence[Prefix], end: int) -> torch.Tensor:
        """The log-probabilities of the tokens [0, end) after each prefix, float32 [n, end]."""
        from vllm import SamplingParams

        param = SamplingParams(
            temperature=0.0, max_tokens=1, ignore_eos=True, detokenize=False, logprobs=-1, flat_logprobs=True
        )
        rows = torch.full((len(prefixes), end), -torch.inf)
        for row, output in zip(rows, self._generate(prefixes, [param] * len(prefixes)), strict=True):
            tokens, said = torch.tensor(output.logprobs.token_ids), torch.tensor(output.logprobs.logprobs)
            row[tokens[tokens < end]] = said[tokens < end]
        return rows

    def write(
        self, prefixes: Sequence[Prefix], most: Sequence[int], samplings: Sequence[Sampling | None]
    ) -> list[list[int]]:
        """How each prefix goes on if nothing is forbidden, in up to so many tokens, up to the first `<|sid|>` or
        `<|end|>`."""
        from vllm import SamplingParams

        params = []
        for count, sampling in zip(most, samplings, strict=True):
            manner: dict[str, Any] = {"temperature": 0.0}
            if sampling is not None:
                seed = int(torch.randint(1 << 31, (1,), generator=sampling.generator))
                manner = {"temperature": sampling.temperature, "seed": seed}
            stops = [self.vocab.open, self.vocab.end]
            params.append(
                SamplingParams(max_tokens=count, ignore_eos=True, detokenize=False, stop_token_ids=stops, **manner)
            )
        return [list(output.token_ids) for output in self._generate(prefixes, params)]

    def _generate(self, prefixes: Sequence[Prefix], params: Sequence[Any]) -> list[Any]:
        """What vLLM has to say to each, in one batch of its own making."""
        if not prefixes:
            return []
        prompts = [self._prompt(prefix) for prefix in prefixes]
        outputs = self.llm.generate(prompts, list(params), use_tqdm=False)
        return [output.outputs[0] for output in outputs]

    @torch.inference_mode()
    def _prompt(self, prefix: Prefix) -> dict[str, Any]:
        if prefix.beneath is None:
            return {"prompt_token_ids": list(prefix.ids)}
        more = torch.tensor(prefix.ids[len(prefix.beneath) :], dtype=torch.int64)
        return {"prompt_embeds": torch.cat([prefix.beneath, embed(self.model, more)])}


def _llm(**options: Any) -> Any:
    from vllm import LLM

    return LLM(**options)


def search_spans_by(
    vllm: Vllm,
    prompts: Sequence[Sequence[int]],
    requests: Sequence[SpanRequest],
    sampling: Sampling | None = None,
) -> list[list[ScoredItem]]:
    """`search_spans` by vLLM: the same checks, the same items, scores up to rounding."""
    for request, prompt in zip(requests, prompts, strict=True):
        request.check(vllm.vocab)
        check_opened(vllm.model, vllm.vocab, prompt)
    found: list[list[ScoredItem]] = [[] for _ in requests]
    places = [place for place, request in enumerate(requests) if not request.is_empty]
    prefixes = [vllm.prefix(prompts[place]) for place in places]
    results = search_prefixes_by(vllm, prefixes, [requests[place] for place in places], sampling)
    for place, items in zip(places, results, strict=True):
        found[place] = items
    return found


def search_prefixes_by(
    vllm: Vllm, prefixes: Sequence[Prefix], requests: Sequence[SpanRequest], sampling: Sampling | None
) -> list[list[ScoredItem]]:
    """`search_context` by vLLM: checked requests, prefixes with an open span."""

    def search(places: Sequence[int], pickable: Sequence[SidIndex] | None) -> list[list[ScoredItem]]:
        some = [requests[place] for place in places]
        levels = Levels(vllm.vocab, torch.device("cpu"), some, sampling, pickable)
        opened = [prefixes[place] for place in places]
        beams = levels.first(_asked(vllm, levels, opened, levels.root, 0))
        for level in range(1, vllm.vocab.levels):
            beams = levels.next(beams, _asked(vllm, levels, opened, beams, level), level)
        return levels.items(beams)

    return in_rounds(requests, search)


def _asked(vllm: Vllm, levels: Levels, prefixes: Sequence[Prefix], beams: Beams, level: int) -> torch.Tensor:
    """The logits that a level goes by, [n, width, codes], -inf elsewhere.

    A request for each beam; at the root one for all types, which compete. Where one code alone leads on there is
    nothing to ask.
    """
    wanted = levels.wanted(beams, level)
    starts = torch.tensor([vllm.vocab.code_start(name, level) for name in vllm.vocab.type_names])
    tokens = starts[beams.kind][..., None] + torch.arange(levels.codes)
    logits = torch.full(wanted.shape, -torch.inf)
    if level == 0:
        places: list[tuple[int, ...]] = [(row,) for row in range(len(prefixes))]
    else:
        places = [(int(row), int(beam)) for row, beam in beams.alive.nonzero().tolist()]
    among = [tokens[place][wanted[place]].tolist() for place in places]
    open_places = [at for at, mine in enumerate(among) if len(mine) > 1]
    asked = []
    for at in open_places:
        row, *beam = places[at]
        said = () if not beam else _said(vllm.vocab, levels, beams, (row, beam[0]), level)
        asked.append(prefixes[row].then(said))
    found = dict(zip(open_places, vllm.logprobs(asked, [among[at] for at in open_places]), strict=True))
    for at, place in enumerate(places):
        mine = logits[place]
        mine[wanted[place]] = found.get(at, torch.zeros(len(among[at])))
    if bool(logits.isnan().any()):
        raise NeoError(
            "vLLM's log-probabilities are not numbers: the model's weights are damaged, or its dtype is too narrow."
        )
    return logits


def _said(vocab: Vocabulary, levels: Levels, beams: Beams, place: tuple[int, int], level: int) -> list[int]:
    """The tokens of a beam's codes."""
    kind = int(beams.kind[place])
    codes = levels.codes_of(int(beams.prefix[place]), kind, level)
    return [vocab.code_start(vocab.type_names[kind], at) + code for at, code in enumerate(codes)]
