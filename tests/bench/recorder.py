"""What recording costs, and how lists hold up: run it, read the table.

    python -m tests.bench.recorder [--corpus FOLDER] [--attempts 1000 50000] [--million]

Stores attempts with real pictures (of a corpus folder, or drawn here), each as the server does it: picture, start,
decision, finish, every step durable. Then fills the store to the sizes asked for and times the list's questions.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image, ImageDraw
from sqlalchemy import text

from navigation.ids import new_id
from navigation.imaging import Screenshot, open_screenshot
from navigation.records import (
    AttemptDecision,
    AttemptFilter,
    AttemptFinish,
    AttemptStart,
    RunStart,
    ScreenshotMeta,
    Term,
)
from navigation.store import Store, open_store, sqlite
from navigation.types import Box, Outcome, Page, Phrase, Word
from tests.bench.filling import START, fill

ROUNDS = 15
STEPS = ("picture", "start", "decide", "finish")
PAGE = "page, when first read"


def main() -> None:
    arguments = _arguments()
    sizes = [*arguments.attempts, *([1_000_000] if arguments.million else [])]
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        store = open_store(Path(folder) / "bench.db")
        try:
            results = {"versions": _versions(), "recording": _recording(store, _pictures(arguments.corpus))}
            print(_table_of_recording(results["recording"]))
            results["lists"] = {size: _lists(store, size) for size in sorted(sizes)}
            print(_table_of_lists(results["lists"]))
        finally:
            store.close()
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="folder searched for PNG screenshots; drawn ones without it")
    parser.add_argument("--attempts", type=int, nargs="*", default=[1000, 50_000], help="sizes to time the lists at")
    parser.add_argument("--million", action="store_true", help="also at 1,000,000 attempts (several minutes)")
    parser.add_argument("--folder", type=Path, help="where to make the temporary store")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), "sqlite": sqlite.driver().sqlite_version, "cores": str(os.cpu_count())}


# --- recording ------------------------------------------------------------------------------------


def _pictures(corpus: Path | None, count: int = 40) -> list[bytes]:
    if corpus is None:
        return [_drawn(number) for number in range(count)]
    found = sorted(corpus.rglob("*.png"))
    if not found:
        sys.exit(f"no PNG under {corpus}")
    return [path.read_bytes() for path in found[:: max(1, len(found) // count)][:count]]


def _drawn(number: int) -> bytes:
    image = Image.new("RGB", (1366, 768), "white")
    draw = ImageDraw.Draw(image)
    for row in range(30):
        draw.rectangle((20, 20 + row * 24, 1346, 40 + row * 24), fill=(240, 244 - row % 2 * 10, 250))
        draw.text((30, 24 + row * 24), f"Patient {number * 31 + row} · consultation · ligne {row}", fill="black")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _recording(store: Store, pictures: list[bytes]) -> dict[str, float]:
    """Median milliseconds of each step, and bytes kept per attempt."""
    run_id, config_id = _run(store)
    times: dict[str, list[float]] = {step: [] for step in (*STEPS, PAGE)}
    before = _database_bytes(store)
    for data in pictures:
        for step, ms in _record(store, data, run_id, config_id):
            times[step].append(ms)
    png = sum(len(data) for data in pictures) / len(pictures)
    began = time.perf_counter()
    while store.reencode_waiting():
        pass
    spent = (time.perf_counter() - began) * 1000 / len(pictures)
    kept = [store.blobs.read(open_screenshot(data).image_id) for data in pictures]
    medians = {step: statistics.median(values) for step, values in times.items()}
    total = statistics.median([sum(steps) for steps in zip(*(times[step] for step in STEPS), strict=True)])
    return medians | {
        "total": total,
        "database_bytes": (_database_bytes(store) - before) / len(pictures),
        "reencode_later": spent,
        "png_bytes": png,
        "kept_bytes": sum(len(data) for data, _ in kept) / len(kept),
    }


def _record(store: Store, data: bytes, run_id: str, config_id: int) -> Iterator[tuple[str, float]]:
    shot = open_screenshot(data)
    now = datetime.now(UTC)
    meta = ScreenshotMeta(shot.image_id, shot.size.width, shot.size.height, "png", len(data), "png", len(data), now)
    action = {"target": {"text": "Se connecter"}}
    start = AttemptStart(
        new_id(), run_id, "dpi", "urgences", "Se connecter", "clickable", action, "0" * 64,
        shot.image_id, False, config_id, {"engine": "bench"}, now, now + timedelta(seconds=210),
    )  # fmt: skip
    finish = AttemptFinish(Outcome.OK, {"code": "ok", "values": {}}, None, None, None, {}, now)

    def picture() -> None:
        store.blobs.put_received(shot.image_id, data, "png")
        store.add_screenshot(meta)

    yield "picture", _ms(picture)
    yield "start", _ms(lambda: store.start_attempt(start))
    yield "decide", _ms(lambda: store.decide_attempt(start.id, _decision(now), finish=None))
    yield "finish", _ms(lambda: store.finish_attempt(start.id, finish))
    page = _page(shot)
    yield PAGE, _ms(lambda: store.put_page(page))


def _page(shot: Screenshot, words: int = 250) -> Page:
    boxes = [Box(10 + n % 20 * 60, 10 + n // 20 * 24, 50, 16) for n in range(words)]
    read = tuple(Word(f"mot{n * 7919 % 1000}", box, 0.9 + n % 10 / 100, n // 20) for n, box in enumerate(boxes))
    phrases = tuple(Phrase(word.text, word.box, word.confidence) for word in read)
    return Page(shot.size, read, phrases, (), "bench", shot.image_id, "bench-1", 240.0)


def _database_bytes(store: Store) -> int:
    with store._db.reading() as session:  # type: ignore[attr-defined]
        return session.scalar(text("PRAGMA page_count")) * session.scalar(text("PRAGMA page_size"))


def _decision(now: datetime) -> AttemptDecision:
    candidate = {"terms": [Term("Se connecter")], "box": [10, 10, 90, 30], "text_box": [12, 12, 80, 20], "score": 0.97,
                 "confidence": 0.9, "method": "ocr", "rejected": ""}  # fmt: skip
    grounding = {"outcome": "found", "candidates": [candidate | {"score": 0.97 - n / 100} for n in range(20)]}
    return AttemptDecision(
        Outcome.OK, {"code": "ok", "values": {}}, {"anchors": []}, grounding, "ocr", 0.97, 0.2, 0.1, 0.1,
        {"read": 240.0, "ground": 2.0}, now,
    )  # fmt: skip


def _run(store: Store) -> tuple[str, int]:
    run = RunStart(new_id(), "dpi", "bench", "agent", None, "0" * 64, datetime.now(UTC))
    store.create_run(run)
    return run.id, store.ensure_config({"score": 0.9}, "bench", "bench").id


# --- lists ----------------------------------------------------------------------------------------


def _lists(store: Store, size: int) -> dict[str, float]:
    """Median milliseconds of each question at this many attempts."""
    have = store.count_attempts(AttemptFilter()).total
    run_id, config_id = _run(store)
    images = [line.before_id for line in store.list_attempts(AttemptFilter(), limit=500).rows]
    began = time.perf_counter()
    with store._db.writing() as session:  # type: ignore[attr-defined]
        fill(session, max(0, size - have), run_ids=[run_id], image_ids=images, config_id=config_id, seed=size)
    print(f"filled to {size:,} in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return {name: statistics.median(_ms(question) for _ in range(ROUNDS)) for name, question in _questions(store, size)}


def _questions(store: Store, size: int) -> Iterator[tuple[str, Callable[[], object]]]:
    middle = store.list_attempts(AttemptFilter(), cursor=f"next-{size // 2}").rows[0].id
    old = START + timedelta(seconds=10 * size)
    filters = {
        "list": AttemptFilter(),
        "filter outcome": AttemptFilter(outcomes=[Outcome.AMBIGUOUS]),
        "filter rare outcome": AttemptFilter(outcomes=[Outcome.ACCOUNT_LOCKED]),
        "filter 9 outcomes": AttemptFilter(outcomes=[o for o in Outcome if o is not Outcome.OK][:9]),
        "filter application, screen": AttemptFilter(application="imagerie", screen="résultats"),
        "filter rights of 2": AttemptFilter(applications=["bloc", "planning"], outcomes=[Outcome.OK, Outcome.ABSENT]),
        "filter method and outcome": AttemptFilter(method="vlm", outcomes=[Outcome.NOT_LANDED]),
        "filter score < 0.52": AttemptFilter(score_max=0.52),
        "filter score < 0.9, outcome": AttemptFilter(score_max=0.9, outcomes=[Outcome.AMBIGUOUS]),
        "filter margin < 0.001": AttemptFilter(margin_max=0.001),
        "filter until half": AttemptFilter(until=old),
        "filter one hour": AttemptFilter(since=old, until=old + timedelta(hours=1)),
        "search word": AttemptFilter(terms=[Term("PRESCRIPTION")]),
        "search phrase in screen": AttemptFilter(terms=[Term("signer la synthese")], screen="dossier"),
        "search nothing": AttemptFilter(terms=[Term("introuvable")]),
    }
    for name, where in filters.items():
        yield name, lambda where=where: store.list_attempts(where)
    yield "deep page", lambda: store.list_attempts(AttemptFilter(), cursor=f"next-{size // 2}")
    yield "detail", lambda: store.attempt(middle)
    yield "neighbours", lambda: store.neighbours(middle, filters["filter outcome"])
    yield "facets", lambda: store.facet_values(AttemptFilter())
    for name in ("list", "filter outcome", "search word", "filter score < 0.9, outcome", "filter one hour"):
        yield f"count: {name}", lambda where=filters[name]: store.count_attempts(where)


def _ms(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


# --- tables ---------------------------------------------------------------------------------------


def _table_of_recording(figures: dict[str, float]) -> str:
    lines = [f"{name:<24}{figures[name]:8.2f} ms" for name in (*STEPS, "total", PAGE, "reencode_later")]
    kept, png, rows = (figures[name] / 1024 for name in ("kept_bytes", "png_bytes", "database_bytes"))
    size = f"picture {kept:.0f} KiB of PNG's {png:.0f} ({kept / png:.2f}); database {rows:.1f} KiB with its OCR page"
    return "\n".join(["storing one attempt (median)", *lines, size])


def _table_of_lists(figures: dict[int, dict[str, float]]) -> str:
    sizes = list(figures)
    head = f"{'median ms':<32}" + "".join(f"{size:>12,}" for size in sizes)
    names = figures[sizes[0]]
    return "\n".join([head, *(f"{name:<32}" + "".join(f"{figures[s][name]:12.2f}" for s in sizes) for name in names)])


if __name__ == "__main__":
    main()
