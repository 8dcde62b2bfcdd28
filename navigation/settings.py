"""Every knob of the engine: one frozen value, built at the edge and passed in. Nothing deeper reads the environment."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from navigation.errors import SettingsError

CACHE_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "max_age_days": (0, 3650),
    "max_entries": (1, 1_000_000),
    "agreement": (0.75, 1),
    "window_px": (0, 400),
}
_OUT_OF_RANGE = "must be a number from {low:g} to {high:g}, not {text!r}"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The named limits a decision is taken by, all 0..1; tuned together and recorded with every attempt.

    Defaults from measurement on real screens (docs/benchmarks.md): a text similarity under 0.90 finds what
    is not there in one query of five; a margin of 0.08 over the best rival elsewhere halves wrong clicks.
    """

    score: float = 0.90
    margin: float = 0.08
    anchor: float = 0.88
    candidate_floor: float = 0.50

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if not (isinstance(value, (int, float)) and math.isfinite(value) and 0 <= value <= 1):
                raise SettingsError(
                    f"NAV_{item.name.upper()}", "must be a number from 0 to 1, not {value!r}", value=value
                )


def thresholds_of(body: Mapping[str, Any], versions: Mapping[str, Any]) -> dict[str, float]:
    """The named limits in force, wherever the configuration or the versions keep them."""
    found: dict[str, float] = {}
    for source in (versions, body):
        named = source.get("thresholds", source)
        if isinstance(named, Mapping):
            found |= {k: float(v) for k, v in named.items() if isinstance(v, (int, float)) and 0 <= v <= 1}
    return {name: found[name] for name in ("score", "margin", "anchor", "candidate_floor") if name in found}


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """When a remembered place may be used instead of reading, and how many are kept.

    A place is used until `max_age_days` after a press there was last verified. `agreement` (0.75..1) is how alike a
    control must be to count as the same without being read: 1 less the largest local difference, as a share of its
    contrast; other texts reach 0.40, 16-bit colour keeps 0.90 (docs/decisions/0030-the-coordinate-cache.md).
    A moved control, or a second one like it, is looked for `window_px` around.
    """

    max_age_days: float = 90.0
    max_entries: int = 10_000
    agreement: float = 0.88
    window_px: int = 160

    def __post_init__(self) -> None:
        for name, (low, high) in CACHE_RANGES.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise SettingsError(f"NAV_CACHE_{name.upper()}", _OUT_OF_RANGE, low=low, high=high, text=value)


@dataclass(frozen=True, slots=True)
class VlmSettings:
    """The vision model: off unless `base_url` is set. `convention` is how it writes coordinates:
    "pixels" of the picture sent, "per_mille" (0–1000), "unit" (0–1); `y_first` for models that answer (y, x).
    `allow_http`: an address that is not this machine's may be without TLS. `ca_file` (PEM): the
    only certificates it may be signed by; without it the public ones."""

    base_url: str = ""
    model: str = ""
    api_key: str = ""
    convention: str = "pixels"
    y_first: bool = False
    timeout_s: float = 20.0
    max_side: int = 1568
    allow_http: bool = False
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one engine; see `from_env` for the names of the variables."""

    readers: tuple[str, ...] = ("tesserocr", "pytesseract", "rapidocr")
    language: str = "fra"
    tessdata: Path | None = None
    tesseract_cmd: str = "tesseract"
    thresholds: Thresholds = Thresholds()
    vlm: VlmSettings = VlmSettings()
    cache: CachePolicy = CachePolicy()
    budget_s: float = 180.0
    threads: int = 2

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read OCR_READERS, OCR_LANG, TESSDATA_PREFIX, TESSERACT_CMD, OCR_THREADS, NAV_SCORE, NAV_MARGIN, NAV_ANCHOR,
        NAV_BUDGET_S, NAV_CACHE_MAX_AGE_DAYS, NAV_CACHE_MAX_ENTRIES, NAV_CACHE_AGREEMENT, NAV_CACHE_WINDOW_PX,
        RPA_VLM_BASE_URL, RPA_VLM_MODEL, RPA_VLM_API_KEY, RPA_VLM_CONVENTION, RPA_VLM_Y_FIRST,
        RPA_VLM_TIMEOUT_S, RPA_VLM_ALLOW_HTTP, RPA_VLM_CA_FILE.

        Raises SettingsError naming the variable.
        """
        env = os.environ if env is None else env
        default = cls()
        readers = tuple(r.strip() for r in env.get("OCR_READERS", ",".join(default.readers)).split(",") if r.strip())
        unknown = [r for r in readers if r not in ("tesserocr", "pytesseract", "rapidocr")]
        if unknown or not readers:
            raise SettingsError("OCR_READERS", "name readers out of tesserocr, pytesseract, rapidocr, by comma")
        tessdata = env.get("TESSDATA_PREFIX")
        convention = env.get("RPA_VLM_CONVENTION", default.vlm.convention)
        if convention not in ("pixels", "per_mille", "unit"):
            raise SettingsError("RPA_VLM_CONVENTION", "must be pixels, per_mille or unit")
        return cls(
            readers=readers,
            language=env.get("OCR_LANG", default.language),
            tessdata=Path(tessdata) if tessdata else None,
            tesseract_cmd=env.get("TESSERACT_CMD", default.tesseract_cmd),
            thresholds=Thresholds(
                score=_number(env, "NAV_SCORE", default.thresholds.score),
                margin=_number(env, "NAV_MARGIN", default.thresholds.margin),
                anchor=_number(env, "NAV_ANCHOR", default.thresholds.anchor),
            ),
            vlm=VlmSettings(
                base_url=env.get("RPA_VLM_BASE_URL", ""),
                model=env.get("RPA_VLM_MODEL", ""),
                api_key=env.get("RPA_VLM_API_KEY", ""),
                convention=convention,
                y_first=_is_true(env, "RPA_VLM_Y_FIRST"),
                timeout_s=_number(env, "RPA_VLM_TIMEOUT_S", default.vlm.timeout_s, low=0.1, high=120),
                allow_http=_is_true(env, "RPA_VLM_ALLOW_HTTP"),
                ca_file=Path(env["RPA_VLM_CA_FILE"]) if env.get("RPA_VLM_CA_FILE") else None,
            ),
            cache=_cache_policy(env),
            budget_s=_number(env, "NAV_BUDGET_S", default.budget_s, low=1, high=180),
            threads=int(_number(env, "OCR_THREADS", default.threads, low=1, high=64)),
        )


def _cache_policy(env: Mapping[str, str]) -> CachePolicy:
    default = CachePolicy()
    given = {
        name: type(getattr(default, name))(
            _number(env, f"NAV_CACHE_{name.upper()}", getattr(default, name), low=low, high=high)
        )
        for name, (low, high) in CACHE_RANGES.items()
    }
    return CachePolicy(**given)


def _is_true(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").lower() in ("1", "true", "yes")


def _number(env: Mapping[str, str], name: str, default: float, *, low: float = 0.0, high: float = 1.0) -> float:
    text = env.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and low <= value <= high):
        raise SettingsError(name, _OUT_OF_RANGE, low=low, high=high, text=text)
    return value
