//! A shadow reads a document beside the active version; what differs is counted, values are not kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use dossier_document::{FieldName, FieldReading, FieldText, Verdict};
use dossier_inference::{InferenceError, InferenceHandle, ReadRequest};
use dossier_plugin::{BeforeOutcome, Evidence, Report};
use tokio::sync::OwnedSemaphorePermit;

use super::second_look::SecondLook;
use crate::admission::Permit;
use crate::error::EngineError;
use crate::page_decoder::{PageDecoder, PageMemory};
use crate::snapshot::{DocumentType, Shadow, ShadowCounts, ShadowRun};

/// Under this name differences are counted of fields that nobody requested: rules have seen the
/// document when they name those, so the name may quote it.
const DERIVED: &str = "derived";

/// One document, kept until the shadow has read it too.
pub(super) struct Comparison {
    candidate: Arc<DocumentType>,
    run: Arc<ShadowRun>,
    requested: Option<Vec<FieldName>>,
    /// What the active version asked the model. Its pages are shared, not copied.
    active: ReadRequest,
    /// What the model itself answered, before calibration, and its second look.
    by_model: (Vec<FieldReading>, SecondLook),
    /// The document counts as in work until the shadow has read it, and so do its pixels.
    document: Option<Permit>,
    _memory: PageMemory,
    _comparison: OwnedSemaphorePermit,
}

/// The shadow did not read the document.
enum Unread {
    /// Its rules or its adapter failed or refused.
    Failed,
    /// The host has no room for it now.
    NoRoom,
}

impl Comparison {
    /// Keeps what the shadow needs, if there is room for one more comparison.
    pub(super) fn begin(
        shadow: &Shadow,
        active: &DocumentType,
        requested: Option<&[FieldName]>,
        request: ReadRequest,
        by_model: (Vec<FieldReading>, SecondLook),
        document: Option<&Permit>,
        memory: &PageMemory,
    ) -> Option<Self> {
        // The base alone is read to evaluate the adapter, never served.
        if request.adapter != Some(active.adapter_digest()) {
            return None;
        }
        let Ok(permit) = Arc::clone(&shadow.run.permits).try_acquire_owned() else {
            shadow.run.count(|counts| counts.skipped += 1);
            return None;
        };
        Some(Self {
            candidate: Arc::clone(&shadow.candidate),
            run: Arc::clone(&shadow.run),
            requested: requested.map(<[FieldName]>::to_vec),
            active: request,
            by_model,
            document: document.cloned(),
            _memory: memory.clone(),
            _comparison: permit,
        })
    }

    /// Lets the shadow read the document in the background and counts what differs.
    pub(super) fn finish(
        self,
        page_decoder: PageDecoder,
        inference: InferenceHandle,
        today: String,
        evidence: Evidence,
        report: &Report,
    ) {
        let report = report.clone();
        tokio::spawn(async move {
            let shadow = self.read(&page_decoder, &inference, &today, &evidence).await;
            let (readings, _) = &self.by_model;
            self.run.count(|counts| match shadow {
                Ok(shadow) => count_differences(counts, readings, &report, &shadow),
                Err(Unread::Failed) => counts.failed += 1,
                Err(Unread::NoRoom) => counts.skipped += 1,
            });
        });
    }

    async fn read(
        &self,
        page_decoder: &PageDecoder,
        inference: &InferenceHandle,
        today: &str,
        evidence: &Evidence,
    ) -> Result<Report, Unread> {
        let Self { candidate, active, by_model: (readings, look), .. } = self;
        let (id, rules) = (candidate.id(), candidate.plugin());
        let adapter = Some(candidate.adapter_digest());
        let before = rules.before(id, active.pages.len(), self.requested.as_deref(), today);
        let fields = match before.await {
            Ok(BeforeOutcome::Read { fields }) => candidate.with_zone(fields),
            Ok(BeforeOutcome::Refused { .. }) | Err(_) => return Err(Unread::Failed),
        };
        let is_same_reading = fields == active.fields && active.adapter == adapter;
        let readings = if is_same_reading {
            candidate.calibrated(readings.to_vec())
        } else {
            let pages = active.pages.clone();
            let request = ReadRequest { pages, fields, adapter, embed: false };
            let tenant = Permit::tenant_of(self.document.as_ref());
            match page_decoder.read(inference, request, &tenant).await {
                Ok(output) => candidate.calibrated(output.readings),
                Err(EngineError::Inference(
                    InferenceError::Overloaded | InferenceError::Stopped,
                )) => {
                    return Err(Unread::NoRoom);
                }
                Err(_) => return Err(Unread::Failed),
            }
        };
        // The second look is the base's, and no adapter's: it would see the same again.
        let (readings, _) = look.joined(readings);
        let after = rules.after_with_usage(id, &readings, evidence, today);
        after.await.map(|(report, _usage)| report).map_err(|_| Unread::Failed)
    }
}

fn count_differences(
    counts: &mut ShadowCounts,
    readings: &[FieldReading],
    active: &Report,
    shadow: &Report,
) {
    let (before, after) = (values(active), values(shadow));
    let mut differs = false;
    for name in before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))) {
        if before.get(name) != after.get(name) {
            let is_requested = readings.iter().any(|reading| reading.name == **name);
            let told = if is_requested { name.as_str() } else { DERIVED };
            *counts.fields.entry(told.to_owned()).or_default() += 1;
            differs = true;
        }
    }
    let outcomes = |report: &Report| {
        report.checks.iter().map(|check| (check.code.clone(), check.outcome)).collect::<Vec<_>>()
    };
    if outcomes(active) != outcomes(shadow) {
        counts.checks += 1;
        differs = true;
    }
    if Verdict::of(&active.checks) != Verdict::of(&shadow.checks) {
        counts.verdicts += 1;
    }
    counts.compared += 1;
    counts.same += u64::from(!differs);
}

fn values(report: &Report) -> BTreeMap<&FieldName, Option<&FieldText>> {
    report.fields.iter().map(|field| (&field.name, field.value.as_ref())).collect()
}
