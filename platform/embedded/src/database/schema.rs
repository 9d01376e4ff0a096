//! The tables. Each registration touches as few b-trees as its promises allow, and appends where it can.

pub const MIGRATIONS: &[&str] = &[
    "
-- Tenants in the order their ids were made, which is the order they are listed in.
CREATE TABLE tenants (
    n            INTEGER PRIMARY KEY,
    -- The name, while the tenant is not deleted; else none.
    live_name    TEXT,
    -- The folded e-mail, while the tenant is pooled and not deleted; else none.
    pooled_email TEXT,
    -- When its open operation's time has passed; none if there is no open one.
    due          INTEGER,
    generation   INTEGER NOT NULL,
    record       BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX tenants_name ON tenants (live_name) WHERE live_name IS NOT NULL;
CREATE UNIQUE INDEX tenants_email ON tenants (pooled_email) WHERE pooled_email IS NOT NULL;
CREATE INDEX tenants_due ON tenants (due) WHERE due IS NOT NULL;

-- Ids of tenants, registrations and operations that do not tell by themselves where their row is: those of later
-- operations, as the three that a tenant is made with do. A UUID is kept as its 16 bytes, another id as text.
CREATE TABLE ids (
    id     ANY NOT NULL,
    kind   INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    PRIMARY KEY (id, kind)
) STRICT, WITHOUT ROWID;

-- Operations that are no longer their tenant's newest; that one is in the record.
CREATE TABLE operations (
    tenant    INTEGER NOT NULL,
    ordinal   INTEGER NOT NULL,
    id        TEXT NOT NULL,
    operation BLOB NOT NULL,
    PRIMARY KEY (tenant, ordinal)
) STRICT, WITHOUT ROWID;

-- How many tenants that are not deleted each tier has in each placement: a tier that moves leaves its tenants where
-- they are.
CREATE TABLE tiers (
    tier      TEXT NOT NULL,
    placement TEXT NOT NULL,
    tenants   INTEGER NOT NULL,
    PRIMARY KEY (tier, placement)
) STRICT, WITHOUT ROWID;

-- The event log, which is the outbox and every consumer's queue.
CREATE TABLE events (
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    -- A bit for each consumer that hears it.
    hears  INTEGER NOT NULL,
    tenant ANY,
    type   TEXT NOT NULL,
    body   BLOB NOT NULL
) STRICT;
CREATE INDEX events_tenant ON events (tenant) WHERE tenant IS NOT NULL;

-- How far each consumer is: everything up to `low` is done with, and single ones beyond it.
CREATE TABLE inboxes (
    consumer INTEGER PRIMARY KEY,
    low      INTEGER NOT NULL
) STRICT;
CREATE TABLE acked (
    consumer INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    PRIMARY KEY (consumer, seq)
) STRICT, WITHOUT ROWID;
-- Messages that were delivered and not acknowledged in time: how often, and until when they are hidden. What is out
-- for the first time is in memory only, and simply comes again after a restart.
CREATE TABLE redeliveries (
    consumer   INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    receives   INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    PRIMARY KEY (consumer, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO inboxes (consumer, low) VALUES (1, 0), (2, 0);
CREATE TABLE dead_letters (
    id       INTEGER PRIMARY KEY,
    consumer INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    body     BLOB NOT NULL
) STRICT;
CREATE INDEX dead_letters_consumer ON dead_letters (consumer);

-- Idempotency keys in the order they came, so that old ones go in one sweep from the front.
CREATE TABLE keys (
    n       INTEGER PRIMARY KEY,
    expires INTEGER NOT NULL,
    scope   BLOB NOT NULL,
    request BLOB NOT NULL,
    status  INTEGER,
    answer  BLOB
) STRICT;
-- Where they are, up to the mark; of newer ones memory knows.
CREATE TABLE keys_settled (
    scope BLOB NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (scope, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE keys_mark (n INTEGER NOT NULL) STRICT;
INSERT INTO keys_mark (n) VALUES (0);

-- Reports taken, by the day.
CREATE TABLE reports_taken (
    day INTEGER NOT NULL,
    key ANY NOT NULL,
    PRIMARY KEY (day, key)
) STRICT, WITHOUT ROWID;

-- Who wants looking at, and who holds whom. The owner is a tenant's id, or 0 for the stage.
CREATE TABLE work (
    owner      ANY PRIMARY KEY,
    -- When it can be claimed next: the earliest ring, or the lease's end while it is held.
    due        INTEGER,
    held_until INTEGER,
    worker     TEXT,
    -- The earliest ring since it was claimed.
    rung       INTEGER,
    fence      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX work_due ON work (due) WHERE due IS NOT NULL;

CREATE TABLE inventory (
    owner    ANY NOT NULL,
    resource TEXT NOT NULL,
    watched  INTEGER NOT NULL,
    entry    BLOB NOT NULL,
    PRIMARY KEY (owner, resource)
) STRICT, WITHOUT ROWID;
CREATE INDEX inventory_watched ON inventory (owner) WHERE watched = 1;

CREATE TABLE secrets (
    name   TEXT PRIMARY KEY,
    secret BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Requests counted on days that are over.
CREATE TABLE usage (
    tenant ANY NOT NULL,
    day    TEXT NOT NULL,
    used   INTEGER NOT NULL,
    PRIMARY KEY (tenant, day)
) STRICT, WITHOUT ROWID;
",
    "
-- For the broom, which takes days and not tenants.
CREATE INDEX usage_day ON usage (day);
",
    "
-- Things that sweeps found and that no inventory names.
CREATE TABLE orphans (
    id        TEXT PRIMARY KEY,
    orphan    BLOB NOT NULL,
    -- Whether an operator asked for its removal.
    requested INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX orphans_requested ON orphans (id) WHERE requested = 1;
",
];
