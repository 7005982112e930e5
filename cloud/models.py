"""All tables, for the migrations."""

from cloud.accounts import models as accounts
from cloud.advisories import models as advisories
from cloud.alerts import models as alerts
from cloud.areas import models as areas
from cloud.boards import models as boards
from cloud.commands import models as commands
from cloud.crops import models as crops
from cloud.database import Base
from cloud.farms import models as farms
from cloud.incidents import models as incidents
from cloud.push import models as push
from cloud.reports import models as reports
from cloud.stations import models as stations
from cloud.telemetry import models as telemetry

__all__ = [
    "Base",
    "accounts",
    "advisories",
    "alerts",
    "areas",
    "boards",
    "commands",
    "crops",
    "farms",
    "incidents",
    "push",
    "reports",
    "stations",
    "telemetry",
]
