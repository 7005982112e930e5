"""Stations with their values, newest values and flags, and display boards."""

import sqlalchemy as sa
from alembic import op

revision = "stations"
down_revision = "advisories"
branch_labels = None
depends_on = None

TABLES = ("board_stations", "boards", "station_flags", "station_latest", "station_values", "stations")


def upgrade() -> None:
    """Make the tables."""
    _stations()
    _values()
    _boards()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("station_flags_open", "station_flags")
    for table in TABLES:
        op.drop_table(table)


def _stations() -> None:
    op.create_table(
        "stations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("commune", sa.String),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id")),
        sa.Column("node", sa.String),
        sa.Column("interval_s", sa.Integer, nullable=False),
        sa.Column("preset", sa.String, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "station_flags",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("station_id", sa.Integer, sa.ForeignKey("stations.id"), nullable=False),
        sa.Column("symbol", sa.String, nullable=False),
        sa.Column("preset", sa.String, nullable=False),
        sa.Column("bound", sa.String, nullable=False),
        sa.Column("over_h", sa.Integer, nullable=False),
        sa.Column("limit", sa.Float, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("opened_at", sa.Float, nullable=False),
        sa.Column("closed_at", sa.Float),
    )
    op.create_index("station_flags_open", "station_flags", ["station_id", "closed_at"])


def _values() -> None:
    op.create_table(
        "station_values",
        sa.Column("station_id", sa.Integer, sa.ForeignKey("stations.id"), primary_key=True),
        sa.Column("symbol", sa.String, primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True),
        sa.Column("value", sa.Float),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "station_latest",
        sa.Column("station_id", sa.Integer, sa.ForeignKey("stations.id"), primary_key=True),
        sa.Column("symbol", sa.String, primary_key=True),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("good_at", sa.BigInteger),
        sa.Column("good_value", sa.Float),
        sa.Column("received_at", sa.Float, nullable=False),
    )


def _boards() -> None:
    op.create_table(
        "boards",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("commune", sa.String),
        sa.Column("token_hash", sa.String, nullable=False, unique=True),
        sa.Column("made_by", sa.String, nullable=False),
        sa.Column("made_at", sa.Float, nullable=False),
        sa.Column("revoked_at", sa.Float),
    )
    op.create_table(
        "board_stations",
        sa.Column("board_id", sa.Integer, sa.ForeignKey("boards.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("station_id", sa.Integer, sa.ForeignKey("stations.id"), nullable=False),
    )
