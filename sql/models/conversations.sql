-- How fast did customers get an answer, from a person and from a bot, and what had they read before they asked?
-- Grain: one row per conversation or ticket of a known customer.
-- Key: conversation_key
-- Slice: customer
with message as (
    select
        *,
        channel = 'survey' or event_type in ('csat_submitted', 'nps_submitted', 'ces_submitted') as is_survey,
        actor = 'customer' and event_type <> 'csat_submitted' as is_customer,
        event_type in ('agent_message', 'agent_first_reply', 'bot_message') as is_answer,
        row_number() over (partition by customer_key order by occurred_at, sequence, touchpoint_id) as position
    from _touchpoints
    where customer_key is not null and conversation_id is not null and channel <> 'order'
),
opened as (
    select
        customer_key,
        shop,
        conversation_id,
        coalesce(min(occurred_at) filter (where not is_survey), min(occurred_at)) as started_at,
        min(occurred_at) filter (where is_customer and not is_survey) as asked_at
    from message
    group by customer_key, shop, conversation_id
),
summed as (
    select
        o.customer_key,
        o.shop,
        o.conversation_id,
        o.started_at,
        o.asked_at,
        min_by(m.channel, m.position) filter (where not m.is_survey) as channel,
        min(m.source_system) as source_system,
        min(m.occurred_at) filter (where m.is_answer and m.actor = 'business' and m.occurred_at >= o.asked_at)
            as first_human_response_at,
        min(m.occurred_at) filter (where m.is_answer and m.actor <> 'business' and m.occurred_at >= o.asked_at)
            as first_bot_response_at,
        max(m.occurred_at) filter (where m.event_type in ('conversation_resolved', 'ticket_resolved')) as resolved_at,
        max(m.occurred_at) filter (where m.event_type = 'ticket_reopened') as reopened_at,
        count(*) filter (where m.event_type in ('customer_message', 'agent_message', 'bot_message')) as message_count,
        count(*) filter (where m.event_type = 'agent_message' and m.actor = 'business') as agent_message_count,
        bool_or(m.event_type = 'conversation_handed_over') as has_hand_over,
        max_by(m.score, m.position) filter (where m.score is not null) as score,
        max_by(m.score_scale, m.position) filter (where m.score is not null) as score_scale,
        max(m.occurred_at) as last_event_at
    from opened as o
    inner join message as m
        on o.customer_key = m.customer_key and o.shop = m.shop and o.conversation_id = m.conversation_id
    group by o.customer_key, o.shop, o.conversation_id, o.started_at, o.asked_at
),
reading as (
    select
        o.customer_key, o.shop, o.conversation_id,
        coalesce(t.content_id, t.page_path) as article,
        max(t.occurred_at) as read_at
    from opened as o
    inner join _touchpoints as t
        on o.customer_key = t.customer_key and o.shop = t.shop and t.occurred_at < o.started_at
    where t.event_type = 'help_article_viewed' and coalesce(t.content_id, t.page_path) is not null
    group by o.customer_key, o.shop, o.conversation_id, coalesce(t.content_id, t.page_path)
),
numbered as (
    select
        *,
        row_number() over (
            partition by customer_key, shop, conversation_id order by read_at desc, article desc
        ) as article_number
    from reading
),
read_before as (
    select
        customer_key, shop, conversation_id,
        max(article) filter (where article_number = 1) as article_1,
        max(article) filter (where article_number = 2) as article_2,
        max(article) filter (where article_number = 3) as article_3,
        max(article) filter (where article_number = 4) as article_4,
        max(article) filter (where article_number = 5) as article_5,
        count(*) as article_count
    from numbered
    group by customer_key, shop, conversation_id
)
select
    substr(sha256(s.shop || chr(31) || s.conversation_id), 1, 32) as conversation_key, -- hash of shop and conversation id
    s.conversation_id, -- conversation or ticket id, with its system before the colon
    s.customer_key, -- customer
    s.shop, -- shop
    s.channel, -- channel of its first event
    s.source_system, -- the source that reports it (the first by name, if several)
    s.started_at, -- first event (UTC)
    s.first_human_response_at, -- first answer by a person, after the customer's first act (UTC)
    s.first_bot_response_at, -- first answer by a bot or a rule, after the customer's first act (UTC)
    cast((epoch_us(s.first_human_response_at) - epoch_us(s.asked_at)) / 1000000.0 as decimal(18, 6)) as first_response_seconds, -- from the customer's first act to the first answer by a person, seconds
    case when s.reopened_at is null or s.resolved_at >= s.reopened_at then s.resolved_at end as resolved_at, -- last resolution that was not reopened (UTC)
    case when s.reopened_at is null or s.resolved_at >= s.reopened_at then cast(
        (epoch_us(s.resolved_at) - epoch_us(s.started_at)) / 1000000.0 as decimal(18, 6)
    ) end as resolution_seconds, -- from its start to that resolution, seconds
    cast(s.message_count as integer) as message_count, -- messages of customer, people and bots
    cast(s.agent_message_count as integer) as agent_message_count, -- messages by people of the company
    coalesce(s.has_hand_over, false) or coalesce(s.first_bot_response_at < s.first_human_response_at, false) as was_handed_over, -- a bot answered first, then a person
    coalesce(s.started_at <= lag(s.started_at) over (
        partition by s.customer_key, s.shop order by s.started_at, s.conversation_id
    ) + interval 7 day, false) as is_repeat_contact, -- begins at most 7 days after the customer's conversation before it began
    s.score, -- last satisfaction score given for it
    s.score_scale, -- scale of score
    case r.article_count
        when 1 then [r.article_1]
        when 2 then [r.article_1, r.article_2]
        when 3 then [r.article_1, r.article_2, r.article_3]
        when 4 then [r.article_1, r.article_2, r.article_3, r.article_4]
        else case when r.article_count >= 5 then [r.article_1, r.article_2, r.article_3, r.article_4, r.article_5] end
    end as articles_read_before, -- the last five help articles read strictly before it began, newest first, each once; null: none
    s.last_event_at -- last event (UTC)
from summed as s
left join read_before as r
    on s.customer_key = r.customer_key and s.shop = r.shop and s.conversation_id = r.conversation_id
