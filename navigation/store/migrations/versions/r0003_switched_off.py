"""An attempt may end as `disabled`: the control is there and drawn as switched off.

The lists of known outcomes stand in four tables' checks, which SQLite changes by making the table anew. No other table
refers to these four. Their rows are copied, and rows of evidence stay protected from edits.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OUTCOMES = (
    "'ok', 'wrong_screen', 'wrong_patient', 'absent', 'low_confidence', 'ambiguous', 'disabled', 'not_landed', "
    "'login_refused', 'account_locked', 'session_expired', 'needs_human', 'ocr_unavailable', 'ocr_timeout', "
    "'ocr_failed', 'vlm_unavailable', 'vlm_invalid', 'timeout', 'interrupted', 'error'"
)
EVIDENCE = ("attempt_decision", "attempt_finish")
LISTS = ("attempt_tally", "attempt_summary")


def upgrade() -> None:
    for table in (*EVIDENCE, *LISTS):
        known = OUTCOMES if table in EVIDENCE else f"{OUTCOMES}, 'running'"
        name = op.f(f"ck_{table}_outcome_known")
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(name, type_="check")
            batch.create_check_constraint(name, f"outcome IN ({known})")
    if op.get_bind().dialect.name == "sqlite":
        for table in EVIDENCE:  # a table made anew has lost its trigger
            op.execute(
                f"CREATE TRIGGER {table}_is_added_only BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is evidence: rows are added, never edited'); END"
            )
