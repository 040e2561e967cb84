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

CREATE VIEW penalties AS
SELECT account AS participant, round, amount, stake, block, log_index, time, transaction
FROM events WHERE name = 'Penalized';

-- Every change of a stake: by how much, and what it was afterwards.
CREATE VIEW stakes AS
SELECT account AS participant, name AS change, CASE WHEN name = 'Joined' THEN amount ELSE -amount END AS amount,
    CASE WHEN name = 'Exited' THEN 0::HUGEINT ELSE stake END AS stake, block, log_index, time, transaction
FROM events WHERE name IN ('Joined', 'Penalized', 'Exited');

-- Every account that joined, staked or claimed. earned counts standing reports whose evidence was read.
CREATE VIEW participants AS
WITH movements AS (
    SELECT account,
        min(time) FILTER (WHERE name = 'Joined') AS joined,
        coalesce(sum(amount) FILTER (WHERE name = 'Joined'), 0) AS deposited,
        coalesce(sum(amount) FILTER (WHERE name = 'Penalized'), 0) AS penalties,
        coalesce(sum(amount) FILTER (WHERE name = 'Exited'), 0) AS exited,
        coalesce(sum(amount) FILTER (WHERE name = 'Withdrawn'), 0) AS withdrawn,
        coalesce(sum(amount) FILTER (WHERE name = 'Claimed'), 0) AS claimed,
        count(*) FILTER (WHERE name = 'Committed') AS commits,
        count(*) FILTER (WHERE name = 'Revealed') AS reveals
    FROM events
    WHERE name IN ('Joined', 'Penalized', 'Exited', 'Withdrawn', 'Claimed', 'Committed', 'Revealed')
    GROUP BY account
), scored AS (
    SELECT participant, coalesce(sum(reward) FILTER (WHERE stands), 0) AS earned,
        count(*) FILTER (WHERE status = 'accepted') AS accepted
    FROM scores GROUP BY participant
), paid AS (
    SELECT sender, sum(gas_used) AS gas_used, sum(fee_wei) AS fee_wei FROM transactions GROUP BY sender
)
SELECT m.account AS participant, p.name, p.behaviour, m.joined, m.deposited,
    m.deposited - m.penalties - m.exited AS stake, m.exited - m.withdrawn AS exiting, m.withdrawn,
    coalesce(s.earned, 0)::HUGEINT AS earned, m.claimed, m.penalties, m.commits, m.reveals,
    coalesce(s.accepted, 0) AS accepted, coalesce(f.gas_used, 0)::HUGEINT AS gas_used,
    coalesce(f.fee_wei, 0)::HUGEINT AS fee_wei
FROM movements m
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
        coalesce(sum(CASE name WHEN 'Joined' THEN amount WHEN 'Revealed' THEN 0 ELSE -amount END) OVER before, 0)
            + CASE name WHEN 'Joined' THEN amount WHEN 'Penalized' THEN -amount ELSE 0 END AS folded
    FROM events WHERE name IN ('Joined', 'Penalized', 'Exited', 'Revealed')
    WINDOW before AS (PARTITION BY account ORDER BY block, log_index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    UNION ALL
    SELECT block, log_index, name, account, 'claimed', cumulative,
        sum(amount) OVER (PARTITION BY account ORDER BY block, log_index)
    FROM events WHERE name = 'Claimed'
    UNION ALL
    SELECT block, log_index, name, account, 'exiting', amount,
        coalesce(sum(CASE name WHEN 'Exited' THEN amount ELSE -amount END) OVER before, 0)
    FROM events WHERE name IN ('Exited', 'Withdrawn')
    WINDOW before AS (PARTITION BY account ORDER BY block, log_index ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    QUALIFY name = 'Withdrawn'
    UNION ALL
    SELECT block, log_index, name, account, 'funded', funded,
        sum(CASE name WHEN 'Reclaimed' THEN -amount ELSE amount END) OVER (ORDER BY block, log_index)
    FROM events WHERE name IN ('Funded', 'Penalized', 'Reclaimed') QUALIFY name = 'Funded'
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
