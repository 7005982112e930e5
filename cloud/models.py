"""All tables, for the migrations."""

from cloud.alerts import models as alerts
from cloud.commands import models as commands
from cloud.database import Base
from cloud.farms import models as farms
from cloud.telemetry import models as telemetry

__all__ = ["Base", "alerts", "commands", "farms", "telemetry"]
