"""pytest runs a pack: `pytest --navcases PACK.zip`, one test for each case.

Loaded by pytest wherever the package is installed, so it imports nothing of ours until a pack is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from navigation.packs.running import CaseResult, Session

READERS = ("tesserocr", "pytesseract", "rapidocr")
DEFAULT_PICTURES = "navcases-failures"
MANIFEST = "manifest.json"
PROPERTY = "navcases"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("navcases", "cases exported by navconsole")
    group.addoption(
        "--navcases", action="append", default=[], metavar="PACK", help="Run the cases of this pack (zip or folder)."
    )
    group.addoption("--navcases-reader", choices=READERS, help="The text reader to use; the first that runs here.")
    group.addoption(
        "--navcases-pictures",
        default=DEFAULT_PICTURES,
        metavar="FOLDER",
        help=f"Where pictures of failed cases are written (default: {DEFAULT_PICTURES}).",
    )
    group.addoption(
        "--navcases-results", metavar="FILE", help="Write what each case came to, for `navconsole import FILE`."
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("navcases"):
        config.pluginmanager.register(Packs(config), "navcases-packs")


class Packs:
    """The packs of one run; there only when one was asked for. They alone are run unless tests are named too."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._results: list[dict[str, Any]] = []
        self._sessions: list[Session] = []
        self._paths = {_file_of(config.invocation_params.dir / name): name for name in config.getoption("navcases")}
        is_named = config.args_source is pytest.Config.ArgsSource.ARGS
        config.args = [*(config.args if is_named else ()), *map(str, self._paths)]

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if file_path.resolve() not in self._paths:
            return None
        pack: PackFile = PackFile.from_parent(parent, path=file_path)
        pack.sessions = self._sessions
        return pack

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call":
            return
        self._results += [value for name, value in report.user_properties if name == PROPERTY]  # type: ignore[misc]

    def pytest_sessionfinish(self) -> None:
        target = self._config.getoption("navcases_results")
        if target and not hasattr(self._config, "workerinput"):  # with pytest-xdist the one that hears of all
            path = self._config.invocation_params.dir / target
            _write_results(path, list(self._paths.values()), self._results)

    def pytest_unconfigure(self) -> None:
        for session in self._sessions:
            session.__exit__(None, None, None)


class PackFile(pytest.File):
    """One pack; its cases are asked of one engine, those on one picture one after the other."""

    sessions: list[Session]

    def collect(self) -> Iterator[pytest.Item]:
        from navigation.errors import NavigationError
        from navigation.packs.running import Session, in_order, readable_names

        path = self.path.parent if self.path.name == MANIFEST else self.path
        try:
            session = Session(path, reader=self.config.getoption("navcases_reader"))
        except NavigationError as err:
            raise self.CollectError(err.detail) from None
        self.sessions.append(session)
        if session.pack.manifest.pictures == "none":
            raise self.CollectError(f"{path.name} has no pictures, so it cannot be run. Export a pack with pictures.")
        names = readable_names(session.pack.cases)
        for case in in_order(session.pack.cases):
            item: CaseItem = CaseItem.from_parent(self, name=names[case.id])
            item.session_of_pack, item.case_id = session, case.id
            yield item


class CaseItem(pytest.Item):
    """One case as a test."""

    session_of_pack: Session
    case_id: str

    def runtest(self) -> None:
        result = self.session_of_pack.run(self.case_id)
        point, picture = result.answer.point_px, None
        if not result.is_right:
            picture = str(self._draw(result))
        properties = {
            "id": self.case_id,
            "right": result.is_right,
            "outcome": result.answer.outcome.value,
            "point": [point.x, point.y] if point else None,
            "picture": picture,
            "reading": self.session_of_pack.engine.pages.settings_key,
        }
        self.user_properties.append((PROPERTY, properties))
        if picture is not None:
            raise CaseFailedError(f"{result.sentence}\nExpected (green) and actual (red): {picture}")

    def _draw(self, result: CaseResult) -> Path:
        from navigation.packs.drawing import drawn

        folder: Path = self.config.invocation_params.dir / self.config.getoption("navcases_pictures")
        folder.mkdir(parents=True, exist_ok=True)
        picture = self.session_of_pack.pack.picture(result.case.picture.id)
        path = folder / f"{self.name}.png"
        path.write_bytes(drawn(result, picture.rgb.copy()))
        return path

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from navigation.errors import NavigationError

        if isinstance(excinfo.value, (CaseFailedError, NavigationError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name


class CaseFailedError(AssertionError):
    """The engine's answer is not the right one; says both, and where they are drawn."""


def _file_of(path: Path) -> Path:
    """What pytest is to collect: the archive, or the manifest of a folder."""
    if not path.exists():
        raise pytest.UsageError(f"--navcases: there is no file or folder {path}")
    return (path / MANIFEST if path.is_dir() else path).resolve()


def _write_results(path: Path, packs: list[str], found: list[dict[str, Any]]) -> None:
    import json
    from datetime import UTC, datetime

    from navigation.packs.results import RunResult, RunResults, results_to_json

    results = tuple(
        RunResult(
            case_id=one["id"],
            is_right=one["right"],
            outcome=one["outcome"],
            point=tuple(one["point"]) if one["point"] else None,
            picture=Path(one["picture"]).read_bytes() if one["picture"] else None,
        )
        for one in found
    )
    run = RunResults(
        pack=", ".join(Path(pack).name for pack in packs),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        reading=", ".join(sorted({one["reading"] for one in found})),
        results=results,
    )
    path.write_text(json.dumps(results_to_json(run), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
