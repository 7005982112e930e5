"""Runs the measurements named on the command line, or all."""

import sys

from bench import (
    alarm,
    backlog,
    bus32,
    cloud_gateways,
    cloud_map,
    cloud_reads,
    cloud_restarts,
    cloud_rows,
    cloud_workers,
    field,
    heap,
    journal,
    line,
    log,
    messages,
    page,
    process,
    response,
    restart,
    storage,
    update,
)

ALL = {
    "line": line.run,
    "bus32": bus32.run,
    "response": response.run,
    "alarm": alarm.run,
    "messages": messages.run,
    "process": process.run,
    "restart": restart.run,
    "heap": heap.run,
    "journal": journal.run,
    "storage": storage.run,
    "backlog": backlog.run,
    "log": log.run,
    "field": field.run,
    "update": update.run,
    "page": page.run,
    "cloud-rows": cloud_rows.run,
    "cloud-workers": cloud_workers.run,
    "cloud-reads": cloud_reads.run,
    "cloud-gateways": cloud_gateways.run,
    "cloud-map": cloud_map.run,
    "cloud-restarts": cloud_restarts.run,
}


def main(names: list[str]) -> None:
    """Run them one after another."""
    unknown = [name for name in names if name not in ALL]
    if unknown:
        sys.exit(f"bench: no measurement {', '.join(unknown)}; there are {', '.join(ALL)}")
    for name in names or ALL:
        ALL[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
