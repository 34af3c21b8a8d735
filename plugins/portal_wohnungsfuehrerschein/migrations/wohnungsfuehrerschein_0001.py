"""Places in workshops and their certificates."""

import sqlalchemy as sa
from alembic import op

revision = "wohnungsfuehrerschein_0001"
down_revision = None

REGISTRATION = "wohnungsfuehrerschein_registration"
CERTIFICATE = "wohnungsfuehrerschein_certificate"


def upgrade() -> None:
    op.create_table(
        REGISTRATION,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=False),
        sa.Column("workshop_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=f"fk_{REGISTRATION}_referral_id"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{REGISTRATION}"),
    )
    op.create_index(f"ix_{REGISTRATION}_referral_id", REGISTRATION, ["referral_id"])
    op.create_table(
        CERTIFICATE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("modules", sa.JSON(), nullable=False),
        sa.Column("stated_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["referral_id"], ["referral.id"], name=f"fk_{CERTIFICATE}_referral_id"
        ),
        sa.PrimaryKeyConstraint("id", name=f"pk_{CERTIFICATE}"),
        sa.UniqueConstraint("referral_id", name=f"uq_{CERTIFICATE}_referral_id"),
    )


def downgrade() -> None:
    op.drop_table(CERTIFICATE)
    op.drop_table(REGISTRATION)
