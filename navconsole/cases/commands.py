"""`navconsole export` and `navconsole import`."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from navconsole.auth.commands import data_option, json_option
from navconsole.bars import progress_bar
from navconsole.cases.exporting import (
    Prepared,
    bodies_without_pictures,
    engine_as_configured,
    manifest_for,
    prepare,
    write_document,
    write_form,
)
from navconsole.cases.files import FORMS, WHY_LEFT, counted
from navconsole.cases.importing import Author, Done, bring_in_file
from navconsole.cases.previewing import PAGE, write_preview
from navconsole.settings import ConsoleSettings
from navconsole.stop.commands import AT_THE_SHELL
from navconsole.terminal import Command, gettext, ngettext
from navconsole.versions import product_version
from navigation.case_records import CASE_STATES, CaseFilter
from navigation.engine import Engine
from navigation.errors import NavigationError
from navigation.records import AuditEvent
from navigation.settings import Settings
from navigation.store import open_store
from navigation.store.protocol import Store


@click.command(cls=Command)
@click.argument("out", type=click.Path(path_type=Path), metavar="[OUT]", required=False)
@click.option("--preview", type=click.Path(path_type=Path), metavar="DIR",
              help="Only write the masked pictures, with a page to look at them, to this folder.")  # fmt: skip
@click.option("--format", "form", type=click.Choice([*FORMS, "folder"]), default="pack", show_default=True,
              help="What to write.")  # fmt: skip
@click.option("--set", "set_name", help="Only the cases of this set.")
@click.option("--application", help="Only cases on this application.")
@click.option("--state", type=click.Choice(CASE_STATES), help="Only cases in this state.")
@click.option("--unmasked", is_flag=True, help="Leave pictures as they are: they show patients. Needs --reason.")
@click.option("--reason", help="Why pictures leave as they are; it is logged.")
@click.option("--not-a-person", "vouched", multiple=True, help="This text names nobody, although it looks like it.")
@data_option
@json_option
def export(
    out: Path | None,
    preview: Path | None,
    form: str,
    set_name: str | None,
    application: str | None,
    state: str | None,
    unmasked: bool,
    reason: str | None,
    vouched: tuple[str, ...],
    data: Path | None,
    as_json: bool,
) -> None:
    """Write cases to a file or folder, masked. Example: navconsole export login.zip --set login

    OUT ending in .zip is an archive, else a folder, which must be new; with --format json it is a file. Everything on
    a picture that the engine's verdict does not rest on is replaced. A case goes out only if the verdict is the same
    on the masked picture; the others are listed with the reason.

    With --preview DIR instead of OUT you see first what would leave: open DIR/index.html.

    Status 0: written, even where cases stay behind; 1: nothing was written.
    """
    target = _target(out, preview, form, unmasked=unmasked, reason=(reason or "").strip())
    form = "pack" if form == "folder" else form
    settings = ConsoleSettings.from_env(data=data)
    store = open_store(settings.database, create=False)
    try:
        where = CaseFilter(state=state or "", application=application or "", set_id=_set_id(store, set_name))
        kind = "none" if form == "json" else "original" if unmasked else "masked"
        manifest = manifest_for(store, set_name or application or "", kind, engine=product_version())
        if form == "json":
            bodies, left = bodies_without_pictures(store, where, is_masked=not unmasked, vouched=vouched)
            count, write = len(bodies), partial(write_document, target, manifest, bodies)
        else:
            prepared = _prepared(store, settings, where, form, kind, vouched, is_quiet=as_json)
            count, left, write = (
                len(prepared.cases),
                prepared.left,
                partial(write_form, form, target, manifest, prepared),
            )
            if preview is not None:
                write = partial(write_preview, preview, prepared)
        if preview is None:
            _refuse_empty(count, left)
        # on record before it is there: nothing leaves unseen
        details = {"cases": count, "left": len(left), "form": form, "pictures": kind}
        _log(store, "cases_previewed" if preview else "cases_exported", details, reason or "")
        try:
            write()
        except OSError as err:
            raise NavigationError("{path} cannot be written: {why}.", path=target, why=err.strerror) from err
    finally:
        store.close()
    if as_json:
        click.echo(
            json.dumps(
                {"cases": count, "left": _without_texts(left), "file": str(target)}, ensure_ascii=False, indent=2
            )
        )
    else:
        click.echo(_written(count, target, is_preview=preview is not None))
        _echo_left(left)


def _target(out: Path | None, preview: Path | None, form: str, *, unmasked: bool, reason: str) -> Path:
    """Where to write; click.UsageError for options that exclude each other, NavigationError for what is there."""
    if (out is None) == (preview is None):
        raise click.UsageError(gettext("Give OUT or --preview, one of them."))
    if preview is not None and (unmasked or form == "json"):
        raise click.UsageError(gettext("A preview shows masked pictures: leave --unmasked and --format json out."))
    if unmasked != bool(reason):
        raise click.UsageError(gettext("Give --unmasked and --reason together, or neither."))
    target = out or preview
    assert target is not None
    if target.suffix == ".zip" and (form == "folder" or preview is not None):
        raise click.UsageError(gettext("A folder's name does not end in .zip."))
    if target.exists() and (form == "json" or target.is_file() or any(target.iterdir())):
        raise NavigationError("{path} is there already; nothing was written.", path=target)
    return target


@click.command("import", cls=Command)
@click.argument("source", type=click.Path(path_type=Path), metavar="FILE_OR_FOLDER")
@click.option("--application", default="", help="The application, for formats that do not say it.")
@click.option("--judge", is_flag=True, help="Let the engine answer each case now.")
@click.option("--simulated-audit", is_flag=True,
              help="Put the labels into a sample marked as simulated; no certificate rests on it.")  # fmt: skip
@data_option
@json_option
def import_(
    source: Path, application: str, judge: bool, simulated_audit: bool, data: Path | None, as_json: bool
) -> None:
    """Bring cases in, or the results of a run of a pack. Example: navconsole import login.zip

    Read are fixture packs (zip, folder, JSON), ScreenSpot-style JSON, COCO, Label Studio JSON, the corpus format
    (cases.jsonl), and the results that pytest --navcases-results writes. Cases become attempts of a run of their own,
    labelled by you. It is all or nothing; what is here already is passed over.

    Status 0: done; 1: refused, and nothing was changed.
    """
    settings = ConsoleSettings.from_env(data=data)
    store = open_store(settings.database)
    try:
        name = getpass.getuser()
        author = Author(f"{AT_THE_SHELL}:{name}"[:36], name, f"{AT_THE_SHELL}:{name}")
        engine = partial(engine_as_configured_or_here, store) if judge else None
        with progress_bar(gettext("Bringing in"), is_quiet=as_json) as step:
            done = bring_in_file(
                store, source, author, application=application, engine=engine, simulated_audit=simulated_audit,
                progress=step,
            )  # fmt: skip
    finally:
        store.close()
    click.echo(json.dumps(_done_as_json(done), indent=2) if as_json else _said(done))


def engine_as_configured_or_here(store: Store) -> Engine:
    try:
        return engine_as_configured(store, Settings.from_env())
    except NavigationError:
        return Engine(Settings.from_env())


def _prepared(
    store: Store, settings: ConsoleSettings, where: CaseFilter, form: str, kind: str, vouched: tuple[str, ...], *,
    is_quiet: bool,
) -> Prepared:  # fmt: skip
    with progress_bar(gettext("Masking") if kind == "masked" else gettext("Copying"), is_quiet=is_quiet) as step:
        return prepare(
            store,
            where,
            form=form,
            pictures=kind,
            engine=lambda: engine_as_configured(store, Settings.from_env()),
            patient_key=settings.subkey("patient"),
            vouched=vouched,
            progress=step,
        )


def _set_id(store: Store, name: str | None) -> str:
    if name is None:
        return ""
    found = next((one.id for one in store.case_sets(None) if one.name == name), None)
    if found is None:
        raise NavigationError("There is no set of cases called {name}.", name=name)
    return found


def _written(count: int, out: Path, *, is_preview: bool) -> str:
    if not is_preview:
        return ngettext("%(num)s case written to %(out)s", "%(num)s cases written to %(out)s", count, out=out)
    return ngettext(
        "%(num)s case would go out; no file of cases was made. Open %(page)s to look at its pictures.",
        "%(num)s cases would go out; no file of cases was made. Open %(page)s to look at their pictures.",
        count, page=out / PAGE,
    )  # fmt: skip


def _refuse_empty(count: int, left: list[dict[str, str]]) -> None:
    if count == 0:
        _echo_left(left)
        raise NavigationError("No case may go out, so nothing was written.")


def _without_texts(left: list[dict[str, str]]) -> list[dict[str, str]]:
    """What stays behind and why, without the text that may name somebody: terminals and CI logs are kept."""
    return [{"id": one["id"], "why": one["why"]} for one in left]


def _echo_left(left: list[dict[str, str]]) -> None:
    for why, cases in counted(left):
        click.echo(
            ngettext("%(num)s case stays behind: %(why)s", "%(num)s cases stay behind: %(why)s", len(cases),
                     why=gettext(WHY_LEFT[why])), err=True,
        )  # fmt: skip
        for one in cases[:5]:
            click.echo(f"  {one['id']}", err=True)


def _log(store: Store, action: str, details: dict[str, Any], reason: str) -> None:
    actor = f"{AT_THE_SHELL}:{getpass.getuser()}"
    more = {"reason": reason} if reason else {}
    store.audit(AuditEvent(actor, action, "export", "", "-", "ok", details | more), datetime.now(UTC))


def _done_as_json(done: Done) -> dict[str, Any]:
    return {
        "added": done.added, "known": done.known, "pictures": done.pictures, "checked": done.checked,
        "unknown": done.unknown, "reopened": list(done.reopened),
    }  # fmt: skip


def _said(done: Done) -> str:
    if done.checked or done.unknown:
        return gettext(
            "Results noted: %(checked)s; cases re-opened: %(reopened)s; of cases that are not here: %(unknown)s",
            checked=done.checked, reopened=len(done.reopened), unknown=done.unknown,
        )  # fmt: skip
    return gettext(
        "Cases brought in: %(added)s, with new pictures: %(pictures)s; here already: %(known)s",
        added=done.added, pictures=done.pictures, known=done.known,
    )  # fmt: skip
