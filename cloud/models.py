"""All tables, for the migrations."""

from cloud.accounts import models as accounts
from cloud.alerts import models as alerts
from cloud.areas import models as areas
from cloud.commands import models as commands
from cloud.crops import models as crops
from cloud.database import Base
from cloud.farms import models as farms
from cloud.reports import models as reports
from cloud.telemetry import models as telemetry

__all__ = ["Base", "accounts", "alerts", "areas", "commands", "crops", "farms", "reports", "telemetry"]
