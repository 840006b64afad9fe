"""Queries of strangers, kept in bounds."""

from .guard import Checked, Limits, check, check_update

__all__ = ["Checked", "Limits", "check", "check_update"]
