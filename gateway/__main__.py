"""`python -m gateway` is pondkeeper-gateway."""

from gateway.command import app

app(prog_name="pondkeeper-gateway")
