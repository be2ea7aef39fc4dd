//! Telling something to an address that somebody gave us. What is told bears an id, so that telling it twice does no harm;
//! that is why a post may go over a connection that was kept.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::Method;
use hyper::header::{CONNECTION, RETRY_AFTER};
use tokio::time::{Instant, timeout_at};

use super::Outbound;
use super::ask::add_headers;
use super::error::{Fault, OutboundError, Stage};
use super::exchange::{Exchange, request};
use super::kept::{PostLine, Receiver};
use super::line::Line;
use super::target::Target;
use crate::id::WorkspaceId;

/// What is told.
#[derive(Clone, Debug, Default)]
pub struct Post {
    /// Beside ours (`Host`, `User-Agent`, `Accept`); one of the same name replaces ours.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// How long an answer may take, and how much of it is kept.
#[derive(Clone, Debug)]
pub struct PostLimits {
    /// From the name's resolving to the head of the answer.
    pub whole_max: Duration,
    pub answer_bytes_max: usize,
}

impl Default for PostLimits {
    fn default() -> PostLimits {
        PostLimits { whole_max: Duration::from_secs(5), answer_bytes_max: 4096 }
    }
}

/// What was answered. Redirects are answers like any other: none is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// As the receiver wrote it.
    pub retry_after: Option<String>,
    /// The beginning of the body, as far as it came in time.
    pub body: Bytes,
}

impl Outbound {
    /// Posts to `url`, for this workspace, and hears the answer.
    ///
    /// # Errors
    /// The address may not be asked, or nothing answered in time.
    pub async fn post(
        &self,
        workspace: WorkspaceId,
        url: &str,
        post: &Post,
        limits: &PostLimits,
    ) -> Result<Answer, OutboundError> {
        let _place = self.posts.enter(workspace)?;
        self.tell(workspace, url, post, limits).await.inspect_err(OutboundError::log)
    }

    async fn tell(
        &self,
        workspace: WorkspaceId,
        url: &str,
        post: &Post,
        limits: &PostLimits,
    ) -> Result<Answer, OutboundError> {
        let target = Target::parse(url)?;
        let receiver = Receiver::of(workspace, &target);
        let until = Instant::now() + limits.whole_max;
        let late = Fault::TimedOut { stage: Stage::Head, after: limits.whole_max };
        let work = timeout_at(until, self.hear_head(&receiver, &target, post, limits.whole_max)).await;
        let heard = work.unwrap_or_else(|_| Err(late.into()));
        let (mut exchange, line) = heard.map_err(|error| error.at(target.place(), false))?;
        let retry_after = exchange.header(RETRY_AFTER).map(str::to_owned);
        let (mut body, mut is_over) = (BytesMut::new(), exchange.is_over());
        // The head has said how it went; a body that doesn't come, or breaks off, changes nothing.
        while !is_over && body.len() < limits.answer_bytes_max {
            let Ok(Ok(chunk)) = timeout_at(until, exchange.chunk()).await else { break };
            is_over = chunk.is_none() || exchange.is_over();
            let chunk = chunk.unwrap_or_default();
            body.extend_from_slice(&chunk[..chunk.len().min(limits.answer_bytes_max - body.len())]);
        }
        if is_over {
            self.kept.give(receiver, line).await;
        }
        Ok(Answer { status: exchange.status, retry_after, body: body.freeze() })
    }

    /// Asks over a connection that was kept, where there is one, else over a new one.
    async fn hear_head(
        &self,
        receiver: &Receiver,
        target: &Target,
        post: &Post,
        span: Duration,
    ) -> Result<(Exchange, PostLine), OutboundError> {
        let mut request = request(Method::POST, target, post.body.clone())?;
        request.headers_mut().remove(CONNECTION);
        add_headers(request.headers_mut(), &post.headers)?;
        if let Some(mut line) = self.kept.take(receiver) {
            match line.ask(request.clone(), span).await {
                Ok(answer) => return Ok((answer.into(), line)),
                // The receiver may close what is kept just when it is used. That says nothing about the receiver, unless it
                // began an answer or let us wait.
                Err(error) if line.was_heard() || matches!(error.fault, Fault::TimedOut { .. }) => return Err(error),
                Err(_) => {}
            }
        }
        let mut line = Line::over(self.connect(target, span).await?).await?;
        let answer = line.ask(request, span).await?;
        Ok((answer.into(), line))
    }
}
