"""Which alarms of farms are open, and what officers see to."""

import json

import sqlalchemy as sa
from alembic import op

revision = "worklist"
down_revision = "reports"
branch_labels = None
depends_on = None

KINDS = ("alarm_raised", "alarm_cleared")


def upgrade() -> None:
    """Make the tables; what is open is read from the events so far."""
    op.create_table(
        "farm_alarms",
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), primary_key=True),
        sa.Column("pond", sa.String, primary_key=True),
        sa.Column("alarm", sa.String, primary_key=True),
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("raised", sa.Boolean, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "worklist_marks",
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), primary_key=True),
        sa.Column("pond", sa.String, primary_key=True),
        sa.Column("cause", sa.String, primary_key=True),
        sa.Column("began", sa.Float, nullable=False),
        sa.Column("person_id", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    _fill(op.get_bind())


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("worklist_marks")
    op.drop_table("farm_alarms")


def _fill(connection: sa.Connection) -> None:
    events = sa.table("events", *map(sa.column, ("gateway_id", "pond", "kind", "detail", "number", "at")))
    asked = sa.select(events).where(events.c.kind.in_(KINDS)).order_by(events.c.at, events.c.number)
    found: dict[tuple[str, str, str, str], dict[str, object]] = {}
    for gateway_id, pond, kind, detail, number, at in connection.execute(asked):
        said = json.loads(detail)
        alarm, device = said.get("alarm"), said.get("device", "")
        if not isinstance(alarm, str) or not isinstance(device, str):
            continue
        key = (gateway_id, pond or "", alarm, device)
        before = found.get(key)
        still = kind == "alarm_raised" and before is not None and before["raised"]
        found[key] = {
            **dict(zip(("gateway_id", "pond", "alarm", "device"), key, strict=True)),
            "raised": kind == "alarm_raised",
            "detail": detail,
            "number": number,
            "at": at,
            "since": before["since"] if before and still else at,
        }
    if found:
        names = list(next(iter(found.values())))
        connection.execute(sa.table("farm_alarms", *map(sa.column, names)).insert(), list(found.values()))
