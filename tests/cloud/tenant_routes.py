"""What each route of the cloud is asked for another farm, and whether its path or body names that farm.

`refuses` means that no answer may be good: 403 or 404. The others answer, without anything of the other farm.
"""

from dataclasses import dataclass
from typing import Any

ADVICE = {"kind": "heat", "title_vi": "x", "body_vi": "x", "communes": ["31825"], "valid_from": 1.0, "valid_until": 2.0}
ADVICE_FORM = {**ADVICE, "valid_from": "2027-01-01T00:00", "valid_until": "2027-01-02T00:00"}
CROP = {"species": "vannamei", "stocked_on": "2026-11-01"}
INCIDENT = {"farm": "strange-1", "kind": "other"}
STATION = {"code": "mine", "name": "x", "kind": "river", "through": {"gateway": "strange-1", "node": "n1"}}
SCHEDULE = {"area": "province-96", "period": "month", "recipients": ["a@example.org"]}
SEEN_TO = {"farm": "strange-1", "cause": "silent", "seen_to": True}

WRITES = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@dataclass(frozen=True)
class Route:
    """What is sent along; `refuses` when the path or the body names the other farm, so that no answer may be good."""

    refuses: bool = False
    json: dict[str, Any] | None = None
    form: dict[str, Any] | None = None
    query: dict[str, str] | None = None
    files: dict[str, tuple[str, bytes]] | None = None


