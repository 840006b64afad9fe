"""Queries of strangers, kept in bounds."""

from .guard import Checked, Limits, check

__all__ = ["Checked", "Limits", "check"]
