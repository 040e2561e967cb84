-- One federation's history. Amounts are gwei in HUGEINT, fees wei in HUGEINT, times UTC, hashes and digests BLOB,
-- accounts EIP-55 text. One table holds the logs; what can be said from logs alone is a view over it, so a reorg
-- that deletes logs corrects everything. What evidence says is kept by the evidence's digest and the report's round,
-- and goes with the report.

-- format, chain_id, federation, from_block, source (an endpoint without its path, or a run directory), next_block.
CREATE TABLE meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);

-- Blocks with logs, and the last block of every piece read. No hash where a run directory was read.
CREATE TABLE blocks (number BIGINT NOT NULL, hash BLOB, time TIMESTAMP NOT NULL);

-- Every log; order by block, log_index. Columns have the names of the ABI's fields; those an event lacks are NULL.
CREATE TABLE events (
    block BIGINT NOT NULL,
    log_index INTEGER NOT NULL,
    time TIMESTAMP NOT NULL,
    transaction BLOB NOT NULL,
    name VARCHAR NOT NULL,
    account VARCHAR,            -- participant, oracle, from or to
    counterparty VARCHAR,       -- reporter, demander or answerer
    round INTEGER,
    amount HUGEINT,
    stake HUGEINT,              -- after the event
    funded HUGEINT,             -- after the event
    cumulative HUGEINT,         -- claimed so far, after the event
    total HUGEINT,              -- all rewards up to this report
    budget HUGEINT,
    start BIGINT,               -- Unix seconds
    withdrawable_at BIGINT,     -- Unix seconds
    active_at BIGINT,           -- Unix seconds
    deadline BIGINT,            -- Unix seconds
    exiting HUGEINT,            -- after the event
    bond HUGEINT,               -- of an oracle after the event, or of a demand
    bounty HUGEINT,
    burned HUGEINT,
    fault UTINYINT,             -- the place in IReferee's Fault
    offence UTINYINT,           -- the place in IFederation's Offence
    leaf BIGINT,                -- of the evidence
    commitment BLOB,            -- 14 bytes
    digest BLOB,
    inputs BLOB,                -- 23 bytes
    rewards BLOB,
    model BLOB,
    evidence BLOB,
    evidence_root BLOB,
    signed BLOB,                -- 32 bytes, bit i for oracle i
    committee BLOB,             -- keccak of the oracles' packed addresses
    data BLOB                   -- Deployed, CommitteeScheduled: the ABI encoding of all fields
);

-- Transactions behind the logs, and those that failed where the source lists them.
CREATE TABLE transactions (
    hash BLOB NOT NULL,
    block BIGINT NOT NULL,
    sender VARCHAR NOT NULL,
    function VARCHAR NOT NULL,
    gas_used BIGINT NOT NULL,
    fee_wei HUGEINT NOT NULL,
    succeeded BOOLEAN NOT NULL
);

-- What is known of accounts beyond the chain: a run directory's or a scenario's names. role: participant, oracle, sponsor.
CREATE TABLE parties (account VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, behaviour VARCHAR, role VARCHAR NOT NULL);

-- One row a report's evidence. status: read, missing (no store has it), unreadable (not canonical),
-- contradicts (well-formed, but not about this round or not under the report's root). Losses are Q30 sums.
-- Geometry, in radians: agreement is the mean cosine between pairs of accepted updates, step the norm of the model's
-- change, drift the norm of its distance from the initial model; NULL where a block is missing.
CREATE TABLE evidence (
    digest BLOB NOT NULL,
    round INTEGER NOT NULL,
    status VARCHAR NOT NULL,
    detail VARCHAR,
    scale HUGEINT,
    samples INTEGER,
    coalitions INTEGER,
    loss_before HUGEINT,
    loss_after HUGEINT,
    accepted BOOLEAN,
    agreement DOUBLE,
    step DOUBLE,
    drift DOUBLE
);

-- One row a reveal, as the evidence tells it. status: accepted, malformed, unavailable, duplicate. phi is divided by
-- evidence.scale. norm of the update, its cosine with the model's step, and moved, the share of the step's length
-- that its weighted delta makes (the shares of a round sum to 1 under the weighted mean).
CREATE TABLE standings (
    evidence BLOB NOT NULL,
    round INTEGER NOT NULL,
    place INTEGER NOT NULL,
    participant VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    stake HUGEINT NOT NULL,
    digest BLOB NOT NULL,
    phi HUGEINT NOT NULL,
    weight HUGEINT NOT NULL,
    reward HUGEINT NOT NULL,
    cumulative HUGEINT NOT NULL,
    norm DOUBLE,
    cosine DOUBLE,
    moved DOUBLE
);

-- Figures of the model after each round, 0 being the initial one. rows: validation (the public rows, computed from
-- the model's block), pooled or a client's name (a run directory's). metric: accuracy, auc, loss.
CREATE TABLE model_metrics (round INTEGER NOT NULL, rows VARCHAR NOT NULL, metric VARCHAR NOT NULL, value DOUBLE);

CREATE TABLE baselines (model VARCHAR NOT NULL, rows VARCHAR NOT NULL, metric VARCHAR NOT NULL, value DOUBLE);
