"""What an agent sees of its screen, and what it shows of it: settled frames, with every typed secret painted over."""

from __future__ import annotations

from navigation.agents.frames import changed_share, decode, encode, enlarged, is_same, is_untouched, size_of
from navigation.agents.settle import Settled, Timing, settled, settled_after_press
from navigation.agents.surface import Surface
from navigation.agents.veil import Veil, cover_all
from navigation.geometry import to_pixel_box
from navigation.protocols import RgbImage
from navigation.types import Box, NormBox

# The surroundings of the target that must not have changed since it was judged.
_NEAR_PX = 12
# So much of the whole screen changed that it is another one, wherever the target stands.
_ANOTHER_SCREEN = 0.02


class Sight:
    """The eyes of one agent on one surface; not for several threads.

    Every frame that is looked at goes through `seen`, which keeps the veils on what was typed.
    """

    def __init__(self, surface: Surface, timing: Timing) -> None:
        self._surface = surface
        self._timing = timing
        self._veils: list[Veil] = []
        self._last: RgbImage | None = None

    def settled(self) -> Settled:
        """The screen once it stands still. Raises AgentError."""
        found = settled(self._capture, self._timing, last=self._last)
        self.seen(found.view)
        return found

    def now(self) -> RgbImage:
        """The screen as it is. Raises AgentError."""
        return self.seen(self._capture())

    def after_press(self, before: RgbImage, place: Box | None) -> Settled:
        """The screen once a press had its effect; `place` None where none is to be expected, as of a field."""
        found = settled_after_press(self._capture, before, place, self._timing)
        self.seen(found.view)
        return found

    def veil(self, place: Box, before: RgbImage, typed: RgbImage) -> None:
        """Paint over from now on what was typed as a secret between two frames."""
        self._veils.append(Veil.over(place, before, typed))

    def shown(self, frame: RgbImage) -> bytes:
        """What leaves the agent, a PNG: the frame with every typed secret painted over."""
        return encode(cover_all(frame, self._veils))

    def seen(self, frame: RgbImage) -> RgbImage:
        """The frame, once the veils have been brought up to date with it."""
        if self._last is not None:
            last = self._last
            self._veils = [left for veil in self._veils if (left := veil.on_next(last, frame)) is not None]
        self._last = frame
        return frame

    def _capture(self) -> RgbImage:
        return decode(self._surface.screenshot())


def still_as_judged(judged: RgbImage, now: RgbImage, place: Box, banner: NormBox | None) -> bool:
    """Whether the place's surroundings and the patient's banner are what was judged, the rest roughly so."""
    if judged.shape != now.shape or changed_share(judged, now) > _ANOTHER_SCREEN:
        return False
    near = enlarged(place, _NEAR_PX, size_of(now))
    return is_same(judged, now, near) and is_same_patient(judged, now, banner)


def is_same_patient(judged: RgbImage, now: RgbImage, banner: NormBox | None) -> bool:
    """Whether nothing at all changed in the banner that was read, where the screen has one."""
    return banner is None or is_untouched(judged, now, to_pixel_box(banner, size_of(now)))
