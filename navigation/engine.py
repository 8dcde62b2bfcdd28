"""The one orchestrator of reading, grounding and verifying. Safe to share between threads; needs no database."""

from __future__ import annotations

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import cv2
import numpy as np
from PIL import Image

from navigation.cache import CoordinateCache, MemoryCache
from navigation.configurations import Limits
from navigation.deadline import Deadline
from navigation.geometry import grow, to_pixel_box
from navigation.grounding import ReadAgain, ground_page
from navigation.imaging import Screenshot, pixel_sha256
from navigation.ocr import open_reader, open_second_reader
from navigation.proposing import from_model
from navigation.protocols import OcrEngine, RgbImage, VlmClient
from navigation.reading import PageReader
from navigation.remembered import CacheScope, key_of, learn, recall
from navigation.settings import Settings
from navigation.types import Box, Grounding, NormBox, Page, Screen, Size, Target, Verification, Word
from navigation.values import ReadValue, read_value
from navigation.visual_verifier import verify_after, verify_before

Picture = Image.Image | Screenshot | RgbImage
_REMEMBERED_PICTURES = 8
_REMEMBERED_PAGES = 64
_CHANGE_LEVEL = 12  # grey levels by which a pixel must differ to count as changed (compression noise is below)


class Engine:
    """Reads screenshots, finds targets, verifies screens.

    Args:
        settings: thresholds, readers, language; from the environment when not given.
        reader: the reader to use instead of the first of `settings.readers` that runs here.
        second_reader: reads single lines that `reader` leaves in doubt; with neither given, the settings' one.
        vlm: a model that proposes places when reading finds none; none by default.
        cache: remembered places; in memory by default.

    Every method takes a `deadline` (default: the settings' budget from now) and raises OcrError when the reader
    fails; a target that is not there or a screen that does not verify are results.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        reader: OcrEngine | None = None,
        second_reader: OcrEngine | None = None,
        vlm: VlmClient | None = None,
        cache: CoordinateCache | None = None,
    ) -> None:
        self.settings = settings or Settings.from_env()
        if reader is None:
            reader = open_reader(self.settings)
            second_reader = second_reader or open_second_reader(self.settings, reader)
        self.pages = PageReader(reader, threads=self.settings.threads, second=second_reader)
        self.vlm = vlm
        self.cache: CoordinateCache = cache or MemoryCache(self.settings.cache)
        self._pictures: OrderedDict[str, RgbImage] = OrderedDict()
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._deeper_pages: OrderedDict[str, Page] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def versions(self) -> Mapping[str, Any]:
        """What an attempt ran with: reader, its version, the reading's settings, thresholds."""
        limits = self.settings.thresholds
        return {
            "reader": self.pages.reader.name,
            "reading": self.pages.settings_key,
            "opencv": cv2.__version__,
            "score": limits.score,
            "margin": limits.margin,
            "anchor": limits.anchor,
            "vlm": self.settings.vlm.model if self.vlm else "",
        }

    def under(self, limits: Limits) -> Engine:
        """The same engine, with its readers, pages and remembered places, deciding by other limits."""
        if limits == Limits.of(self.settings):
            return self
        other = copy.copy(self)
        other.settings = limits.within(self.settings)
        return other

    # --- reading ----------------------------------------------------------------------------------

    def read(self, image: Picture, *, deadline: Deadline | None = None) -> Page:
        """The page of a screenshot; read once, then kept for a while."""
        rgb, image_id = _pixels(image)
        with self._lock:
            known = self._pages.get(image_id)
        page = known or self.pages.read(rgb, image_id=image_id, deadline=deadline or self._deadline())
        self.remember(page, rgb)
        return page

    def page_of(self, image_id: str) -> Page | None:
        """The page of a screenshot that was read or remembered here lately; reads nothing."""
        with self._lock:
            return self._pages.get(image_id)

    def remember(self, page: Page, rgb: RgbImage) -> None:
        """Keep a page (just read, or stored earlier) and its picture at hand for crops."""
        with self._lock:
            _keep(self._pages, page.image_id, page, _REMEMBERED_PAGES)
            _keep(self._pictures, page.image_id, rgb, _REMEMBERED_PICTURES)

    def read_region(
        self, image: Picture, region: NormBox, *, attempt: int = 0, deadline: Deadline | None = None
    ) -> list[Word]:
        """The words of one region, cut out and read on its own, in pixels of the whole picture.

        Each `attempt` prepares the region another way.
        """
        rgb, _ = _pixels(image)
        box = to_pixel_box(region, Size(rgb.shape[1], rgb.shape[0]))
        return self.pages.read_block(rgb, box, attempt=attempt, deadline=deadline or self._deadline())

    def read_value(self, image: Picture, box: Box, *, deadline: Deadline | None = None) -> ReadValue:
        """What stands in the field whose border is `box`; certain, or said to be unsure."""
        return read_value(self.pages.reader, _pixels(image)[0], box, deadline=deadline or self._deadline())

    # --- grounding --------------------------------------------------------------------------------

    def ground(
        self,
        image: Picture | Page,
        target: Target,
        *,
        scope: CacheScope | None = None,
        deadline: Deadline | None = None,
    ) -> Grounding:
        """Where the target is: remembered place, then reading, then the model; or why there is no answer.

        The remembered place is tried only with a `scope`, since a place belongs to one screen of one application.
        """
        limit = deadline or self._deadline()
        began = time.perf_counter()
        timings: dict[str, float] = {}
        if scope is not None and not isinstance(image, Page):
            remembered = self._from_cache(image, target, scope, limit)
            timings["cache"] = _ms_since(began)
            if remembered is not None:
                return replace(remembered, timings=timings)
        reading = time.perf_counter()
        page = image if isinstance(image, Page) else self.read(image, deadline=limit)
        timings["read"] = _ms_since(reading)
        matching = time.perf_counter()
        found = ground_page(page, target, self.settings.thresholds, read_again=self._read_again(page, limit))
        timings["match"] = _ms_since(matching)
        if may_be_unread(found):
            reading = time.perf_counter()
            deeper = self._deeper(page, limit)
            if deeper is not None:
                found = ground_page(deeper, target, self.settings.thresholds, read_again=self._read_again(page, limit))
            timings["read_deeper"] = _ms_since(reading)
        if self.vlm is not None and may_be_unread(found):
            proposing = time.perf_counter()
            found = self._from_vlm(page, target, found, limit)
            timings["vlm"] = _ms_since(proposing)
        return replace(found, timings=timings)

    def learn(self, image: Picture, target: Target, grounding: Grounding, scope: CacheScope) -> None:
        """Remember where a target was, after a press there was verified; `image` is the picture it was found on."""
        learn(self.cache, _pixels(image)[0], target, grounding, scope, now=datetime.now(UTC))

    def contradict(self, size: Size, target: Target, scope: CacheScope) -> None:
        """Put a remembered place aside: it was pressed and the verification after it failed."""
        key = key_of(target, scope, size)
        if key is not None:
            self.cache.contradict(key, datetime.now(UTC))

    # --- verifying --------------------------------------------------------------------------------

    def verify_before(self, image: Picture | Page, screen: Screen, *, deadline: Deadline | None = None) -> Verification:
        """Whether the screenshot shows the screen."""
        began = time.perf_counter()
        page = image if isinstance(image, Page) else self.read(image, deadline=deadline)
        reading = _ms_since(began)
        verdict = verify_before(page, screen, self.settings.thresholds)
        return replace(verdict, timings={"read": reading, "verify": _ms_since(began) - reading})

    def verify_after(
        self, before: Picture, after: Picture, screen: Screen, *, deadline: Deadline | None = None
    ) -> Verification:
        """Whether the press between two screenshots led to the screen, and what it led to otherwise."""
        began = time.perf_counter()
        page_before = self.read(before, deadline=deadline)
        page_after = self.read(after, deadline=deadline)
        reading = _ms_since(began)
        share = changed_share(_pixels(before)[0], _pixels(after)[0])
        verdict = verify_after(page_before, page_after, screen, self.settings.thresholds, changed_share=share)
        return replace(verdict, timings={"read": reading, "verify": _ms_since(began) - reading})

    # --- rungs of the ladder ----------------------------------------------------------------------

    def _from_cache(self, image: Picture, target: Target, scope: CacheScope, limit: Deadline) -> Grounding | None:
        """The remembered place, if it still holds and the page, where it was read, does not object."""
        rgb, image_id = _pixels(image)
        return recall(
            self.cache,
            rgb,
            target,
            scope,
            page=self.page_of(image_id),
            read_line=lambda box: self.pages.read_line(rgb, box, deadline=limit),
            policy=self.settings.cache,
            limits=self.settings.thresholds,
            now=datetime.now(UTC),
        )

    def _from_vlm(self, page: Page, target: Target, found: Grounding, limit: Deadline) -> Grounding:
        rgb = self._picture(page)
        if rgb is None or self.vlm is None:
            return found
        return from_model(self.vlm, self.pages, page, rgb, target, found, self.settings.thresholds, deadline=limit)

    def _deeper(self, page: Page, limit: Deadline) -> Page | None:
        """The page as both readers read it, read once; None without a second reader or the picture."""
        rgb = self._picture(page)
        if rgb is None or self.pages.second is None:
            return None
        with self._lock:
            known = self._deeper_pages.get(page.image_id)
        deeper = known or self.pages.read_deeper(page, rgb, deadline=limit)
        with self._lock:
            _keep(self._deeper_pages, page.image_id, deeper, _REMEMBERED_PAGES)
        return deeper

    def _read_again(self, page: Page, limit: Deadline) -> ReadAgain | None:
        rgb = self._picture(page)
        if rgb is None:
            return None
        return lambda box: self.pages.read_line(rgb, grow(box, 4, 4, page.size), deadline=limit)

    def _picture(self, page: Page) -> RgbImage | None:
        with self._lock:
            return self._pictures.get(page.image_id)

    def _deadline(self) -> Deadline:
        return Deadline.after(self.settings.budget_s)


def may_be_unread(found: Grounding) -> bool:
    """Whether another reading may find what this one did not; what stands behind a window was read, and is no use."""
    return found.outcome in ("absent", "low_confidence") and found.reason.code != "covered"


def changed_share(before: RgbImage, after: RgbImage) -> float:
    """Share (0..1) of the pixels that differ; 1.0 for pictures of another size."""
    if before.shape != after.shape:
        return 1.0
    differs = cv2.absdiff(before, after).max(axis=2) > _CHANGE_LEVEL
    return float(np.count_nonzero(differs) / differs.size)


def _pixels(image: Picture) -> tuple[RgbImage, str]:
    if isinstance(image, Screenshot):
        return image.rgb, image.image_id
    rgb = np.asarray(image.convert("RGB")) if isinstance(image, Image.Image) else image
    return rgb, pixel_sha256(rgb)


def _keep(kept: OrderedDict[str, Any], key: str, value: Any, limit: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > limit:
        kept.popitem(last=False)


def _ms_since(began: float) -> float:
    return (time.perf_counter() - began) * 1000
