"""`navconsole tune …`: declare what is to be certified, look at the labels, draw those that are missing."""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from navconsole.auth.commands import data_option, json_option, opened
from navconsole.terminal import Group, gettext
from navconsole.tuning import saying
from navconsole.tuning.grids import DEFAULT_MARGINS, DEFAULT_SCORES, parse_axis
from navconsole.tuning.looking import audited_for, draw_for, samples_for, standings, take_look
from navconsole.tuning.sweeping import sweep_store
from navconsole.tuning.words import FAULTS
from navigation.certificates import MODES, PROCEDURES, Plan, faults_of
from navigation.ids import new_id
from navigation.records import AttemptFilter, AuditEvent
from navigation.sampling import MAX_SIZE
from navigation.store.protocol import Store

AT_THE_SHELL = "shell"
NO_PROMISE = "none"
SEPARATE = 2  # processes that count; more do not help, the database is read by one
Item = TypeVar("Item")


class Axis(click.ParamType[tuple[float, ...]]):
    """Numbers 0..1: "0.8,0.9", or "0.80:0.99:0.01" for from, to and step."""

    name = "axis"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if not isinstance(value, str):
            return tuple(value)
        try:
            return parse_axis(value)
        except ValueError:
            problem = gettext("“%(text)s” is no list of numbers from 0 to 1, such as 0.8,0.9 or 0.80:0.99:0.01.",
                              text=value)  # fmt: skip
            self.fail(problem, param, ctx)


scores_option = click.option("--scores", type=Axis(), help="Score limits to try, such as 0.80:0.99:0.01.")
margins_option = click.option("--margins", type=Axis(), help="Margins to try, such as 0.02,0.05,0.08.")


@click.group(cls=Group)
def tune() -> None:
    """Score and margin with a certificate. Example: navconsole tune plan --application dpi --alpha 0.05"""


@tune.command("plan")
@data_option
@json_option
@click.option("--application", default="", help="What it is for; every application when not given.")
@click.option("--screen", default="", help="Only this screen of the application.")
@click.option("--alpha", type=float, required=True, help="Most wrong presses among targets that are there, 0 to 1.")
@click.option(
    "--alpha-absent",
    help="Most presses among targets that are not there; as --alpha when not given, “none” to promise nothing.",
)
@click.option("--delta", type=float, default=0.05, show_default=True, help="Chance of a wrong promise, 0 to 1.")
@scores_option
@margins_option
@click.option("--procedure", type=click.Choice(PROCEDURES), default="multi_start", show_default=True, help="The test.")
@click.option(
    "--mode", type=click.Choice(MODES), default="frozen", show_default=True, help="Look once, or as labels come."
)
@click.option("--note", default="", help="Why, in a few words.")
def tune_plan(
    data: Path | None,
    as_json: bool,
    application: str,
    screen: str,
    alpha: float,
    alpha_absent: str | None,
    delta: float,
    scores: tuple[float, ...] | None,
    margins: tuple[float, ...] | None,
    procedure: str,
    mode: str,
    note: str,
) -> None:
    """Declare what is to be certified, before any label is looked at. It is never changed afterwards.

    Example: navconsole tune plan --application dpi --alpha 0.05 --mode growing
    """
    plan = Plan(
        id=new_id(),
        application=application,
        screen=screen,
        alpha=alpha,
        alpha_absent=_absent(alpha, alpha_absent),
        delta=delta,
        scores=scores or DEFAULT_SCORES,
        margins=margins or DEFAULT_MARGINS,
        procedure=procedure,  # type: ignore[arg-type]
        mode=mode,  # type: ignore[arg-type]
        note=note,
        author=getpass.getuser(),
        created_at=datetime.now(UTC),
    )
    faults = faults_of(plan)
    if faults:
        raise click.UsageError(" ".join(gettext(FAULTS[fault]) for fault in faults))
    with opened(data) as (store, _settings):
        store.add_plan(plan)
        _audit(store, "certificate_planned", plan.id, plan.created_at)
    if as_json:
        click.echo(_json(saying.plan_as_json(plan)))
        return
    click.echo(gettext("Declared. Look at the labels with “navconsole tune look %(id)s”.", id=plan.id))
    click.echo("\n".join(saying.plan_lines(plan)))


@tune.command("plans")
@data_option
@json_option
def tune_plans(data: Path | None, as_json: bool) -> None:
    """What was declared, newest first."""
    with opened(data) as (store, _settings):
        plans = store.plans()
    if as_json:
        click.echo(_json([saying.plan_as_json(plan) for plan in plans]))
        return
    for plan in plans:
        click.echo(f"{plan.id}  {saying.moment(plan.created_at)}  {plan.author}  {plan.note}")
        click.echo("\n".join(f"    {line}" for line in saying.plan_lines(plan)))


