//! Writing where older keys are into the index. In order and many together, so that those that fall on the same page
//! cost it one write.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::runtime::Handle;

use super::Scope;
use crate::database::Database;
use crate::sqlite::SqliteError;

/// Keys in one job, so that nobody waits behind it for long.
const CHUNK: usize = 256;
const PAUSE: Duration = Duration::from_secs(1);

impl Database {
    /// For as long as the database lives, if there is a runtime to do it in.
    pub(crate) fn settle_keys_now_and_then(&self) {
        let Ok(runtime) = Handle::try_current() else { return };
        let weak = Arc::downgrade(&self.inner);
        let young = Arc::clone(&self.inner.young);
        runtime.spawn(async move {
            loop {
                // It goes with the runtime when the database is gone.
                young.many.notified().await;
                let Some(inner) = weak.upgrade() else { return };
                match (Database { inner }).settle_keys().await {
                    Ok(()) => {}
                    Err(SqliteError::Closed) => return,
                    Err(error) => {
                        tracing::warn!(%error, "the index of keys is behind; it is tried again");
                        tokio::time::sleep(PAUSE).await;
                        young.many.notify_one();
                    }
                }
            }
        });
    }

    pub(crate) async fn settle_keys(&self) -> Result<(), SqliteError> {
        let young = &self.inner.young;
        while let Some((old, upto)) = young.to_settle() {
            for chunk in old.chunks(CHUNK) {
                let chunk = chunk.to_vec();
                self.inner.behind.write(move |conn| index(conn, &chunk)).await?;
            }
            // Last: until it is written, a start reads them all once more.
            let mark = move |conn: &Connection| conn.execute("UPDATE keys_mark SET n = ?1", [upto]);
            self.inner.behind.write(mark).await?;
            young.settled(upto);
        }
        Ok(())
    }
}

fn index(conn: &Connection, places: &[(Scope, i64)]) -> Result<(), rusqlite::Error> {
    let mut insert = conn.prepare_cached("INSERT OR IGNORE INTO keys_settled (scope, n) VALUES (?1, ?2)")?;
    places.iter().try_for_each(|(scope, n)| insert.execute((scope, n)).map(drop))
}
