"""A stamp says for which inputs a step was done; another input, and the step is done again."""

from __future__ import annotations

import hashlib
import os


def key(*parts):
    """One name for all of `parts`: texts, or files by their content."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if hasattr(part, "read_bytes") else str(part).encode()
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()


def holds(path, expected):
    """Whether the stamp at `path` was left for exactly these inputs."""
    try:
        return path.read_text(encoding="ascii") == expected
    except (OSError, UnicodeDecodeError):
        return False


def leave(path, value):
    """Write the stamp whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(value, encoding="ascii")
    os.replace(draft, path)
