"""Which browsers have asked to be told, with what key the cloud signs, and what was told."""

import sqlalchemy as sa
from alembic import op

revision = "push"
down_revision = "panels"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "push_key",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("pem", sa.String, nullable=False),
    )
    op.create_table(
        "push_browsers",
        sa.Column("endpoint", sa.String, primary_key=True),
        sa.Column("session", sa.String, sa.ForeignKey("sessions.hash", ondelete="CASCADE"), nullable=False),
        sa.Column("p256dh", sa.String, nullable=False),
        sa.Column("auth", sa.String, nullable=False),
    )
    op.create_index("ix_push_browsers_session", "push_browsers", ["session"])
    op.create_table(
        "push_told",
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("ix_push_told_at", "push_told", ["at"])


def downgrade() -> None:
    """Drop the tables."""
    for name in ("push_told", "push_browsers", "push_key"):
        op.drop_table(name)
