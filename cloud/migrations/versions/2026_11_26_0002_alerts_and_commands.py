"""Alerts, and commands to gateways."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("closed_at", sa.Float),
        sa.Column("told_open", sa.Boolean, nullable=False),
        sa.Column("told_closed", sa.Boolean, nullable=False),
    )
    op.create_index("alerts_open", "alerts", ["gateway_id", "closed_at"])
    op.create_table(
        "commands",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("do", sa.String, nullable=False),
        sa.Column("args", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("issued_at", sa.Float, nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
        sa.Column("sent_at", sa.Float),
        sa.Column("fate", sa.String),
        sa.Column("reason", sa.String, nullable=False),
        sa.UniqueConstraint("gateway_id", "number"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("commands")
    op.drop_index("alerts_open", "alerts")
    op.drop_table("alerts")
