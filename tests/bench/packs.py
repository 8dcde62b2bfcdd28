"""Export and import of many cases, beside Label Studio where it is installed; and masked packs, cases per second.

    python -m tests.bench.packs [--cases 50000] [--label-studio VENV/bin/label-studio] [--corpus DIR] [--masked 60]

Label Studio runs from a virtual environment of its own, on a fresh SQLite database, asked through its HTTP API: the
same count of tasks, each with one annotation, imported and then exported as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from navconsole.cases.exporting import bodies_without_pictures, manifest_for, write_document
from navconsole.cases.importing import Author, bring_in_file
from navigation import Engine, Settings
from navigation.case_records import CaseFilter
from navigation.cases import EngineSaid, NavCase
from navigation.imaging import open_screenshot
from navigation.packs.archive import compact
from navigation.packs.bringing import opened_any
from navigation.packs.foreign import foreign_members
from navigation.packs.format import Manifest, case_to_json
from navigation.packs.masking import MaskedCase, Masker
from navigation.packs.reading import Pack
from navigation.packs.writing import document
from navigation.store import open_store
from navigation.types import Box, Outcome
from tests import screens
from tests.bench.tables import table
from tests.navigation.packs.casemaking import a_case, a_pack, pictures_of

AUTHOR = Author("bench", "bench", "shell:bench")
TARGETS = ("Se connecter", "Identifiant", "Mot de passe", "Mot de passe oublié ?", "Urgences adultes")
LS_BATCH = 5000
CONFIG = """<View><Image name="image" value="$image"/><RectangleLabels name="place" toName="image">
<Label value="target"/></RectangleLabels><Choices name="answer" toName="image"><Choice value="absent"/>
</Choices></View>"""


def many(count: int) -> Iterator[NavCase]:
    """Cases as an application's first months give them: few screens, many attempts, most answered right."""
    said = EngineSaid(Outcome.OK, "ocr", 0.97, 0.3, (600, 470))
    models = [a_case(text=text, boxes=[Box(483, 456, 400, 38)], engine=said) for text in TARGETS]
    for number in range(count):
        yield replace(models[number % len(models)], id=f"case-{number:06d}", screen=f"Écran {number % 40}")


def ours(folder: Path, count: int) -> Mapping[str, Spent]:
    """Seconds to bring `count` cases in from one JSON file, and to write them out."""
    source = folder / "cases.json"
    source.write_bytes(b"".join(document(Manifest("none"), (compact(case_to_json(case)) for case in many(count)))))
    store = open_store(folder / "navconsole.db")
    bring_in_file(store, a_pack(folder / "first.zip", [a_case("first")]), AUTHOR)
    with _timed() as importing:
        done = bring_in_file(store, source, AUTHOR)
    assert done.added == count
    with _timed() as exporting:
        bodies, left = bodies_without_pictures(store, CaseFilter(), is_masked=True)
        write_document(folder / "out.json", manifest_for(store, "bench", "none", engine="bench"), bodies)
    assert (len(bodies), left) == (count + 1, [])
    store.close()
    with opened_any(folder / "out.json") as back:
        assert isinstance(back, Pack)
        assert len(back.cases) == count + 1
    return {"import": importing, "export": exporting}


def label_studio(program: Path, folder: Path, count: int) -> Mapping[str, Spent]:
    """The same by Label Studio: tasks with one annotation each, in by its API, out as JSON."""
    name = next(iter(foreign_members("label-studio", Manifest("none"), [next(many(1))], pictures_of(screens.login))))
    (model,) = json.loads(name[1])
    del model["data"]["navcase"]
    with _label_studio_server(program, folder) as (client, pid):
        project = client.post("/api/projects", json={"title": "bench", "label_config": CONFIG}).json()["id"]
        with _timed(pid) as importing:
            for start in range(0, count, LS_BATCH):
                tasks = [model] * min(LS_BATCH, count - start)
                answer = client.post(f"/api/projects/{project}/import", json=tasks)
                answer.raise_for_status()
        with _timed(pid) as exporting:
            exported = client.get(f"/api/projects/{project}/export", params={"exportType": "JSON"})
            exported.raise_for_status()
        assert len(exported.json()) == count, len(exported.json())
    return {"import": importing, "export": exporting}


