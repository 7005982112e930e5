"""Tries at doors, counted for all web processes together."""

import sqlalchemy as sa
from alembic import op

revision = "door_tries"
down_revision = "push"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "door_tries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("door_tries_of_key", "door_tries", ["key", "at"])
    op.create_index("ix_door_tries_at", "door_tries", ["at"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("door_tries")
