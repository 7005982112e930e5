"""`python -m cloud` is pondkeeper-cloud."""

from cloud.command import app

app(prog_name="pondkeeper-cloud")