@contextmanager
def _label_studio_server(program: Path, folder: Path) -> Iterator[tuple[httpx.Client, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "ls"),
        "COLLECT_ANALYTICS": "False", "LATEST_VERSION_CHECK": "False", "SENTRY_DSN": "",
    }  # fmt: skip
    person = {"email": "bench@example.org", "password": "bench-bench-1"}
    command = [str(program), "start", "--no-browser", "--port", str(port), "--username", person["email"],
               "--password", person["password"]]  # fmt: skip
    with (folder / "label-studio.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log, cwd=folder)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=1800, trust_env=False) as client:
                _wait_for(lambda: client.get("/health").status_code == 200, process)
                _log_in(client, person)
                yield client, process.pid
        finally:
            process.terminate()
            process.wait(timeout=60)


def _log_in(client: httpx.Client, person: Mapping[str, str]) -> None:
    client.get("/user/login/")
    token = client.cookies["csrftoken"]
    page = client.post("/user/login/", data={**person, "csrfmiddlewaretoken": token}, headers={"Referer": "/"})
    assert page.status_code in (302, 303), page.status_code
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]


def _wait_for(is_ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 300
    while time.monotonic() < until and process.poll() is None:
        try:
            if is_ready():
                return
        except httpx.HTTPError:
            pass
        time.sleep(1)
    raise RuntimeError("Label Studio did not come up; see label-studio.log")


def masked(corpus: Path, limit: int) -> tuple[int, Counter[str], float]:
    """Cases of a corpus masked one screen after the other: how many, what became of them, seconds."""
    with opened_any(corpus) as pack:
        assert isinstance(pack, Pack)
        cases = [case for case in pack.cases if "~" not in pack.pictures[case.picture.id]][:limit]
        shots = {case.picture.id: open_screenshot(pack.picture_bytes(case.picture.id)) for case in cases}
        masker = Masker(Engine(Settings(readers=("tesserocr",))), shots.get)
        with _timed() as spent:
            answers = list(masker.mask(cases))
    return len(cases), Counter("out" if isinstance(a, MaskedCase) else a.why for a in answers), spent.clock


@dataclass(slots=True)
class Spent:
    """Seconds on the clock, and of processor time of one process: the machine may have other work."""

    clock: float = 0.0
    processor: float = 0.0


@contextmanager
def _timed(pid: int = 0) -> Iterator[Spent]:
    spent, began, used = Spent(), time.perf_counter(), _processor_s(pid)
    yield spent
    spent.clock, spent.processor = time.perf_counter() - began, _processor_s(pid) - used


def _processor_s(pid: int) -> float:
    """Of a process (0: this one) and its threads, so far."""
    fields = Path(f"/proc/{pid or 'self'}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--label-studio", type=Path)
    parser.add_argument("--corpus", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "corpus")
    parser.add_argument("--masked", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="packs-") as name:
        folder = Path(name)
        rows: list[list[Any]] = []
        found = {"navconsole": ours(folder, asked.cases)}
        if asked.label_studio:
            found["Label Studio"] = label_studio(asked.label_studio.absolute(), folder, asked.cases)
        for tool, spent in found.items():
            cells = [f"{spent[what].clock:.1f} ({spent[what].processor:.1f})" for what in ("export", "import")]
            rows.append([tool, asked.cases, *cells, f"{asked.cases / spent['import'].clock:.0f}"])
        print(table(("tool", "cases", "export s (processor)", "import s (processor)", "imported a second"), rows))
        if len(found) == 2:
            us, them = found.values()
            for name in ("clock", "processor"):
                out = getattr(us["export"], name) / getattr(them["export"], name)
                back = getattr(them["import"], name) / getattr(us["import"], name)
                print(f"by the {name}: export {out:.3f} of Label Studio's time, import {back:.1f} times its rate")
    if asked.corpus.is_dir() and asked.masked:
        count, became, seconds = masked(asked.corpus, asked.masked)
        print(f"masked: {count} cases in {seconds:.0f} s, {count / seconds:.1f} a second; {dict(became)}")


if __name__ == "__main__":
    sys.exit(main())
