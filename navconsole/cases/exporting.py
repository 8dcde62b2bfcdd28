"""Makes the files of an export: which cases go, masked or not, in which form; and which stay behind, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from navigation.case_records import CaseFilter
from navigation.cases import NavCase
from navigation.engine import Engine
from navigation.errors import BadScreenshotError, DamagedPictureError
from navigation.imaging import Screenshot, open_screenshot
from navigation.packs.archive import write_zip
from navigation.packs.foreign import ForeignFormat, can_say, foreign_members
from navigation.packs.format import Manifest, case_from_json
from navigation.packs.masking import LeftBehind, Masker
from navigation.packs.persons import has_parameters_in, looks_personal, texts_in
from navigation.packs.writing import document, png_of, write_folder, write_members, write_pack
from navigation.patient import banner_matches
from navigation.settings import Settings, Thresholds
from navigation.store.protocol import Store

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Prepared:
    """What may go out, with its pictures as PNG by id, and what stays behind."""

    cases: list[NavCase] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict, repr=False)
    left: list[dict[str, str]] = field(default_factory=list)


def manifest_for(store: Store, name: str, pictures: Any, *, engine: str, reading: str = "") -> Manifest:
    """The manifest of an export: it is to be run with the configuration in use."""
    body = store.active_config().body
    configuration = {key: body[key] for key in ("thresholds", "language") if key in body}
    return Manifest(
        pictures, name=name, made_at=_now().isoformat(timespec="seconds"), engine=engine, reading=reading,
        configuration=configuration,
    )  # fmt: skip


def engine_as_configured(store: Store, settings: Settings) -> Engine:
    """An engine that decides as the configuration in use says, with the readers that run here."""
    body = store.active_config().body
    thresholds = Thresholds(**body["thresholds"]) if "thresholds" in body else settings.thresholds
    return Engine(replace(settings, thresholds=thresholds, language=body.get("language", settings.language)))


def prepare(
    store: Store,
    where: CaseFilter,
    *,
    form: str,
    pictures: str,
    engine: Callable[[], Engine],
    patient_key: bytes,
    vouched: Sequence[str] = (),
    progress: Progress = lambda _done, _all: None,
) -> Prepared:
    """The cases that fit the filter, with masked or original pictures.

    Args:
        store: where from.
        where: which cases; those whose label does not stand any more stay behind.
        form: one of `FORMS`.
        pictures: "masked" or "original".
        engine: makes the engine that masking is judged by, when it is needed.
        patient_key: makes the hashes of patients' identifiers, by which a run's own patient is known.
        vouched: texts that somebody says to name nobody.
        progress: told how many cases are done.
    """
    prepared = Prepared(left=[_left(case_id, "outdated") for case_id in store.outdated_cases(where)])
    cases = []
    for case_id, body in store.case_bodies(where):
        case = case_from_json(json.loads(body))
        if form in ("screenspot", "coco", "label-studio") and not can_say(form, case):  # type: ignore[arg-type]
            prepared.left.append(_left(case_id, "format"))
        else:
            cases.append(case)
    if pictures == "original":
        _as_they_are(store, cases, prepared, progress)
    else:
        _masked(store, cases, prepared, engine(), patient_key, vouched, progress)
    return prepared


def bodies_without_pictures(
    store: Store, where: CaseFilter, *, is_masked: bool, vouched: Sequence[str] = ()
) -> tuple[list[bytes], list[dict[str, str]]]:
    """The cases that fit as they are stored, for a file without pictures; and those that stay behind.

    With `is_masked`, cases whose texts may name a person stay behind.
    """
    left = [_left(case_id, "outdated") for case_id in store.outdated_cases(where)]
    bodies = []
    known = frozenset(vouched)
    for case_id, body in store.case_bodies(where):
        why, text = _named_in(json.loads(body), known) if is_masked else ("", "")
        if why:
            left.append(_left(case_id, why, text))
        else:
            bodies.append(body.encode())
    return bodies, left


def write_form(form: str, path: Path, manifest: Manifest, prepared: Prepared) -> None:
    """Write an archive, or a folder where the path does not end in .zip."""
    cases, pictures, is_zip = prepared.cases, prepared.pictures, path.suffix == ".zip"
    if form == "pack":
        (write_pack if is_zip else write_folder)(path, manifest, cases, pictures)
        return
    members = foreign_members(_foreign(form), manifest, cases, pictures)
    (write_zip if is_zip else write_members)(path, members)


def write_document(path: Path, manifest: Manifest, bodies: Sequence[bytes]) -> None:
    with path.open("wb") as file:
        for part in document(manifest, bodies):
            file.write(part)


def _foreign(form: str) -> ForeignFormat:
    assert form in ("screenspot", "coco", "label-studio")
    return form  # type: ignore[return-value]


# --- pictures -------------------------------------------------------------------------------------


def _as_they_are(store: Store, cases: Sequence[NavCase], prepared: Prepared, progress: Progress) -> None:
    for at, case in enumerate(cases, start=1):
        for picture in case.pictures:
            if picture.id not in prepared.pictures and (shot := _picture(store, picture.id)):
                prepared.pictures[picture.id] = png_of(shot.rgb)
        if all(picture.id in prepared.pictures for picture in case.pictures):
            prepared.cases.append(case)
        else:
            prepared.left.append(_left(case.id, "picture"))
        progress(at, len(cases))


def _masked(
    store: Store, cases: Sequence[NavCase], prepared: Prepared, engine: Engine, patient_key: bytes,
    vouched: Sequence[str], progress: Progress,
) -> None:  # fmt: skip
    """In groups of one run's patient, whose identifiers are looked for beside what has the form of a person's."""
    groups: dict[tuple[tuple[str, str], ...], list[NavCase]] = {}
    for case in cases:
        groups.setdefault(_patient_of(store, case), []).append(case)
    done = 0
    for keys, group in groups.items():
        masker = Masker(
            engine, lambda image_id: _picture(store, image_id), is_personal=_knows(dict(keys), patient_key),
            allowed=vouched,
        )  # fmt: skip
        for answer in masker.mask(group):
            if isinstance(answer, LeftBehind):
                prepared.left.append(_left(answer.case_id, answer.why, answer.text))
            else:
                prepared.cases.append(answer.case)
                for image_id, rgb in answer.pictures.items():
                    if image_id not in prepared.pictures:
                        prepared.pictures[image_id] = png_of(rgb)
            done += 1
            progress(done, len(cases))


def _patient_of(store: Store, case: NavCase) -> tuple[tuple[str, str], ...]:
    stored = store.case(case.id)
    attempt = store.attempt(stored.attempt_id) if stored else None
    run = store.run(attempt.start.run_id) if attempt else None
    return tuple(sorted(run.patient_keys.items())) if run and run.patient_keys else ()


def _knows(keys: Mapping[str, str], key: bytes) -> Callable[[str], bool]:
    """Whether a text holds one of the patient's identifiers, told by their hashes."""
    return lambda text: bool(keys) and bool(banner_matches([text], keys, key=key).matched)


def _picture(store: Store, image_id: str) -> Screenshot | None:
    try:
        return open_screenshot(store.blobs.read(image_id)[0])
    except (FileNotFoundError, DamagedPictureError, BadScreenshotError):
        return None


def _named_in(body: Mapping[str, Any], vouched: frozenset[str]) -> tuple[str, str]:
    if has_parameters_in(body):
        return "parameters", ""
    texts = [text for text in texts_in(body) if text not in vouched]
    if looks_personal("\n".join(texts)):
        return "personal_asked", next(text for text in texts if looks_personal(text))
    return "", ""


def _left(case_id: str, why: str, text: str = "") -> dict[str, str]:
    return {"id": case_id, "why": why, "text": text}


def _now() -> datetime:
    return datetime.now(UTC)
