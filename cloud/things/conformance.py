"""Which requirements of OGC 18-088 are met here."""

SPECIFICATION = "http://www.opengis.net/spec/iot_sensing/1.1/req"
OF_THE_MODEL = (
    "thing",
    "location",
    "historical-location",
    "datastream",
    "sensor",
    "observed-property",
    "observation",
    "feature-of-interest",
)
OF_REQUESTS = (
    "status-code",
    "query-status-code",
    "order",
    "expand",
    "select",
    "orderby",
    "top",
    "skip",
    "count",
    "filter",
    "built-in-filter-operations",
    "pagination",
)
CONFORMANCE = [
    f"{SPECIFICATION}/datamodel/entity-control-information/common-control-information",
    *(f"{SPECIFICATION}/datamodel/{name}/{part}" for name in OF_THE_MODEL for part in ("properties", "relations")),
    f"{SPECIFICATION}/resource-path/resource-path-to-entities",
    *(f"{SPECIFICATION}/request-data/{name}" for name in OF_REQUESTS),
]
