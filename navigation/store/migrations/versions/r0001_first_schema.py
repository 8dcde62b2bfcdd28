"""The first schema: runs, attempts in three steps, pictures, readings, lists, knowledge, accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)

# Evidence, configurations and the log of who did what are added to and never edited.
ADDED_ONLY = (
    "run",
    "attempt",
    "attempt_decision",
    "attempt_finish",
    "ocr_page",
    "config",
    "config_activation",
    "app_profile",
    "vlm_reply",
    "audit_event",
    "instance",
)
OUTCOMES = (
    "'ok', 'wrong_screen', 'wrong_patient', 'absent', 'low_confidence', 'ambiguous', 'not_landed', "
    "'login_refused', 'account_locked', 'session_expired', 'needs_human', 'ocr_unavailable', 'ocr_timeout', "
    "'ocr_failed', 'vlm_unavailable', 'vlm_invalid', 'timeout', 'interrupted', 'error'"
)
FIXED_OF_SCREENSHOT = "id, width, height, received_format, received_bytes, created_at"


def upgrade() -> None:
    _create_tables()
    if op.get_bind().dialect.name == "sqlite":
        _forbid_edits_in_sqlite()


def _forbid_edits_in_sqlite() -> None:
    for table in ADDED_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_is_added_only BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is evidence: rows are added, never edited'); END"
        )
    op.execute(
        f"CREATE TRIGGER screenshot_is_fixed BEFORE UPDATE OF {FIXED_OF_SCREENSHOT} ON screenshot "
        "BEGIN SELECT RAISE(ABORT, 'a picture is evidence: only the form of its file may change'); END"
    )


def _create_tables() -> None:
    op.create_table(
        "app_profile",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_app_profile_version_counted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_profile")),
        sa.UniqueConstraint("application", "version", name=op.f("uq_app_profile_application_version")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_event_object_id", "audit_event", ["object_id", "id"], unique=False)
    op.create_table(
        "cache_entry",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("profile_version", sa.Integer(), nullable=False),
        sa.Column("screen_signature", sa.String(length=128), nullable=False),
        sa.Column("target_key", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("scale", sa.Double(), nullable=False),
        sa.Column("x_norm", sa.Double(), nullable=False),
        sa.Column("y_norm", sa.Double(), nullable=False),
        sa.Column("patch", sa.LargeBinary(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("contradictions", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_verified_at", TIME, nullable=True),
        sa.Column("quarantined_at", TIME, nullable=True),
        sa.CheckConstraint("hits >= 0 AND misses >= 0 AND contradictions >= 0", name=op.f("ck_cache_entry_counted")),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_cache_entry_size_positive")),
        sa.CheckConstraint("scale > 0", name=op.f("ck_cache_entry_scale_positive")),
        sa.CheckConstraint("x_norm >= 0 AND x_norm <= 1", name=op.f("ck_cache_entry_x_norm_unit")),
        sa.CheckConstraint("y_norm >= 0 AND y_norm <= 1", name=op.f("ck_cache_entry_y_norm_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cache_entry")),
        sa.UniqueConstraint(
            "application",
            "profile_version",
            "screen_signature",
            "target_key",
            "width",
            "height",
            "scale",
            name="uq_cache_entry_place",
        ),
    )
    op.create_table(
        "config",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_config")),
        sa.UniqueConstraint("body_hash", name=op.f("uq_config_body_hash")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "instance",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("only = 1", name=op.f("ck_instance_only_one")),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_instance")),
    )
    op.create_table(
        "login_failure",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name_hash", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failure")),
    )
    op.create_index("ix_login_failure_name_hash_at", "login_failure", ["name_hash", "at"], unique=False)
    op.create_index("ix_login_failure_source_at", "login_failure", ["source", "at"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("patient_keys", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_table(
        "screenshot",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("received_format", sa.String(length=16), nullable=False),
        sa.Column("received_bytes", sa.Integer(), nullable=False),
        sa.Column("stored_format", sa.String(length=16), nullable=False),
        sa.Column("stored_bytes", sa.Integer(), nullable=False),
        sa.Column("is_reencoded", sa.Boolean(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("length(id) = 64", name=op.f("ck_screenshot_id_sha256")),
        sa.CheckConstraint("received_bytes > 0 AND stored_bytes > 0", name=op.f("ck_screenshot_bytes_positive")),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("ck_screenshot_size_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screenshot")),
    )
    op.create_index("ix_screenshot_is_reencoded", "screenshot", ["is_reencoded"], unique=False)
    op.create_table(
        "target_seen",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('clickable', 'field')", name=op.f("ck_target_seen_kind_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_seen")),
        sa.UniqueConstraint("key", name=op.f("uq_target_seen_key")),
    )
    op.create_index("ix_target_seen_application_screen", "target_seen", ["application", "screen"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("applications", sa.Text(), nullable=True),
        sa.Column("expires_at", TIME, nullable=True),
        sa.Column("last_used_at", TIME, nullable=True),
        sa.Column("revoked_at", TIME, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_token_secret_hash")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("applications", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.CheckConstraint("language IN ('fr', 'en')", name=op.f("ck_user_language_known")),
        sa.CheckConstraint("role IN ('viewer', 'clinician', 'engineer', 'admin')", name=op.f("ck_user_role_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("name_key", name=op.f("uq_user_name_key")),
    )
    op.create_table(
        "attempt",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("target_text", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.String(length=16), nullable=False),
        sa.Column("action", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("before_id", sa.String(length=64), nullable=False),
        sa.Column("wants_after", sa.Boolean(), nullable=False),
        sa.Column("config_id", sa.Integer(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.CheckConstraint("target_kind IN ('clickable', 'field')", name=op.f("ck_attempt_target_kind_known")),
        sa.CheckConstraint("expires_at >= started_at", name=op.f("ck_attempt_expires_after_start")),
        sa.ForeignKeyConstraint(["before_id"], ["screenshot.id"], name=op.f("fk_attempt_before_id")),
        sa.ForeignKeyConstraint(["config_id"], ["config.id"], name=op.f("fk_attempt_config_id")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_attempt_run_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_attempt")),
        sa.UniqueConstraint("id", name=op.f("uq_attempt_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_attempt_before_id", "attempt", ["before_id"], unique=False)
    op.create_table(
        "attempt_tally",
        sa.Column("target_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint("method IN ('cache', 'ocr', 'vlm', 'none')", name=op.f("ck_attempt_tally_method_known")),
        sa.CheckConstraint(
            f"outcome IN ({OUTCOMES}, 'running')",
            name=op.f("ck_attempt_tally_outcome_known"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_attempt_tally_attempts_counted")),
        sa.ForeignKeyConstraint(["target_id"], ["target_seen.id"], name=op.f("fk_attempt_tally_target_id")),
        sa.PrimaryKeyConstraint("target_id", "outcome", "method", name=op.f("pk_attempt_tally")),
    )
    op.create_table(
        "config_activation",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("config_id", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("activated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["config_id"], ["config.id"], name=op.f("fk_config_activation_config_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_config_activation")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ocr_page",
        sa.Column("image_id", sa.String(length=64), nullable=False),
        sa.Column("settings_key", sa.String(length=200), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["screenshot.id"], name=op.f("fk_ocr_page_image_id")),
        sa.PrimaryKeyConstraint("image_id", "settings_key", name=op.f("pk_ocr_page")),
    )
    op.create_table(
        "one_time_link",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("used_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_one_time_link_user_id")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_one_time_link")),
    )
    op.create_index(op.f("ix_one_time_link_user_id"), "one_time_link", ["user_id"], unique=False)
    op.create_table(
        "web_session",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_web_session_user_id")),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_web_session")),
    )
    op.create_index(op.f("ix_web_session_user_id"), "web_session", ["user_id"], unique=False)
    op.create_table(
        "attempt_decision",
        sa.Column("attempt_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("verify_before", sa.LargeBinary(), nullable=True),
        sa.Column("grounding", sa.LargeBinary(), nullable=True),
        sa.Column("method", sa.String(length=8), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("margin", sa.Double(), nullable=True),
        sa.Column("point_x_norm", sa.Double(), nullable=True),
        sa.Column("point_y_norm", sa.Double(), nullable=True),
        sa.Column("timings", sa.Text(), nullable=False),
        sa.Column("decided_at", TIME, nullable=False),
        sa.CheckConstraint("method IN ('cache', 'ocr', 'vlm')", name=op.f("ck_attempt_decision_method_known")),
        sa.CheckConstraint(
            f"outcome IN ({OUTCOMES})",
            name=op.f("ck_attempt_decision_outcome_known"),
        ),
        sa.CheckConstraint(
            "(point_x_norm IS NULL) = (point_y_norm IS NULL)", name=op.f("ck_attempt_decision_point_whole")
        ),
        sa.CheckConstraint("margin >= 0 AND margin <= 1", name=op.f("ck_attempt_decision_margin_unit")),
        sa.CheckConstraint(
            "point_x_norm >= 0 AND point_x_norm <= 1", name=op.f("ck_attempt_decision_point_x_norm_unit")
        ),
        sa.CheckConstraint(
            "point_y_norm >= 0 AND point_y_norm <= 1", name=op.f("ck_attempt_decision_point_y_norm_unit")
        ),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_attempt_decision_score_unit")),
        sa.ForeignKeyConstraint(["attempt_seq"], ["attempt.seq"], name=op.f("fk_attempt_decision_attempt_seq")),
        sa.PrimaryKeyConstraint("attempt_seq", name=op.f("pk_attempt_decision")),
    )
    op.create_table(
        "attempt_finish",
        sa.Column("attempt_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("after_id", sa.String(length=64), nullable=True),
        sa.Column("after_body_hash", sa.String(length=64), nullable=True),
        sa.Column("verify_after", sa.LargeBinary(), nullable=True),
        sa.Column("timings", sa.Text(), nullable=False),
        sa.Column("finished_at", TIME, nullable=False),
        sa.CheckConstraint(
            f"outcome IN ({OUTCOMES})",
            name=op.f("ck_attempt_finish_outcome_known"),
        ),
        sa.ForeignKeyConstraint(["after_id"], ["screenshot.id"], name=op.f("fk_attempt_finish_after_id")),
        sa.ForeignKeyConstraint(["attempt_seq"], ["attempt.seq"], name=op.f("fk_attempt_finish_attempt_seq")),
        sa.PrimaryKeyConstraint("attempt_seq", name=op.f("pk_attempt_finish")),
    )
    op.create_index("ix_attempt_finish_after_id", "attempt_finish", ["after_id"], unique=False)
    op.create_table(
        "attempt_summary",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("screen", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("margin", sa.Double(), nullable=True),
        sa.Column("before_id", sa.String(length=64), nullable=False),
        sa.Column("after_id", sa.String(length=64), nullable=True),
        sa.Column("point_x_norm", sa.Double(), nullable=True),
        sa.Column("point_y_norm", sa.Double(), nullable=True),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=True),
        sa.CheckConstraint("method IN ('cache', 'ocr', 'vlm')", name=op.f("ck_attempt_summary_method_known")),
        sa.CheckConstraint(
            f"outcome IN ({OUTCOMES}, 'running')",
            name=op.f("ck_attempt_summary_outcome_known"),
        ),
        sa.CheckConstraint("state IN ('started', 'decided', 'finished')", name=op.f("ck_attempt_summary_state_known")),
        sa.CheckConstraint("margin >= 0 AND margin <= 1", name=op.f("ck_attempt_summary_margin_unit")),
        sa.CheckConstraint("score >= 0 AND score <= 1", name=op.f("ck_attempt_summary_score_unit")),
        sa.ForeignKeyConstraint(["seq"], ["attempt.seq"], name=op.f("fk_attempt_summary_seq")),
        sa.ForeignKeyConstraint(["target_id"], ["target_seen.id"], name=op.f("fk_attempt_summary_target_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_attempt_summary")),
        sa.UniqueConstraint("id", name=op.f("uq_attempt_summary_id")),
    )
    op.create_index("ix_attempt_summary_application", "attempt_summary", ["application", "seq"], unique=False)
    op.create_index(
        "ix_attempt_summary_application_outcome", "attempt_summary", ["application", "outcome", "seq"], unique=False
    )
    op.create_index("ix_attempt_summary_method", "attempt_summary", ["method", "seq"], unique=False)
    op.create_index("ix_attempt_summary_outcome", "attempt_summary", ["outcome", "seq"], unique=False)
    op.create_index("ix_attempt_summary_run_id", "attempt_summary", ["run_id", "seq"], unique=False)
    op.create_index("ix_attempt_summary_score", "attempt_summary", ["score"], unique=False)
    op.create_index("ix_attempt_summary_screen", "attempt_summary", ["screen", "seq"], unique=False)
    op.create_index("ix_attempt_summary_started_at", "attempt_summary", ["started_at"], unique=False)
    op.create_index("ix_attempt_summary_target_id", "attempt_summary", ["target_id", "seq"], unique=False)
    op.create_table(
        "vlm_reply",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("image_id", sa.String(length=64), nullable=False),
        sa.Column("request_key", sa.String(length=64), nullable=False),
        sa.Column("attempt_seq", sa.Integer(), nullable=True),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["attempt_seq"], ["attempt.seq"], name=op.f("fk_vlm_reply_attempt_seq")),
        sa.ForeignKeyConstraint(["image_id"], ["screenshot.id"], name=op.f("fk_vlm_reply_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vlm_reply")),
        sa.UniqueConstraint("image_id", "request_key", name=op.f("uq_vlm_reply_image_id_request_key")),
    )
    op.create_index("ix_vlm_reply_attempt_seq", "vlm_reply", ["attempt_seq"], unique=False)
