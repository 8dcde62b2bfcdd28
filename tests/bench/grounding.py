"""How well the engine finds controls on a corpus with ground truth: `python -m tests.bench.grounding --corpus DIR`.

Prints one table for all applications, one for those tuned on and one for those held out; `--json` keeps every
answer. Accuracy only: time is measured by `tests.bench.speed`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from navigation import Engine, Settings, Target
from navigation.ocr import open_named_reader
from navigation.types import Grounding, Page
from tests.bench.corpus import HELD_OUT, Answer, Case, by_image, kind_of, load_cases, load_picture, native_twin
from tests.bench.equals import TIE_BREAKS, told_apart
from tests.bench.kept_readings import KeptReadings
from tests.bench.tables import table


@dataclass(frozen=True, slots=True)
class Plan:
    """What one worker process needs to know."""

    corpus: Path
    readers: tuple[str, ...]
    language: str
    kept: Path | None


def main() -> None:
    """Measure and print."""
    options = _options()
    plan = Plan(options.corpus, tuple(options.readers.split(",")), options.language, options.keep)
    cases = [c for c in load_cases(options.corpus) if not options.apps or c["app"] in options.apps.split(",")]
    answers = _ask_everything(plan, cases, options.processes)
    print(f"readers {options.readers}, language {options.language}, {len(by_image(cases))} screens\n")
    parts: dict[str, list[Answer]] = {"all": answers}
    parts["held out: " + ", ".join(HELD_OUT)] = [a for a in answers if a.case["app"] in HELD_OUT]
    parts["tuned on"] = [a for a in answers if a.case["app"] not in HELD_OUT]
    for name, part in parts.items():
        if part:
            print(f"## {name}\n\n{_table(part)}\n")
    if options.show:
        _show(a for a in answers if a.case["app"] not in HELD_OUT)
    if options.json:
        rows = [{**_plain(a), "case_id": a.case["case_id"], "variant": a.case["variant"]} for a in answers]
        options.json.write_text(
            json.dumps({"versions": engine_for(plan).versions, "answers": rows}, ensure_ascii=False)
        )


def engine_for(plan: Plan) -> Engine:
    """An engine with the readers of the plan, whose readings are kept where the plan says so."""
    settings = Settings(readers=plan.readers, language=plan.language)
    if plan.kept is None:
        return Engine(settings)
    first, *others = [KeptReadings(open_named_reader(name, settings), plan.kept) for name in plan.readers]
    return Engine(settings, reader=first, second_reader=others[-1] if others else None)


def _ask_everything(plan: Plan, cases: Sequence[Case], processes: int) -> list[Answer]:
    images = by_image(cases)
    sizes = {image: _size(plan.corpus / image) for image in images}
    for case in cases:  # the same query on the native screen, beside each on a degraded copy
        twin = native_twin(case, sizes)
        if twin is not None:
            images[twin["image"]].append(twin)
    work = [(plan, image, asked) for image, asked in images.items()]
    if processes == 1:
        return [a for item in work for a in _ask(item)]
    with ProcessPoolExecutor(processes) as pool:
        return [a for found in pool.map(_ask, work, chunksize=1) for a in found]


_engines: dict[Plan, Engine] = {}


def _ask(work: tuple[Plan, str, list[Case]]) -> list[Answer]:
    plan, image, cases = work
    if plan not in _engines:
        _engines[plan] = engine_for(plan)
    engine = _engines[plan]
    page = engine.read(load_picture(plan.corpus, image))
    answers = []
    for case in cases:
        target = Target(case["query"], "field" if case["kind"] == "field" else "clickable", allow_disabled=True)
        answers.append(_answer(engine, page, case, target))
        if not case["negative"] and case["kind"] == "clickable" and "/native" not in case["case_id"]:
            answers.append(_answer(engine, page, {**case, "probe": "disabled"}, replace(target, allow_disabled=False)))
        if not case["negative"] and len(case["acceptable"]) > 1 and case["ambiguous"]:
            answers += _with_tie_breaks(engine, page, case, target)
    return answers


def _with_tie_breaks(engine: Engine, page: Page, case: Case, target: Target) -> list[Answer]:
    """Each of several equal controls asked for by a point near it, by a region around it and by its number."""
    ways = told_apart(target, case["acceptable"], page.size.width, page.size.height)
    return [_answer(engine, page, {**case, "acceptable": lines, "probe": way}, asked) for way, lines, asked in ways]


def _answer(engine: Engine, page: Page, case: Case, target: Target) -> Answer:
    began = time.perf_counter()
    found = engine.ground(page, target)
    spot = (found.point_px.x, found.point_px.y) if found.point_px else None
    return Answer(case, spot, found.outcome, (time.perf_counter() - began) * 1000, _said(found))


def _said(found: Grounding) -> str:
    near = "; ".join(f"{c.text!r} {c.score:.2f} {c.rejected}" for c in found.candidates[:3])
    return f"{found.reason.code} [{near}]"


def _table(answers: Sequence[Answer]) -> str:
    plain = [a for a in answers if "probe" not in a.case and "/native" not in a.case["case_id"]]
    kinds = ("clickable, unique", "one control among equal texts", "several equal controls", "field")
    rows = [_row(kind, [a for a in plain if kind_of(a.case) == kind]) for kind in kinds]
    rows.append(_row("all that is there", [a for a in plain if not a.case["negative"]]))
    text = table(["", "queries", "hit", "%", "wrong", "label", "abstains", "said ambiguous"], rows)
    absent = [[f"absent, {kind}", len(part), sum(a.result == "found" for a in part)]
              for kind in ("near", "pair", "far")
              if (part := [a for a in plain if a.case["negative"] and a.case["negative_type"] == kind])]  # fmt: skip
    text += "\n\n" + table(["", "queries", "found although absent"], absent)
    return text + "\n\n" + table(["", "queries", "result"], [*_ties(answers), *_disabled(answers), *_degraded(answers)])


def _row(name: str, part: Sequence[Answer]) -> list[Any]:
    counts = Counter(a.result for a in part)
    refused = sum(a.outcome == "ambiguous" for a in part)
    hit, wrong, label, abstains = (counts[result] for result in ("hit", "wrong", "label", "abstains"))
    return [name, len(part), hit, _share(hit, len(part)), wrong, label, abstains, refused]


def _ties(answers: Sequence[Answer]) -> list[list[Any]]:
    rows = []
    for way in TIE_BREAKS:
        part = [a for a in answers if a.case.get("probe") == way]
        counts = Counter(a.result for a in part)
        rows.append([f"one of equal controls by `{way}`", len(part), f"{counts['hit']} hit, {counts['wrong']} wrong"])
    return rows


def _disabled(answers: Iterable[Answer]) -> list[list[Any]]:
    part = [a for a in answers if a.case.get("probe") == "disabled"]
    off = [a for a in part if a.case["disabled"]]
    on = [a for a in part if not a.case["disabled"]]
    pressed = sum(a.spot is not None for a in off)
    return [
        ["disabled control", len(off), f"{sum(a.outcome == 'disabled' for a in off)} said, {pressed} given to press"],
        ["enabled control", len(on), f"{sum(a.outcome == 'disabled' for a in on)} said to be disabled"],
    ]


def _degraded(answers: Sequence[Answer]) -> list[list[Any]]:
    native = {a.case["case_id"].removesuffix("/native"): a for a in answers if a.case["case_id"].endswith("/native")}
    copies = [
        a
        for a in answers
        if a.case["case_id"] in native
        and "probe" not in a.case
        and not a.case["negative"]
        and kind_of(a.case) != "several equal controls"  # none of these is to be found
    ]
    lost = sum(a.result != "hit" and native[a.case["case_id"]].result == "hit" for a in copies)
    won = sum(a.result == "hit" and native[a.case["case_id"]].result != "hit" for a in copies)
    return [["degraded copy beside its native screen", len(copies), f"{lost} hits lost, {won} won"]]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"


def _plain(answer: Answer) -> Mapping[str, Any]:
    return {"result": answer.result, "outcome": answer.outcome, "spot": answer.spot, "ms": answer.ms,
            "probe": answer.case.get("probe", "")}  # fmt: skip


def _show(answers: Iterable[Answer]) -> None:
    """Each answer that is not right, of the applications that may be looked at."""
    for a in answers:
        case = a.case
        if case["case_id"].endswith("/native") or _is_right(a):
            continue
        where = f"{case['image']} {case['query']!r} at {case.get('acceptable')}"
        what = f"{case['case_id']} {a.result} {case.get('probe', '')} {kind_of(case)}"
        print(f"{what} {where} → {a.spot} {a.outcome} {a.said}")


def _is_right(answer: Answer) -> bool:
    case = answer.case
    if case.get("probe") == "disabled":
        return (answer.outcome == "disabled") == case["disabled"]
    if kind_of(case) == "several equal controls" and "probe" not in case:
        return answer.outcome == "ambiguous"
    return answer.result in ("hit", "refused")


def _size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.grounding", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--readers", default="tesserocr", help="first reader, second reader (by comma)")
    parser.add_argument("--language", default="fra")
    parser.add_argument("--apps", default="", help="only these applications, by comma")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder in which readings are kept from run to run")
    parser.add_argument("--show", action="store_true", help="print each miss of the applications tuned on")
    parser.add_argument("--json", type=Path, help="write every answer here")
    return parser.parse_args()


if __name__ == "__main__":
    main()
