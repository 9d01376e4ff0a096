//! The tables of `identity.db`.

/// One step per version. A step that has shipped is never edited.
pub(super) const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE server_key (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    key BLOB NOT NULL
) STRICT;

CREATE TABLE pool (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE client (
    id TEXT PRIMARY KEY,
    pool TEXT NOT NULL,
    kind TEXT NOT NULL,
    secret_hash BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX client_pool ON client (pool);

CREATE TABLE signing_key (
    kid TEXT PRIMARY KEY,
    pool TEXT NOT NULL,
    pkcs8 BLOB NOT NULL,
    created INTEGER NOT NULL,
    retired INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX signing_key_pool ON signing_key (pool);

CREATE TABLE user (
    pool TEXT NOT NULL,
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    sub TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    -- What the person signs in with: the name in the admin pool, the e-mail in any other. Unique in a pool.
    login TEXT NOT NULL,
    role TEXT NOT NULL,
    tenant_name TEXT NOT NULL,
    tenant_tier TEXT NOT NULL,
    -- The nonce of a one-time password, or the hash of a chosen one: never both.
    nonce BLOB,
    password TEXT,
    enabled INTEGER NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    PRIMARY KEY (pool, tenant, name),
    CHECK ((nonce IS NULL) <> (password IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX user_login ON user (pool, login);

-- Users whose mail may not be on the disk yet.
CREATE TABLE unmailed (sub TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- Everything opaque we hand out, by its digest.
CREATE TABLE ticket (
    digest BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    pool TEXT NOT NULL,
    sub TEXT NOT NULL,
    -- What links the tokens of one sign-in.
    origin TEXT NOT NULL,
    body TEXT NOT NULL,
    expires INTEGER NOT NULL,
    spent INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_sub ON ticket (sub);
CREATE INDEX ticket_origin ON ticket (origin);
CREATE INDEX ticket_expires ON ticket (expires);
",
    "
-- Tenants that were removed from a pool that goes on. Their admins' tokens are valid for a while, and must make nobody.
CREATE TABLE gone (
    pool TEXT NOT NULL,
    tenant TEXT NOT NULL,
    PRIMARY KEY (pool, tenant)
) STRICT, WITHOUT ROWID;
",
    "
-- Since when, so that it need not be remembered for ever.
ALTER TABLE gone ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
UPDATE gone SET at = unixepoch() * 1000;
CREATE INDEX gone_at ON gone (at);
",
];

#[cfg(test)]
mod tests {
    use super::super::users;
    use super::MIGRATIONS;
    use crate::sqlite::{Mode, Place, Sqlite};

    #[tokio::test]
    async fn a_file_of_before_goes_on_with_what_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let place = || Place::File(dir.path().join("identity.db"));
        let before = Sqlite::open(place(), Mode::Inline, &MIGRATIONS[..2]).unwrap();
        before.write(|c| c.execute("INSERT INTO gone VALUES ('stage', 't-1')", [])).await.unwrap();
        before.close().await;
        drop(before);

        let after = Sqlite::open(place(), Mode::Inline, MIGRATIONS).unwrap();
        assert!(after.read(|c| users::is_gone(c, "stage", "t-1")).await.unwrap());
        // It is remembered from now on, not since 1970, which would be forgotten at once.
        let recent = "SELECT at > (unixepoch() - 3600) * 1000 FROM gone";
        assert!(after.read(move |c| c.query_row(recent, [], |row| row.get::<_, bool>(0))).await.unwrap());
    }
}
