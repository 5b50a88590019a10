"""The decoder's own sampling: temperature, nucleus, and sampling without replacement along a tree.

No logits processor of transformers is used, and a model's generation config is never read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from neo_sdk.errors import InvalidRequestError
from neo_sdk.limits import COLDEST, HOTTEST


@dataclass(frozen=True)
class Sampling:
    """How to draw: temperature from COLDEST to HOTTEST, the nucleus 0 < top_p <= 1, and where randomness comes from."""

    temperature: float = 1.0
    top_p: float = 1.0
    generator: torch.Generator | None = None

    @classmethod
    def check(
        cls, temperature: float | None, top_p: float | None, generator: torch.Generator | None = None
    ) -> Sampling:
        """Sampling from a caller's arguments, None meaning 1; InvalidRequestError for values out of range."""
        temperature = 1.0 if temperature is None else temperature
        top_p = 1.0 if top_p is None else top_p
        if not _is_number(temperature) or not COLDEST <= temperature <= HOTTEST:
            raise InvalidRequestError(
                f"temperature must be a number from {COLDEST:g} to {HOTTEST:,.0f}, got {temperature!r}."
            )
        if not _is_number(top_p) or not 0 < top_p <= 1:
            raise InvalidRequestError(f"top_p must be a number in (0, 1], got {top_p!r}.")
        return cls(float(temperature), float(top_p), generator)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def sharpen(logp: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """Log-probabilities [..., c], -inf where not allowed -> the distribution to draw from, normalized.

    A row where nothing is allowed stays -inf throughout.
    """
    logp = _normalize(logp / sampling.temperature)
    if sampling.top_p < 1:
        ordered, order = logp.sort(dim=-1, descending=True, stable=True)
        before = ordered.exp().cumsum(dim=-1) - ordered.exp()
        outside = torch.zeros_like(logp, dtype=torch.bool).scatter(-1, order, before >= sampling.top_p)
        logp = _normalize(logp.masked_fill(outside, -torch.inf))
    return logp


def _normalize(logp: torch.Tensor) -> torch.Tensor:
    logp = logp.log_softmax(dim=-1)
    return logp.masked_fill(logp.isnan(), -torch.inf)  # a row of -inf has no softmax


def gumbel(like: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
    """Standard Gumbel noise of a tensor's shape; the largest of log p + noise is a draw from p."""
    device = like.device if generator is None else generator.device
    uniform = torch.rand(like.shape, dtype=like.dtype, device=device, generator=generator).to(like.device)
    tiny = torch.finfo(like.dtype).tiny
    return -(-uniform.clamp(min=tiny).log()).clamp(min=tiny).log()


def gumbel_children(logp: torch.Tensor, above: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
    """Perturbed log-probabilities of children, given that their largest equals the parent's.

    logp: [..., c], log-probability of each child's whole path, -inf where it does not exist; above: [...],
    the parent's perturbed value. Keeping the largest B at every level draws B leaves without replacement.
    (Kool, van Hoof and Welling 2019, "Stochastic Beams and Where to Find Them", eq. 20 and appendix B.3.)
    """
    noisy = logp + gumbel(logp, generator)
    top = noisy.max(dim=-1, keepdim=True).values
    above = above[..., None]
    shifted = above - noisy + torch.log1p(-torch.exp(noisy - top))
    found = above - shifted.clamp(min=0) - torch.log1p(torch.exp(-shifted.abs()))
    return found.masked_fill(~torch.isfinite(noisy), -torch.inf)
