"""The journal's tables.

A sample's identity is (node, boot, sequence): receiving it again changes nothing. Rows are stamped with the kernel's boot,
the monotonic clock of that boot, and the wall clock as a label with a flag whether it was known. The outbox names the rows
that the cloud has not yet confirmed.
"""

VERSION = 1

STATEMENTS = """
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
