"""One call of every public method of the store, for tests that try them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from navigation.alerts import KEPT, Sent
from navigation.case_records import CaseFilter, CaseSet
from navigation.ids import new_id
from navigation.place_records import PlaceChange, PlaceFilter, TrialAsked
from navigation.records import AttemptFilter, AuditEvent, AuditFilter, SavedView, VlmReply
from navigation.replays import Replayed, ReplayRun, ReplaySetting
from navigation.retention import Purge, Scope
from navigation.settings import CachePolicy
from navigation.shadow import ShadowVerdict
from navigation.store import (
    SqlStore,
)
from navigation.store.models.workflows import WorkflowRunRow
from navigation.types import Outcome
from navigation.workflow_records import NewFile, ProfileDraft
from tests.navigation.placing import a_place
from tests.navigation.store.flowing import FILED, UNTIL, a_step_on, opened_run
from tests.navigation.store.making import (
    NOW,
    a_decision,
    a_finish,
    a_label,
    a_look,
    a_message,
    a_meta,
    a_page,
    a_plan,
    a_recipient,
    a_run,
    a_sample,
    a_signoff,
    a_start,
    a_step,
    a_stop,
    an_alert,
    sha,
)
from tests.navigation.store.test_store_cases import a_case, a_check, an_export, an_import

IDLE = timedelta(minutes=30)
AN_EVENT = AuditEvent("ann", "trial")
A_VERDICT = ShadowVerdict("refuses", Outcome.AMBIGUOUS, 0.9, 0.0, None)


def _flowing(store: SqlStore) -> str:
    """The id of the run of a workflow that the store of the lock test holds."""
    with store._db.reading() as session:
        return session.scalar(select(WorkflowRunRow.run_id))  # type: ignore[return-value]


A_PURGE = Purge("purge", Scope(agent="poste-1").to_json(), "shell:ann", NOW)


def begin_shadow(store: SqlStore) -> None:
    store.begin_shadow(1, author_id="ann", author="Ann", reason="see", event=AN_EVENT)


def a_trial(**given: Any) -> TrialAsked:
    values: dict[str, Any] = {"id": new_id(), "application": "dpi", "wanted": 1, "at": NOW}
    policies = {"policy": CachePolicy(), "in_use": CachePolicy()}
    return TrialAsked(**values | policies | {"author_id": "ann", "author": "Ann"} | given)


def a_replay(**given: Any) -> ReplayRun:
    values: dict[str, Any] = {"id": new_id(), "asked": {}, "setting": ReplaySetting(), "applications": None}
    values |= {"state": "running", "total": 0, "left_out": 0, "done": 0, "counts": {}, "fence": 0}
    values |= {"leased_until": None, "taken_at": None, "taken_done": 0, "noted_at": None, "ended_at": None}
    return ReplayRun(**values | {"author_id": "ann", "author": "Ann", "created_at": NOW} | given)


def add_replay(store: SqlStore) -> None:
    """A run of which one attempt is done, and whose worker still has it."""
    run = store.add_replay(a_replay(id="replay"), AttemptFilter(), event=AN_EVENT)
    run = store.take_replay(run.id, NOW)
    (first, *_) = store.to_replay(run.id)
    store.add_replayed(run.id, run.fence, [Replayed(first.seq, first.outcome, A_VERDICT)], NOW)


A_CHANGE = PlaceChange("pin", "ann", "Ann", "why", NOW)
Act = Callable[[SqlStore], Any]

WRITES: dict[str, Act] = {
    "create_run": lambda s: s.create_run(a_run()),
    "add_screenshot": lambda s: s.add_screenshot(a_meta(sha("new"))),
    "note_reencoded": lambda s: s.note_reencoded(sha("image"), "webp", 1),
    "start_attempt": lambda s: s.start_attempt(a_start(s.attempt("started").start.run_id)),  # type: ignore[union-attr]
    "decide_attempt": lambda s: s.decide_attempt("started", a_decision(), finish=None),
    "finish_attempt": lambda s: s.finish_attempt("decided", a_finish()),
    "interrupt_unfinished": lambda s: s.interrupt_unfinished(NOW, all_undecided=True),
    "put_page": lambda s: s.put_page(a_page()),
    "put_vlm_reply": lambda s: s.put_vlm_reply(VlmReply(sha("image"), "key", "model", "{}", NOW)),
    "add_labels": lambda s: s.add_labels([a_label("started")]),
    "undo_last": lambda s: s.undo_last(author_id="ann", author="Ann", now=NOW),
    "claim": lambda s: s.claim("decided", user_id="bob", user_name="Bob", now=NOW, until=NOW + IDLE),
    "add_sample": lambda s: s.add_sample(a_sample(), AttemptFilter(), by="outcome", size=1),
    "add_unit_sample": lambda s: s.add_unit_sample(a_sample(), application="", screen="", size=1),
    "add_plan": lambda s: s.add_plan(a_plan()),
    "add_look": lambda s: s.add_look(a_look(), None, known=1),
    "set_preference": lambda s: s.set_preference(s.users()[0].id, "keys", {}),
    "save_view": lambda s: s.save_view(SavedView(new_id(), "ann", "Ann", "new", "", False, NOW)),
    "delete_view": lambda s: s.delete_view("view", "ann"),
    "add_stop": lambda s: s.add_stop(a_stop("dpi")),
    "raise_alerts": lambda s: s.raise_alerts([an_alert("gone", key="drift")], NOW),
    "hold_alert_lease": lambda s: s.hold_alert_lease("holder", NOW, NOW + IDLE),
    "gather_alerts": lambda s: s.gather_alerts([a_recipient()], None),
    "take_message": lambda s: s.take_message("mail", NOW, NOW + IDLE),
    "note_sent": lambda s: s.note_sent("message", Sent(), NOW, due_at=NOW),
    "add_message": lambda s: s.add_message(a_message()),
    "send_again": lambda s: s.send_again("given up", NOW),
    "forget_messages": lambda s: s.forget_messages(NOW + 2 * KEPT),
    "add_run_step": lambda s: s.add_run_step(a_step(s.attempt("waiting").start.run_id, "waiting")),  # type: ignore[union-attr]
    "add_run_steps": lambda s: s.add_run_steps(
        [a_step(s.attempt("waiting").start.run_id, "waiting", "resumed")]  # type: ignore[union-attr]
    ),
    "add_signoff": lambda s: s.add_signoff(a_signoff(s.attempt("started").start.run_id)),  # type: ignore[union-attr]
    "ensure_config": lambda s: s.ensure_config({"score": 0.1}, "a", "b"),
    "add_config": lambda s: s.add_config({"score": 0.2}, "a", "b"),
    "activate_config": lambda s: s.activate_config(1, seen=s.active_config().id, author="a", reason="b"),
    "begin_shadow": lambda s: (s.end_shadow(1, event=AN_EVENT), begin_shadow(s)),
    "end_shadow": lambda s: s.end_shadow(1, event=AN_EVENT),
    "add_verdict": lambda s: s.add_verdict(1, "started", A_VERDICT),
    "change_place": lambda s: s.change_place(1, A_CHANGE, seen=s.place(1).seen, event=AuditEvent("a", "b")),  # type: ignore[union-attr]
    "rebuild_place": lambda s: s.rebuild_place(
        1,
        a_place(2),
        A_CHANGE,
        verified_at=NOW,
        seen=s.place(1).seen,
        event=AuditEvent("a", "b"),  # type: ignore[union-attr]
    ),
    "start_trial": lambda s: s.start_trial(a_trial(at=NOW + IDLE), version=1, event=AuditEvent("a", "b")),
    "note_trial": lambda s: s.note_trial("trial", 1, 2, NOW),
    "end_trial": lambda s: s.end_trial("trial", "done", NOW, counts={}),
    "add_replay": lambda s: s.add_replay(a_replay(), AttemptFilter(), event=AN_EVENT),
    "take_replay": lambda s: s.take_replay("replay", NOW + IDLE),
    "add_replayed": lambda s: s.add_replayed("replay", 1, [], NOW),
    "end_replay": lambda s: s.end_replay("replay", 1, "paused", NOW),
    "change_replay": lambda s: s.change_replay("replay", "paused", NOW, event=AN_EVENT),
    "add_user": lambda s: s.add_user(name="bob", role="admin", password_hash=None),
    "set_password": lambda s: s.set_password(s.users()[0].id, "hash"),
    "clear_password": lambda s: s.clear_password(s.users()[0].id),
    "set_rights": lambda s: s.set_rights(s.users()[0].id, "admin", None),
    "set_active": lambda s: s.set_active(s.users()[0].id, True),
    "set_language": lambda s: s.set_language(s.users()[0].id, "fr"),
    "end_sessions": lambda s: s.end_sessions(s.users()[0].id),
    "put_second_factor": lambda s: s.put_second_factor(s.users()[0].id, "k", step=1, code_hashes=["c"], now=NOW),
    "remove_second_factor": lambda s: s.remove_second_factor(s.users()[0].id),
    "set_identity": lambda s: s.set_identity(s.users()[0].id, "issuer", "other"),
    "use_step": lambda s: s.use_step(s.users()[0].id, 2),
    "put_recovery_codes": lambda s: s.put_recovery_codes(s.users()[0].id, ["d"]),
    "use_recovery_code": lambda s: s.use_recovery_code(s.users()[0].id, "c", NOW),
    "add_one_time_link": lambda s: s.add_one_time_link(s.users()[0].id, "link", NOW),
    "use_one_time_link": lambda s: s.use_one_time_link("link", NOW),
    "open_session": lambda s: s.open_session(s.users()[0].id, "new", NOW, "source"),
    "close_session": lambda s: s.close_session("session"),
    "end_every_session": lambda s: s.end_every_session(),
    "begin_purge": lambda s: s.begin_purge(replace(A_PURGE, id="another")),
    "end_purge": lambda s: s.end_purge("purge", {"attempts": 1}, NOW),
    "purge_some": lambda s: s.purge_some(Scope(agent="poste-1"), NOW),
    "remove_doomed": lambda s: s.remove_doomed(),
    "remove_unowned": lambda s: s.remove_unowned(datetime.now(UTC) + IDLE),
    "give_room_back": lambda s: s.give_room_back(),
    "end_provided": lambda s: s.end_provided(
        "issuer", subject="ann", session="", token_id="1", expires_at=NOW, now=NOW
    ),
    "note_login_failure": lambda s: s.note_login_failure("ann", "source", NOW),
    "clear_login_failures": lambda s: s.clear_login_failures("ann"),
    "add_token": lambda s: s.add_token(name="n", secret="x", scopes=[], applications=None, expires_at=None),
    "revoke_token": lambda s: s.revoke_token(s.tokens()[0].id, NOW),
    "audit": lambda s: s.audit(AuditEvent("ann", "view"), NOW),
    "put_case": lambda s: s.put_case(a_case("started")),
    "remove_case": lambda s: s.remove_case("case"),
    "close_case": lambda s: s.close_case("case"),
    "add_case_set": lambda s: s.add_case_set(CaseSet(new_id(), "new", "ann", "Ann", NOW)),
    "put_in_set": lambda s: s.put_in_set("set", ["case"]),
    "take_out_of_set": lambda s: s.take_out_of_set("set", "case"),
    "delete_case_set": lambda s: s.delete_case_set("set"),
    "add_checks": lambda s: s.add_checks([a_check("case")]),
    "add_export": lambda s: s.add_export(an_export(), event=AuditEvent("ann", "x")),
    "change_export": lambda s: s.change_export(an_export(id="export", state="removed"), was="asked"),
    "add_files": lambda s: s.add_files([NewFile("profile", "x", "", "profile: x")], author="a", at=NOW, event=FILED),
    "put_profile_draft": lambda s: s.put_profile_draft(ProfileDraft("ann", "dpi", {}, NOW)),
    "drop_profile_draft": lambda s: s.drop_profile_draft("ann", "dpi"),
    "open_workflow_run": lambda s: opened_run(s, machine="another"),
    "hold_workflow_run": lambda s: s.hold_workflow_run(_flowing(s), "agent", now=NOW, until=UNTIL),
    "keep_lease": lambda s: s.keep_lease(_flowing(s), 1, now=NOW, until=UNTIL),
    "advance_workflow_run": lambda s: s.advance_workflow_run(
        a_step_on(s.workflow_run(_flowing(s))),  # type: ignore[arg-type]
        1,
        until=UNTIL,
    ),
    "interrupt_lapsed": lambda s: s.interrupt_lapsed(UNTIL),
    "bring_in": lambda s: s.bring_in(an_import(s, 1), event=AuditEvent("ann", "x")),
}
READS: dict[str, Act] = {
    "run": lambda s: s.run(s.attempt("started").start.run_id),  # type: ignore[union-attr]
    "screenshot": lambda s: s.screenshot(sha("image")),
    "screenshots_to_reencode": lambda s: s.screenshots_to_reencode(),
    "attempt": lambda s: s.attempt("finished"),
    "list_attempts": lambda s: s.list_attempts(AttemptFilter()).rows,
    "count_attempts": lambda s: s.count_attempts(AttemptFilter()).total,
    "facet_values": lambda s: s.facet_values(AttemptFilter())["application"],
    "following": lambda s: s.following("started", AttemptFilter()),
    "neighbours": lambda s: s.neighbours("started", AttemptFilter())[0],
    "page": lambda s: s.page(sha("image"), "none") is None,
    "pages_of": lambda s: s.pages_of(sha("image")) == [],
    "readings_of": lambda s: s.readings_of(sha("image")) == [],
    "run_attempts": lambda s: s.run_attempts(s.attempt("started").start.run_id),  # type: ignore[union-attr]
    "run_around": lambda s: s.run_around(s.attempt("started").start.run_id, 1),  # type: ignore[union-attr]
    "earlier": lambda s: s.earlier(s.attempt("started").seq),  # type: ignore[union-attr]
    "vlm_reply": lambda s: s.vlm_reply(sha("image"), "none") is None,
    "vlm_replies_of": lambda s: s.vlm_replies_of(sha("image")) == [],
    "groups": lambda s: s.groups(AttemptFilter()),
    "group": lambda s: s.group(1),
    "group_of": lambda s: s.group_of("finished"),
    "group_days": lambda s: s.group_days([1], since=NOW)[1],
    "facets": lambda s: s.facets(AttemptFilter(), ["label"])["label"].values,
    "saved_views": lambda s: s.saved_views("ann"),
    "labels_of": lambda s: s.labels_of("decided"),
    "settled": lambda s: s.settled("decided").answer,
    "last_label_of": lambda s: s.last_label_of("ann"),
    "claim_on": lambda s: s.claim_on("started", NOW),
    "next_unlabelled": lambda s: s.next_unlabelled(1, user_id="ann", now=NOW),
    "samples": lambda s: s.samples(),
    "sample": lambda s: s.sample("sample"),
    "sample_progress": lambda s: s.sample_progress("sample", None).cases,
    "next_in_sample": lambda s: s.next_in_sample("sample", user_id="ann", applications=None, now=NOW),
    "due_in_samples": lambda s: s.due_in_samples("finished", "ann"),
    "kept_from": lambda s: s.kept_from("ann", ["finished"]),
    "blind_pairs": lambda s: s.blind_pairs(None) == [],
    "purges": lambda s: s.purges(),
    "covered": lambda s: s.covered(Scope(agent="poste-1")),
    "covered_attempts": lambda s: s.covered_attempts(Scope(agent="poste-1")),
    "empty_log": lambda s: s.empty_log() is False,
    "plans": lambda s: s.plans(),
    "plan": lambda s: s.plan("plan"),
    "looks": lambda s: s.looks(),
    "certificates": lambda s: s.certificates(),
    "searches": lambda s: s.searches(""),
    "searched_pictures": lambda s: s.searched_pictures("dpi"),
    "packed_pages": lambda s: s.packed_pages(sha("image")) == {},
    "packed_pages_of": lambda s: s.packed_pages_of([sha("image")]),
    "audited": lambda s: s.audited("sample"),
    "seen_since": lambda s: s.seen_since("", "", NOW)[1],
    "preferences": lambda s: s.preferences("nobody") == {},
    "stops_in_force": lambda s: s.stops_in_force(),
    "has_alerts": lambda s: s.has_alerts(),
    "has_message": lambda s: s.has_message("mail", NOW),
    "alert_messages": lambda s: s.alert_messages(),
    "count_given_up": lambda s: s.count_given_up(),
    "stop_events": lambda s: s.stop_events(),
    "run_standing": lambda s: s.run_standing(s.attempt("waiting").start.run_id),  # type: ignore[union-attr]
    "run_steps_at": lambda s: s.run_steps_at("ann", NOW) == [],
    "run_steps": lambda s: s.run_steps("none") == [],
    "waiting_runs": lambda s: s.waiting_runs(since=NOW, applications=None),
    "count_waiting": lambda s: s.count_waiting(since=NOW, applications=None),
    "known_applications": lambda s: s.known_applications(None),
    "day_counts": lambda s: s.day_counts(since=NOW.date(), applications=None),
    "anchor_counts": lambda s: s.anchor_counts(since=NOW.date(), applications=None) == [],
    "activations": lambda s: s.activations(since=NOW),
    "stage_timings": lambda s: s.stage_timings(applications=None),
    "open_work": lambda s: s.open_work(user_id="ann", now=NOW, applications=None),
    "login_flows": lambda s: s.login_flows(None) == [],
    "login_flow": lambda s: s.login_flow("none") is None,
    "flow_steps": lambda s: s.flow_steps("none") == [],
    "flow_answers": lambda s: s.flow_answers("none") == [],
    "objections": lambda s: s.objections("dpi", "tour") == [],
    "last_signoff": lambda s: s.last_signoff("dpi", "tour") is None,
    "signoff_of": lambda s: s.signoff_of("none") is None,
    "profile_version": lambda s: s.profile_version("dpi") == 1,
    "active_config": lambda s: s.active_config(),
    "config": lambda s: s.config(1),
    "configs": lambda s: s.configs(),
    "chosen_config": lambda s: s.chosen_config(),
    "running_shadow": lambda s: s.running_shadow(),
    "shadows": lambda s: s.shadows(),
    "verdict_counts": lambda s: s.verdict_counts(1, None).judged,
    "verdicts_that_differ": lambda s: s.verdicts_that_differ(1, None),
    "places": lambda s: s.places(PlaceFilter(NOW)).rows,
    "place_tally": lambda s: s.place_tally(PlaceFilter(NOW)).total,
    "place": lambda s: s.place(1),
    "place_patch": lambda s: s.place_patch(1),
    "place_changes": lambda s: s.place_changes(s.place(1)) == [],  # type: ignore[arg-type]
    "trial": lambda s: s.trial("trial"),
    "trials": lambda s: s.trials("dpi"),
    "unfinished_trial": lambda s: s.unfinished_trial(),
    "replay": lambda s: s.replay("replay"),
    "replays": lambda s: s.replays(),
    "to_replay": lambda s: s.to_replay("replay"),
    "replayed": lambda s: s.replayed("replay", None),
    "replayed_attempt": lambda s: s.replayed_attempt("replay", "finished"),
    "user": lambda s: s.user(s.users()[0].id),
    "sessions_of": lambda s: s.sessions_of(s.users()[0].id, NOW, idle=IDLE, absolute=IDLE),
    "second_factor": lambda s: s.second_factor(s.users()[0].id),
    "user_by_identity": lambda s: s.user_by_identity("issuer", "ann"),
    "identity_of": lambda s: s.identity_of(s.users()[0].id, "issuer"),
    "second_factor_owners": lambda s: s.second_factor_owners(),
    "user_by_name": lambda s: s.user_by_name("ann"),
    "count_users": lambda s: s.count_users(),
    "users": lambda s: s.users(),
    "one_time_link": lambda s: s.one_time_link("link", NOW) is None,
    # These two also note when they were last used; that is put off while the database is locked.
    "session": lambda s: s.session("session", NOW + IDLE / 2, idle=IDLE, absolute=IDLE),
    "token": lambda s: s.token("token", NOW),
    "login_failures": lambda s: s.login_failures("ann", "source", NOW) == (0, 0),
    "tokens": lambda s: s.tokens(),
    "audit_events": lambda s: s.audit_events(),
    "verify_audit": lambda s: s.verify_audit(),
    "audit_entries": lambda s: s.audit_entries(AuditFilter()),
    "case": lambda s: s.case("case"),
    "case_of_attempt": lambda s: s.case_of_attempt("decided"),
    "cases": lambda s: s.cases(CaseFilter()),
    "count_cases": lambda s: s.count_cases(CaseFilter()),
    "case_bodies": lambda s: s.case_bodies(CaseFilter()),
    "outdated_cases": lambda s: s.outdated_cases(CaseFilter()) == [],
    "case_sets": lambda s: s.case_sets(None),
    "checks_of": lambda s: s.checks_of("case") == [],
    "export": lambda s: s.export("export"),
    "exports": lambda s: s.exports(),
    "known_cases": lambda s: s.known_cases(["case"]),
    "newest_file": lambda s: s.newest_file("workflow", "dpi", "tour"),
    "file_of_version": lambda s: s.file_of_version("profile", "dpi", "", 1),
    "file_by_id": lambda s: s.file_by_id("workflow", 1),
    "newest_files": lambda s: s.newest_files("workflow", None),
    "file_versions": lambda s: s.file_versions("workflow", "dpi", "tour"),
    "profile_draft": lambda s: s.profile_draft("ann", "dpi") is None,
    "captures": lambda s: s.captures("dpi"),
    "workflow_run": lambda s: s.workflow_run(_flowing(s)),
    "workflow_told": lambda s: s.workflow_told(_flowing(s)),
    "workflow_answers": lambda s: s.workflow_answers(_flowing(s)) == [],
    "instruction_told": lambda s: s.instruction_told(_flowing(s), 1)[0],
    "known_pictures": lambda s: s.known_pictures([sha("image")]),
}
