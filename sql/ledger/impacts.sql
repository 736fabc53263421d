-- What did every change of a customer key do to the figures of those concerned? A merge of three names three keys:
-- the figures are those of all together, so they stand on each row and are not summed over rows.
-- Grain: one row per change of key, figure that changed and item.
select
    k.old_key,
    k.new_key,
    k.change,
    coalesce(a.kpi, b.kpi) as kpi,
    coalesce(a.item, b.item) as item,
    coalesce(b.value, 0) as value_before,
    coalesce(a.value, 0) as value_after
from kpis_after as a
full join kpis_before as b on a.person = b.person and a.kpi = b.kpi and a.item = b.item
inner join key_changes as k on coalesce(a.person, b.person) = k.person
where a.value is distinct from b.value
