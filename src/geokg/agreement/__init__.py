"""How far annotators agree on the words they mark: pair by pair, over all, and label by label."""

from __future__ import annotations

from .alpha import alpha_u, disagreements, nominal_alpha
from .comparing import Agreement, Figures, agreement

__all__ = ["Agreement", "Figures", "agreement", "alpha_u", "disagreements", "nominal_alpha"]
