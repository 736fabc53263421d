-- Do not count business facts here: one order is several events. Use touchpoints. What one source reported,
-- with the meaning that the configuration gives its name.
-- Grain: one row per observation by one source.
-- Key: event_id
-- Slice: event
select
    m.event_id, -- hash of source, account, native id, name and part; the same after every re-ingest
    coalesce(sa.shop, sf.shop, s.default_shop) as shop, -- shop of the source account, else of the landing folder
    m.occurred_at, -- best known time of the act (UTC)
    case when m.part = 'checkout_started' and m.is_revealed then 'snapshot' else a.time_quality end as time_quality, -- exact, corrected, snapshot, delivery_time, upper_bound, naive_assumed or date_only
    a.received_at, -- when the source received it (UTC)
    cast(a.arrival_date as timestamptz) as ingested_at, -- arrival date of the file, midnight UTC
    m.sequence, -- order among equal times of one source
    m.channel, -- ads, site, account, cart, checkout, order, delivery, email, help, chat, messaging, support, ...
    m.event_type, -- what happened, in the words of the taxonomy; null where the name is no contact or unmapped
    m.actor, -- customer, business, system or machine
    m.checkout_step, -- checkout step it speaks of
    m.step_outcome, -- viewed, started, completed, failed or skipped
    a.failure_reason, -- machine-readable reason of a failure
    a.checkout_id, -- checkout id of the source
    a.cart_id, -- cart id of the source
    a.order_id, -- order id of the source
    a.order_id_aliases, -- every name of the order (id, name, number)
    a.conversation_id, -- conversation or ticket id of the source
    a.source_session_id, -- the source's own session
    a.campaign, -- campaign or flow
    m.content_type, -- product, help_article, page
    m.content_id, -- id of that content
    m.content_group, -- group of the page viewed
    a.identifiers, -- all identifiers in the record: type, value, scope
    a.value, -- value of the act, major units
    a.goods_value, -- goods before discount, major units
    a.discount_value, -- discount, major units
    a.shipping_value, -- shipping charged, major units
    a.tax_value, -- tax on top, major units
    a.refunded_value, -- amount refunded, major units
    m.shipping_cost_value, -- shipping price as the customer saw it, major units
    a.currency, -- ISO 4217 currency of the values
    a.score, -- raw score of a survey answer
    a.score_scale, -- scale of the score, for example nps_0_10
    cast(
        case a.score_scale
            when 'nps_0_10' then a.score / 10
            when 'csat_1_5' then (a.score - 1) / 4
            when 'stars_1_5' then (a.score - 1) / 4
            when 'csat_1_7' then (a.score - 1) / 6
            when 'ces_1_7' then (a.score - 1) / 6
            when 'binary' then a.score
        end as decimal(9, 6)
    ) as score_normalised, -- score on its scale, 0 worst to 1 best
    a.utm_source, -- campaign source, lower case
    a.utm_medium, -- campaign medium, lower case
    a.utm_campaign, -- campaign name, lower case
    a.utm_term, -- campaign term, lower case
    a.utm_content, -- campaign content, lower case
    a.page_url, -- page address, query stripped
    a.page_path, -- path of the page
    a.referrer, -- referring page, query stripped
    a.device_type, -- desktop, mobile, tablet or other
    a.country, -- country as the source names it
    -- Interactive: done by the customer, with a time good enough to order by (docs/methods.md).
    (
        m.is_act
        and m.actor = 'customer'
        and (
            m.channel in (
                'site', 'app', 'account', 'cart', 'checkout', 'order', 'help', 'chat', 'messaging', 'social', 'referral'
            )
            or m.event_type in ('email_clicked', 'sms_clicked', 'ad_clicked')
        )
        and a.time_quality in ('exact', 'corrected', 'naive_assumed', 'delivery_time')
        and not coalesce(a.is_machine, false)
        and not coalesce(a.is_bot, false)
    ) as is_interactive, -- the customer's own act, good enough to order by
    a.is_machine, -- opened or clicked by a machine; null unknown
    a.is_bot, -- robot; null unknown
    a.is_test, -- test record; null unknown
    a.consent_analytics, -- consent to analytics; null unknown
    a.consent_marketing, -- consent to marketing; null unknown
    a.checkout_identity, -- guest, login, signed_in, sign_up or express_wallet where the record says so
    m.is_simultaneous, -- several steps first seen in one snapshot: their order and durations are unknown
    cast(m.occurred_at as date) > a.arrival_date + 1 as is_future_dated, -- dated more than a day after its file arrived
    cast(m.occurred_at as date) <= a.arrival_date + 1 and coalesce(m.occurred_at <= c.as_of, true) as is_visible, -- counted: not future-dated and not after as_of
    m.is_mapped, -- the taxonomy knows the source's name
    a.source_system, -- reader that read it
    a.source_account, -- account of the source
    a.source_folder, -- landing folder
    a.feed, -- kind of record
    m.source_event_name, -- the source's own name
    case when m.is_revealed then null else a.source_event_id end as source_event_id, -- native id
    m.part, -- which fact of the record this is
    a.source_file, -- content hash of the file; `manifest` names its paths
    a.source_row, -- line or element in the file
    a.arrival_date, -- arrival date of the file
    a.properties -- remaining safe attributes, JSON
from _meanings as m
inner join _observations as a on m.observation_id = a.observation_id
cross join settings as s
left join shop_accounts as sa on a.source_account = sa.source_account
left join shop_folders as sf on a.source_folder = sf.source_folder
left join clocks as c on coalesce(sa.shop, sf.shop, s.default_shop) = c.shop
