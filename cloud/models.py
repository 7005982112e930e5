"""All tables, for the migrations."""

from cloud.database import Base
from cloud.farms import models as farms
from cloud.telemetry import models as telemetry

__all__ = ["Base", "farms", "telemetry"]
