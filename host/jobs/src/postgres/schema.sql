CREATE TABLE meta (name text PRIMARY KEY, value text NOT NULL);

-- Keys of tenants, wrapped. A tenant's row is locked while a job of the tenant is added.
CREATE TABLE tenants (tenant text COLLATE "C" PRIMARY KEY, key text NOT NULL);

-- Of each tenant, documents that wait or are read, and bytes. Every transaction locks a row of this last.
CREATE TABLE usage (
    tenant text COLLATE "C" PRIMARY KEY,
    waiting bigint NOT NULL,
    bytes bigint NOT NULL
);

CREATE SEQUENCE numbers;

CREATE TABLE jobs (
    number bigint PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    tenant text COLLATE "C" NOT NULL REFERENCES tenants,
    subject text COLLATE "C",
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL,
    finished_ms bigint,
    key text NOT NULL,
    token text,
    concurrent_documents bigint,
    idempotency_key text COLLATE "C",
    fingerprint text,
    webhook_target text,
    webhook_state text CHECK (webhook_state IN ('waiting', 'due', 'delivered', 'given_up')),
    webhook_attempts bigint,
    webhook_due_ms bigint,
    webhook_code text,
    CHECK ((idempotency_key IS NULL) = (fingerprint IS NULL)),
    CHECK (num_nulls(webhook_target, webhook_state, webhook_attempts, webhook_due_ms) IN (0, 4))
);
CREATE INDEX jobs_of_tenant ON jobs (tenant, number);
CREATE INDEX jobs_of_subject ON jobs (tenant, subject) WHERE subject IS NOT NULL;
CREATE UNIQUE INDEX jobs_sent ON jobs (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX jobs_expiries ON jobs (expires_ms);
CREATE INDEX jobs_deliveries ON jobs (webhook_due_ms, number) WHERE webhook_state = 'due';

-- Rows of this change several times each, so it is cleaned sooner than tables are by default.
CREATE TABLE documents (
    number bigint NOT NULL REFERENCES jobs ON DELETE CASCADE,
    place bigint NOT NULL,
    tenant text COLLATE "C" NOT NULL,
    document_type text NOT NULL,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    attempts bigint NOT NULL,
    fence bigint NOT NULL,
    due_ms bigint NOT NULL,
    code text,
    input_bytes bigint NOT NULL,
    result_bytes bigint NOT NULL,
    PRIMARY KEY (number, place)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
CREATE INDEX documents_queue ON documents (tenant, due_ms, number, place) WHERE state = 'queued';
CREATE INDEX documents_leases ON documents (due_ms, number) WHERE state = 'running';

-- By the id of the job, so that megabytes travel before its number is drawn and a row of its tenant is locked.
CREATE TABLE inputs (
    job uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    place bigint NOT NULL,
    input bytea NOT NULL,
    PRIMARY KEY (job, place)
);

CREATE TABLE results (
    number bigint NOT NULL,
    place bigint NOT NULL,
    result bytea NOT NULL,
    PRIMARY KEY (number, place),
    FOREIGN KEY (number, place) REFERENCES documents ON DELETE CASCADE
);

-- What is sealed does not get smaller.
ALTER TABLE inputs ALTER COLUMN input SET STORAGE EXTERNAL;
ALTER TABLE results ALTER COLUMN result SET STORAGE EXTERNAL;
