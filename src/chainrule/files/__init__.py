"""Model files: data only, checked to the byte."""

from __future__ import annotations

from chainrule.files.model_file import FORMAT_VERSION, JSON, read_model, write_model

__all__ = ["FORMAT_VERSION", "JSON", "read_model", "write_model"]
