-- What every observation means: the configured event type, channel, actor and checkout step of its source's
-- name, refined by the page viewed and by the reason of a failure.
-- Grain: one row per event.
-- Key: event_id
-- Slice: event
with observed as (
    select
        a.event_id,
        a.observation_id,
        o.source_event_name,
        o.part,
        o.occurred_at,
        o.sequence,
        o.shipping_cost_value,
        false as is_simultaneous,
        false as is_revealed
    from _accepted as a
    inner join _observations as o on a.observation_id = o.observation_id
    union all
    select
        event_id,
        observation_id,
        source_event_name,
        part,
        occurred_at,
        sequence,
        shipping_cost_value,
        is_simultaneous,
        true as is_revealed
    from _snapshot_events
),
page as (
    select
        p.page_url,
        min(r.rule_number) as rule_number
    from (select distinct page_url from _observations where page_url is not null) as p
    inner join page_rules as r on regexp_matches(p.page_url, r.pattern)
    group by p.page_url
),
failure as (
    select
        f.failure_reason,
        min(r.rule_number) as rule_number
    from (select distinct failure_reason from _observations where failure_reason is not null) as f
    inner join failure_rules as r on regexp_matches(f.failure_reason, r.pattern)
    group by f.failure_reason
),
named as (
    select
        o.*,
        a.channel as record_channel,
        a.actor as record_actor,
        a.page_url,
        a.content_type,
        a.content_id,
        m.source_event_name is not null as is_mapped,
        m.event_type as mapped_type,
        m.channel as mapped_channel,
        m.actor as mapped_actor,
        m.checkout_step as mapped_step,
        m.step_outcome as mapped_outcome,
        r.event_type as page_type,
        r.content_group,
        r.content_type as page_content_type,
        r.checkout_step as page_step,
        r.step_outcome as page_outcome,
        case when r.id_pattern is not null then nullif(regexp_extract(a.page_url, r.id_pattern, 1), '') end
            as page_content_id,
        f.checkout_step as failed_step,
        f.event_type as failure_type
    from observed as o
    inner join _observations as a on o.observation_id = a.observation_id
    left join event_map as m
        on a.source_system = m.source_system and lower(o.source_event_name) = m.source_event_name
    left join page on a.page_url = page.page_url
    left join page_rules as r on page.rule_number = r.rule_number
    left join failure on a.failure_reason = failure.failure_reason
    left join failure_rules as f on failure.rule_number = f.rule_number
),
typed as (
    select
        named.*,
        coalesce(mapped_type = 'page_view', false) as is_view,
        case
            when mapped_type = 'page_view' then coalesce(page_type, mapped_type)
            when mapped_type = 'checkout_step_failed' then coalesce(failure_type, mapped_type)
            else mapped_type
        end as event_type
    from named
)
select
    t.event_id,
    t.observation_id,
    t.source_event_name,
    t.part,
    t.occurred_at,
    t.sequence,
    t.shipping_cost_value,
    t.is_simultaneous,
    t.is_revealed,
    t.is_mapped,
    t.event_type,
    coalesce(t.record_channel, t.mapped_channel, k.channel) as channel,
    coalesce(t.record_actor, t.mapped_actor, k.actor) as actor,
    case
        when t.mapped_type = 'checkout_step_failed' then t.failed_step
        when t.is_view then t.page_step
        else t.mapped_step
    end as checkout_step,
    case when t.is_view then t.page_outcome else t.mapped_outcome end as step_outcome,
    t.content_group,
    case when t.is_view then coalesce(t.page_content_type, t.content_type) else t.content_type end as content_type,
    case when t.is_view then coalesce(t.page_content_id, t.content_id) else t.content_id end as content_id,
    coalesce(k.is_act, false) as is_act
from typed as t
left join event_types as k on t.event_type = k.event_type
