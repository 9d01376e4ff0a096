//! Many ask for one thing each; AWS is asked once for all of them.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;

/// How to ask for many.
#[async_trait]
pub trait Batch: Send + Sync + 'static {
    /// What can be asked for in one call, such as a cluster.
    type Group: Clone + Eq + Hash + Send + Sync + 'static;
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    type Answer: Clone + Send + 'static;
    type Error: Debug + Send + Sync + 'static;

    /// The most keys in one call.
    const MOST: usize;

    /// A key that is left out of the answer is not there.
    async fn ask(
        &self,
        group: &Self::Group,
        keys: Vec<Self::Key>,
    ) -> Result<HashMap<Self::Key, Self::Answer>, Self::Error>;
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PollError<E> {
    /// The call failed, for everybody who was in it.
    #[error("the call failed")]
    Failed(Arc<E>),
    #[error("the call was cut short")]
    Lost,
}

/// Gathers what is asked for within a short window. A cheap handle: clones share the windows.
pub struct Poller<B: Batch>(Arc<Inner<B>>);

struct Inner<B: Batch> {
    batch: B,
    window: Duration,
    open: Mutex<Open<B>>,
}

struct Open<B: Batch> {
    windows: HashMap<B::Group, Window<B>>,
    opened: u64,
}

struct Window<B: Batch> {
    /// Which of all windows it is, so that the timer of an earlier one leaves it alone.
    id: u64,
    keys: Vec<B::Key>,
    waiting: Vec<Waiting<B>>,
}

type Reply<B> = Result<Option<<B as Batch>::Answer>, PollError<<B as Batch>::Error>>;
type Waiting<B> = (<B as Batch>::Key, oneshot::Sender<Reply<B>>);

impl<B: Batch> Clone for Poller<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Batch> Poller<B> {
    pub fn new(batch: B, window: Duration) -> Self {
        Self(Arc::new(Inner { batch, window, open: Mutex::new(Open { windows: HashMap::new(), opened: 0 }) }))
    }

    /// The answer to one key, from a call that began after this did. None if there is no such thing.
    pub async fn ask(&self, group: B::Group, key: B::Key) -> Reply<B> {
        let (reply, answer) = oneshot::channel();
        self.join(group, key, reply);
        answer.await.unwrap_or(Err(PollError::Lost))
    }

    fn join(&self, group: B::Group, key: B::Key, reply: oneshot::Sender<Reply<B>>) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Open { windows, opened } = &mut *open;
        let window = windows.entry(group.clone()).or_insert_with(|| {
            *opened += 1;
            tokio::spawn(Arc::clone(&self.0).close_in_time(group.clone(), *opened));
            Window { id: *opened, keys: Vec::new(), waiting: Vec::new() }
        });
        if !window.keys.contains(&key) {
            window.keys.push(key.clone());
        }
        window.waiting.push((key, reply));
        if window.keys.len() >= B::MOST
            && let Some(full) = windows.remove(&group)
        {
            tokio::spawn(Arc::clone(&self.0).call(group, full));
        }
    }
}

impl<B: Batch> Inner<B> {
    /// Calls for what is in the window when its time is up, unless it was full before.
    async fn close_in_time(self: Arc<Self>, group: B::Group, id: u64) {
        tokio::time::sleep(self.window).await;
        let due = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let ours = open.windows.get(&group).is_some_and(|window| window.id == id);
            if ours { open.windows.remove(&group) } else { None }
        };
        if let Some(window) = due {
            self.call(group, window).await;
        }
    }

    async fn call(self: Arc<Self>, group: B::Group, window: Window<B>) {
        let answers = self.batch.ask(&group, window.keys).await.map_err(Arc::new);
        for (key, reply) in window.waiting {
            let answer = match &answers {
                Ok(answers) => Ok(answers.get(&key).cloned()),
                Err(error) => Err(PollError::Failed(Arc::clone(error))),
            };
            // Who asked may have gone.
            let _gone = reply.send(answer);
        }
    }
}
