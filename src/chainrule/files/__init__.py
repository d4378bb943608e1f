"""Model files, checked to the byte, and files of arrays: data only."""

from __future__ import annotations

from chainrule.files.model_file import FORMAT_VERSION, JSON, read_model, write_model
from chainrule.files.tensors import read_arrays

__all__ = ["FORMAT_VERSION", "JSON", "read_arrays", "read_model", "write_model"]
