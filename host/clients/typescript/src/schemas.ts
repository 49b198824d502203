// Made from openapi.json by scripts/generate.mjs: `npm run generate`. Not to be changed by hand.

export interface components {
    schemas: {
        /** @description A barcode that the rules search for. What it holds is in the fields that they take from it. */
        BarcodeBody: {
            page: number;
            polygon: number[][];
            source: string;
        };
        /** @description What a document of no named type may be. */
        CandidateBody: {
            /** Format: double */
            confidence: number;
            document_type: string;
        };
        /** @description One check, as everything that prints checks shows it. */
        CheckBody: {
            code: string;
            fields: string[];
            message: string;
            /**
             * @description What came of the check.
             * @enum {string}
             */
            outcome: "passed" | "failed" | "not_performed";
        };
        /** @description A form. */
        DocumentForm: {
            /** @description Such as `utopia/passport/2024`; without it, the type is found out by how the first page looks. */
            document_type?: string | null;
            /** @description The fields to read, separated by commas; without it, all that the rules read. */
            fields?: string | null;
            /** @description The pages, in their order: JPEG, PNG, WebP, TIFF or PDF. */
            page: string[];
        };
        /** @description A document as JSON. */
        DocumentJson: {
            /** @description Such as `utopia/passport/2024`; without it, the type is found out by how the first page looks. In a job it must be there. */
            document_type?: string | null;
            /** @description The fields to read; without it, all that the rules read. */
            fields?: string[] | null;
            /** @description The pages in base64 (RFC 4648, section 4, with padding), in their order. */
            pages: string[];
        };
        DocumentTypeBody: {
            adapter: string;
            calibration?: string | null;
            document_type: string;
            fields: string[];
            measured?: components["schemas"]["MeasuredBody"] | null;
            pages: number;
            rules: components["schemas"]["RulesBody"];
            title: string;
        };
        /** @description The answer of `GET /v1/document-types`. */
        DocumentTypesBody: {
            base: string;
            document_types: components["schemas"]["DocumentTypeBody"][];
            /** Format: int64 */
            generation: number;
        };
        /** @description What is to be erased: one of the two. */
        EraseJson: {
            /** @description `true` for all jobs of the tenant. */
            all?: boolean | null;
            /** @description Whom the jobs are about. */
            subject?: string | null;
        };
        /** @description How many jobs were erased. */
        Erased: {
            /** Format: int64 */
            erased: number;
        };
        /** @description The answer of `POST /v1/extract`, and of `dossier extract --json`. */
        ExtractBody: {
            barcodes: components["schemas"]["BarcodeBody"][];
            candidates: components["schemas"]["CandidateBody"][];
            checks: components["schemas"]["CheckBody"][];
            document_type: string;
            fields: components["schemas"]["FieldBody"][];
            pages: components["schemas"]["PageBody"][];
            request_id: string;
            served_by: components["schemas"]["ServedByBody"];
            timings_ms: components["schemas"]["TimingsBody"];
            /**
             * @description What follows from the checks.
             * @enum {string}
             */
            verdict: "accepted" | "incomplete" | "rejected";
        };
        FieldBody: {
            /** Format: double */
            confidence?: number | null;
            name: string;
            other_reading?: components["schemas"]["OtherReadingBody"] | null;
            page?: number | null;
            polygon?: number[][] | null;
            raw?: string | null;
            source: string;
            value?: string | null;
        };
        /** @description What has become of a job. */
        Job: {
            counts: components["schemas"]["JobCounts"];
            /** @description RFC 3339. */
            created_at: string;
            /** @description In the order in which they were sent; lists leave it out. */
            documents?: components["schemas"]["JobDocument"][] | null;
            /** @description When nothing of it is kept any more. */
            expires_at: string;
            finished_at?: string | null;
            id: string;
            /**
             * @description What has become of it.
             * @enum {string}
             */
            state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
            webhook?: components["schemas"]["JobWebhook"] | null;
        };
        /** @description How many of its documents are in which state. */
        JobCounts: {
            cancelled: number;
            failed: number;
            queued: number;
            running: number;
            succeeded: number;
        };
        /** @description What has become of a document. */
        JobDocument: {
            /**
             * Format: int32
             * @description How often it was begun.
             */
            attempts: number;
            /** @description Why it was not read, or why it is begun again. */
            code?: string | null;
            /** @description From 1. */
            document: number;
            document_type: string;
            /**
             * @description What has become of it.
             * @enum {string}
             */
            state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
        };
        /** @description A job as JSON. */
        JobJson: {
            /** @description The documents. */
            documents: components["schemas"]["DocumentJson"][];
            /** @description Whom they are about, as the client calls them, to erase them by later. It is not kept as it is. */
            subject?: string | null;
            /**
             * Format: int64
             * @description How long the job and its results are kept, if not as long as the host keeps them.
             */
            ttl_seconds?: number | null;
            webhook?: components["schemas"]["WebhookJson"] | null;
        };
        /** @description What came of a document. */
        JobResult: {
            answer?: components["schemas"]["ExtractBody"] | null;
            /** @description From 1. */
            document: number;
            problem?: components["schemas"]["ProblemBody"] | null;
            /**
             * @description What has become of it.
             * @enum {string}
             */
            state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
        };
        /** @description What came of the documents of a job. */
        JobResults: {
            documents: components["schemas"]["JobResult"][];
            id: string;
            /**
             * @description What has become of it.
             * @enum {string}
             */
            state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
        };
        /** @description Whether whoever is to be told was told. */
        JobWebhook: {
            /**
             * Format: int32
             * @description How often that was tried.
             */
            attempts: number;
            /** @description Why it was not told last. */
            code?: string | null;
            /**
             * @description Whether it was told.
             * @enum {string}
             */
            state: "waiting" | "due" | "delivered" | "given_up";
        };
        /** @description Jobs. */
        Jobs: {
            jobs: components["schemas"]["Job"][];
            /** @description What to ask on before. */
            next?: string | null;
        };
        ListedModel: {
            /**
             * Format: int64
             * @description Nobody knows; clients want a number.
             */
            created: number;
            id: string;
            object: string;
            owned_by: string;
            /** @description The base; none for the base itself. */
            parent?: string | null;
            /** @description The digest of the base, or of the adapter. */
            root: string;
        };
        /** @description How well the adapter read held-out documents, as the record of its training has it. */
        MeasuredBody: {
            /** Format: int64 */
            documents: number;
            /** Format: double */
            documents_exact?: number | null;
            /** Format: double */
            fields_exact: number;
        };
        /** @description The base and the document types. */
        ModelsBody: {
            data: components["schemas"]["ListedModel"][];
            object: string;
        };
        /** @description The answer of `GET /v1/document-types/{type}`. */
        OneDocumentTypeBody: components["schemas"]["DocumentTypeBody"] & {
            base: string;
            /** Format: int64 */
            generation: number;
            scalings: components["schemas"]["ScalingBody"][];
        };
        /** @description What was read of a field that was read twice, and was not taken: it was less sure, or is the same. */
        OtherReadingBody: {
            /** Format: double */
            confidence: number;
            differs_at: number[][];
            raw: string;
            read_from: string;
        };
        /** @description A page of the document, and where it is in what was sent. */
        PageBody: {
            corners: number[][];
            page: number;
            picture: number;
            rectified: boolean;
            /** Format: double */
            rotation: number;
            /** Format: double */
            score?: number | null;
        };
        /** @description `application/problem+json`. */
        ProblemBody: {
            candidates?: components["schemas"]["CandidateBody"][];
            code: string;
            detail: string;
            plugin?: string | null;
            request_id: string;
            rules_code?: string | null;
            /** Format: int32 */
            status: number;
            title: string;
            type: string;
        };
        RulesBody: {
            digest: string;
            name: string;
            version: string;
        };
        /** @description What the model's own confidence becomes: `sigmoid(slope * logit(confidence) + intercept)`. */
        ScalingBody: {
            field: string;
            /** Format: double */
            intercept: number;
            /** Format: double */
            slope: number;
        };
        ServedByBody: {
            adapter?: string | null;
            base: string;
            calibration?: string | null;
            /** Format: int64 */
            generation: number;
            rules: string;
            zone_reader?: string | null;
        };
        TimingsBody: {
            /** Format: double */
            after: number;
            /** Format: double */
            barcodes: number;
            /** Format: double */
            before: number;
            /** Format: double */
            decode: number;
            /** Format: double */
            encode: number;
            /** Format: double */
            identify: number;
            /** Format: double */
            pages: number;
            /** Format: double */
            preprocess: number;
            /** Format: double */
            queue: number;
            /** Format: double */
            second_look: number;
            /** Format: double */
            total: number;
        };
        /** @description Who is told once a job is done with. */
        WebhookJson: {
            /** @description `whsec_` and the base64 of 24 to 64 bytes. */
            secret?: string | null;
            /** @description An address that is told over TLS. */
            url: string;
        };
        /** @description What signatures are checked with. */
        WebhookKey: {
            /** @description `whpk_` and the base64 of an ed25519 key. */
            public_key: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type BarcodeBody = components['schemas']['BarcodeBody'];
export type CandidateBody = components['schemas']['CandidateBody'];
export type CheckBody = components['schemas']['CheckBody'];
export type DocumentForm = components['schemas']['DocumentForm'];
export type DocumentJson = components['schemas']['DocumentJson'];
export type DocumentTypeBody = components['schemas']['DocumentTypeBody'];
export type DocumentTypesBody = components['schemas']['DocumentTypesBody'];
export type EraseJson = components['schemas']['EraseJson'];
export type Erased = components['schemas']['Erased'];
export type ExtractBody = components['schemas']['ExtractBody'];
export type FieldBody = components['schemas']['FieldBody'];
export type Job = components['schemas']['Job'];
export type JobCounts = components['schemas']['JobCounts'];
export type JobDocument = components['schemas']['JobDocument'];
export type JobJson = components['schemas']['JobJson'];
export type JobResult = components['schemas']['JobResult'];
export type JobResults = components['schemas']['JobResults'];
export type JobWebhook = components['schemas']['JobWebhook'];
export type Jobs = components['schemas']['Jobs'];
export type ListedModel = components['schemas']['ListedModel'];
export type MeasuredBody = components['schemas']['MeasuredBody'];
export type ModelsBody = components['schemas']['ModelsBody'];
export type OneDocumentTypeBody = components['schemas']['OneDocumentTypeBody'];
export type OtherReadingBody = components['schemas']['OtherReadingBody'];
export type PageBody = components['schemas']['PageBody'];
export type ProblemBody = components['schemas']['ProblemBody'];
export type RulesBody = components['schemas']['RulesBody'];
export type ScalingBody = components['schemas']['ScalingBody'];
export type ServedByBody = components['schemas']['ServedByBody'];
export type TimingsBody = components['schemas']['TimingsBody'];
export type WebhookJson = components['schemas']['WebhookJson'];
export type WebhookKey = components['schemas']['WebhookKey'];

/** Every code that a host refuses with. */
export const CODES = [
  "adapter.overloaded",
  "adapter.unavailable",
  "audit.unavailable",
  "auth.document_type",
  "auth.expired",
  "auth.invalid",
  "auth.missing",
  "auth.unavailable",
  "body.broken",
  "body.content_encoding",
  "body.content_type",
  "body.not_an_image_type",
  "body.not_json",
  "body.not_tensors",
  "body.timeout",
  "body.too_large",
  "connection.no_room",
  "deadline",
  "deadline.header",
  "document.refused",
  "document.too_large",
  "document.too_many_pages",
  "document_type.contradiction",
  "document_type.missing",
  "document_type.quarantined",
  "document_type.unknown",
  "field.repeated",
  "field.unknown",
  "form.field_name",
  "form.malformed",
  "form.not_text",
  "form.repeated_part",
  "form.too_many_parts",
  "form.unknown_part",
  "generation.changed",
  "header.malformed",
  "idempotency.in_work",
  "idempotency.not_kept",
  "idempotency.other_request",
  "internal",
  "job.documents",
  "job.given_up",
  "job.no_room",
  "job.not_kept",
  "job.too_many",
  "job.unavailable",
  "job.unknown",
  "job.value",
  "job.webhook",
  "json.malformed",
  "json.missing_key",
  "json.unknown_key",
  "json.value",
  "model.failed",
  "model.out_of_memory",
  "not_ready",
  "overloaded",
  "page.base64",
  "page.corrupt",
  "page.empty",
  "page.missing",
  "page.more_than_one_image",
  "page.no_document",
  "page.not_an_image",
  "page.too_large",
  "page.too_long",
  "page.truncated",
  "page.unsupported",
  "plugin.invalid_result",
  "plugin.memory_limit",
  "plugin.pool_full",
  "plugin.refused",
  "plugin.timeout",
  "plugin.trap",
  "query.malformed",
  "request.head_too_large",
  "request.malformed",
  "request.timeout",
  "route.method",
  "route.unknown",
  "tenant.busy",
  "tenant.rate",
  "tensor.malformed",
  "tensor.model",
  "tensor.unknown",
] as const;
export type Code = (typeof CODES)[number];
