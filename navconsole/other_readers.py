"""Reading a stored picture with a reader that a person chooses; each reading in a process of its own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from navconsole.admission import Admission
from navigation.deadline import Deadline
from navigation.imaging import open_screenshot
from navigation.ocr import installed_readers
from navigation.ocr.pool import ReaderPool
from navigation.reading import PageReader
from navigation.settings import Settings
from navigation.store.protocol import Store

BUDGET_S = 60.0


class Readers:
    """The readers of this server beside the one that attempts are read with."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.installed: Sequence[str] = installed_readers(settings)
        self._settings = settings
        self._store = store
        self._admission = Admission(1)

    def read(self, name: str, image_id: str) -> str:
        """Read a stored picture and keep the page; its `settings_key`. One reading at a time, beside the robots' own.

        Raises BusyError while another is under way, OcrError when the reader fails, FileNotFoundError or
        DamagedPictureError when the picture is gone.
        """
        with self._admission.enter(image_id), ExitStack() as closing:
            shot = open_screenshot(self._store.blobs.read(image_id)[0])
            pool = ReaderPool(self._settings, size=1, reader=name)
            closing.callback(pool.close)
            page = PageReader(pool, threads=1).read(shot.rgb, image_id=image_id, deadline=Deadline.after(BUDGET_S))
        self._store.put_page(page)
        return page.settings_key
