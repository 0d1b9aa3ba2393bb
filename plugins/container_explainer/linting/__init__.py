"""Lint: what is wrong, doubtful or needless in a module, and the line that mends it."""

from .construction import explain_refusal
from .findings import SEVERITIES, Finding, Severity
from .rules import lint

__all__ = ["SEVERITIES", "Finding", "Severity", "explain_refusal", "lint"]
