"""Seat offers and results of courses."""

import sqlalchemy as sa
from alembic import op

revision = "sprachkurs_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "sprachkurs_offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("answer_until", sa.Date(), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("course_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name="fk_sprachkurs_offer_referral_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sprachkurs_offer"),
    )
    op.create_index("ix_sprachkurs_offer_referral_id", "sprachkurs_offer", ["referral_id"])
    op.create_index(
        "ix_sprachkurs_offer_answer_answer_until", "sprachkurs_offer", ["answer", "answer_until"]
    )
    op.create_table(
        "sprachkurs_result",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=True),
        sa.Column("module", sa.Integer(), nullable=True),
        sa.Column("attendance", sa.String(length=20), nullable=True),
        sa.Column("exam", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name="fk_sprachkurs_result_referral_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sprachkurs_result"),
    )
    op.create_index("ix_sprachkurs_result_referral_id", "sprachkurs_result", ["referral_id"])


def downgrade() -> None:
    op.drop_table("sprachkurs_result")
    op.drop_table("sprachkurs_offer")
