-- title: Restated figures
-- definition: Figures of closed periods that the newest build published otherwise than the version before it, by
--     reason; the table restatements has each with its value before and after.
-- denominator: None; a figure with several reasons counts under each, and once under "all".
-- n: Restated figures. A period counts once for all shops, by its first day in the zone of each: a month in four zones
--     begins at four instants and is one.
-- window: The newest build only; growth of a period that is still open is no restatement.
with newest as (
    select period_date, reason
    from restatements
    where build_id = (select max(build_id) from runs)
),
single as (
    select period_date, unnest(string_split(reason, ', ')) as reason
    from newest
)
select 'all' as reason, count(*) as figure_count, count(distinct period_date) as period_count
from newest
union all
select reason, count(*) as figure_count, count(distinct period_date) as period_count
from single
group by reason
order by reason <> 'all', figure_count desc, reason
