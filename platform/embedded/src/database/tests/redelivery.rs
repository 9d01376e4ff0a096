//! What comes again, and what must not.

use super::*;

async fn remembered(database: &Database) -> i64 {
    database
        .inner
        .sqlite
        .read(|c| c.query_row("SELECT count(*) FROM redeliveries", [], |row| row.get(0)))
        .await
        .unwrap()
}

#[tokio::test]
async fn what_was_put_back_and_then_acknowledged_does_not_come_again() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(dir.path());
    database.publish(events(1)).await.unwrap();
    let inbox = database.inbox(Consumer::ControlPlane);
    let got = inbox.receive(1, SECOND, HIDE).await.unwrap().remove(0);
    inbox.retry_after(got.receipt.clone(), HIDE).await.unwrap();
    assert_eq!(remembered(&database).await, 1);
    inbox.ack(vec![got.receipt]).await.unwrap();
    assert_eq!(remembered(&database).await, 0);
    drop(inbox);
    let database = reopened(database, dir.path()).await;
    assert_eq!(database.inbox(Consumer::ControlPlane).receive(1, Duration::ZERO, HIDE).await.unwrap(), []);
}

/// Whichever of the two is written first.
#[tokio::test]
async fn what_is_acknowledged_while_it_is_put_back_does_not_come_again() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(dir.path());
    for round in 0..50 {
        database.publish(events(1)).await.unwrap();
        let inbox = database.inbox(Consumer::ControlPlane);
        let got = inbox.receive(1, SECOND, HIDE).await.unwrap().remove(0);
        let back = inbox.retry_after(got.receipt.clone(), Duration::ZERO);
        let ack = inbox.ack(vec![got.receipt.clone()]);
        let (back, acked) = if round % 2 == 0 {
            tokio::join!(back, ack)
        } else {
            let (ack, back) = tokio::join!(ack, back);
            (back, ack)
        };
        back.unwrap();
        acked.unwrap();
        assert_eq!(inbox.receive(1, Duration::ZERO, HIDE).await.unwrap(), [], "round {round}");
        assert_eq!(remembered(&database).await, 0, "round {round}");
    }
}

#[tokio::test]
async fn what_is_acknowledged_while_it_is_delivered_again_does_not_come_again() {
    let dir = tempfile::tempdir().unwrap();
    let database = open(dir.path());
    let inbox = database.inbox(Consumer::ControlPlane);
    for round in 0..50 {
        database.publish(events(1)).await.unwrap();
        let got = inbox.receive(1, SECOND, Duration::ZERO).await.unwrap().remove(0);
        // Acknowledged first, but not yet written when it is due again.
        let (acked, again) = tokio::join!(inbox.ack(vec![got.receipt]), inbox.receive(1, Duration::ZERO, HIDE));
        acked.unwrap();
        assert_eq!(again.unwrap(), [], "round {round}");
        assert_eq!(remembered(&database).await, 0, "round {round}");
    }
}

/// One that was delivered to somebody else since is theirs to put back.
#[tokio::test(start_paused = true)]
async fn an_old_receipt_puts_nothing_back() {
    let database = Database::in_memory(deps_at(0)).unwrap();
    let inbox = database.inbox(Consumer::ControlPlane);
    database.publish(events(1)).await.unwrap();
    let first = inbox.receive(1, SECOND, SECOND).await.unwrap().remove(0);
    tokio::time::advance(SECOND * 2).await;
    let second = inbox.receive(1, SECOND, HIDE).await.unwrap().remove(0);
    inbox.retry_after(first.receipt, Duration::ZERO).await.unwrap();
    assert_eq!(inbox.receive(1, Duration::ZERO, HIDE).await.unwrap(), []);
    inbox.ack(vec![second.receipt]).await.unwrap();
    assert_eq!(remembered(&database).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_could_not_be_written_down_does_not_count() {
    let database = Database::in_memory(deps_at(0)).unwrap();
    let inbox = database.inbox(Consumer::ControlPlane);
    database.publish(events(1)).await.unwrap();
    inbox.receive(1, SECOND, SECOND).await.unwrap();
    tokio::time::advance(SECOND * 2).await;
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON redeliveries BEGIN SELECT raise(ABORT, 'no'); END";
    database.inner.sqlite.write(move |c| c.execute_batch(refuse)).await.unwrap();
    for _ in 0..20 {
        assert!(inbox.receive(1, Duration::ZERO, HIDE).await.is_err());
    }
    database.inner.sqlite.write(|c| c.execute_batch("DROP TRIGGER refuse")).await.unwrap();
    let again = inbox.receive(1, Duration::ZERO, HIDE).await.unwrap().remove(0);
    assert_eq!(again.receives, 2, "nobody got it in between");
}
