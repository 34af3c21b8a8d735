"""The table of the sample plugin."""

import sqlalchemy as sa
from alembic import op

revision = "sample_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "sample_card",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name="fk_sample_card_referral_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sample_card"),
    )
    op.create_index("ix_sample_card_referral_id", "sample_card", ["referral_id"])


def downgrade() -> None:
    op.drop_table("sample_card")
