"""What the audit log's actions and results are called for a reader. An action that is not here is shown by its code."""

from __future__ import annotations

from collections.abc import Mapping

from navconsole.i18n import mark as _

ACTIONS: Mapping[str, str] = {
    "login": _("Log-in"),
    "link": _("Log-in by one-time link"),
    "oidc": _("Log-in by the hospital's account"),
    "oidc_logout": _("Log-out by the hospital's account"),
    "identity_set": _("Subject at the provider written down"),
    "second_factor": _("Code of the second factor"),
    "logout": _("Log-out"),
    "confirm": _("Password asked again"),
    "password_changed": _("Password changed"),
    "password_reset": _("Password taken away"),
    "second_factor_set": _("Second factor set up"),
    "second_factor_removed": _("Second factor removed"),
    "recovery_codes_made": _("Recovery codes made"),
    "sessions_ended": _("Sessions ended"),
    "user_added": _("Account added"),
    "rights_changed": _("Role or applications changed"),
    "user_disabled": _("Account disabled"),
    "user_enabled": _("Account enabled"),
    "link_made": _("One-time link made"),
    "token_made": _("Token made"),
    "backed_up": _("Backup made"),
    "restored": _("Backup restored"),
    "purged": _("Purged for good"),
    "searched": _("Searched"),
    "picture_viewed": _("Picture viewed"),
    "place_viewed": _("Remembered place viewed"),
    "place_pin": _("Remembered place pinned"),
    "place_unpin": _("Remembered place no longer pinned"),
    "place_quarantine": _("Remembered place put aside"),
    "place_release": _("Remembered place put back"),
    "place_rebuild": _("Remembered place learned anew"),
    "place_forget": _("Remembered place forgotten"),
    "policy_tried": _("Policy tried on the records"),
    "trial_cancelled": _("Trial of a policy ended"),
    "case_made": _("Case made"),
    "case_removed": _("Case taken back"),
    "case_closed": _("Re-opened case looked at"),
    "case_set_changed": _("Set of a case changed"),
    "case_set_deleted": _("Set of cases deleted"),
    "cases_exported": _("Cases exported"),
    "cases_imported": _("Cases brought in"),
    "case_results_imported": _("Results of a pack brought in"),
    "export_asked": _("Export of cases asked for"),
    "export_made": _("File of an export made"),
    "export_fetched": _("File of an export fetched"),
    "export_removed": _("Files of an export removed"),
    "audit_read": _("Audit log read"),
    "audit_exported": _("Audit log exported"),
}
RESULTS: Mapping[str, str] = {
    "ok": _("done"),
    "refused": _("refused"),
    "throttled": _("refused, too many tries"),
    "code_due": _("code asked for"),
}
ROLE_NAMES: Mapping[str, str] = {
    "viewer": _("viewer"),
    "clinician": _("clinician"),
    "engineer": _("engineer"),
    "admin": _("administrator"),
}
ROLE_MEANINGS: Mapping[str, str] = {
    "viewer": _("Looks at attempts and pictures."),
    "clinician": _("Says whether log-ins land where they should, and signs for it."),
    "engineer": _("Labels, tunes, stops robots."),
    "admin": _("All of this, and people and the audit log."),
}
