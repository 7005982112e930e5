"""People, what opens doors to them, what they see; the audit; units and areas; what people say of farms and ponds."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from cloud.areas.loading import packaged, read_successions, read_units

revision = "accounts"
down_revision = "telemetry"
branch_labels = None
depends_on = None

TABLES = (
    "claim_codes", "extension_area_units", "extension_areas", "successions", "units", "audit", "grants", "scopes",
    "farm_people", "tokens", "invitations", "sessions", "people",
)  # fmt: skip


def _of_farms() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("commune", sa.String),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
        sa.Column("registration", sa.String, nullable=False, server_default=""),
        sa.Column("owner_name", sa.String, nullable=False, server_default=""),
        sa.Column("phone", sa.String, nullable=False, server_default=""),
        sa.Column("public_key", sa.String),
        sa.Column("revoked_at", sa.Float),
    )


def _of_ponds() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("area_m2", sa.Float),
        sa.Column("kind", sa.String, nullable=False, server_default=""),
        sa.Column("registration", sa.String, nullable=False, server_default=""),
        sa.Column("latitude", sa.Float),
        sa.Column("longitude", sa.Float),
    )


def upgrade() -> None:
    """Make the tables and columns."""
    _doors()
    _rights()
    _units()
    for table, columns in (("gateways", _of_farms()), ("ponds", _of_ponds())):
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_gateways_commune", "gateways", ["commune"])
    op.create_table(
        "claim_codes",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("made_by", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id")),
        sa.Column("farm_name", sa.String, nullable=False),
        sa.Column("ends_at", sa.Float, nullable=False),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id")),
        sa.Column("redeemed_at", sa.Float),
    )
    _audit()


def _doors() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("phone", sa.String, unique=True),
        sa.Column("email", sa.String, unique=True),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("password", sa.String),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("closed_at", sa.Float),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("began_at", sa.Float, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
    )
    op.create_table(
        "invitations",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("ends_at", sa.Float, nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("hash", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False, index=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id")),
        sa.Column("made_at", sa.Float, nullable=False),
        sa.Column("revoked_at", sa.Float),
    )


def _rights() -> None:
    op.create_table(
        "farm_people",
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), primary_key=True),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), primary_key=True, index=True),
    )
    op.create_table(
        "scopes",
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("code", sa.String, primary_key=True),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("granted_by", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("granted_at", sa.Float, nullable=False),
        sa.Column("withdrawn_at", sa.Float),
    )
    op.create_index("grants_of", "grants", ["gateway_id", "kind"])


def _units() -> None:
    units = op.create_table(
        "units",
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("valid_from", sa.Date, primary_key=True),
        sa.Column("valid_until", sa.Date),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("parent", sa.String, index=True),
        sa.Column("plain", sa.String, nullable=False),
    )
    successions = op.create_table(
        "successions",
        sa.Column("old_code", sa.String, primary_key=True),
        sa.Column("old_valid_from", sa.Date, primary_key=True),
        sa.Column("new_code", sa.String, primary_key=True),
        sa.Column("new_valid_from", sa.Date, primary_key=True),
    )
    op.bulk_insert(units, read_units(packaged()))
    op.bulk_insert(successions, read_successions(packaged()))
    op.create_table(
        "extension_areas",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
    )
    op.create_table(
        "extension_area_units",
        sa.Column("area_id", sa.Integer, sa.ForeignKey("extension_areas.id"), primary_key=True),
        sa.Column("code", sa.String, primary_key=True),
    )


def _audit() -> None:
    """A log that only grows: the database refuses anything else."""
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("who", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("farm", sa.String, index=True),
        sa.Column("detail", sa.String, nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit only grows'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()"
    )


def downgrade() -> None:
    """Drop the tables and columns."""
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_only_grows()")
    op.drop_index("ix_gateways_commune", "gateways")
    for table, columns in (("gateways", _of_farms()), ("ponds", _of_ponds())):
        for column in columns:
            op.drop_column(table, column.name)
