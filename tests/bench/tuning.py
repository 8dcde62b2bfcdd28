"""What tuning costs and how well a certificate keeps its word: `python -m tests.bench.tuning [--corpus DIR]`.

Parts (`--only`): `corpus` imports a corpus as labelled cases, a simulated audit, and certifies on one half of its
targets what is then measured on the other, 20 times; `store` does so through an import into a store; `sweep` counts a
grid over stored attempts; `rematch` matches their stored pages anew; `certify` looks at 10,000 labelled cases with a
400-point grid.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from navconsole.tuning.looking import audited_for
from navconsole.tuning.rematching import rematch
from navconsole.tuning.sweeping import sweep_store
from navigation.certificates import look
from navigation.codec import target_to_json
from navigation.evidence import Audited, gather
from navigation.labels import Label
from navigation.records import AttemptFilter
from navigation.store import SqlStore, open_store, summaries
from navigation.store.models import Base
from navigation.store.models.evidence import AttemptRow, DecisionRow, FinishRow
from navigation.store.rows import values_of
from tests.bench.grounding import Plan as Readers
from tests.bench.tables import table
from tests.bench.tuning_corpus import LIMITS, Asked, a_plan, ask_corpus, corpus_part, store_part, whole_pixels
from tests.navigation.store.making import a_decision, a_finish, a_label, a_meta, a_run, a_sample, a_start

WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
HEADS = (
    *("attempts", "seconds", "of processors", "with two to itself", "µs each"),
    *("peak here, MiB", "peak of a worker, MiB"),
)
Found = TypeVar("Found")
SWEPT = tuple(n / 100 for n in range(80, 100)), tuple(n / 50 for n in range(20))
"""Twenty scores and twenty margins."""


# --- stored attempts ------------------------------------------------------------------------------------


def stored(folder: Path, asked: Sequence[Asked], count: int) -> SqlStore:
    """A store with the corpus's attempts over and over, `count` in all; rows are copied by the database itself."""
    store = open_store(folder / "nav.db")
    assert isinstance(store, SqlStore)
    config = store.ensure_config({"thresholds": {"score": LIMITS.score, "margin": LIMITS.margin}}, "bench", "first")
    run_id = store.create_run(a_run()).id
    pages = {one.page.image_id: one.page for one in asked}
    for page in pages.values():
        store.add_screenshot(a_meta(page.image_id, width=page.size.width, height=page.size.height))
        store.put_page(page)
    with store._db.writing() as session:
        for one in asked[:count]:
            start = a_start(run_id, **_start(one, config.id))
            session.add(row := AttemptRow(**values_of(start)))
            session.flush()
            decision = a_decision(grounding=one.grounding, method=one.grounding["method"])
            session.add(DecisionRow(attempt_seq=row.seq, **values_of(decision)))
            session.add(FinishRow(attempt_seq=row.seq, **values_of(a_finish())))
    have = min(count, len(asked))
    while have < count:
        have += _copied(store, min(have, count - have))
    return store


def _start(one: Asked, config_id: int) -> dict[str, Any]:
    return {
        "application": one.query["app"],
        "screen": one.query["screen"],
        "target_text": one.target.text,
        "target_kind": one.target.kind,
        "action": {"target": target_to_json(one.target)},
        "versions": {"reading": one.page.settings_key, "score": LIMITS.score, "margin": LIMITS.margin},
        "before_id": one.page.image_id,
        "config_id": config_id,
    }


def _copied(store: SqlStore, count: int) -> int:
    """The first `count` attempts once more, under new ids and each with a target of its own."""
    columns = [c.name for c in AttemptRow.__table__.columns if c.name not in ("seq", "id", "target_text")]
    with store._db.writing() as session:
        run = session.connection().exec_driver_sql
        last = run("SELECT max(seq) FROM attempt").scalar_one()
        run(
            f"INSERT INTO attempt (id, target_text, {', '.join(columns)}) "
            f"SELECT lower(hex(randomblob(16))), target_text || '+', {', '.join(columns)} FROM attempt "
            f"WHERE seq <= {count} ORDER BY seq"
        )
        for table_name in ("attempt_decision", "attempt_finish"):
            names = [c.name for c in Base.metadata.tables[table_name].columns if c.name != "attempt_seq"]
            run(
                f"INSERT INTO {table_name} (attempt_seq, {', '.join(names)}) "
                f"SELECT attempt_seq + {last}, {', '.join(names)} FROM {table_name} WHERE attempt_seq <= {count}"
            )
    return count


def sweep_part(asked: Sequence[Asked], sizes: Sequence[int], folder: Path) -> None:
    rows = []
    for size in sizes:
        place = Path(tempfile.mkdtemp(dir=folder))
        with closing(stored(place, asked, size)) as store:
            found, cost = _timed(lambda pool, store=store: sweep_store(store, "", *SWEPT, executor=pool))
        assert found.attempts == size
        rows.append([f"{size:,}", *cost.cells(size)])
        shutil.rmtree(place)
    print("\n## sweep of 400 settings, stored candidates\n")
    print(table(HEADS, rows))


