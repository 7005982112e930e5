"""The doors between pages, for who may use them."""

from cloud.accounts.access import Role

FARM = (("/", "ponds"), ("/advice", "advice"), ("/incidents/report", "report"), ("/account", "account"))
OFFICE = (
    ("/", "ponds"),
    ("/worklist", "worklist"),
    ("/map", "map"),
    ("/stations", "stations"),
    ("/advisories", "advisories"),
    ("/incidents", "incidents"),
    ("/completeness", "completeness"),
    ("/reports", "reports"),
    ("/boards", "boards"),
    ("/account", "account"),
)
ADMINISTRATION = (*OFFICE[:-1], ("/areas", "areas"), ("/people", "people"), ("/audit", "audit"), OFFICE[-1])

BY_ROLE: dict[Role, tuple[tuple[str, str], ...]] = {
    "farmer": FARM,
    "technician": FARM,
    "worker": FARM,
    "officer": OFFICE,
    "administrator": ADMINISTRATION,
}


def doors_of(role: Role) -> tuple[tuple[str, str], ...]:
    """Path and name of each."""
    return BY_ROLE[role]
