"""Crops; reports that are sent, and their sendings."""

import sqlalchemy as sa
from alembic import op

revision = "reports"
down_revision = "stations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "crops",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), nullable=False),
        sa.Column("pond", sa.String, nullable=False),
        sa.Column("species", sa.String, nullable=False),
        sa.Column("stocked_on", sa.Date, nullable=False),
        sa.Column("stocked_count", sa.Integer),
        sa.Column("harvested_on", sa.Date),
        sa.Column("harvest_kg", sa.Float),
        sa.Column("feed_kg", sa.Float),
        sa.Column("per_kg", sa.Float),
    )
    op.create_index("crops_of_pond", "crops", ["gateway_id", "pond", "stocked_on"])
    op.create_table(
        "report_schedules",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("area", sa.String, nullable=False),
        sa.Column("area_name", sa.String, nullable=False),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("recipients", sa.String, nullable=False),
        sa.Column("made_at", sa.Float, nullable=False),
        sa.Column("next_at", sa.Float, nullable=False, index=True),
    )
    op.create_table(
        "report_sendings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("schedule_id", sa.Integer, sa.ForeignKey("report_schedules.id"), nullable=False, index=True),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("last", sa.Date, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("told", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("again_at", sa.Float, index=True),
        sa.Column("sent_at", sa.Float),
        sa.Column("error", sa.String, nullable=False),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("report_sendings")
    op.drop_table("report_schedules")
    op.drop_index("crops_of_pond", "crops")
    op.drop_table("crops")