def rematch_part(asked: Sequence[Asked], sizes: Sequence[int], folder: Path) -> None:
    rows = []
    for size in sizes:
        place = Path(tempfile.mkdtemp(dir=folder))
        with closing(stored(place, asked, size)) as store:
            counts, cost = _timed(lambda pool, store=store: rematch(store, "", 0.95, 0.12, executor=pool))
        assert counts.total() == size
        rows.append([f"{size:,}", *cost.cells(size)])
        shutil.rmtree(place)
    print("\n## stored pages matched anew\n")
    print(table(HEADS, rows))


def certify_part(asked: Sequence[Asked], count: int, folder: Path) -> None:
    """`count` targets, each labelled in an audit sample by what the corpus knows, and a grid of 400."""
    there = [one for one in asked if not one.query["ambiguous"]]
    place = Path(tempfile.mkdtemp(dir=folder))
    with closing(stored(place, there, count)) as store:
        with store._db.writing() as session:
            summaries.rebuild(session)
        sample = store.add_sample(a_sample(asked={"filter": []}), AttemptFilter(), by="none", size=count)
        truths = {_key(one): one for one in there}
        for chunk in _chunks(store, sample.id):
            store.add_labels([_label(audited, truths, sample.id) for audited in chunk])
        plan = a_plan(0.05, scores=SWEPT[0], margins=SWEPT[1], mode="growing")
        store.add_plan(plan)
        began = time.process_time()
        gathered = gather(audited_for(store, plan.application, plan.screen))
        read = time.process_time() - began
        finding = look(plan, gathered, ())
        decided = time.process_time() - began - read
    shutil.rmtree(place)
    print(f"\n## certificate over {len(gathered.cases):,} labelled cases, {len(plan.grid)} settings\n")
    heads = ["cases", "reading them, processor s", "certificate", "together", "certified"]
    print(table(heads, [[f"{len(gathered.cases):,}", f"{read:.2f}", f"{decided:.2f}", f"{read + decided:.2f}",
                         str(finding.promise.point if finding.promise else None)]]))  # fmt: skip


def _key(one: Asked) -> tuple[str, str, str, str]:
    return one.query["app"], one.query["screen"], one.target.text, one.page.image_id


def _chunks(store: SqlStore, sample_id: str) -> Iterable[Sequence[Audited]]:
    after = -1
    while chunk := store.audited(sample_id, after=after, limit=5000):
        yield chunk
        after = chunk[-1].position


def _label(audited: Audited, truths: Mapping[tuple[str, str, str, str], Asked], sample_id: str) -> Label:
    """What the corpus knows: right where the engine pressed in an acceptable box or refused what is not there."""
    text = audited.unit.target_text.rstrip("+")
    one = next(o for key, o in truths.items() if key[:3] == (audited.unit.application, audited.unit.screen, text)
               and o.grounding == audited.grounding)  # fmt: skip
    boxes = one.query["acceptable"]
    place = {"place": "box", "box": whole_pixels(boxes[0])} if boxes else {"place": "absent"}
    return a_label(audited.attempt_id, answer="right", sample_id=sample_id, **place)


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the clock, and of the processors (this process and its workers); the most memory held, in MiB."""

    clock_s: float
    here_s: float
    workers_s: float

    def cells(self, attempts: int) -> list[str]:
        """By attempt too, and with two cores of its own: what the busier of this process and a worker took."""
        alone = max(self.here_s, self.workers_s / 2, (self.here_s + self.workers_s) / 2)
        peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in WHO]
        seconds = [f"{value:.1f}" for value in (self.clock_s, self.here_s + self.workers_s, alone)]
        return [*seconds, f"{(self.here_s + self.workers_s) / attempts * 1e6:.0f}", *(f"{peak:.0f}" for peak in peaks)]


def _timed(work: Callable[[Executor], Found]) -> tuple[Found, Cost]:
    before = [_processor_s(who) for who in WHO]
    began = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        found = work(pool)
        took = time.perf_counter() - began
    here, workers = (_processor_s(who) - then for who, then in zip(WHO, before, strict=True))
    return found, Cost(took, here, workers)


def _processor_s(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    options = _options()
    only = options.only.split(",")
    sizes = [int(size) for size in options.sizes.split(",")]
    readers = Readers(options.corpus, tuple(options.readers.split(",")), "fra", options.keep)
    asked = ask_corpus(readers, options.keep) if set(only) - {"store"} else []
    if "corpus" in only:
        corpus_part(asked)
    with tempfile.TemporaryDirectory(prefix="tuning-") as folder:
        if "store" in only:
            store_part(readers, Path(folder))
        if "certify" in only:
            certify_part(asked, 10_000, Path(folder))
        if "sweep" in only:
            sweep_part(asked, sizes, Path(folder))
        if "rematch" in only:
            rematch_part(asked, [size for size in sizes if size <= options.most_rematched], Path(folder))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tuning", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"))
    parser.add_argument("--readers", default="tesserocr", help="first reader, second reader (by comma)")
    parser.add_argument("--keep", type=Path, help="folder in which readings are kept from run to run")
    parser.add_argument("--only", default="corpus,store,certify,sweep,rematch", help="parts, by comma")
    parser.add_argument("--sizes", default="1000,50000,100000,1000000", help="attempts to sweep, by comma")
    parser.add_argument(
        "--most-rematched", type=int, default=100_000, help="larger sizes are not matched anew: a million takes minutes"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
