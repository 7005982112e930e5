"""Gateways, ponds, samples, readings, latest, events, quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "gateways",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("farm_name", sa.String),
        sa.Column("described_at", sa.Float),
    )
    op.create_table(
        "ponds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("node", sa.String),
        sa.Column("aerators", sa.Integer, nullable=False),
        sa.Column("alarm_low", sa.Float, nullable=False),
        sa.Column("danger_low", sa.Float, nullable=False),
        sa.UniqueConstraint("gateway_id", "key"),
    )
    op.create_table(
        "samples",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("taken_at", sa.Float, nullable=False),
        sa.Column("wall_known", sa.Boolean, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.UniqueConstraint("gateway_id", "node", "boot", "sequence"),
    )
    op.create_table(
        "readings",
        sa.Column("sample_id", sa.Integer, sa.ForeignKey("samples.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("quantity", sa.String, nullable=False),
        sa.Column("taken_at", sa.Float, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("quality", sa.Integer, nullable=False),
        sa.Column("reason", sa.Integer, nullable=False),
    )
    op.create_index("readings_series", "readings", ["gateway_id", "node", "quantity", "taken_at"])
    op.create_table(
        "latest",
        sa.Column("gateway_id", sa.String, primary_key=True),
        sa.Column("node", sa.String, primary_key=True),
        sa.Column("sample_id", sa.Integer, sa.ForeignKey("samples.id"), nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("taken_at", sa.Float, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("pond", sa.String),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("wall_known", sa.Boolean, nullable=False),
        sa.UniqueConstraint("gateway_id", "number", "at"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    for table in ("quarantine", "events", "latest", "readings", "samples", "ponds", "gateways"):
        op.drop_table(table)
