"""People's labels, samples for the audit, stops, runs that wait for a person, sign-offs; lists know groups and labels.

The lists' lines get columns that come from the evidence. They are emptied here and made anew after the migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
OUTCOMES = (
    "'ok', 'wrong_screen', 'wrong_patient', 'absent', 'low_confidence', 'ambiguous', 'disabled', 'not_landed', "
    "'login_refused', 'account_locked', 'session_expired', 'needs_human', 'ocr_unavailable', 'ocr_timeout', "
    "'ocr_failed', 'vlm_unavailable', 'vlm_invalid', 'timeout', 'interrupted', 'error'"
)
CAUSES = (
    "'ocr_missed', 'misread', 'ambiguous', 'stale_cache', 'wrong_screen', 'popup', 'layout_changed', 'timing', "
    "'vlm_wrong', 'too_strict', 'too_loose', 'other'"
)
ADDED_ONLY = ("label", "audit_sample", "audit_item", "stop_event", "run_step", "signoff")


def upgrade() -> None:
    _create_tables()
    _extend_lines()
    if op.get_bind().dialect.name == "sqlite":
        for table in ADDED_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_is_added_only BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is evidence: rows are added, never edited'); END"
            )


def _extend_lines() -> None:
    op.execute("DELETE FROM attempt_summary")
    with op.batch_alter_table("attempt_summary") as batch:
        batch.add_column(sa.Column("config_id", sa.Integer(), nullable=False))
        batch.add_column(sa.Column("signature", sa.String(length=64), nullable=False))
        batch.add_column(sa.Column("reason", sa.String(length=64), nullable=True))
        batch.add_column(sa.Column("group_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("label", sa.String(length=12), nullable=True))
        batch.add_column(sa.Column("cause", sa.String(length=24), nullable=True))
        batch.create_check_constraint(
            op.f("ck_attempt_summary_label_known"), "label IN ('right', 'wrong', 'unsure', 'disputed')"
        )
        batch.create_check_constraint(op.f("ck_attempt_summary_cause_known"), f"cause IN ({CAUSES})")
        batch.create_foreign_key(op.f("fk_attempt_summary_group_id"), "attempt_group", ["group_id"], ["id"])
    for name, columns in (
        ("group_id", ["group_id", "seq"]),
        ("label", ["label", "seq"]),
        ("config_id", ["config_id", "seq"]),
        ("margin", ["margin"]),
    ):
        op.create_index(f"ix_attempt_summary_{name}", "attempt_summary", columns, unique=False)


def _create_tables() -> None:
    op.create_table(
        "audit_sample",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("strata", sa.Text(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("double_share", sa.Double(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sample")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_saved_view_owner_id_name")),
    )
    op.create_table(
        "stop_event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("is_stopped", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop_event")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stop_event_application", "stop_event", ["application", "id"], unique=False)

    op.create_table(
        "attempt_group",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("labelled", sa.Integer(), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.CheckConstraint(f"outcome IN ({OUTCOMES})", name=op.f("ck_attempt_group_outcome_known")),
        sa.CheckConstraint("labelled >= 0 AND labelled <= attempts", name=op.f("ck_attempt_group_labels_counted")),
        sa.ForeignKeyConstraint(["target_id"], ["target_seen.id"], name=op.f("fk_attempt_group_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt_group")),
        sa.UniqueConstraint(
            "target_id", "signature", "outcome", name=op.f("uq_attempt_group_target_id_signature_outcome")
        ),
    )
    op.create_index("ix_attempt_group_outcome", "attempt_group", ["outcome"], unique=False)

    op.create_table(
        "signoff",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("profile_version", sa.Integer(), nullable=False),
        sa.Column("config_id", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("signer_id", sa.String(length=36), nullable=False),
        sa.Column("signer", sa.Text(), nullable=False),
        sa.Column("signed_name", sa.Text(), nullable=False),
        sa.Column("signed_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["config_id"], ["config.id"], name=op.f("fk_signoff_config_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_signoff_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signoff")),
    )
    op.create_index("ix_signoff_application", "signoff", ["application", "flow"], unique=False)

    op.create_table(
        "user_preference",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_preference_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_preference")),
    )
    op.create_table(
        "audit_item",
        sa.Column("sample_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt_seq", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.CheckConstraint("probability > 0 AND probability <= 1", name=op.f("ck_audit_item_probability_positive")),
        sa.CheckConstraint("wanted >= 1 AND wanted <= 2", name=op.f("ck_audit_item_wanted_counted")),
        sa.ForeignKeyConstraint(["attempt_seq"], ["attempt.seq"], name=op.f("fk_audit_item_attempt_seq")),
        sa.ForeignKeyConstraint(["sample_id"], ["audit_sample.id"], name=op.f("fk_audit_item_sample_id")),
        sa.PrimaryKeyConstraint("sample_id", "position", name=op.f("pk_audit_item")),
    )
    op.create_index("ix_audit_item_attempt_seq", "audit_item", ["attempt_seq"], unique=False)

    op.create_table(
        "claim",
        sa.Column("attempt_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.ForeignKeyConstraint(["attempt_seq"], ["attempt.seq"], name=op.f("fk_claim_attempt_seq")),
        sa.PrimaryKeyConstraint("attempt_seq", name=op.f("pk_claim")),
    )
    op.create_index("ix_claim_user_id", "claim", ["user_id"], unique=False)

    op.create_table(
        "label",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("attempt_seq", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("sample_id", sa.String(length=36), nullable=True),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("place", sa.String(length=12), nullable=True),
        sa.Column("box", sa.Text(), nullable=True),
        sa.Column("is_screen_right", sa.Boolean(), nullable=True),
        sa.Column("has_landed", sa.Boolean(), nullable=True),
        sa.Column("cause", sa.String(length=24), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("folded_note", sa.Text(), nullable=False),
        sa.Column("replaces", sa.String(length=36), nullable=True),
        sa.Column("batch_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint(
            "(box IS NOT NULL) = (place IS NOT NULL AND place = 'box')", name=op.f("ck_label_box_with_place")
        ),
        sa.CheckConstraint("answer != 'withdrawn' OR replaces IS NOT NULL", name=op.f("ck_label_withdrawn_one")),
        sa.CheckConstraint("answer IN ('right', 'wrong', 'unsure', 'withdrawn')", name=op.f("ck_label_answer_known")),
        sa.CheckConstraint(f"cause IN ({CAUSES})", name=op.f("ck_label_cause_known")),
        sa.CheckConstraint("place IN ('box', 'absent')", name=op.f("ck_label_place_known")),
        sa.CheckConstraint(
            "source IN ('pointed', 'settled', 'blind', 'adjudicated')", name=op.f("ck_label_source_known")
        ),
        sa.ForeignKeyConstraint(["attempt_seq"], ["attempt.seq"], name=op.f("fk_label_attempt_seq")),
        sa.ForeignKeyConstraint(["replaces"], ["label.id"], name=op.f("fk_label_replaces")),
        sa.ForeignKeyConstraint(["sample_id"], ["audit_sample.id"], name=op.f("fk_label_sample_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_label")),
        sa.UniqueConstraint("id", name=op.f("uq_label_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_label_attempt_seq", "label", ["attempt_seq", "seq"], unique=False)
    op.create_index("ix_label_author_id", "label", ["author_id", "seq"], unique=False)
    op.create_index("ix_label_batch_id", "label", ["batch_id"], unique=False)

    op.create_table(
        "run_step",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("attempt_seq", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("author_id", sa.String(length=36), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.CheckConstraint("step IN ('taken_over', 'resumed', 'abandoned')", name=op.f("ck_run_step_step_known")),
        sa.ForeignKeyConstraint(["attempt_seq"], ["attempt.seq"], name=op.f("fk_run_step_attempt_seq")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_step_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_step")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_run_step_run_id", "run_step", ["run_id", "id"], unique=False)
