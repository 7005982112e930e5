"""How the aerators of a pond are numbered on their panel."""

import sqlalchemy as sa
from alembic import op

revision = "aerator_numbers"
down_revision = "worklist"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty until the gateway says it again: they count from 1."""
    op.add_column("ponds", sa.Column("aerator_numbers", sa.String, nullable=False, server_default=""))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("ponds", "aerator_numbers")