FREE = Route()
NAMES = Route(refuses=True)
ABOUT = {"registration": "mine"}
TABLE: dict[tuple[str, str], Route] = {
    ("GET", "/"): FREE,
    ("GET", "/ponds"): FREE,
    ("GET", "/login"): FREE,
    ("POST", "/login"): Route(form={"address": "0908888888", "password": "guess it"}),
    ("POST", "/logout"): FREE,
    ("POST", "/language"): Route(form={"language": "en"}),
    ("GET", "/invitation"): FREE,
    ("POST", "/invitation"): Route(form={"address": "0908888888", "code": "22222222"}),
    ("GET", "/invitation/{secret}"): NAMES,
    ("POST", "/invitation/{secret}"): Route(refuses=True, form={"password": "long enough"}),
    ("GET", "/account"): FREE,
    ("POST", "/account"): Route(form={"name": "Lan"}),
    ("POST", "/account/password"): Route(form={"old": "guess", "new": "long enough"}),
    ("POST", "/account/sign-out"): FREE,
    ("POST", "/account/tokens"): Route(refuses=True, form={"name": "m", "role": "worker", "farm": "strange-1"}),
    ("POST", "/account/tokens/{token_id}/revoke"): NAMES,
    ("GET", "/people"): FREE,
    ("POST", "/people"): Route(
        refuses=True, form={"name": "x", "address": "0911", "role": "worker", "farm": "strange-1"}
    ),
    ("GET", "/people/{person_id}"): NAMES,
    ("POST", "/people/{person_id}/invite"): NAMES,
    ("POST", "/people/{person_id}/scope"): Route(refuses=True, form={"province": ["91"]}),
    ("POST", "/people/{person_id}/join"): Route(refuses=True, form={"farm": "strange-1"}),
    ("POST", "/people/{person_id}/leave"): Route(refuses=True, form={"farm": "strange-1"}),
    ("POST", "/people/{person_id}/close"): NAMES,
    ("GET", "/audit"): FREE,
    ("GET", "/areas"): FREE,
    ("POST", "/areas"): Route(form={"name": "mine"}),
    ("GET", "/farms/new"): FREE,
    ("POST", "/farms/new"): Route(form={"name": "mine"}),
    ("GET", "/farms/{farm_id}/about"): NAMES,
    ("POST", "/farms/{farm_id}/about"): Route(refuses=True, form=ABOUT),
    ("POST", "/farms/{farm_id}/ponds/{pond_key}"): Route(refuses=True, form=ABOUT),
    ("POST", "/farms/{farm_id}/claim"): NAMES,
    ("POST", "/farms/{farm_id}/revoke"): NAMES,
    ("GET", "/farms/{farm_id}/sharing"): NAMES,
    ("POST", "/farms/{farm_id}/sharing"): Route(refuses=True, form={"kind": "water", "granted": "yes"}),
    ("GET", "/farms/{farm_id}/export"): NAMES,
    ("POST", "/farms/{farm_id}/delete"): Route(refuses=True, form={"name": "Trại Kín"}),
    ("GET", "/api/farms"): FREE,
    ("GET", "/api/farms/{farm_id}"): NAMES,
    ("PATCH", "/api/farms/{farm_id}"): Route(refuses=True, json=ABOUT),
    ("GET", "/api/farms/{farm_id}/ponds"): NAMES,
    ("GET", "/api/farms/{farm_id}/samples/count"): NAMES,
    ("GET", "/api/ponds"): FREE,
    ("GET", "/api/ponds/{pond_id}"): NAMES,
    ("PATCH", "/api/ponds/{pond_id}"): Route(refuses=True, json=ABOUT),
    ("GET", "/api/ponds/{pond_id}/latest"): NAMES,
    ("GET", "/api/ponds/{pond_id}/series"): NAMES,
    ("GET", "/api/ponds/{pond_id}/commands"): NAMES,
    ("POST", "/api/ponds/{pond_id}/commands"): Route(refuses=True, json={"do": "release", "aerator": 1}),
    ("GET", "/api/commands/{command_id}"): NAMES,
    ("GET", "/api/alerts"): FREE,
    ("GET", "/api/units"): FREE,
    ("GET", "/api/areas"): FREE,
    ("POST", "/api/enrol"): Route(json={"code": "22222222", "public_key": "A" * 44, "signature": "A" * 88}),
    ("GET", "/advice"): FREE,
    ("GET", "/advice/{advisory_id}"): NAMES,
    ("POST", "/advice/{advisory_id}/answers"): Route(refuses=True, form={"text": "x"}),
    ("GET", "/advisories"): FREE,
    ("POST", "/advisories"): Route(form=ADVICE_FORM),
    ("GET", "/advisories/new"): FREE,
    ("GET", "/advisories/suggestions"): FREE,
    ("GET", "/advisories/{advisory_id}"): NAMES,
    ("POST", "/advisories/{advisory_id}"): Route(refuses=True, form=ADVICE_FORM),
    ("POST", "/advisories/{advisory_id}/discard"): NAMES,
    ("GET", "/advisories/{advisory_id}/edit"): NAMES,
    ("POST", "/advisories/{advisory_id}/issue"): NAMES,
    ("POST", "/advisories/{advisory_id}/withdraw"): NAMES,
    ("GET", "/api/advisories"): FREE,
    ("POST", "/api/advisories"): Route(json=ADVICE),
    ("GET", "/api/advisories/{advisory_id}"): NAMES,
    ("PUT", "/api/advisories/{advisory_id}"): Route(refuses=True, json=ADVICE),
    ("DELETE", "/api/advisories/{advisory_id}"): NAMES,
    ("GET", "/api/advisories/{advisory_id}/answers"): NAMES,
    ("POST", "/api/advisories/{advisory_id}/answers"): Route(refuses=True, json={"text": "x"}),
    ("GET", "/api/advisories/{advisory_id}/deliveries"): NAMES,
    ("POST", "/api/advisories/{advisory_id}/issue"): NAMES,
    ("POST", "/api/advisories/{advisory_id}/read"): NAMES,
    ("POST", "/api/advisories/{advisory_id}/withdraw"): NAMES,
    ("GET", "/cap/feed.atom"): FREE,
    ("GET", "/cap/{advisory_id}.xml"): NAMES,
    ("GET", "/cap/{advisory_id}-cancel.xml"): NAMES,
    ("GET", "/ponds/{pond_id}/crops"): NAMES,
    ("POST", "/ponds/{pond_id}/crops"): Route(refuses=True, form=CROP),
    ("POST", "/crops/{crop_id}"): Route(refuses=True, form=CROP),
    ("POST", "/crops/{crop_id}/remove"): NAMES,
    ("GET", "/api/ponds/{pond_id}/crops"): NAMES,
    ("POST", "/api/ponds/{pond_id}/crops"): Route(refuses=True, json=CROP),
    ("PUT", "/api/crops/{crop_id}"): Route(refuses=True, json=CROP),
    ("DELETE", "/api/crops/{crop_id}"): NAMES,
    ("GET", "/incidents"): FREE,
    ("GET", "/incidents/cluster"): FREE,
    ("GET", "/incidents/photo.js"): FREE,
    ("GET", "/incidents/report"): FREE,
    ("POST", "/incidents/report"): Route(refuses=True, form={"where": "strange-1/ao-1", "kind": "other"}),
    ("GET", "/incidents/{incident_id}"): NAMES,
    ("POST", "/incidents/{incident_id}/photo"): Route(refuses=True, files={"photo": ("x.png", b"x")}),
    ("POST", "/incidents/{incident_id}/steps"): Route(refuses=True, form={"what": "taken"}),
    ("GET", "/api/incidents"): FREE,
    ("POST", "/api/incidents"): Route(refuses=True, json=INCIDENT),
    ("GET", "/api/incidents/cluster"): FREE,
    ("GET", "/api/incidents/{incident_id}"): NAMES,
    ("GET", "/api/incidents/{incident_id}/photo"): NAMES,
    ("PUT", "/api/incidents/{incident_id}/photo"): NAMES,
    ("GET", "/api/incidents/{incident_id}/steps"): NAMES,
    ("POST", "/api/incidents/{incident_id}/steps"): Route(refuses=True, json={"what": "taken"}),
    ("GET", "/reports"): FREE,
    ("GET", "/reports/schedules"): FREE,
    ("POST", "/reports/schedules"): Route(form={**SCHEDULE, "format": "pdf", "recipients": "a@example.org"}),
    ("POST", "/reports/schedules/{schedule_id}/remove"): NAMES,
    ("GET", "/api/reports"): Route(query={"area": "commune:30292"}),
    ("GET", "/api/reports/areas"): FREE,
    ("GET", "/api/reports/file"): Route(query={"area": "commune:30292", "format": "xlsx"}),
    ("GET", "/api/reports/schedules"): FREE,
    ("POST", "/api/reports/schedules"): Route(refuses=True, json=SCHEDULE),
    ("DELETE", "/api/reports/schedules/{schedule_id}"): NAMES,
    ("GET", "/api/reports/schedules/{schedule_id}/sendings"): NAMES,
    ("GET", "/stations"): FREE,
    ("GET", "/stations/{station_id}"): FREE,
    ("GET", "/stations/{station_id}/past"): FREE,
    ("GET", "/api/stations"): FREE,
    ("POST", "/api/stations"): Route(refuses=True, json=STATION),
    ("GET", "/api/stations/{station_id}"): FREE,
    ("PUT", "/api/stations/{station_id}"): Route(refuses=True, json=STATION),
    ("GET", "/api/stations/{station_id}/completeness"): FREE,
    ("GET", "/api/stations/{station_id}/flags"): FREE,
    ("GET", "/api/stations/{station_id}/latest"): FREE,
    ("GET", "/api/stations/{station_id}/series"): Route(query={"symbol": "pH"}),
    ("GET", "/boards"): FREE,
    ("POST", "/boards"): Route(refuses=True, form={"name": "x", "commune": "31825"}),
    ("POST", "/boards/{board_id}/revoke"): NAMES,
    ("GET", "/boards/static/{name}"): FREE,
    ("GET", "/boards/{token}"): NAMES,
    ("GET", "/boards/{token}/now"): NAMES,
    ("GET", "/assets/{name}"): FREE,
    ("GET", "/map"): FREE,
    ("GET", "/map/ponds"): FREE,
    ("GET", "/compare"): Route(refuses=True, query={"pond": "2"}),
    ("GET", "/compare/past"): Route(refuses=True, query={"pond": "2"}),
    ("GET", "/worklist"): FREE,
    ("POST", "/worklist"): Route(refuses=True, form={**SEEN_TO, "seen_to": "true"}),
    ("GET", "/api/worklist"): FREE,
    ("PUT", "/api/worklist/mark"): Route(refuses=True, json=SEEN_TO),
    ("GET", "/completeness"): FREE,
    ("GET", "/ponds/{pond_id}"): NAMES,
    ("GET", "/ponds/{pond_id}/past"): NAMES,
    ("GET", "/ponds/{pond_id}/asked"): NAMES,
    ("POST", "/ponds/{pond_id}/ask"): Route(refuses=True, form={"aerator": "1", "run": "true"}),
    ("GET", "/sta/v1.1"): FREE,
    ("GET", "/sta/v1.1/{path:path}"): NAMES,
    **{(method, "/sta/v1.1"): FREE for method in WRITES},
    **{(method, "/sta/v1.1/{path:path}"): FREE for method in WRITES},
}
