"""A denoising autoencoder over listeners' features: one dense vector for each, whatever of them is missing.

After "Generalized user representations" (arXiv 2403.00584): encoder and decoder are small, and whole groups of features
are hidden in training, so that the vector of who has said three topics is near that of who has lived them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from neo.listeners.features import Group

HIDDEN = 256
HIDE = 0.3  # of the groups of a row, in training
NOISE = 0.1  # standard deviations
CLIP = 5.0  # standard deviations from the mean, beyond which a feature says no more


class Autoencoder(nn.Module):
    """Features [n, width] to vectors [n, dim], of mean 0 and variance 1 over what it was trained on."""

    mean: Tensor
    scale: Tensor
    center: Tensor
    spread: Tensor

    def __init__(self, width: int, dim: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(width, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, dim))
        self.decoder = nn.Sequential(nn.Linear(dim, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, width))
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))
        self.register_buffer("center", torch.zeros(dim))
        self.register_buffer("spread", torch.ones(dim))

    def forward(self, features: Tensor) -> Tensor:
        return (self.encoder(self.standard(features)) - self.center) / self.spread

    def standard(self, features: Tensor) -> Tensor:
        return ((features - self.mean) / self.scale).clamp(-CLIP, CLIP)

    def fit_scale(self, features: Tensor) -> None:
        """How features are distributed; one that never changes stays out."""
        self.mean.copy_(features.mean(0))
        deviation = features.std(0, correction=0)
        self.scale.copy_(torch.where(deviation > 1e-6, deviation, torch.ones(())))

    def fit_vectors(self, features: Tensor) -> None:
        """How vectors are distributed, once they are learned."""
        made = self.encoder(self.standard(features))
        self.center.copy_(made.mean(0))
        self.spread.copy_(made.std(0, correction=0).clamp(min=1e-6))


def reconstruction_loss(
    model: Autoencoder, features: Tensor, groups: tuple[Group, ...], generator: torch.Generator
) -> Tensor:
    """Mean squared error of all features, from some; every group counts the same, however wide it is.

    features: [n, width], standardized already.
    """
    shown = torch.rand((len(features), len(groups)), generator=generator) >= HIDE
    sizes = torch.tensor([group.end - group.start for group in groups])
    noise = NOISE * torch.randn(features.shape, generator=generator)
    corrupted = (features + noise) * shown.repeat_interleave(sizes, dim=1)
    errors = (model.decoder(model.encoder(corrupted)) - features).square().mean(0)
    return (errors / sizes.repeat_interleave(sizes)).sum() / len(groups)
