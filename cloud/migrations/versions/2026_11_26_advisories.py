"""Advisories with their areas, deliveries and answers; incidents with their steps."""

import sqlalchemy as sa
from alembic import op

revision = "advisories"
down_revision = "accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _advisories()
    _incidents()


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_incident_steps_incident_id", "incident_steps")
    op.drop_table("incident_steps")
    op.drop_index("incidents_of_farm", "incidents")
    op.drop_table("incidents")
    op.drop_table("answers")
    op.drop_index("deliveries_of_person", "deliveries")
    op.drop_table("deliveries")
    op.drop_index("ix_advisory_units_code", "advisory_units")
    op.drop_table("advisory_units")
    op.drop_index("advisories_state", "advisories")
    op.drop_table("advisories")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _advisories() -> None:
    op.create_table(
        "advisories",
        sa.Column("id", sa.Integer, primary_key=True),
        *_text("kind", "severity", "certainty", "title_vi", "body_vi", "title_en", "body_en"),
        *_text("place", "pond_kinds", "phase"),
        sa.Column("valid_from", sa.Float, nullable=False),
        sa.Column("valid_until", sa.Float, nullable=False),
        *_text("state"),
        sa.Column("author_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        *_text("author"),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("issued_at", sa.Float),
        sa.Column("withdrawn_at", sa.Float),
    )
    op.create_index("advisories_state", "advisories", ["state", "valid_until"])
    op.create_table(
        "advisory_units",
        sa.Column("advisory_id", sa.Integer, sa.ForeignKey("advisories.id"), primary_key=True),
        sa.Column("code", sa.String, primary_key=True),
    )
    op.create_index("ix_advisory_units_code", "advisory_units", ["code"])
    op.create_table(
        "deliveries",
        sa.Column("advisory_id", sa.Integer, sa.ForeignKey("advisories.id"), primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("channel", sa.String, primary_key=True),
        sa.Column("delivered_at", sa.Float),
        sa.Column("read_at", sa.Float),
    )
    op.create_index("deliveries_of_person", "deliveries", ["person_id", "channel"])
    op.create_table(
        "answers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("advisory_id", sa.Integer, sa.ForeignKey("advisories.id"), nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        *_text("text"),
        sa.Column("at", sa.Float, nullable=False),
        sa.UniqueConstraint("advisory_id", "person_id", "at"),
    )


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), nullable=False),
        *_text("pond", "pond_name", "kind", "text", "photo"),
        sa.Column("reported_at", sa.Float, nullable=False),
        sa.Column("reporter_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        *_text("reporter", "state"),
        sa.Column("officer_id", sa.Integer, sa.ForeignKey("people.id")),
        *_text("officer"),
    )
    op.create_index("incidents_of_farm", "incidents", ["gateway_id", "reported_at"])
    op.create_table(
        "incident_steps",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("incident_id", sa.Integer, sa.ForeignKey("incidents.id"), nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        *_text("person", "what", "text"),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("ix_incident_steps_incident_id", "incident_steps", ["incident_id"])
