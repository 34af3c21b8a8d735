"""Decisions of a Jobcenter."""

import sqlalchemy as sa
from alembic import op

revision = "jobcenter_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "jobcenter_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=30), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name="fk_jobcenter_decision_referral_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_jobcenter_decision"),
    )
    op.create_index("ix_jobcenter_decision_referral_id", "jobcenter_decision", ["referral_id"])


def downgrade() -> None:
    op.drop_table("jobcenter_decision")
