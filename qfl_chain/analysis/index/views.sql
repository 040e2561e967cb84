-- What people ask in SQL: views over the tables, so they are right after every reorg.

-- Reports in chain order. stands: not voided. paid: what it added to the total of the report it builds on.
CREATE VIEW reports AS
WITH posted AS (
    SELECT r.*, NOT EXISTS (FROM events v WHERE v.name = 'ReportVoided' AND v.round = r.round) AS stands
    FROM events r WHERE r.name = 'Reported'
), counted AS (
    SELECT *, coalesce(max(total) FILTER (WHERE stands) OVER before, 0)::HUGEINT AS previous_total,
        last_value(CASE WHEN stands THEN model END IGNORE NULLS) OVER before AS base_model
    FROM posted
    WINDOW before AS (ORDER BY block, log_index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT c.round, c.block, c.log_index, c.time, c.transaction, c.stands, c.total, c.previous_total,
    c.total - c.previous_total AS paid, c.base_model, c.inputs, c.rewards, c.model, c.evidence, c.evidence_root, c.signed,
    bit_count(c.signed::BIT)::INTEGER AS signers,
    coalesce(e.status, 'unread') AS evidence_status, e.detail AS evidence_detail, e.scale, e.samples, e.coalitions,
    e.loss_before, e.loss_after, e.accepted, e.agreement, e.step, e.drift
FROM counted c LEFT JOIN evidence e ON e.digest = c.evidence AND e.round = c.round;

-- status as the logs say it: an open round may have expired by the clock, which nobody has noted yet.
CREATE VIEW rounds AS
WITH tally AS (
    SELECT round, count(*) FILTER (WHERE name = 'Committed') AS commits,
        count(*) FILTER (WHERE name = 'Revealed') AS reveals,
        bool_or(name IN ('RoundVoided', 'ReportVoided')) AS voided,
        bool_or(name = 'RoundExpired') AS expired,
        bool_or(name = 'Reported') AS reported
    FROM events WHERE round IS NOT NULL GROUP BY round
)
SELECT o.round,
    CASE WHEN t.voided THEN 'voided' WHEN t.reported THEN 'reported' WHEN t.expired THEN 'expired' ELSE 'open' END
        AS status,
    o.time AS opened, o.start, o.budget, t.commits, t.reveals,
    CASE WHEN r.stands THEN r.paid ELSE 0::HUGEINT END AS paid,
    r.block AS reported_block, r.time AS reported, r.transaction AS report_transaction, r.signers,
    r.evidence_status, r.accepted, r.loss_before, r.loss_after, o.block, o.log_index, o.transaction
FROM events o JOIN tally t USING (round) LEFT JOIN reports r USING (round)
WHERE o.name = 'RoundOpened' ORDER BY o.round;

-- Every reveal: where it was committed, and its standing. status: NULL where no evidence could be read.
CREATE VIEW updates AS
SELECT u.round, u.account AS participant, u.stake, u.digest, u.block, u.log_index, u.time, u.transaction,
    c.block AS committed_block, c.log_index AS committed_log_index, s.place, s.status, s.phi, s.weight, s.reward,
    s.norm, s.cosine, s.moved
FROM events u
LEFT JOIN events c ON c.name = 'Committed' AND c.round = u.round AND c.account = u.account
LEFT JOIN reports r ON r.round = u.round
LEFT JOIN standings s ON s.evidence = r.evidence AND s.round = u.round AND s.participant = u.account
WHERE u.name = 'Revealed';

-- Every standing of every report's evidence. contribution: the Shapley value per sample, a loss, not money.
CREATE VIEW scores AS
SELECT s.round, s.place, s.participant, s.status, s.stake, s.digest, s.phi, s.weight, s.reward, s.cumulative, r.stands,
    s.phi::DOUBLE / greatest(r.scale, 1)::DOUBLE / greatest(r.samples, 1) / 1073741824 AS contribution,
    s.norm, s.cosine, s.moved
FROM standings s JOIN reports r ON r.evidence = s.evidence AND r.round = s.round;

-- What standing reports paid, round by round.
CREATE VIEW rewards AS
SELECT round, participant, reward AS amount, cumulative FROM scores WHERE stands AND reward > 0;

CREATE VIEW claims AS
SELECT account AS participant, amount, cumulative, block, log_index, time, transaction
FROM events WHERE name = 'Claimed';

-- What stakes lost, for a missing reveal or by a conviction, which also takes from a stake on its way out.
CREATE VIEW penalties AS
SELECT account AS participant, round, amount, stake,
    CASE WHEN name = 'Penalized' THEN 'missing reveal' WHEN offence = 0 THEN 'malformed' ELSE 'unavailable' END AS reason,
    counterparty AS reporter, bounty, block, log_index, time, transaction
FROM events WHERE name IN ('Penalized', 'Convicted');

-- Every log about an oracle's bond: by how much it changed, and what it was afterwards.
CREATE VIEW bonds AS
SELECT account AS oracle, name AS change, round,
    CASE name WHEN 'Bonded' THEN amount WHEN 'Unbonding' THEN 0::HUGEINT ELSE -amount END AS amount,
    CASE name WHEN 'BondWithdrawn' THEN 0::HUGEINT ELSE bond END AS bond, withdrawable_at,
    block, log_index, time, transaction
FROM events WHERE name IN ('Bonded', 'Unbonding', 'BondWithdrawn', 'Slashed');

-- Every proof against a report or an oracle. fault: the place in IReferee's Fault; NULL for two signed reports.
CREATE VIEW refutations AS
SELECT round, fault, account AS oracle, counterparty AS reporter, bounty, burned, block, log_index, time, transaction
FROM events WHERE name IN ('Refuted', 'Equivocated');

-- Every demand for bytes: of an update where there is a participant, otherwise of a leaf of the report's evidence.
CREATE VIEW demands AS
SELECT d.round, d.account AS participant, d.digest, d.leaf, d.counterparty AS demander, d.bond, d.deadline,
    a.counterparty AS answerer, d.block, d.log_index, d.time, d.transaction
FROM events d LEFT JOIN events a ON a.name = replace(d.name, 'Demanded', 'Answered') AND a.round = d.round
    AND a.digest IS NOT DISTINCT FROM d.digest AND a.account IS NOT DISTINCT FROM d.account
    AND a.leaf IS NOT DISTINCT FROM d.leaf
WHERE d.name IN ('UpdateDemanded', 'LeafDemanded');

-- Every log about an account's stake: what the account had before, and after.
CREATE VIEW holdings AS
WITH logged AS (
    SELECT *,
        CASE name WHEN 'Exited' THEN 0::HUGEINT WHEN 'Withdrawn' THEN NULL ELSE stake END AS stake_after,
        CASE name WHEN 'Exited' THEN amount WHEN 'Withdrawn' THEN 0::HUGEINT ELSE exiting END AS exiting_after
    FROM events WHERE name IN ('Joined', 'Revealed', 'Penalized', 'Convicted', 'Exited', 'Withdrawn')
)
SELECT account, name, amount, stake, exiting, stake_after, exiting_after,
    coalesce(last_value(stake_after IGNORE NULLS) OVER before, 0)::HUGEINT AS stake_before,
    coalesce(last_value(exiting_after IGNORE NULLS) OVER before, 0)::HUGEINT AS exiting_before,
    block, log_index, time, transaction
FROM logged
WINDOW before AS (PARTITION BY account ORDER BY block, log_index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);

-- Every change of a stake: by how much, and what it was afterwards.
CREATE VIEW stakes AS
SELECT account AS participant, name AS change,
    CASE name WHEN 'Joined' THEN amount WHEN 'Convicted' THEN stake_after - stake_before ELSE -amount END AS amount,
    stake_after AS stake, block, log_index, time, transaction
FROM holdings WHERE name IN ('Joined', 'Penalized', 'Convicted', 'Exited');

-- Every account that joined, staked or claimed. earned counts standing reports whose evidence was read.
CREATE VIEW participants AS
WITH movements AS (
    SELECT account,
        min(time) FILTER (WHERE name = 'Joined') AS joined,
        coalesce(sum(amount) FILTER (WHERE name = 'Joined'), 0) AS deposited,
        coalesce(sum(amount) FILTER (WHERE name IN ('Penalized', 'Convicted')), 0) AS penalties,
        coalesce(sum(amount) FILTER (WHERE name = 'Withdrawn'), 0) AS withdrawn,
        coalesce(sum(amount) FILTER (WHERE name = 'Claimed'), 0) AS claimed,
        count(*) FILTER (WHERE name = 'Committed') AS commits,
        count(*) FILTER (WHERE name = 'Revealed') AS reveals
    FROM events
    WHERE name IN ('Joined', 'Penalized', 'Convicted', 'Exited', 'Withdrawn', 'Claimed', 'Committed', 'Revealed')
    GROUP BY account
), held AS (
    SELECT account,
        coalesce(arg_max(stake_after, (block, log_index)), 0)::HUGEINT AS stake,
        coalesce(arg_max(exiting_after, (block, log_index)), 0)::HUGEINT AS exiting
    FROM holdings GROUP BY account
), scored AS (
    SELECT participant, coalesce(sum(reward) FILTER (WHERE stands), 0) AS earned,
        count(*) FILTER (WHERE status = 'accepted') AS accepted
    FROM scores GROUP BY participant
), paid AS (
    SELECT sender, sum(gas_used) AS gas_used, sum(fee_wei) AS fee_wei FROM transactions GROUP BY sender
)
SELECT m.account AS participant, p.name, p.behaviour, m.joined, m.deposited,
    coalesce(h.stake, 0)::HUGEINT AS stake, coalesce(h.exiting, 0)::HUGEINT AS exiting, m.withdrawn,
    coalesce(s.earned, 0)::HUGEINT AS earned, m.claimed, m.penalties, m.commits, m.reveals,
    coalesce(s.accepted, 0) AS accepted, coalesce(f.gas_used, 0)::HUGEINT AS gas_used,
    coalesce(f.fee_wei, 0)::HUGEINT AS fee_wei
FROM movements m
LEFT JOIN held h ON h.account = m.account
LEFT JOIN scored s ON s.participant = m.account
LEFT JOIN paid f ON f.sender = m.account
LEFT JOIN parties p ON p.account = m.account;

CREATE VIEW gas AS
SELECT function, count(*) AS transactions, count(*) FILTER (WHERE NOT succeeded) AS failed, min(gas_used) AS least,
    (sum(gas_used) // count(*))::BIGINT AS mean, max(gas_used) AS most, sum(gas_used) AS gas_used,
    sum(fee_wei) AS fee_wei
FROM transactions GROUP BY function;

CREATE VIEW gas_by_sender AS
SELECT t.sender, p.name, p.role, t.function, count(*) AS transactions, sum(t.gas_used) AS gas_used,
    sum(t.fee_wei) AS fee_wei
FROM transactions t LEFT JOIN parties p ON p.account = t.sender GROUP BY ALL;

-- Logs whose running sums do not fold to what they say: a log before them is missing or was changed. Empty, or the
-- index is not to be believed.
CREATE VIEW contradictions AS
WITH folded AS (
    SELECT block, log_index, name, account, 'stake' AS field,
        CASE name WHEN 'Exited' THEN amount ELSE stake END AS said,
        CASE name
            WHEN 'Joined' THEN stake_before + amount
            WHEN 'Penalized' THEN stake_before - amount
            WHEN 'Convicted' THEN greatest(stake_before - amount, 0)
            ELSE stake_before
        END AS folded
    FROM holdings WHERE name <> 'Withdrawn'
    UNION ALL
    SELECT block, log_index, name, account, 'exiting', CASE name WHEN 'Withdrawn' THEN amount ELSE exiting END,
        exiting_before - CASE name WHEN 'Convicted' THEN greatest(amount - stake_before, 0) ELSE 0 END
    FROM holdings WHERE name IN ('Withdrawn', 'Convicted')
    UNION ALL
    SELECT block, log_index, change, oracle, 'bond', bond, coalesce(sum(amount) OVER before, 0)
    FROM bonds WINDOW before AS (PARTITION BY oracle ORDER BY block, log_index)
    UNION ALL
    SELECT block, log_index, name, account, 'claimed', cumulative,
        sum(amount) OVER (PARTITION BY account ORDER BY block, log_index)
    FROM events WHERE name = 'Claimed'
    UNION ALL
    SELECT block, log_index, name, account, 'funded', funded,
        sum(CASE name WHEN 'Reclaimed' THEN -amount WHEN 'Convicted' THEN amount - bounty ELSE amount END)
            OVER (ORDER BY block, log_index)
    FROM events WHERE name IN ('Funded', 'Penalized', 'Convicted', 'Reclaimed') QUALIFY name = 'Funded'
    UNION ALL
    SELECT block, log_index, name, account, 'round', round, row_number() OVER (ORDER BY block, log_index)
    FROM events WHERE name = 'RoundOpened'
    UNION ALL
    SELECT u.block, u.log_index, u.name, u.account, 'commitments', 1, count(c.round)
    FROM events u LEFT JOIN events c ON c.name = 'Committed' AND c.round = u.round AND c.account = u.account
    WHERE u.name = 'Revealed' GROUP BY ALL
    UNION ALL
    SELECT block, log_index, name, account, 'first log', 1, CASE WHEN name = 'Deployed' THEN 1 ELSE 0 END
    FROM (FROM events ORDER BY block, log_index LIMIT 1)
)
SELECT block, log_index, name, account, field, said::HUGEINT AS said, folded::HUGEINT AS folded
FROM folded WHERE said IS DISTINCT FROM folded ORDER BY block, log_index;
