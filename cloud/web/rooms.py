"""Which rooms the web process serves, each with its routes and, where it has pages, its templates."""

from fastapi import APIRouter

from cloud import api
from cloud.accounts import account_page, audit_page, door_page, people_page
from cloud.advisories import api as advisories_api
from cloud.advisories import farmer_pages as advice_pages
from cloud.advisories import feed as cap_feed
from cloud.advisories import pages as advisories_pages
from cloud.alerts import api as alerts_api
from cloud.areas import api as areas_api
from cloud.areas import page as areas_page
from cloud.boards import page as boards_page
from cloud.commands import api as commands_api
from cloud.crops import api as crops_api
from cloud.crops import page as crops_page
from cloud.farms import api as farms_api
from cloud.farms import page as farms_page
from cloud.incidents import api as incidents_api
from cloud.incidents import pages as incidents_pages
from cloud.push import page as push_page
from cloud.reports import api as reports_api
from cloud.reports import page as reports_page
from cloud.stations import api as stations_api
from cloud.stations import page as stations_page
from cloud.things import api as things_api
from cloud.web import (
    app_page,
    compare_page,
    completeness_page,
    machine_orders,
    map_page,
    pond_page,
    ponds_page,
    sheet_page,
    worklist_api,
    worklist_page,
)
from gateway.web import shared

APIS = (
    api, alerts_api, commands_api, areas_api, farms_api, stations_api, crops_api, reports_api, advisories_api,
    incidents_api, cap_feed, things_api, worklist_api,
)  # fmt: skip
PAGES = (
    ponds_page, pond_page, machine_orders, sheet_page, worklist_page, compare_page, map_page, completeness_page,
    areas_page, door_page, account_page, people_page, audit_page, farms_page, stations_page, boards_page, crops_page,
    reports_page, advisories_pages, advice_pages, incidents_pages, app_page, push_page, shared,
)  # fmt: skip
TEMPLATES = (
    "accounts", "advisories", "areas", "boards", "crops", "farms", "incidents", "reports", "stations", "web",
)  # fmt: skip


def routers() -> list[APIRouter]:
    """All of them."""
    return [room.router for room in (*APIS, *PAGES)]


def template_packages() -> list[str]:
    """Where templates lie, the gateway's last: its frame serves where a room has none of its own."""
    return [*(f"cloud.{room}" for room in TEMPLATES), "gateway.web"]
