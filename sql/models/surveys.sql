-- What did customers answer when they were asked?
-- Grain: one row per survey answer or review of a known customer.
-- Key: survey_key
-- Slice: customer
select
    t.touchpoint_id as survey_key, -- touchpoint of the answer
    t.customer_key, -- customer
    t.shop, -- shop
    case t.event_type
        when 'nps_submitted' then 'nps'
        when 'csat_submitted' then 'csat'
        when 'ces_submitted' then 'ces'
        else 'review'
    end as survey_type, -- nps, csat, ces or review
    t.score, -- score as given; null where it lies outside its scale
    t.score_scale, -- nps_0_10, csat_1_5, csat_1_7, ces_1_7 or stars_1_5
    cast(coalesce(
        t.score_normalised,
        case t.score_scale
            when 'nps_0_10' then t.score / 10.0
            when 'csat_1_5' then (t.score - 1) / 4.0
            when 'stars_1_5' then (t.score - 1) / 4.0
            when 'csat_1_7' then (t.score - 1) / 6.0
            when 'ces_1_7' then (t.score - 1) / 6.0
        end
    ) as decimal(9, 6)) as score_normalised, -- 0 worst to 1 best
    t.occurred_at as answered_at, -- answered (UTC)
    t.order_id, -- order that it speaks of; null where none is named
    t.conversation_id, -- conversation that it speaks of; null where none is named
    case
        when t.event_type <> 'nps_submitted' or t.score is null then null
        when t.score >= 9 then 'promoter'
        when t.score >= 7 then 'passive'
        else 'detractor'
    end as category -- of an NPS answer: promoter 9 to 10, passive 7 to 8, detractor 0 to 6; null for other surveys
from _touchpoints as t
where
    t.customer_key is not null
    and t.event_type in ('nps_submitted', 'csat_submitted', 'ces_submitted', 'review_submitted')
