"""How alembic reaches the database. Of several processes that start at once, one migrates and the others wait for it."""

from alembic import context
from sqlalchemy import text

from cloud import models
from cloud.database import make_engine

url = context.config.get_main_option("sqlalchemy.url") or ""
engine = make_engine(url)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(1886350957)"))
        context.run_migrations()
engine.dispose()
