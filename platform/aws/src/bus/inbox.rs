//! A consumer's end of the bus: its SQS queue.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName};
use futures::future::try_join_all;
use tenantry_ports::bus::{BusError, DeadLetter, Delivery, Inbox, Receipt};
use tenantry_ports::error::Applied;
use tenantry_ports::ids::Ids;
use tokio::time::sleep;

use super::dead::{self, REASON};
use super::queue::{MOST, Queue, number, seconds};
use super::receipt::Held;
use crate::backoff::Backoff;

pub struct SqsInbox {
    pub queue: Arc<Queue>,
    pub dead: Arc<Queue>,
    pub ids: Arc<dyn Ids>,
}

/// Messages that SQS had no time to delete are deleted again so often before the consumer is told.
const TRIES: u32 = 5;
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(2) };

#[async_trait]
impl Inbox for SqsInbox {
    async fn receive(&self, max: usize, wait: Duration, hide: Duration) -> Result<Vec<Delivery>, BusError> {
        if max == 0 {
            return Ok(Vec::new());
        }
        let received = self.queue.receive(max, wait, hide).await?;
        Ok(received.into_iter().filter_map(delivery).collect())
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), BusError> {
        let handles: Vec<String> = receipts.iter().map(|receipt| Held::of(receipt).handle.to_owned()).collect();
        try_join_all(handles.chunks(MOST).map(|some| self.delete(some))).await?;
        Ok(())
    }

    async fn retry_after(&self, receipt: Receipt, after: Duration) -> Result<(), BusError> {
        let changed = self
            .queue
            .client
            .change_message_visibility()
            .queue_url(self.queue.url().await?)
            .receipt_handle(Held::of(&receipt).handle)
            .visibility_timeout(seconds(after))
            .send()
            .await;
        match changed.map_err(|e| self.queue.call("sqs:ChangeMessageVisibility").fault(e)) {
            // Visible again already, or gone: there is nothing left to put off.
            Err(fault) if fault.code.as_deref().is_some_and(is_over) => Ok(()),
            changed => Ok(changed.map(drop)?),
        }
    }

    async fn reject(&self, receipt: Receipt, reason: &str) -> Result<(), BusError> {
        let held = Held::of(&receipt);
        let Some(body) = held.body else {
            let what = format!("a receipt that {} did not give out cannot be rejected", self.queue);
            return Err(BusError::Broken { what, cause: None });
        };
        // First there, then not here: whoever dies in between leaves it in both, and it is rejected once more.
        let sent = self
            .dead
            .client
            .send_message()
            .queue_url(self.dead.url().await?)
            .message_body(body)
            .message_attributes(REASON, text(&dead::worded(reason))?)
            .send()
            .await;
        sent.map_err(|e| self.dead.call("sqs:SendMessage").fault(e))?;
        self.delete(&[held.handle.to_owned()]).await
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, BusError> {
        Ok(dead::newest(&self.dead, limit).await?)
    }
}

impl SqsInbox {
    /// Deletes up to [`MOST`] messages, reading what became of each.
    async fn delete(&self, handles: &[String]) -> Result<(), BusError> {
        let mut left: Vec<&String> = handles.iter().collect();
        for failures in 1.. {
            let deleted = self
                .queue
                .client
                .delete_message_batch()
                .queue_url(self.queue.url().await?)
                .set_entries(Some(self.entries(&left)?))
                .send()
                .await
                .map_err(|e| self.queue.call("sqs:DeleteMessageBatch").fault(e))?;
            let mut again = Vec::new();
            for failed in deleted.failed {
                if is_over(&failed.code) {
                    continue;
                }
                let why = format!("{}: {}", failed.code, failed.message.as_deref().unwrap_or("no reason given"));
                if failed.sender_fault {
                    return Err(self.queue.call("sqs:DeleteMessageBatch").nonsense(why).into());
                }
                if failures == TRIES {
                    let what = format!("{} does not delete messages: {why}", self.queue);
                    return Err(BusError::Unavailable { what, applied: Applied::Unknown, cause: None });
                }
                again.extend(failed.id.parse::<usize>().ok().and_then(|n| left.get(n)).copied());
            }
            if again.is_empty() {
                return Ok(());
            }
            left = again;
            sleep(BACKOFF.after(failures, &*self.ids)).await;
        }
        Ok(())
    }

    /// Their ids are their places among these.
    fn entries(&self, handles: &[&String]) -> Result<Vec<DeleteMessageBatchRequestEntry>, BusError> {
        let entry = |(n, handle): (usize, &&String)| {
            DeleteMessageBatchRequestEntry::builder().id(n.to_string()).receipt_handle(*handle).build()
        };
        let entries: Result<Vec<_>, _> = handles.iter().enumerate().map(entry).collect();
        entries.map_err(|e| BusError::broken(format!("no request can be made for {}", self.queue), e))
    }
}

/// Errors of a receipt that no longer stands for anything: its message is deleted, or was delivered once more.
fn is_over(code: &str) -> bool {
    matches!(
        code,
        "ReceiptHandleIsInvalid"
            | "InvalidParameterValue"
            | "InvalidParameterValueException"
            | "MessageNotInflight"
            | "AWS.SimpleQueueService.MessageNotInflight"
    )
}

fn delivery(message: Message) -> Option<Delivery> {
    let receives = number(&message, &MessageSystemAttributeName::ApproximateReceiveCount).unwrap_or(1);
    let (handle, body) = (message.receipt_handle?, message.body.unwrap_or_default());
    Some(Delivery { receipt: Held { handle: &handle, body: Some(&body) }.receipt(), body: body.into_bytes(), receives })
}

fn text(value: &str) -> Result<MessageAttributeValue, BusError> {
    let built = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    built.map_err(|e| BusError::broken("the reason cannot be sent along", e))
}
