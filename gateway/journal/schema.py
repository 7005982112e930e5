"""The journal's tables.

A sample's identity is (node, boot, sequence): receiving it again changes nothing. Rows are stamped with the kernel's boot,
the monotonic clock of that boot, and the wall clock as a label with a flag whether it was known. The outbox names the rows
that the cloud has not yet confirmed.

`minutes` and `hours` of wall time are made of the samples in the order of their rows, up to the mark `condensed`. They lie
in the order in which a chart reads them, and are written in batches, so that few pages are touched.
"""

import apsw

VERSION = 2

FIRST = """
CREATE TABLE samples (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL,
    boot INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    taken_boot TEXT NOT NULL,
    taken_monotonic_s REAL NOT NULL,
    taken_wall_s REAL NOT NULL,
    wall_known INTEGER NOT NULL,
    late INTEGER NOT NULL,
    readings TEXT NOT NULL,
    UNIQUE (node, boot, sequence)
);
CREATE INDEX samples_by_time ON samples (taken_wall_s);
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    pond TEXT,
    detail TEXT NOT NULL,
    at_boot TEXT NOT NULL,
    at_monotonic_s REAL NOT NULL,
    at_wall_s REAL NOT NULL,
    wall_known INTEGER NOT NULL
);
CREATE TABLE outbox (
    kind TEXT NOT NULL,
    row INTEGER NOT NULL,
    refused TEXT,
    PRIMARY KEY (kind, row)
) WITHOUT ROWID;
"""

MINUTES = """
CREATE TABLE traces (
    id INTEGER PRIMARY KEY,
    node TEXT NOT NULL,
    quantity TEXT NOT NULL,
    place INTEGER NOT NULL,
    UNIQUE (node, quantity, place)
);
CREATE TABLE minutes (
    trace INTEGER NOT NULL,
    at INTEGER NOT NULL,
    low REAL,
    mean REAL,
    high REAL,
    count INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    PRIMARY KEY (trace, at)
) WITHOUT ROWID;
CREATE TABLE hours (
    trace INTEGER NOT NULL,
    at INTEGER NOT NULL,
    low REAL,
    mean REAL,
    high REAL,
    count INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    PRIMARY KEY (trace, at)
) WITHOUT ROWID;
CREATE TABLE marks (name TEXT PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO marks VALUES ('condensed', 0);
CREATE TABLE losses (
    node TEXT NOT NULL,
    boot INTEGER NOT NULL,
    samples INTEGER NOT NULL,
    PRIMARY KEY (node, boot)
) WITHOUT ROWID;
"""

STEPS = (FIRST, MINUTES)  # step n leads from version n to n + 1


class TooNew(apsw.Error):
    """The journal was written by a newer gateway."""


def bring_up_to_date(connection: apsw.Connection) -> None:
    """Make the tables, or lead an older journal to this version in place; raises TooNew and apsw.Error."""
    found = int(connection.pragma("user_version"))
    if found > VERSION:
        raise TooNew(f"the journal has version {found}, this gateway knows {VERSION}: update the gateway")
    with connection:
        for step in STEPS[found:]:
            connection.execute(step)
        if found < VERSION:
            connection.pragma("user_version", VERSION)
