use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use super::*;

const SCHEMA: &[&str] = &["CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"];

fn file(dir: &tempfile::TempDir) -> Place {
    Place::File(dir.path().join("t.db"))
}

async fn count(db: &Sqlite) -> i64 {
    db.read(|c| c.query_row("SELECT count(*) FROM t", [], |r| r.get(0))).await.unwrap()
}

fn insert(n: i64) -> impl FnOnce(&Connection) -> Result<usize, rusqlite::Error> + Send {
    move |c| c.execute("INSERT INTO t VALUES (?1, 'x')", [n])
}

/// Keeps the writer busy until the sender is used, so that what follows waits together.
async fn hold(db: &Sqlite) -> mpsc::Sender<()> {
    let (go, wait) = mpsc::channel();
    let (started, running) = oneshot::channel();
    let db = db.clone();
    tokio::spawn(async move {
        db.write(move |_| {
            let _ = started.send(());
            let _ = wait.recv();
            Ok(())
        })
        .await
    });
    running.await.unwrap();
    go
}

/// Polls a future once, so that its job is in the queue before the next one's.
async fn queued<F: Future + Unpin>(future: &mut F) {
    std::future::poll_fn(|cx| {
        assert!(std::pin::Pin::new(&mut *future).poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn a_failing_job_leaves_its_group_alone() {
    let dir = tempfile::tempdir().unwrap();
    let db = Sqlite::open(file(&dir), Mode::Threaded, SCHEMA).unwrap();
    let go = hold(&db).await;
    let mut first = Box::pin(db.write(insert(1)));
    let mut bad = Box::pin(db.write(|c| {
        c.execute("INSERT INTO t VALUES (2, 'x')", [])?;
        c.execute("INSERT INTO t VALUES (1, 'again')", [])
    }));
    let mut panicking = Box::pin(db.write(|c| {
        c.execute("INSERT INTO t VALUES (4, 'x')", [])?;
        assert!(c.is_autocommit(), "on purpose");
        Ok(())
    }));
    let mut last = Box::pin(db.write(insert(3)));
    queued(&mut first).await;
    queued(&mut bad).await;
    queued(&mut panicking).await;
    queued(&mut last).await;
    go.send(()).unwrap();
    assert_eq!(first.await.unwrap(), 1);
    assert!(matches!(bad.await, Err(SqliteError::Failed(_))));
    assert!(matches!(panicking.await, Err(SqliteError::Panicked)));
    assert_eq!(last.await.unwrap(), 1);
    let rows: Vec<i64> =
        db.read(|c| c.prepare("SELECT n FROM t ORDER BY n")?.query_map([], |r| r.get(0))?.collect()).await.unwrap();
    assert_eq!(rows, [1, 3]);
}

#[tokio::test]
async fn a_job_that_its_group_guards_takes_it_along_only_once_it_has_written() {
    let dir = tempfile::tempdir().unwrap();
    let db = Sqlite::open(file(&dir), Mode::Threaded, SCHEMA).unwrap();
    db.write(insert(1)).await.unwrap();
    for (failing, spoils) in [(1, false), (3, true)] {
        let go = hold(&db).await;
        let mut first = Box::pin(db.write(insert(2)));
        let twice = move |c: &Connection| {
            c.execute("INSERT INTO t VALUES (?1, 'x')", [failing])?;
            c.execute("INSERT INTO t VALUES (?1, 'again')", [failing])
        };
        let mut bad = Box::pin(db.write_then(Guard::Group, twice, |_| ()));
        let mut last = Box::pin(db.write(insert(4)));
        queued(&mut first).await;
        queued(&mut bad).await;
        queued(&mut last).await;
        go.send(()).unwrap();
        let first = first.await;
        assert!(matches!(bad.await, Err(SqliteError::Failed(_))));
        assert_eq!(matches!(first, Err(SqliteError::Busy { .. })), spoils, "{first:?}");
        // What had not run yet runs in a transaction of its own.
        last.await.unwrap();
        assert_eq!(count(&db).await, if spoils { 2 } else { 3 });
        db.write(|c| c.execute("DELETE FROM t WHERE n > 1", [])).await.unwrap();
    }
}

#[tokio::test]
async fn replies_and_what_comes_after_follow_the_commit() {
    let dir = tempfile::tempdir().unwrap();
    let db = Sqlite::open(file(&dir), Mode::Threaded, SCHEMA).unwrap();
    let path = dir.path().join("t.db");
    let seen = Arc::new(Mutex::new(None));
    let note = seen.clone();
    db.write_then(Guard::Savepoint, insert(1), move |_| {
        let other = Connection::open(path).unwrap();
        let n: i64 = other.query_row("SELECT count(*) FROM t", [], |r| r.get(0)).unwrap();
        *note.lock().unwrap() = Some(n);
    })
    .await
    .unwrap();
    assert_eq!(*seen.lock().unwrap(), Some(1));
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn a_full_queue_is_busy_and_does_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { queue: 2, ..Options::default() };
    let db = Sqlite::open_with(file(&dir), Mode::Threaded, SCHEMA, options).unwrap();
    let go = hold(&db).await;
    let (mut a, mut b) = (Box::pin(db.write(insert(1))), Box::pin(db.write(insert(2))));
    queued(&mut a).await;
    queued(&mut b).await;
    assert!(matches!(db.write(insert(3)).await, Err(SqliteError::Busy { .. })));
    go.send(()).unwrap();
    a.await.unwrap();
    b.await.unwrap();
    assert_eq!(count(&db).await, 2);
}

#[tokio::test]
async fn closing_does_what_waits_and_refuses_what_comes() {
    let dir = tempfile::tempdir().unwrap();
    let db = Sqlite::open(file(&dir), Mode::Threaded, SCHEMA).unwrap();
    let go = hold(&db).await;
    let mut waiting = Box::pin(db.write(insert(1)));
    queued(&mut waiting).await;
    let mut closing = Box::pin(db.close());
    queued(&mut closing).await;
    assert!(matches!(db.write(insert(2)).await, Err(SqliteError::Closed)));
    go.send(()).unwrap();
    waiting.await.unwrap();
    closing.await;
    let log = std::fs::metadata(dir.path().join("t.db-wal")).map_or(0, |m| m.len());
    assert_eq!(log, 0, "the log is folded into the file");
    assert_eq!(count(&Sqlite::open(file(&dir), Mode::Threaded, SCHEMA).unwrap()).await, 1);
}

#[tokio::test]
async fn a_newer_file_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    Sqlite::open(file(&dir), Mode::Threaded, &["CREATE TABLE t (n)", "CREATE TABLE u (n)"]).unwrap().close().await;
    let Err(error) = Sqlite::open(file(&dir), Mode::Threaded, SCHEMA) else { panic!("it was opened") };
    let words = error.to_string();
    assert!(words.contains("schema version 2") && words.contains("up to 1"), "{words}");
    // And left as it was.
    Sqlite::open(file(&dir), Mode::Threaded, &["CREATE TABLE t (n)", "CREATE TABLE u (n)"]).unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_with_words_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let fatal = Arc::new(AtomicBool::new(false));
    let rang = fatal.clone();
    let options = Options { fatal: Arc::new(move |_| rang.store(true, Ordering::SeqCst)), ..Options::default() };
    let db = Sqlite::open_with(file(&dir), Mode::Threaded, SCHEMA, options).unwrap();
    db.write(|c| c.query_row("PRAGMA max_page_count = 10", [], |_| Ok(()))).await.unwrap();
    let big =
        |n: i64| move |c: &Connection| c.execute("INSERT INTO t VALUES (?1, zeroblob(0) || hex(zeroblob(50000)))", [n]);
    assert!(matches!(db.write(big(1)).await, Err(SqliteError::Full(_))));
    db.write(|c| c.query_row("PRAGMA max_page_count = 10000", [], |_| Ok(()))).await.unwrap();
    db.write(big(1)).await.unwrap();
    assert_eq!(count(&db).await, 1);
    assert!(!fatal.load(Ordering::SeqCst), "a full disk ends no process");
}

#[tokio::test(start_paused = true)]
async fn inline_and_in_memory() {
    for mode in [Mode::Inline, Mode::Threaded] {
        let db = Sqlite::open(Place::Memory, mode, SCHEMA).unwrap();
        db.write(insert(1)).await.unwrap();
        assert!(db.write(insert(1)).await.is_err());
        assert_eq!(count(&db).await, 1);
        db.close().await;
    }
}

#[tokio::test]
async fn the_log_is_folded_under_steady_load() {
    let dir = tempfile::tempdir().unwrap();
    let db = Sqlite::open(file(&dir), Mode::Threaded, SCHEMA).unwrap();
    // 240 MB in all, far more than the log may grow to.
    for n in 0..60 {
        db.write(move |c| c.execute("INSERT INTO t VALUES (?1, hex(zeroblob(2000000)))", [n])).await.unwrap();
    }
    let log = std::fs::metadata(dir.path().join("t.db-wal")).unwrap().len();
    assert!(log < 200 << 20, "{log}");
    assert_eq!(count(&db).await, 60);
}