@tune.command("look")
@data_option
@json_option
@click.argument("plan_id", metavar="PLAN")
@click.pass_context
def tune_look(ctx: click.Context, data: Path | None, as_json: bool, plan_id: str) -> None:
    """Look at the audit's labels as the plan declared. Example: navconsole tune look 0199…

    Status 0: certified; 1: not, and how many labels are missing. The look is kept either way, but for one that could
    not certify whatever the labels say: that one spends nothing.
    """
    with opened(data) as (store, _settings):
        plan = _plan(store, plan_id)
        drawn = sum(
            stratum.drawn for sample in samples_for(store, plan.application, plan.screen) for stratum in sample.strata
        )
        now = datetime.now(UTC)
        with _bar(gettext("Reading labels"), drawn, is_shown=not as_json) as advance:
            attempts = _told(audited_for(store, plan.application, plan.screen), advance)
            taken = take_look(store, plan, attempts, author=getpass.getuser(), now=now)
        if taken.is_new and taken.look is not None:
            _audit(store, "certificate_looked", taken.look.id, now)
    click.echo(_json(saying.taken_as_json(taken)) if as_json else "\n".join(saying.taken_lines(taken)))
    ctx.exit(int(taken.certificate is None))


@tune.command("draw")
@data_option
@json_option
@click.argument("plan_id", metavar="PLAN")
@click.option("--size", type=click.IntRange(1, MAX_SIZE), required=True, help="How many to label.")
def tune_draw(data: Path | None, as_json: bool, plan_id: str, size: int) -> None:
    """Draw targets that no audit has, into a sample to be labelled. Example: navconsole tune draw 0199… --size 63"""
    now = datetime.now(UTC)
    with opened(data) as (store, settings):
        sample = draw_for(store, _plan(store, plan_id), size, author=getpass.getuser(), now=now)
        _audit(store, "sample_drawn", sample.id, now, kind="sample")
        address = f"{settings.base_url}/review/audit/{sample.id}"
    drawn = sum(stratum.drawn for stratum in sample.strata)
    if as_json:
        click.echo(_json({"sample": sample.id, "drawn": drawn, "address": address}))
        return
    if drawn < size:
        click.echo(gettext("Only %(drawn)s are left that no audit has; these are drawn.", drawn=drawn))
    click.echo(gettext("%(drawn)s to label, at %(address)s", drawn=drawn, address=address))


@tune.command("certificates")
@data_option
@json_option
@click.pass_context
def tune_certificates(ctx: click.Context, data: Path | None, as_json: bool) -> None:
    """What was certified, newest first, and whether it still holds. Status 1: one of them holds no more."""
    with opened(data) as (store, _settings):
        found = standings(store)
    if as_json:
        click.echo(_json([saying.standing_as_json(one) for one in found]))
    elif not found:
        click.echo(gettext("Nothing was certified yet."))
    else:
        click.echo("\n\n".join("\n".join(saying.standing_lines(one)) for one in found))
    ctx.exit(int(any(one.ended for one in found)))


@tune.command("sweep")
@data_option
@json_option
@click.option("--application", default="", help="Attempts on this application; on every one when not given.")
@scores_option
@margins_option
def tune_sweep(
    data: Path | None,
    as_json: bool,
    application: str,
    scores: tuple[float, ...] | None,
    margins: tuple[float, ...] | None,
) -> None:
    """How many stored attempts each setting would have pressed. Example: navconsole tune sweep --application dpi

    From what attempts kept of their candidates; no label is looked at and nothing is certified.
    """
    axes = scores or DEFAULT_SCORES[::3], margins or DEFAULT_MARGINS
    with opened(data) as (store, _settings), ProcessPoolExecutor(min(SEPARATE, os.cpu_count() or 1)) as executor:
        known = store.count_attempts(AttemptFilter(application=application)).total
        with _bar(gettext("Counting"), known, is_shown=not as_json) as advance:
            done = 0

            def advance_to(count: int) -> None:
                nonlocal done
                advance(count - done)
                done = count

            found = sweep_store(store, application, *axes, executor=executor, on_done=advance_to)
    click.echo(_json(saying.sweep_as_json(found)) if as_json else "\n".join(saying.sweep_lines(found)))


def _absent(alpha: float, given: str | None) -> float | None:
    if given is None:
        return alpha
    if given == NO_PROMISE:
        return None
    try:
        return float(given)
    except ValueError:
        problem = FAULTS["alpha"]
        raise click.UsageError(gettext(problem)) from None


def _plan(store: Store, plan_id: str) -> Plan:
    plan = store.plan(plan_id)
    if plan is None:
        problem = gettext("No plan here has the id %(id)s; “navconsole tune plans” lists them.", id=plan_id)
        raise click.UsageError(problem)
    return plan


def _audit(store: Store, deed: str, object_id: str, now: datetime, *, kind: str = "certificate") -> None:
    store.audit(AuditEvent(f"{AT_THE_SHELL}:{getpass.getuser()}", deed, kind, object_id), now)


def _told(items: Iterator[Item], advance: Any) -> Iterator[Item]:
    for item in items:
        advance(1)
        yield item


@contextmanager
def _bar(title: str, total: int, *, is_shown: bool) -> Iterator[Any]:
    """A progress bar on a terminal's error output; gives what moves it on."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not (is_shown and sys.stderr.isatty())) as bar:
        task = bar.add_task(title, total=total)
        yield lambda count: bar.advance(task, count)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
