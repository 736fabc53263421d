-- The person of an event after the first pass: by its transaction (order before checkout before cart before
-- conversation), else by its own customer id, e-mail or phone.
-- Grain: one row per event with a person.
-- Key: event_id
-- Slice: identity
with own as (
    select
        i.event_id,
        n.component_key as person_key,
        i.identifier_type as assigned_by,
        10 + i.type_rank as evidence_rank,
        i.node as evidence
    from _identifiers as i
    inner join _nodes as n on i.node = n.node
    where i.scope = 'person' and not i.is_blocked
),
by_transaction as (
    select
        t.event_id,
        p.person_key,
        t.transaction_type as assigned_by,
        t.transaction_rank as evidence_rank,
        t.transaction_key as evidence
    from _transactions as t
    inner join _transaction_persons as p on t.transaction_key = p.transaction_key
),
ranked as (
    select
        *,
        row_number() over (partition by event_id order by evidence_rank, evidence) as evidence_number,
        first_value(person_key) over (
            partition by event_id order by case when evidence_rank > 10 then 0 else 1 end, evidence_rank, evidence
        ) as first_own_key,
        max(case when evidence_rank > 10 then 1 else 0 end) over (partition by event_id) as has_own
    from (select * from own
    union all
    select * from by_transaction) as evidence
)
select
    event_id,
    person_key,
    assigned_by,
    case when has_own = 1 and first_own_key <> person_key then first_own_key end as refused_person_key
from ranked
where evidence_number = 1
