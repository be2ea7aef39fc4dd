//! Writes with a step before them that has no transaction open: uploads, fetches.

use std::future::Future;

use axum::response::Response;
use database::Priority;
use serde::Serialize;

use super::answer::{Answer, Asked};
use super::claim::Claim;
use super::idempotency::{Earlier, earlier_answer, replay};
use super::{Call, Done, Fingerprint};
use crate::error::Error;
use crate::store::Write;
use crate::store::idempotency::{ClaimId, IdempotencyKey, idempotency_claim};
use crate::workspace::limits::Pass;
use crate::workspace::tokens::Caller;

/// What a preparation made of a streamed body.
pub struct Streamed<P> {
    pub prepared: P,
    /// By what a repeated body is known.
    pub fingerprint: Fingerprint,
    /// Parts that nobody asked for.
    pub ignored: Vec<String>,
}

/// When it is known what a request sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Before,
    /// Only the preparation reads it.
    After,
}

/// What came of claiming a key.
enum Claimed {
    /// No key, or an answer that can only be compared once the request is read.
    Nothing,
    Ours(Claim),
    Answered(Answer),
}

impl Call {
    /// Answers after `prepare`, which runs outside of any transaction and may take long, and then `work`, the one durable
    /// write. The gate stands before both.
    ///
    /// With an `Idempotency-Key` the key is claimed first, durably: another request with it is `idempotency_in_flight`
    /// until this one ends. A repeated request is answered without preparing anything. What `prepare` refuses is not
    /// kept under the key.
    pub async fn write_after<R, P, T, Fut, F>(
        self,
        request: Result<R, Error>,
        prepare: impl FnOnce(R) -> Fut + Send,
        work: F,
    ) -> Response
    where
        R: Send,
        P: Send + Sync + 'static,
        T: Serialize + Send + 'static,
        Fut: Future<Output = Result<P, Error>> + Send,
        F: Fn(&mut Write<'_, '_>, &Caller, &P) -> Result<Done<T>, Error> + Send + 'static,
    {
        let fingerprint = self.fingerprint;
        let prepare = |request| {
            let prepared = prepare(request);
            async move { Ok(Streamed { prepared: prepared.await?, fingerprint, ignored: Vec::new() }) }
        };
        self.write_prepared(Known::Before, request, prepare, work).await
    }

    /// As [`Call::write_after`], where only `prepare` can tell what was sent (a streamed body): it gives the fingerprint,
    /// and what it passed over, with what it prepared. A repeated request is prepared as well, and then answered as before.
    pub async fn write_after_stream<R, P, T, Fut, F>(
        self,
        request: Result<R, Error>,
        prepare: impl FnOnce(R) -> Fut + Send,
        work: F,
    ) -> Response
    where
        R: Send,
        P: Send + Sync + 'static,
        T: Serialize + Send + 'static,
        Fut: Future<Output = Result<Streamed<P>, Error>> + Send,
        F: Fn(&mut Write<'_, '_>, &Caller, &P) -> Result<Done<T>, Error> + Send + 'static,
    {
        self.write_prepared(Known::After, request, prepare, work).await
    }

    async fn write_prepared<R, P, T, Fut, F>(
        mut self,
        known: Known,
        request: Result<R, Error>,
        prepare: impl FnOnce(R) -> Fut + Send,
        work: F,
    ) -> Response
    where
        R: Send,
        P: Send + Sync + 'static,
        T: Serialize + Send + 'static,
        Fut: Future<Output = Result<Streamed<P>, Error>> + Send,
        F: Fn(&mut Write<'_, '_>, &Caller, &P) -> Result<Done<T>, Error> + Send + 'static,
    {
        let request = self.take_key().and_then(|key| Ok((request?, key)));
        let pass = match self.enter_alone().await {
            Ok(pass) => pass,
            Err(error) => return self.refuse_uncounted(error),
        };
        let (request, key) = match request {
            Ok(both) => both,
            Err(error) => return self.count(pass, Err(error)),
        };
        let claim = match self.claim(&pass, key.as_ref(), known).await {
            Ok(Claimed::Nothing) => None,
            Ok(Claimed::Ours(claim)) => Some(claim),
            Ok(Claimed::Answered(answer)) => return self.written(pass, Ok(answer)),
            Err(error) => return self.count(pass, Err(error)),
        };
        let prepared = match &claim {
            Some(claim) => claim.while_running(prepare(request)).await,
            None => prepare(request).await,
        };
        let written = match prepared {
            Ok(Streamed { prepared, fingerprint, ignored }) => {
                self.facts.ignored.extend(ignored);
                let key = key.map(|key| IdempotencyKey { fingerprint, ..key });
                let asked = self.asked(key, claim.as_ref().map(|claim| claim.id.clone()));
                let asked = Asked { fingerprint, ..asked };
                self.write_once(&pass, asked, prepared, work).await
            }
            Err(error) => Err(error),
        };
        if let Some(claim) = claim {
            let is_kept = written.as_ref().is_ok_and(|answer| answer.refusal.is_none());
            if is_kept { claim.settle() } else { claim.release().await }
        }
        self.written(pass, written)
    }

    /// Claims the key in a write of its own; an answer that stands under it already is given, if it can be compared.
    async fn claim(&self, pass: &Pass, key: Option<&IdempotencyKey>, known: Known) -> Result<Claimed, Error> {
        let Some(key) = key else { return Ok(Claimed::Nothing) };
        let asked = self.asked(Some(key.clone()), None);
        let asked = Asked { gate: asked.gate_after(pass), ..asked };
        let (id, held, workspace) = (ClaimId::generate(), pass.held(), self.caller.workspace);
        let claim = {
            let (key, id) = (key.clone(), id.clone());
            move |write: &mut Write<'_, '_>| match earlier_answer(write, &key, None)? {
                Earlier::Nothing => idempotency_claim(write, &key, &id).map(|()| None),
                Earlier::Answer(_) if known == Known::After => Ok(Some(None)),
                Earlier::Answer(kept) => {
                    let answer = replay(write, &asked, &key, kept)?;
                    if let Some(held) = held.clone() {
                        write.tx.after_commit(move || held.use_up());
                    }
                    Ok(Some(Some(answer)))
                }
            }
        };
        Ok(match self.app.write(workspace, Priority::Foreground, claim).await? {
            None => Claimed::Ours(Claim::new(&self.app, workspace, key.clone(), id)),
            Some(None) => Claimed::Nothing,
            Some(Some(answer)) => Claimed::Answered(answer),
        })
    }
}
