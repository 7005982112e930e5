"""Which panel a pond's aerators hang on, so that their currents say which of them run."""

import sqlalchemy as sa
from alembic import op

revision = "panels"
down_revision = "aerator_numbers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Unknown until the gateway says it."""
    op.add_column("ponds", sa.Column("panel", sa.String, nullable=True))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("ponds", "panel")
