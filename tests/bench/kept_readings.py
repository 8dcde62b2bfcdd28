"""A reader whose readings are kept in a folder: the same picture is read once, so that matching can be measured anew
in seconds. Never used where time is measured."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from navigation.deadline import Deadline
from navigation.protocols import GreyImage, Layout, OcrEngine
from navigation.types import Box, Word


@dataclass(frozen=True, slots=True)
class KeptReadings:
    """An OcrEngine around another one."""

    reader: OcrEngine
    folder: Path

    @property
    def name(self) -> str:
        return self.reader.name

    @property
    def version(self) -> str:
        return self.reader.version

    def read(self, grey: GreyImage, *, layout: Layout, deadline: Deadline) -> Sequence[Word]:
        """See `OcrEngine.read`."""
        key = hashlib.sha256(f"{self.name} {self.version} {layout} {grey.shape}".encode() + grey.tobytes()).hexdigest()
        path = self.folder / key[:2] / f"{key}.json"
        if path.is_file():
            return [Word(**{**word, "box": Box(**word["box"])}) for word in json.loads(path.read_text())]
        words = self.reader.read(grey, layout=layout, deadline=deadline)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        half.write_text(json.dumps([asdict(word) for word in words]))
        half.rename(path)  # another process never sees a part of it
        return words
